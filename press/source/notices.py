"""Disclaimers: which apply to an article, why, and where each goes.

In: the notice files of a project, and what an article says of itself. Out: `Placement`s, or
problems. A notice that must be there and cannot be is always an error, never left out in
silence. This module must not know the article's text, nor any renderer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from press.core import trees
from press.core.files import read_text, shown
from press.core.model import Config, Matter, Notice, Placement, Project
from press.core.nearest import near, nearest
from press.core.problems import Problem, Span
from press.source import markup
from press.source.front_matter import NOTICE_KEYS, Fields, Reader, split

_PLACE = re.compile(r"opening|every-page|before-references|closing|before:#[^\s#]+")
_WHEN = ("topics", "jurisdictions", "languages")


def read_notices(project: Project, problems: list[Problem]) -> tuple[Notice, ...]:
    """Read every file of `source/disclaimers/`. Problems: NOT004, and those of any text."""
    lang = project.config.lang
    notices = read_files(project.notice_files, project.root, lang, problems)
    scopes: dict[tuple[object, ...], str] = {}
    for n in notices:
        first = scopes.setdefault((n.id, n.topics, n.jurisdictions, n.languages), n.file)
        if first != n.file:
            message = f"notice '{n.id}' is for the same readers as {first}, which hides it"
            hint = "give it another id, or say under 'when' for whom it is"
            problems.append(Problem("NOT004", Span(n.file, n.lines.get("id", 1), 1), message, hint))
    return notices


def read_files(
    paths: Iterable[Path], root: Path, lang: str, problems: list[Problem]
) -> tuple[Notice, ...]:
    """Read notice files; those that say no language are in `lang`. Problems: as any text has."""
    found = (_read(path, root, lang, problems) for path in paths)
    return tuple(notice for notice in found if notice)


def _read(path: Path, root: Path, lang: str, problems: list[Problem]) -> Notice | None:
    file = shown(path, root)
    text = read_text(path, file, problems)
    if text is None:
        return None
    fields, body_text, first = split(text, file, problems)
    read = Reader(fields, problems)
    read.unknown(NOTICE_KEYS)
    stem, _, suffix = path.stem.partition(".")
    when = _when(fields, problems)
    languages = when["languages"] or _suffix_languages(suffix, lang)
    made = markup.convert(body_text, file, first, problems)
    body = made.body
    notice = Notice(
        id=read.string("id", stem),
        title=read.string("title"),
        file=file,
        body=trees.serialise(body),
        places=read.strings("place") or ("opening",),
        short=read.string("short"),
        required=read.string("required", "true").lower() not in ("false", "no"),
        topics=when["topics"],
        jurisdictions=when["jurisdictions"],
        languages=languages,
        verified=read.day("verified"),
        text=text,
        lines=dict(fields.lines),
    )
    if made.clusters or body.find(".//img") is not None:
        message = "a notice cannot cite, nor show pictures"
        problems.append(Problem("NOT004", Span(file, first), message, "say it in plain words"))
    has_text = bool("".join(body.itertext()).strip())
    _validate(notice, fields, has_text=has_text, problems=problems)
    return notice


def _suffix_languages(suffix: str, default: str) -> tuple[str, ...]:
    """`off-label.en-GB.md` is in British English; a file that says nothing, in the project's."""
    if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", suffix):
        return (suffix.split("-", maxsplit=1)[0] if "-" not in suffix else suffix,)
    return (default.split("-", maxsplit=1)[0],)


def _when(fields: Fields, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    value: Any = fields.values.get("when", {}) or {}
    rules: dict[str, tuple[str, ...]] = dict.fromkeys(_WHEN, ())
    if not isinstance(value, dict):
        hint = "write 'when: {topics: [ketamine]}'"
        problems.append(Problem("NOT004", fields.span("when"), "'when' must be a mapping", hint))
        return rules
    for key, items in value.items():
        listed = items if isinstance(items, list) else [items]
        if key not in _WHEN:
            hint = nearest(key, _WHEN)
            problems.append(
                Problem("NOT004", fields.span("when"), f"'when' has the unknown key '{key}'", hint)
            )
        elif all(isinstance(item, str) for item in listed):
            rules[key] = tuple(item for item in listed if item)
        else:
            message = f"'when: {key}' must be a list of words"
            problems.append(Problem("NOT004", fields.span("when"), message, f"{key}: [one, two]"))
    return rules


def _validate(notice: Notice, fields: Fields, *, has_text: bool, problems: list[Problem]) -> None:
    def bad(key: str, message: str, hint: str) -> None:
        problems.append(Problem("NOT004", fields.span(key), message, hint))

    _validate_values(notice, fields, bad)
    every_page = "every-page" in notice.places
    if every_page and not notice.short:
        bad("place", f"notice '{notice.id}' has no words for every page", "write 'short: …'")
    if notice.short and not every_page:
        hint = "write 'place: [opening, every-page]'"
        bad("short", f"notice '{notice.id}' has words for every page and is not placed there", hint)
    if notice.places == ("every-page",) and has_text:
        hint = "give it a second place, or keep only 'short'"
        bad("place", f"the text of notice '{notice.id}' would be printed nowhere", hint)
    if not has_text and notice.places != ("every-page",):
        bad("id", f"notice '{notice.id}' has no text", "write it below the front matter")


def _validate_values(notice: Notice, fields: Fields, bad: Callable[[str, str, str], None]) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", notice.id):
        bad("id", f"'{notice.id}' is no id for a notice", "use letters, digits and hyphens")
    required = fields.values.get("required", "true")
    if str(required).lower() not in ("", "true", "false", "yes", "no"):
        bad("required", f"'required: {required}' is neither true nor false", "write true or false")
    if not notice.title:
        bad("title", f"notice '{notice.id}' has no title", "write 'title: …'")
    for place in notice.places:
        if not _PLACE.fullmatch(place):
            known = ("opening", "every-page", "before:#section-id", "before-references", "closing")
            bad("place", f"'{place}' is no place for a notice", nearest(place, known))


@dataclass(frozen=True)
class Need:
    """What the rules look at."""

    matter: Matter
    file: str
    config: Config
    by_hand: Mapping[str, Span]
    """The notices that the article places itself."""
    sections: Sequence[str]
    """Ids of the article's sections, for `before:#ID`."""
    named: Span | None = None
    """Where an imprint names the jurisdiction; None where makebook.toml does."""


def place_notices(
    notices: Sequence[Notice], need: Need, problems: list[Problem]
) -> tuple[Placement, ...]:
    """Decide which notices go into an article, and where.

    Returns the placements in the order in which they stand where several share a place: as
    makebook.toml requires them, then by id.

    Problems: NOT001 no such notice, NOT003 no text of it for the language or jurisdiction, NOT005
    no place to stand, NOT006 a topic that looks misspelt.
    """
    asked = _asked(notices, need, problems)
    placements: list[Placement] = []
    for id_, rule in asked.items():
        variants = [notice for notice in notices if notice.id == id_]
        chosen = _variant(variants, need)
        if chosen is None:
            _no_text(id_, variants, rule, need, problems)
            continue
        placements.extend(_places(chosen, rule, need, problems))
    _misspelt(notices, need, problems)
    return tuple(placements)


def _asked(notices: Sequence[Notice], need: Need, problems: list[Problem]) -> dict[str, str]:
    """Which notices are asked for, and the rule that asks."""
    asked: dict[str, str] = {}
    known = {notice.id for notice in notices}
    topics = {topic.lower(): topic for topic in need.matter.topics}
    for topic, ids in need.config.required.items():
        if topic != "*" and topic.lower() not in topics:
            continue
        why = "every article" if topic == "*" else f"topic {topic}"
        for id_ in ids:
            if id_ in known:
                asked.setdefault(id_, f"makebook.toml requires it for {why}")
                continue
            message = f"notice '{id_}', which {why} must have, has no file"
            hint = f"write source/disclaimers/{id_}.md; {nearest(id_, known)}"
            span = Span("makebook.toml", need.config.required_lines.get(topic, 0), 1)
            problems.append(Problem("NOT001", span, message, hint))
    for notice in sorted(notices, key=lambda n: (n.id, n.file)):
        match = [topic for topic in notice.topics if topic.lower() in topics]
        if match or not notice.topics:
            asked.setdefault(notice.id, f"topic {match[0]}" if match else "always")
    for id_, span in need.by_hand.items():
        if id_ in known:
            asked.setdefault(id_, "the article asks for it")
        else:
            message = f"there is no notice '{id_}'"
            problems.append(Problem("NOT001", span, message, nearest(id_, known)))
    return asked


def _variant(variants: Iterable[Notice], need: Need) -> Notice | None:
    """The file that fits language and jurisdiction, the most specific one first."""
    lang, where = need.matter.lang, need.config.jurisdiction

    def language(notice: Notice) -> int:
        return max((len(tag) for tag in notice.languages if _speaks(tag, lang)), default=0)

    fitting = [
        notice
        for notice in variants
        if language(notice) and (not notice.jurisdictions or where in notice.jurisdictions)
    ]
    fitting.sort(key=lambda n: (not n.jurisdictions, -language(n), not n.topics, n.file))
    return fitting[0] if fitting else None


def _speaks(tag: str, lang: str) -> bool:
    """Whether text in `tag` serves a reader of `lang` (BCP 47 basic filtering, RFC 4647 3.3.1)."""
    return lang.lower() == tag.lower() or lang.lower().startswith(tag.lower() + "-")


def _no_text(
    id_: str, variants: Sequence[Notice], rule: str, need: Need, problems: list[Problem]
) -> None:
    listed = any(id_ in ids for ids in need.config.required.values())
    if not listed and id_ not in need.by_hand and not any(n.required for n in variants):
        return
    where = need.config.jurisdiction or "no jurisdiction"
    message = f"notice '{id_}' ({rule}) has no text for language {need.matter.lang}, {where}"
    have = ", ".join(notice.file.rpartition("/")[2] for notice in variants)
    folder = variants[0].file.rpartition("/")[0]
    file = f"{folder}/{id_}.{need.matter.lang}.md"
    if any(notice.file == file for notice in variants):
        file = f"{folder}/{id_}.{where}.md"
    hint = f"write {file} with that language and jurisdiction under 'when'; there is {have}"
    line = need.matter.lines.get("topics", need.matter.lines.get("lang", 1))
    abroad = any(_speaks(tag, need.matter.lang) for n in variants for tag in n.languages)
    span = need.named if need.named and abroad else Span(need.file, line, 1)
    problems.append(Problem("NOT003", span, message, hint))


def _places(notice: Notice, rule: str, need: Need, problems: list[Problem]) -> Iterable[Placement]:
    conditions = [f"jurisdiction {need.config.jurisdiction}"] if notice.jurisdictions else []
    why = ", ".join([rule, *conditions])
    stands = False
    for place in notice.places:
        if place == "every-page":
            yield Placement(notice, place, why)
        elif notice.id not in need.by_hand:
            target = place.partition("#")[2]
            if target and target not in need.sections:
                continue
            stands = True
            yield Placement(notice, place, why)
    if notice.id in need.by_hand:
        yield Placement(notice, "by hand", why)
    elif not stands and notice.places != ("every-page",):
        wanted = ", ".join(p for p in notice.places if p != "every-page")
        message = f"notice '{notice.id}' ({why}) has nowhere to stand: its place is {wanted}"
        target = wanted.partition("#")[2].split(",")[0]
        hint = (
            f"give a section that id, or put {{{{ notice.{notice.id} }}}} in a paragraph of "
            f"its own; {nearest(target, need.sections)}"
        )
        problems.append(Problem("NOT005", Span(need.file, 1, 1), message, hint))


def _misspelt(notices: Sequence[Notice], need: Need, problems: list[Problem]) -> None:
    known = {topic.lower() for notice in notices for topic in notice.topics}
    known |= {topic.lower() for topic in need.config.required if topic != "*"}
    for topic in need.matter.topics:
        word = topic.lower()
        if word not in known and near(word, known):
            line = need.matter.lines.get("topics", 1)
            message = f"no notice knows the topic '{topic}'"
            problems.append(
                Problem("NOT006", Span(need.file, line, 1), message, nearest(word, known))
            )

"""Placement of notices: which apply to an article, why, and where each one goes.

In: the notices of a project, and an article's front matter. Out: `Placement`s, or problems. A
required notice that cannot be placed is always an error and is never left out silently. This module
must not know the article's text, nor any renderer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from press.core.model import Config, Matter, Notice, Place, Placement
from press.core.nearest import near, nearest
from press.core.problems import Problem, Span
from press.core.records import dataclass


@dataclass(frozen=True)
class Need:
    """The facts about an article on which the rules depend."""

    matter: Matter
    file: str
    config: Config
    by_hand: Mapping[str, Span]
    """The notices that the article places itself, and where."""
    sections: Sequence[str]
    """Ids of the article's sections, for `before:#ID`."""
    named: Span | None = None
    """The location of an imprint's jurisdiction; None if makebook.toml sets it."""


def place_notices(
    notices: Sequence[Notice], need: Need, problems: list[Problem]
) -> tuple[Placement, ...]:
    """Decide which notices go into an article, and where.

    Returns the placements in the order used if several share a place: first those required by
    makebook.toml, in its order, then the others by id.

    Problems: NOT001 no such notice, NOT003 no text for the language or jurisdiction, NOT005 no
    place for it, or several, NOT006 a topic that looks misspelled.
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
    _misspelled(notices, need, problems)
    return tuple(placements)


def _asked(notices: Sequence[Notice], need: Need, problems: list[Problem]) -> dict[str, str]:
    """Return the ids of the notices that apply, and for each the rule that says why."""
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
            message = f"notice '{id_}', required for {why}, has no file"
            hint = f"create source/disclaimers/{id_}.md, or correct the id; {nearest(id_, known)}"
            span = Span("makebook.toml", need.config.required_lines.get(topic, 0), 1)
            problems.append(Problem("NOT001", span, message, hint))
    for notice in sorted(notices, key=lambda n: (n.id, n.file)):
        match = [topic for topic in notice.topics if topic.lower() in topics]
        if match or not notice.topics:
            asked.setdefault(notice.id, f"for topic {match[0]}" if match else "for every article")
    for id_, span in need.by_hand.items():
        if id_ in known:
            asked.setdefault(id_, "placed by the article")
        else:
            message = f"there is no notice '{id_}'"
            problems.append(Problem("NOT001", span, message, nearest(id_, known)))
    return asked


def _variant(variants: Iterable[Notice], need: Need) -> Notice | None:
    """Choose the most specific file that fits the language and jurisdiction."""
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
    """Return whether text in `tag` suits a reader of `lang` (basic filtering, RFC 4647, 3.3.1)."""
    return lang.lower() == tag.lower() or lang.lower().startswith(tag.lower() + "-")


def _no_text(
    id_: str, variants: Sequence[Notice], rule: str, need: Need, problems: list[Problem]
) -> None:
    listed = any(id_ in ids for ids in need.config.required.values())
    if not listed and id_ not in need.by_hand and not any(n.required for n in variants):
        return
    where = need.config.jurisdiction or "none"
    message = (
        f"notice '{id_}' ({rule}) has no text for language {need.matter.lang} and "
        f"jurisdiction {where}"
    )
    have = ", ".join(notice.file.rpartition("/")[2] for notice in variants)
    folder = variants[0].file.rpartition("/")[0]
    file = f"{folder}/{id_}.{need.matter.lang}.md"
    if any(notice.file == file for notice in variants):
        file = f"{folder}/{id_}.{where}.md"
    hint = f"write {file} with this language and jurisdiction under 'when'; existing: {have}"
    spans = need.matter.origin.spans
    place = spans.get("topics") or spans.get("lang") or Span(need.file, 1, 1)
    abroad = any(_speaks(tag, need.matter.lang) for n in variants for tag in n.languages)
    span = need.named if need.named and abroad else place
    problems.append(Problem("NOT003", span, message, hint))


def _places(notice: Notice, rule: str, need: Need, problems: list[Problem]) -> Iterable[Placement]:
    conditions = [f"jurisdiction {need.config.jurisdiction}"] if notice.jurisdictions else []
    why = ", ".join([rule, *conditions])
    placed: list[Place] = []
    for place in notice.places:
        if place.kind == "every-page":
            yield Placement(notice, place, why)
        elif notice.id not in need.by_hand:
            if place.kind == "before" and place.section not in need.sections:
                continue
            placed.append(place)
            yield Placement(notice, place, why)
    if notice.id in need.by_hand:
        yield Placement(notice, Place("by hand"), why)
    elif not placed and (places := [p for p in notice.places if p.kind != "every-page"]):
        wanted = ", ".join(map(str, places))
        message = f"notice '{notice.id}' ({why}) cannot be placed: there is no section for {wanted}"
        target = next((p.section for p in places if p.section), "")
        hint = (
            f"give a section that id, or put {{{{ notice.{notice.id} }}}} in a separate "
            f"paragraph; {nearest(target, need.sections)}"
        )
        problems.append(Problem("NOT005", Span(need.file, 1, 1), message, hint))
    elif placed[1:]:
        message = f"notice '{notice.id}' has several places in {need.file}: "
        message += " and ".join(map(str, placed))
        span = Span(notice.file, notice.lines.get("place", 1), 1)
        hint = "name one of them, and write a second notice for the other"
        problems.append(Problem("NOT005", span, message, hint))


def _misspelled(notices: Sequence[Notice], need: Need, problems: list[Problem]) -> None:
    known = {topic.lower() for notice in notices for topic in notice.topics}
    known |= {topic.lower() for topic in need.config.required if topic != "*"}
    for topic in need.matter.topics:
        word = topic.lower()
        if word not in known and near(word, known):
            span = need.matter.origin.spans.get("topics") or Span(need.file, 1, 1)
            message = f"no notice applies to the topic '{topic}'"
            hint = nearest(word, known)
            problems.append(Problem("NOT006", span, message, hint))

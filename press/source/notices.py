"""Notices: the disclaimers of a project or an imprint, read and validated.

In: the files of `source/disclaimers/`. Out: `Notice`s, and a problem for each error. This module
must not know which article a notice applies to, nor where it is placed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from press.core import trees
from press.core.files import read_text, shown
from press.core.model import Notice, Place, PlaceKind, Project
from press.core.nearest import nearest
from press.core.problems import Problem, Span
from press.source import markup
from press.source.front_matter import NOTICE_KEYS, split
from press.source.manuscript import collect_notes
from press.source.values import FieldReader, Fields

_PLACES: Mapping[str, PlaceKind] = {
    "opening": "opening",
    "every-page": "every-page",
    "before-references": "before-references",
    "closing": "closing",
}
_BEFORE = re.compile(r"before:#([^\s#]+)")
_WHEN = ("topics", "jurisdictions", "languages")


def read_notices(project: Project, problems: list[Problem]) -> tuple[Notice, ...]:
    """Read every file of `source/disclaimers/`. Problems: NOT004, and those of any text file."""
    lang = project.config.lang
    notices = read_files(project.notice_files, project.root, lang, problems)
    scopes: dict[tuple[object, ...], str] = {}
    for n in notices:
        first = scopes.setdefault(scope(n), n.file)
        if first != n.file:
            message = unused(n, first)
            hint = "give it another id, or limit its readers under 'when'"
            problems.append(Problem("NOT004", Span(n.file, n.lines.get("id", 1), 1), message, hint))
    return notices


def scope(notice: Notice) -> tuple[object, ...]:
    """Return the id and the readers of a notice; of two with the same, one is never used."""
    return notice.id, notice.topics, notice.jurisdictions, notice.languages


def unused(notice: Notice, first: str) -> str:
    """Return the message about a notice whose scope the file `first` already has."""
    return f"notice '{notice.id}' is never used: {first} has the same id and readers"


def read_files(
    paths: Iterable[Path], root: Path, lang: str, problems: list[Problem]
) -> tuple[Notice, ...]:
    """Read notice files; those without a language are in `lang`.

    Problems: NOT004, and those of any text file.
    """
    found = (_read(path, root, lang, problems) for path in paths)
    return tuple(notice for notice in found if notice)


def _read(path: Path, root: Path, lang: str, problems: list[Problem]) -> Notice | None:
    file = shown(path, root)
    text = read_text(path, file, problems)
    if text is None:
        return None
    fields, body_text, first = split(text, file, problems)
    read = FieldReader(fields, problems)
    read.unknown(NOTICE_KEYS)
    stem, _, suffix = path.stem.partition(".")
    when = _when(fields, problems)
    languages = when["languages"] or _suffix_languages(suffix, lang)
    made = markup.convert(body_text, file, first, problems)
    body = made.body
    collect_notes(body, body_text, file, first, problems)
    names = read.strings("place") or ("opening",)
    notice = Notice(
        id=read.string("id", stem),
        title=read.string("title"),
        file=file,
        body=trees.serialize(body),
        places=_places(names, fields, problems),
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
        message = "a notice cannot contain citations or images"
        problems.append(Problem("NOT004", Span(file, first), message, "use text only"))
    has_text = bool("".join(body.itertext()).strip())
    _validate(notice, fields, names, has_text=has_text, problems=problems)
    return notice


def _places(names: Sequence[str], fields: Fields, problems: list[Problem]) -> tuple[Place, ...]:
    """Read the places that a notice names. Problem NOT004: there is no such place."""
    places = []
    for name in names:
        if name in _PLACES:
            places.append(Place(_PLACES[name]))
        elif found := _BEFORE.fullmatch(name):
            places.append(Place("before", found[1]))
        else:
            hint = nearest(name, ("before:#section-id", *_PLACES))
            message = f"'{name}' is not a valid place for a notice"
            problems.append(Problem("NOT004", fields.span("place"), message, hint))
    return tuple(dict.fromkeys(places))


def _suffix_languages(suffix: str, default: str) -> tuple[str, ...]:
    """Return the language in a file name (`off-label.en-GB.md`), else the project's language."""
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
            hint = f"write '{key}: [one, two]'"
            problems.append(Problem("NOT004", fields.span("when"), message, hint))
    return rules


def _validate(
    notice: Notice,
    fields: Fields,
    places: Sequence[str],
    *,
    has_text: bool,
    problems: list[Problem],
) -> None:
    def bad(key: str, message: str, hint: str) -> None:
        problems.append(Problem("NOT004", fields.span(key), message, hint))

    _validate_values(notice, fields, bad)
    every_page = "every-page" in places
    if every_page and not notice.short:
        message = f"notice '{notice.id}' is placed on every page but has no short text"
        bad("place", message, "write 'short: …'")
    if notice.short and not every_page:
        hint = "write 'place: [opening, every-page]'"
        message = f"notice '{notice.id}' has a short text but is not placed on every page"
        bad("short", message, hint)
    if tuple(places) == ("every-page",) and has_text:
        hint = "add a second place, or delete the text and keep only 'short'"
        bad("place", f"the text of notice '{notice.id}' would not be printed anywhere", hint)
    if not has_text and tuple(places) != ("every-page",):
        bad("id", f"notice '{notice.id}' has no text", "write it below the front matter")


def _validate_values(notice: Notice, fields: Fields, bad: Callable[[str, str, str], None]) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", notice.id):
        hint = "use letters a to z, digits, and hyphens"
        bad("id", f"'{notice.id}' is not a valid id for a notice", hint)
    required = fields.values.get("required", "true")
    if str(required).lower() not in ("", "true", "false", "yes", "no"):
        bad("required", f"'required: {required}' is neither true nor false", "write true or false")
    if not notice.title:
        bad("title", f"notice '{notice.id}' has no title", "write 'title: …'")

"""The summary of a build, in lines that can be read at a glance.

In: the result of building an article. Out: lines of text. This module must not know how files are
made.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from press.build.stale import TAKEN
from press.core.formats import FORMATS
from press.core.manifest import ArticleEntry, FileEntry, linked_of
from press.core.model import Built
from press.core.paper import booklet_sheets
from press.core.problems import counted
from press.output.web.offers import size


def _entry(built: Built) -> ArticleEntry:
    assert built.entry is not None, "only published articles are reported"
    return built.entry


def head(built: Built) -> str:
    """Return the first line: the article, its imprint, identifier, version, and hash."""
    entry = _entry(built)
    version = entry["version"] and f"version {entry['version']}"
    said = " · ".join(filter(None, (entry["identifier"], version, entry["hash"])))
    whose = f" for {built.imprint}" if built.imprint else ""
    return f"{built.name}{whose}: {said}{_origin(built)}"


def _origin(built: Built) -> str:
    if built.made:
        return ""
    return " (from the cache)" if TAKEN in built.reasons.values() else " (unchanged)"


_FEW = 3
"""Results that are seen at a glance, without a table."""
_NAMED = 20
"""Failed articles that the table names; each has its own line above it as well."""
_MANY = 20
"""Results of which those that are unchanged are only counted: among more, the new ones are lost."""


def has_lines(built: Built, results: int) -> bool:
    """Return whether a result has lines of its own; `results` says how many there are."""
    if built.entry is None:
        return False
    return results <= _MANY or bool(built.made) or TAKEN in built.reasons.values()


def table(results: Sequence[Built]) -> list[str]:
    """Return how many articles were built, unchanged, and not published, which are named.

    An article counts for each imprint. A few results need no table.
    """
    if len(results) <= _FEW:
        return []
    failed = [f"{b.name} for {b.imprint}" if b.imprint else b.name for b in results if not b.entry]
    new = sum(bool(b.entry and b.made) for b in results)
    names = [*failed[:_NAMED], *(["…"] if len(failed) > _NAMED else [])]
    counts = {"built": new, "unchanged": len(results) - new - len(failed), "failed": len(failed)}
    width = len(str(len(results)))
    lines = [f"{word:9}  {count:{width}}" for word, count in counts.items()]
    return [*lines[:2], f"{lines[2]}: {', '.join(names)}" if names else lines[2]]


def files(built: Built, folder: Path) -> list[str]:
    """Return a line for each file: its path, size, pages, and type measurements."""
    found = [(str(folder / name), facts) for name, facts in _in_order(built)]
    width = max((len(path) for path, _ in found), default=0)
    lines = [
        f"{path:{width}}  {size(facts['bytes']):>7}  {_pages(facts)}{_measured(facts)}"
        for path, facts in found
    ]
    return lines + [
        f"{folder / name!s:{width}}  {size(facts['bytes']):>7}  copy of {facts['file']}"
        for name, facts in linked_of(_entry(built)).items()
    ]


def notes(built: Built) -> list[str]:
    """Return a line for each edition with a table that did not fit or a page that is nearly blank.

    Equal lines are joined: `letter, ink-saver: page 2 is blank`.
    """
    said: dict[str, list[str]] = {}
    for name, facts in _in_order(built):
        if found := facts.get("notes"):
            whose = name if facts["part"] else facts["edition"]
            said.setdefault("; ".join(found), []).append(whose)
    return [f"{', '.join(names)}: {words}" for words, names in said.items()]


def _in_order(built: Built) -> list[tuple[str, FileEntry]]:
    """Return the files of an article by format, then by edition."""
    order = list(FORMATS)
    editions = _entry(built)["editions"]

    def place(item: tuple[str, FileEntry]) -> tuple[int, int, str]:
        name, facts = item
        known = facts["edition"] in editions
        return order.index(facts["format"]), editions.index(facts["edition"]) if known else 0, name

    return sorted(_entry(built)["files"].items(), key=place)


def _pages(facts: FileEntry) -> str:
    pages = counted(facts["pages"], "page")
    if facts["kind"] == "booklet" and not facts["part"]:
        sheets = booklet_sheets(facts["pages"])
        return f"{pages} on {counted(sheets, 'sheet')}; print on both sides, flip on the short edge"
    summary = FORMATS[facts["format"]].summary
    if not summary:
        leaves = counted(-(-facts["pages"] // 2), "sheet")
        return f"{pages} on {leaves}{_emptiest(facts)}"
    return f"{summary}, page-list of {pages}" if facts["pages"] else summary


def _emptiest(facts: FileEntry) -> str:
    """Return how full the emptiest page is, if there is a choice."""
    page, share = facts.get("emptiest", (0, 0))
    return f", emptiest page {page}: {share}% full" if facts["pages"] > 1 and page else ""


def _measured(facts: FileEntry) -> str:
    """Return the type sizes and line length measured on the pages of a PDF."""
    type_ = facts["measures"]
    if not type_ or facts["part"]:
        return ""
    line = f", {counted(type_['characters'], 'character')} per line" if type_["characters"] else ""
    body = f"{type_['body']:g} pt, " if type_["body"] else ""
    return f"; {body}smallest {type_['smallest']:g} pt{line}"


def notices(built: Built) -> list[str]:
    """Return a line for each notice: where it is placed, and which rule requires it."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for notice in _entry(built)["notices"]:
        key = notice["id"], notice["rule"], notice["file"]
        places.setdefault(key, []).append(notice["place"])
    return [
        f"notice {id_}, {' and '.join(where)}: {rule} [{file}]"
        for (id_, rule, file), where in places.items()
    ]

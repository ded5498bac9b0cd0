"""The list of a project's handouts: chosen, sorted, and written as a table, JSON, or CSV.

In: `Entry`s. Out: text to print. This module must not know where the rows come from.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from press.core.problems import visible

if TYPE_CHECKING:
    from press.catalog.entries import Entry

COLUMNS = (
    "name", "title", "version", "reviewed", "next-review", "languages", "pages", "state",
)  # fmt: skip
"""The columns, which are also the keys to sort by and those of JSON and CSV."""
_HEADS = {"next-review": "next review"}


def chosen(
    entries: Sequence[Entry], words: Sequence[str], due: int | None, today: date
) -> list[Entry]:
    """Return the entries with every word in the title, the name, or a topic.

    A word may also be a pattern for the whole name, as in a group. Case and accents do not count.
    With `due`, only those whose review is overdue or falls due within that number of days.
    """
    found = [e for e in entries if all(_fits(e, _folded(word)) for word in words)]
    if due is None:
        return found
    last = today + timedelta(days=min(due, (date.max - today).days))
    return [entry for entry in found if entry.due and entry.due <= last]


def _fits(entry: Entry, word: str) -> bool:
    return word in _said(entry) or fnmatchcase(_folded(entry.name), word)


def ordered(entries: Sequence[Entry], key: str) -> list[Entry]:
    """Return the entries in the order of a column; those without a value come last."""

    def place(entry: Entry) -> tuple[bool, Any, str]:
        value = row(entry)[key]
        text = ", ".join(value) if isinstance(value, list) else value
        if text in (None, ""):
            return True, "", entry.name
        return False, _natural(text) if isinstance(text, str) else text, entry.name

    return sorted(entries, key=place)


def row(entry: Entry) -> dict[str, Any]:
    """Return the facts of an entry by column; a fact that is not known is None or empty."""
    matter = entry.matter
    return {
        "name": entry.name,
        "title": matter.title,
        "version": matter.version,
        "reviewed": matter.reviewed and matter.reviewed.isoformat(),
        "next-review": entry.due and entry.due.isoformat(),
        "languages": [matter.lang],
        "pages": entry.pages,
        "state": entry.state,
    }


def as_table(entries: Sequence[Entry]) -> str:
    """Return a table for a terminal, each cell as wide as the widest of its column."""
    lines = [[_HEADS.get(name, name) for name in COLUMNS]]
    lines += [[visible(cell) for cell in _cells(row(entry))] for entry in entries]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    numbers = COLUMNS.index("pages")
    return "".join(
        "  ".join(
            _padded(cell, width, right=index == numbers)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        + "\n"
        for line in lines
    )


def as_json(entries: Sequence[Entry]) -> str:
    """Return a JSON array with an object for each entry: the columns, its file, and its topics."""
    objects = [
        {**row(e), "file": e.file, "identifier": e.matter.identifier,
         "topics": list(e.matter.topics)}
        for e in entries
    ]  # fmt: skip
    return json.dumps(objects, indent=1, ensure_ascii=False) + "\n"


def as_csv(entries: Sequence[Entry]) -> str:
    """Return comma-separated values with a line of heads (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_cells(row(entry)) for entry in entries)
    return out.getvalue()


FORMS: Mapping[str, Callable[[Sequence[Entry]], str]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
}
"""The forms in which the list is written."""


def _cells(facts: Mapping[str, Any]) -> list[str]:
    """Return the facts as texts; a list is joined by commas."""
    values = (facts[name] for name in COLUMNS)
    return ["" if v is None else ", ".join(v) if isinstance(v, list) else str(v) for v in values]


def _said(entry: Entry) -> str:
    matter = entry.matter
    return _folded(" ".join((entry.name, matter.title, matter.subtitle, *matter.topics)))


def _folded(text: str) -> str:
    """Return a text without case and accents."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in spread if not unicodedata.combining(c))


def _natural(text: str) -> list[Any]:
    """Return a key by which version 0.10 comes after 0.9: each run of digits is a number."""
    pieces = re.split(r"(\d+)", _folded(text))
    pieces[1::2] = [piece.lstrip("0") for piece in pieces[1::2]]
    return [(len(piece), piece) if n % 2 else piece for n, piece in enumerate(pieces)]


def _width(text: str) -> int:
    """Return the cells of a terminal that a text takes (Unicode Standard Annex 11)."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space

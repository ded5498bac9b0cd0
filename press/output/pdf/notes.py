"""What an author may want to know of the pages of an edition, in words.

In: a handout laid out on pages, and the tables that were too wide. Out: notes for the summary of
the build: tables that are set smaller or printed as lists, formulas that are drawn smaller, and
pages that are blank or nearly so.
This module must not know the configuration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from press.core.trees import has_class

_SHOWN = 3
_SMALLER = 0.95
_LONG = 60
_WIDTH = re.compile(r"width: ([\d.]+)em")
_HALF = 0.5


def table_notes(fits: Mapping[str, float], names: Mapping[str, str]) -> Iterator[str]:
    """Yield notes about tables; `fits` maps their ids to a size in points, or 0 for a list."""
    smaller = [id_ for id_, size in fits.items() if size]
    lists = [id_ for id_, size in fits.items() if not size]
    if smaller:
        least = min(fits[id_] for id_ in smaller)
        so = "they are set in type of at least" if smaller[1:] else "it is set in"
        yield f"{_tables(smaller, names)} too wide, so {so} {least:g} pt"
    if lists:
        so = "they are printed as lists" if lists[1:] else "it is printed as a list"
        yield f"{_tables(lists, names)} too wide, so {so}"


def tall_notes(lists: Sequence[str], names: Mapping[str, str]) -> Iterator[str]:
    """Yield a note about tables whose header is taller than a page."""
    if lists:
        so = "they are printed as lists" if lists[1:] else "it is printed as a list"
        header = "headers" if lists[1:] else "header"
        yield f"the {header} of {_tables(lists, names)} too tall, so {so}"


def formula_notes(rendered: Any) -> Iterator[str]:
    """Yield a note for each formula that is wider than its column, and so drawn smaller."""
    for number, page in enumerate(rendered.pages, 1):
        for box in page._page_box.descendants():  # noqa: SLF001 - no public name
            natural = _WIDTH.match((box.element is not None and box.element.get("style")) or "")
            if natural is None or not has_class(box.element, "math"):
                continue
            share = box.width / (float(natural[1]) * box.style["font_size"])
            if share < _SMALLER:
                words = box.element.get("alt") or ""
                words = words if len(words) <= _LONG else f"{words[: _LONG - 1]}…"
                yield f"page {number}: a formula is too wide; it is drawn at {share:.0%}: {words}"


def page_notes(shares: Sequence[float], references: int) -> Iterator[str]:
    """Yield notes about pages with much blank paper, except those at the end of the text.

    `shares` says how full each page is. `references` is the page, from 1, on which the references
    begin on a new sheet; 0 if they do not. The text ends before it.
    """
    last = len(shares)
    if references > 1:
        last = references - 1
        if not shares[last - 1]:
            yield f"page {last} is blank, so that the references can be detached"
            last -= 1
    ends = (last, len(shares))
    blank = [n for n, share in enumerate(shares, 1) if not share and n != references - 1]
    hollow = [n for n, share in enumerate(shares, 1) if 0 < share < _HALF and n not in ends]
    if blank:
        yield f"{_pages(blank)} blank"
    if hollow:
        yield f"{_pages(hollow)} more than half empty"


def _tables(ids: Sequence[str], names: Mapping[str, str]) -> str:
    shown = [f"'{_short(names.get(id_, ''))}'" for id_ in ids[:_SHOWN]]
    if len(ids) > _SHOWN:
        shown.append(f"{len(ids) - _SHOWN} more")
    return f"table {shown[0]} is" if len(ids) == 1 else f"tables {_and(shown)} are"


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39].rstrip()}…"


def _pages(numbers: Sequence[int]) -> str:
    every = [str(number) for number in numbers[: 2 * _SHOWN]]
    if len(numbers) > 2 * _SHOWN:
        every.append(f"{len(numbers) - 2 * _SHOWN} more")
    return f"page {every[0]} is" if len(every) == 1 else f"pages {_and(every)} are"


def _and(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"

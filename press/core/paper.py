"""Sheets of paper: their sizes, and the order of a booklet's pages on them.

In: a size as CSS Paged Media 3 (7.1) writes it, or a number of pages. Out: points, or the sides of
sheets. This module must not know documents.
"""

from __future__ import annotations

import re

from press.core.model import Direction

_INCH, _MM = 72, 72 / 25.4
_UNITS = {"in": _INCH, "cm": 10 * _MM, "mm": _MM, "pt": 1}
_SHEETS = {
    # CSS Paged Media 3, 7.1: width and height in points
    "A5": (148 * _MM, 210 * _MM),
    "A4": (210 * _MM, 297 * _MM),
    "A3": (297 * _MM, 420 * _MM),
    "Letter": (8.5 * _INCH, 11 * _INCH),
    "Legal": (8.5 * _INCH, 14 * _INCH),
}


def sheet_size(page: str) -> tuple[float, float]:
    """Return the width and height of a sheet in points; `page` is a size for which `is_size`."""
    if page in _SHEETS:
        return _SHEETS[page]
    width, height = (_UNITS[side[-2:]] * float(side[:-2]) for side in page.split())
    return width, height


def is_size(page: str) -> bool:
    """Return whether this is a plausible size of a sheet: 7 cm to 1.3 m on each side."""
    size = r"\d{1,5}(\.\d{1,5})?(mm|cm|in|pt)"
    if page in _SHEETS:
        return True
    return bool(re.fullmatch(f"{size} {size}", page)) and all(
        70 * _MM <= side <= 1300 * _MM for side in sheet_size(page)
    )


Side = tuple[int, int]
"""The page numbers on the left and right halves; 0 for a blank half."""


def booklet_sides(pages: int, direction: Direction = "ltr") -> list[Side]:
    """Return the sides of the sheets in printing order: front, back, front, back.

    The stack is folded in the middle (saddle stitch), so the first sheet is the outermost. Books
    that are read from right to left have their spine on the right.
    """
    count = booklet_sheets(pages) * 4
    order = []
    for sheet in range(count // 4):
        first, last = 2 * sheet + 1, count - 2 * sheet
        order += [(last, first), (first + 1, last - 1)]
    if direction == "rtl":
        order = [(right, left) for left, right in order]
    return [(left * (left <= pages), right * (right <= pages)) for left, right in order]


def booklet_sheets(pages: int) -> int:
    """Return the number of sheets that a booklet needs, with four pages on each sheet."""
    return -(-pages // 4)

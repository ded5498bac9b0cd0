"""Sheets of paper and their sizes.

In: a size as CSS Paged Media 3 (7.1) writes it. Out: points. This module must not know documents.
"""

from __future__ import annotations

import re

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
    """Width and height in points of a sheet, as CSS writes its size."""
    if page in _SHEETS:
        return _SHEETS[page]
    width, height = (_UNITS[side[-2:]] * float(side[:-2]) for side in page.split())
    return width, height


def is_size(page: str) -> bool:
    """Whether this is the size of a sheet that a printer could have: 7 cm to 1.3 m a side."""
    size = r"\d{1,5}(\.\d{1,5})?(mm|cm|in|pt)"
    if page in _SHEETS:
        return True
    return bool(re.fullmatch(f"{size} {size}", page)) and all(
        70 * _MM <= side <= 1300 * _MM for side in sheet_size(page)
    )


Side = tuple[int, int]
"""The numbers of the pages on the left and on the right half; 0 where a half stays blank."""


def booklet_sides(pages: int, direction: str = "ltr") -> list[Side]:
    """The sides of the sheets in the order of printing: front, back, front, back.

    The pile is folded in the middle (saddle stitch): the first sheet is the outermost. Books that
    are read from right to left have their spine at the right.
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
    """Return how many sheets a booklet of so many pages takes: four pages go on each."""
    return -(-pages // 4)

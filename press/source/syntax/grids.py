"""Tables drawn as a grid, whose cells may span rows and columns (Pandoc's manual, Tables).

In: the lines of a table. Out: its cells, row by row, each with its lines and what it spans. A cell
is found by its edges: from its upper left corner along its top, down, back, and up again. This
module must not know blocks, nor the tree.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from press.core.records import dataclass

RULE = re.compile(r"\+(?:[:=-]+\+)+[ \t]*$")
"""A line that goes through all columns."""
_EDGE = "-=:+"
Signs = Sequence[Sequence[str]]
"""The lines of a table, by the columns of a screen."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table."""

    lines: tuple[str, ...]
    column: int
    """Its first column, from 0."""
    columns: int = 1
    """The number of columns that it spans."""
    rows: int = 1


@dataclass(frozen=True)
class Grid:
    """A table."""

    rows: tuple[tuple[Cell, ...], ...]
    headed: int
    """The number of rows in its head."""
    align: tuple[str, ...]
    """`left`, `right`, `center`, or nothing for each column."""


@dataclass(frozen=True)
class _Box:
    top: int
    left: int
    bottom: int
    right: int


def read(signs: Signs) -> Grid | None:
    """Read the lines of a table; None if its lines do not meet."""
    if len({len(line) for line in signs}) != 1:
        return None
    boxes = _boxes(signs)
    tops = sorted({box.top for box in boxes})
    lefts = sorted({box.left for box in boxes})
    if not _is_covered(signs, boxes, tops, lefts):
        return None
    rules = [n for n, line in enumerate(signs) if RULE.match("".join(line)) and "=" in line]
    head = next((n for n in rules if 0 < n < len(signs) - 1), 0)
    if any(box.top < head < box.bottom for box in boxes):
        return None
    rows: list[list[Cell]] = [[] for _ in tops]
    for box in sorted(boxes, key=lambda box: box.left):
        within = [line[box.left + 1 : box.right] for line in signs[box.top + 1 : box.bottom]]
        row, column = bisect_left(tops, box.top), bisect_left(lefts, box.left)
        rows[row].append(
            Cell(
                tuple("".join(line).removeprefix(" ").rstrip() for line in within),
                column,
                bisect_left(lefts, box.right) - column,
                bisect_left(tops, box.bottom) - row,
            )
        )
    edges = [*lefts, len(signs[0]) - 1]
    align = tuple(alignment("".join(signs[head][a + 1 : b])) for a, b in pairwise(edges))
    return Grid(tuple(map(tuple, rows)), sum(top < head for top in tops), align)


def _is_covered(
    signs: Signs, boxes: Sequence[_Box], tops: Sequence[int], lefts: Sequence[int]
) -> bool:
    """Say if every place of a table is in one cell, and in no other."""
    size = (len(signs) - 1) * (len(signs[0]) - 1)
    places = [
        (top, left)
        for box in boxes
        for top in tops
        if box.top <= top < box.bottom
        for left in lefts
        if box.left <= left < box.right
    ]
    covered = sum((box.bottom - box.top) * (box.right - box.left) for box in boxes)
    return bool(boxes) and covered == size and len(places) == len(set(places))


def alignment(rule: str) -> str:
    """Return `left`, `right`, `center`, or nothing for a rule with colons at its ends."""
    left, right = rule.startswith(":"), rule.endswith(":")
    return "center" if left and right else "left" if left else "right" if right else ""


def _boxes(signs: Signs) -> list[_Box]:
    """Return the cells of a table, found from the upper left to the lower right."""
    bottom, right = len(signs) - 1, len(signs[0]) - 1
    waiting, seen = [(0, 0)], set[tuple[int, int]]()
    boxes: list[_Box] = []
    while waiting:
        top, left = waiting.pop()
        if (top, left) in seen or top == bottom or left == right:
            continue
        seen.add((top, left))
        if box := _box(signs, top, left):
            boxes.append(box)
            waiting += [(box.top, box.right), (box.bottom, box.left)]
    return boxes


def _box(signs: Signs, top: int, left: int) -> _Box | None:
    """Return the smallest cell with this upper left corner."""
    for right in range(left + 1, len(signs[0])):
        if signs[top][right] == "+":
            for bottom in range(top + 1, len(signs)):
                if signs[bottom][right] == "+":
                    box = _Box(top, left, bottom, right)
                    if _is_closed(signs, box):
                        return box
                elif signs[bottom][right] != "|":
                    break
        elif signs[top][right] not in _EDGE:
            return None
    return None


def _is_closed(signs: Signs, box: _Box) -> bool:
    """Say if a cell has a lower and a left edge."""
    below = signs[box.bottom][box.left : box.right + 1]
    beside = [line[box.left] for line in signs[box.top : box.bottom + 1]]
    corners = below[0] == "+" and beside[0] == "+"
    return corners and all(s in _EDGE for s in below) and all(s in "|+" for s in beside)

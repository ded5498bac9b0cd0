"""Tables as grids: which cell is in which row and column, and which headers belong to it.

In: the cells of a table, row by row, as elements or whatever else stands for them, and functions
that read them. Out: cells by row and column; the scope of header cells; the headers of data cells.
This module must not know where a table comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Literal, TypeVar

from press.core.trees import Element, local_name

Cell = TypeVar("Cell")
Attribute = Callable[[Cell, str], str]
"""Returns an attribute of a cell; empty if it has none of that name."""
IsHeader = Callable[[Cell], bool]
Scope = Literal["row", "column", "both"]
_SCOPES: dict[str, Scope] = {"row": "row", "rowgroup": "row", "col": "column", "colgroup": "column"}
_WIDEST = 1000
"""Columns or rows that a cell may span (HTML, 4.9.11)."""


def grid(
    groups: Iterable[Iterable[Iterable[Cell]]], attribute: Attribute[Cell]
) -> list[list[Cell]]:
    """Arrange the cells of a table by row and column; repeat a cell that spans several.

    `groups` holds the rows of each row group, which ends what spans rows (HTML, 4.9.12.1, for rows
    that do not overlap).
    """
    lines: list[list[Cell]] = []
    for rows in groups:
        below: dict[int, tuple[Cell, int]] = {}
        for row in rows:
            line: list[Cell] = []
            for cell in [*row, None]:
                while len(line) in below and below[len(line)][1]:
                    hanging, left = below[len(line)]
                    below[len(line)] = hanging, left - 1
                    line.append(hanging)
                if cell is not None:
                    for _ in range(span(attribute(cell, "colspan"))):
                        below[len(line)] = cell, span(attribute(cell, "rowspan")) - 1
                        line.append(cell)
            lines.append(line)
    return lines


def span(value: str) -> int:
    """Return how many rows or columns a cell spans (HTML, 4.9.11)."""
    return max(1, min(int(value), _WIDEST)) if value.isdecimal() else 1


def scopes(
    lines: Sequence[Sequence[Cell]], is_header: IsHeader[Cell], attribute: Attribute[Cell]
) -> dict[Cell, Scope]:
    """Return the scope of each header cell (HTML, 4.9.12.2): as given, or by the data beside it."""
    beside: dict[Cell, bool] = {}
    below: dict[Cell, bool] = {}
    data = {n for line in lines for n, cell in enumerate(line) if not is_header(cell)}
    for line in lines:
        has_data = any(not is_header(cell) for cell in line)
        for column, cell in enumerate(line):
            if is_header(cell):
                beside[cell] = beside.get(cell, False) or has_data
                below[cell] = below.get(cell, False) or column in data
    return {
        cell: _SCOPES.get(attribute(cell, "scope"))
        or ("row" if beside[cell] else "column" if below[cell] else "both")
        for cell in beside
    }


def headers(
    lines: Sequence[Sequence[Cell]], is_header: IsHeader[Cell], attribute: Attribute[Cell]
) -> dict[Cell, list[Cell]]:
    """Return the headers of each data cell: those that it names, or those of its columns and rows.

    A column header below data hides the ones above it (HTML, 4.9.12.2 and 3).
    """
    kinds = scopes(lines, is_header, attribute)
    named = {attribute(cell, "id"): cell for cell in kinds}
    above: dict[int, list[Cell]] = {}
    ended: set[int] = set()
    found: dict[Cell, list[Cell]] = {}
    beside: dict[Cell, list[Cell]] = {}
    for line in lines:
        own = [cell for cell in dict.fromkeys(line) if kinds.get(cell) in ("row", "both")]
        for column, cell in enumerate(line):
            if cell not in kinds:
                ended.add(column)
                found.setdefault(cell, []).extend(above.get(column, ()))
                beside.setdefault(cell, []).extend(own)
            elif kinds[cell] in ("column", "both"):
                if column in ended:
                    above[column] = []
                    ended.discard(column)
                above.setdefault(column, []).append(cell)
    return {
        cell: [named[id_] for id_ in attribute(cell, "headers").split() if id_ in named]
        or list(dict.fromkeys([*found[cell], *beside[cell]]))
        for cell in found
    }


def grid_of(table: Element) -> list[list[Element]]:
    """Arrange the cells of a `<table>`, without those of tables in its cells."""
    rows = (row for row in table.iter("{*}tr") if _around(row) is table)
    groups = groupby(rows, lambda row: row.getparent())
    return grid((group for _, group in groups), read_attribute)


def headers_of(table: Element) -> dict[Element, list[Element]]:
    """Return the headers of each data cell of a `<table>`."""
    return headers(grid_of(table), lambda cell: local_name(cell) == "th", read_attribute)


def read_attribute(cell: Element, name: str) -> str:
    """Return an attribute of an element; empty if it has none of that name."""
    return cell.get(name) or ""


def _around(row: Element) -> Element | None:
    """Return the table of a row, which need not be the outermost."""
    return next((e for e in row.iterancestors() if local_name(e) == "table"), None)

"""Tables in the structure tree: which header cells belong to a cell.

In: a Table node. Out: the attributes of its cells (ISO 32000-1, 14.8.5.7). A cell is described by
its HTML attributes, since a table may be laid out as something else. This module must not know
boxes or files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from press.output.pdf.nodes import Node

_SCOPES = {"row": "Row", "rowgroup": "Row", "col": "Column", "colgroup": "Column"}
_PARTS = {"THead": 1, "TBody": 2, "TR": 2, "TFoot": 3}


@dataclass(frozen=True)
class _Cell:
    """A cell in the grid of a table; rows and columns count from 0."""

    node: Node
    row: int
    column: int
    height: int
    width: int

    @property
    def rows(self) -> range:
        """The rows that the cell covers."""
        return range(self.row, self.row + self.height)

    @property
    def columns(self) -> range:
        """The columns that the cell covers."""
        return range(self.column, self.column + self.width)


def describe(table: Node, name: str) -> None:
    """Put the parts of a table in order; set the spans, scopes, ids, and headers of its cells.

    ISO 32000-1, table 337: the caption is first or last; THead, TBody, and TFoot are in this order.
    `name` begins the ids, which are unique in a file.
    """
    parts = _PARTS | {"Caption": 0 if getattr(table.kids[0], "kind", "") == "Caption" else 4}
    table.kids.sort(key=lambda kid: parts.get(getattr(kid, "kind", ""), 2))
    grid = _grid(_rows(table))
    cells = list(dict.fromkeys(cell for line in grid for cell in line if cell))
    for number, cell in enumerate(cells):
        attributes = cell.node.attributes.setdefault("Table", {})
        if cell.width > 1:
            attributes["ColSpan"] = cell.width
        if cell.height > 1:
            attributes["RowSpan"] = cell.height
        if cell.node.kind == "TH":
            attributes["Scope"] = _scope(cell, cells)
            cell.node.id = f"{name}-{number}"
    named = {_attribute(c.node, "id"): c for c in cells if c.node.kind == "TH"}
    for cell in cells:
        if cell.node.kind == "TD":
            given = [named[id_] for id_ in _attribute(cell.node, "headers").split() if id_ in named]
            headers = given or [*_above(cell, grid), *_beside(cell, grid)]
            if headers:
                ids = [header.node.id for header in dict.fromkeys(headers)]
                cell.node.attributes["Table"]["Headers"] = ids


def _rows(node: Node) -> list[Node]:
    """Return the rows of a table, without those of tables in its cells."""
    rows: list[Node] = []
    for kid in node.kids:
        if isinstance(kid, Node):
            rows += [kid] if kid.kind == "TR" else _rows(kid) if kid.kind in _PARTS else []
    return rows


def _grid(rows: Sequence[Node]) -> list[list[_Cell | None]]:
    """Arrange the cells by row and column (HTML, 4.9.12.1); a row group ends its spans."""
    grid: list[list[_Cell | None]] = [[] for _ in rows]
    for number, row in enumerate(rows):
        below = sum(other.parent is row.parent for other in rows[number:])
        column = 0
        for node in (kid for kid in row.kids if isinstance(kid, Node)):
            while column < len(grid[number]) and grid[number][column]:
                column += 1
            height = min(_span(node, "rowspan"), below)
            cell = _Cell(node, number, column, height, _span(node, "colspan"))
            for line in (grid[number] for number in cell.rows):
                line += [None] * (cell.columns.stop - len(line))
                line[cell.column : cell.columns.stop] = [cell] * cell.width
            column = cell.columns.stop
    return grid


def _scope(cell: _Cell, cells: Sequence[_Cell]) -> str:
    """Return which cells a header cell is for (HTML, 4.9.12.2)."""
    given = _SCOPES.get(_attribute(cell.node, "scope"))
    if given:
        return given
    data = [other for other in cells if other.node.kind == "TD"]
    of_row = any(set(other.rows) & set(cell.rows) for other in data)
    of_column = any(set(other.columns) & set(cell.columns) for other in data)
    if not of_row and not of_column:
        return "Both"
    return "Row" if of_row else "Column"


def _above(cell: _Cell, grid: Sequence[Sequence[_Cell | None]]) -> list[_Cell]:
    """Return the headers of a cell's columns, from the top.

    A column header below data hides those above it that are as wide (HTML, 4.9.12.2).
    """
    found: list[_Cell] = []
    for column in cell.columns:
        opaque: set[tuple[int, int]] = set()
        block: set[tuple[int, int]] = set()
        for line in reversed(grid[: cell.row]):
            other = line[column] if column < len(line) else None
            if other is None or other.node.kind != "TH":
                opaque |= block
                block = set()
            elif _is_for(other, "Column") and (other.column, other.width) not in opaque:
                block.add((other.column, other.width))
                found.append(other)
    return sorted(found, key=lambda header: header.row)


def _beside(cell: _Cell, grid: Sequence[Sequence[_Cell | None]]) -> list[_Cell]:
    """Return the headers of a cell's rows."""
    covered = [other for row in cell.rows for other in grid[row]]
    return [o for o in covered if o and o.node.kind == "TH" and _is_for(o, "Row")]


def _is_for(header: _Cell, scope: str) -> bool:
    return header.node.attributes["Table"]["Scope"] in (scope, "Both")


def _attribute(node: Node, name: str) -> str:
    element: Any = node.element
    return str(element.get(name) or "") if element is not None else ""


def _span(node: Node, name: str) -> int:
    value = _attribute(node, name) or "1"
    return max(1, min(int(value), 1000)) if value.isdecimal() else 1

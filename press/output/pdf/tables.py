"""Tables in the structure tree: which header cells belong to a cell.

In: a Table node. Out: the attributes of its cells (ISO 32000-1, 14.8.5.7). A cell is described by
its HTML attributes, since a table may be laid out as something else. This module must not know
boxes or files.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from press.core import tables
from press.output.pdf.nodes import Node

_SCOPES = {"row": "Row", "column": "Column", "both": "Both"}
_PARTS = {"THead": 1, "TBody": 2, "TR": 2, "TFoot": 3}


def describe(table: Node, name: str) -> None:
    """Put the parts of a table in order; set the spans, scopes, ids, and headers of its cells.

    ISO 32000-1, table 337: the caption is first or last; THead, TBody, and TFoot are in this order.
    `name` begins the ids, which are unique in a file.
    """
    parts = _PARTS | {"Caption": 0 if getattr(table.kids[0], "kind", "") == "Caption" else 4}
    table.kids.sort(key=lambda kid: parts.get(getattr(kid, "kind", ""), 2))
    groups = groupby(_rows(table), lambda row: row.parent)
    rows = (([k for k in row.kids if isinstance(k, Node)] for row in group) for _, group in groups)
    lines = tables.grid(rows, _attribute)
    scopes = tables.scopes(lines, _is_header, _attribute)
    for number, cell in enumerate(dict.fromkeys(cell for line in lines for cell in line)):
        attributes = cell.attributes.setdefault("Table", {})
        for key in ("ColSpan", "RowSpan"):
            if (span := tables.span(_attribute(cell, key.lower()))) > 1:
                attributes[key] = span
        if cell in scopes:
            attributes["Scope"] = _SCOPES[scopes[cell]]
            cell.id = f"{name}-{number}"
    for cell, headers in tables.headers(lines, _is_header, _attribute).items():
        if headers:
            cell.attributes["Table"]["Headers"] = [header.id for header in headers]


def _rows(node: Node) -> Iterator[Node]:
    """Yield the rows of a table, without those of tables in its cells."""
    for kid in node.kids:
        if isinstance(kid, Node):
            if kid.kind == "TR":
                yield kid
            elif kid.kind in _PARTS:
                yield from _rows(kid)


def _is_header(cell: Node) -> bool:
    return cell.kind == "TH"


def _attribute(cell: Node, name: str) -> str:
    element: Any = cell.element
    return str(element.get(name) or "") if element is not None else ""

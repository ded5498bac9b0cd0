"""Blocks of Markdown as nodes: what has been read of an article so far.

In: nothing. Out: `Node`, and the rule that says if a list is loose. This module must not know how
blocks are recognized, nor how they are written.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal

from press.core.records import dataclass

Kind = Literal[
    "document", "quote", "list", "item", "div", "wrap", "note", "definitions", "definition",
    "paragraph", "heading", "code", "html", "rule", "table", "lines", "page",
]  # fmt: skip
CONTAINERS = frozenset("document quote list item div wrap note definitions definition".split())

KINDS = {
    "note": "note", "info": "note", "abstract": "note", "example": "note", "quote": "note",
    "tip": "tip", "hint": "tip", "success": "tip",
    "warning": "warning", "caution": "warning", "danger": "warning", "attention": "warning",
    "error": "warning", "important": "warning", "urgent": "urgent", "admonition": "note",
    "seealso": "note",
}  # fmt: skip
"""The kinds of boxes that authors write, and how each looks."""


@dataclass(eq=False)
class Node:
    """A block: a container of blocks, or a leaf with lines of text."""

    kind: Kind
    line: int
    """The line on which it begins, from 0."""
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    """What only its kind has, such as the level of a heading."""
    blank: bool = False
    """Its last line is blank."""
    open: bool = True

    def __post_init__(self) -> None:
        self.depth: int = self.parent.depth + 1 if self.parent else 0
        """The number of blocks around it."""

    @property
    def last(self) -> Node | None:
        """Its last child."""
        return self.children[-1] if self.children else None


def is_loose(list_: Node) -> bool:
    """Say if blank lines divide the items of a list, or the blocks of an item (CommonMark, 5.3)."""
    for number, item in enumerate(list_.children):
        more = number + 1 < len(list_.children)
        if more and _ends_blank(item):
            return True
        for place, child in enumerate(item.children):
            if (more or place + 1 < len(item.children)) and _ends_blank(child):
                return True
    return False


def _ends_blank(node: Node | None) -> bool:
    while node is not None:
        if node.blank:
            return True
        node = node.last if node.kind in ("list", "item") else None
    return False


def is_kind(name: str) -> bool:
    """Say if a name is that of a kind of box, in any case, or with Quarto's prefix."""
    return name.lower().removeprefix("callout-") in KINDS

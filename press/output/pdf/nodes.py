"""Nodes: what a structure tree is made of (ISO 32000-1, 14.7.2).

In: nothing. Out: the types that pass from the boxes of a layout to the objects of a PDF. This
module must not know boxes or objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LAYOUT = b"/Artifact <</Type /Layout>> BDC"
"""How a decoration begins in a content stream (ISO 32000-1, 14.8.2.2.2)."""


class Node:
    """An element of the structure tree.

    Its kids are nodes, painted boxes, and `Annotation`s; once painted, `Mark`s replace the boxes.
    """

    __slots__ = (
        "attributes", "element", "entries", "id", "inline", "kids", "kind", "lang", "parent",
        "ref", "related",
    )  # fmt: skip

    def __init__(self, kind: str, element: Any = None, parent: Node | None = None) -> None:
        self.kind = kind
        self.element = element
        self.parent = parent
        self.kids: list[Any] = []
        self.inline = kind in ("Link", "Span", "Code", "Reference")
        self.id = ""
        self.lang: str = parent.lang if parent else ""
        self.entries: dict[str, str] = {}
        """Text entries of the element: Alt, E, Lang."""
        self.attributes: dict[str, dict[str, Any]] = {}
        """Owner to attributes (ISO 32000-1, 14.7.5)."""
        self.ref: bytes = b""
        """The reference to the element, once it is written."""
        self.related: list[Node] = []
        """The notes that the element refers to, or the references to a note."""

    def add(self, kind: str, element: Any = None) -> Node:
        """Append a node and return it."""
        node = Node(kind, element, self)
        self.kids.append(node)
        return node

    def within(self, kind: str) -> Node | None:
        """Return the nearest node of a kind, from this one up."""
        node: Node | None = self
        while node and node.kind != kind:
            node = node.parent
        return node

    def nodes(self) -> Iterator[Node]:
        """Yield the node and all nodes below it, in reading order."""
        yield self
        for kid in self.kids:
            if isinstance(kid, Node):
                yield from kid.nodes()


class Annotation:
    """A rectangle of a link: the box that WeasyPrint will give its annotation, and its page."""

    __slots__ = ("box", "page")

    def __init__(self, box: Any, page: int) -> None:
        self.box, self.page = box, page

"""The structure tree of a tagged PDF (ISO 32000-1, 14.7), as blocks with their marked content.

In: an open PDF. Out: `Block`s in reading order. The children of an element may be numbers, MCR or
OBJR dictionaries, elements, or an array of them; one element may have content on several pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf

_INLINE = frozenset("Span NonStruct Link Em Strong Quote Code Reference Annot Sub BibEntry".split())
"""Elements whose content belongs to the block around them."""


@dataclass
class Kid:
    """A piece of marked content, and where the structure refers to it."""

    holder: Any
    """The element that refers to it."""
    at: int
    """Its place among the children of that element."""
    page: Any
    mark: int
    """Its MCID."""

    @property
    def key(self) -> tuple[tuple[int, int], int]:
        """Page and MCID."""
        return self.page.objgen, self.mark


@dataclass
class Block:
    """An element with its own content, which is not inside another block in it."""

    element: Any
    parents: tuple[Any, ...]
    """The elements around it, from the root."""
    kids: list[Kid] = field(default_factory=list)

    @property
    def role(self) -> str:
        return str(self.element.S).removeprefix("/")

    def is_around(self, other: Block) -> bool:
        """Say if another block is inside this one."""
        return any(same(self.element, each) for each in other.parents)


def blocks(pdf: pikepdf.Pdf) -> list[Block]:
    """Return the blocks of a PDF, in the order of the tree; none if it has no tags.

    All children are put into arrays, which means the same.
    """
    if "/StructTreeRoot" not in pdf.Root:
        return []
    root = pdf.Root.StructTreeRoot
    found = list(_walk(root, (), Block(root, ()), None))
    return [block for block in found if block.kids]


def _walk(element: Any, parents: tuple[Any, ...], block: Block, page: Any) -> Iterator[Block]:
    kids = element.get("/K")
    if kids is None:
        return
    if not isinstance(kids, pikepdf.Array):
        element.K = pikepdf.Array([kids])
    page = element.get("/Pg", page)
    for at, kid in enumerate(element.K):
        if isinstance(kid, int):
            block.kids.append(Kid(element, at, page, kid))
        elif kid.get("/Type") == "/MCR":
            block.kids.append(Kid(element, at, kid.get("/Pg", page), int(kid.MCID)))
        elif "/S" in kid:
            around = (*parents, element)
            if str(kid.S).removeprefix("/") in _INLINE:
                yield from _walk(kid, around, block, page)
            else:
                inner = Block(kid, around)
                yield inner
                yield from _walk(kid, around, inner, page)


def place_of(block: Block) -> int:
    """Return the place of a block among the children of its parent."""
    kids = block.parents[-1].K
    return next(at for at, kid in enumerate(kids) if same(kid, block.element))


def same(one: Any, other: Any) -> bool:
    """Say if two children of elements are the same element."""
    if not isinstance(one, pikepdf.Dictionary) or not isinstance(other, pikepdf.Dictionary):
        return False
    if one.is_indirect and other.is_indirect:
        return one.objgen == other.objgen
    return not one.is_indirect and not other.is_indirect and bool(one == other)

"""Page numbers of cross-references: each names the page of its target, unless that is its own.

In: the units of a document with the blocks of a tagged PDF that were matched with them. Out: the
units that name a wrong page, or none. This module must not know how a page is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from press.core.speech import Block, plain_words
from press.core.trees import Element, has_class, texts
from press.document.units import Unit
from press.proof.ink import PAGE
from press.readback.tags import Tags


def wrong(pairs: Sequence[tuple[Unit, Block]], tags: Tags) -> Iterator[tuple[Unit, str]]:
    """Yield the units with a cross-reference that names a wrong page, and what is wrong."""
    begins: dict[str, set[int]] = {}
    for unit, block in pairs:
        pages = list(_pages(block, tags))
        assert unit.block is not None
        for element in (unit.block.owner, *unit.block.owner.iterancestors()):
            begins.setdefault(element.get("id") or "", set(pages[:1]))
        for element in unit.block.owner.iterdescendants():  # it may be in any line
            begins.setdefault(element.get("id") or "", set(pages))
    for unit, block in pairs:
        yield from ((unit, what) for what in _wrong_in(unit, block, begins, tags))


def _wrong_in(
    unit: Unit, block: Block, begins: Mapping[str, set[int]], tags: Tags
) -> Iterator[str]:
    assert unit.block is not None
    links = [piece.owner for piece in unit.block.pieces if piece.kind == "link"]
    for link, drawn in zip(links, _links(block, tags), strict=False):
        if not has_class(link, "xref"):
            continue
        there = begins.get((link.get("href") or "")[1:], set())
        told = " or ".join(map(str, sorted(there)))
        words, here = drawn
        own = PAGE.findall(plain_words("".join(texts(link))))  # as in "(2)" or "Sleep (2019)"
        said = PAGE.findall(words)[len(own) :]
        number = int("".join(filter(str.isdigit, said[0]))) if said else 0
        if said and there and number not in there:
            yield f"has a cross-reference to page {number}, but its target is on page {told}"
        elif not said and there and (has_class(link, "entry") or there.isdisjoint(here)):
            yield f"has a cross-reference that does not name page {told}"


def _links(block: Block, tags: Tags) -> Iterator[tuple[str, set[int]]]:
    """Yield the words of each link of a block, and the pages that it is on, from 1."""
    words, here = "", set[int]()
    for piece in block.pieces:
        if piece.kind == "link":
            words, here = "", set()
        elif piece.kind == "end":
            yield plain_words(words), here
        else:
            words += f" {piece.text}"
            here |= {tags.pages[piece.owner] + 1} if piece.owner in tags.pages else set()


def _pages(block: Block, tags: Tags) -> Iterator[int]:
    owners: list[Element] = [piece.owner for piece in block.pieces]
    return (tags.pages[owner] + 1 for owner in owners if owner in tags.pages)

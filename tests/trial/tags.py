"""Mutants of the tags of a PDF: its structure tree and its links say something else.

In: an open PDF and the units in it. Out: mutants, each the whole file with one fault. Each changes
the tree in memory and then restores it. The content of the pages stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pikepdf
from pikepdf import Name

from tests.trial.mutant import Mutant
from tests.trial.printed import Unit
from tests.trial.saving import Opened
from tests.trial.structure import Block, Kid, place_of, same
from tests.trial.units import fold

_ELSE = "Something else"
_ROLES = {"P": "H3", "TD": "P", "TH": "TD", "Lbl": "P", "LBody": "P", "Caption": "P"}
"""A wrong role for each role; headings become paragraphs, and so does everything else."""
Change = tuple[Any, str, Any]
"""A dictionary, one of its keys, and another value; None removes the key."""


def tag_mutants(opened: Opened, units: Sequence[Unit]) -> Iterator[Mutant]:
    """Yield the mutants of a PDF's tags and links."""
    tagged = [(unit, unit.block) for unit in units if unit.block is not None]
    for unit, block in tagged:
        for kind, change in _faults(block):
            yield _mutant(opened, kind, (unit,), [change])
    for (unit, block), (after, other) in pairwise(tagged):
        if fold(unit.text) == fold(after.text):
            continue
        if not block.is_around(other) and not other.is_around(block):
            yield _mutant(opened, "tags swapped", (unit, after), _swapped(block, other))
        if exchanged := _exchanged(opened, block.kids[0], other.kids[0]):
            yield _mutant(opened, "content exchanged", (unit, after), exchanged)
    yield from _figure_mutants(opened)
    yield from _link_mutants(opened)


def _mutant(opened: Opened, kind: str, units: Sequence[Unit], changes: Sequence[Change]) -> Mutant:
    about = tuple(text for unit in units for text in unit.about)
    kind, more = ("list number", kind) if any(unit.label for unit in units) else (kind, "")
    return Mutant(opened.finished, kind, about, _making(opened, changes), f"tags, {more or kind}")


def _making(opened: Opened, changes: Sequence[Change]) -> Callable[[], bytes]:
    """Return a function that writes the PDF with values changed, and then restores them."""

    def make() -> bytes:
        before = [(holder, key, holder.get(key)) for holder, key, _ in changes]
        _set(changes)
        try:
            return opened.save()
        finally:
            _set(list(reversed(before)))

    return make


def _set(changes: Sequence[Change]) -> None:
    for holder, key, value in changes:
        if value is not None:
            holder[key] = value
        elif key in holder:
            del holder[key]


def _faults(block: Block) -> Iterator[tuple[str, Change]]:
    """Yield the faults of one element."""
    parent, element, at = block.parents[-1], block.element, place_of(block)
    kids = list(parent.K)
    yield "tag removed", (parent, "/K", pikepdf.Array([*kids[:at], *kids[at + 1 :]]))
    yield "tag doubled", (parent, "/K", pikepdf.Array([*kids[: at + 1], *kids[at:]]))
    yield "role", (element, "/S", Name(f"/{_ROLES.get(block.role, 'P')}"))
    yield "actual text", (element, "/ActualText", pikepdf.String(_ELSE))
    yield "alt", (element, "/Alt", pikepdf.String(_ELSE))


def _swapped(one: Block, other: Block) -> list[Change]:
    """Exchange two elements."""
    first, second = one.parents[-1], other.parents[-1]
    places = place_of(one), place_of(other)
    kids = list(first.K)
    kids[places[0]] = other.element
    if same(first, second):
        kids[places[1]] = one.element
        return [(first, "/K", pikepdf.Array(kids))]
    others = list(second.K)
    others[places[1]] = one.element
    return [(first, "/K", pikepdf.Array(kids)), (second, "/K", pikepdf.Array(others))]


def _exchanged(opened: Opened, one: Kid, other: Kid) -> list[Change]:
    """Exchange the references of two elements to their first marked content."""
    words = {one.key: "", other.key: ""}
    for content in opened.contents:
        for show in content.shows:
            if (key := (content.page.objgen, show.mark)) in words:
                words[key] += show.text
    if fold(words[one.key]) == fold(words[other.key]):
        return []
    kids = {id(holder): (holder, list(holder.K)) for holder in (one.holder, other.holder)}
    kids[id(one.holder)][1][one.at] = _reference(other)
    kids[id(other.holder)][1][other.at] = _reference(one)
    return [(holder, "/K", pikepdf.Array(new)) for holder, new in kids.values()]


def _reference(kid: Kid) -> Any:
    return pikepdf.Dictionary(Type=Name.MCR, Pg=kid.page, MCID=kid.mark)


def _figure_mutants(opened: Opened) -> Iterator[Mutant]:
    """Yield mutants in which a picture is described differently, or not at all."""
    for block in opened.blocks:
        if block.role == "Figure" and "/Alt" in block.element:
            about = (str(block.element.Alt), "=picture", "=image", "=description")
            for value in (pikepdf.String(_ELSE), None):
                make = _making(opened, [(block.element, "/Alt", value)])
                yield Mutant(opened.finished, "alt", about, make, f"picture, {value}")


def _link_mutants(opened: Opened) -> Iterator[Mutant]:
    """Yield mutants in which an internal link leads nowhere, or is no longer there."""
    for number, page in enumerate(opened.pdf.pages, 1):
        annotations = list(page.obj.get("/Annots", ()))
        for place, link in enumerate(annotations):
            action = link.get("/A")
            if "/Dest" in link or (action is not None and action.get("/S") == "/GoTo"):
                rest = pikepdf.Array([*annotations[:place], *annotations[place + 1 :]])
                for said, changes in (
                    ("without a target", [(link, "/Dest", None), (link, "/A", None)]),
                    ("removed", [(page.obj, "/Annots", rest)]),
                ):
                    make = _making(opened, changes)
                    more = f"page {number}, {said}, {place}"
                    yield Mutant(opened.finished, "link", ("=link",), make, more)

"""The proof of a sheet's choice: everything that is marked is on it, and every required notice.

In: the whole Document, and that of the sheet, with which its PDF has been compared. Out: a problem
for whatever the sheet lacks. This module must not know any renderer.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from press.core import speech, trees
from press.core.model import Document
from press.core.problems import Problem, Span
from press.core.trees import Element, has_class
from press.document.sheet import notices, taken
from press.document.units import letters, text_units
from press.proof.matching import HINT, excerpt


def prove_sheet(document: Document, sheet: Document, name: str) -> list[Problem]:
    """Prove that a sheet has all that is marked and every required notice: PRF001."""
    there = {letters(unit.text) for unit in text_units(sheet)} | {""}
    wanted = [(element, "marked text") for each in taken(document) for element in each.blocks]
    on_pages = letters(sheet.short)
    for placement in document.placements:
        notice = placement.notice
        section = notices(document).get(f"notice-{notice.id}")
        if section is not None:
            wanted.append((section, f"notice '{notice.id}'"))
        elif notice.required and letters(notice.short) not in on_pages:
            return [_missing(f"notice '{notice.id}'", notice.title, name)]
    found = ((what, text) for element, what in wanted for text in _texts(element))
    lost = dict.fromkeys((what, text) for what, text in found if letters(text) not in there)
    return [_missing(what, text, name) for what, text in lost]


def _texts(element: Element) -> Iterator[str]:
    """Yield the text of each block that a sheet must have: without notices, notes, citations."""
    holder = etree.Element("section")
    own = trees.parse(trees.serialize(element))
    holder.append(own)
    for inner in list(own.iter("*")):
        if inner is own or inner.getparent() is None:
            continue
        if has_class(inner, "notice") or has_class(inner, "notes"):
            trees.remove(inner)
        elif has_class(inner, "citation"):
            for mark in [sup for sup in inner.iter("sup") if sup.getparent() is not None]:
                trees.remove(mark)
            said = any(c.isalpha() for c in "".join(map(str, inner.itertext())))
            (trees.unwrap if said else trees.remove)(inner)
    yield from (block.text for block in speech.speak([holder]))


def _missing(what: str, text: str, name: str) -> Problem:
    return Problem("PRF001", Span(name), f"{what} is missing: '{excerpt(text)}'", HINT)

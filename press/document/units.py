"""The text that a finished file must contain: every block of the work, reduced to its letters.

In: a Document. Out: `Unit`s, in reading order. White space, hyphens, and ligatures depend on the
line breaks, so text is compared by its letters, digits, and symbols.
This module must not know any format.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from press.core import trees
from press.core.model import Document, Part
from press.core.trees import BLOCKS, Element

_IGNORED = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff\ufffe\u0002\u2010\u2011-]+")
_KINDS = {"li": "list item", "td": "table cell", "th": "table cell", "caption": "caption",
          "figcaption": "caption", "dt": "term", "dd": "definition", "pre": "code"}  # fmt: skip


UnitPlace = Literal["title block", "address", "text", "contact"]


@dataclass(frozen=True)
class Unit:
    """One stretch of text that a finished file must contain."""

    what: str
    """Its name in problems."""
    text: str
    place: UnitPlace = "text"
    """Formats differ in where they put address and contact box."""


def letters(text: str) -> str:
    """Reduce a text for comparison: no white space, hyphens, or compatibility forms."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text))


def units(document: Document) -> list[Unit]:
    """List everything that a reader must find, in reading order."""
    matter = document.matter
    clinic = document.imprint.clinic.get("name", "") if document.imprint else ""
    found = [Unit("clinic name", clinic), Unit("title", matter.title)]
    found += [
        Unit(name, text)
        for name, text in (("subtitle", matter.subtitle), ("abstract", matter.abstract))
        if text
    ]
    found += [Unit("line of the title block", fact, "title block") for fact in document.facts]
    if document.address:
        found.append(Unit("web address", document.address, "address"))
    for part in document.parts:
        found += _part_units(part)
    # The name is left out: paper has it twice, above the title and in the box, the e-book once.
    found += [
        Unit(f"clinic, {label}", value, "contact")
        for label, value in document.contact
        if value != clinic
    ]
    return [unit for unit in found if letters(unit.text)]


def _part_units(part: Part) -> Iterator[Unit]:
    root = trees.parse(part.xhtml)
    for element in [root, *root.iter("*")][1:]:
        if element.tag in BLOCKS or element.tag == "section":
            for run in _runs(element):
                yield Unit(_what(element, part), run)


def _what(element: Element, part: Part) -> str:
    around = [element, *element.iterancestors()]
    notice = next((e for e in around if trees.has_class(e, "notice")), None)
    if notice is not None:
        return f"notice '{(notice.get('id') or '').removeprefix('notice-')}'"
    if part.kind == "references" and element.tag == "li":
        return "reference"
    if any(trees.has_class(e, "note") for e in around):
        return "note"
    kind = (
        "heading"
        if re.fullmatch("h[1-6]", str(element.tag))
        else _KINDS.get(str(element.tag), "paragraph")
    )
    return f"{kind} of '{part.title}'" if part.title else kind


def _runs(element: Element) -> Iterator[str]:
    """Yield the stretches of text directly in a block, between the blocks inside it."""
    pieces = [element.text or ""]
    for child in element:
        if child.tag in BLOCKS or child.get("class") == "backlinks":
            yield "".join(pieces)
            pieces = []
        else:
            pieces.append("".join(child.itertext()))
        pieces.append(child.tail or "")
    yield "".join(pieces)

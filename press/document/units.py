"""What a finished file must contain: every block of the work, as it is heard.

In: a Document. Out: `Unit`s, in reading order. This module must not know any format.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from press.core import speech, trees
from press.core.emoji import EMOJI, with_names
from press.core.model import Document, Part
from press.core.records import dataclass
from press.core.speech import Block

_IGNORED = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff\ufffe\u0002\u2010\u2011-]+")


FACT = "line of the title block"
"""The name of units that a template may join in one line."""

UnitPlace = Literal["title", "title block", "address", "text", "contact"]


@dataclass(frozen=True)
class Unit:
    """One stretch of text that a finished file must contain."""

    what: str
    """Its name in problems."""
    text: str
    place: UnitPlace = "text"
    """Formats differ in where they put address and contact box."""
    block: Block | None = None
    """For a text of a part, or one with emoji, the block as it is heard."""
    part: int = -1
    """For a text of a part, the number of the part, from 0."""


def letters(text: str) -> str:
    """Reduce a text to what no line break changes: no white space, hyphens, compatibility forms."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text))


def by_letters(found: Iterable[Unit]) -> dict[str, Unit]:
    """Return units by their letters; the last of those that read alike."""
    return {key: unit for unit in found if (key := letters(unit.text))}


def units(document: Document) -> list[Unit]:
    """List everything that a reader must find, in reading order."""
    return [*head_units(document), *text_units(document), *contact_units(document)]


def head_units(document: Document) -> list[Unit]:
    """List what stands before the text: the clinic, the title block, the web address."""
    matter = document.matter
    clinic = document.imprint.clinic.get("name", "") if document.imprint else ""
    logo = document.imprint.logo_alt if document.imprint and document.imprint.logo else ""
    found = [Unit("logo", logo, "title block"), Unit("clinic name", clinic, "title block")]
    found.append(_heard(Unit("title", matter.title, "title"), matter.lang))
    found.append(_heard(Unit("subtitle", matter.subtitle, "title block"), matter.lang))
    found.append(Unit("abstract", matter.abstract, "title block"))
    found += [Unit(FACT, fact, "title block") for fact in document.facts]
    found.append(Unit("web address", document.address, "address"))
    return [unit for unit in found if letters(unit.text)]


def _heard(unit: Unit, lang: str) -> Unit:
    """Return a unit of the title block; one with emoji has a block in which they are named."""
    if not EMOJI.search(unit.text):
        return unit
    return replace(unit, block=speech.speak([with_names(unit.text, lang)])[0])


def contact_units(document: Document, *, paper: bool = False) -> list[Unit]:
    """List the lines of the contact box that are filled in.

    The clinic's name is above the title; only paper has it in the box as well.
    """
    clinic = document.imprint.clinic.get("name", "") if document.imprint and not paper else ""
    return [
        Unit(f"clinic, {label}", value, "contact")
        for label, value in document.contact
        if value != clinic and letters(value)
    ]


def text_units(document: Document) -> list[Unit]:
    """List the blocks of the parts of a document, in reading order."""
    return [
        Unit(_what(block, part), block.text, block=block, part=number)
        for number, part in enumerate(document.parts)
        for block in speech.speak([trees.parse(part.xhtml)])
    ]


def _what(block: Block, part: Part) -> str:
    around = [block.owner, *block.owner.iterancestors()]
    notice = next((e for e in around if trees.has_class(e, "notice")), None)
    if notice is not None:
        return f"notice '{(notice.get('id') or '').removeprefix('notice-')}'"
    kind = re.sub(r" \d$", "", block.role.rpartition(", ")[2])
    if part.kind == "references" and kind == "list item":
        return "reference"
    if any(trees.has_class(e, "note") for e in around):
        return "note"
    kind = "table cell" if kind == "header cell" else kind
    return f"{kind} of '{part.title}'" if part.title else kind

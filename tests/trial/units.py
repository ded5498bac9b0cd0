"""The texts of a document, as a reader must find them, taken from its parts.

In: a Document. Out: `Text`s in reading order. This does not use the list that the proof itself
compares with, so that a text missing from that list is noticed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from press.core.model import Document
from press.core.trees import BLOCKS, Element, parse

_IGNORED = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufeff\ufffe\u0002\u2010\u2011-]+")
_NO_TEXT = frozenset("head script style template noscript title metadata defs".split())


@dataclass(frozen=True)
class Text:
    """One text of a document."""

    what: str
    text: str


def fold(text: str) -> str:
    """Reduce a text to its letters, digits, and signs: white space and hyphens may be anywhere."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text))


def local(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def own_text(element: Element) -> str:
    """Return the text of a block without that of the blocks in it."""
    pieces = [element.text or ""]
    for child in element:
        if local(child) not in BLOCKS and local(child) not in _NO_TEXT:
            pieces.append(own_text(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def texts(document: Document) -> list[Text]:
    """List everything that a reader must find, in reading order."""
    matter = document.matter
    found = [Text("title", matter.title), Text("subtitle", matter.subtitle)]
    found += [Text("abstract", matter.abstract)]
    found += [Text("line of the title block", fact) for fact in document.facts]
    for part in document.parts:
        found += _blocks(parse(part.xhtml))
    found += [Text(f"contact, {label}", value) for label, value in document.contact]
    clinic = document.imprint.clinic.get("name", "") if document.imprint else ""
    found += [Text("clinic name", clinic), Text("web address", document.address)]
    return [each for each in found if fold(each.text)]


def _blocks(root: Element) -> Iterator[Text]:
    for element in root.iter("*"):
        if local(element) in BLOCKS:
            for link in element.findall("*[@class='backlinks']"):
                link.clear(keep_tail=True)
            yield Text(local(element), own_text(element))


def drawn(document: Document) -> dict[str, list[str]]:
    """List the words of each SVG drawing, by the name of the image."""
    found = {}
    for image in document.images:
        if image.media_type == "image/svg+xml":
            root = etree.fromstring(image.data)
            words = [" ".join("".join(e.itertext()).split()) for e in root.iter("{*}text")]
            found[image.name] = [text for text in words if fold(text)]
    return found


def described(document: Document) -> list[str]:
    """List the descriptions of the pictures."""
    images = [image for part in document.parts for image in parse(part.xhtml).iter("img")]
    return [alt for image in images if fold(alt := image.get("alt") or "")]


def belongs(text: str, wanted: Iterable[str]) -> bool:
    """Say if a text of a file is one of the document, or contains or continues one.

    All are folded.
    """
    return any(
        text == each or (len(each) > 2 and each in text) or (len(text) > 11 and text in each)
        for each in wanted
    )

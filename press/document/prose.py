"""The body text of a work, kept apart from everything else that its pages say.

In: a Document. Out: `Prose`: the letters of its paragraphs and list items, and those of the rest.
This module must not know any format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from press.core import trees
from press.core.model import Document
from press.core.trees import BLOCKS, Element, has_class
from press.document.units import letters

_BODY = ("p", "li", "dd", "div", "blockquote", "section")
_OTHER = ("table", "figure", "pre")
_OTHER_CLASSES = ("notes", "notice", "rows")
_END = "\0"
"""Between two blocks, so that nothing is found across them."""


@dataclass(frozen=True)
class Prose:
    """The letters of a work, as `units.letters` reduces them."""

    body: str
    """Paragraphs, list items, and definitions of the article."""
    rest: str
    """Headings, tables, captions, code, notes, notices, references, title block, and footer."""

    def has(self, text: str) -> bool:
        """Return whether a text is body text and nothing else."""
        found = letters(text)
        return bool(found) and found in self.body and found not in self.rest


def prose(document: Document) -> Prose:
    """Divide the letters of a work into body text and the rest."""
    matter = document.matter
    body: list[str] = []
    rest = [matter.title, matter.subtitle, matter.abstract, document.short, document.stamp]
    rest += [*document.facts, document.address, *document.labels.values()]
    rest += [text for line in document.contact for text in line]
    for part in document.parts:
        ours = part.kind in ("opening", "section")
        for element in trees.parse(part.xhtml).iter("*"):
            if element.tag in BLOCKS or element.tag == "section":
                (body if ours and _is_body(element) else rest).extend(_runs(element))
    return Prose(_END.join(map(letters, body)), _END.join(map(letters, rest)))


def _is_body(element: Element) -> bool:
    around = [element, *element.iterancestors()]
    other = any(e.tag in _OTHER or any(has_class(e, name) for name in _OTHER_CLASSES)
                for e in around)  # fmt: skip
    return element.tag in _BODY and not other


def _runs(element: Element) -> Iterator[str]:
    """Yield the text of a block, without that of the blocks inside it."""
    pieces = [element.text or ""]
    for child in element:
        pieces.append(_END if child.tag in BLOCKS else "".join(map(str, child.itertext())))
        pieces.append(child.tail or "")
    yield from "".join(pieces).split(_END)

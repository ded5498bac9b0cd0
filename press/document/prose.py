"""The body text of a work, kept apart from everything else that its pages say.

In: a Document. Out: `Prose`: the letters of its paragraphs and list items, and those of the rest.
This module must not know any format.
"""

from __future__ import annotations

from press.core import trees
from press.core.model import Document
from press.core.records import dataclass
from press.core.trees import BLOCKS, Element, has_class
from press.document.units import letters

_BODY = ("p", "li", "dd", "div", "blockquote", "section")
_OTHER = ("table", "figure", "pre")
_SMALL = ("code", "kbd", "samp", "sup", "sub", "small")
_OTHER_CLASSES = ("notes", "notice", "rows", "facts", "identity")
_END = "\0"
"""Between two blocks or lines, so that nothing is found across them."""


@dataclass(frozen=True)
class Prose:
    """The letters of a work, as `units.letters` reduces them."""

    body: str
    """Paragraphs, list items, and definitions of the article."""
    rest: str
    """Headings, tables, captions, code, marks, notes, notices, references, title block, footer."""

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
            if element.tag in _SMALL:
                rest.append("".join(map(str, element.itertext())))
            elif element.tag in BLOCKS or element.tag == "section":
                (body if ours and _is_body(element) else rest).append(_own_text(element))
    return Prose(_END.join(map(letters, body)), _END.join(map(letters, rest)))


def _is_body(element: Element) -> bool:
    around = [element, *element.iterancestors()]
    other = any(e.tag in _OTHER or any(has_class(e, name) for name in _OTHER_CLASSES)
                for e in around)  # fmt: skip
    return element.tag in _BODY and not other


def _own_text(element: Element) -> str:
    """Return the text of an element without the blocks in it and smaller type, line by line."""
    pieces = [element.text or ""]
    for child in element:
        apart = child.tag in BLOCKS or child.tag in _SMALL or child.tag == "br"
        pieces += [_END if apart else _own_text(child), child.tail or ""]
    return "".join(pieces)

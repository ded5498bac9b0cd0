"""What each reader makes of a document, before it is written as Markdown.

In: nothing. Out: `Draft`, and the tokens in its text: a mark names what was not understood, and a
note reference holds the label of a note. Must not know any format.
"""

from __future__ import annotations

import re
from dataclasses import field

from lxml import etree

from press.core.records import dataclass
from press.core.trees import Element

MARK_OPEN, MARK_CLOSE = "\U000f0010", "\U000f0011"
NOTE_OPEN, NOTE_CLOSE = "\U000f0012", "\U000f0013"
MARK = re.compile(f"{MARK_OPEN}([^{MARK_OPEN}{MARK_CLOSE}]*){MARK_CLOSE}")
NOTE = re.compile(rf"{NOTE_OPEN}(\d+){NOTE_CLOSE}")
TOKENS = re.compile(
    f"{MARK.pattern}|{NOTE.pattern}|[{MARK_OPEN}{MARK_CLOSE}{NOTE_OPEN}{NOTE_CLOSE}]"
)
GUESS = "data-guess"
"""An attribute of an element that was recognized by its look; its value says as what."""
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class Unreadable(Exception):
    """A document that cannot be read: the message says why, and the hint what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass
class Draft:
    """A document as a tree of the elements that `source.sanitize` allows."""

    body: Element
    title: str = ""
    """The document's own title, from its properties; empty if it has none."""
    lang: str = ""
    pictures: dict[str, bytes] = field(default_factory=dict)
    """The bytes of each picture, by the address that the tree uses."""
    notes: dict[str, Element] = field(default_factory=dict)
    """The notes, by label."""
    subtitle: str = ""
    said: list[str] = field(default_factory=list)
    """What was left out on purpose."""


def mark(text: str) -> str:
    """Return the token for something that was not understood."""
    return f"{MARK_OPEN}{' '.join(TOKENS.sub(' ', text).split())[:300]}{MARK_CLOSE}"


def words(element: Element) -> str:
    """Return the text of an element without tokens, its white space collapsed."""
    return " ".join(TOKENS.sub("", "".join(element.itertext())).split())


def paragraph(parent: Element, text: str, tag: str = "p") -> Element:
    """Add an element with text to a tree; return it."""
    element = etree.SubElement(parent, tag)
    element.text = text
    return element

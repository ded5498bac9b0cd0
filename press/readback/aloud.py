"""A finished file, read aloud: what a screen reader says of it.

In: the bytes of a PDF, an EPUB, or a web page. Out: a line for each block, which begins with its
role. This module must not know how the file was made.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from press.core import speech
from press.core.trees import Element
from press.readback.epub import Book
from press.readback.pdf import read_pdf
from press.readback.tags import LABEL, read_tags


def aloud(data: bytes) -> Iterator[str]:
    """Yield what is said of a file, in order.

    Raises:
        ValueError: it is another kind of file, is damaged, or is a PDF without tags.
    """
    try:
        yield from _lines(data)
    except RecursionError:
        raise ValueError("its elements are nested too deeply") from None


def _lines(data: bytes) -> Iterator[str]:
    if b"%PDF-" in data[:1024]:
        return speech.lines(speech.speak([read_tags(data, read_pdf(data)).root], (LABEL,)))
    if data.startswith(b"PK\x03\x04"):
        book = Book(data)
        try:
            roots = [book.tree(name) for name in book.spine]
        except KeyError as error:
            raise ValueError(f"a part is missing ({error})") from None
        return speech.lines(speech.speak(roots))
    if b"<" not in data[:1024]:
        raise ValueError("is not a PDF, an EPUB, or a web page")
    return speech.lines(speech.speak([_page(data)]))


def _page(data: bytes) -> Element:
    """Return the tree of a web page, which need not be well-formed XML."""
    try:
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        pass
    try:
        return etree.fromstring(data, etree.HTMLParser(no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise ValueError(f"is not a web page ({error})") from None

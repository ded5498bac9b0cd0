"""XHTML trees: what every stage does with them, and the tokens that travel in them.

In: lxml elements, or XHTML as text. Out: the same, changed. Until the work is assembled, citations
and placeholders are tokens in a tree, so that no step has to guess: `CITE_OPEN n CITE_CLOSE` stands
for cluster n, `WORD_OPEN name WORD_CLOSE` for `{{ name }}`. Must not know Markdown or any format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lxml import etree

Element = etree._Element  # noqa: SLF001 - lxml gives its element no public name

BLOCKS = frozenset(
    "p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre div section figure figcaption table "
    "caption thead tbody tfoot tr th td hr".split()
)
_VOID = ("br", "hr", "img", "wbr")

WORD_OPEN, WORD_CLOSE = "\U000f0000", "\U000f0001"
CITE_OPEN, CITE_CLOSE = "\U000f0002", "\U000f0003"
WORD = re.compile(rf"{WORD_OPEN}([^{WORD_CLOSE}]*){WORD_CLOSE}")
CITE = re.compile(rf"{CITE_OPEN}(\d+){CITE_CLOSE}")
TOKEN = re.compile(rf"{WORD.pattern}|{CITE.pattern}")


def add_text(element: Element, text: str) -> None:
    """Append text at the end of an element's content."""
    if not text:
        return
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def unwrap(element: Element) -> None:
    """Put an element's content in its place."""
    parent = element.getparent()
    assert parent is not None
    index = parent.index(element)
    before = parent[index - 1] if index else None
    children = list(element)

    def before_text(text: str) -> None:
        if before is not None:
            before.tail = (before.tail or "") + text
        else:
            parent.text = (parent.text or "") + text

    before_text(element.text or "")
    tail = element.tail or ""
    element.tail = None
    parent.remove(element)
    for offset, child in enumerate(children):
        parent.insert(index + offset, child)
    if children:
        children[-1].tail = (children[-1].tail or "") + tail
    else:
        before_text(tail)


def remove(element: Element) -> None:
    """Take an element and its content out, but keep the text that follows it."""
    element.text = None
    for child in list(element):
        element.remove(child)
    unwrap(element)


def is_block(element: Element) -> bool:
    """Whether an element starts a block of its own."""
    return element.tag in BLOCKS


def plain(element: Element) -> str:
    """The words of an element, white space folded."""
    return " ".join(TOKEN.sub("", "".join(element.itertext())).split())


@dataclass(frozen=True)
class Run:
    """A run of text in a tree: an element's text, or its tail."""

    element: Element
    is_tail: bool

    def read(self) -> str:
        """The text."""
        return (self.element.tail if self.is_tail else self.element.text) or ""

    def write(self, text: str) -> None:
        """Replace the text."""
        if self.is_tail:
            self.element.tail = text
        else:
            self.element.text = text

    def insert(self, pieces: Sequence[str | Element]) -> None:
        """Put strings and elements in the place of the text."""
        parent = self.element.getparent() if self.is_tail else self.element
        assert parent is not None
        position = parent.index(self.element) + 1 if self.is_tail else 0
        run = self
        run.write("")
        for piece in pieces:
            if isinstance(piece, str):
                run.write(run.read() + piece)
            else:
                parent.insert(position, piece)
                run, position = Run(piece, True), position + 1


def text_runs(body: Element) -> list[Run]:
    """Every run of text in a tree that is not empty, in the order of reading."""
    runs: list[Run] = []
    for event, element in etree.iterwalk(body, events=("start", "end")):
        if event == "start" and element.text:
            runs.append(Run(element, False))
        if event == "end" and element.tail and element is not body:
            runs.append(Run(element, True))
    return runs


def replace_tokens(body: Element, make: Callable[[str, str], Element | str]) -> None:
    """Put elements in the place of tokens.

    `make(kind, value)` is called with (`cite`, index) or (`word`, name) in the order of the text.
    """
    for run in text_runs(body):
        text = run.read()
        if not TOKEN.search(text):
            continue
        pieces: list[str | Element] = []
        start = 0
        for found in TOKEN.finditer(text):
            kind = "word" if found[1] is not None else "cite"
            pieces += [text[start : found.start()], make(kind, found[1] or found[2])]
            start = found.end()
        run.insert(_marks_after_stops([*pieces, text[start:]]))


def _marks_after_stops(pieces: list[str | Element]) -> list[str | Element]:
    """Raised citation marks stand close to the word, after a full stop or comma (AMA 11, 3.6)."""
    for index, piece in enumerate(pieces):
        if isinstance(piece, str) or piece.find("sup") is None or piece.text:
            continue
        before, after = pieces[index - 1], pieces[index + 1]
        if index and isinstance(before, str) and isinstance(after, str):
            stop = after[: 1 if after[:1] in (".", ",") else 0]
            pieces[index - 1], pieces[index + 1] = before.rstrip() + stop, after[len(stop) :]
    return pieces


def fragment(xhtml: str, tag: str = "body") -> Element:
    """Parse well-formed XHTML content into an element of that name."""
    return etree.fromstring(f"<{tag}>{xhtml}</{tag}>")


def serialize(element: Element) -> str:
    """An element as text that XML and HTML parsers read alike, without its tail.

    An empty `<span/>` would be open for an HTML parser (HTML, 13.1.2): it gets an end tag.
    """
    for inner in element.iter("*"):
        if inner.text is None and not len(inner) and inner.tag not in _VOID:
            inner.text = ""
    return etree.tostring(element, encoding="unicode", with_tail=False)


def parse(xhtml: str) -> Element:
    """Parse one well-formed element."""
    return etree.fromstring(xhtml)

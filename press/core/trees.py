"""XHTML trees: the operations that all stages share, and the tokens that trees contain.

In: lxml elements, or XHTML as text. Out: the same, changed. Until the work is assembled, citations
and placeholders are tokens in a tree, so that no step has to guess: `CITE_OPEN n CITE_CLOSE` is
cluster n, and `WORD_OPEN name WORD_CLOSE` is `{{ name }}` (`word_token`); until Markdown has been
read, `MATH_OPEN n MATH_CLOSE` is formula n. This module must not know Markdown or any format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from typing import Literal

from lxml import etree

from press.core.records import dataclass

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it

BLOCKS = frozenset(
    "p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre div section figure figcaption table "
    "caption thead tbody tfoot tr th td hr".split()
)
MATHML = "http://www.w3.org/1998/Math/MathML"
"""The namespace of formulas."""
FORMULA = f"{{{MATHML}}}math"
"""The tag of a formula."""
_VOID = ("br", "hr", "img", "wbr")

WORD_OPEN, WORD_CLOSE = "\U000f0000", "\U000f0001"
CITE_OPEN, CITE_CLOSE = "\U000f0002", "\U000f0003"
MATH_OPEN, MATH_CLOSE = "\U000f0004", "\U000f0005"
WORD = re.compile(rf"{WORD_OPEN}([^{WORD_CLOSE}]*){WORD_CLOSE}")
CITE = re.compile(rf"{CITE_OPEN}(\d+){CITE_CLOSE}")
MATH = re.compile(rf"{MATH_OPEN}(\d+){MATH_CLOSE}")
TokenKind = Literal["cite", "word"]
TOKEN = re.compile(rf"{WORD.pattern}|{CITE.pattern}")


def word_token(name: str, other: str | None) -> str:
    """Return the token of `{{ name }}`, or of `{{ name | other }}`.

    The other words are in hexadecimal digits, which neither Markdown nor a table changes.
    """
    shown = name if other is None else f"{name}:{other.encode().hex()}"
    return f"{WORD_OPEN}{shown}{WORD_CLOSE}"


def read_word(value: str) -> tuple[str, str | None]:
    """Return the name in a word's token, and the words to print if it has no value, if any."""
    name, colon, digits = value.partition(":")
    return name, bytes.fromhex(digits).decode() if colon else None


def add_text(element: Element, text: str) -> None:
    """Append text at the end of an element's content."""
    if not text:
        return
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def unwrap(element: Element) -> None:
    """Replace an element with its content."""
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
    """Remove an element and its content, but keep the text that follows it."""
    element.text = None
    for child in list(element):
        element.remove(child)
    unwrap(element)


def is_block(element: Element) -> bool:
    """Return whether an element starts a new block."""
    return element.tag in BLOCKS


def local_name(element: Element) -> str:
    """Return an element's tag without its namespace; empty for comments and the like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def has_class(element: Element, name: str) -> bool:
    """Return whether an element has a class, among others or alone."""
    classes = element.get("class")
    return classes is not None and name in classes.split()


def free_id(
    name: str, taken: Container[str], last: dict[str, int] | None = None, first: int = 1
) -> str:
    """Return `name`, or the first of `name-1`, `name-2`, ... that is not taken, as Pandoc does.

    `last` keeps the number at which the search for a name ended: the numbers before it are taken,
    so a thousand equal headings do not count from 1 a thousand times. The first number is `first`.
    """
    free, number = name, 0 if last is None else last.get(name, 0)
    while free in taken:
        free = f"{name}-{number + first}"
        number += 1
    if last is not None:
        last[name] = number
    return free


def plain(element: Element) -> str:
    """Return the words of an element on one line: no tokens, no marks of notes and references."""
    return " ".join(TOKEN.sub("", "".join(texts(element, ("noteref", "citation")))).split())


def texts(element: Element, without: Sequence[str] = ()) -> Iterator[str]:
    """Yield the texts in an element, except those in elements of some classes.

    Those of a formula are its words.
    """
    if element.tag == FORMULA or (element.tag == "img" and has_class(element, "math")):
        yield element.get("alttext") or element.get("alt") or ""
        return
    yield element.text or ""
    for child in element:
        classes = child.get("class") if without else None
        if isinstance(child.tag, str) and not (
            classes and any(name in without for name in classes.split())
        ):
            yield from texts(child, without)
        yield child.tail or ""


@dataclass(frozen=True)
class Run:
    """A run of text in a tree: an element's text, or its tail."""

    element: Element
    is_tail: bool

    def read(self) -> str:
        """Return the text."""
        return (self.element.tail if self.is_tail else self.element.text) or ""

    def write(self, text: str) -> None:
        """Replace the text."""
        if self.is_tail:
            self.element.tail = text
        else:
            self.element.text = text

    def insert(self, pieces: Sequence[str | Element]) -> None:
        """Replace the text with strings and elements."""
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
    """Return every nonempty run of text in a tree, in reading order."""
    runs: list[Run] = []
    for event, element in etree.iterwalk(body, events=("start", "end")):
        if event == "start" and element.text:
            runs.append(Run(element, False))
        if event == "end" and element.tail and element is not body:
            runs.append(Run(element, True))
    return runs


def replace_tokens(body: Element, make: Callable[[TokenKind, str], Element | str]) -> None:
    """Replace tokens with elements or text.

    `make(kind, value)` is called with (`cite`, index) or (`word`, name), in reading order.
    """
    for run in text_runs(body):
        text = run.read()
        if not TOKEN.search(text):
            continue
        pieces: list[str | Element] = []
        start = 0
        for found in TOKEN.finditer(text):
            kind: TokenKind = "word" if found[1] is not None else "cite"
            pieces += [text[start : found.start()], make(kind, found[1] or found[2])]
            start = found.end()
        run.insert(_marks_after_stops([*pieces, text[start:]]))


def _marks_after_stops(pieces: list[str | Element]) -> list[str | Element]:
    """Move raised citation marks close to the word, after a period or comma (AMA 11, 3.6)."""
    for index, piece in enumerate(pieces):
        if isinstance(piece, str) or piece.find("sup") is None or piece.text:
            continue
        before, after = pieces[index - 1], pieces[index + 1]
        if index and isinstance(before, str) and isinstance(after, str):
            stop = after[: 1 if after[:1] in (".", ",") else 0]
            pieces[index - 1], pieces[index + 1] = before.rstrip() + stop, after[len(stop) :]
    return pieces


def fragment(xhtml: str, tag: str = "body") -> Element:
    """Parse well-formed XHTML content into an element with the given tag."""
    return etree.fromstring(f"<{tag}>{xhtml}</{tag}>")


def serialize(element: Element) -> str:
    """Return an element, without its tail, as text that XML and HTML parsers read alike.

    For an HTML parser an empty `<span/>` stays open (HTML, 13.1.2), so it gets an end tag.
    """
    for inner in element.iter("*"):
        if inner.text is None and not len(inner) and inner.tag not in _VOID:
            inner.text = ""
    return etree.tostring(element, encoding="unicode", with_tail=False)


def parse(xhtml: str) -> Element:
    """Parse one well-formed element."""
    return etree.fromstring(xhtml)

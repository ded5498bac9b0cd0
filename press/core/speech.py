"""Speech: what a screen reader says of a page, block by block, with the role of each.

In: a tree of HTML elements: a part of a Document, a page of an e-book, a web page, or what the tags
of a PDF stand for. Out: `Block`s in reading order. Every format is brought to this form, so that
they can be compared with the Document, and with each other. This module must not know any format.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from functools import cached_property
from itertools import groupby
from typing import Literal

from press.core import tables
from press.core.records import dataclass
from press.core.trees import BLOCKS, Element, has_class, local_name

_CONTAINERS = BLOCKS | frozenset(
    "html body main header footer article aside nav address details summary form".split()
)
_UNHEARD = frozenset("head script style template noscript".split())
_DRAWN = {"img": "alt", "math": "alttext"}
"""Elements that are seen as pictures, and the attributes that have their words."""
_ONCE = {"li": "list item", "td": "table cell", "th": "header cell", "dd": "definition"}
"""Elements whose first block of text has their role; what follows in them is ordinary text."""
_EVERY = {
    **{f"h{level}": f"heading {level}" for level in range(1, 7)},
    "caption": "caption",
    "figcaption": "caption",
    "dt": "term",
    "pre": "code",
    "blockquote": "quotation",
}
"""Elements whose every block of text has their role."""
_STRUCK = ("del", "s")
"""Elements whose text no longer holds."""
_DROPPED = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff]")
"""Characters that are neither seen nor heard: places to break, directions, variants."""
_HYPHENS = re.compile("[\u2010\u2011]")

EMOJI_CLASS = "emoji"
"""The class of an emoji, whose label is its name."""
_WHOLE = re.compile(r"-?\d{1,9}")

PieceKind = Literal["text", "link", "end", "struck", "kept", "figure"]


@dataclass(frozen=True)
class Piece:
    """A stretch of text of one element, a picture, or where a link or deleted text begins or ends.

    Deleted text ends with a piece `kept`.
    """

    text: str
    """For a link, the name that it has instead of its words; for a picture, its alternative."""
    owner: Element
    kind: PieceKind = "text"


@dataclass(frozen=True)
class Block:
    """A block of text as it is heard: a heading, a paragraph, a list item, a table cell."""

    role: str
    """`heading 2`, `paragraph`, `list item`; of several, the outermost first, with commas."""
    pieces: tuple[Piece, ...]
    owner: Element
    """The element that holds the text directly."""
    labels: tuple[str, ...] = ()
    """The numbers, without periods, of the list items that begin with it, the outermost first; an
    empty one for a bullet."""
    depth: int = 0
    """The number of lists around it."""
    row: int = -1
    """The row in its table, from 0; -1 outside tables."""
    column: int = -1
    """Its place among the cells of the row, from 0."""
    headers: tuple[str, ...] = ()
    """For a table cell, the words of its header cells."""

    @cached_property
    def text(self) -> str:
        """Its words as they are seen, with white space collapsed, without marks for links."""
        return plain_words("".join(p.text for p in self.pieces if p.kind in ("text", "figure")))

    @cached_property
    def heard(self) -> str:
        """Its words as they are heard, with links, deleted text, and pictures marked."""
        said, links = "", []
        for piece in self.pieces:
            if piece.kind in ("link", "struck"):
                links.append((len(said), piece.text))
            elif piece.kind in ("end", "kept"):
                start, name = links.pop()
                words = said[start:]
                before, after = (" " if words[at:][:1].isspace() else "" for at in (0, -1))
                what = "link" if piece.kind == "end" else "struck"
                said = f"{said[:start]}{before}[{what}: {name or plain_words(words)}]{after}"
            else:
                kind = kind_of(piece)
                mark = piece.kind == "figure" and not self.role.endswith(kind)
                said += f"[{kind}: {piece.text}]" if mark else piece.text
        return plain_words(said)


def kind_of(piece: Piece) -> Literal["figure", "formula"]:
    """Return what a picture is."""
    owner = piece.owner
    return "formula" if local_name(owner) == "math" or has_class(owner, "math") else "figure"


def plain_words(text: str) -> str:
    """Return a text as it is compared: white space collapsed, without invisible characters."""
    if text.isascii():
        return " ".join(text.split())
    text = unicodedata.normalize("NFC", _HYPHENS.sub("-", _DROPPED.sub("", text)))
    return " ".join(text.split())


@dataclass
class _Around:
    """An element that has been entered and not left."""

    element: Element
    role: str = ""
    once: bool = False
    """Only the first block of text in it has its role."""
    label: str = ""
    said: bool = False


@dataclass
class _Speaker:
    """The state of reading a tree aloud."""

    leave: frozenset[str]
    blocks: list[Block] = field(default_factory=list)
    run: list[Piece] = field(default_factory=list)
    around: list[_Around] = field(default_factory=list)
    numbers: list[dict[Element, str]] = field(default_factory=list)
    """For each list around, the numbers of its items."""
    headers: dict[Element, list[Element]] = field(default_factory=dict)
    places: dict[Element, tuple[int, int]] = field(default_factory=dict)
    """For each cell, its row and column."""

    def read(self, element: Element) -> None:
        """Read an element, without the text after it."""
        name = local_name(element)
        if not name or name in self.leave or _unheard(element):
            return
        shown = _name(element)
        if shown is not None:
            if shown:
                self.run.append(Piece(shown, element, "figure"))
        elif name in _CONTAINERS or _is_note(element):
            self._read_block(element, name)
        else:
            self._read_inline(element, name)

    def _read_inline(self, element: Element, name: str) -> None:
        if name == "br":
            self.run.append(Piece(" ", element))
        link = name == "a" and element.get("href") is not None
        if link:
            self.run.append(Piece(element.get("aria-label") or "", element, "link"))
        elif name in _STRUCK:
            self.run.append(Piece("", element, "struck"))
        self._read_inside(element)
        if link or name in _STRUCK:
            self.run.append(Piece("", element, "end" if link else "kept"))

    def _read_inside(self, element: Element) -> None:
        if element.text:
            self.run.append(Piece(element.text, element))
        for child in element:
            self.read(child)
            if child.tail:
                self.run.append(Piece(child.tail, element))

    def _read_block(self, element: Element, name: str) -> None:
        self.flush()
        entered = self._entered(element, name)
        if name in ("ol", "ul"):
            self.numbers.append(_numbers(element))
        elif name == "table":
            self.headers.update(tables.headers_of(element))
            self.places.update(_places(element))
        self.around.append(entered)
        self._read_inside(element)
        self.flush()
        if name in ("td", "th", "li") and not entered.said:
            self._say("", ())  # an empty one counts, or those after it would be in its place
        self.around.pop()
        if name in ("ol", "ul"):
            self.numbers.pop()

    def _entered(self, element: Element, name: str) -> _Around:
        if _is_note(element):
            return _Around(element, "note", True)
        if name == "li":
            number = self.numbers[-1].get(element, "") if self.numbers else ""
            return _Around(element, "list item", True, element.get("label") or number)
        if name == "p" and has_class(element, "caption"):
            return _Around(element, "caption")
        if name in _ONCE:
            return _Around(element, _ONCE[name], True)
        return _Around(element, _EVERY.get(name, ""))

    def flush(self) -> None:
        """End a run of text: make it a block, if it has words or pictures."""
        run, self.run = self.run, []
        heard = [p for p in run if p.kind == "figure" or (p.kind == "text" and p.text.strip())]
        if heard:
            alone = len(heard) == 1 and heard[0].kind == "figure"
            self._say(kind_of(heard[0]) if alone else "", run)

    def _say(self, kind: str, run: Sequence[Piece]) -> None:
        new = [one for one in self.around if one.role and not one.said]
        for one in new:
            one.said = one.once
        cell = next((o.element for o in reversed(self.around) if o.element in self.places), None)
        begun = any(one.element is cell for one in new)
        row, column = self.places[cell] if cell is not None else (-1, -1)
        self.blocks.append(
            Block(
                role=", ".join([*(one.role for one in new), *([kind] if kind else ())])
                or "paragraph",
                pieces=tuple(run),
                owner=self.around[-1].element,
                labels=tuple(one.label for one in new if one.role == "list item"),
                depth=len(self.numbers),
                row=row,
                column=column,
                headers=tuple(plain_words("".join(_words(e))) for e in self.headers.get(cell, ()))
                if begun and cell is not None
                else (),
            )
        )


def speak(roots: Iterable[Element], leave: Iterable[str] = ()) -> list[Block]:
    """Read trees aloud; `leave` names elements to skip, besides those that are never heard."""
    speaker = _Speaker(_UNHEARD.union(leave))
    for root in roots:
        speaker.read(root)
        speaker.flush()
    return speaker.blocks


def lines(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield a line for each block that begins with its role; the cells of a row share a line.

    An item of a list within a list is indented.
    """
    for row, inside in groupby(blocks, _row):
        if row is None:
            for block in inside:
                label = "".join(f"{each}. " for each in block.labels if each)
                indent = "  " * max(0, block.depth - 1)
                yield f"{indent}{block.role}: {label}{block.heard or '(empty)'}"
            continue
        cells = []
        for _, each in groupby(inside, lambda block: block.column):
            first, *more = each
            said = " ".join(filter(None, (block.heard for block in (first, *more))))
            name = ", ".join(first.headers)
            cells.append(f"{name}: {said or '(empty)'}" if name else said or "(empty)")
        yield f"table row: {'; '.join(cells)}"


def _row(block: Block) -> Element | None:
    if block.row < 0:
        return None
    around = (block.owner, *block.owner.iterancestors())
    return next(element for element in around if local_name(element) == "tr")


def _is_note(element: Element) -> bool:
    """Say if an element is a note; an author's own class of this name makes none."""
    parent = element.getparent()
    ours = parent is not None and has_class(parent, "notes") and has_class(element, "note")
    return ours or element.get("role") == "doc-footnote"


def _unheard(element: Element) -> bool:
    return (
        element.get("hidden", "until-found") != "until-found"
        or element.get("aria-hidden") == "true"
    )


def _places(table: Element) -> Iterator[tuple[Element, tuple[int, int]]]:
    """Yield each cell of a table with its row, and its place among the cells of the row."""
    for row, line in enumerate(table.iter("{*}tr")):
        cells = (cell for cell in line if local_name(cell) in ("td", "th"))
        yield from ((cell, (row, column)) for column, cell in enumerate(cells))


def _name(element: Element) -> str | None:
    """Return the name of a picture, formula, or emoji; None for any other element."""
    name = local_name(element)
    if name in _DRAWN:
        return element.get(_DRAWN[name]) or ""
    return (element.get("aria-label") or None) if has_class(element, EMOJI_CLASS) else None


def _words(element: Element) -> Iterator[str]:
    """Yield the words of a header cell, and the names of what it shows; no marks of notes."""
    yield element.text or ""
    for child in element:
        name = _name(child)
        if name is not None:
            yield name
        elif local_name(child) and not has_class(child, "noteref"):
            yield from _words(child)
        yield child.tail or ""


def _numbers(list_: Element) -> dict[Element, str]:
    """Return the number of each item of a list, as it is printed; none in an unordered list."""
    if local_name(list_) == "ul":
        return {}
    kind = list_.get("type") or ""
    return {item: numeral(number, kind) for item, number in ordinals(list_)}


def ordinals(list_: Element) -> Iterator[tuple[Element, int]]:
    """Yield each item of a list with its number (HTML, 4.4.5 to 4.4.8)."""
    items = [e for e in list_ if local_name(e) == "li" and e.get("hidden") is None]
    step = -1 if list_.get("reversed") is not None else 1
    number = _whole(list_.get("start"), len(items) if step < 0 else 1)
    for item in items:
        number = _whole(item.get("value"), number)
        yield item, number
        number += step


def _whole(written: str | None, otherwise: int) -> int:
    return int(written) if written and _WHOLE.fullmatch(written) else otherwise


_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


def numeral(number: int, kind: str) -> str:
    """Write the number of a list item: `1`, `a`, `A`, `i`, or `I` (HTML, 4.4.5)."""
    written = str(number)
    if kind in ("a", "A") and number > 0:
        written = ""
        while number:
            number, letter = divmod(number - 1, 26)
            written = chr(ord("a") + letter) + written
    elif kind in ("i", "I") and 0 < number < 4000:
        written = ""
        for value, sign in _ROMAN:
            times, number = divmod(number, value)
            written += sign * times
    return written.upper() if kind in ("A", "I") else written

"""The texts of a document in the content of its PDF.

In: an open PDF and its Document. Out: `Unit`s in reading order, each with its glyphs. They are
found by the PDF's tags or, in a PDF without tags, by their text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from press.core.model import Document
from tests.trial.glyphs import Content, Show
from tests.trial.structure import Block
from tests.trial.units import drawn, fold, texts

Cell: TypeAlias = "tuple[str, Content, Show, int]"
"""A letter, and the glyph that draws it."""


_NUMBER = re.compile(r"\s*(?:\d+|[a-z]{1,2})\.\s*")
"""The number of a list item, which is drawn separately."""


_PAGE = re.compile(r"\s*\([^()\d]+\d+\)\s*")
"""What paper adds after a link to another page: `(page 3)`."""


def _names_page(show: Show) -> bool:
    return _PAGE.fullmatch("".join(show.letters)) is not None


@dataclass(frozen=True)
class Piece:
    """Glyphs of one operator."""

    content: Content
    show: Show
    start: int
    end: int

    @property
    def text(self) -> str:
        return "".join(self.show.letters[self.start : self.end])


@dataclass(frozen=True)
class Unit:
    """A text of the document, and the glyphs that draw it."""

    about: tuple[str, ...]
    """What a problem with it must quote, one of them."""
    pieces: tuple[Piece, ...]
    """Empty for a block of several texts, each of which is a unit."""
    block: Block | None = None
    """Its tag; None for words of a drawing, and without tags."""
    label: bool = False
    """It is the number of a list item."""

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces) or " ".join(self.about)


def by_tags(blocks: Sequence[Block], contents: Sequence[Content], document: Document) -> list[Unit]:
    """Find the units of a tagged PDF; leave out what only the program says."""
    marked: dict[tuple[tuple[int, int], int], list[Piece]] = {}
    for content in contents:
        for show in content.shows:
            if show.mark is not None and not _names_page(show):
                piece = Piece(content, show, 0, len(show.codes))
                marked.setdefault((content.page.objgen, show.mark), []).append(piece)
    wanted = {fold(each.text): each.text for each in texts(document)}
    found: list[Unit] = []
    for block in blocks:
        pieces = [piece for kid in block.kids for piece in marked.get(kid.key, ())]
        if block.role == "Figure":
            found += _drawn(pieces, document)
        else:
            found += _said(block, pieces, wanted)
    around = zip(found, [*found[1:], None], [None, *found[:-1]], strict=True)
    return [_with_item(unit, *others) for unit, *others in around]


def _with_item(unit: Unit, *others: Unit | None) -> Unit:
    """Let a problem with the number of a list item or note quote the item, too."""
    if not unit.label:
        return unit
    more = [text for other in others if other for text in other.about]
    return replace(unit, about=(*unit.about, *more, "=list", "=number"))


_LABEL = re.compile(r"(?:\d{1,4}|[A-Za-z]|[ivxlcIVXLC]{2,7})[.)]?")
"""The number of a list item in its tag; the label of a description list is a term."""


def _said(block: Block, pieces: Sequence[Piece], wanted: Mapping[str, str]) -> Iterator[Unit]:
    """Yield the text of a block, or each text of the document in it."""
    text = " ".join(piece.text for piece in pieces)
    whole = fold(text)
    label = block.role == "Lbl" and _LABEL.fullmatch(text.strip()) is not None
    inside = [each for each in wanted if len(each) > 2 and each in whole and each != whole]
    inside = [each for each in inside if not any(each in o and each != o for o in inside)]
    longer = [] if whole in wanted else [wanted[each] for each in wanted if whole in each]
    if label or whole in wanted or (len(whole) > 11 and longer):
        yield Unit((text, *(() if label else longer)), tuple(pieces), block, label)
    elif inside and not label:
        cells = [cell for piece in pieces for cell in cells_of(piece.content, piece.show)]
        about = tuple(wanted[each] for each in inside)
        if len(inside) > 1:
            yield Unit(about, (), block)
        for each in inside:
            at = whole.find(each)
            part = tuple(pieces_of(cells[at : at + len(each)]))
            yield Unit((wanted[each],), part, block if len(inside) == 1 else None)


def _drawn(pieces: Sequence[Piece], document: Document) -> Iterator[Unit]:
    """Yield the texts of the drawings that these glyphs show.

    A drawing may have parts that are forms; they come after the content that draws them.
    """
    base = min((piece.content.depth for piece in pieces), default=0)
    layers: list[list[Cell]] = [[], []]
    for piece in pieces:
        layer = layers[piece.content.depth > base]
        layer += cells_of(piece.content, piece.show)
    for words in drawn(document).values():
        for cells in layers:
            whole = "".join(cell[0] for cell in cells)
            at = max(0, whole.find(fold("".join(words[:3]))))
            for text in words:
                found = whole.find(fold(text), at)
                if found >= 0:
                    at = found + len(fold(text))
                    about = (text, "=drawing", "=picture", "=image")
                    yield Unit(about, tuple(pieces_of(cells[found:at])))


def cells_of(content: Content, show: Show) -> Iterator[Cell]:
    """Yield the letters of an operator, without those that are ignored in comparing."""
    for place, text in enumerate(show.letters):
        for letter in fold(text):
            yield letter, content, show, place


def pieces_of(cells: Iterable[Cell]) -> Iterator[Piece]:
    """Join glyphs to pieces, with the spaces and hyphens between them."""
    last: Piece | None = None
    for _, content, show, place in cells:
        if last and last.show is show:
            last = Piece(content, show, last.start, place + 1)
            continue
        if last:
            yield last
        last = Piece(content, show, place, place + 1)
    if last:
        yield last


def by_text(
    contents: Sequence[Content], every: Sequence[Content], document: Document
) -> list[Unit]:
    """Find the units of a PDF without tags; the contents must be in reading order.

    `every` also holds the content of the drawings.
    """
    pages = [
        [c for show in content.shows if not _names_page(show) for c in cells_of(content, show)]
        for content in contents
    ]
    search = _Search(["".join(cell[0] for cell in page) for page in pages])
    found = []
    for each in texts(document):
        stretches = search.next(fold(each.text))
        cells = [pages[number][start:end] for number, start, end in stretches]
        pieces = tuple(piece for part in cells for piece in pieces_of(part))
        if pieces:
            found.append(Unit((each.text,), pieces))
    everything = [
        Piece(content, show, 0, len(show.codes)) for content in every for show in content.shows
    ]
    found += _drawn(everything, document)
    used = {id(piece.show) for unit in found for piece in unit.pieces}
    rest = [piece for piece in everything if id(piece.show) not in used]
    about = "=list", "=number"
    found += [Unit((p.text, *about), (p,), label=True) for p in rest if _NUMBER.fullmatch(p.text)]
    return found


class _Search:
    """Finds texts that follow each other, on pages as strings."""

    def __init__(self, pages: list[str]) -> None:
        self.pages, self.page, self.at = pages, 0, 0

    def next(self, text: str) -> list[tuple[int, int, int]]:
        """Return where a text is: page, start, and end of each stretch; use it up."""
        found = self._here(text) or self._across(text) or self._anywhere(text)
        for number, start, end in found:
            page = self.pages[number]
            self.pages[number] = page[:start] + "\0" * (end - start) + page[end:]
        return found

    def _here(self, text: str) -> list[tuple[int, int, int]]:
        for number in (self.page, self.page + 1):
            if number < len(self.pages):
                start = self.at if number == self.page else 0
                near = start + (400 if len(text) > 5 else 8) + len(text)
                found = self.pages[number].find(text, start, near)
                if found >= 0:
                    self.page, self.at = number, found + len(text)
                    return [(number, found, self.at)]
        return []

    def _across(self, text: str) -> list[tuple[int, int, int]]:
        """Find a text that begins on this page and ends at the beginning of the next."""
        if self.page + 1 >= len(self.pages):
            return []
        page, after = self.pages[self.page], self.pages[self.page + 1]
        for size in range(len(text) - 1, 0, -1):
            found = page.find(text[:size], self.at)
            if found >= 0 and after.startswith(text[size:]):
                here = (self.page, found, found + size)
                self.page, self.at = self.page + 1, len(text) - size
                return [here, (self.page, 0, self.at)]
        return []

    def _anywhere(self, text: str) -> list[tuple[int, int, int]]:
        for number, page in enumerate(self.pages):
            found = page.find(text) if len(text) > 5 else -1
            if found >= 0:
                return [(number, found, found + len(text))]
        return []

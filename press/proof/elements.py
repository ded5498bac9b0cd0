"""The proof of pages made of elements: those of an e-book, or a web page.

In: a Document, and pages as trees with their styles. Out: a problem for whatever is missing,
hidden, altered, doubled, or in another place. This module must not know which format it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from press.core import speech
from press.core.model import Document
from press.core.problems import Problem, Span
from press.core.records import dataclass
from press.core.speech import Block, Piece, plain_words
from press.core.trees import FORMULA, Element, has_class
from press.document.units import (
    FACT,
    Unit,
    by_letters,
    contact_units,
    head_units,
    letters,
    text_units,
)  # fmt: skip
from press.proof import drawings, formulas, frame
from press.proof.matching import (
    ANY_PAGE,
    compare,
    fault,
    kind_differs,
    links_differ,
    marked,
    no_short,
    reads,
    stray,
    struck_differs,
)  # fmt: skip
from press.proof.visibility import PAPER, Sight, Surface

_SHORT = "short disclaimer"
"""The name of the unit whose absence is a problem of its own: PRF002."""
_LEAVE = ("nav",)


@dataclass(frozen=True)
class Look:
    """One way in which a page is looked at."""

    surface: Surface
    said: str
    """Completes a message: ` in dark mode`."""


@dataclass(frozen=True)
class Page:
    """A page of elements."""

    root: Element
    sight: Sight
    looks: Sequence[Look]
    picture: Callable[[str], bytes]
    """Returns the bytes of a picture by its `src`."""


def prove_pages(
    document: Document, pages: Sequence[Page], span: Span, before: Sequence[Unit] = ()
) -> Iterator[Problem]:
    """Prove pages, in reading order; `before` are units that come first, on screens only.

    Problems: PRF001, PRF002, PRF006.
    """
    return _Proof(document, pages, span, before).run()


class _Proof:
    """The comparison of one document with the pages of one file."""

    def __init__(
        self, document: Document, pages: Sequence[Page], span: Span, before: Sequence[Unit]
    ) -> None:
        self.document, self.pages, self.span = document, pages, span
        self.wanted = [*before, *_around(document)]
        self.on_screen = list(before)
        self.units = text_units(document)
        self.texts = by_letters(self.units)
        self.blocks = speech.speak((page.root for page in pages), _LEAVE)
        parts = {part.id for part in document.parts}
        inside = [block for block in self.blocks if _is_inside(block, parts)]
        self.match = compare(self.units, inside, _differs)

    def run(self) -> Iterator[Problem]:
        yield from (fault(unit, what, self.span) for unit, what in self.match.faults)
        yield from self._extras()
        yield from self._levels()
        yield from self._seen()
        yield from self._drawings()

    def _extras(self) -> Iterator[Problem]:
        """Report what stands within the text and is not in the article: PRF006."""
        for extra in self.match.extras:
            if letters(extra.block.text):
                yield stray(extra.block.text, self.texts, self.span)

    def _levels(self) -> Iterator[Problem]:
        """Report headings of other levels; the files of an e-book may count from another one."""
        offsets: dict[Element, int] = {}
        for unit, block in self.match.pairs:
            assert unit.block is not None
            levels = [each.role.rpartition("heading ")[2] for each in (unit.block, block)]
            if "heading" not in block.role or not all(map(str.isdigit, levels)):
                continue
            root, offset = block.owner.getroottree().getroot(), int(levels[1]) - int(levels[0])
            if offsets.setdefault(root, offset) != offset:
                yield fault(unit, f"is a heading of level {levels[1]}", self.span)

    def _seen(self) -> Iterator[Problem]:
        """Report what is missing around the text, and what is hidden, each for the first look."""
        told: set[tuple[str, str, str]] = set()
        for look in self.pages[0].looks if self.pages else ():
            for unit, what in self._faults_of(look):
                key = unit.what, unit.text, "" if unit in self.wanted else what
                if key not in told:
                    told.add(key)
                    gone = unit.what == _SHORT and what in ("is missing", "is hidden")
                    yield (
                        no_short(self.span, look.said)
                        if gone
                        else fault(unit, what, self.span, look.said)
                    )

    def _faults_of(self, look: Look) -> Iterator[tuple[Unit, str]]:
        """Yield the units that cannot be seen, or are missing around the text, in one look."""
        unseen: set[Element] = set()
        for page in self.pages:
            unseen |= page.sight.hidden(look.surface)
            if look.surface == PAPER:
                unseen.difference_update(*_backlinks(page))
        gone = {
            id(b) for b in self.blocks if any(_is_in(p, unseen) and _shows(p) for p in b.pieces)
        }
        inside = {id(block): unit for unit, block in self.match.pairs}
        yield from ((unit, "is hidden") for key, unit in inside.items() if key in gone)
        passed = gone | set(inside) | {id(extra.block) for extra in self.match.extras}
        around = [block for block in self.blocks if id(block) not in passed]
        wanted = [u for u in self.wanted if look.surface != PAPER or u not in self.on_screen]
        faults, rest = frame.look(self.document, wanted, around, _is_whole)
        yield from faults
        for words in rest:
            if unit := self.texts.get(letters(words)):
                yield unit, "is there twice"

    def _drawings(self) -> Iterator[Problem]:
        """Report words of drawings, and emoji, that are not in the file: PRF001, PRF006."""
        homes = {page.root: page for page in self.pages}
        for unit, block in self.match.pairs:
            for sign, shown in drawings.emoji(unit, block):
                drawn = "".join(map(str, shown.itertext()))
                if wrong := drawings.other_sign(self.document, unit, sign, drawn, self.span):
                    yield wrong
            for image, shown in drawings.pairs(self.document, unit, block):
                data = homes[shown.getroottree().getroot()].picture(shown.get("src") or "")
                for words in drawings.lost(image.data, drawings.words(data)):
                    yield drawings.lacks(image, words, self.span)


def _around(document: Document) -> list[Unit]:
    """List the units around the text, in the order in which pages of elements have them."""
    head = head_units(document)
    facts = [unit for unit in head if unit.what == FACT]
    address = [unit for unit in head if unit.place == "address"]
    first = [unit for unit in head if unit not in (*facts, *address)]
    short = [Unit(_SHORT, document.short)] if letters(document.short) else []
    stamp = Unit("identifying line", document.stamp)
    return [*first, *short, *facts, *contact_units(document), stamp, *address]


def _is_inside(block: Block, parts: set[str]) -> bool:
    """Say if a block stands in a part of the text."""
    return any(e.get("id") in parts for e in (block.owner, *block.owner.iterancestors()))


def _differs(unit: Unit, block: Block) -> str:
    assert unit.block is not None
    wanted, found = (marked(each).replace(ANY_PAGE, "") for each in (unit.block, block))
    if wanted != found:
        return reads(wanted, found)
    kind = links_differ(unit.block, block) or kind_differs(unit, block, levels=False)
    kind = kind or struck_differs(unit.block, block)
    return kind or formulas.differ(unit.block, block)


def _backlinks(page: Page) -> Iterator[Iterable[Element]]:
    """Yield the elements of the links from references back to the text, which paper may lack."""
    for element in page.root.iter("*"):
        if has_class(element, "backlinks"):
            yield element.iter("*")


def _shows(piece: Piece) -> bool:
    return piece.kind == "figure" or (piece.kind == "text" and bool(letters(piece.text)))


def _is_in(piece: Piece, unseen: set[Element]) -> bool:
    """Say if the owner of a piece is hidden, or a part of the formula that it is."""
    if piece.kind == "figure" and piece.owner.tag == FORMULA:
        return any(each in unseen for each in piece.owner.iter("*"))
    return piece.owner in unseen


def _is_whole(unit: Unit, block: Block) -> bool:
    heard = unit.block.text if unit.block else ""
    return block.text == plain_words(unit.text) or (heard != "" and block.text == heard)

"""The proof of a booklet, which has no tags: its text is compared in the order of drawing.

In: a Document and the bytes of its booklet. Out: its pages in reading order; a problem for whatever
is missing, hidden, altered, doubled, or in another place. This module must not know any renderer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from press.core.model import Artifact, Document, Image
from press.core.paper import booklet_sides
from press.core.problems import Problem, Span
from press.core.records import dataclass
from press.core.speech import plain_words
from press.document.units import Unit, letters, text_units
from press.proof import drawings, formulas, running
from press.proof.matching import (
    HINT,
    MARKS,
    PICTURE,
    excerpt,
    fault,
    marked,
)
from press.proof.order import Drawn, disorder
from press.proof.reading import ASTRAY, Reading, named, numbers_of, without_frame
from press.readback.pdf import PdfPage, TextSpan, read_halves


def open_booklet(document: Document, artifact: Artifact) -> list[PdfPage]:
    """Read the pages of a booklet, in reading order; each side of a sheet has two.

    Raises:
        ValueError: the file cannot be opened, or has another number of sides.
    """
    order = [page for side in booklet_sides(artifact.pages, document.direction) for page in side]
    read = read_halves(artifact.data, shapes=formulas.any_in(document))
    halves = dict(zip(order, read, strict=True))
    return [halves[number] for number in range(1, artifact.pages + 1)]


def prove(document: Document, pages: Sequence[PdfPage], span: Span) -> Iterator[Problem]:
    """Prove the pages of a booklet: PRF001, PRF002, PRF006."""
    texts: list[tuple[int, TextSpan]] = []
    for number, page in enumerate(pages, 1):
        rest, absent = running.take(document, number, len(pages), page.texts)
        yield from (running.missing(number, name, span) for name in absent)
        texts += ((number - 1, text) for text in rest)
        for seen, hidden in groupby(page.spans, lambda text: text.seen):
            if not seen:
                words = excerpt(" ".join(text.text for text in hidden))
                message = f"page {number}: '{words}' is hidden or runs off the page"
                yield Problem("PRF001", span, message, HINT)
    pieces = [
        _Piece(page, text, words) for page, text in texts if (words := plain_words(text.text))
    ]
    every = text_units(document)
    yield from _without_drawings(list(_placed(document, every)), pieces, span)
    yield from _formulas(every, pages, span)
    # A picture has no words: the text after it may be the first of its part.
    said = [(unit, _words(unit)) for unit in every]
    units = [(u, words) for u, words in said if words or _is_cell(u) or numbers_of(u)]
    begins = {n for n, (a, b) in enumerate(pairwise(pieces), 1) if a.page != b.page}
    reading = Reading([piece.text for piece in pieces], begins)
    reading.read_all(units)
    faults = reading.faults
    if any(what == ASTRAY for _, what in faults):
        faults = list(named(units, without_frame(document, every, reading.pieces))) or faults
    yield from (fault(unit, what, span) for unit, what in faults)
    yield from (fault(unit, what, span) for unit, what in reading.frame(document, every))
    yield from disorder(
        (
            Drawn(unit.text, unit.block.role if unit.block else "",
                  [(piece.page, piece.span) for piece in pieces[start:end]])
            for unit, start, end in reading.found
        ),
        span,
    )  # fmt: skip


def _formulas(units: Iterable[Unit], pages: Sequence[PdfPage], span: Span) -> Iterator[Problem]:
    """Report formulas that are not drawn, or not in their order: PRF001."""
    shapes, at = [shape.box for page in pages for shape in page.shapes], 0
    for unit in units:
        for math in formulas.of(unit.block):
            after = formulas.place_of(math, shapes, at)
            if after < 0:
                yield formulas.lost(unit, math, span)
            at = max(at, after)


@dataclass(frozen=True)
class _Piece:
    """A text object of the pages."""

    page: int
    """Its page, from 0."""
    span: TextSpan
    text: str


def _words(unit: Unit) -> str:
    """Return what paper shows of a unit, with the marks of its links; nothing of pictures alone."""
    assert unit.block is not None
    signs = map(drawings.letters_of, drawings.pictures(unit.block))
    words = PICTURE.sub(lambda _: next(signs), marked(unit.block))
    return words if MARKS.sub("", words).strip() else ""


def _is_cell(unit: Unit) -> bool:
    return unit.block is not None and unit.block.row >= 0


def _placed(document: Document, units: Sequence[Unit]) -> Iterator[tuple[int, Image]]:
    """Yield each picture with the number of letters before it."""
    before = 0
    for unit in units:
        yield from ((before, image) for image in drawings.of(document, unit) if image)
        before += len(letters(unit.text))


def _without_drawings(
    images: Iterable[tuple[int, Image]], drawn: list[_Piece], span: Span
) -> Iterator[Problem]:
    """Take the words of drawings out of the pieces; PRF001 for those that are not drawn.

    The same words may also be text, such as "5 mg" in a table: a drawing has those nearest to it.
    """
    for before, image in images:
        wanted = "".join(map(letters, drawings.words(image.data)))
        place = _stretch(wanted, [letters(each.text) for each in drawn], before)
        if place is None:
            yield drawings.lacks(image, wanted, span)
        else:
            del drawn[place[0] : place[1]]


def _stretch(wanted: str, texts: Sequence[str], before: int) -> tuple[int, int] | None:
    """Return where consecutive texts make up a text, after about so many letters, or None."""
    found: list[tuple[int, int, int]] = []
    passed = 0
    for start, text in enumerate(texts):
        end, rest = start, wanted
        while rest and end < len(texts) and rest.startswith(texts[end]):
            rest, end = rest.removeprefix(texts[end]), end + 1
        if not rest:
            found.append((abs(passed - before), start, end))
        passed += len(text)
    return min(found)[1:] if found else None

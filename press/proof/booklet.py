"""The proof of a booklet, which has no tags: its text is compared in the order of drawing.

In: a Document and the bytes of its booklet. Out: its pages in reading order; a problem for whatever
is missing, hidden, altered, doubled, or in another place. This module must not know any renderer.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from press.core.model import Artifact, Document
from press.core.paper import booklet_sides
from press.core.problems import Problem, Span
from press.core.speech import plain_words
from press.document.units import Unit, contact_units, head_units, letters, text_units
from press.proof import drawings, running
from press.proof.frame import squeezed
from press.proof.ink import PAGE, consumed
from press.proof.matching import (
    END,
    FIGURE,
    FIGURE_END,
    HINT,
    LINK,
    MARKS,
    excerpt,
    fault,
    marked,
    numbers,
    reads,
)
from press.proof.order import Drawn, disorder
from press.readback.pdf import PdfPage, TextSpan, read_halves
from press.readback.tags import number_of


def open_booklet(document: Document, artifact: Artifact) -> list[PdfPage]:
    """Read the pages of a booklet, in reading order; each side of a sheet has two.

    Raises:
        ValueError: the file cannot be opened, or has another number of sides.
    """
    order = [page for side in booklet_sides(artifact.pages, document.direction) for page in side]
    halves = dict(zip(order, read_halves(artifact.data), strict=True))
    return [halves[number] for number in range(1, artifact.pages + 1)]


def prove(document: Document, pages: Sequence[PdfPage], span: Span) -> Iterator[Problem]:
    """Prove the pages of a booklet: PRF001, PRF002, PRF006."""
    texts: list[tuple[int, TextSpan]] = []
    for number, page in enumerate(pages, 1):
        rest, absent = running.take(document, number, len(pages), page.texts)
        yield from (running.missing(number, name, span) for name in absent)
        texts += ((number - 1, text) for text in rest)
        if hidden := " ".join(text.text for text in page.texts if not text.seen):
            message = f"page {number}: '{excerpt(hidden)}' is hidden or runs off the page"
            yield Problem("PRF001", span, message, HINT)
    pieces = [
        _Piece(page, text, words) for page, text in texts if (words := plain_words(text.text))
    ]
    yield from _without_drawings(document, pieces, span)
    units = [(unit, _words(unit)) for unit in text_units(document)]
    begins = {n for n, (a, b) in enumerate(pairwise(pieces), 1) if a.page != b.page}
    reading = _Reading([piece.text for piece in pieces], begins)
    for number, (unit, words) in enumerate(units):
        reading.read(unit, words, free=number == 0 or unit.part != units[number - 1][0].part)
    reading.end()
    faults = reading.faults
    if any(what == _ASTRAY for _, what in faults):
        faults = list(_named(units, _without_frame(document, reading.pieces))) or faults
    yield from (fault(unit, what, span) for unit, what in faults)
    yield from (fault(unit, what, span) for unit, what in reading.frame(document))
    yield from disorder(
        (
            Drawn(unit.text, unit.block.role if unit.block else "",
                  [(piece.page, piece.span) for piece in pieces[start:end]])
            for unit, start, end in reading.found
        ),
        span,
    )  # fmt: skip


@dataclass(frozen=True)
class _Piece:
    """A text object of the pages."""

    page: int
    """Its page, from 0."""
    span: TextSpan
    text: str


def _words(unit: Unit) -> str:
    """Return what paper shows of a unit, with the marks of its links."""
    assert unit.block is not None
    return _PICTURES.sub("", marked(unit.block))


_PICTURES = re.compile(f"{FIGURE}[^{FIGURE_END}]*{FIGURE_END}")


def _without_drawings(document: Document, drawn: list[_Piece], span: Span) -> Iterator[Problem]:
    """Take the words of drawings out of the pieces; PRF001 for those that are not drawn."""
    images = {image.name: image for image in document.images}
    for unit in text_units(document):
        for piece in unit.block.pieces if unit.block else ():
            image = images.get(piece.owner.get("src") or "") if piece.kind == "figure" else None
            if image is None or image.media_type != drawings.SVG:
                continue
            wanted = "".join(map(letters, drawings.words(image.data)))
            place = _stretch(wanted, [letters(each.text) for each in drawn])
            if place is None:
                message = f"drawing '{image.name}' lacks its words: '{excerpt(wanted)}'"
                yield Problem("PRF001", span, message, HINT)
            else:
                del drawn[place[0] : place[1]]


def _stretch(wanted: str, texts: Sequence[str]) -> tuple[int, int] | None:
    """Return where consecutive texts make up a text; None if nowhere."""
    for start in range(len(texts)):
        end, rest = start, wanted
        while rest and end < len(texts) and rest.startswith(texts[end]):
            rest, end = rest.removeprefix(texts[end]), end + 1
        if not rest:
            return start, end
    return None


class _Reading:
    """Text objects read in the order in which they are drawn."""

    def __init__(self, pieces: Sequence[str], begins: Container[int] = ()) -> None:
        self.pieces = pieces
        self.begins = begins
        """The pieces with which a page begins: there, a table has its headers again."""
        self.at = 0
        self.extras: list[list[str]] = []
        self.found: list[tuple[Unit, int, int]] = []
        self.faults: list[tuple[Unit, str]] = []
        self.head: list[str] = []
        """The headers of the last table."""

    def read(self, unit: Unit, words: str, *, free: bool) -> None:
        """Read a unit from the place reached.

        A template may have words before a part (`free`). Elsewhere, what comes before the unit is
        a fault; and a table that goes on overleaf has its headers again.
        """
        plain = _LINKS.sub("", words)
        self._remember(unit, plain)
        if not plain:
            return
        ahead = range(self.at, len(self.pieces) if free else self.at + _AHEAD)
        near = (self.at, self._head_end())
        for start in (*(reversed(near) if self.at in self.begins else near), *ahead):
            end, what = self._end(unit, plain, start)
            if end <= start:
                continue
            passed = list(self.pieces[self.at : start])
            if passed and not free and start != self._head_end():
                self.faults.append(self._passed(unit, passed))
            elif passed and free:
                self.extras.append(passed)
            if what:
                self.faults.append((unit, what))
            self.found.append((unit, start, end))
            self.at = end
            return
        self.faults.append((unit, _ASTRAY))

    def _passed(self, unit: Unit, pieces: Sequence[str]) -> tuple[Unit, str]:
        """Return the fault of pieces before a unit, where nothing should be."""
        said = letters("".join(pieces))
        again = next((u for u, *_ in reversed(self.found) if letters(u.text) == said), None)
        if again or letters(unit.text) == said:
            return again or unit, "is there twice"
        return unit, f"comes after '{excerpt(' '.join(pieces), 40)}', which is not in the article"

    def _end(self, unit: Unit, words: str, start: int) -> tuple[int, str]:
        """Return the number of the piece after a unit that begins with a piece, and what differs.

        It is -1 if the unit does not begin there.
        """
        label, what = unit.block.label if unit.block else "", ""
        end = consumed(words, self.pieces, start)
        if not label:
            return end, ""
        if end > start:
            return end, f"lacks its number, '{label}'"
        said: list[str] = []
        while start < len(self.pieces) and len(said) < 2 and end <= start:
            said.append(number_of(self.pieces[start]))
            if len(said[-1]) > _NUMBER:
                return -1, ""
            start += 1
            end = consumed(words, self.pieces, start)
        if said != [label] and label not in numbers("".join(said)):
            what = f"has the number '{' '.join(said)}', not '{label}'"
        return end if end > start else -1, what

    def _remember(self, unit: Unit, words: str) -> None:
        """Remember the first row of a table, if it is one of headers."""
        if unit.block and unit.block.row == 0:
            self.head = [] if unit.block.column == 0 else self.head
            self.head += [words] if words and "header cell" in unit.block.role else []

    def _head_end(self) -> int:
        """Return the place after the headers of the table that is read, if they are here again."""
        at = self.at
        for words in self.head:
            at = consumed(words, self.pieces, at) if at >= 0 else -1
        return max(at, self.at)

    def end(self) -> None:
        """Keep what comes after the last unit."""
        if self.at < len(self.pieces):
            self.extras.append(list(self.pieces[self.at :]))

    def frame(self, document: Document) -> Iterator[tuple[Unit, str]]:
        """Look for the units of the frame in the pieces that are no text; report what is not."""
        head = [unit for unit in head_units(document) if unit.what != "logo"]
        facts = [unit for unit in head if unit.what == "line of the title block"]
        rest = [unit for unit in head if unit not in facts and unit.place != "address"]
        address = [unit for unit in head if unit.place == "address"]
        every = (*rest, *contact_units(document), *address)
        absent = [unit for unit in every if not self._take(unit.text)]
        yield from ((unit, "is missing") for unit in absent)
        for unit in every:  # the clinic's name is also in the contact box
            alone = not any(unit.text in other.text for other in every if other is not unit)
            if alone and unit.what != "clinic name" and self._take(unit.text):
                yield unit, "is there twice"
        if facts and not self._take(" · ".join(unit.text for unit in facts)):
            said = [" ".join(run) for run in self.extras]
            segments = {squeezed(part) for text in said for part in text.split(" · ")}
            missing = [u for u in facts if squeezed(u.text) not in segments]
            yield from ((unit, "is missing or altered") for unit in missing or facts)
        texts = {letters(unit.text): unit for unit in text_units(document) if letters(unit.text)}
        labels = _labels(document)
        for run in self.extras:
            said_here = letters("".join(run))
            if said_here in texts and said_here not in labels:
                yield texts[said_here], "is there twice"

    def _take(self, text: str) -> bool:
        """Take the pieces that draw a text out of what is left."""
        for number, run in enumerate(self.extras):
            for start in range(len(run)):
                end = consumed(plain_words(text), run, start)
                if end > start:
                    self.extras[number : number + 1] = [run[:start], run[end:]]
                    return True
        return False


def _labels(document: Document) -> set[str]:
    """Return the words that the program adds, as their letters."""
    return {letters(word) for word in (*document.labels.values(), *dict(document.contact))}


def _without_frame(document: Document, pieces: Sequence[str]) -> list[str]:
    """Return pieces without those of the frame."""
    reading = _Reading([])
    reading.extras = [list(pieces)]
    list(reading.frame(document))
    names = ("your-notes", "your-clinic", "online")
    labels = [document.labels[name] for name in names if name in document.labels]
    for label in (*labels, *dict(document.contact)):
        reading._take(label)  # noqa: SLF001 - its own kind
    return [piece for run in reading.extras for piece in run]


def _named(units: Sequence[tuple[Unit, str]], pieces: Sequence[str]) -> Iterator[tuple[Unit, str]]:
    """Yield the units that are missing, altered, doubled, or in another place: word by word."""
    said = [_tokens(unit, words) for unit, words in units]
    mine = [(word, number) for number, words in enumerate(said) for word in words]
    theirs = [
        word for piece in pieces if not PAGE.fullmatch(piece) for word in _WORD.findall(piece)
    ]
    gone: dict[int, list[str]] = {}
    came: dict[int, list[str]] = {}
    spare: list[str] = []
    many = len(mine) > _MANY  # then words that are everywhere are not compared
    opcodes = SequenceMatcher(None, [w for w, _ in mine], theirs, autojunk=many).get_opcodes()
    for tag, a, b, c, d in opcodes:
        if tag == "equal":
            continue
        spare.append("".join(theirs[c:d]))
        for word, number in mine[a:b]:
            gone.setdefault(number, []).append(word)
        if a < b or (0 < a < len(mine) and mine[a - 1][1] == mine[a][1]):
            came.setdefault(mine[a][1], []).extend(theirs[c:d])
    for number, (unit, _) in enumerate(units):
        what = _name(unit, said[number], gone.get(number, []), came.get(number, []), spare)
        if what:
            yield unit, what


def _name(
    unit: Unit, words: Sequence[str], lost: Sequence[str], more: Sequence[str], spare: Sequence[str]
) -> str:
    """Name the fault of a unit by its words, those it lost, those that came, and those nowhere."""
    whole, own = "".join(words), "".join(words[bool(unit.block and unit.block.label) :])
    if not whole:
        return ""
    if lost and "".join(lost) in (whole, own):
        if any(own in text for text in spare):
            return "is in another place"
        return reads(" ".join(words), " ".join(more)) if more else "is missing"
    if len(lost) > len(words) / 2 and not more:
        return "is missing"
    if lost or (more and whole not in spare):
        return reads(" ".join(lost), " ".join(more))
    twice = any(whole == text or (len(whole) > _LONG and whole in text) for text in spare)
    return "is there twice" if twice else ""


def _tokens(unit: Unit, words: str) -> list[str]:
    """Return the words of a unit as paper has them, after the number of a list item."""
    label = unit.block.label if unit.block else ""
    return [*([label] if label else ()), *_WORD.findall(MARKS.sub(" ", words))]


_ASTRAY = "is missing or altered"
_NUMBER = 6
"""The most letters or digits of the number of a list item."""
_MANY = 5000
_LONG = 12
"""Letters from which a text is not part of another by chance."""
_AHEAD = 60
"""Pieces within which a unit is looked for after a fault."""
_LINKS = re.compile(f"[{LINK}{END}]")
_WORD = re.compile(r"\w+")

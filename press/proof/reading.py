"""Text without tags, read in the order in which it is drawn.

In: the units of a document, and the text objects of a file, page after page. Out: which objects
draw each unit, and what is wrong with the rest. This module must not know files.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from press.core.model import Document
from press.core.records import dataclass
from press.core.speech import plain_words
from press.document.units import FACT, Unit, by_letters, contact_units, head_units, letters
from press.proof.frame import squeezed
from press.proof.ink import PAGE, consumed
from press.proof.matching import END, LINK, MARKS, excerpt, reads, same_numbers, wrong_number
from press.readback.tags import number_of


class Reading:
    """Text objects read in the order in which they are drawn."""

    def __init__(self, pieces: Sequence[str], begins: Container[int] = ()) -> None:
        self.pieces = pieces
        self.begins = begins
        """The pieces with which a page begins: there, a table has its headers again."""
        self.at = 0
        self.extras: list[_Run] = []
        self.found: list[tuple[Unit, int, int]] = []
        self.faults: list[tuple[Unit, str]] = []

    def read_all(self, units: Sequence[tuple[Unit, str]]) -> None:
        """Read all units, each with its words: as they are, or else from fault to fault."""
        heads = list(_heads(units))
        if not self._read_exactly(units, heads):
            for number, (unit, words) in enumerate(units):
                self._read(unit, words, heads[number], free=_begins_part(units, number))
        self.extras += [_Run(self.at, list(self.pieces[self.at :]))]

    def _read_exactly(self, units: Sequence[tuple[Unit, str]], heads: Sequence[list[str]]) -> bool:
        """Read the units if each is drawn as it is, in order; say if it is so.

        On a new page, a table may have its headers again, which may read like its next cells: both
        ways are tried.
        """
        path: list[tuple[int, int]] = []
        tried: set[tuple[int, int]] = set()
        waiting = [self._places(units, 0, 0, heads)]
        while waiting and len(path) < len(units) and len(tried) < _MOST * len(units):
            place = next(waiting[-1], None)
            if place is None:
                waiting.pop()
                path = path[:-1]
            elif (len(path), place[1]) not in tried:
                tried.add((len(path), place[1]))
                path.append(place)
                waiting.append(self._places(units, len(path), place[1], heads))
        if len(path) < len(units):
            return False
        for number, (start, end) in enumerate(path):
            if start > self.at and _begins_part(units, number):
                self.extras.append(_Run(self.at, list(self.pieces[self.at : start])))
            if end > start:
                self.found.append((units[number][0], start, end))
            self.at = end
        return True

    def _places(
        self, units: Sequence[tuple[Unit, str]], number: int, at: int, heads: Sequence[list[str]]
    ) -> Iterator[tuple[int, int]]:
        """Yield the places at which a unit can be, as it is: its first piece, and the one after."""
        if number == len(units):
            return
        unit, plain = units[number][0], _LINKS.sub("", units[number][1])
        if not (plain or numbers_of(unit)):
            yield at, at
            return
        starts: Iterable[int] = range(at, len(self.pieces))
        if not _begins_part(units, number):
            again = self._after(heads[number], at) if at in self.begins else at
            starts = dict.fromkeys((again, at))
        for start in starts:
            end, what = self._end(unit, plain, start)
            if end > start and not what:
                yield start, end

    def _read(self, unit: Unit, words: str, head: Sequence[str], *, free: bool) -> None:
        """Read a unit from the place reached.

        A template may have words before a part (`free`). Elsewhere, what comes before the unit is
        a fault; and a table that goes on overleaf has its headers again.
        """
        plain = _LINKS.sub("", words)
        if not (plain or numbers_of(unit)):
            return
        ahead = range(self.at, len(self.pieces) if free else self.at + _AHEAD)
        again = self._after(head, self.at)
        near = (self.at, again)
        for start in (*(reversed(near) if self.at in self.begins else near), *ahead):
            end, what = self._end(unit, plain, start)
            if end <= start:
                continue
            passed = list(self.pieces[self.at : start])
            if passed and not free and start != again:
                self.faults.append(self._passed(unit, passed))
            elif passed and free:
                self.extras.append(_Run(self.at, passed))
            if what:
                self.faults.append((unit, what))
            self.found.append((unit, start, end))
            self.at = end
            return
        self.faults.append((unit, ASTRAY))

    def _passed(self, unit: Unit, pieces: Sequence[str]) -> tuple[Unit, str]:
        """Return the fault of pieces before a unit, where nothing should be."""
        said = letters("".join(pieces))
        again = next((u for u, *_ in reversed(self.found) if letters(u.text) == said), None)
        if again or letters(unit.text) == said:
            return again or unit, "is there twice"
        return unit, f"comes after '{excerpt(' '.join(pieces), 40)}', which is not in the article"

    def _end(self, unit: Unit, words: str, start: int) -> tuple[int, str]:
        """Return the number of the piece after a unit that begins with a piece, and what differs.

        It is -1 if the unit does not begin there. The numbers of the list items that begin with
        the unit come before its words. Among them may be pieces without letters or digits: bullets,
        and pictures of the unit before.
        """
        labels = numbers_of(unit)
        if not labels:
            return consumed(words, self.pieces, start), ""
        faulty = -1, ""
        said: list[str] = []
        for at in range(start, len(self.pieces) + 1):
            end = consumed(words, self.pieces, at)
            if end >= at and same_numbers(labels, said):
                return end, ""
            if end > at and faulty[0] < 0:
                lacks = f"lacks its number, '{' '.join(labels)}'"
                faulty = end, wrong_number(labels, said) if said else lacks
            number = number_of(self.pieces[at]) if at < len(self.pieces) else ""
            if len(said) == len(labels) or len(number) > max(_NUMBER, *map(len, labels)):
                break
            said += [number] if number else []
        return faulty

    def _after(self, head: Sequence[str], start: int) -> int:
        """Return the place after texts if they are drawn at a place, else that place."""
        at = start
        for words in head:
            at = consumed(words, self.pieces, at) if at >= 0 else -1
        return max(at, start)

    def frame(self, document: Document, units: Sequence[Unit]) -> Iterator[tuple[Unit, str]]:
        """Look for the units of the frame in the pieces that are no text; report what is not.

        `units` are those of the text: one that is there again is reported, too.
        """
        head = [unit for unit in head_units(document) if unit.what != "logo"]
        facts = [unit for unit in head if unit.what == FACT]
        rest = [unit for unit in head if unit not in facts and unit.place != "address"]
        address = [unit for unit in head if unit.place == "address"]
        every = (*rest, *contact_units(document, paper=True), *address)
        places = [(unit, self.take(unit.text)) for unit in every]
        yield from ((unit, "is missing") for unit, place in places if place < 0)
        there = [(unit, place) for unit, place in places if place >= 0]
        for (before, first), (unit, place) in pairwise(there):
            if place < first:
                yield unit, f"is in another place, before '{excerpt(before.text, 40)}'"
        for unit in every:
            if self.take(unit.text) >= 0:
                yield unit, "is there twice"
        if facts and self.take(" · ".join(unit.text for unit in facts)) < 0:
            left = self._left()
            missing = [unit for unit in facts if squeezed(unit.text) not in left]
            yield from ((unit, "is missing or altered") for unit in missing or facts)
        else:
            left = self._left()
            yield from ((unit, "is there twice") for unit in facts if squeezed(unit.text) in left)
        texts = by_letters(units)
        labels = _labels(document)
        for run in self.extras:
            said_here = letters("".join(run.pieces))
            for text, again in texts.items():
                same = text == said_here or (len(text) > _LONG and text in said_here)
                if same and text not in labels:
                    yield again, "is there twice"
            yield from _again(run, (*every, *units), labels)

    def _left(self) -> set[str]:
        """Return the texts between separators in what is left."""
        said = (" ".join(run.pieces) for run in self.extras)
        return {squeezed(part) for text in said for part in text.split("\u00b7")}

    def take(self, text: str) -> int:
        """Take the pieces that draw a text out of what is left; return the first, or -1."""
        for number, run in enumerate(self.extras):
            for start in range(len(run.pieces)):
                end = consumed(plain_words(text), run.pieces, start)
                if end > start:
                    self.extras[number : number + 1] = [
                        _Run(run.start, run.pieces[:start]),
                        _Run(run.start + end, run.pieces[end:]),
                    ]
                    return run.start + start
        return -1


@dataclass(frozen=True)
class _Run:
    """Consecutive pieces that draw no unit of the text."""

    start: int
    """The number of the first."""
    pieces: list[str]


def _again(run: _Run, units: Sequence[Unit], labels: Iterable[str]) -> Iterator[tuple[Unit, str]]:
    """Report a unit of which a longer piece is drawn again, amid the words of templates."""
    for said in map(letters, run.pieces):
        if len(said) > _PART and not any(said in label for label in labels):
            yield from ((u, "is there twice in part") for u in units if said in letters(u.text))


def _begins_part(units: Sequence[tuple[Unit, str]], number: int) -> bool:
    """Say if a unit is the first of a part, before which a template may have words."""
    return number == 0 or units[number][0].part != units[number - 1][0].part


def _heads(units: Sequence[tuple[Unit, str]]) -> Iterator[list[str]]:
    """Yield, for each unit in the body of a table, the header cells in the table's first row."""
    head: list[str] = []
    for unit, words in units:
        block = unit.block
        if block and block.row == 0:
            head = [] if block.column == 0 else head
            plain = _LINKS.sub("", words)
            head = [*head, plain] if plain and "header cell" in block.role else head
        yield head if block and block.row > 0 else []


def _labels(document: Document) -> set[str]:
    """Return the words that the templates add, as their letters."""
    return set(map(letters, _added(document)))


def _added(document: Document) -> list[str]:
    names = ("your-notes", "your-clinic", "online")
    return [*(document.labels.get(name, "") for name in names), *dict(document.contact)]


def without_frame(document: Document, units: Sequence[Unit], pieces: Sequence[str]) -> list[str]:
    """Return pieces without those of the frame."""
    reading = Reading([])
    reading.extras = [_Run(0, list(pieces))]
    list(reading.frame(document, units))
    for label in filter(None, _added(document)):
        reading.take(label)
    return [piece for run in reading.extras for piece in run.pieces]


def named(units: Sequence[tuple[Unit, str]], pieces: Sequence[str]) -> Iterator[tuple[Unit, str]]:
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
    whole, own = "".join(words), "".join(words[len(numbers_of(unit)) :])
    if not whole:
        return ""
    if lost and "".join(lost) == "".join(more):
        return reads(unit.text, " ".join(more))
    if lost and "".join(lost) in (whole, own):
        if own and any(own in text for text in spare):
            return "is in another place"
        return reads(" ".join(words), " ".join(more)) if more else "is missing"
    if len(lost) > len(words) / 2 and not more:
        return "is missing"
    if lost or (more and whole not in spare):
        return reads(" ".join(lost), " ".join(more))
    twice = any(whole == text or (len(whole) > _LONG and whole in text) for text in spare)
    return "is there twice" if twice else ""


def _tokens(unit: Unit, words: str) -> list[str]:
    """Return the words of a unit as paper has them, after the numbers of its list items."""
    return [*numbers_of(unit), *_WORD.findall(MARKS.sub(" ", words))]


def numbers_of(unit: Unit) -> list[str]:
    """Return the numbers of the list items that begin with a unit, the outermost first."""
    return [label for label in unit.block.labels if label] if unit.block else []


ASTRAY = "is missing or altered"
_NUMBER = 6
"""The most letters or digits of the number of a list item."""
_MOST = 20
"""Ways to read a unit, on average, that are tried before a text is taken to be faulty."""
_MANY = 5000
_LONG = 12
"""Letters from which a text is not part of another by chance."""
_PART = 20
"""Letters from which a piece is not part of another text by chance."""
_AHEAD = 60
"""Pieces within which a unit is looked for after a fault."""
_LINKS = re.compile(f"[{LINK}{END}]")
_WORD = re.compile(r"\w+")

"""Text without tags, read in the order in which it is drawn.

In: the units of a document, and the text objects of a file, page after page. Out: which objects
draw each unit, and what is wrong with the rest. This module must not know files.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from difflib import SequenceMatcher

from press.core.model import Document
from press.core.speech import plain_words
from press.document.units import FACT, Unit, by_letters, contact_units, head_units, letters
from press.proof.frame import squeezed
from press.proof.ink import PAGE, consumed
from press.proof.matching import END, LINK, MARKS, excerpt, numbers, reads
from press.readback.tags import number_of


class Reading:
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

    def frame(self, document: Document, units: Sequence[Unit]) -> Iterator[tuple[Unit, str]]:
        """Look for the units of the frame in the pieces that are no text; report what is not.

        `units` are those of the text: one that is there again is reported, too.
        """
        head = [unit for unit in head_units(document) if unit.what != "logo"]
        facts = [unit for unit in head if unit.what == FACT]
        rest = [unit for unit in head if unit not in facts and unit.place != "address"]
        address = [unit for unit in head if unit.place == "address"]
        every = (*rest, *contact_units(document), *address)
        absent = [unit for unit in every if not self.take(unit.text)]
        yield from ((unit, "is missing") for unit in absent)
        for unit in every:  # the clinic's name is also in the contact box
            alone = not any(unit.text in other.text for other in every if other is not unit)
            if alone and unit.what != "clinic name" and self.take(unit.text):
                yield unit, "is there twice"
        if facts and not self.take(" · ".join(unit.text for unit in facts)):
            said = [" ".join(run) for run in self.extras]
            segments = {squeezed(part) for text in said for part in text.split(" · ")}
            missing = [u for u in facts if squeezed(u.text) not in segments]
            yield from ((unit, "is missing or altered") for unit in missing or facts)
        texts = by_letters(units)
        labels = _labels(document)
        for run in self.extras:
            said_here = letters("".join(run))
            if said_here in texts and said_here not in labels:
                yield texts[said_here], "is there twice"

    def take(self, text: str) -> bool:
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


def without_frame(document: Document, units: Sequence[Unit], pieces: Sequence[str]) -> list[str]:
    """Return pieces without those of the frame."""
    reading = Reading([])
    reading.extras = [list(pieces)]
    list(reading.frame(document, units))
    names = ("your-notes", "your-clinic", "online")
    labels = [document.labels[name] for name in names if name in document.labels]
    for label in (*labels, *dict(document.contact)):
        reading.take(label)
    return [piece for run in reading.extras for piece in run]


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


ASTRAY = "is missing or altered"
_NUMBER = 6
"""The most letters or digits of the number of a list item."""
_MANY = 5000
_LONG = 12
"""Letters from which a text is not part of another by chance."""
_AHEAD = 60
"""Pieces within which a unit is looked for after a fault."""
_LINKS = re.compile(f"[{LINK}{END}]")
_WORD = re.compile(r"\w+")

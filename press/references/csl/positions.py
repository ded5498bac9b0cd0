"""The position of each cite: first, subsequent, or ibid, and the number of the first note.

In: citations in their order. Out: the position of each of their cites (CSL 1.0.2, "Locators" and
"Choose"). This module must not know styles or formatting.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from press.core.model import Cite
from press.core.records import dataclass


@dataclass(frozen=True)
class Placed:
    """A cite; its position, if that is given rather than found."""

    cite: Cite
    position: str = ""
    near: bool = False
    author_only: bool = False


@dataclass(frozen=True)
class Note:
    """One citation, and the number of its note; 0 if it is not in a note."""

    cites: tuple[Placed, ...]
    number: int = 0
    is_sorted: bool = False
    bare_first: bool = False
    """The author of the first cite is printed before the citation."""

    @classmethod
    def of(cls, cites: Iterable[Cite], number: int, *, bare_first: bool = False) -> Note:
        """Return a citation of makebook's."""
        return cls(tuple(Placed(cite) for cite in cites), number, False, bare_first)


class Memory:
    """What was cited so far."""

    def __init__(self, distance: int) -> None:
        self._distance = distance
        """The greatest number of notes between two cites that are near each other."""
        self._first: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._before: dict[bool, list[Note]] = {}
        """The citations of the last note, and the last one in the text."""

    def remember(self, note: Note, known: Container[str]) -> list[tuple[str, bool, int]]:
        """Return each cite's position, whether it is near, and the number of its first note."""
        places = []
        for place, placed in enumerate(note.cites):
            key = placed.cite.key
            if key not in known:
                places.append(("first", False, 0))
                continue
            position = placed.position
            near = placed.near
            if not position:
                position = self._position(note, place)
                near = near or self._near(note, key)
            places.append((position, near, self._first.get(key, 0)))
            self._first.setdefault(key, note.number)
            self._last[key] = note.number
        in_note = note.number > 0
        before = self._before.get(in_note)
        if in_note and before and before[-1].number == note.number:
            before.append(note)
        else:
            self._before[in_note] = [note]
        return places

    def _near(self, note: Note, key: str) -> bool:
        return key in self._last and note.number - self._last[key] <= self._distance

    def _position(self, note: Note, place: int) -> str:
        cite = note.cites[place].cite
        if cite.key not in self._first:
            return "first"
        before = note.cites[place - 1].cite if place else self._alone(note)
        if before is None or before.key != cite.key:
            return "subsequent"
        if not cite.locator:
            return "subsequent" if before.locator else "ibid"
        same = (before.locator, before.label) == (cite.locator, cite.label)
        return "ibid" if same else "ibid-with-locator"

    def _alone(self, note: Note) -> Cite | None:
        """Return the last cite before: of this note, or of the one before if it has one work."""
        notes = self._before.get(note.number > 0, [])
        if not notes or note.number > notes[-1].number + 1:
            return None
        cites = [placed.cite for before in notes for placed in before.cites]
        if note.number and notes[-1].number == note.number:
            return cites[-1] if cites else None
        return cites[-1] if len({cite.key for cite in cites}) == 1 else None

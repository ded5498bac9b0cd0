"""The smallest changes of a text that change what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HYPHEN = re.compile("(?:(?<=\\d)|(?<![^\\s(]))([-\u2010\u2011\u2013\u2212])(?=\\d)")
"""A minus before a number, or a hyphen between two."""
_SPACE = re.compile("(?<=\\d)([ \u00a0\u202f\u2009])(?=\\d)")
_LETTERS = "abcdefghijklmnoprstuvw"


@dataclass(frozen=True)
class Edit:
    """A change of one character: its place, and what replaces it."""

    at: int
    new: str

    def apply(self, text: str) -> str:
        """Return the changed text."""
        return text[: self.at] + self.new + text[self.at + 1 :]


def altered(text: str) -> dict[str, Edit]:
    """Return for each kind of change that applies the place and the new character.

    A letter or a digit is replaced; a hyphen or a space in numbers is dropped.
    """
    edits = {}
    for kind, pattern in (("letter", "[a-z]"), ("digit", "[0-9]")):
        found = [match.start() for match in re.finditer(pattern, text)]
        if found:
            at = found[len(found) // 3]
            edits[kind] = Edit(at, _other(text[at]))
    for kind, sign in (("hyphen", _HYPHEN), ("space", _SPACE)):
        if match := sign.search(text):
            edits[kind] = Edit(match.start(1), "")
    return edits


def _other(character: str) -> str:
    """Return another letter or digit."""
    if character.isdigit():
        return str((int(character) + 1) % 10)
    place = _LETTERS.find(character)
    return _LETTERS[(place + 1) % len(_LETTERS)]

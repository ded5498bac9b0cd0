"""The marks with which items of lists begin, in CommonMark and in Pandoc.

In: a line, from the mark on. Out: a `Mark`. This module must not know blocks.
"""

from __future__ import annotations

import re
from typing import Literal

from press.core.records import dataclass

_BULLET = re.compile(r"([-+*])(?=[ \t]|$)")
_NUMBER = re.compile(r"(\d{1,9})([.)])(?=[ \t]|$)")
_FANCY = re.compile(r"(\()?(#|\d{1,9}|[a-zA-Z]|[ivxlcdm]{2,8}|[IVXLCDM]{2,8})([.)])(?=[ \t]|$)")
_EXAMPLE = re.compile(r"\(@([\w-]*)\)(?=[ \t]|$)")
BULLETS = (
    "\u2022\u2023\u25aa\u25e6\u25cf\u00b7\u2013\u2043\u2219\u25a0\u25ba\u25b6\u27a2\u27a4\u2756"
    "\uf0b7\uf0a7"
)
"""Marks from other programs that say no more than a bullet does; the last two are Word's."""
LOWER = "o\u00a7\u25e6\u25aa\uf0a7"
"""Those that Word uses for its second and third level."""
_SIGNS = ("\u2610\u2611\u2612\u25a1\u2751", "\u2713\u2714\u2705\u2717\u2718\u274c", "\u2192\u2794")
"""Marks with a meaning, which stay in the text; those of a group are found in one list."""
_PASTED = re.compile(
    rf"([{BULLETS}{''.join(_SIGNS)}]\ufe0f?)(?=[ \t\u00a0])"
    r"|([\u2022\u25aa\u25cf\uf0b7\uf0a7])(?=\S)|([o\u00a7])(?=\t|[ \u00a0]{2})"
)
_BELOW = re.compile(r"[o\u00a7](?=[ \u00a0]\S)")
"""The mark of Word's second or third level, with one blank, as it is pasted into some programs."""
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
TypeOf = Literal["", "1", "a", "A", "i", "I", "@"]


@dataclass(frozen=True)
class Mark:
    """The mark of an item."""

    text: str
    kind: TypeOf
    """As the `type` of HTML's lists; empty for a bullet, `@` for an example."""
    delimiter: str = ""
    """What tells lists apart: the bullet, or what follows the number."""
    number: int = 0
    label: str = ""
    """The name of an example."""
    fancy: bool = False
    """CommonMark does not have it."""
    pasted: bool = False
    """The mark is a character from another program, which stays in the text if it has a meaning."""


def read_mark(text: str, *, below: bool = False) -> Mark | None:
    """Return the mark with which a text begins; `below` a pasted mark, `o` can be one, too."""
    if found := _BULLET.match(text):
        return Mark(found[0], "", found[1])
    if found := _NUMBER.match(text):
        return Mark(found[0], "1", found[2], int(found[1]))
    if found := _EXAMPLE.match(text):
        return Mark(found[0], "@", "(@)", label=found[1], fancy=True)
    if (found := _FANCY.match(text)) and bool(found[1]) <= (found[3] == ")"):
        return _fancy(found)
    if found := _PASTED.match(text) or (_BELOW.match(text) if below else None):
        sign = found[0]
        group = next((signs[0] for signs in _SIGNS if sign[0] in signs), sign)
        return Mark(sign, "", group, fancy=True, pasted=True)
    return None


def is_bullet(mark: Mark) -> bool:
    """Say if a mark is pasted, and says no more than a bullet does."""
    return mark.pasted and mark.text in (*BULLETS, "o", "\u00a7")


def _fancy(found: re.Match[str]) -> Mark:
    word, delimiter = found[2], f"{found[1] or ''}{found[3]}"
    if word == "#":
        return Mark(found[0], "1", f"#{delimiter}", 1, fancy=True)
    if word.isdigit():
        return Mark(found[0], "1", delimiter, int(word), fancy=True)
    low = word.lower()
    upper = word.isupper()
    if len(word) > 1 or low == "i":
        return Mark(found[0], "I" if upper else "i", delimiter, _roman(low), fancy=True)
    return Mark(found[0], "A" if upper else "a", delimiter, ord(low) - 96, fancy=True)


def _roman(word: str) -> int:
    values = [_ROMAN[letter] for letter in word]
    return sum(
        -value if value < after else value
        for value, after in zip(values, [*values[1:], 0], strict=True)
    )


def follows(mark: Mark, first: Mark, count: int) -> bool:
    """Say if a mark belongs to the list that another began, `count` items before."""
    if mark.delimiter != first.delimiter:
        return False
    if mark.kind == first.kind or not first.kind or "#" in mark.delimiter:
        return True
    # `i` may be a number or a letter: what comes before it says which.
    expected = first.number + count
    if mark.kind.lower() == "i" and first.kind.lower() == "a":
        return mark.kind.isupper() == first.kind.isupper() and expected == 9
    return first.kind.lower() == "i" and mark.kind.lower() == "a" and len(mark.text) == 2 and (
        _ROMAN.get(mark.text[0].lower()) == expected
    )  # fmt: skip


def begins_list(mark: Mark, after: str, *, below: bool = False) -> bool:
    """Say if a mark that CommonMark does not have begins a list.

    `after` is the next line with text that is not indented further. A person's initial, as in
    `B. Russell`, begins none, and one item alone is a list only with a bracket or two blanks. After
    a pasted mark, `o` can be one (`below`).
    """
    if not mark.fancy or mark.kind == "@" or mark.text.startswith("#"):
        return True
    following = read_mark(after, below=below and mark.pasted)
    if mark.pasted:
        return following is not None and following.pasted
    if following is None or following.delimiter != mark.delimiter:
        return False
    return following.number == mark.number + 1 or follows(following, mark, 1)

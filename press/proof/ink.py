"""Ink: a text is compared with the pieces in which a page draws it.

In: a text, and the text objects of a page in drawing order. Out: which pieces draw it. A piece ends
where a line does, where the type changes, or where the file says so; within a piece, each sign and
space counts. This module must not know documents or tags.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from press.core.speech import plain_words
from press.proof.matching import ANY_PAGE, END, FIGURE, LINK, reads

PAGE = re.compile(r"\([^()]*\d+\)")
"""What paper adds after a link to another page: `(page 3)`."""


def consumed(text: str, pieces: Sequence[str], start: int = 0) -> int:
    """Return the number of the piece after those that draw a text; -1 if it is not drawn so.

    The pieces are normalized by `plain_words`. Between them, white space is not compared: a line
    ends there. A hyphen at the end of a piece may be one of hyphenation. A piece without letters
    or digits that the text lacks is an ornament of the style.
    """
    at, number = _follow(text, pieces, start)
    return number if text[at:] in ("", ANY_PAGE) else -1


def _follow(text: str, pieces: Sequence[str], start: int) -> tuple[int, int]:
    """Return how far a text agrees with pieces: the place in the text, the number of the piece."""
    at, number = _on(text, 0), start
    while number < len(pieces) and at < len(text):
        piece, rest = pieces[number], 1
        if text.startswith(ANY_PAGE, at) and number + 1 < len(pieces):
            broken = f"{piece} {pieces[number + 1]}"  # over two lines
            piece, rest = (broken, 2) if PAGE.fullmatch(broken) else (piece, 1)
        step = _step(text, at, piece)
        if step < 0 or (text[at:] == ANY_PAGE and not PAGE.fullmatch(piece)):
            break
        at, number = _on(text, at + step), number + rest
    return at, number


def fits(text: str, pieces: Sequence[str]) -> bool:
    """Say if pieces draw a text, and nothing else."""
    end = consumed(text, pieces)
    return end >= 0 and not any(map(_worded, pieces[end:]))


def misread(text: str, pieces: Sequence[str]) -> str:
    """Say how the text that pieces draw differs from a text, as the end of a sentence."""
    at, number = _follow(text, pieces, 0)
    before = text[max(0, at - 12) : at]
    before = before[before.find(" ") + 1 :] if at > 12 else before
    return reads(before + text[at:], before + " ".join(pieces[number:]))


def _on(text: str, at: int) -> int:
    while at < len(text) and text[at] == " ":
        at += 1
    return at


def _step(text: str, at: int, piece: str) -> int:
    """Return how many signs of a text a piece draws, from a place on; -1 if it draws others."""
    if text.startswith(piece, at):
        return len(piece)
    if text.startswith(ANY_PAGE, at):
        if PAGE.fullmatch(piece):
            return 1
        after = _on(text, at + 1)
        return after - at + len(piece) if text.startswith(piece, after) else -1
    if piece.endswith("-") and text.startswith(piece[:-1], at):
        end = at + len(piece) - 1
        if text[end - 1 : end].isalpha() and text[end : end + 1].isalpha():
            return len(piece) - 1
    return -1 if _worded(piece) else 0


def _worded(piece: str) -> bool:
    """Say if a piece has words, or marks a link or picture."""
    return piece[:1] in (LINK, END, FIGURE) or any(c.isalnum() for c in piece)


def normal(pieces: Sequence[str]) -> list[str]:
    """Return pieces as `consumed` compares them, without blank ones."""
    return [words for piece in pieces if (words := plain_words(piece))]

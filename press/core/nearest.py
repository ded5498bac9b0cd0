"""The names that come nearest to a mistyped one.

In: a word and the names there are. Out: a hint. Must not know what the names are for.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(word: str, words: Iterable[str]) -> list[str]:
    """List the known words that one may be a slip of the pen for, the nearest first."""
    return difflib.get_close_matches(word, list(words), 3, 0.6)


def nearest(word: str, words: Iterable[str]) -> str:
    """A hint that names the nearest known words, or lists the first few."""
    known = list(words)
    if close := near(word, known):
        return "did you mean " + " or ".join(f"'{name}'" for name in close) + "?"
    return "known: " + ", ".join(sorted(known)[:30]) if known else "there are none yet"

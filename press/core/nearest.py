"""The known names that are most similar to a mistyped one.

In: a word and the known names. Out: a hint. Must not know what the names are for.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(word: str, words: Iterable[str]) -> list[str]:
    """List the known words that resemble a mistyped word, the most similar first."""
    return difflib.get_close_matches(word, list(words), 3, 0.6)


def nearest(word: str, words: Iterable[str]) -> str:
    """Return a hint that names the most similar known words, or else lists the first few."""
    known = list(words)
    if close := near(word, known):
        return "did you mean " + " or ".join(f"'{name}'" for name in close) + "?"
    return "available: " + ", ".join(sorted(known)[:30]) if known else "there are none yet"

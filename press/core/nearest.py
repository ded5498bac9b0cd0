"""The known names that are most similar to a mistyped one.

In: a word and the known names. Out: a hint. Must not know what the names are for.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from itertools import islice

_LONGEST = 100
"""Characters of a word that can resemble another one; the comparison is quadratic."""
_ENOUGH = 200_000
"""Comparisons in one article or project after which no more words are compared."""
_compared = 0


def begin() -> None:
    """Begin with another article or project: compare words again."""
    global _compared  # noqa: PLW0603 - a process works on one at a time
    _compared = 0


def near(word: str, words: Iterable[str], likeness: float = 0.6) -> list[str]:
    """List the known words that resemble a mistyped word, the most similar first.

    `likeness` is between 0 (anything) and 1 (the same word).
    """
    global _compared  # noqa: PLW0603
    if len(word) > _LONGEST or _compared > _ENOUGH:
        return []
    by_lower = {known.lower(): known for known in words if len(known) <= _LONGEST}
    _compared += len(by_lower)
    found = difflib.get_close_matches(word.lower(), by_lower, 3, likeness)
    return [by_lower[name] for name in found]


def did_you_mean(names: Sequence[str]) -> str:
    """Return a hint that asks for one of these names; an empty string without any."""
    either = " or ".join(f"'{name}'" for name in names)
    return f"did you mean {either}?" if names else ""


def nearest_article(name: str, names: Iterable[str]) -> str:
    """Return what `nearest` does, but first what `namesakes` does."""
    known = list(names)
    return namesakes(name, known) or nearest(name, known)


def namesakes(name: str, known: Iterable[str]) -> str:
    """Return a hint with the articles that `name` may mean as a file or a folder; '' without any.

    They have this name in another folder, or they made the output of this name, or they are in
    the folder of this name.
    """
    last = re.sub(r"\.(?:pdf|epub|html)\Z", "", name.rpartition("/")[2].lower())
    every = sorted(known)
    same = [other for other in every if other.rpartition("/")[2].lower() == last]
    return did_you_mean((same or [o for o in every if o.startswith(f"{name}/")])[:3])


def nearest(word: str, words: Iterable[str]) -> str:
    """Return a hint that names the most similar known words, or else lists the first few."""
    known = list(words) if _compared <= _ENOUGH else list(islice(words, 30))
    if hint := did_you_mean(near(word, known)):
        return hint
    return "available: " + ", ".join(sorted(known)[:30]) if known else "there are none yet"

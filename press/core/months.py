"""The English names of the months: written on handouts, and read in dates.

In: a name, or the beginning of one. Out: the number of the month. Must not know files or formats.
"""

from __future__ import annotations

MONTHS = (
    "January February March April May June July August September October November December"
).split()


def month_number(word: str) -> int:
    """Return the number of the month that a word names: `November`, `Nov`, or `nov`.

    Returns 0 for anything else. A shortened name has at least three letters.
    """
    start = word.lower()
    if len(start) < 3:
        return 0
    return next((n for n, name in enumerate(MONTHS, 1) if name.lower().startswith(start)), 0)

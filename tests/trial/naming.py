"""What counts as naming a fault rightly: the only place that knows the words of the proof.

In: the kind of a fault, the texts that it concerns, and the problems found. Out: whether one of
them says where and what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from press.core.problems import Problem
from tests.trial.units import fold

_MISSING = "missing|lacks|not found"
_DIFFERS = f"{_MISSING}|reads|instead of|differs|must be|should be"
_UNSEEN = f"{_MISSING}|hidden|invisible|off the page|cannot be seen"
_TAGGED = f"{_DIFFERS}|another place|tag|role|is marked|is an? .+, not|heard"
_ORDER = f"{_DIFFERS}|order|another place|before|after|twice"

FAULTS = {
    "removed": _DIFFERS,  # the number of a note or the links back of a reference may be left
    "swapped": _ORDER,
    "doubled": f"twice|times|again|repeated|more than|not in the (?:article|document)|{_DIFFERS}"
    "|runs off the page",  # a copy may be drawn below the last line of a page
    "letter": _DIFFERS,
    "digit": _DIFFERS,
    "hyphen": _DIFFERS,
    "space": _DIFFERS,
    "off the page": _UNSEEN,
    "white": _UNSEEN,
    "render mode 3": _UNSEEN,
    "tag removed": _TAGGED,
    "tags swapped": f"{_ORDER}|tag",
    "tag doubled": f"twice|times|again|repeated|more than|{_TAGGED}",
    "role": _TAGGED,
    "actual text": f"{_DIFFERS}|actual|replacement",
    "alt": f"{_DIFFERS}|alt|description|is described as",
    "content exchanged": f"{_ORDER}|tag",
    "list number": f"{_ORDER}|{_UNSEEN}|number|marker|list|tag",
    "link": "link",
    "short disclaimer": "short disclaimer",
    "identifying line": "identifying line",
    "page number": "page number",
}
"""For each kind of fault, a pattern for the words of a message that names it."""

_BEGINNING = 12
"""The number of letters of a text that a message must quote, unless it ends its quotation."""
_FEW = 4
"""The fewest letters of a quotation."""
_QUOTED = re.compile("'([^']+)'")
_SECTION = re.compile(" of '[^']*'")
"""The section in which a text is, which does not name the text."""


def is_named(kind: str, about: Sequence[str], problems: Iterable[Problem]) -> bool:
    """Say if a problem names a fault; `about` are the texts, one of which it must quote.

    A text that begins with `=` must be in the message as it is.
    """
    pattern = re.compile(FAULTS[kind], re.I)
    return any(
        pattern.search(_QUOTED.sub("", problem.message))
        and any(_quotes(_SECTION.sub("", problem.message), each) for each in about)
        for problem in problems
    )


def _quotes(message: str, text: str) -> bool:
    if text.startswith("="):
        return text[1:] in message
    words, whole = fold(text), fold(message)
    for quoted in map(fold, _QUOTED.findall(message)):
        if words.startswith(quoted.rstrip("….")) and len(quoted) >= min(_FEW, len(words)):
            return True
        if len(quoted) >= _BEGINNING and quoted.rstrip("….") in words:
            return True
        if quoted.endswith(f":{words}"):  # a line of the contact box, after its label
            return True
    if len(words) > _BEGINNING:
        return f"'{words[:_BEGINNING]}" in whole
    return re.search(rf"'{re.escape(words)}(?:'|…)", whole) is not None

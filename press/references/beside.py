"""What stands beside a formatted reference, and words that no citation style has.

In: the references of an article as the style formats them, and its entries. Out: the references
with what an entry says of a retraction or correction, and a problem for each such work.
This module must not know how styles format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from press.core.model import Citations, Entry, Reference, StandingKind
from press.core.problems import Problem, Span
from press.references.csl_data import IN_PRESS

_SAID: dict[StandingKind, tuple[str, str]] = {
    "retracted": ("was retracted", "cite another source, or say in the text that it was retracted"),
    "retraction": (
        "is the notice of a retraction",
        "check that you mean the notice; if you mean the work, say that it was retracted",
    ),
    "concern": (
        "is the subject of an expression of concern",
        "read it, and check if you can still cite this work",
    ),
    "corrected": ("was corrected", "read the correction, and check what you cite"),
    "correction": (
        "is the correction of another article",
        "check that you mean the correction, and not the article",
    ),
    "comment": ("was commented on", "read the comment: it may dispute what you cite"),
}


_LABEL = re.compile(r"\b(PMC?I?D:) (<a href=\"[^\"]*\">)")
"""A label before a link, as a part of which it says where the link leads (WCAG 2.2, 2.4.9)."""


def finished(citations: Citations, entries: Mapping[str, Entry]) -> Citations:
    """Return citations whose references have what belongs beside them."""
    references = (
        _finished(reference, entries.get(reference.key)) for reference in citations.references
    )
    return replace(citations, references=tuple(references))


def _finished(reference: Reference, entry: Entry | None) -> Reference:
    if entry is None:
        return reference
    xhtml = _LABEL.sub(r"\2\1 ", reference.xhtml)
    issued = entry.csl.get("issued")
    if isinstance(issued, Mapping) and issued.get("literal") == IN_PRESS:
        # Styles print `Published online` before each date of a work that has no volume.
        pattern = rf"(?:Published online|Preprint posted online) {IN_PRESS}\b"
        xhtml = re.sub(pattern, IN_PRESS.capitalize(), xhtml)
    return replace(reference, xhtml=xhtml, standing=entry.standing)


def check_standings(
    entries: Mapping[str, Entry],
    located: Mapping[str, Sequence[tuple[int, int]]],
    source: str,
    problems: list[Problem],
) -> None:
    """Warn of each cited work that was retracted or corrected, as its entry says (CIT012)."""
    for key, places in located.items():
        entry = entries.get(key)
        if entry is None or entry.standing is None or not places:
            continue
        said, hint = _SAID[entry.standing.kind]
        notice = f": {entry.standing.notice}" if entry.standing.notice else ""
        message = f"'{key}' {said}, as {entry.span} says{notice}"
        problems.append(Problem("CIT012", Span(source, *places[0]), message, hint))

"""Parts of a reference that an entry lacks, although its citation style prints them.

In: the entries that an article cites, and a way to ask what the style prints. Out: one problem for
an article. This module must not know how styles format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from press.core.model import Cite, Cluster, Entry
from press.core.problems import Problem, ProblemsError, Span
from press.references.csl.citations import format_citations
from press.references.csl_data import IN_PRESS, dates_of

Prints = Callable[[str, str], bool]
"""Whether a style prints a variable of a type of work: `("webpage", "accessed")`."""

_YEAR, _PUBLISHER = ("issued", "year"), ("publisher", "publisher")
_PARTS: Mapping[str, Sequence[tuple[str, str]]] = {
    "article-journal": (_YEAR, ("container-title", "journal"), ("page", "pages or article number")),
    "article-magazine": (_YEAR, ("container-title", "magazine")),
    "article-newspaper": (_YEAR, ("container-title", "newspaper")),
    "book": (_YEAR, _PUBLISHER),
    "chapter": (_YEAR, ("container-title", "title of the book"), _PUBLISHER),
    "thesis": (_YEAR, ("publisher", "university")),
    "report": (_YEAR,),
    "webpage": (("accessed", "date of access"),),
    "post-weblog": (("accessed", "date of access"),),
    "post": (("accessed", "date of access"),),
}
"""For each type of work, the variables that readers need to find it, and their names in words."""
_UNDATED = re.compile(r"n\.?\s?d\.?|no date|undated|s\.?\s?[adf]\.?|o\.?\s?j\.?", re.IGNORECASE)
_WHOLE: Mapping[str, Any] = {
    "title": "Rest", "author": [{"family": "Doe", "given": "Ann"}], "container-title": "Journal",
    "issued": {"date-parts": [[2001, 2, 3]]}, "volume": "4", "issue": "5", "page": "67-68",
    "publisher": "Press", "publisher-place": "Town", "URL": "https://example.org/rest",
    "accessed": {"date-parts": [[2009, 8, 7]]},
}  # fmt: skip


def check_parts(
    entries: Mapping[str, Entry],
    located: Mapping[str, Sequence[tuple[int, int]]],
    source: str,
    prints: Prints,
    problems: list[Problem],
) -> None:
    """Report cited entries that lack a part, or have one that cannot be read (CIT010)."""
    lacking = {
        key: parts
        for key, places in located.items()
        if places and key in entries and (parts := list(_lacking(entries[key].csl, prints)))
    }
    if not lacking:
        return
    first = min(located[key][0] for key in lacking)
    said = (f"'{key}' ({entries[key].span}): {', '.join(parts)}" for key, parts in lacking.items())
    count = "1 cited entry lacks" if len(lacking) == 1 else f"{len(lacking)} cited entries lack"
    message = f"{count} what the citation style prints: {'; '.join(said)}"
    hint = "add these parts to the bibliography, so that readers can find the works"
    problems.append(Problem("CIT010", Span(source, *first), message, hint))


def _lacking(csl: Mapping[str, Any], prints: Prints) -> Iterator[str]:
    kind = str(csl.get("type") or "")
    for variable, words in _PARTS.get(kind, ()):
        value = csl.get(variable)
        if isinstance(value, Mapping) and not dates_of(value):
            literal = str(value.get("literal") or "")
            known = literal == IN_PRESS or _UNDATED.fullmatch(literal)
            if not known and not re.search(r"\d{4}", literal):
                yield f"{words} ('{literal}' cannot be read)" if literal else words
        elif not value and not _is_excused(csl, variable) and prints(kind, variable):
            yield words


def _is_excused(csl: Mapping[str, Any], variable: str) -> bool:
    """Return whether a work cannot have this part: it is in press, or online before its issue."""
    issued = csl.get("issued") or {}
    if variable == "page":
        parts = next(iter(dates_of(issued)), [])
        in_press = isinstance(issued, Mapping) and issued.get("literal") == IN_PRESS
        no_issue = not csl.get("volume") and not csl.get("issue")
        online = len(parts) > 1 and bool(csl.get("DOI") or csl.get("PMID"))
        return bool(csl.get("number")) or in_press or (no_issue and online)
    if variable == "accessed":
        return not csl.get("URL") or bool(csl.get("DOI"))
    return variable == "container-title" and bool(csl.get("container-title-short"))


def asks(style: Path | str, lang: str) -> Prints:
    """Return a function that says what a style prints: it formats a work with and without a part.

    A style that cannot be used prints nothing; formatting the article reports it.
    """
    return lambda kind, variable: _prints(str(style), lang, kind, variable)


@lru_cache(256)
def _prints(style: str, lang: str, kind: str, variable: str) -> bool:
    whole = {**_WHOLE, "id": "rest", "type": kind}
    without = {name: value for name, value in whole.items() if name != variable}
    try:
        return _formatted(whole, style, lang) != _formatted(without, style, lang)
    except ProblemsError:
        return False


def _formatted(csl: dict[str, Any], style: str, lang: str) -> str:
    entry = Entry("rest", csl, Span(""))
    made = format_citations([Cluster((Cite("rest"),))], {"rest": entry}, style, lang)
    return made.references[0].xhtml if made.references else ""

"""Matching: every unit of a document is looked up in the text of a finished file.

In: units in reading order, and the pages of a file. Out: the missing units, as problems. Units and
pages are reduced to their letters, digits, and signs, because white space, hyphens, and ligatures
differ with the line breaks. Units that follow each other are found in order; the rest are looked
up next, the longest first. Each match uses up its place, so a paragraph that occurs twice must be
found twice. This module must not know formats.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from press.core import trees
from press.core.model import Document
from press.core.problems import Problem, Span
from press.document.units import Unit, letters

_USED = "\u0000"
_LONG = 24
"""The number of letters from which a text is too long to match elsewhere by chance."""
_MARKER = re.compile(r"(?:[\u2022\u25e6\u25aa\u2023]|\d{1,3}\.|[A-Za-z]{1,5}\.)")
HINT = "check your custom styles and templates; the file was not published"


def missing(wanted: Iterable[Unit], pages: Sequence[str]) -> list[Unit]:
    """Return the units missing from pages (already reduced to their letters).

    A block may run over page breaks. List markers are drawn last on a page, so they may come
    between its two halves.
    """
    left = list(pages)
    astray = list(_walk(wanted, left))
    astray.sort(key=lambda unit: -len(letters(unit.text)))
    return [unit for unit in astray if not _take(letters(unit.text), left)]


def _walk(wanted: Iterable[Unit], pages: list[str]) -> Iterator[Unit]:
    """Use up the units that follow each other in order; yield those that do not.

    Only the order can tell repeated texts apart.
    """
    number, offset = 0, 0
    for unit in wanted:
        needle = letters(unit.text)
        found = _next(needle, pages, number, offset)
        if not found:
            yield unit
            continue
        _use(found, pages)
        number, _, offset = found[-1]


Stretch = tuple[int, int, int]
"""A page, and the start and end of a match on it."""


def _next(needle: str, pages: list[str], number: int, offset: int) -> list[Stretch]:
    """Find a needle at the place reached, across the end of the page, or shortly after.

    A short needle is not looked up after other text, because it could match in the wrong place.
    """
    if pages[number].startswith(needle, offset):
        return [(number, offset, offset + len(needle))]
    if offset in _ends(pages[number]) and number + 1 < len(pages):
        number, offset = number + 1, 0
        if pages[number].startswith(needle):
            return [(number, 0, len(needle))]
    found = _across(needle, pages, number, offset)
    if found and (found[0][1] == offset or (len(needle) >= _LONG and needle not in pages[number])):
        return found
    if len(needle) >= _LONG:
        for page in range(number, min(number + 2, len(pages))):
            at = pages[page].find(needle, offset if page == number else 0)
            if at >= 0:
                return [(page, at, at + len(needle))]
    return []


def _across(needle: str, pages: list[str], number: int, offset: int = 0) -> list[Stretch]:
    """Find a needle that begins on a page, at or after an offset, and ends on another."""
    if number + 1 >= len(pages):
        return []
    page = pages[number]
    for cut in _ends(page):
        for size in range(min(cut - offset, len(needle) - 1), 0, -1):
            if not page.endswith(needle[:size], offset, cut):
                continue
            rest, upto, stretches = needle[size:], number + 1, [(number, cut - size, cut)]
            while not pages[upto].startswith(rest) and upto + 1 < len(pages):
                whole = _whole(pages[upto], rest)
                if not whole:
                    break
                stretches.append((upto, 0, whole))
                rest, upto = rest[whole:], upto + 1
            at = pages[upto].find(rest)
            if at == 0 or (at > 0 and len(rest) >= _LONG):
                return [*stretches, (upto, at, at + len(rest))]
    return []


def _use(stretches: Iterable[Stretch], pages: list[str]) -> None:
    """Mark stretches as used, so that nothing else is found there."""
    for page, start, end in stretches:
        pages[page] = pages[page][:start] + _USED * (end - start) + pages[page][end:]


def _take(needle: str, pages: list[str]) -> bool:
    """Find a needle and use up its place; return False if it is not found."""
    for number, page in enumerate(pages):
        at = page.find(needle)
        if at >= 0:
            _use([(number, at, at + len(needle))], pages)
            return True
    for number in range(len(pages) - 1):
        if found := _across(needle, pages, number):
            _use(found, pages)
            return True
    return False


def _ends(page: str) -> list[int]:
    """Return where the text of a page may end: at its end, or before the list markers there."""
    ends = [len(page)]
    for end in ends:  # grows in the loop: several markers may follow each other
        for start in range(end - 1, max(-1, end - 7), -1):
            if start not in ends and _MARKER.fullmatch(page, start, end):
                ends.append(start)
    return ends


def _whole(page: str, rest: str) -> int:
    """Return how much of a needle fills a whole page; 0 if the page has other text."""
    return next(
        (end for end in _ends(page) if end and rest.startswith(page[:end]) and end < len(rest)), 0
    )


def find_all(
    wanted: Sequence[Unit], pages: Sequence[str], span: Span, problems: list[Problem]
) -> None:
    """Report each unit missing from pages, which are reduced to their letters: PRF001."""
    problems += [absent(unit, span) for unit in missing(wanted, pages)]


def absent(unit: Unit, span: Span, where: str = "") -> Problem:
    """Say that a unit is missing (PRF001); `where` completes the message: ` in dark mode`."""
    message = f"{unit.what} is missing{where}: '{excerpt(unit.text)}'"
    return Problem("PRF001", span, message, HINT)


def no_short(span: Span, where: str = "") -> Problem:
    """Say that the short disclaimer is missing (PRF002); `where` completes the message."""
    return Problem("PRF002", span, f"the short disclaimer is missing{where}", HINT)


def excerpt(text: str, most: int = 80) -> str:
    """Return the beginning of a text, on one line of at most `most` characters."""
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1] + "…"


def internal_links(document: Document) -> Counter[str]:
    """Count the targets of the links within a document."""
    links = (link for part in document.parts for link in trees.parse(part.xhtml).iter("a"))
    targets = (link.get("href") or "" for link in links)
    return Counter(target for target in targets if target.startswith("#"))

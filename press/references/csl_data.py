"""The conversions to CSL-JSON that all bibliography formats share.

In: dates, pages, and identifiers as people write them. Out: CSL-JSON values.
This module must not know any one format, nor any third-party library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from press.core.model import Standing
from press.core.months import month_number
from press.core.problems import Span
from press.core.records import dataclass


@dataclass(frozen=True)
class RawEntry:
    """An entry from the reader of one format, not yet checked."""

    key: str
    csl: dict[str, Any]
    span: Span
    evidence: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each field (lower case), if the reader knows it."""
    unread: tuple[str, ...] = ()
    """The fields of the file that the reader has no use for."""
    standing: Standing | None = None
    also: tuple[str, ...] = ()
    """Other keys by which an article may cite the entry."""


SHOWN = 40
"""The characters of a value that a message shows."""
IN_PRESS = "in press"
"""The date of a work that is not yet published, as `issued.literal`."""


_ISO = re.compile(r"(-?\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:T.*)?[?~%]?$")
_SEASONS = {21: 1, 22: 2, 23: 3, 24: 4}  # from ISO 8601-2 to CSL


def date_parts(text: str) -> dict[str, Any]:
    """Read `2013`, `2013-11-04`, `1994-01/1994-03`, or `2013-11/..`; return {} if not a date."""
    text = text.strip()
    if not text:
        return {}
    sides = text.split("/") if text.count("/") == 1 else [text]
    parsed = [_one_date(side) for side in sides]
    if not parsed[0]:
        return {}
    date: dict[str, Any] = {"date-parts": [part for part in parsed if part]}
    if text[-1:] in "?~%":
        date["circa"] = True
    first = parsed[0]
    if len(first) > 1 and first[1] in _SEASONS:
        date = {"date-parts": [first[:1]], "season": _SEASONS[first[1]]}
    return date


def _one_date(text: str) -> list[int]:
    match = _ISO.match(text.strip())
    if match is None:
        return []
    parts = [int(part) for part in match.groups() if part]
    if len(parts) > 1 and not (1 <= parts[1] <= 12 or parts[1] in _SEASONS):
        return parts[:1]
    if len(parts) > 2 and not 1 <= parts[2] <= 31:
        return parts[:2]
    return parts


def date_text(date: Any) -> str:
    """Write a date of CSL-JSON so that `date_parts` reads it: `2013-11-04`, `1994/1995`."""
    if not isinstance(date, Mapping):
        return str(date)
    numbers = dates_of(date)
    if not numbers:
        return str(date.get("literal") or date.get("raw") or "")
    written = [
        "-".join([f"{side[0]:04}", *(f"{part:02}" for part in side[1:])]) for side in numbers
    ]
    season = str(date.get("season") or "")
    if season in {"1", "2", "3", "4"} and len(written[0]) == 4:
        written[0] += f"-2{season}"
    return "/".join(written) + ("~" if date.get("circa") else "")


_SEASON_NAMES = {"spring": 1, "summer": 2, "autumn": 3, "fall": 3, "winter": 4}
_WRITTEN = (  # dates in words, in either order: 13 September 2021; September 13, 2021
    re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s.-]+(?P<month>[A-Za-z]{3,9})\.?[\s,-]+(?P<year>\d{4})"),
    re.compile(r"(?P<month>[A-Za-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})"),
    re.compile(r"(?P<month>[A-Za-z]{3,9})\.?,?\s+(?P<year>\d{4})"),
    re.compile(r"(?P<day>\d{1,2})(?P<sign>[./])(?P<number>\d{1,2})(?P=sign)(?P<year>\d{4})"),
)  # fmt: skip


def loose_date(text: str) -> dict[str, Any]:
    """Read `2012 Dec 1`, `2012 Jan-Feb`, or `2012/12/01/`; keep anything else as literal text."""
    if written := written_date(text):
        return written
    match = re.match(r"\s*(\d{4})\b[\s/.,-]*([^\W_]+)?[\s/.,-]*(\d{1,2}\b)?", text)
    if match is None:
        return {"literal": text.strip()} if text.strip() else {}
    parts = [int(match[1])]
    month = (match[2] or "").lower()
    number = int(month) if month.isdecimal() else month_number(month[:3])
    if 1 <= number <= 12:
        parts.append(number)
        if match[3] and 1 <= int(match[3]) <= 31:
            parts.append(int(match[3]))
    season = {"season": _SEASON_NAMES[month]} if month in _SEASON_NAMES else {}
    return {"date-parts": [parts], **season}


def written_date(text: str) -> dict[str, Any]:
    """Read a date in words, or in digits with the year last; return {} if it is not one.

    In digits alone, a date whose day could be its month is read as the year only.
    """
    if not re.search(r"\d{4}", text):
        return {}
    for form in _WRITTEN:
        found = form.fullmatch(text.strip(" .,"))
        if found is None:
            continue
        given = found.groupdict()
        year, day = int(given["year"]), int(given.get("day") or 0)
        if given.get("number"):
            month = int(given["number"])
            if day <= 12 and month > 12:
                day, month = month, day
            elif day <= 12 and day != month:
                return {"date-parts": [[year]]}
        else:
            month = month_number(given["month"])
            season = _SEASON_NAMES.get(given["month"].lower())
            if season and not day:
                return {"date-parts": [[year]], "season": season}
        if not 1 <= month <= 12 or day > 31:
            continue
        return {"date-parts": [[year, month, day] if day else [year, month]]}
    return {}


def parse_pages(text: str) -> str:
    """Write a range with one hyphen, as CSL-JSON does; the style makes it a dash."""
    return re.sub(r"\s*(?:[-\u2010-\u2015\u2212]+)\s*", "-", text.strip())


def full_last_page(pages: str) -> str:
    """Write `2475-83` as `2475-2483`: the style shortens it again if necessary."""
    match = re.fullmatch(r"([A-Za-z]*)(\d+)-([A-Za-z]*)(\d+)", pages)
    if match is None or len(match[4]) >= len(match[2]):
        return pages
    last = match[2][: len(match[2]) - len(match[4])] + match[4]
    return f"{match[1]}{match[2]}-{match[1]}{last}"


def clean_doi(text: str) -> str:
    """Extract the DOI from `https://doi.org/10.1000/x` or `doi:10.1000/x`."""
    text = re.sub(r"^(?:https?://)?(?:dx\.)?doi\.org/", "", text.strip(), flags=re.IGNORECASE)
    return re.sub(r"^doi:\s*", "", text, flags=re.IGNORECASE).strip()


def is_doi(text: str) -> bool:
    """Return whether the text has the form of a DOI: `10.`, a registrant, a slash, a suffix."""
    return re.fullmatch(r"10\.\d{2,9}(?:\.\d+)*/\S+", text) is not None


def clean_pmid(text: str) -> str:
    """Extract the number from `PMID: 22784486` or from a PubMed address."""
    text = re.sub(r"^https?://\S*?/(\d+)/?$", r"\1", text.strip())
    return re.sub(r"^pmid:?\s*", "", text, flags=re.IGNORECASE)


def clean_pmcid(text: str) -> str:
    """Write `3799067` or `pmc3799067` as `PMC3799067`."""
    text = re.sub(r"^https?://\S*?/(PMC\d+)/?$", r"\1", text.strip(), flags=re.IGNORECASE)
    text = re.sub(r"^pmcid:?\s*", "", text, flags=re.IGNORECASE)
    return re.sub(r"^(?:pmc)?(\d+)(?:\.\d+)?$", r"PMC\1", text, flags=re.IGNORECASE)


class Keys:
    """The keys of a bibliography, to which free ones are added."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._tried: dict[str, int] = {}

    def free(self, key: str) -> str:
        """Take a key that is free: `roe2010`, or else `roe2010b`."""
        number = self._tried.get(key, 0)
        while (found := f"{key}{self._end(number)}") in self._taken:
            number += 1
        self._tried[key] = number + 1
        self._taken.add(found)
        return found

    @staticmethod
    def _end(number: int) -> str:
        letters = ("", *"bcdefghijklmnopqrstuvwxyz")
        return letters[number] if number < len(letters) else f"-{number + 1}"


def with_own_keys(entries: Sequence[RawEntry]) -> list[RawEntry]:
    """Give each entry that has no key one of its first author and year."""
    keys = Keys(entry.key for entry in entries)
    return [
        entry if entry.key else replace(entry, key=keys.free(made_up_key(entry.csl)))
        for entry in entries
    ]


def made_up_key(csl: Mapping[str, Any]) -> str:
    """Make a key from the first author and the year: `rodriguez2013`."""
    people = [*people_of(csl.get("author")), *people_of(csl.get("editor")), {}]
    name = people[0].get("family") or people[0].get("literal") or csl.get("title") or ""
    return (re.sub(r"\W+", "", str(name).lower())[:30] or "entry") + year_of(csl)


def year_of(csl: Mapping[str, Any]) -> str:
    """Return the year in which a work was issued; empty if it is not known."""
    return "".join(str(side[0]) for side in dates_of(csl.get("issued"))[:1])


def people_of(value: Any) -> list[Mapping[str, Any]]:
    """Return the names of a variable; none if a file has something else in their place."""
    names = value if isinstance(value, list) else []
    return [name for name in names if isinstance(name, Mapping)]


def dates_of(value: Any) -> list[list[int]]:
    """Return the year, month, and day of each side of a date; none if it is only text."""
    sides = value.get("date-parts") if isinstance(value, Mapping) else None
    found = []
    for side in sides if isinstance(sides, list) else []:
        parts = [str(part) for part in side] if isinstance(side, list) else []
        if parts and all(re.fullmatch(r"-?\d{1,4}", part) for part in parts):
            found.append([int(part) for part in parts])
    return found

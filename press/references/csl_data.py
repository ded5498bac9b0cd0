"""The conversions to CSL-JSON that all bibliography formats share.

In: dates, pages, and identifiers as people write them. Out: CSL-JSON values.
This module must not know any one format, nor any third-party library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from press.core.months import month_number
from press.core.problems import Span


@dataclass(frozen=True)
class RawEntry:
    """An entry from the reader of one format, not yet checked."""

    key: str
    csl: dict[str, Any]
    span: Span
    evidence: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each field (lower case), if the reader knows it."""


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


def loose_date(text: str) -> dict[str, Any]:
    """Read `2012 Dec 1`, `2012 Jan-Feb`, or `2012/12/01/`; keep anything else as literal text."""
    match = re.match(r"\s*(\d{4})\b[\s/.,-]*(\w+)?[\s/.,-]*(\d{1,2})?", text)
    if match is None:
        return {"literal": text.strip()} if text.strip() else {}
    parts = [int(match[1])]
    month = (match[2] or "").lower()
    number = int(month) if month.isdigit() else month_number(month[:3])
    if 1 <= number <= 12:
        parts.append(number)
        if match[3] and 1 <= int(match[3]) <= 31:
            parts.append(int(match[3]))
    return {"date-parts": [parts]}


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

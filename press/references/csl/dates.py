"""Dates, as CSL-JSON gives them.

In: a value of CSL-JSON. Out: `CslDate`. This module must not know styles or articles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from press.core.months import month_number
from press.core.records import dataclass
from press.references.csl.markup import from_csl

PARTS = ("year", "month", "day")


@dataclass(frozen=True)
class CslDate:
    """A date of CSL-JSON."""

    days: tuple[tuple[int, ...], ...] = ()
    season: int = 0
    literal: str = ""
    circa: bool = False
    open: bool = False
    """A range without an end."""

    def sort_key(self, names: tuple[str, ...] = PARTS) -> str:
        """Return text that sorts in the order of the dates."""
        keys = []
        for day in self.days:
            year, month, number = (*day, 0, 0)[:3]
            month = month if "month" in names else 0
            keys.append(f"{year + 10000:05}{month:02}{number if 'day' in names else 0:02}")
        return "-".join(keys) or self.literal


def to_date(value: Any) -> CslDate | None:
    """Read a CSL-JSON date; return None if it is empty."""
    if isinstance(value, str | int):
        value = {"raw": str(value)}
    if not isinstance(value, Mapping):
        return None
    days = [_numbers(parts) for parts in value.get("date-parts") or []]
    literal = from_csl(str(value.get("literal") or ""))
    raw = from_csl(str(value.get("raw") or ""))
    if raw and not any(days):
        days = _from_raw(raw)
        literal = literal or ("" if days else raw)
    seasons = {str(number): number for number in range(1, 5)}
    season = seasons.get(str(value.get("season")), 0)
    if value.get("season") and not season and len(days) == 1 and not literal:
        literal = from_csl(f"{value['season']} {days[0][0]}") if days[0] else ""
        days = [] if literal else days
    end_missing = len(days) > 1 and days[0] != () and days[1][:1] in {(), (0,)}
    days = [day for day in days if day and day[0] != 0]
    if not days and not literal:
        return None
    circa = str(value.get("circa", "")).lower() not in {"", "0", "false", "none"}
    return CslDate(tuple(days[:2]), season, literal, circa, end_missing)


def _numbers(parts: Any) -> tuple[int, ...]:
    numbers = []
    for part in parts if isinstance(parts, list) else []:
        try:
            numbers.append(int(part))
        except (TypeError, ValueError):
            break
    return tuple(numbers[:3])


def _from_raw(text: str) -> list[tuple[int, ...]]:
    """Read `2005-12-15`, `12 May 2013`, `May 2013`, and ranges of them.

    The end of an open range (`1987-`) is empty; of any other text, nothing is read.
    """
    if (found := re.fullmatch(r"(.*\d)\s*(?:/|-+|–)\s*(?:\.\.)?", text)) and (
        day := _from_words(found[1])
    ):
        return [day, ()]
    for sides in ([text], re.split(r"\s*(?:/|--|–)\s*|\s+-\s+", text), text.split("-")):
        days = [_from_words(side) for side in sides]
        if len(days) <= 2 and all(days):
            return days
    return []


def _from_words(text: str) -> tuple[int, ...]:
    if match := re.fullmatch(
        r"(-?\d{3,4})(?:[-/](\d{1,2}))?(?:[-/](\d{1,2}))?(?:T.*)?", text.strip()
    ):
        return tuple(int(part) for part in match.groups() if part)
    if match := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text.strip()):
        return (int(match[3]), int(match[1]), int(match[2]))
    words = re.findall(r"[^\W\d_]+|\d+", text)
    months = [number for w in words if (number := month_number(w[:3]))]
    years = [int(w) for w in words if len(w) == 4 and w.isdigit()]
    days = [int(w) for w in words if len(w) <= 2 and w.isdigit()]
    known = len(months) + len(years) + len(days)
    if len(years) != 1 or len(months) != 1 or len(days) > 1 or known != len(words):
        return ()
    return (years[0], months[0], *days)

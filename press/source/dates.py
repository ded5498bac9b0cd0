"""Dates and intervals as authors write them, and as other tools do.

In: the text of a value. Out: a date, or an interval such as 12 months. The clock is never read.
This module must not know front matter.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from press.core.months import month_number
from press.core.records import dataclass

_LAST_YEAR = 2100  # the ZIP format of an EPUB has no dates after 2107 (APPNOTE 4.4.6)
_TIME = r"(?:[T\s]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?)?"
_DIGITS = re.compile(rf"(\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}){_TIME}")
"""Year, month, day, and perhaps a time and zone, as in Jekyll."""
_SPELLED = re.compile(
    r"(?:[A-Za-z]{3,9}day,?\s+)?"
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month>[A-Za-z]{3,9})\.?"
    r"|(?P<Month>[A-Za-z]{3,9})\.?\s+(?P<Day>\d{1,2})(?:st|nd|rd|th)?)"
    r",?\s+(?P<year>\d{4})"
)
_YEAR_LAST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")
_MOVING = re.compile(r"(?i)today|now|last-modified|`r .*Sys\.(?:Date|time).*`")
_INTERVAL = re.compile(r"(?i)(\d{1,4}|a|an|one)[\s-]*(day|week|month|year)s?")
_DAYS = {"day": 1, "week": 7}
_LONGEST = 1200  # months: a century


@dataclass(frozen=True)
class Interval:
    """A span of time: days, and months of the calendar."""

    days: int = 0
    months: int = 0

    def after(self, day: date) -> date | None:
        """Return the day at the end of the interval; None if it is too late to be stored."""
        count = day.year * 12 + day.month - 1 + self.months
        year, month = count // 12, count % 12 + 1
        if year >= _LAST_YEAR:
            return None
        last = calendar.monthrange(year, month)[1]
        end = date(year, month, min(day.day, last)) + timedelta(days=self.days)
        return end if end.year < _LAST_YEAR else None


def read_interval(text: str) -> Interval | None:
    """Read an interval such as `12 months`, `1 year`, or `90 days`; None if it is not one."""
    found = _INTERVAL.fullmatch(text)
    if not found:
        return None
    count = int(found[1]) if found[1].isdigit() else 1
    unit = found[2].lower()
    if unit in _DAYS:
        return Interval(days=count * _DAYS[unit]) if count else None
    months = count * (12 if unit == "year" else 1)
    return Interval(months=months) if 0 < months <= _LONGEST else None


def read_day(text: str) -> date | None:
    """Read a date in digits, or in English words; None if it is not a valid date.

    `3/4/2026` is not valid: it is in March or in April, depending on the reader.
    """
    try:
        days = _days(text)
    except ValueError:
        return None
    return days[0] if len(days) == 1 and days[0].year < _LAST_YEAR else None


def date_hint(text: str) -> str:
    """Return a hint on how to write a date instead of one that is not valid."""
    try:
        days = [day for day in _days(text) if day.year < _LAST_YEAR]
    except ValueError:
        days = []
    if days:
        return "write " + " or ".join(day.isoformat() for day in days)
    return "write year-month-day, for example 2026-11-22"


def is_moving(text: str) -> bool:
    """Return whether a value means the day of the build, such as Quarto's `today`."""
    return bool(_MOVING.fullmatch(text))


def _days(text: str) -> list[date]:
    """Return the days that a text can mean: one, or two if day and month can be exchanged."""
    if found := _DIGITS.fullmatch(text):
        year, month, day = map(int, re.split("[-/]", found[1]))
        return [date(year, month, day)]
    if found := _YEAR_LAST.fullmatch(text):
        one, two, year = int(found[1]), int(found[3]), int(found[4])
        pairs = {(two, one)} if found[2] == "." else {(one, two), (two, one)}
        return sorted(date(year, month, day) for month, day in pairs if month <= 12)
    if found := _SPELLED.fullmatch(text):
        month = month_number(found["month"] or found["Month"])
        return [date(int(found["year"]), month, int(found["day"] or found["Day"]))]
    return [date.fromisoformat(text)]

"""Dates as a citation style prints them, with ranges and the letters of `2020a`.

In: an item's dates, and the style's `cs:date`. Out: marked text.
With `names`, `render`, and `engine`, this module owns citeproc. It must not know articles, files,
or XHTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from citeproc import model
from citeproc.source import VariableError

from press.references.csl.base import StyleElement
from press.references.csl.case import change_case
from press.references.csl.markup import from_csl

_BITS = ("year", "month", "day")
_AD = 1000


@dataclass(frozen=True)
class CslDate:
    """A date of CSL-JSON."""

    days: tuple[tuple[int, ...], ...] = ()
    season: int = 0
    literal: str = ""
    circa: bool = False

    def sort_key(self) -> str:
        """Return text that sorts in the order of the dates."""
        padded = [(*day, 0, 0)[:3] for day in self.days]
        keys = [f"{year + 10000:05}{month:02}{day:02}" for year, month, day in padded]
        return "-".join(keys) or self.literal

    def get(self, name: str, default: Any = None) -> Any:
        """Return the only value that citeproc asks for: whether the date is uncertain."""
        return self.circa if name == "circa" else default


def to_date(value: Any) -> CslDate | None:
    """Read a CSL-JSON date; return None if it is empty."""
    if isinstance(value, str | int):
        return CslDate(literal=from_csl(str(value))) if str(value) else None
    if not isinstance(value, Mapping):
        return None
    days = []
    for parts in value.get("date-parts") or []:
        numbers = []
        for part in parts if isinstance(parts, list) else []:
            try:
                numbers.append(int(part))
            except (TypeError, ValueError):
                break
        if numbers:
            days.append(tuple(numbers[:3]))
    literal = from_csl(str(value.get("literal") or value.get("raw") or ""))
    seasons = {str(number): number for number in range(1, 5)}
    season = seasons.get(str(value.get("season")), 0)
    if not days and not literal:
        return None
    return CslDate(tuple(days[:2]), season, literal, bool(value.get("circa")))


class Date(StyleElement, model.Date):  # type: ignore[misc]
    """`cs:date`: one date, in the form of the style or of the locale."""

    def render(self, item: Any, *_: Any, **__: Any) -> Any:
        """Render the date; raise `VariableError` if it is missing."""
        item.called += 1
        date = item.reference[self.get("variable", "").replace("-", "_")]
        if not isinstance(date, CslDate):
            raise VariableError
        item.rendered += 1
        if not date.days:
            return self.wrap(self.format(date.literal + self._year_suffix(item)))
        wanted = self.get("date-parts", "-".join(_BITS)).split("-")
        parts, delimiter = self._parts(wanted)
        text = self._render_parts(item, date, parts, delimiter)
        return self.wrap(self.format(self._cased(text))) if text else None

    def _cased(self, text: str) -> str:
        case = self.get("text-case")
        return change_case(text, case, english=True) if case else text

    def _parts(self, wanted: list[str]) -> tuple[list[dict[str, str]], str]:
        """List the parts to print, each with its attributes, and the delimiter between them."""
        own = {str(part.get("name")): dict(part.attrib) for part in self.date_parts()}
        form = self.get("form")
        if form is None:
            return list(own.values()), self.get("delimiter", "")
        local = self.get_date(form)
        if local is None:
            raise VariableError
        parts = [
            {**dict(part.attrib), **own.get(str(part.get("name")), {})}
            for part in local.iterchildren(f"{{{self.nsmap['cs']}}}date-part")
            if part.get("name") in wanted
        ]
        return parts, local.get("delimiter", "")

    def date_parts(self) -> list[Any]:
        """Return the `cs:date-part`s of this element."""
        return list(self.findall("cs:date-part", self.nsmap))

    def _render_parts(
        self, item: Any, date: CslDate, parts: list[dict[str, str]], delimiter: str
    ) -> str:
        begin, end = date.days[0], date.days[-1]
        names = [part["name"] for part in parts]
        differing = [n for i, n in enumerate(_BITS) if begin[i : i + 1] != end[i : i + 1]]
        if differing:  # all parts smaller than the first difference differ, too
            differing = list(_BITS[_BITS.index(differing[0]) :])
        out: list[str] = []
        place = 0
        while place < len(parts):
            run = place
            while run < len(parts) and names[run] in differing:
                run += 1
            if run > place:
                sides = [
                    self._join(
                        [self._part(item, date, side, p) for p in parts[place:run]], delimiter
                    )
                    for side in (begin, end)
                ]
                if all(sides):
                    sides = [sides[0].rstrip(" "), sides[1].lstrip(" ")]
                out.append("–".join(side for side in sides if side))
                place = run
            else:
                out.append(self._part(item, date, begin, parts[place]))
                place += 1
        return self._join(out, delimiter)

    def _join(self, texts: list[str], delimiter: str) -> str:
        return delimiter.join(text for text in texts if text)

    def _part(
        self, item: Any, date: CslDate, day: tuple[int, ...], attributes: Mapping[str, str]
    ) -> str:
        name = attributes["name"]
        if name == "year":
            text = self._year(day[0], attributes.get("form", "long")) + self._year_suffix(item)
        elif name == "month":
            text = self._month(date, day, attributes.get("form", "long"))
        else:
            text = self._day(day, attributes.get("form", "numeric"))
        if attributes.get("strip-periods") == "true":
            text = text.replace(".", "")
        if case := attributes.get("text-case"):
            text = change_case(text, case, english=True)
        if not text:
            return ""
        return attributes.get("prefix", "") + text + attributes.get("suffix", "")

    def _year(self, year: int, form: str) -> str:
        if form == "short":
            return f"{abs(year) % 100:02}"
        term = "bc" if year < 0 else "ad" if 0 < year < _AD else ""
        return str(abs(year)) + (str(self.get_single_term(name=term)) if term else "")

    def _month(self, date: CslDate, day: tuple[int, ...], form: str) -> str:
        if len(day) < 2:
            season = self.get_single_term(name=f"season-{date.season:02}") if date.season else ""
            return str(season)
        month = day[1]
        if form.startswith("numeric"):
            return f"{month:02}" if form.endswith("zeros") else str(month)
        return str(self.get_single_term(name=f"month-{month:02}", form=_form(form)))

    def _day(self, day: tuple[int, ...], form: str) -> str:
        if len(day) < 3:
            return ""
        if form == "numeric-leading-zeros":
            return f"{day[2]:02}"
        only_first = self.get_locale_option("limit-day-ordinals-to-day-1") == "true"
        if form == "ordinal" and (day[2] == 1 or not only_first):
            return str(model.to_ordinal(day[2], self))
        return str(day[2])

    def _year_suffix(self, item: Any) -> str:
        """Return the letter of `2020a`, unless the style places it explicitly."""
        if self.get("variable") != "issued" or self.get_root().places_year_suffix:
            return ""
        return "" if item.sorting else str(item.reference.get("year_suffix", ""))


def _form(form: str) -> str | None:
    return form if form == "short" else None

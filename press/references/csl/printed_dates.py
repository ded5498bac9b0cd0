"""Dates as a citation style prints them, with ranges and the letters of `2020a`.

In: dates, and the style's `cs:date`. Out: marked text.
This module must not know articles, files, or XHTML.
"""

from __future__ import annotations

from collections.abc import Mapping

from press.references.csl.dates import PARTS, CslDate
from press.references.csl.printing import Printing
from press.references.csl.style import Node

_AD = 1000
_SEASON = 12
"""A month above this number is a season: 13 to 16, or 21 to 24."""


def render_date(node: Node, rendering: Printing) -> str:
    """Render `cs:date`, without its own affixes; raise nothing, and return "" if it is missing."""
    variable = node.get("variable", "")
    date = rendering.date(variable)
    if date is None:
        return ""
    if rendering.sorting:
        shown = [part.get("name", "") for part in node.all("date-part")]
        wanted = node.get("date-parts", "-".join(PARTS)).split("-")
        return date.sort_key(tuple(wanted if node.get("form") else shown))
    maker = _Maker(node, date, rendering)
    text = maker.text() if date.days else date.literal + maker.year_suffix()
    if not text:  # a year without the month that the style prints is like no date
        rendering.rendered -= 1
    return text


class _Maker:
    """One date, on its way to text."""

    def __init__(self, node: Node, date: CslDate, rendering: Printing) -> None:
        self.node, self.date, self.rendering = node, date, rendering
        self.locale = rendering.locale
        self.suffixed = False

    def _parts(self) -> tuple[list[dict[str, str]], str]:
        """List the parts to print, each with its attributes, and the delimiter between them."""
        own = {part.get("name", ""): part.attributes for part in self.node.all("date-part")}
        form = self.node.get("form")
        if form is None:
            parts = [dict(part.attributes) for part in self.node.all("date-part")]
            return parts, self.node.get("delimiter", "")
        local = self.locale.date(form)
        if local is None:
            return [], ""
        wanted = self.node.get("date-parts", "-".join(PARTS)).split("-")
        parts = [
            {**part.attributes, **own.get(part.get("name", ""), {})}
            for part in local.all("date-part")
            if part.get("name") in wanted
        ]
        return parts, self.node.get("delimiter") or local.get("delimiter", "")

    def text(self) -> str:
        """Return the date, or the range."""
        parts, delimiter = self._parts()
        begin, end = self.date.days[0], self.date.days[-1]
        if self.date.open:
            text = self._join(parts, begin, delimiter)
            return text.rstrip() + "–" if text else ""
        shown = {part.get("name") for part in parts}
        differing = [
            n for i, n in enumerate(PARTS) if n in shown and begin[i : i + 1] != end[i : i + 1]
        ]
        if not differing:
            return self._join(parts, begin, delimiter)
        # All parts smaller than the largest that differs are printed on both sides.
        largest = differing[0]
        first = PARTS.index(largest)
        apart = [i for i, part in enumerate(parts) if part.get("name") in PARTS[first:]]
        start, stop = apart[0], apart[-1] + 1
        dash = next(
            (
                p["range-delimiter"]
                for p in parts
                if p.get("name") == largest and "range-delimiter" in p
            ),
            "–",
        )
        inner = parts[start:stop]
        last_of_first = [*inner[:-1], {**inner[-1], "suffix": ""}]
        first_of_last = [{**inner[0], "prefix": ""}, *inner[1:]]
        left = self._join(last_of_first, begin, delimiter).rstrip(" ")
        right = self._join(first_of_last, end, delimiter)
        middle = dash.join(side for side in (left, right) if side)
        around = [
            self._join(parts[:start], begin, delimiter),
            middle,
            self._join(parts[stop:], end, delimiter),
        ]
        return delimiter.join(text for text in around if text)

    def _join(self, parts: list[dict[str, str]], day: tuple[int, ...], delimiter: str) -> str:
        texts = [self._part(part, day) for part in parts]
        return delimiter.join(text for text in texts if text)

    def _part(self, attributes: Mapping[str, str], day: tuple[int, ...]) -> str:
        name = attributes.get("name", "")
        if name == "year":
            text = self._year(day[0], attributes.get("form", "long"))
        elif name == "month":
            text = self._month(day, attributes.get("form", "long"))
        else:
            text = self._day(day, attributes.get("form", "numeric"))
        if not text:
            return ""
        suffix = self.year_suffix() if name == "year" else ""
        return self.rendering.decorate(attributes, text + suffix)

    def _year(self, year: int, form: str) -> str:
        if form == "short":
            return f"{abs(year) % 100:02}"
        term = "bc" if year < 0 else "ad" if 0 < year < _AD else ""
        return str(abs(year)) + (self.locale.word(term) if term else "")

    def _month(self, day: tuple[int, ...], form: str) -> str:
        month = day[1] if len(day) > 1 else 0
        if not month:
            return self.locale.word(f"season-{self.date.season:02}") if self.date.season else ""
        if month > _SEASON:
            number = (month - 1) % 4 + 1
            return self.locale.word(f"season-{number:02}")
        if form.startswith("numeric"):
            return f"{month:02}" if form.endswith("zeros") else str(month)
        return self.locale.word(f"month-{month:02}", form)

    def _day(self, day: tuple[int, ...], form: str) -> str:
        if len(day) < 3 or not day[2]:
            return ""
        if form == "numeric-leading-zeros":
            return f"{day[2]:02}"
        only_first = self.locale.option("limit-day-ordinals-to-day-1")
        if form == "ordinal" and (day[2] == 1 or not only_first):
            return self.locale.ordinal(day[2], self.locale.gender(f"month-{day[1]:02}"))
        return str(day[2])

    def year_suffix(self) -> str:
        """Return the letter of `2020a`, unless the style places it explicitly."""
        rendering = self.rendering
        if self.suffixed or rendering.style.places_year_suffix:
            return ""
        self.suffixed = True
        return rendering.letter(self.node.get("variable", ""))

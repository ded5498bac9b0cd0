"""One cited work, in the form that the citation processor expects.

In: a CSL-JSON item. Out: `Item`, whose text is clean and marked (see `markup`); values of the wrong
type are left out. This module must not know styles, articles, or XHTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from press.core.records import dataclass
from press.references.csl.dates import CslDate, to_date
from press.references.csl.markup import from_csl, strip, without_illegal

_DATES = {"accessed", "available-date", "container", "event-date", "issued", "original-date",
          "submitted"}  # fmt: skip
_IDENTIFIERS = {"DOI", "URL", "PMID", "PMCID"}
_NAMES = {
    "author", "chair", "collection-editor", "compiler", "composer", "container-author",
    "contributor", "curator", "director", "editor", "editor-translator", "editorial-director",
    "executive-producer", "guest", "host", "illustrator", "interviewer", "narrator", "organizer",
    "original-author", "performer", "producer", "recipient", "reviewed-author", "script-writer",
    "series-creator", "translator",
}  # fmt: skip
_ALIASES = {"shortTitle": "title-short", "journalAbbreviation": "container-title-short"}
OTHERS = "others"
"""The literal name of those whom a bibliography does not name."""


@dataclass(frozen=True)
class Person:
    """A person, or an organization, whose name is `literal`."""

    family: str = ""
    given: str = ""
    dropping: str = ""
    """A particle that is left out with the given name: `de` in `Jean de La Fontaine`."""
    particle: str = ""
    """A particle that stays with the family name: `La`."""
    suffix: str = ""
    comma: bool = False
    """The suffix follows a comma."""
    literal: str = ""
    fixed: bool = False
    """The parts keep their order."""

    @property
    def short(self) -> str:
        """Return the family name, or the name of the organization."""
        return self.literal or join_words(self.particle, self.family)

    @property
    def is_others(self) -> bool:
        """Return whether this is those whom a bibliography does not name."""
        return self.literal == OTHERS


def join_words(*parts: str) -> str:
    """Join nonempty parts, without a space after an apostrophe or a hyphen (`d'`, `al-`)."""
    out = ""
    for part in parts:
        if part and out and strip(out)[-1:] not in {"’", "'", "-", "–", "\u00a0"}:
            out += " "
        out += part
    return out


class Item:
    """One cited work, and what tells its cites from those of others."""

    def __init__(self, key: str, csl: Mapping[str, Any]) -> None:
        self.key = key
        self.type = str(csl.get("type", "document"))
        self.fields: dict[str, str] = {}
        self.names: dict[str, tuple[Person, ...]] = {}
        self.dates: dict[str, CslDate] = {}
        for name, value in csl.items():
            if name not in {"id", "type", "custom"}:
                self._read(_ALIASES.get(name, name), value)
        self.number = 0
        self.year_suffix = ""
        self.more_names = 0
        """The number of names shown beyond the style's, so that cites differ."""
        self.levels: dict[Person, int] = {}
        """How much of a given name is shown: 1 for initials, 2 for all."""
        self.place_levels: dict[int, int] = {}
        self.disambiguated = False

    def _read(self, name: str, value: Any) -> None:
        if name in _NAMES:
            people = value if isinstance(value, list) else []
            persons = tuple(_person(person) for person in people if isinstance(person, Mapping))
            if named := tuple(p for p in persons if p.family or p.literal):
                self.names[name] = named
        elif name in _DATES:
            if date := to_date(value):
                self.dates[name] = date
        elif isinstance(value, str | int | float):
            clean = without_illegal if name in _IDENTIFIERS else from_csl
            if text := clean(str(value)):
                self.fields[name] = text

    def has(self, name: str) -> bool:
        """Return whether a variable has a value."""
        return name in self.fields or name in self.names or name in self.dates

    def language(self, default: str) -> str:
        """Return the language of the work, without its region."""
        return re.split("[-_]", self.fields.get("language", "") or default)[0].lower()

    @property
    def trigraph(self) -> str:
        """Return a label from names and year: `Ben76`, or `AsMo24` for several authors."""
        people = self.names.get("author") or self.names.get("editor") or ()
        count = {1: 4, 2: 2, 3: 1}.get(len(people), 1)
        names = "".join(strip(person.family or person.literal)[:count] for person in people[:4])
        issued = self.dates.get("issued")
        year = f"{abs(issued.days[0][0]) % 100:02}" if issued and issued.days else ""
        return names + year

    @property
    def in_short(self) -> str:
        """Return author, title, and year, for a style that prints nothing."""
        people = self.names.get("author") or self.names.get("editor") or ()
        issued = self.dates.get("issued")
        year = str(issued.days[0][0]) if issued and issued.days else ""
        parts = (people[0].short if people else "", self.fields.get("title", ""), year)
        return ". ".join(part for part in parts if part) or from_csl(self.key)


def _person(person: Mapping[str, Any]) -> Person:
    text = {name: without_illegal(str(value)) for name, value in person.items() if value}
    literal, family, given = (text.get(name, "") for name in ("literal", "family", "given"))
    if literal or not family:
        return Person(literal=from_csl(literal or given))
    dropping = text.get("dropping-particle", "")
    particle = text.get("non-dropping-particle", "")
    suffix, comma = text.get("suffix", ""), bool(person.get("comma-suffix"))
    if re.fullmatch(r'".+"', family):  # quotation marks keep a name whole
        family = family[1:-1]
    elif not particle and (found := _LEADING.fullmatch(family)):
        particle, family = found[1].strip(), found[2]
    if not suffix and (found := _SUFFIX.fullmatch(given)):
        given, suffix, comma = found[1], found[3], comma or bool(found[2])
    if not dropping and (found := _TRAILING.fullmatch(given)):
        given, dropping = found[1], found[2]
    fixed = bool(person.get("static-ordering"))
    return Person(
        from_csl(family), from_csl(given), from_csl(dropping), from_csl(particle),
        from_csl(suffix), comma, fixed=fixed,
    )  # fmt: skip


_LOW = r"['’]?[a-zß-öø-ÿ][a-zß-öø-ÿ.]*"
_LEADING = re.compile(
    rf"((?:{_LOW} )*(?:{_LOW}(?: |-(?=[A-Z]))|(?:{_LOW} )*[a-z]{{1,2}}['’] ?))"
    r"([^a-zß-öø-ÿ'’\s].*)"
)
"""Words in small letters before a family name: `van der Berg`, `al-Sayed`, `d'Arcy`."""
_TRAILING = re.compile(rf"(.*[^\s]) ((?:{_LOW} )*(?:{_LOW}|[a-z]{{1,2}}['’]))")
_SUFFIX = re.compile(r"(.+?),(!?) +((?:[JS]r|[IVX]+|[Mm]\.?D|Ph\.?D|Esq|[2-9](?:nd|rd|th))\b\.?)")

"""Placeholders filled in at build time, such as `{{ clinic.telephone }}` or `{{ crisis.line }}`.

In: an article's front matter, the data by locale, a clinic's details. Out: the text to print, or
the reason why there is none. Nothing is evaluated: each name has one text as its value.
This module must not know the article's text, nor any renderer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lxml import etree

from press.core.labels import spell_date
from press.core.model import Config, Data, Imprint, Matter
from press.core.nearest import nearest
from press.core.trees import Element

CLINIC = ("name", "telephone", "hours", "address", "web")
"""The details that a clinic can give, in the order of the contact box."""
OTHER = r"(?:\s*\\?\|[ \t]*([^{}|\n]*?))?"
"""The words of a placeholder that are printed if it has no value, after a bar."""
PLACEHOLDER = re.compile(rf"\{{\{{\s*([\w-]+(?:\.[\w-]+)+){OTHER}\s*\}}\}}")
"""A placeholder in a text that is not Markdown."""
_DIAL = re.compile(r"\[([^\[\]]+)\]\((tel:\+?\d[\d-]*)\)")
_DATES = ("date", "reviewed", "sources-checked", "next-review")


class Placeholders:
    """The values of an article's placeholders."""

    def __init__(
        self,
        matter: Matter,
        config: Config,
        data: Sequence[Data],
        clinic: Mapping[str, str],
        labels: Mapping[str, str],
    ) -> None:
        self.labels = labels
        self.clinic = clinic
        self.words = {f"article.{name}": word for name, word in _article(matter, labels).items()}
        self.absent = {name for name, word in self.words.items() if not word}
        self.unset = {*self.absent, *(() if matter.reviewer else ("article.reviewer",))}
        """The placeholders of the article for which the front matter has no value."""
        where = config.jurisdiction
        self.locale = f"{matter.lang.partition('-')[0]}-{where}" if where else matter.lang
        self.files = {table.name: table.file for table in data}
        for table in data:
            row = _row(table, matter.lang, config.jurisdiction)
            self.words.update({f"{table.name}.{name}": word for name, word in row.items()})
        self.known = {
            *self.words,
            *(f"clinic.{name}" for name in CLINIC),
            *(f"{t.name}.{key}" for t in data for row in t.locales.values() for key in row),
        }

    def element(self, name: str, other: str | None = None) -> Element | str | None:
        """Return the text or element that replaces `{{ name | other }}`.

        Returns None if it has no value and no other words, or if there is no such placeholder.
        """
        kind, _, field = name.partition(".")
        if other is not None and name in self.known and not self._has_value(name):
            return other
        if kind == "clinic" and field in CLINIC and not self.clinic.get(field):
            line = etree.Element("span", role="img")
            line.set("class", "write-in")
            label = self.labels[f"clinic-{field}"].lower()
            line.set("aria-label", self.labels["write-in"].format(name=label))
            return line
        if kind == "clinic":
            return self.clinic.get(field)
        return _dialled(self.words[name]) if self.words.get(name) else None

    def _has_value(self, name: str) -> bool:
        kind, _, field = name.partition(".")
        if kind == "clinic":
            return bool(self.clinic.get(field))
        return bool(self.words.get(name)) and name not in self.unset

    def fill_text(self, text: str) -> str:
        """Fill the placeholders of a text that is not Markdown (a title, a notice's short text)."""

        def word(found: re.Match[str]) -> str:
            value = self.element(found[1], found[2])
            if value is None or isinstance(value, str):
                return found[0] if value is None else value
            return found[0] if value.get("class") else "".join(value.itertext())

        return PLACEHOLDER.sub(word, text)

    def why_not(self, name: str) -> tuple[str, str, str]:
        """Return code, message, and hint for a missing value."""
        kind, _, field = name.partition(".")
        shown = f"{{{{ {name} }}}}"
        if name in self.absent:
            key = key_of(name)
            return "WRD002", f"{shown}: the front matter has no '{key}'", f"write '{key}: …'"
        if kind == "clinic" and field in CLINIC:
            hint = "use it only in the text below the front matter"
            return "WRD002", f"{shown} has no value, and a blank line cannot be printed here", hint
        if name in self.known:
            hint = f"add a value under [{self.locale}] to {self.files.get(kind, 'the data')}"
            return "WRD002", f"{shown} has no value for locale {self.locale}", hint
        return "WRD001", f"there is no placeholder {shown}", nearest(name, self.known)


def key_of(name: str) -> str:
    """Return the key of the front matter that gives an article's placeholder its value."""
    field = name.partition(".")[2]
    return "author" if field == "authors" else field


def contact_lines(
    imprint: Imprint | None, labels: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return the label and value of each line in the contact box; '' leaves a line to write on.

    There is a line for the web address only if it is known: few people write one by hand.
    """
    clinic = imprint.clinic if imprint and imprint.contact == "filled" else {}
    names = [name for name in CLINIC if name != "web" or clinic.get(name)]
    return tuple((labels[f"clinic-{name}"], clinic.get(name, "")) for name in names)


def _dialled(value: str) -> Element | str:
    """Turn each `[988](tel:988)` in a value of the data into a telephone link."""
    first, *rest = _DIAL.split(value)
    if not rest:
        return value
    words = etree.Element("span")
    words.text = first
    for said, address, after in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        link = etree.SubElement(words, "a", href=address)
        link.text, link.tail = said, after
    return words


def telephone_link(value: str) -> str:
    """Return the link that dials a telephone number (RFC 3966); '' if there is other text."""
    digits = re.sub(r"[\s().–-]", "", value)
    return f"tel:{digits}" if re.fullmatch(r"\+?[0-9]{3,15}", digits) else ""


def _row(table: Data, lang: str, jurisdiction: str) -> Mapping[str, str]:
    """Return the values for a locale; a jurisdiction comes first, as it sets emergency numbers."""
    primary = lang.partition("-")[0]
    keys = [f"{primary}-{jurisdiction}", jurisdiction] if jurisdiction else [lang]
    return next((table.locales[key] for key in keys if key in table.locales), {})


def _article(matter: Matter, labels: Mapping[str, str]) -> dict[str, str]:
    def said(value: str) -> str:
        return labels["none"] if value.lower() == "none" else value

    reviewer = matter.reviewer
    none = not reviewer or reviewer.lower() == "none"
    words = {
        "title": matter.title,
        "subtitle": matter.subtitle,
        "authors": ", ".join(person.name for person in matter.authors),
        "reviewer": labels["not-reviewed"] if none else reviewer,
        "funding": said(matter.funding),
        "conflicts": said(matter.conflicts),
        "identifier": matter.identifier,
        "version": matter.version,
        "rights": matter.rights,
        "audience": matter.audience,
    }
    for name in _DATES:
        day = getattr(matter, name.replace("-", "_"))
        words[name] = spell_date(day, matter.lang) if day else ""
    return words

"""The engine of one citation style, which formats single cites and single entries.

In: a CSL file, a language, CSL-JSON items. Out: marked text (see `markup`).
With `item`, `names`, `dates`, and `render`, this module owns citeproc and the reading of CSL
files. It must not know clusters, articles, or XHTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from citeproc import LANGUAGE_NAMES, LOCALES_PATH, PRIMARY_DIALECTS, model
from citeproc.source import VariableError
from lxml import etree

from press.core.labels import letter
from press.references.csl.files import read_style
from press.references.csl.item import Item
from press.references.csl.markup import strip
from press.references.csl.render import CLASSES, Formatter

_NAMESPACE = "http://purl.org/net/xbiblio/csl"
_CS = {"cs": _NAMESPACE}


class StyleError(Exception):
    """The file is not a usable citation style."""


class _Style(model.Style):  # type: ignore[misc]
    """The root of a style; it reads locales with the style's parser, and only those needed."""

    def set_locale_list(self, output_locale: str, *_: Any, **__: Any) -> None:
        """Arrange the locales in the order in which terms are looked up."""
        language = output_locale.partition("-")[0]
        self.locales: list[Any] = []
        for lang in (output_locale, language, None):
            condition = f"[@xml:lang='{lang}']" if lang else "[not(@xml:lang)]"
            found = self.xpath_search(f"./cs:locale{condition}")
            self.locales += [locale for locale in found if locale not in self.locales]
        files = [output_locale] if output_locale in LANGUAGE_NAMES else []
        files += [PRIMARY_DIALECTS[language]] if language in PRIMARY_DIALECTS else []
        for name in dict.fromkeys([*files, "en-US"]):
            path = Path(LOCALES_PATH) / f"locales-{name}.xml"
            if path.is_file():
                self.locales.append(_parse(path.read_bytes()))
        for locale in self.locales:
            locale.style = self


def _parse(data: bytes) -> Any:
    lookup = etree.ElementNamespaceClassLookup()
    namespace = lookup.get_namespace(_NAMESPACE)
    namespace[None] = model.CitationStylesElement
    for cls in model.CitationStylesElement.__subclasses__():
        namespace[cls.__name__.replace("_", "-").lower()] = cls
    namespace["style"] = _Style
    namespace.update(CLASSES)
    parser = etree.XMLParser(
        remove_comments=True, remove_pis=True, no_network=True, resolve_entities=False
    )
    parser.set_element_class_lookup(lookup)
    return etree.fromstring(data, parser)


class Engine:
    """A citation style and the works cited."""

    def __init__(self, style: Path, lang: str) -> None:
        try:
            self.root = _parse(read_style(style))
        except (OSError, etree.XMLSyntaxError) as error:
            raise StyleError(str(error)) from error
        self.citation = self.root.find("cs:citation", _CS)
        self.bibliography = self.root.find("cs:bibliography", _CS)
        if not isinstance(self.root, _Style) or self.citation is None:
            raise StyleError("it is not an independent CSL style")
        if self.bibliography is None:
            raise StyleError("the style has no bibliography")
        self.root.formatter = Formatter
        self.root.terms = {}
        self.root.macros = {m.get("name"): m for m in self.root.findall("cs:macro", _CS)}
        self.root.set_locale_list(_csl_language(lang))
        explicit = "//cs:text[@variable='year-suffix']"
        self.root.places_year_suffix = bool(self.root.xpath(explicit, namespaces=_CS))
        self._elements = list(self.root.iter())  # lxml would recreate them if dropped
        self.layout = self.citation.find("cs:layout", _CS)
        self.items: dict[str, Item] = {}
        self._namesakes: set[tuple[int, str]] = set()

    @property
    def numeric(self) -> bool:
        """Return whether cites are numbers."""
        kinds = self.root.xpath("./cs:info/cs:category/@citation-format", namespaces=_CS)
        if kinds:
            return bool(kinds[0] == "numeric")
        number = ".//cs:text[@variable='citation-number']"
        return bool(self.citation.xpath(number, namespaces=_CS))

    @property
    def superscript(self) -> bool:
        """Return whether cites are superscripts."""
        return bool(self.layout.get("vertical-align") == "sup")

    @property
    def for_notes(self) -> bool:
        """Return whether the style puts its cites in footnotes."""
        return bool(self.root.get("class") == "note")

    def option(self, name: str) -> str:
        """Return an attribute of `cs:citation`."""
        return str(self.citation.get(name, ""))

    @property
    def punctuation_in_quotes(self) -> bool:
        """Return whether a period goes before a closing quotation mark."""
        return bool(self.root.get_locale_option("punctuation-in-quote") == "true")

    def term(self, name: str, form: str | None = None) -> str:
        """Return a term of the locale."""
        term = self.root.get_term(name, form)
        return str(term.single) if term is not None else ""

    def add(self, key: str, csl: Mapping[str, Any]) -> None:
        """Add a cited work; until `sort`, works are numbered in the order of adding."""
        self.items[key] = Item(key, csl, self.is_ambiguous)
        self.items[key].number = len(self.items)

    def sort(self) -> None:
        """Sort the works in the order of the bibliography, and number them."""
        items = self.sorted_by(self.bibliography, list(self.items.values()))
        self.items = {item.key: item for item in items}
        for number, item in enumerate(items, 1):
            item.number = number

    def sorted_by(self, parent: Any, items: list[Item]) -> list[Item]:
        """Sort by the `cs:sort` of `cs:citation` or `cs:bibliography`."""
        sort = parent.find("cs:sort", _CS)
        if sort is None or len(items) < 2:
            return items
        layout = parent.find("cs:layout", _CS)
        return list(sort.sort(items, layout))

    def cite(self, key: str, locator: tuple[str, str] = ("", ""), *, bare: bool = False) -> str:
        """Render one cite, without the affixes of the layout; `bare` leaves out its names."""
        item = self.items[key].start(locator=locator, suppress_names=bare)
        return self._render(self.layout, item)

    def names(self, key: str) -> str:
        """Return the names at the start of a cite; empty if the style has none there."""
        self.cite(key)
        return self.items[key].names or ""

    def entry(self, key: str) -> str:
        """Render one entry of the bibliography, without its number."""
        item = self.items[key].start(in_bibliography=True)
        layout = self.bibliography.find("cs:layout", _CS)
        text = self._render(layout, item)
        return str(layout.format(layout.wrap(text or item.in_short)))

    def _render(self, layout: Any, item: Item) -> str:
        layout.repressed = {}
        try:
            return str(layout.render_children(item) or "")
        except VariableError:
            return ""

    def is_ambiguous(self, place: int, person: Mapping[str, str]) -> bool:
        """Return whether another cited author has this family name."""
        return (place, person.get("family", "")) in self._namesakes

    def disambiguate(self) -> None:
        """Distinguish cites that look alike: by given names, more names, and then letters."""
        if self.option("disambiguate-add-givenname") == "true":
            self._find_namesakes()
        if self.option("disambiguate-add-names") == "true":
            while growing := [item for item in self._alike() if item.extra_names < _people(item)]:
                for item in growing:
                    item.extra_names += 1
        if self.option("disambiguate-add-year-suffix") == "true":
            for group in self._groups():
                for place, item in enumerate(group):
                    item.reference["year_suffix"] = letter(place)

    def _groups(self) -> list[list[Item]]:
        """Group the works whose cites look the same."""
        groups: dict[str, list[Item]] = {}
        for item in self.items.values():
            groups.setdefault(strip(self.cite(item.key)), []).append(item)
        return [group for group in groups.values() if len(group) > 1]

    def _alike(self) -> list[Item]:
        """List the works whose cites look the same although their authors differ."""
        groups = [group for group in self._groups() if len({_all_names(i) for i in group}) > 1]
        return [item for group in groups for item in group]

    def _find_namesakes(self) -> None:
        primary = self.option("givenname-disambiguation-rule").startswith("primary")
        seen: dict[tuple[int, str], set[str]] = {}
        for item in self.items.values():
            people = item.reference.get("author") or item.reference.get("editor") or []
            for place, person in enumerate(people[:1] if primary else people):
                if "family" in person:
                    given = person.get("given", "")[:1]
                    seen.setdefault((place, person["family"]), set()).add(given)
        self._namesakes = {name for name, given in seen.items() if len(given) > 1}


def _people(item: Item) -> int:
    return len(item.reference.get("author", ()))


def _all_names(item: Item) -> str:
    people: Iterable[Mapping[str, str]] = item.reference.get("author", ())
    return ";".join(f"{p.get('family')} {p.get('given')} {p.get('literal')}" for p in people)


def _csl_language(lang: str) -> str:
    """Convert a language tag to the form of CSL's locales; unknown ones become `en-US`."""
    parts = lang.replace("_", "-").split("-")
    language = {"no": "nb", "iw": "he"}.get(parts[0].lower(), parts[0].lower())
    region = next((part.upper() for part in parts[1:] if len(part) == 2), "")
    tag = f"{language}-{region}" if region else PRIMARY_DIALECTS.get(language, language)
    if tag in LANGUAGE_NAMES or language in PRIMARY_DIALECTS:
        return str(tag)
    return tag if (Path(LOCALES_PATH) / f"locales-{tag}.xml").is_file() else "en-US"

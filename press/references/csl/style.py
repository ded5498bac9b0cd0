"""Citation styles and locales (CSL 1.0.2), read once into plain objects.

In: a CSL file, and a language. Out: `Style`, with its macros, and the terms, dates, and options of
the language. The locale files are citeproc-py's. This module must not know works, names, or XHTML.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from citeproc import LANGUAGE_NAMES, LOCALES_PATH, PRIMARY_DIALECTS
from lxml import etree

from press.references.csl.files import read_style
from press.references.csl.markup import wrap
from press.references.csl_guard import flaw

_NAMESPACE = "{http://purl.org/net/xbiblio/csl}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LONGER = {"verb-short": "verb", "symbol": "short", "verb": "long", "short": "long"}


class StyleError(Exception):
    """The file is not a usable citation style."""


class Node:
    """An element of a style: its name, attributes, and children."""

    __slots__ = ("attributes", "children", "get", "tag", "text")

    def __init__(self, tag: str, attributes: Mapping[str, str], text: str) -> None:
        self.tag, self.attributes, self.text = tag, dict(attributes), text
        self.get = self.attributes.get
        self.children: list[Node] = []

    def find(self, tag: str) -> Node | None:
        """Return the first child of a name."""
        return next((child for child in self.children if child.tag == tag), None)

    def all(self, tag: str) -> list[Node]:
        """Return the children of a name."""
        return [child for child in self.children if child.tag == tag]

    def walk(self) -> Iterator[Node]:
        """Yield the element and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def _parse(data: bytes) -> Node:
    parser = etree.XMLParser(
        remove_comments=True, remove_pis=True, no_network=True, resolve_entities=False
    )
    return _node(etree.fromstring(data, parser))


def _node(element: Any) -> Node:
    node = Node(element.tag.removeprefix(_NAMESPACE), element.attrib, element.text or "")
    node.children = [_node(child) for child in element]
    return node


class Term:
    """A term of a locale, in the singular and the plural."""

    __slots__ = ("gender", "match", "multiple", "single")

    def __init__(self, node: Node) -> None:
        single, multiple = node.find("single"), node.find("multiple")
        self.single = _raised(single.text if single is not None else node.text.strip("\n"))
        self.multiple = _raised(multiple.text) if multiple is not None else self.single
        self.gender = node.get("gender", "")
        self.match = node.get("match", "")


def _raised(text: str) -> str:
    """Mark raised letters as such, as in `1ʳᵉ`: few fonts have characters for them."""
    if text.isascii():
        return text
    return "".join(
        wrap("sup", unicodedata.normalize("NFKC", c))
        if ord(c) > 0xFF and unicodedata.decomposition(c).startswith("<super>") else c
        for c in text
    )  # fmt: skip


class Locale:
    """The terms, dates, and options of a style in a language."""

    def __init__(self, sources: list[Node]) -> None:
        self._terms: list[dict[tuple[str, str, str], Term]] = []
        self._dates: dict[str, Node] = {}
        self._options: dict[str, str] = {}
        self._found: dict[tuple[str, str, str], Term | None] = {}
        for source in reversed(sources):
            terms: dict[tuple[str, str, str], Term] = {}
            for below in source.children:
                if below.tag == "terms":
                    terms.update(_terms(below))
                elif below.tag == "date":
                    self._dates[below.get("form", "")] = below
                elif below.tag == "style-options":
                    self._options.update(below.attributes)
            self._terms.insert(0, terms)
        self.ordinals: dict[tuple[str, str, str], Term] = next(
            (o for o in ({k: t for k, t in ts.items() if k[0].startswith("ordinal")}
                         for ts in self._terms) if o), {}
        )  # fmt: skip

    def term(self, name: str, form: str = "long", gender: str = "") -> Term | None:
        """Find a term; if the form is missing, a longer one is used."""
        asked = (name, form, gender)
        if asked not in self._found:
            self._found[asked] = self._find(name, form, gender)
        return self._found[asked]

    def _find(self, name: str, form: str, gender: str) -> Term | None:
        while True:
            for terms in self._terms:
                term = terms.get((name, form, gender)) or terms.get((name, form, ""))
                if term is not None:
                    return term
            if form not in _LONGER:
                return None
            form = _LONGER[form]

    def word(self, name: str, form: str = "long", *, plural: bool = False) -> str:
        """Return the text of a term; empty if there is none."""
        term = self.term(name, form)
        if term is None:
            return ""
        return term.multiple if plural else term.single

    def gender(self, name: str) -> str:
        """Return the grammatical gender of a term."""
        term = self.term(name)
        return term.gender if term else ""

    def date(self, form: str) -> Node | None:
        """Return the format of dates, `text` or `numeric`."""
        return self._dates.get(form)

    def option(self, name: str) -> bool:
        """Return an option of the locale."""
        return self._options.get(name) == "true"

    def ordinal(self, number: int, gender: str = "") -> str:
        """Return a number with its ordinal suffix."""
        tens = f"{number % 100:02}"
        for name, default, allowed in (
            (f"ordinal-{tens}", "last-two-digits", ("last-two-digits", "whole-number")),
            (f"ordinal-{number % 10:02}", "last-digit", ("last-digit",)),
            ("ordinal", "", ("",)),
        ):
            for key in ((name, "long", gender), (name, "long", "")):
                term = self.ordinals.get(key)
                if term is None:
                    continue
                match = term.match or ("last-digit" if name[-2:-1] == "0" else default)
                whole = match != "whole-number" or number == int(name[-2:])
                digit = name != f"ordinal-{tens}" or number < 10 or match != "last-digit"
                if name == "ordinal" or (whole and (match in allowed or number < 10) and digit):
                    return f"{number}{term.single}"
        return str(number)


def _terms(node: Node) -> Iterator[tuple[tuple[str, str, str], Term]]:
    for term in node.all("term"):
        key = (term.get("name", ""), term.get("form", "long"), term.get("gender-form", ""))
        yield key, Term(term)


@lru_cache(maxsize=8)
def _locale_file(name: str) -> Node | None:
    path = Path(LOCALES_PATH) / f"locales-{name}.xml"
    return _parse(path.read_bytes()) if path.is_file() else None


class Style:
    """A citation style, with the locale of a language."""

    def __init__(self, data: bytes, lang: str) -> None:
        if why := flaw(data):
            raise StyleError(why)
        try:
            self.root = _parse(data)
        except etree.XMLSyntaxError as error:
            raise StyleError(str(error)) from error
        citation, bibliography = self.root.find("citation"), self.root.find("bibliography")
        if self.root.tag != "style" or citation is None or citation.find("layout") is None:
            raise StyleError("it is not an independent CSL style")
        self.citation = citation
        self.bibliography = bibliography
        self.macros = {node.get("name", ""): node for node in self.root.all("macro")}
        self.lang = self._dialect(_csl_language(lang))
        self.locale = Locale(self._sources())
        self.places_year_suffix = any(
            node.get("variable") == "year-suffix" for node in self.root.walk()
        )

    def option(self, name: str, default: str = "") -> str:
        """Return an attribute of the style."""
        return str(self.root.get(name, default))

    def _dialect(self, lang: str) -> str:
        """Return the style's own dialect of the language, unless another is asked for.

        The primary dialect of a language, such as `en-US`, is taken for the language itself: a
        British journal's style prints `edn` for it, as the journal does.
        """
        own, language = self.option("default-locale"), lang.partition("-")[0]
        same = own.partition("-")[0] == language
        return own if same and lang == PRIMARY_DIALECTS.get(language) else lang

    def _sources(self) -> list[Node]:
        """List the locales in the order in which terms are looked up."""
        language = self.lang.partition("-")[0]
        own = self.root.all("locale")
        sources = [
            node for lang in (self.lang, language, None) for node in own if node.get(_LANG) == lang
        ]
        files = [self.lang, PRIMARY_DIALECTS.get(language, ""), "en-US"]
        found = [_locale_file(name) for name in dict.fromkeys(files) if name]
        return sources + [node for node in found if node is not None]


def _csl_language(lang: str) -> str:
    """Convert a language tag to the form of CSL's locales; unknown ones become `en-US`."""
    parts = lang.replace("_", "-").split("-")
    language = {"no": "nb", "iw": "he"}.get(parts[0].lower(), parts[0].lower())
    region = next((part.upper() for part in parts[1:] if len(part) == 2), "")
    tag = f"{language}-{region}" if region else PRIMARY_DIALECTS.get(language, language)
    if tag in LANGUAGE_NAMES or language in PRIMARY_DIALECTS:
        return str(tag)
    return tag if (Path(LOCALES_PATH) / f"locales-{tag}.xml").is_file() else "en-US"


_made = lru_cache(maxsize=4)(Style)


def understood(path: Path, lang: str) -> Style:
    """Read a style; the same bytes in the same language are understood once.

    Raises:
        StyleError: the file cannot be read, or is not a usable citation style.
    """
    try:
        return _made(read_style(path), lang)
    except OSError as error:
        raise StyleError(str(error)) from error

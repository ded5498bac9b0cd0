"""The engine of one citation style, which formats single cites and single entries.

In: a CSL file, a language, CSL-JSON items. Out: marked text (see `markup`).
This module must not know clusters, articles, or XHTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from press.core.records import dataclass
from press.references.csl import sorting
from press.references.csl.item import Item, Person
from press.references.csl.markup import Finishing, wrap
from press.references.csl.printing import Setting, Substitution, fonts, with_affixes
from press.references.csl.rendering import Rendering
from press.references.csl.style import Node, StyleError, understood

__all__ = ["Engine", "Rendered", "StyleError"]


_FIRST, _LATER = Setting(), Setting(position="subsequent")


@dataclass(frozen=True)
class Rendered:
    """A cite or an entry, and what was found in it."""

    text: str
    author: str
    """The names at its start."""
    shown: tuple[tuple[int, Person], ...]
    """The people printed, each with its place in the list."""
    hidden: int
    """How many names `et al.` stands for."""
    printed: frozenset[str]
    """The variables that are printed."""


class Engine:
    """A citation style and the works cited."""

    def __init__(self, style: Path, lang: str, *, numbers_entries: bool = False) -> None:
        self.style = understood(style, lang)
        self.citation = self.style.citation
        self.layout = self._layout(self.citation)
        self.numbers_entries = numbers_entries
        """Whether an entry begins with its number; makebook's list numbers its entries itself."""
        self.items: dict[str, Item] = {}
        self.tests_disambiguate = any(
            "disambiguate" in n.attributes for n in self.style.root.walk()
        )

    @staticmethod
    def _layout(area: Node) -> Node:
        layout = area.find("layout")
        if layout is None:
            raise StyleError(f"its {area.tag} has no layout")
        return layout

    @property
    def bibliography(self) -> Node:
        """Return `cs:bibliography`."""
        if self.style.bibliography is None:
            raise StyleError("the style has no bibliography")
        return self.style.bibliography

    @property
    def numeric(self) -> bool:
        """Return whether cites are numbers."""
        info = self.style.root.find("info")
        for category in info.all("category") if info is not None else ():
            if kind := category.get("citation-format"):
                return kind == "numeric"
        return any(node.get("variable") == "citation-number" for node in self.citation.walk())

    @property
    def superscript(self) -> bool:
        """Return whether cites are superscripts."""
        return self.layout.get("vertical-align") == "sup"

    @property
    def for_notes(self) -> bool:
        """Return whether the style puts its cites in footnotes."""
        return self.style.option("class") == "note"

    def option(self, name: str, default: str = "") -> str:
        """Return an attribute of `cs:citation`."""
        return str(self.citation.get(name, default))

    def option_of_names(self, name: str) -> str | None:
        """Return an attribute of the names in a cite, wherever the style has it."""
        for node in self.citation.walk():
            if node.tag == "name" and node.get(name) is not None:
                return node.get(name)
        for macro in self.style.macros.values():
            for node in macro.walk():
                if node.tag == "name" and node.get(name) is not None:
                    return node.get(name)
        return self.citation.get(name, self.style.root.get(name))

    @property
    def delimiter(self) -> str:
        """Return the delimiter between cites."""
        return self.layout.get("delimiter", "")

    @property
    def collapses_names(self) -> bool:
        """Return whether the same names are printed only once in a citation."""
        return self.option("collapse").startswith("year")

    @property
    def groups_cites(self) -> bool:
        """Return whether the cites of the same names stand together."""
        return self.collapses_names or "cite-group-delimiter" in self.citation.attributes

    @property
    def near_note_distance(self) -> int:
        """Return the number of notes within which a cite is near."""
        return int(self.option("near-note-distance", "5"))

    def format_citation(self, text: str, *, alone: bool) -> str:
        """Add the affixes of a citation, and format it; only if it is `alone` it ends in a stop."""
        attributes = self.layout.attributes
        if not alone:
            attributes = {**attributes, "suffix": attributes.get("suffix", "").rstrip(".")}
        return fonts(attributes, with_affixes(attributes, text))

    @property
    def finishing(self) -> Finishing:
        """Return the quotation marks of the language, and where periods go."""
        word = self.style.locale.word
        quotes = (
            word("open-quote"), word("close-quote"), word("open-inner-quote"),
            word("close-inner-quote"),
        )  # fmt: skip
        return Finishing(quotes, self.style.locale.option("punctuation-in-quote"))

    def term(self, name: str) -> str:
        """Return a term of the locale."""
        return self.style.locale.word(name, "long")

    def add(self, key: str, csl: Mapping[str, Any]) -> None:
        """Add a cited work; until `sort`, works are numbered in the order of adding."""
        self.items[key] = Item(key, csl)
        self.items[key].number = len(self.items)

    def sort(self) -> None:
        """Sort the works in the order of the bibliography, and number them."""
        if self.style.bibliography is None:
            return
        items = sorting.sort(list(self.items.values()), self.bibliography, self.style)
        self.items = {item.key: item for item in items}
        for number, item in enumerate(items, 1):
            item.number = number

    def in_order_of_citation(self, items: list[Item]) -> list[Item]:
        """Sort the works of one citation."""
        return sorting.sort(items, self.citation, self.style)

    def rendering(self, key: str, setting: Setting = _FIRST) -> Rendered:
        """Render one cite, without the affixes of the layout."""
        made = Rendering(self.style, self.items[key], self.citation, setting)
        text = made.render(self.layout)
        return _rendered(made, text.lstrip(" ") if setting.bare else text)

    def later_rendering(self, item: Item) -> Rendered:
        """Render a cite that is not the first of its work."""
        made = Rendering(self.style, item, self.citation, _LATER)
        return _rendered(made, made.render(self.layout))

    def rendered_entries(self) -> Iterator[tuple[str, Rendered]]:
        """Yield the key of each entry of the bibliography, and the entry."""
        layout = self._layout(self.bibliography)
        replacement = self.bibliography.get("subsequent-author-substitute")
        rule = self.bibliography.get("subsequent-author-substitute-rule", "complete-all")
        before: tuple[str, ...] = ()
        for item in self.items.values():
            same = Substitution(replacement, rule, before) if replacement is not None else None
            setting = Setting(begins=True, numbers=self.numbers_entries, substitution=same)
            made = Rendering(self.style, item, self.bibliography, setting)
            text = self._entry(made, layout)
            before = made.author_names
            yield (
                item.key,
                _rendered(made, fonts(layout.attributes, text)),
            )

    def _entry(self, made: Rendering, layout: Node) -> str:
        """Render an entry; `second-field-align` puts what comes after its number into a block."""
        if not self.bibliography.get("second-field-align") or len(layout.children) < 2:
            return with_affixes(layout.attributes, made.render(layout))
        first, *others = layout.children
        left = made.element(first)
        rest = Node("layout", {}, "")
        rest.children = others
        right = made.render(rest)
        if not left + right:
            return ""
        right += layout.get("suffix", "")
        return layout.get("prefix", "") + wrap("left-margin", left) + wrap("right-inline", right)


def _rendered(made: Rendering, text: str) -> Rendered:
    return Rendered(text, made.author or "", tuple(made.shown), made.hidden, frozenset(made.seen))

"""The rendering of one cite or one entry: the elements of CSL, except names and dates.

In: a style, a work, and how it is cited. Out: marked text (see `markup`), and what was found on the
way, such as the names at the start. This module must not know clusters, articles, or XHTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from press.references.csl import numbers
from press.references.csl.markup import DOI, PMCID, PMID, URL, from_csl, link, strip
from press.references.csl.names import render_names
from press.references.csl.printed_dates import render_date
from press.references.csl.printing import Printing
from press.references.csl.style import Node

_LINKED = {"DOI": DOI, "URL": URL, "PMID": PMID, "PMCID": PMCID}
_NUMBERS = {"chapter-number", "collection-number", "edition", "issue", "number", "number-of-pages",
            "number-of-volumes", "part-number", "printing-number", "section", "supplement-number",
            "version", "volume"}  # fmt: skip


class Rendering(Printing):
    """One rendering of a work, as a cite, an entry, or a sort key."""

    def render(self, node: Node) -> str:
        """Render the children of a layout or a macro."""
        return "".join(self._parts(node))

    def _parts(self, node: Node) -> list[str]:
        """Render the children; the children of `cs:choose` count as the parent's."""
        return [text for child in self.flattened(node) if (text := self.element(child))]

    def flattened(self, node: Node) -> Iterator[Node]:
        """Yield the children; those of a `cs:choose` that apply take its place."""
        for child in node.children:
            if child.tag == "choose":
                branch = next((b for b in child.children if self._holds(b)), None)
                if branch is not None:
                    yield from self.flattened(branch)
            else:
                yield child

    def element(self, node: Node) -> str:
        """Render any element."""
        tag = node.tag
        if tag == "text":
            return self._text(node)
        if tag == "group":
            return self._group(node)
        if tag == "names":
            return render_names(node, self)
        if tag == "date":
            return self.decorate(node.attributes, render_date(node, self))
        if tag == "number":
            return self._number(node)
        if tag == "label":
            return self._label(node)
        return ""

    def _group(self, node: Node) -> str:
        """Render `cs:group`; it is left out if it calls variables and none has a value."""
        called, rendered = self.called, self.rendered
        parts = self._parts(node)
        if not parts or (self.called > called and self.rendered == rendered):
            return ""
        if self.called == called:
            self.called += 1
            self.rendered += 1
        return self.decorate(node.attributes, node.get("delimiter", "").join(parts))

    def _text(self, node: Node) -> str:
        get = node.get
        if variable := get("variable"):
            return self.decorate(node.attributes, self._variable(variable, node))
        if macro := get("macro"):
            called, rendered = self.called, self.rendered
            text = "".join(self._parts(self.style.macros[macro]))
            if self.called > called and self.rendered == rendered:
                return ""  # like a group, it is left out if none of its variables has a value
            return self.decorate(node.attributes, text)
        if term := get("term"):
            text = self.locale.word(term, get("form", "long"), plural=get("plural") == "true")
            if self.begins:
                text = text[:1].upper() + text[1:]
            if term == "no date" and text:  # it stands for the date
                self.called += 1
                self.rendered += 1
            return self.decorate(node.attributes, text)
        return self.decorate(node.attributes, _of_style(get("value", "")))

    def _variable(self, name: str, node: Node) -> str:
        if name == "citation-number":
            if self.in_bibliography and not self.setting.numbers and not self.sorting:
                return ""
            return self.use(name, str(self.item.number))
        if name == "year-suffix":
            return self.letter("issued")
        text = self.value(name, node.get("form", ""))
        if name == "citation-label" and text:
            text += self.letter("issued")
        if name == "page-first":
            text = re.split(r"[-\u2013,& ]", text)[0]
        elif name == "page" or (name == "locator" and self.setting.label == "page"):
            style = self.style.option("page-range-format")
            text = numbers.pages(text, style, self._page_dash(), self._and())
        elif name == "locator":
            text = numbers.pages(text, "", "–", self._and())
        elif name in _NUMBERS and numbers.is_numeric(text):
            text = numbers.to_form(text, "numeric", self.locale)
        text = self.use(name, text)
        if text and name in _LINKED and self.in_bibliography:
            return link(_LINKED[name], text)
        return text

    def _page_dash(self) -> str:
        return self.locale.word("page-range-delimiter") or "–"

    def _and(self) -> str:
        return self.locale.word("and", "symbol") or "&"

    def value(self, name: str, form: str = "") -> str:
        """Return the text of a variable."""
        if name == "locator":
            return self.setting.locator
        if name == "first-reference-note-number":
            return str(self.setting.first_note or "")
        if name == "page-first":
            return self.item.fields.get("page-first") or self.item.fields.get("page", "")
        if name == "citation-number":
            return str(self.item.number)
        if name == "citation-label":
            return self.item.fields.get(name) or self.item.trigraph
        fields = self.item.fields
        if form == "short" and f"{name}-short" in fields:
            return fields[f"{name}-short"]
        return fields.get(name, "")

    def _number(self, node: Node) -> str:
        name = node.get("variable", "")
        text = self.value(name)
        if name in {"page", "page-first", "locator"} and node.get("form", "numeric") == "numeric":
            return self.decorate(node.attributes, self._variable(name, node))
        if self.sorting and strip(text).isdigit():
            return self.use(name, text.zfill(10))
        gender = self.locale.gender(self.setting.label if name == "locator" else name)
        text = numbers.to_form(text, node.get("form", "numeric"), self.locale, gender)
        return self.decorate(node.attributes, self.use(name, text))

    def _label(self, node: Node) -> str:
        """Render the label of a number; without its variable there is none."""
        name = node.get("variable", "")
        text = self.value(name)
        if not text or name in self.substituted:
            return ""
        term = self.setting.label if name == "locator" else name
        return self.label_of(node, term, plural=numbers.is_plural(text, name, self.locale))

    def _holds(self, node: Node) -> bool:
        """Return whether a branch of `cs:choose` applies; `match` is for each value tested."""
        if node.tag == "else":
            return True
        results: list[bool] = []
        for name, value in node.attributes.items():
            if name == "disambiguate":
                results.append(self.item.disambiguated and not self.sorting)
            elif name != "match":
                results += [self._test(name, word) for word in value.split()]
        match = node.get("match", "all")
        if match == "any":
            return any(results)
        return not any(results) if match == "none" else all(results)

    def _test(self, test: str, value: str) -> bool:
        if test == "type":
            return self.item.type == value
        if test == "variable":
            return self.item.has(value) or bool(self.value(value))
        if test == "is-numeric":
            return numbers.is_numeric(self.value(value))
        if test == "is-uncertain-date":
            date = self.item.dates.get(value)
            return date is not None and date.circa
        if test == "locator":
            return bool(self.setting.locator) and value == self.setting.label
        if test == "position":
            return self._position(value)
        return False

    def _position(self, value: str) -> bool:
        if self.in_bibliography:
            return False
        if value == "near-note":
            return self.setting.near
        if value == "subsequent":
            return self.setting.position != "first"
        if value == "ibid":
            return self.setting.position in {"ibid", "ibid-with-locator"}
        return self.setting.position == value


@lru_cache(maxsize=256)
def _of_style(text: str) -> str:
    """Return a text of the style as marked text."""
    return from_csl(text) if re.search("[<'\"]", text) else text

"""The elements of a citation style that citeproc does not render as CSL 1.0.2 requires.

In: citeproc's classes. Out: `CLASSES`, by the name of the XML element.
With `names`, `dates`, and `engine`, this module owns citeproc. It must not know articles, files,
or XHTML. The docstring of each class says what it corrects.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from citeproc import model
from citeproc.source import VariableError

from press.references.csl.base import StyleElement
from press.references.csl.case import change_case
from press.references.csl.dates import Date
from press.references.csl.markup import DOI, PMCID, PMID, URL, link, strip, wrap
from press.references.csl.names import Name, NamePart, Names

_ONE = r"[A-Za-z]{0,3}\d+[A-Za-z]{0,3}"
_NUMERIC = re.compile(rf"{_ONE}(?:\s*[-\u2013,&]\s*{_ONE})*")
_SIDES = ("open", "close")
_LINKED = {"DOI": DOI, "URL": URL, "PMID": PMID, "PMCID": PMCID}


class _Cased:
    """Text case: it changes word by word, except in marks and in text that `nocase` protects."""

    def case(self, text: Any, language: str | None = None) -> Any:
        case = self.get("text-case")  # type: ignore[attr-defined]
        if not case or not isinstance(text, str):
            return text
        return change_case(text, case, english=(language or "en") == "en")


class _Pages:
    """Page ranges: a last page is shortened only if both have the same number of digits."""

    def _format_last_page(self, first: str, last: str) -> str:
        style = self.get_root().get("page-range-format")  # type: ignore[attr-defined]
        a, b = re.fullmatch(r"(\D*)(\d+)", first), re.fullmatch(r"(\D*)(\d+)", last)
        if style is None or a is None or b is None or a[1] != b[1]:
            return last
        full = b[2]
        if len(b[2]) < len(a[2]):
            full = a[2][: len(a[2]) - len(b[2])] + b[2]
        if len(full) != len(a[2]) or style == "expanded":
            return a[1] + full
        return _shorten(a[2], full, style)


def _shorten(first: str, last: str, style: str) -> str:
    common = next((i for i, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), 0)
    keep = len(last) - common
    if style.startswith("chicago"):
        number = int(first)
        if number < 100 or number % 100 == 0:
            return last
        if style == "chicago-15" and len(first) == 4 and keep > 2:
            return last
        keep = max(keep, 1 if number % 100 < 10 else 2)
    elif style == "minimal-two":
        keep = max(keep, 2)
    return last[-keep:]


class Text(StyleElement, _Cased, _Pages, model.Text):  # type: ignore[misc]
    """`cs:text`: no numbers in the references list, links for identifiers, no empty variables."""

    def process(self, item: Any, context: Any = None, **kwargs: Any) -> Any:
        """Return the text, and the language that determines its case."""
        calls = self.get("variable", "year-suffix") != "year-suffix" and not (
            item.in_bibliography and self.get("variable") == "citation-number"
        )
        item.called += calls
        text, language = super().process(item, context, **kwargs)
        item.rendered += calls and bool(text)
        return (None if text is None else str(text)), language

    def _variable(self, item: Any, context: Any) -> Any:
        variable = self.get("variable")
        if variable == "citation-number":
            if item.in_bibliography:
                return None
            return str(item.number)
        if variable == "year-suffix" and item.sorting:
            raise VariableError
        text = super()._variable(item, context)
        if variable == "locator":
            text = self._range(item.locator)
        text = "" if text is None else str(text)
        if not text:
            raise VariableError
        if variable in _LINKED and item.in_bibliography:
            item.printed.add(variable)
            return link(_LINKED[variable], text)
        return text

    def _range(self, locator: Any) -> str:
        pages = locator.label == "page" and self.get_single_term(name="page-range-delimiter")
        return re.sub(r"\s*-+\s*", str(pages or "–"), locator.identifier)

    def quote(self, string: Any) -> Any:
        """Add quotation marks; those inside become single."""
        if self.get("quotes", "false").lower() != "true":
            return string
        inner = str(string).translate(str.maketrans("“”", "‘’"))
        opening, closing = (self.get_single_term(name=f"{name}-quote") for name in _SIDES)
        return f"{opening}{inner}{closing}"


class Number(StyleElement, _Cased, _Pages, model.Number):  # type: ignore[misc]
    """`cs:number`: variables with a hyphen in their name are found."""

    def process(self, item: Any, *_: Any, **__: Any) -> Any:
        """Return the number, or the range of numbers."""
        variable = self.get("variable")
        item.called += 1
        if variable == "locator":
            value, label = item.locator.identifier, item.locator.label
        else:
            name = "page" if variable == "page-first" else variable.replace("-", "_")
            value, label = str(item.reference[name]), variable
        if not value:
            raise VariableError
        item.rendered += 1
        return self._process(value, label)


class Label(StyleElement, _Cased, model.Label):  # type: ignore[misc]
    """`cs:label`: no label without its variable; Roman numerals count as numbers."""

    def process(self, item: Any, variable: Any = None, plural: Any = None, **kwargs: Any) -> Any:
        """Return the label, in the singular or the plural."""
        own = self.get("variable")
        if variable is None and own != "locator" and not item.reference.get(own.replace("-", "_")):
            return None
        if own == "locator" and not item.has_locator:
            return None
        text = super().process(item, variable, plural, **kwargs)
        return None if text is None else str(text)

    def _is_plural(self, item: Any) -> bool:
        variable = self.get("variable")
        if variable == "locator":
            value = item.locator.identifier
        else:
            value = str(item.reference.get(variable.replace("-", "_"), ""))
        if variable.startswith("number-of"):
            return bool(value.isdigit()) and int(value) > 1
        return re.search(r"\w\s*(?:[-\u2013,&]|\band\b)\s*\w", value) is not None


class EtAl(StyleElement, model.Et_Al):  # type: ignore[misc]
    """`cs:et-al`, with terms that fall back."""


class Group(StyleElement, model.Group):  # type: ignore[misc]
    """`cs:group`: left out if it calls variables and none of them has a value."""

    def process(self, item: Any, context: Any = None, **kwargs: Any) -> Any:
        """Join the children that are not empty."""
        called, rendered = item.called, item.rendered
        delimiter = self.get("delimiter", "")
        output = []
        for child in self.iterchildren():
            inherited = {"delimiter": delimiter} if isinstance(child, model.Choose) else {}
            try:
                text = child.render(item, context=context, **inherited, **kwargs)
            except VariableError:
                continue
            if text is not None and text != "":
                output.append(text)
        if not output or (item.called > called and item.rendered == rendered):
            raise VariableError
        return self.join(output)


class If(StyleElement, model.If):  # type: ignore[misc]
    """`cs:if`: `match` applies to each value tested; an unknown test is false."""

    def render(self, item: Any, context: Any = None, delimiter: str = "", **kwargs: Any) -> Any:
        """Render the children if the conditions are met."""
        results: list[bool] = []
        for attribute, test in (
            ("type", self._type),
            ("variable", self._variable),
            ("is-numeric", self._is_numeric),
            ("is-uncertain-date", self._is_uncertain_date),
            ("locator", self._locator),
            ("position", self._position),
        ):
            if attribute in self.attrib:
                results += [bool(result) for result in test(item)]
        if "disambiguate" in self.attrib:
            results.append(False)
        match = self.get("match", "all")
        fits = {"any": any(results), "none": not any(results)}.get(match, all(results))
        if not fits:
            raise model.ConditionFailed
        return self.render_children(item, context=context, delimiter=delimiter, **kwargs)

    def _is_numeric(self, item: Any) -> list[bool]:
        names = [name.replace("-", "_") for name in self.get("is-numeric").split()]
        values = [
            item.locator.identifier if name == "locator" and item.has_locator
            else item.reference.get(name, "")
            for name in names
        ]  # fmt: skip
        return [_NUMERIC.fullmatch(strip(str(value))) is not None for value in values]

    def _position(self, item: Any, *_: Any) -> list[bool]:
        if item.in_bibliography:
            return [False]
        return [(position == "first") == item.is_first for position in self.get("position").split()]


class ElseIf(If):
    """`cs:else-if`: the same as `cs:if`."""


class Key(StyleElement, model.Key):  # type: ignore[misc]
    """`cs:key`: sorting ignores marks, accents, and punctuation."""

    def sort_keys(self, items: Any, context: Any) -> Any:
        """Return the sort key of each item."""
        for item in items:
            item.start(sorting=True)
        keys = super().sort_keys(items, context)
        for item in items:
            item.start()
        return [_sortable(key) for key in keys]

    def _format_name(self, item: Any, variable: str) -> Any:
        people = item.reference.get(variable) or []
        texts = [
            " ".join(str(p.get(part, "")) for part in ("family", "given", "literal")).strip()
            for p in people
        ]
        return ";".join(texts) or None

    def _format_number(self, item: Any, variable: str) -> Any:
        value = str(item.reference.get(variable, ""))
        match = re.match(r"\d+", value)
        return match[0] if match else value or None


def _sortable(key: Any) -> Any:
    if not isinstance(key, str):
        return key
    letters = unicodedata.normalize("NFKD", strip(key))
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return re.sub(r"[^\w\s-]", "", bare).strip() or None


CLASSES: dict[str, type] = {
    "date": Date,
    "else-if": ElseIf,
    "et-al": EtAl,
    "group": Group,
    "if": If,
    "key": Key,
    "label": Label,
    "name": Name,
    "name-part": NamePart,
    "names": Names,
    "number": Number,
    "text": Text,
}


def _marker(kind: str) -> Any:
    return lambda text: wrap(kind, str(text)) if kind else str(text)


class Formatter:
    """The formatter that citeproc calls: it only marks text, which `to_xhtml` escapes."""

    preformat = staticmethod(str)
    Italic = Oblique = staticmethod(_marker("i"))
    Bold = staticmethod(_marker("b"))
    Light = staticmethod(_marker(""))
    Underline = staticmethod(_marker("u"))
    Superscript = staticmethod(_marker("sup"))
    Subscript = staticmethod(_marker("sub"))
    SmallCaps = staticmethod(_marker("sc"))

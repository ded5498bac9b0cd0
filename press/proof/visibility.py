"""What the styles of a web page or an e-book hide.

In: a page as a tree, its style sheet, and the surface: light screen, dark screen, or paper. Out:
the elements whose text is not visible. Colors follow the cascade (CSS Cascading 4, 6); text in the
color of its background is hidden. Rules for certain widths are taken to apply at any width.
This module must not know how a page was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import cssselect2
import tinycss2
from tinycss2.color3 import RGBA, parse_color

from press.core.trees import Element, local_name
from press.design.color import Rgb, contrast

Surface = Literal["light", "dark", "paper"]
"""The surface on which a text is read: a light screen, a dark screen, or paper."""
LIGHT: Final = "light"
DARK: Final = "dark"
PAPER: Final = "paper"
_LEAST = 1.35
"""Contrast below which text is invisible. (STY004 reports text that is hard to read.)"""
_FAR = re.compile(r"-\s*(\d{3,}(\.\d+)?(px|pt|%)|\d{2,}(\.\d+)?(r?em|ch|v[wh]|cm|in))")
_HIDING = {
    "display": re.compile(r"\bnone\b"),
    "visibility": re.compile(r"\b(hidden|collapse)\b"),
    "opacity": re.compile(r"^0*\.?0*%?$"),
    "font-size": re.compile(r"^0(\.0+)?(px|pt|em|rem|%)?$"),
    "content-visibility": re.compile(r"\bhidden\b"),
    "clip-path": re.compile(r"inset\(\s*(50|100)%|circle\(\s*0"),
    "clip": re.compile(r"rect\("),
    "transform": re.compile(r"scale[XY]?\(\s*0|translate[XY]?\([^)]*" + _FAR.pattern),
    **dict.fromkeys(
        ("text-indent", "left", "right", "top", "inset-inline-start", "margin-left"), _FAR
    ),
}
_COLORS = ("color", "background", "background-color")
_APART = re.compile(
    r'url\(\s*(["\']?)data:[\w/+.;=-]*,[\w+/=%-]*\1\s*\)|(?:(?<=content:)|(?<=content: ))"[^"\\]*"'
)
"""Embedded files and strings in a style sheet, which hide nothing."""

Styled = Mapping[str, str]
"""The properties of an element that decide if it is visible."""


@dataclass(frozen=True)
class _Rule:
    selector: Any
    values: tuple[tuple[str, str, bool], ...]
    """Property, value, and True if it is `!important`."""


def hidden(root: Element, css: str, where: Surface) -> frozenset[Element]:
    """Return the elements of a page whose own text cannot be seen."""
    matcher = cssselect2.Matcher()
    for rule in _sheet(_APART.sub("", css), where):
        matcher.add_selector(rule.selector, rule.values)
    wrapped = cssselect2.ElementWrapper.from_xml_root(root)
    styles = {e.etree_element: _style(matcher.match(e), e) for e in wrapped.iter_subtree()}
    white: Rgb = (1.0, 1.0, 1.0)
    return frozenset(_walk(root, styles, (0.0, 0.0, 0.0), white))


@lru_cache(8)
def _sheet(css: str, where: Surface) -> tuple[_Rule, ...]:
    """Return the rules of a style sheet, cached because the pages of a book share them."""
    nodes = tinycss2.parse_stylesheet(css, True, True)
    return tuple(_rules(nodes, where, dict(_namespaces(nodes))))


def _namespaces(nodes: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield the prefixes that a style sheet declares (CSS Namespaces 3, 3)."""
    for node in nodes:
        if node.type == "at-rule" and node.lower_at_keyword == "namespace":
            words = [token for token in node.prelude if token.type != "whitespace"]
            if len(words) == 2 and words[0].type == "ident":
                address = words[1]
                value = address.arguments[0] if address.type == "function" else address
                yield words[0].value, getattr(value, "value", "")


def _rules(nodes: Iterable[Any], where: Surface, names: Mapping[str, str]) -> Iterator[_Rule]:
    for node in nodes:
        if node.type == "at-rule" and node.content and node.lower_at_keyword != "font-face":
            if node.lower_at_keyword != "media" or _holds(tinycss2.serialize(node.prelude), where):
                yield from _rules(tinycss2.parse_rule_list(node.content, True, True), where, names)
        elif node.type == "qualified-rule":
            values = tuple(_values(tinycss2.parse_blocks_contents(node.content)))
            try:
                compiled = cssselect2.compile_selector_list(node.prelude, names) if values else ()
            except cssselect2.SelectorError:  # a state such as :hover, in which no page opens
                continue
            yield from (_Rule(s, values) for s in compiled if s.pseudo_element is None)


def _holds(query: str, where: Surface) -> bool:
    """Say if a media query applies to a surface, at any width."""
    query = query.lower()
    if where == PAPER:
        return "screen" not in query and "dark" not in query
    if "print" in query and "not print" not in query:
        return False
    return not ("dark" in query and where == LIGHT) and not (
        re.search(r"scheme:\s*light", query) and where == DARK
    )


def _values(items: Iterable[Any]) -> Iterator[tuple[str, str, bool]]:
    for item in items:
        if item.type == "declaration" and (
            item.lower_name in _HIDING or item.lower_name in _COLORS
        ):
            value = tinycss2.serialize(item.value).strip().lower()
            yield item.lower_name, value, item.important


def _style(matches: Iterable[Any], element: Any) -> Styled:
    """Return the values that win: matches in the order of the cascade, then the style attribute."""
    plain: dict[str, str] = {}
    important: dict[str, str] = {}
    own = element.etree_element.get("style") or ""
    declared = [values for *_, values in matches]
    declared.append(tuple(_values(tinycss2.parse_blocks_contents(own))))
    for values in declared:
        for name, value, weighs in values:
            name = "background" if name == "background-color" else name
            (important if weighs else plain)[name] = value
    return {**plain, **important}


def _walk(
    element: Element, styles: Mapping[Element, Styled], ink: Rgb, ground: Rgb
) -> Iterator[Element]:
    if not local_name(element):
        return
    style = styles[element]
    if _is_hidden(element, style) or any(
        pattern.search(style.get(name, "x")) for name, pattern in _HIDING.items()
    ):
        yield from element.iter("*")
        return
    ground = _color(style.get("background", ""), ground, ground)
    ink = _color(style.get("color", ""), ink, ground)
    if contrast(ink, ground) < _LEAST and local_name(element) != "img":
        yield element
    for child in element:
        yield from _walk(child, styles, ink, ground)


def _is_hidden(element: Element, style: Styled) -> bool:
    """Say if an attribute hides an element. What is hidden until found may be shown by style."""
    state = element.get("hidden")
    if state == "until-found":
        return style.get("content-visibility") != "visible"
    return state is not None


def _color(value: str, otherwise: Rgb, ground: Rgb) -> Rgb:
    """Return the first color in a value, over the background; without one, `otherwise`."""
    for token in tinycss2.parse_component_value_list(value):
        color = parse_color(token)
        if isinstance(color, RGBA):
            pairs = zip((color.red, color.green, color.blue), ground, strict=True)
            red, green, blue = (a * color.alpha + b * (1 - color.alpha) for a, b in pairs)
            return red, green, blue
    return otherwise

"""What the styles of a web page or an e-book hide.

In: a page as a tree, its style sheet, and the surface: light screen, dark screen, or paper. Out:
the elements whose text is not visible. Colors follow the cascade (CSS Cascading 4, 6); text in the
color of its background is hidden. Rules for certain widths are taken to apply at any width.
This module must not know how a page was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
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
_EVERYWHERE: frozenset[Surface] = frozenset((LIGHT, DARK, PAPER))
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
_Values = tuple[tuple[str, str, bool], ...]
"""Properties, their values, and True for each that is `!important`."""


class Sight:
    """A page as a tree with its style sheet, which must not change while it is looked at.

    Which rules select an element does not depend on the surface, so it is found once for all.
    """

    def __init__(self, root: Element, css: str) -> None:
        self._root, self._css = root, css
        self._hidden: dict[Surface, frozenset[Element]] = {}

    @cached_property
    def _matches(self) -> dict[Element, list[tuple[_Values, frozenset[Surface]]]]:
        """For each element, the values declared for it in the order of the cascade, and where."""
        matcher = _matcher(self._css)
        wrapped = cssselect2.ElementWrapper.from_xml_root(self._root)
        found = {}
        for each in wrapped.iter_subtree():
            declared = [payload for *_, payload in matcher.match(each)]
            if own := each.etree_element.get("style"):
                declared.append((_values(own), _EVERYWHERE))
            found[each.etree_element] = declared
        return found

    def hidden(self, where: Surface) -> frozenset[Element]:
        """Return the elements whose own text cannot be seen on a surface."""
        if where not in self._hidden:
            styles = {e: _style(declared, where) for e, declared in self._matches.items()}
            black, white = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
            self._hidden[where] = frozenset(_walk(self._root, styles, black, white))
        return self._hidden[where]


@lru_cache(4)
def _matcher(css: str) -> Any:
    """Return what finds the rules for an element, cached because the pages of a book share it."""
    nodes = tinycss2.parse_stylesheet(_APART.sub("", css), True, True)
    matcher = cssselect2.Matcher()
    for selector, values, where in _rules(nodes, _EVERYWHERE, dict(_namespaces(nodes))):
        matcher.add_selector(selector, (values, where))
    return matcher


def _namespaces(nodes: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield the prefixes that a style sheet declares (CSS Namespaces 3, 3)."""
    for node in nodes:
        if node.type == "at-rule" and node.lower_at_keyword == "namespace":
            words = [token for token in node.prelude if token.type != "whitespace"]
            if len(words) == 2 and words[0].type == "ident":
                address = words[1]
                value = address.arguments[0] if address.type == "function" else address
                yield words[0].value, getattr(value, "value", "")


def _rules(
    nodes: Iterable[Any], where: frozenset[Surface], names: Mapping[str, str]
) -> Iterator[tuple[Any, _Values, frozenset[Surface]]]:
    """Yield each selector with its values and the surfaces, of those in `where`, with its rule."""
    for node in nodes:
        if node.type == "at-rule" and node.content and node.lower_at_keyword != "font-face":
            there = where
            if node.lower_at_keyword == "media":
                query = tinycss2.serialize(node.prelude)
                there = frozenset(surface for surface in where if _holds(query, surface))
            if there:
                yield from _rules(tinycss2.parse_rule_list(node.content, True, True), there, names)
        elif node.type == "qualified-rule":
            values = _values(node.content)
            try:
                compiled = cssselect2.compile_selector_list(node.prelude, names) if values else ()
            except cssselect2.SelectorError:  # a state such as :hover, in which no page opens
                continue
            yield from ((s, values, where) for s in compiled if s.pseudo_element is None)


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


def _values(content: Any) -> _Values:
    """Return what a rule or a style attribute declares that decides if a text is visible."""
    return tuple(
        (item.lower_name, tinycss2.serialize(item.value).strip().lower(), item.important)
        for item in tinycss2.parse_blocks_contents(content)
        if item.type == "declaration" and (item.lower_name in _HIDING or item.lower_name in _COLORS)
    )


def _style(declared: Iterable[tuple[_Values, frozenset[Surface]]], where: Surface) -> Styled:
    """Return the values that win on a surface, from those in the order of the cascade."""
    plain: dict[str, str] = {}
    important: dict[str, str] = {}
    for values, surfaces in declared:
        for name, value, weighs in values if where in surfaces else ():
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
        name in _HIDING and _HIDING[name].search(value) for name, value in style.items()
    ):
        yield from element.iter("*")
        return
    ground = _color(style.get("background", ""), ground, ground)
    ink = _color(style.get("color", ""), ink, ground)
    if _contrast(ink, ground) < _LEAST and local_name(element) != "img":
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
    color = _first_color(value) if value else None
    if color is None:
        return otherwise
    pairs = zip((color.red, color.green, color.blue), ground, strict=True)
    red, green, blue = (a * color.alpha + b * (1 - color.alpha) for a, b in pairs)
    return red, green, blue


@lru_cache(256)
def _first_color(value: str) -> RGBA | None:
    colors = map(parse_color, tinycss2.parse_component_value_list(value))
    return next((color for color in colors if isinstance(color, RGBA)), None)


_contrast = lru_cache(256)(contrast)

"""Text in drawings that cannot be printed as it is drawn.

In: the bytes of an SVG. Out: what in it the layout would set otherwise than a browser, or nothing.
`output.pdf.drawings` sets the rest as SVG 2 says. This module must not know articles.
"""

from __future__ import annotations

from collections.abc import Iterator

import tinycss2
from lxml import etree

from press.core.trees import local_name

_ELEMENTS = {
    "textPath": "sets text on a path",
    "tref": "has text from elsewhere in it (<tref>)",
    "flowRoot": "has flowed text (<flowRoot>), which no browser shows",
    "flowPara": "has flowed text (<flowPara>), which no browser shows",
}
_PLAIN = {
    "writing-mode": frozenset("lr-tb lr rl-tb rl horizontal-tb".split()),
    "glyph-orientation-vertical": frozenset("auto 0 0deg".split()),
    "text-decoration": frozenset(["none"]),
    "text-decoration-line": frozenset(["none"]),
    "text-transform": frozenset(["none"]),
    "font-variant": frozenset("normal none".split()),
    "font-variant-caps": frozenset(["normal"]),
}
"""Properties of text that the layout ignores, and the values that change nothing."""
_ALWAYS = frozenset("inherit initial unset".split())


def undrawable(data: bytes) -> str:
    """Say what in the text of a drawing cannot be printed as it is drawn; return '' if nothing."""
    if b"text" not in data and b"flow" not in data:
        return ""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    for element in root.iter("*"):
        name = local_name(element)
        if name in _ELEMENTS:
            return _ELEMENTS[name]
        if name == "switch" and len(element) > 1 and any(map(_is_text, element.iter("*"))):
            return "offers several versions of its text (<switch>)"
        for prop, value in _properties(element, name):
            plain = _PLAIN.get(prop)
            if plain is not None and value not in plain | _ALWAYS:
                return f"has text with '{prop}: {value}'"
    return ""


def _is_text(element: etree._Element) -> bool:
    return local_name(element) == "text"


def _properties(element: etree._Element, name: str) -> Iterator[tuple[str, str]]:
    """Yield the properties that an element gives, as attributes or in CSS."""
    if name == "style":
        rules = tinycss2.parse_stylesheet(element.text or "", True, True)
        blocks = [rule.content for rule in rules if rule.type == "qualified-rule"]
    else:
        yield from ((str(key), str(value).strip().lower()) for key, value in element.items())
        blocks = [element.get("style") or ""]
    for block in blocks:
        for one in tinycss2.parse_blocks_contents(block):
            if one.type == "declaration":
                yield one.lower_name, tinycss2.serialize(one.value).strip().lower()

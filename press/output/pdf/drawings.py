"""Drawings: WeasyPrint sets the words of an SVG as browsers do.

In: the nodes of an SVG. Out: the same nodes, with what WeasyPrint misreads put in words that it
understands: the shorthand `font`, sizes and weights relative to others, raised and lowered letters,
line ends between words, and scripts whose letters join. What it cannot draw is refused before
(`source.drawings`). This module must not know documents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

_SIZES = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0,
    "x-large": 24.0, "xx-large": 32.0, "xxx-large": 48.0,
}  # fmt: skip
"""Pixels (CSS Fonts 4, 2.5)."""
_STEPS = {"smaller": 1 / 1.2, "larger": 1.2}
_WEIGHTS = {"bolder": "700", "lighter": "400"}
_SHIFTS = {"super": 1 / 3, "sub": -1 / 5, "baseline": 0.0}
"""Ems of the text around it (CSS Inline 3, 3.3)."""
_FONT_SIZE = re.compile(
    rf"(?<![\w.-])(?:[+]?[\d.]+(?:e[+-]?\d+)?(?:[a-z]+|%)|{'|'.join([*_SIZES, *_STEPS])})(?![\w-])",
    re.I,
)
_TEXTS = ("text", "tspan", "a")


def start() -> None:
    """Let WeasyPrint read the words of drawings as SVG 2 says."""
    from weasyprint import svg
    from weasyprint.svg import css

    plain_declarations, cascade, draw_node = (
        css.parse_declarations,
        svg.Node.cascade,
        svg.SVG.draw_node,
    )

    def parse_declarations(text: Any) -> Any:
        return tuple(list(_longhands(each)) for each in plain_declarations(text))

    def cascaded(self: Any, child: Any) -> None:
        own = child is self
        around = _size("16") if own else _size(self.get("font-size", ""))
        cascade(self, child)
        if "font-size" in child.attrib:
            child.attrib["font-size"] = f"{_pixels(child.get('font-size'), around):g}"
        if child.get("font-weight") in _WEIGHTS:
            child.attrib["font-weight"] = _WEIGHTS[child.get("font-weight")]

    def drawn(self: Any, node: Any, font_size: float, *rest: Any, **named: Any) -> None:
        rise = _rise(node, font_size) if node.tag in _TEXTS else 0.0
        before = node.attrib.get("dy")
        if rise:
            first, *others = (before or "0").replace(",", " ").split() or ["0"]
            size = svg.size(first, font_size, self.inner_height) - rise
            node.attrib["dy"] = " ".join([f"{size:g}", *others])
        draw_node(self, node, font_size, *rest, **named)
        if rise:
            self.cursor_d_position[1] += rise
            node.attrib["dy"] = before
            if before is None:
                del node.attrib["dy"]

    svg.parse_declarations = css.parse_declarations = parse_declarations
    svg.Node.cascade, svg.SVG.draw_node = cascaded, drawn
    svg.Node.process_whitespace = staticmethod(_spaces)
    svg.Node.text = property(_text)
    svg.NOT_INHERITED_ATTRIBUTES |= {"baseline-shift"}


def _longhands(declarations: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Replace the shorthand `font` by its parts (CSS Fonts 4, 2.7)."""
    for name, value in declarations:
        found = _FONT_SIZE.search(value) if name == "font" else None
        if not found:
            yield name, value
            continue
        words = value[: found.start()].lower().split()
        weights = [w for w in words if w in ("bold", *_WEIGHTS) or w.isdigit()]
        yield "font-weight", (weights or ["400"])[0]
        yield "font-style", next((w for w in words if w in ("italic", "oblique")), "normal")
        yield "font-size", found[0]
        yield "font-family", re.sub(r"^\s*/\s*\S+", "", value[found.end() :]).strip()


def _size(value: str) -> float:
    """Return a size that has been computed, in pixels; that of text without one is 16."""
    try:
        return float(value)
    except ValueError:
        return _SIZES["medium"]


def _pixels(value: str, around: float) -> float:
    """Return a font size in pixels, in text of another size."""
    from weasyprint.svg.utils import size

    word = value.strip().lower()
    if word in _SIZES:
        return _SIZES[word]
    if word in _STEPS:
        return around * _STEPS[word]
    if word.endswith("rem"):
        return float(_SIZES["medium"] * size(word.removesuffix("rem")))
    return float(size(word, around, around))


def _rise(node: Any, font_size: float) -> float:
    """Return how far a text is raised, in pixels (CSS Inline 3, 3.3); `font_size` is around it."""
    from weasyprint.svg.utils import size

    value = (node.get("baseline-shift") or "").strip().lower()
    if value in _SHIFTS:
        return _SHIFTS[value] * font_size
    return float(size(value, font_size, font_size))


def _spaces(text: str | None, preserve: bool) -> str:  # noqa: FBT001 - the library's signature
    """Turn line ends into spaces, and several spaces into one (SVG 2, 11.6.3)."""
    text = re.sub("[\n\r\t]", " ", text or "")
    return text if preserve else re.sub(" +", " ", text)


class _Whole(str):
    """A text that is drawn as one, because its letters join, or run from the right."""

    def __iter__(self) -> Iterator[str]:
        yield str(self)


def _text(node: Any) -> str | None:
    text = node._etree_node.text  # noqa: SLF001 - it has no public name
    return _Whole(text) if text and any(map(_joins, text)) else text


def _joins(letter: str) -> bool:
    """Say if a letter cannot be drawn without its neighbors."""
    if letter < "\u0300":
        return False
    kind = unicodedata.category(letter)
    return kind.startswith("M") or unicodedata.bidirectional(letter) in ("R", "AL")

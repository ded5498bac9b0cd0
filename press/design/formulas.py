"""Formulas drawn: MathML as a picture, for paper. Owner of ziamath.

In: MathML. Out: an SVG made of shapes, with its place on the line of text. It uses STIX Two Math
(SIL Open Font License 1.1), which ziamath includes; only the shapes of letters get into the SVG.
This module must not know where a formula stands.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lxml import etree

from press.core.records import dataclass
from press.core.trees import MATHML, Element

_NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")
_SIZE = 100.0
"""Units per em in the SVG."""
Box = tuple[float, float, float, float]
"""Left, bottom, right, top of a shape, from bottom to top."""


@dataclass(frozen=True)
class Drawing:
    """A formula as it is drawn; lengths in ems of the text around it."""

    svg: bytes
    width: float
    height: float
    depth: float
    """How far it reaches below the line."""
    shapes: tuple[Box, ...]
    """The edges of the shapes that it is made of, in drawing order."""


def draw(math: Element) -> Drawing:
    """Draw a formula.

    Raises:
        ValueError: it cannot be drawn, or has a character that the font lacks.
    """
    return _draw(etree.tostring(math, encoding="unicode", with_tail=False))


@lru_cache(256)
def _draw(mathml: str) -> Drawing:
    with warnings.catch_warnings(action="ignore"):  # it opens its font in an older way
        from ziamath.config import config
        from ziamath.zmath import Math

    config.svg2 = False  # shapes in their place, not symbols that are used
    config.precision = 2
    plain = mathml.replace(f' xmlns="{MATHML}"', "")
    try:
        formula = Math(plain, size=_SIZE)
        absent = _absent(formula, etree.fromstring(plain))
        root = etree.fromstring(formula.svg())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except Exception:  # noqa: BLE001 - the library raises whatever went wrong
        raise ValueError("it cannot be drawn") from None
    if absent:
        raise ValueError(f"the font for formulas has no character '{absent}'")
    _, top, width, height = map(float, (root.get("viewBox") or "0 0 0 0").split())
    shapes = tuple(_edges(root))
    if not shapes or width <= 0 or height <= 0:
        raise ValueError("it shows nothing")
    data = etree.tostring(root)
    return Drawing(data, width / _SIZE, height / _SIZE, (top + height) / _SIZE, shapes)


def _edges(root: Element) -> Iterator[Box]:
    """Yield the edges of each shape of a drawing: a path, whose points are absolute, or a bar."""
    for element in root.iter("{*}path", "{*}rect"):
        if path := element.get("d"):
            points = list(map(float, _NUMBER.findall(path)))
            xs, ys = points[::2], points[1::2]
        else:
            x, y, width, height = (
                float(element.get(name) or 0) for name in ("x", "y", "width", "height")
            )
            xs, ys = [x, x + width], [y, y + height]
        yield min(xs) / _SIZE, -max(ys) / _SIZE, max(xs) / _SIZE, -min(ys) / _SIZE


def flaw_of(math: Element) -> str:
    """Say why a formula cannot be drawn, as the end of a sentence; empty if it can."""
    try:
        draw(math)
    except ValueError as error:
        return str(error)
    return ""


def _absent(formula: Any, root: Any) -> str:
    """Return the first character that the font lacks; empty if it has all of them."""
    for character in "".join(map(str, root.itertext())):
        if not character.isspace() and formula.font.glyphindex(character) == 0:
            return character
    return ""

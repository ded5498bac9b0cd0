"""The sizes that authors give pictures: `{width=50%}`, in centimeters, inches, or pixels.

In: an `<img>` element with attributes. Out: the same with a style that every format obeys, and the
width in print. This module must not know what the picture shows.
"""

from __future__ import annotations

import re

from press.core.problems import Problem, Span
from press.core.trees import Element
from press.source.images import WIDEST

_SIZE = re.compile(r"\s*(\d{1,5}(?:\.\d{1,4})?)\s*(%|px|cm|mm|in|pt|)\s*", re.I)
_INCHES = {"px": 1 / 96, "cm": 1 / 2.54, "mm": 1 / 25.4, "in": 1.0, "pt": 1 / 72}
_LEAST, _MOST = 0.05, 40.0
"""The sizes in inches between which a size is meant: a millimeter, a meter."""


def set_size(image: Element, place: Span, problems: list[Problem]) -> float:
    """Turn width and height of an image into a style; return the inches that it is wide at most.

    A percentage is of the width of the text. Problem IMG006: a size that is not valid.
    """
    style, inches = [], WIDEST
    for side in ("width", "height"):
        given = image.attrib.pop(side, "")
        size, unit = _read(given, side)
        if given and not size:
            message = f"the {side} '{given}' of the image is not valid; it is left out"
            hint = "write {width=50%}, {width=6cm}, {width=3in}, or {width=300px}"
            problems.append(Problem("IMG006", place, message, hint))
        elif size:
            style.append(f"{side}: {size:g}{unit}")
            if side == "width":
                inches = WIDEST * size / 100 if unit == "%" else size * _INCHES[unit]
    if style:
        image.set("style", "; ".join(style))
        holder = image.getparent()
        if holder is not None and holder.tag == "figure":
            holder.set("class", f"{holder.get('class', '')} sized".strip())
    return min(inches, WIDEST)


def _read(given: str, side: str) -> tuple[float, str]:
    """Return number and unit of a size; 0 if it is not a plausible one."""
    found = _SIZE.fullmatch(given)
    if not found:
        return 0, ""
    size, unit = float(found[1]), found[2].lower() or "px"
    if unit == "%":
        return (size if 1 <= size <= 100 and side == "width" else 0), unit
    return (size if _LEAST <= size * _INCHES[unit] <= _MOST else 0), unit

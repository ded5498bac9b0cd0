"""Formulas: what a file has in the place of one is compared with it.

In: the formulas of a unit, and the MathML or the drawn shapes of a file. Out: whether they are the
same. This module must not know how a format shows a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from press.core.model import Document
from press.core.problems import Problem, Span
from press.core.speech import Block, kind_of
from press.core.trees import Element, local_name
from press.design.formulas import Box, draw
from press.document.units import Unit
from press.proof.matching import HINT, excerpt

_SLACK = 0.06
"""How far the edges of a shape may lie elsewhere, as a part of the width of the formula."""


def any_in(document: Document) -> bool:
    """Say if a document has formulas."""
    return any("<math" in part.xhtml for part in document.parts)


def of(block: Block | None) -> list[Element]:
    """Return the formulas in a block."""
    pieces = block.pieces if block else ()
    return [p.owner for p in pieces if p.kind == "figure" and kind_of(p) == "formula"]


def differ(mine: Block, block: Block) -> str:
    """Say if the MathML of a block differs, as the end of a sentence."""
    for wanted, found in zip(of(mine), of(block), strict=False):
        if list(_signs(wanted)) != list(_signs(found)):
            words = wanted.get("alttext") or ""
            return f"has another formula in the place of '{excerpt(words, 40)}'"
    return ""


def _signs(element: Element) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    for inner in element.iter("*"):
        attributes = ((str(k), str(v)) for k, v in inner.attrib.items() if k not in ("id", "class"))
        yield local_name(inner), (inner.text or "").strip(), tuple(sorted(attributes))


def is_drawn(math: Element, shapes: Sequence[Box]) -> bool:
    """Say if shapes on paper, in drawing order, are those of a formula."""
    wanted = draw(math).shapes
    if len(wanted) != len(shapes):
        return False
    pairs = zip(_fitted(wanted), _fitted(shapes), strict=True)
    return all(
        abs(a - b) <= _SLACK for mine, other in pairs for a, b in zip(mine, other, strict=True)
    )


def place_of(math: Element, shapes: Sequence[Box], start: int) -> int:
    """Return the place after a formula among shapes, from `start` on; -1 if it is not there."""
    count = len(draw(math).shapes)
    for at in range(start, len(shapes) - count + 1):
        if is_drawn(math, shapes[at : at + count]):
            return at + count
    return -1


def _fitted(boxes: Sequence[Box]) -> Iterator[Box]:
    """Yield boxes as parts of the longer side of the box around them all."""
    left, bottom = (min(box[side] for box in boxes) for side in (0, 1))
    right, top = (max(box[side] for box in boxes) for side in (2, 3))
    scale = max(right - left, top - bottom) or 1.0
    for a, b, c, d in boxes:
        yield (a - left) / scale, (b - bottom) / scale, (c - left) / scale, (d - bottom) / scale


def lost(unit: Unit, math: Element, span: Span) -> Problem:
    """Say that a formula is not drawn, or drawn as another: PRF001."""
    words = excerpt(math.get("alttext") or "", 60)
    return Problem(
        "PRF001", span, f"{unit.what}: the formula '{words}' is not drawn as it is", HINT
    )

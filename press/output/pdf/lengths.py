"""Lengths: WeasyPrint takes those in pixels as they are.

In: a box and its containing block. Out: the same used values, in less time. WeasyPrint asks three
functions about each of fourteen lengths, every time it lays out a box. This module must not know
documents.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

_ACROSS = (
    "margin_left", "margin_right", "padding_left", "padding_right", "width", "min_width",
    "max_width",
)  # fmt: skip
_ALONG = ("margin_top", "margin_bottom", "padding_top", "padding_bottom")
_BORDERS = (
    "border_top_width", "border_right_width", "border_bottom_width", "border_left_width",
)  # fmt: skip


def start() -> None:
    """Let WeasyPrint resolve lengths faster; it is still asked about all but plain ones."""
    from weasyprint.layout import absolute, block, column, grid, inline, page, percent, table
    from weasyprint.layout import float as floating

    percent.resolve_percentages = resolve = _resolver()
    for module in (absolute, block, column, floating, grid, inline, page, table):
        module.resolve_percentages = resolve


def _taker() -> Callable[[Any, tuple[str, ...], Any], None]:
    """Return what sets some used values of a box; `whole` is the length for 100%."""
    from weasyprint.css.properties import Dimension
    from weasyprint.layout.percent import resolve_one_percentage

    def take(box: Any, names: tuple[str, ...], whole: Any) -> None:
        style, used = box.style, box.__dict__
        for name in names:
            value = style[name]
            if value.__class__ is Dimension and value.unit == "px":
                used[name] = value.value
            elif value == "auto" and name[:4] != "min_":
                used[name] = value
            else:
                resolve_one_percentage(box, name, whole)

    return take


def _resolver() -> Callable[[Any, Any], None]:
    """Return what takes the place of WeasyPrint's `resolve_percentages`."""
    from weasyprint.formatting_structure.boxes import Box, PageBox
    from weasyprint.layout.percent import adjust_box_sizing

    take = _taker()

    def resolve(box: Any, containing_block: Any) -> None:
        around, style = containing_block, box.style
        width, height = (around.width, around.height) if isinstance(around, Box) else around
        take(box, _ACROSS, width)
        take(box, _ALONG, height if isinstance(box, PageBox) else width)
        if height == "auto":  # a share of what is not known yet (CSS 2.1, 10.5 and 10.7)
            box.height = style["height"].value if _is_pixels(style["height"]) else "auto"
            take(box, ("min_height",), 0)
            take(box, ("max_height",), inf)
        else:
            take(box, ("height", "min_height", "max_height"), height)
        collapsed = style["border_collapse"] == "collapse"
        for side in _BORDERS:
            if not (collapsed and hasattr(box, side)):
                setattr(box, side, style[side])
        if style["box_sizing"] != "content-box":
            adjust_box_sizing(box, "width")
            adjust_box_sizing(box, "height")

    return resolve


def _is_pixels(value: Any) -> bool:
    return getattr(value, "unit", "") == "px"

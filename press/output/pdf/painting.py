"""Painting: WeasyPrint draws a page in the order in which it is read.

In: the boxes of a page. Out: their drawing, in the order of the text. This is what a file without
tags has to go by, such as a booklet. This module must not know tags.
"""

from __future__ import annotations

from typing import Any


def start() -> None:
    """Let WeasyPrint draw the marker of a list item before its text, and pictures in their place.

    It draws what is placed absolutely, or cut off, after everything else, so that the order of the
    content would not be the order of the text.
    """
    from weasyprint import draw, stacking
    from weasyprint.formatting_structure import boxes

    dispatch, inner = stacking._dispatch, stacking._dispatch_children  # noqa: SLF001
    whole = draw.draw_block_level

    def in_order(box: Any, page: Any, contexts: Any, blocks: Any, floats: Any, inside: Any) -> Any:
        real = getattr(box, "_box", box)
        if getattr(real, "is_outside_marker", False):
            held: dict[Any, Any] = {}
            inside[inner(real, page, contexts, blocks, floats, held)] = held
            return None
        if isinstance(real, boxes.ReplacedBox) and real.style["position"] == "static":
            plain = real.style["opacity"] == 1 and not real.style["transform"]
            if plain and not real.is_floated():
                if isinstance(real, boxes.BlockLevelBox):
                    blocks.append(real)
                    inside[real] = {}
                return real
        return dispatch(box, page, contexts, blocks, floats, inside)

    def draw_block_level(page: Any, stream: Any, blocks_and_cells: dict[Any, Any]) -> None:
        for block, inside in blocks_and_cells.items():
            first = {b: i for b, i in inside.items() if getattr(b, "is_outside_marker", False)}
            rest = {b: i for b, i in inside.items() if b not in first}
            if first:
                whole(page, stream, first)
            whole(page, stream, {block: rest})

    stacking._dispatch = in_order  # noqa: SLF001
    draw.draw_block_level = draw_block_level

"""Lines of text: WeasyPrint makes each only once.

In: a line to make, in one layout. Out: the same line, in less time. Without this, WeasyPrint makes
the same lines several times: to balance columns, in flexible boxes, and on pages made again.
This module must not know documents.
"""

from __future__ import annotations

from typing import Any

_KEPT = 2_000
"""Lines to keep at most: those of about forty pages. What is made again is seldom far back."""
_PLAIN = ("LineBox", "InlineBox", "TextBox")


def start() -> None:
    """Let WeasyPrint keep the lines of each layout.

    A line depends on its text, on where in it the line begins, and on the place it has: nothing
    else, if it holds only text, has no float beside it, and no number of a page in it.
    """
    from weasyprint.layout import inline

    make, place_of = inline.get_next_linebox, inline.avoid_collisions

    def get_next_linebox(context: Any, box: Any, y: float, *rest: Any) -> tuple[Any, Any]:
        _, skip, around, _, _, letter, first = rest
        if letter or first or context.excluded_shapes or not _is_plain(box):
            return make(context, box, y, *rest)  # type: ignore[no-any-return]
        box.position_y, box.width, box.height = y, 0, 0
        x, _, width = place_of(context, box, around, outer=False)
        lines = context.__dict__.setdefault("kept_lines", {})
        key = id(box), repr(skip), width, box.text_indent, around.style["direction"]
        if key in lines:
            line, after, right, _ = lines[key]
            line = line.deepcopy()
            line.translate(x + right - line.position_x, y - line.position_y)
            line.position_y = y
            line.__dict__.pop("block_ellipsis", None)
            return line, after
        line, after = make(context, box, y, *rest)
        if line:
            if len(lines) >= _KEPT:
                lines.clear()
            lines[key] = line, after, line.position_x - x, box  # a box that is kept keeps its id
        return line, after

    inline.get_next_linebox = get_next_linebox


def _is_plain(line: Any) -> bool:
    """Return whether a line, before it is divided, has only text whose words do not change."""
    known = line.__dict__.get("is_plain")
    if known is None:
        known = line.is_plain = all(map(_is_text, line.descendants()))
    return known  # type: ignore[no-any-return]


def _is_text(box: Any) -> bool:
    return (
        type(box).__name__ in _PLAIN
        and not box.missing_link
        and not box.is_leader
        and box.style["position"] == "static"
        and box.is_in_normal_flow()
    )

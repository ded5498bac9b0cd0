"""One leaf of paper with two sides, filled and never exceeded.

In: the Document of a sheet, an Edition, the styles. Out: a Layout of two pages at most. The blocks
are arranged in several ways, and the first that fits is taken. This module must not know how a
sheet's text is chosen.
"""

from __future__ import annotations

from typing import Any

from press.core.model import Document, Edition, Part
from press.core.problems import Problem, ProblemsError, Span, counted
from press.design.styles import Styles
from press.document import sheet
from press.output.pdf.layout import Layout, lay_out

SIDES = 2
_SMALL = "html { font-size: 11.5pt } .main > * { font-size: inherit }"
"""The smallest body text that the standard of a sheet allows (`proof.typography`)."""
_EVEN = ".ladder .rung > ul + p { break-before: auto }"
"""Both columns of a rung are equally long; otherwise the second one says what to do."""
_FLOWING = ".overleaf { break-before: auto }"
_MOST_LINES = 14
_NAMED = 3
_POINTS = 0.75
"""Points in a CSS pixel, WeasyPrint's unit."""


def lay_out_sheet(document: Document, edition: Edition, styles: Styles) -> Layout:
    """Lay out a sheet, and fill what is left of side 2 with lines to write on.

    Raises:
        ProblemsError: it does not fit on two sides (SHT001), or the layout failed.
    """
    over = sheet.overleaf(document)
    rules_of: tuple[tuple[str, ...], ...] = ((), (_SMALL,), (_SMALL, _EVEN))
    ways = [(view, rules) for rules in rules_of for view in (document, over)]
    ways.append((document, (*rules_of[-1], _FLOWING)))
    pages = 0
    for view, rules in ways:
        hopeless = pages > SIDES + 1 and (view, rules) != ways[-1]
        if hopeless or (view is over and over == document):
            continue
        laid = lay_out(view, edition, styles, rules)
        pages = len(laid.rendered.pages)
        if pages <= SIDES:
            more = _lines_to_add(laid)
            filled = lay_out(view, edition, styles, (*rules, *more)) if more else laid
            return filled if len(filled.rendered.pages) <= SIDES else laid
    raise ProblemsError([_too_long(laid)])


def _lines_to_add(laid: Layout) -> tuple[str, ...]:
    """Return rules that show as many lines to write on as there is room for on side 2.

    With much room the lines are as wide as the page, and the clinic's box is below them.
    """
    body = _body(laid.rendered.pages[-1])
    write = next((box for box in body.descendants() if _is(box, "write")), None)
    holder = next((box for box in body.descendants() if _is(box, "lines")), None)
    if write is None or holder is None or len(laid.rendered.pages) != SIDES:
        return ()
    lines = [box for box in holder.children if box.element_tag == "div"]
    bottom = max(box.position_y + box.margin_height() for box in body.children[-1].children)
    room = body.position_y + laid.rendered.pages[-1]._page_box.height - bottom  # noqa: SLF001 - ours
    height = lines[0].margin_height()
    below = min(
        int((room - lines[0].position_y + holder.position_y - height) / height), _MOST_LINES
    )
    beside = int((holder.position_y + write.margin_height() + room - lines[0].position_y) / height)
    if below > len(lines):
        wide = ".write { display: block } .lines { margin: 0 0 12pt 0 }"
        return (wide, _shown(below))
    beside = min(beside, _MOST_LINES)
    return (_shown(beside),) if beside > len(lines) else ()


def _shown(count: int) -> str:
    return f".lines div:nth-of-type(-n+{count}) {{ display: block }}"


def _body(page: Any) -> Any:
    """Return the box of a page's text, without the margins."""
    return page._page_box.children[0]  # noqa: SLF001 - the library has no other way to ask


def _is(box: Any, name: str) -> bool:
    """Say if a box is that of an element with a class."""
    return box.element is not None and name in (box.element.get("class") or "").split()


def _too_long(laid: Layout) -> Problem:
    """Say by how many lines a sheet is too long, and which of its blocks are the longest."""
    bodies = list(map(_body, laid.rendered.pages))
    over = sum(map(_lines, bodies[SIDES:]))
    count = {
        part.id: sum(
            _lines(box)
            for body in bodies
            for box in body.descendants()
            if box.element is not None and box.element.get("id") == part.id
            and box.element_tag == "section"
        )
        for part in laid.document.parts
    }  # fmt: skip
    chosen = [part for part in laid.document.parts if sheet.group_of(part) != "made"]
    longest = sorted(chosen, key=lambda part: -count[part.id])[:_NAMED]
    names = ", ".join(f"{_name(part)} ({counted(count[part.id], 'line')})" for part in longest)
    span = Span(f"source/{laid.document.name}.md")
    message = (
        f"edition '{laid.edition.name}' is {counted(over, 'line')} too long for two sides; "
        f"its longest blocks are {names}"
    )
    return Problem("SHT001", span, message, "shorten them, or mark fewer blocks with {.short}")


def _lines(box: Any) -> int:
    """Count the lines of text in a box."""
    from weasyprint.formatting_structure.boxes import LineBox

    lines = {round(b.position_y, 1) for b in box.descendants() if isinstance(b, LineBox)}
    return len(lines)


def _name(part: Part) -> str:
    if part.kind == "notice":
        return f"notice '{part.id.removeprefix('notice-')}'"
    return f"'{part.title or part.id}'"

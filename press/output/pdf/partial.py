"""Some pages of a handout, before all the others: for the eyes of its author alone.

In: a Document, an Edition, and where its pages began before it was changed. Out: a PDF of the pages
that may have changed and are looked at. It is shown at once, while the handout is made, proved and
published; what it shows is what will be printed, but it is not published itself.

A page is laid out from where it began before, so a change on page 20 costs no more than one on page
2. What stands before the change is as it was; the page before it may give or take some lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from press.core.model import Document, Edition, Trail
from press.design.styles import Styles
from press.output.pdf.engine import Excerpt
from press.output.pdf.layout import deciding, handout_html, sheets_of
from press.output.pdf.typeset import render

_ID = re.compile(r'\bid="([^"]+)"')


@dataclass(frozen=True)
class PartialLayout:
    """Pages that are shown before the handout is finished."""

    data: bytes
    """A PDF that has these pages and no others."""
    first: int
    """The number of the first of them in the handout; numbers count from 0."""
    pages: int


@dataclass(frozen=True)
class View:
    """What somebody looks at; pages count from 0."""

    first: int
    last: int
    pages: int
    """How many there were."""
    anyway: bool = False
    """Wanted though nothing has changed."""


def lay_out_part(
    document: Document, edition: Edition, styles: Styles, view: View, trail: Trail | None
) -> PartialLayout | None:
    """Lay out what has changed of the pages in view; None where nothing has.

    Where the change stands elsewhere, it is the page of the change, and one on either side.

    Raises:
        ProblemsError: the styles are broken, or WeasyPrint complained of something.
    """
    html, sheets = handout_html(document, edition, styles), sheets_of(edition, styles)
    first, last, total = 0, view.last, view.pages
    if trail and list(trail.sheets[: len(sheets)]) == sheets:
        sheets, total = list(trail.sheets), len(trail.anchors)
        changed = _changed(trail, deciding(document, html, sheets))
        if changed is None and not view.anyway:
            return None
        changed = view.first if changed is None else changed
        first = max(0, changed - 1)
        last = max(last, changed) if last >= first else changed + 1
    else:
        trail = None
    excerpt = Excerpt(first, last, total, trail)
    laid = render(html, sheets, document, styles, tagged=False, excerpt=excerpt)
    for page in laid.pages:
        page.links, page.bookmarks = [], []
    return PartialLayout(laid.write_pdf(), first, len(laid.pages))


def _changed(trail: Trail, text: str) -> int | None:
    """The page on which the first change stands, from 0; None where there is none."""
    if text == trail.text:
        return None
    same, differs = 0, min(len(text), len(trail.text))
    while same < differs:
        middle = (same + differs + 1) // 2
        if text.startswith(trail.text[:middle]):
            same = middle
        else:
            differs = middle - 1
    pages = {id_: number for number, ids in enumerate(trail.anchors) for id_ in ids}
    before = _ID.findall(text, 0, same)
    return next((pages[id_] for id_ in reversed(before) if id_ in pages), 0)

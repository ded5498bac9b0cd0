"""Some pages of a handout, laid out before the others for the preview.

In: a Document, an Edition, and where its pages began before the change. Out: a PDF of the pages in
view that may have changed. It is shown at once, while the handout is made, proved, and published.
It shows what will be printed but is not published itself.

A page is laid out from where it began before, so a change on page 20 takes no longer than one on
page 2. Pages before the change stay as they are, except that the last of them may gain or lose
lines.
"""

from __future__ import annotations

import re

from press.core.model import Document, Edition, Trail
from press.core.records import dataclass
from press.design.styles import Styles
from press.document.editions import as_lists, moved
from press.output.pdf.engine import Excerpt
from press.output.pdf.layout import deciding, handout_html, paging_of, sheets_of
from press.output.pdf.typeset import render

_ID = re.compile(r'\bid="([^"]+)"')


@dataclass(frozen=True)
class PartialLayout:
    """Pages shown before the handout is finished."""

    data: bytes
    """A PDF of these pages only."""
    first: int
    """The number of the first page in the handout, counted from 0."""
    pages: int


@dataclass(frozen=True)
class Window:
    """The pages in view, counted from 0."""

    first: int
    last: int
    pages: int
    """The previous page count."""
    anyway: bool = False
    """Lay the pages out even if nothing has changed."""


def lay_out_part(
    document: Document, edition: Edition, styles: Styles, view: Window, trail: Trail | None
) -> PartialLayout | None:
    """Lay out the pages in view that may have changed; return None if nothing has changed.

    If the change is elsewhere, lay out its page and one on either side.

    Raises:
        ProblemsError: the styles are broken, or WeasyPrint reported a fault.
    """
    if trail and trail.lists:
        document = as_lists(document, trail.lists)
    plain = document
    if trail:
        document = moved(document, trail.moves)
    html = handout_html(document, edition, styles)
    sheets = sheets_of(edition, styles, html)
    first, last, total = 0, view.last, view.pages
    if trail and list(trail.sheets[: len(sheets)]) == sheets:
        sheets, total = list(trail.sheets), len(trail.anchors)
        changed = _changed(trail, deciding(document, html, sheets))
        if changed is None and not view.anyway:
            return None
        changed = view.first if changed is None else changed
        first = max(0, changed - 1)
        last = max(last, changed) if last >= first else changed + 1
        pages = {id_: number for number, ids in enumerate(trail.anchors) for id_ in ids}
        if later := [move for move in trail.moves if pages.get(move.id, 0) >= first]:
            kept = [move for move in trail.moves if move not in later]
            html = handout_html(moved(plain, kept), edition, styles)
        if last < total - 1:  # else the last pages are filled again
            sheets += trail.rules
    else:
        trail = None
    excerpt = Excerpt(first, last, total, trail, paging_of(edition))
    laid = render(html, sheets, document, styles, tagged=False, pages=excerpt)
    for page in laid.pages:
        page.links, page.bookmarks = [], []  # their targets may be on other pages
    return PartialLayout(laid.write_pdf(), first, len(laid.pages))


def _changed(trail: Trail, text: str) -> int | None:
    """Return the page of the first change, counted from 0; None if there is no change."""
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

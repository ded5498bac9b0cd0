"""Geometry of finished pages, measured: margins, overlaps, headings and boxes and where they end.

In: the bytes of a PDF. Out: findings, each a line that names the page. Points, from bottom left.
Text is where its ink is; lines and rules are found in a raster of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium

from press.proof.typography import Line, lines
from press.readback.pdf import TextSpan, rasters
from tests.paper import spans

STYLES = Path(__file__).resolve().parent.parent / "styles"
_DPI = 144
_INK = 250
"""Of 255 shades: what is darker is drawn."""
_HAIR = 1.0
"""Points that ink may be over an edge: rasters are coarse, and round letters hang out."""
_SHEET = 18
"""Points at the foot of a sheet that printers leave blank: a quarter of an inch."""


@dataclass(frozen=True)
class Box:
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True)
class Margins:
    top: float
    right: float
    bottom: float
    left: float
    gap: float
    """Between the body and the running foot."""


@dataclass(frozen=True)
class Page:
    """A page, or one of the two on a sheet of a booklet."""

    name: str
    width: float
    height: float
    spans: tuple[TextSpan, ...]
    picture: Any
    """In shades of gray, 144 pixels to an inch."""

    def ink(self, bottom: float, top: float) -> Box | None:
        """Return the box around all ink between two heights."""
        scale = _DPI / 72
        high, low = (round((self.height - edge) * scale) for edge in (top, bottom))
        band = self.picture.crop((0, high, self.picture.width, low))
        found = band.point([255 * (shade < _INK) for shade in range(256)]).getbbox()
        if not found:
            return None
        x0, y0, x1, y1 = found
        return Box(x0 / scale, top - y1 / scale, x1 / scale, top - y0 / scale)

    def body(self, margins: Margins) -> list[Line]:
        """Return its lines above the running footer, from the top."""
        rows = [r for r in lines(self.spans) if r.baseline > margins.bottom]
        return sorted(rows, key=lambda row: (-row.baseline, row.left))


def kind(name: str) -> str:
    """Return the kind of edition of a file, by its name; empty for the standard one."""
    kinds = ("large-print", "ink-saver", "booklet", "sheet")
    return next((kind for kind in kinds if f"-{kind}" in name), "")


def margins(name: str) -> Margins:
    """The margins of a file's edition, as the style sheets have them: the last rule wins."""
    sheets = [STYLES / "print.css", STYLES / "editions" / f"{kind(name) or 'none'}.css"]
    css = "".join(path.read_text() for path in sheets if path.exists())
    rules = re.findall(r"@page\s*\{\s*margin:\s*([^;]+);", css)
    sides = [float(side) for side in rules[-1].replace("pt", "").split()]
    gap = float(re.findall(r"@bottom-left \{[^}]*padding-top: (\d+)pt", css)[-1])
    return Margins(*(sides * 4 if len(sides) == 1 else sides)[:4], gap)


def pages(data: bytes, name: str = "") -> list[Page]:
    """The pages of a file; of a booklet's sheets the halves, where anything stands on them."""
    pdf = pdfium.PdfDocument(data)
    sizes = [page.get_size() for page in pdf]
    pdf.close()
    found = []
    for number, (size, drawn, picture) in enumerate(
        zip(sizes, spans(data), rasters(data, _DPI), strict=True), 1
    ):
        sheet = Page(f"page {number}", *size, tuple(drawn), picture.convert("L"))
        found += _halves(sheet) if kind(name) == "booklet" else [sheet]
    return found


def _halves(sheet: Page) -> Iterator[Page]:
    from dataclasses import replace

    half, middle = sheet.width / 2, sheet.picture.width // 2
    for index, side in enumerate(("left", "right")):
        here = tuple(
            replace(s, left=s.left - index * half, right=s.right - index * half)
            for s in sheet.spans
            if (s.left >= half) == bool(index)
        )
        box = (index * middle, 0, (index + 1) * middle, sheet.picture.height)
        picture = sheet.picture.crop(box)
        if here or picture.getextrema()[0] < _INK:
            yield Page(f"{sheet.name}, {side}", half, sheet.height, here, picture)


def outside(page: Page, edges: Margins) -> Iterator[str]:
    """Find text or ink in the margins, or between the body and the running footer."""
    wide = page.width - edges.right
    for span in page.spans:
        if span.left < edges.left - _HAIR or span.right > wide + _HAIR:
            yield f"{page.name}: '{span.text}' is in a margin at the side"
    whole = page.ink(0, page.height)
    if whole is None:
        return
    if whole.left < edges.left - _HAIR or whole.right > wide + _HAIR:
        yield f"{page.name}: ink in a margin at the side ({whole.left:.1f} to {whole.right:.1f})"
    if whole.top > page.height - edges.top + _HAIR:
        yield f"{page.name}: ink in the margin at the top ({page.height - whole.top:.1f} from it)"
    if whole.bottom < _SHEET:
        yield f"{page.name}: ink {whole.bottom:.1f} pt from the foot of the sheet"
    if page.ink(edges.bottom - edges.gap + _HAIR, edges.bottom - _HAIR):
        yield f"{page.name}: ink between the body and the running foot"


def overlaps(page: Page) -> Iterator[str]:
    """Find runs of text whose ink overlaps that of others."""
    for index, one in enumerate(page.spans):
        for other in page.spans[index + 1 :]:
            across = min(one.right, other.right) - max(one.left, other.left)
            down = min(one.top, other.top) - max(one.bottom, other.bottom)
            if across > 0.75 and down > 0.75:
                yield f"{page.name}: '{one.text}' and '{other.text}' overlap"


def _heading(line: Line, body: float) -> bool:
    bold = all("Bold" in span.font for span in line.spans if span.text.strip())
    return bold and line.size > body + 0.3


def stranded(page: Page, edges: Margins, body: float) -> Iterator[str]:
    """Find headings at the bottom of a page with nothing below them."""
    rows = page.body(edges)
    if rows and _heading(rows[-1], body):
        under = min(span.bottom for span in rows[-1].spans) - 2
        if not page.ink(edges.bottom - _HAIR, under):
            yield f"{page.name}: the heading '{rows[-1].text}' stands at the foot"


def hollow(page: Page, edges: Margins, *, last: bool = False) -> Iterator[str]:
    """Find pages less than a third full, and a last page of fewer than three lines."""
    ink = page.ink(edges.bottom, page.height - edges.top)
    high = page.height - edges.top - edges.bottom
    share = (page.height - edges.top - ink.bottom) / high if ink else 0
    count = len({round(row.baseline) for row in page.body(edges)})
    if last and count < 3:
        yield f"{page.name}: {count} lines are all there is on the last page"
    elif not last and share < 1 / 3:
        yield f"{page.name}: only {share:.0%} is filled"


def widows(before: Page, page: Page, edges: Margins) -> Iterator[str]:
    """Find the last line of a paragraph alone at the top of a page."""
    above, rows = before.body(edges), page.body(edges)
    if not above or not rows:
        return
    foot, head, after = above[-1], rows[0], rows[1] if len(rows) > 1 else None
    if not _goes_on(foot, head, before, page):
        return
    near = after and head.baseline - after.baseline < 1.5 * head.size
    if not (near and after and _alike(head, after)):
        yield f"{page.name}: '{head.text}' stands alone at the head"


def _alike(one: Line, other: Line) -> bool:
    return one.size == other.size and abs(one.left - other.left) < 3


def _goes_on(foot: Line, head: Line, before: Page, page: Page) -> bool:
    """Whether a line at a foot goes on in one at a head: its next word had no room.

    Where a sentence ends at a foot, only a small letter tells that the paragraph does not.
    """
    ends = re.search(r"[.!?:;”)]\d*(,\d+)*$", foot.text) and not head.text[:1].islower()
    marked = any(
        abs(span.baseline - head.baseline) < 1 and span.right <= head.left for span in page.spans
    )
    if ends or marked or not _alike(foot, head):
        return False
    room = max(row.right for row in lines(before.spans) if _alike(row, foot))
    letter = (head.right - head.left) / len(head.text)
    return foot.right + 0.9 * letter * (len(head.text.split(" ")[0]) + 1) > room


def references_page(data: bytes) -> int:
    """Return the page (from 1) on which the references begin, by the bookmarks; 0 if none does."""
    from tests import inside

    marks = [m for m in inside.bookmarks(data) if m.strip().startswith("References >")]
    return int(marks[0].rpartition(" ")[2]) if marks else 0

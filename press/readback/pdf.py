"""A finished PDF, opened for reading: its text, links, and pages as pictures. Owner of PDFium.

In: the bytes of a PDF. Out: `PdfPage`s, or a picture. This module must not know how it was made.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import hypot
from typing import Any

_CONTRAST = 48
"""Difference between darkest and lightest, of 256 steps, that makes text visible in print."""
_ITALIC = 64
"""Bit 7 of a font's flags (ISO 32000-1, table 123)."""
_Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class TextSpan:
    """A run of text of one font and size on a line, as drawn; in points, from bottom left."""

    text: str
    size: float
    """The size on paper: the font size times every scale applied to it."""
    font: str
    """The font's PostScript name, without the subset tag."""
    italic: bool
    """Italic by its font, or slanted when drawn."""
    baseline: float
    left: float
    bottom: float
    right: float
    top: float
    """The edges of its ink."""
    color: tuple[int, int, int]


@dataclass(frozen=True)
class PdfPage:
    """A page as a reader finds it."""

    text: str
    """All its text, in the order of the page's content."""
    unseen: tuple[str, ...]
    """Runs of text that are invisible or run off the sheet."""
    links: int
    """Internal links that lead to a page of this file."""
    dead: int
    """Internal links that lead nowhere."""
    spans: tuple[TextSpan, ...] = ()
    """The text as drawn, in the order of the page's content; without blank runs."""


def read_pdf(data: bytes) -> list[PdfPage]:
    """Open a PDF and read every page.

    Raises:
        ValueError: the bytes are not a PDF that can be opened.
    """
    pdf = _open(data)
    try:
        return [_read_page(pdf, number) for number in range(len(pdf))]
    finally:
        pdf.close()


def _open(data: bytes) -> Any:
    import pypdfium2 as pdfium

    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise ValueError(str(error)) from None


def read_halves(data: bytes) -> list[PdfPage]:
    """Read sheets that hold two pages: return the left and the right half of each, in turn.

    Raises:
        ValueError: the bytes are not a PDF that can be opened.
    """
    pdf = _open(data)
    halves = []
    try:
        for sheet in pdf:
            textpage = sheet.get_textpage()
            width, height = sheet.get_size()
            unseen = tuple(_unseen(sheet, textpage))
            drawn = list(_joined(_Texts(textpage).of(sheet)))
            for left in (0.0, width / 2):
                text = textpage.get_text_bounded(left, 0, left + width / 2, height)
                here = tuple(span for span in drawn if (span.left >= width / 2) == bool(left))
                halves.append(PdfPage(text, () if left else unseen, 0, 0, here))
            textpage.close()
            sheet.close()
    finally:
        pdf.close()
    return halves


def _read_page(pdf: Any, number: int) -> PdfPage:
    page = pdf[number]
    textpage = page.get_textpage()
    links = list(_links(pdf, page))
    unseen = tuple(_unseen(page, textpage))
    text = textpage.get_text_range()
    drawn = tuple(_joined(_Texts(textpage).of(page)))
    textpage.close()
    page.close()
    return PdfPage(text, unseen, sum(links), len(links) - sum(links), drawn)


class _Texts:
    """The text objects of a page, read with calls to PDFium per object, not per letter."""

    def __init__(self, textpage: Any) -> None:
        from pypdfium2 import raw

        self.raw, self.textpage = raw, textpage.raw
        self.fonts: dict[int, tuple[str, bool]] = {}
        self.buffer, self.length = ctypes.create_string_buffer(4096), 4096
        self.matrix = raw.FS_MATRIX()
        self.size = ctypes.c_float()
        self.edges = [ctypes.c_float() for _ in range(4)]
        self.color = [ctypes.c_uint() for _ in range(4)]

    def of(self, page: Any) -> Iterator[TextSpan]:
        """Yield the text objects of a page, including those in pictures and other forms."""
        raw = self.raw
        count = raw.FPDFPage_CountObjects(page.raw)
        objects = (raw.FPDFPage_GetObject(page.raw, index) for index in range(count))
        return self._walk(objects, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0))

    def _walk(self, objects: Iterable[Any], around: _Matrix) -> Iterator[TextSpan]:
        raw = self.raw
        for item in objects:
            kind = raw.FPDFPageObj_GetType(item)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                text = self._text(item)
                if text.strip():
                    yield self._span(item, text, around)
            elif kind == raw.FPDF_PAGEOBJ_FORM:
                count = raw.FPDFFormObj_CountObjects(item)
                inner = (raw.FPDFFormObj_GetObject(item, index) for index in range(count))
                yield from self._walk(inner, self._placed(item, around))

    def _placed(self, item: Any, around: _Matrix) -> _Matrix:
        """Return an object's matrix times that of the form around it (ISO 32000-1, 8.3.4)."""
        m = self.matrix
        self.raw.FPDFPageObj_GetMatrix(item, m)
        a, b, c, d, e, f = around
        return (
            *(m.a * a + m.b * c, m.a * b + m.b * d, m.c * a + m.d * c, m.c * b + m.d * d),
            *(m.e * a + m.f * c + e, m.e * b + m.f * d + f),
        )

    def _text(self, item: Any) -> str:
        """Return the letters of a text object, with PDFium's marks for hyphenation as hyphens."""
        pointer = ctypes.POINTER(ctypes.c_ushort)
        read = self.raw.FPDFTextObj_GetText
        size = read(item, self.textpage, ctypes.cast(self.buffer, pointer), self.length)
        if size > self.length:
            self.buffer, self.length = ctypes.create_string_buffer(size), size
            read(item, self.textpage, ctypes.cast(self.buffer, pointer), size)
        text = self.buffer.raw[:size].decode("utf-16-le", "replace").rstrip("\0")
        return text.replace("\x02", "-").replace("\ufffe", "-")

    def _span(self, item: Any, text: str, around: _Matrix) -> TextSpan:
        raw = self.raw
        a, b, c, d, _, baseline = self._placed(item, around)
        raw.FPDFTextObj_GetFontSize(item, self.size)
        raw.FPDFPageObj_GetBounds(item, *self.edges)
        raw.FPDFPageObj_GetFillColor(item, *self.color)
        x0, y0, x1, y1 = (edge.value for edge in self.edges)
        p, q, r, s, e, f = around
        xs = [x * p + y * r + e for x in (x0, x1) for y in (y0, y1)]
        ys = [x * q + y * s + f for x in (x0, x1) for y in (y0, y1)]
        font, italic = self._font(raw.FPDFTextObj_GetFont(item))
        slanted = abs(a * c + b * d) > 0.1 * abs(a * d - b * c)  # its axes are not at right angles
        red, green, blue, _ = (part.value for part in self.color)
        return TextSpan(
            *(text, self.size.value * hypot(c, d), font, italic or slanted, baseline),
            *(min(xs), min(ys), max(xs), max(ys), (red, green, blue)),
        )

    def _font(self, font: Any) -> tuple[str, bool]:
        raw, key = self.raw, ctypes.addressof(font.contents)
        if key not in self.fonts:
            name = ctypes.create_string_buffer(256)
            raw.FPDFFont_GetBaseFontName(font, name, 256)
            words = name.value.decode("utf-8", "replace")
            words = words[7:] if words[6:7] == "+" else words
            named = any(word in words.lower() for word in ("italic", "oblique"))
            self.fonts[key] = words, named or bool(raw.FPDFFont_GetFlags(font) & _ITALIC)
        return self.fonts[key]


def _joined(objects: Iterable[TextSpan]) -> Iterator[TextSpan]:
    """Join runs drawn letter by letter, as the words of an SVG picture are."""
    last: TextSpan | None = None
    for span in objects:
        if last and _goes_on(last, span):
            box = (min(last.bottom, span.bottom), span.right, max(last.top, span.top))
            bottom, right, top = box
            text = last.text + span.text
            last = replace(last, text=text, bottom=bottom, right=right, top=top)
            continue
        if last:
            yield last
        last = span
    if last:
        yield last


def _goes_on(last: TextSpan, span: TextSpan) -> bool:
    """Say if a run continues the one before: same line and style, at most a wide space away."""
    alike = (last.font, last.color) == (span.font, span.color)
    level = abs(last.baseline - span.baseline) < 0.02 * span.size
    near = -0.2 < (span.left - last.right) / span.size < 0.6
    return alike and level and near and abs(last.size - span.size) < 0.02 * span.size


def _unseen(page: Any, textpage: Any) -> Iterator[str]:
    """Yield the runs of text without enough contrast in their rectangle, or partly off the page."""
    scale = 1.5
    picture = page.render(scale=scale, grayscale=True).to_pil()
    width, height = page.get_width(), page.get_height()
    for index in range(textpage.count_rects()):
        left, bottom, right, top = textpage.get_rect(index)
        box = (
            max(0, int(left * scale)),
            max(0, int((height - top) * scale)),
            min(picture.width, int(right * scale) + 1),
            min(picture.height, int((height - bottom) * scale) + 1),
        )
        on_sheet = min(left, bottom, width - right, height - top) > -1
        if on_sheet and box[0] < box[2] and box[1] < box[3]:
            dark, light = picture.crop(box).getextrema()
            if light - dark >= _CONTRAST:
                continue
        words = textpage.get_text_bounded(left, bottom, right, top).strip()
        if any(c.isalnum() for c in words):
            yield words


def _links(pdf: Any, page: Any) -> Iterator[bool]:
    """Yield True for each internal link of a page that leads to a page, else False."""
    from pypdfium2 import raw

    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    while raw.FPDFLink_Enumerate(page.raw, ctypes.byref(position), ctypes.byref(link)):
        target = raw.FPDFLink_GetDest(pdf.raw, link)
        action = raw.FPDFLink_GetAction(link)
        if not target and action and raw.FPDFAction_GetType(action) == raw.PDFACTION_URI:
            continue
        yield bool(target) and raw.FPDFDest_GetDestPageIndex(pdf.raw, target) >= 0


def page_sizes(data: bytes) -> list[tuple[float, float]]:
    """Return the width and height of every page in points.

    Raises:
        ValueError: the bytes are not a PDF that can be opened.
    """
    pdf = _open(data)
    try:
        return [pdf.get_page_size(number) for number in range(len(pdf))]
    finally:
        pdf.close()


def raster(data: bytes, number: int, width: int) -> Any:
    """Return a page, counted from 0, as a picture (a PIL image) `width` pixels wide."""
    pdf = _open(data)
    try:
        page = pdf[number]
        return page.render(scale=width / page.get_width()).to_pil()
    finally:
        pdf.close()


def rasters(data: bytes, dpi: int) -> Iterator[Any]:
    """Yield every page as a picture (a PIL image) at a resolution."""
    pdf = _open(data)
    try:
        for page in pdf:
            yield page.render(scale=dpi / 72).to_pil()
            page.close()
    finally:
        pdf.close()


def attachments(data: bytes) -> dict[str, bytes]:
    """Return the files embedded in a PDF, by name, without those that are damaged.

    Raises:
        ValueError: the bytes are not a PDF that can be opened.
    """
    import pypdfium2 as pdfium

    pdf = _open(data)
    files: dict[str, bytes] = {}
    try:
        for index in range(pdf.count_attachments()):
            with contextlib.suppress(pdfium.PdfiumError, UnicodeDecodeError):
                attached = pdf.get_attachment(index)
                files.setdefault(attached.get_name(), bytes(attached.get_data()))
    finally:
        pdf.close()
    return files

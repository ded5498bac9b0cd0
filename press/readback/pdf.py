"""A finished PDF, opened for reading: its text, links, and pages as pictures. Owner of PDFium.

In: the bytes of a PDF. Out: `PdfPage`s, or a picture. This module must not know how it was made.
"""

from __future__ import annotations

import contextlib
import ctypes
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from math import hypot
from typing import Any

from press.core.records import dataclass

_CONTRAST = 48
"""Difference between darkest and lightest, of 256 steps, that makes text visible in print."""
_LONG = 2.5
"""Ems of width beyond which the middle half of a text must leave ink."""
_EDGE = 0.2
"""Ems at each end of a longer text that the ink of its neighbors may touch."""
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
    mcid: int = -1
    """The number of the marked content that it is part of; -1 without (ISO 32000-1, 14.7.4)."""
    artifact: bool = False
    """The file says that it is not a part of the text, but a running foot or an ornament."""
    drawn: str = ""
    """What is drawn, if the file says that it is read as another text (`ActualText`)."""
    seen: bool = True
    """It leaves ink, and is on the sheet."""


@dataclass(frozen=True)
class Shape:
    """A line or area, as drawn."""

    mcid: int
    """The number of the marked content that it is part of; -1 without."""
    box: tuple[float, float, float, float]
    """Left, bottom, right, top, in points."""


@dataclass(frozen=True)
class PdfPage:
    """A page as a reader finds it."""

    links: int
    """Internal links that lead to a page of this file."""
    dead: int
    """Internal links that lead nowhere."""
    texts: tuple[TextSpan, ...] = ()
    """Its text objects, in the order of the page's content; without blank ones."""
    shapes: tuple[Shape, ...] = ()
    """What is drawn as lines and areas, in the same order, if it was asked for; without
    what leaves no ink."""

    @cached_property
    def spans(self) -> tuple[TextSpan, ...]:
        """Its text, with runs joined that are drawn letter by letter."""
        return tuple(_joined(self.texts))

    @property
    def text(self) -> str:
        """All its text, line by line, in the order of drawing."""
        said, last = "", None
        for span in self.spans:
            on = last and abs(last.baseline - span.baseline) < 0.45 * last.size
            on = on and span.left > last.right - span.size
            said += span.text if on else "\n" + span.text
            last = span
        return re.sub(" +", " ", said).strip()


def read_pdf(data: bytes, *, shapes: bool = False) -> list[PdfPage]:
    """Open a PDF and read every page; the shapes on it, too, if they are asked for.

    Raises:
        ValueError: the bytes are not a PDF that can be opened.
    """
    pdf = _open(data)
    try:
        return [_read_page(pdf, number, shapes=shapes) for number in range(len(pdf))]
    finally:
        pdf.close()


def _open(data: bytes) -> Any:
    import pypdfium2 as pdfium

    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise ValueError(str(error)) from None


def read_halves(data: bytes, *, shapes: bool = False) -> list[PdfPage]:
    """Read sheets that hold two pages: return the left and the right half of each, in turn.

    Raises:
        ValueError: the bytes are not a PDF that can be opened.
    """
    halves = []
    widths = (width for width, _ in page_sizes(data))
    for page, width in zip(read_pdf(data, shapes=shapes), widths, strict=True):
        right = [span.left >= width / 2 for span in page.texts]
        for half in (False, True):
            here = (t for t, is_right in zip(page.texts, right, strict=True) if is_right is half)
            drawn = (each for each in page.shapes if (each.box[0] >= width / 2) is half)
            halves.append(PdfPage(0, 0, tuple(here), tuple(drawn)))
    return halves


def _read_page(pdf: Any, number: int, *, shapes: bool) -> PdfPage:
    page = pdf[number]
    textpage = page.get_textpage()
    links = list(_links(pdf, page))
    reader = _Texts(textpage, shapes=shapes)
    pairs = list(reader.of(page))
    picture = page.render(scale=_SCALE, grayscale=True).to_pil()
    spans = _inked(page, picture, [span for _, span in pairs])
    texts = tuple(_as_read(zip([mark for mark, _ in pairs], spans, strict=True)))
    drawn = tuple(each for each in reader.shapes if _leaves_ink(page, picture, each))
    textpage.close()
    page.close()
    return PdfPage(sum(links), len(links) - sum(links), texts, drawn)


@dataclass(frozen=True)
class _Mark:
    """The marked content around an object."""

    mcid: int = -1
    artifact: bool = False
    said: str = ""
    """The text as which it is read, if the file says so (ISO 32000-1, 14.9.4)."""
    place: int = 0
    """Tells two marked contents apart that are read alike."""


class _Texts:
    """The text objects of a page, read with calls to PDFium per object, not per letter."""

    def __init__(self, textpage: Any, *, shapes: bool) -> None:
        from pypdfium2 import raw

        self.raw, self.textpage = raw, textpage.raw
        self.fonts: dict[int, tuple[str, bool]] = {}
        self.buffer, self.length = ctypes.create_string_buffer(4096), 4096
        self.matrix = raw.FS_MATRIX()
        self.size = ctypes.c_float()
        self.edges = [ctypes.c_float() for _ in range(4)]
        self.color = [ctypes.c_uint() for _ in range(4)]
        self.wanted = shapes
        self.shapes: list[Shape] = []
        """Those that the walk has met, if they are wanted."""

    @property
    def words(self) -> Any:
        """The buffer, as PDFium wants it for UTF-16."""
        return ctypes.cast(self.buffer, ctypes.POINTER(ctypes.c_ushort))

    def of(self, page: Any) -> Iterator[tuple[_Mark, TextSpan]]:
        """Yield the text objects of a page with their marks, also those in pictures and forms."""
        raw = self.raw
        count = raw.FPDFPage_CountObjects(page.raw)
        objects = (raw.FPDFPage_GetObject(page.raw, index) for index in range(count))
        yield from self._walk(objects, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), _Mark())

    def _walk(
        self, objects: Iterable[Any], around: _Matrix, outer: _Mark
    ) -> Iterator[tuple[_Mark, TextSpan]]:
        raw = self.raw
        for item in objects:
            kind = raw.FPDFPageObj_GetType(item)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                text = self._text(item)
                if text.strip():
                    mark = self._mark(item, outer)
                    yield mark, self._span(item, text, around, mark)
            elif kind == raw.FPDF_PAGEOBJ_FORM:
                count = raw.FPDFFormObj_CountObjects(item)
                inner = (raw.FPDFFormObj_GetObject(item, index) for index in range(count))
                yield from self._walk(inner, self._placed(item, around), self._mark(item, outer))
            elif kind == raw.FPDF_PAGEOBJ_PATH and self.wanted:
                mcid = raw.FPDFPageObj_GetMarkedContentID(item)
                self.shapes.append(Shape(mcid, self._box(item, around)))

    def _mark(self, item: Any, around: _Mark) -> _Mark:
        """Return the marked content that an object is part of (ISO 32000-1, 14.6)."""
        raw, length = self.raw, ctypes.c_ulong()
        mcid, artifact, said = raw.FPDFPageObj_GetMarkedContentID(item), False, ""
        place = 0
        for index in range(raw.FPDFPageObj_CountMarks(item)):
            mark = raw.FPDFPageObj_GetMark(item, index)
            raw.FPDFPageObjMark_GetName(mark, self.words, self.length, length)
            artifact |= self.buffer.raw[: length.value - 2].decode("utf-16-le") == "Artifact"
            key = b"ActualText"
            if raw.FPDFPageObjMark_GetParamBlobValue(mark, key, None, 0, length):
                held = (ctypes.c_ubyte * length.value)()
                raw.FPDFPageObjMark_GetParamBlobValue(mark, key, held, length.value, length)
                said = _text_string(bytes(held))
                place = ctypes.addressof(mark.contents)
        if mcid < 0 and not artifact and not said:
            return around
        return _Mark(mcid, artifact, said, place)

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
        read = self.raw.FPDFTextObj_GetText
        size = read(item, self.textpage, self.words, self.length)
        if size > self.length:
            self.buffer, self.length = ctypes.create_string_buffer(size), size
            read(item, self.textpage, self.words, size)
        text = self.buffer.raw[:size].decode("utf-16-le", "replace").rstrip("\0")
        return text.replace("\x02", "-").replace("\ufffe", "-")

    def _span(self, item: Any, text: str, around: _Matrix, mark: _Mark) -> TextSpan:
        raw = self.raw
        a, b, c, d, _, baseline = self._placed(item, around)
        raw.FPDFTextObj_GetFontSize(item, self.size)
        raw.FPDFPageObj_GetFillColor(item, *self.color)
        font, italic = self._font(raw.FPDFTextObj_GetFont(item))
        slanted = abs(a * c + b * d) > 0.1 * abs(a * d - b * c)  # its axes are not at right angles
        red, green, blue, _ = (part.value for part in self.color)
        return TextSpan(
            *(text, self.size.value * hypot(c, d), font, italic or slanted, baseline),
            *(*self._box(item, around), (red, green, blue)),
            *(mark.mcid, mark.artifact),
            seen=raw.FPDFTextObj_GetTextRenderMode(item) not in (3, 7),  # 3 and 7 draw nothing
        )

    def _box(self, item: Any, around: _Matrix) -> tuple[float, float, float, float]:
        """Return the edges of an object on the page."""
        self.raw.FPDFPageObj_GetBounds(item, *self.edges)
        x0, y0, x1, y1 = (edge.value for edge in self.edges)
        p, q, r, s, e, f = around
        xs = [x * p + y * r + e for x in (x0, x1) for y in (y0, y1)]
        ys = [x * q + y * s + f for x in (x0, x1) for y in (y0, y1)]
        return min(xs), min(ys), max(xs), max(ys)

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


def _text_string(data: bytes) -> str:
    """Decode a text string (ISO 32000-2, 7.9.2.2), in PDFDocEncoding as far as it is Latin-1."""
    if data.startswith(b"\xfe\xff"):
        return data[2:].decode("utf-16-be", "replace")
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace")
    return data.decode("latin-1")


def _as_read(pairs: Iterable[tuple[_Mark, TextSpan]]) -> Iterator[TextSpan]:
    """Yield texts as they are read: one for each marked content that is read as another text."""
    for mark, spans in groupby(pairs, lambda pair: pair[0].said and pair[0]):
        if mark:
            yield _said(str(mark.said), [span for _, span in spans])
        else:
            yield from (span for _, span in spans)


def _said(text: str, spans: Sequence[TextSpan]) -> TextSpan:
    """Return the text objects of a marked content as one, with the text as which it is read."""
    drawn = "".join(span.text for span in spans)
    each = ["".join(sorted(re.sub(r"\s", "", span.text))) for span in spans]
    if len(each[0]) == len(re.sub(r"\s", "", text)) and len(set(each)) == 1:
        drawn = spans[0].text  # PDFium reads each as the whole text if it reads others between
    return replace(
        spans[0],
        text=text,
        drawn=drawn,
        left=min(span.left for span in spans),
        bottom=min(span.bottom for span in spans),
        right=max(span.right for span in spans),
        top=max(span.top for span in spans),
        seen=all(span.seen for span in spans),
    )


def _joined(objects: Iterable[TextSpan]) -> Iterator[TextSpan]:
    """Join runs drawn letter by letter, as the words of an SVG picture are."""
    last: TextSpan | None = None
    for span in objects:
        if last and _goes_on(last, span):
            box = (min(last.bottom, span.bottom), span.right, max(last.top, span.top))
            bottom, right, top = box
            text, seen = last.text + span.text, last.seen and span.seen
            last = replace(last, text=text, bottom=bottom, right=right, top=top, seen=seen)
            continue
        if last:
            yield last
        last = span
    if last:
        yield last


def _goes_on(last: TextSpan, span: TextSpan) -> bool:
    """Say if a letter continues the run before: same line and style, at most a wide space away."""
    alike = (last.font, last.color, last.mcid) == (span.font, span.color, span.mcid)
    level = abs(last.baseline - span.baseline) < 0.02 * span.size
    near = -0.2 < (span.left - last.right) / span.size < 0.6
    letter = len(span.text.strip()) == 1
    return letter and alike and level and near and abs(last.size - span.size) < 0.02 * span.size


def _leaves_ink(page: Any, picture: Any, shape: Shape) -> bool:
    """Say if a shape lies on the sheet and leaves ink; one without a place in the text counts."""
    width, height = page.get_width(), page.get_height()
    left, bottom, right, top = shape.box
    if min(left, bottom, width - right, height - top) < -1:
        return False
    box = (
        max(0, int(left * _SCALE) - 1),
        max(0, int((height - top) * _SCALE) - 1),
        min(picture.width, int(right * _SCALE) + 2),
        min(picture.height, int((height - bottom) * _SCALE) + 2),
    )
    dark, light = picture.crop(box).getextrema()
    return bool(light - dark >= _CONTRAST)


_SCALE = 1.5
"""Pixels per point of the picture in which ink is looked for."""


def _inked(page: Any, picture: Any, texts: Iterable[TextSpan]) -> Iterator[TextSpan]:
    """Yield texts with the answer if each leaves ink in its place, and lies on the sheet."""
    scale = _SCALE
    width, height = page.get_width(), page.get_height()
    for text in texts:
        if not text.seen or not any(c.isalnum() for c in text.text):
            yield text
            continue
        # The ends of a longer text may touch the ink of its neighbors. A text that is wider than
        # its letters has a tab, perhaps as its beginning, and ink only near its ends.
        wide = text.right - text.left
        apart = text.text[0].isspace() or wide > text.size * len("".join(text.text.split()))
        end = 0.0 if wide <= _LONG * text.size else _EDGE * text.size if apart else wide / 4
        box = (
            max(0, int((text.left + end) * scale)),
            max(0, int((height - text.top) * scale)),
            min(picture.width, int((text.right - end) * scale) + 1),
            min(picture.height, int((height - _foot(text)) * scale) + 1),
        )
        seen = min(text.left, text.bottom, width - text.right, height - text.top) > -1
        if seen and box[0] < box[2] and box[1] < box[3]:
            dark, light = picture.crop(box).getextrema()
            seen = light - dark >= _CONTRAST
        else:
            seen = False
        yield text if seen else replace(text, seen=False)


def _foot(text: TextSpan) -> float:
    """Return the lowest place at which a text must leave ink: above a line drawn under it."""
    level = text.bottom <= text.baseline < text.top - 0.2 * text.size
    return text.baseline if level else text.bottom


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

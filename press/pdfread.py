"""A finished PDF, opened again: its text, its links, its pages as pictures. Owner of PDFium.

In: the bytes of a PDF. Out: `PdfPage`s, or a picture. This module must not know how it was made.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_CONTRAST = 48
"""Steps of 256 between darkest and lightest that make a run of text visible in print."""


@dataclass(frozen=True)
class PdfPage:
    """One page, as a reader finds it."""

    text: str
    """All text, in the order of the page's content."""
    unseen: tuple[str, ...]
    """Runs of text that leave no ink on the page, or run off the sheet."""
    links: int
    """Internal links that lead to a page of this file."""
    dead: int
    """Internal links that lead nowhere."""


def read_pdf(data: bytes) -> list[PdfPage]:
    """Open a PDF and read every page.

    Raises:
        ValueError: these bytes are no PDF that can be opened.
    """
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise ValueError(str(error)) from None
    try:
        return [_read_page(pdf, number) for number in range(len(pdf))]
    finally:
        pdf.close()


def _read_page(pdf: Any, number: int) -> PdfPage:
    page = pdf[number]
    textpage = page.get_textpage()
    links = list(_links(pdf, page))
    unseen = tuple(_unseen(page, textpage))
    text = textpage.get_text_range()
    textpage.close()
    page.close()
    return PdfPage(text, unseen, sum(links), len(links) - sum(links))


def _unseen(page: Any, textpage: Any) -> Iterator[str]:
    """The runs of text whose rectangle holds one shade only, or is not wholly on the page."""
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
    """For every internal link of a page, whether it leads to a page."""
    from pypdfium2 import raw

    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    while raw.FPDFLink_Enumerate(page.raw, ctypes.byref(position), ctypes.byref(link)):
        target = raw.FPDFLink_GetDest(pdf.raw, link)
        action = raw.FPDFLink_GetAction(link)
        if not target and action and raw.FPDFAction_GetType(action) == raw.PDFACTION_URI:
            continue
        yield bool(target) and raw.FPDFDest_GetDestPageIndex(pdf.raw, target) >= 0


def raster(data: bytes, number: int, width: int) -> Any:
    """A page as a picture (a PIL image), `width` pixels wide; pages count from 0."""
    import pypdfium2 as pdfium

    pdf = pdfium.PdfDocument(data)
    try:
        page = pdf[number]
        return page.render(scale=width / page.get_width()).to_pil()
    finally:
        pdf.close()


def attachments(data: bytes) -> dict[str, bytes]:
    """The files that a PDF carries, by name; one that is damaged is left out.

    Raises:
        ValueError: these bytes are no PDF that can be opened.
    """
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise ValueError(str(error)) from None
    files: dict[str, bytes] = {}
    try:
        for index in range(pdf.count_attachments()):
            with contextlib.suppress(pdfium.PdfiumError, UnicodeDecodeError):
                attached = pdf.get_attachment(index)
                files.setdefault(attached.get_name(), bytes(attached.get_data()))
    finally:
        pdf.close()
    return files

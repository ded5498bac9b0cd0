"""The contents of finished files, as text that a person can read in a diff.

In: the bytes of a PDF or an EPUB. Out: lines. Nothing here knows how the files were made.
"""

from __future__ import annotations

import ctypes
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import raw

QUIET = ("NonStruct", "Span")
"""Tags that say nothing to a reader's software: what is in them stands where they stood."""


def tags(data: bytes, width: int = 30) -> list[str]:
    """The tag tree of a PDF, page by page: a line for each element, with how its text begins.

    Of a text only the first `width` characters are shown: where its lines end does not matter here.
    """
    pdf = pdfium.PdfDocument(data)
    lines = []
    try:
        for number in range(len(pdf)):
            page = pdf[number]
            tree = raw.FPDF_StructTree_GetForPage(page.raw)
            texts = _marked_texts(page)
            lines.append(f"page {number + 1}")
            for index in range(raw.FPDF_StructTree_CountChildren(tree)):
                root = raw.FPDF_StructTree_GetChildAtIndex(tree, index)
                lines += _lines(_nodes(root, texts), 1, width)
            raw.FPDF_StructTree_Close(tree)
            page.close()
    finally:
        pdf.close()
    return lines


def _marked_texts(page: Any) -> dict[int, str]:
    """The text of each marked piece of content (ISO 32000-1, 14.7.4) of a page."""
    textpage = page.get_textpage()
    texts: dict[int, str] = {}
    for item in page.get_objects(max_depth=1):
        mark = raw.FPDFPageObj_GetMarkedContentID(item.raw)
        if mark >= 0 and item.type == raw.FPDF_PAGEOBJ_TEXT:
            words = _string(raw.FPDFTextObj_GetText, item.raw, textpage.raw)
            texts[mark] = texts.get(mark, "") + words
    textpage.close()
    return texts


def _nodes(element: Any, texts: dict[int, str]) -> list[Any]:
    """Return an element as its head and its content; a quiet element as its content alone."""
    kind = _string(raw.FPDF_StructElement_GetType, element)
    alt = _string(raw.FPDF_StructElement_GetAltText, element)
    inside: list[Any] = []
    for index in range(raw.FPDF_StructElement_CountChildren(element)):
        child = raw.FPDF_StructElement_GetChildAtIndex(element, index)
        if child:
            inside += _nodes(child, texts)
        else:
            inside.append(texts.get(raw.FPDF_StructElement_GetChildMarkedContentID(element, index)))
    return inside if kind in QUIET else [(f"{kind} [{alt}]" if alt else kind, inside)]


def _lines(nodes: list[Any], depth: int, width: int) -> list[str]:
    lines, margin = [], "  " * depth
    for node in nodes:
        if isinstance(node, tuple):
            head, inside = node
            texts = [i for i in inside if isinstance(i, str)]
            said = " ".join(texts[0].split())[:width].strip() if texts else ""
            lines.append(f"{margin}{head} {said}".rstrip())
            lines += _lines([i for i in inside if isinstance(i, tuple)], depth + 1, width)
    return lines


def _string(call: Callable[..., int], *arguments: Any) -> str:
    """Return the UTF-16 text that a function of PDFium writes into a buffer."""
    size = call(*arguments, None, 0)
    if not size:
        return ""
    buffer = ctypes.create_string_buffer(size)
    kind = dict(zip(call.argtypes, call.argtypes, strict=False))
    pointer = next(p for p in kind if p in (ctypes.c_void_p, ctypes.POINTER(ctypes.c_ushort)))
    call(*arguments, ctypes.cast(buffer, pointer), size)
    return buffer.raw[:size].decode("utf-16-le").rstrip("\0")


def page_texts(data: bytes) -> list[str]:
    """The text of each page of a PDF, white space folded: where its lines end does not matter."""
    pdf = pdfium.PdfDocument(data)
    try:
        texts = []
        for number in range(len(pdf)):
            textpage = pdf[number].get_textpage()
            text = textpage.get_text_range().replace("\ufffe", "")
            texts.append(" ".join(text.split()))
            textpage.close()
        return texts
    finally:
        pdf.close()


def bookmarks(data: bytes) -> list[str]:
    """The bookmarks of a PDF: their titles, indented by level, and the page each leads to."""
    pdf = pdfium.PdfDocument(data)
    try:
        found = []
        for mark in pdf.get_toc():
            page = mark.get_dest().get_index() + 1
            found.append(f"{'  ' * mark.level}{mark.get_title()} > page {page}")
        return found
    finally:
        pdf.close()


def attached(data: bytes) -> dict[str, bytes]:
    """Return the name and bytes of each file embedded in a PDF."""
    pdf = pdfium.PdfDocument(data)
    try:
        files = [pdf.get_attachment(index) for index in range(pdf.count_attachments())]
        return {file.get_name(): bytes(file.get_data()) for file in files}
    finally:
        pdf.close()


def objects(data: bytes) -> str:
    """The objects of a PDF as plain text, those in compressed streams too, without pictures."""
    found = [data]
    for stream in re.finditer(rb"stream\r?\n", data):
        try:
            text = zlib.decompressobj().decompress(data[stream.end() :])
        except zlib.error:
            continue
        if b"<</" in text or b"<?xpacket" in text:
            found.append(text)
    return b"\n".join(found).decode("latin-1")


def book(data: bytes) -> zipfile.ZipFile:
    """An EPUB, opened."""
    return zipfile.ZipFile(io.BytesIO(data))


def spread(xml: str) -> str:
    """XML with each block on a line of its own."""
    blocks = "section|div|h[1-6]|p|ul|ol|li|figure|figcaption|table|caption|thead|tbody|tr|dl|dt|dd"
    return re.sub(rf"(?<!\n)(?=<(?:{blocks})[ >])", "\n", xml)

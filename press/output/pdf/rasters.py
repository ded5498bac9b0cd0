"""Rasters: the data of a PNG go into the PDF as they are, because a PDF can hold them.

In: a PNG (third edition of 2025). Out: its compressed rows, for the filter FlateDecode with PNG's
predictors (ISO 32000-1, 7.4.4.4). WeasyPrint would decode and compress them again, which takes more
time than to draw a page. This module must not know documents.
"""

from __future__ import annotations

import io
import re
import zlib
from typing import Any


def start() -> None:
    """Let WeasyPrint take the data of a PNG, if they are fit for a PDF."""
    from weasyprint.images import RasterImage

    whole = RasterImage._get_png_data  # noqa: SLF001

    def data(picture: Any) -> bytes:
        file = getattr(picture, "fp", None) if picture.format == "PNG" else None
        held = png_data(file.getvalue()) if isinstance(file, io.BytesIO) else None
        return whole(picture) if held is None else held

    RasterImage._get_png_data = staticmethod(data)  # noqa: SLF001


def png_data(png: bytes) -> bytes | None:
    """Return the compressed rows of a PNG in gray or RGB; None if they are not fit for a PDF.

    They are fit with 8 bits, without interlacing, and if they are whole and smaller than the
    pixels.
    """
    found, parts, place = _HEAD.match(png), [], 8
    if not found:
        return None
    while (kind := png[place + 4 : place + 8]) not in (b"IEND", b""):
        length = int.from_bytes(png[place : place + 4])
        if kind == b"IDAT":
            parts.append(png[place + 8 : place + 8 + length])
        place += 12 + length
    width, height = int.from_bytes(found[1]), int.from_bytes(found[2])
    row = 1 + width * (3 if found[3] == b"\x02" else 1)
    held, reader = b"".join(parts), zlib.decompressobj()
    try:
        rows = reader.decompress(held, row * height + 1)
    except zlib.error:
        return None
    whole = reader.eof and 0 < len(rows) == row * height and max(rows[::row]) <= _FILTERS
    return held if whole and len(held) < len(rows) else None


_HEAD = re.compile(
    rb"\x89PNG\r\n\x1a\n"
    rb"\0\0\0\rIHDR(.{4})(.{4})\x08([\0\x02])\0\0\0",
    re.DOTALL,
)
"""Width, height, depth, colors, compression, filter, interlacing (PNG, 5.2 and 11.2.1)."""
_FILTERS = 4
"""The highest number of a row's filter (PNG, 9.1)."""

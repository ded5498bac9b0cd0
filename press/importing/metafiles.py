"""Pictures as Windows programs draw them (EMF and WMF), converted by LibreOffice.

In: the bytes of a picture. Out: a PNG. LibreOffice prints the picture on a page of its own, because
the Writer that most systems have converts no pictures. Must not know documents.
"""

from __future__ import annotations

import base64
import io
import struct
from pathlib import Path

from press.core import temporary
from press.importing.draft import Unreadable
from press.importing.office import libreoffice, office_program
from press.readback.pdf import raster

_PIXELS = 1600
"""The width of the longer side."""
_SIDE = 40  # centimeters, so that thin lines stay thin
_PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.text"><office:automatic-styles>
<style:page-layout style:name="p"><style:page-layout-properties fo:page-width="{width}cm"
 fo:page-height="{page}cm" fo:margin="0cm"/></style:page-layout></office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="p"/>
</office:master-styles><office:body><office:text><text:p><draw:frame text:anchor-type="as-char"
 svg:width="{width}cm" svg:height="{height}cm"><draw:image><office:binary-data>{data}\
</office:binary-data></draw:image></draw:frame></text:p></office:text></office:body>
</office:document>
"""


def kind_of(data: bytes) -> str:
    """Return `.emf` or `.wmf` ([MS-EMF] 2.3.4.2, [MS-WMF] 2.3.2), or nothing."""
    if data[40:44] == b" EMF":
        return ".emf"
    return ".wmf" if data.startswith((b"\xd7\xcd\xc6\x9a", b"\x01\x00\x09\x00")) else ""


def as_png(data: bytes) -> bytes | None:
    """Convert a picture; None if it is damaged, or LibreOffice is not installed."""
    size, program = _size(data), office_program()
    if not program or min(size) <= 0:
        return None
    width, height = (_SIDE * side / max(size) for side in size)
    text = _PAGE.format(
        width=width, height=height, page=height + 2, data=base64.b64encode(data).decode()
    )
    with temporary.folder() as place:
        source = Path(place, "in.fodt")
        source.write_text(text, encoding="utf-8")
        try:
            pdf = libreoffice(program, source, "pdf")
            across = max(1, round(_PIXELS * size[0] / max(size)))
            page = raster(pdf, 0, across).convert("RGB")
        except (Unreadable, ValueError):
            return None
    drawn = page.crop((0, 0, across, max(1, round(across * size[1] / size[0]))))
    if all(low == high for low, high in drawn.getextrema()):
        return None  # nothing was drawn
    made = io.BytesIO()
    drawn.save(made, "PNG")
    return made.getvalue()


def _size(data: bytes) -> tuple[int, int]:
    """Return the width and height in any unit; zeros if the picture does not say them."""
    try:
        if kind_of(data) == ".emf":
            left, top, right, bottom = struct.unpack_from("<4i", data, 24)
        elif data.startswith(b"\xd7\xcd\xc6\x9a"):
            left, top, right, bottom = struct.unpack_from("<4h", data, 6)
        else:
            return 0, 0
    except struct.error:
        return 0, 0
    return abs(right - left), abs(bottom - top)

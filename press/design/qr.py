"""QR codes. In: a web address. Out: a picture. Owner of the library that draws them."""

from __future__ import annotations

import io
from base64 import b64encode


def qr_png(address: str) -> bytes:
    """A QR code (ISO/IEC 18004, level M) as PNG.

    A bitmap of whole modules, for a drawing costs the layout ten times as much.
    """
    import segno

    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="png", border=0, scale=10)
    return out.getvalue()


def qr_inline(address: str) -> str:
    """The same as the address of an inline picture (RFC 2397)."""
    return "data:image/png;base64," + b64encode(qr_png(address)).decode()

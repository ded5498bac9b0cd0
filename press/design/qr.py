"""QR codes. Owner of Segno, the library that draws them.

In: a web address. Out: a PNG, as bytes or as a data URL. Must not know where the code is shown.
"""

from __future__ import annotations

import io

from press.design.faces import data_uri


def qr_png(address: str) -> bytes:
    """Return a QR code (ISO/IEC 18004, level M) as PNG.

    It is a bitmap because the layout takes ten times as long with a vector drawing.
    """
    import segno

    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="png", border=0, scale=10)
    return out.getvalue()


def qr_inline(address: str) -> str:
    """Return a QR code as the data URL of an inline image (RFC 2397)."""
    return data_uri("image/png", qr_png(address))

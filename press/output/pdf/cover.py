"""The cover of the e-book, drawn from the document.

In: a Document and the styles. Out: a PNG of 1400 x 2100 pixels.
The pattern comes from the article's identifier, so that the covers of a series differ and a new
version keeps its cover. This module must not know the package.
"""

from __future__ import annotations

import hashlib
import io

from PIL.Image import Dither, Quantize

from press.core.model import Document
from press.design.color import tones
from press.design.styles import Styles
from press.document.identity import facts
from press.output.pdf.typeset import render
from press.readback.pdf import raster

WIDTH, HEIGHT = 1400, 2100


def cover_page(document: Document, styles: Styles) -> tuple[str, list[str]]:
    """Return the cover as a page and its style sheets: all that is drawn, but for the fonts."""
    seed = document.matter.identifier or document.name
    digits = hashlib.sha256(seed.encode()).digest()
    tiles = [(byte % 8, byte // 8 % 4) for byte in digits[:28]]
    lines = facts(document.matter, document.labels, brief=True)
    if document.bound:  # each article has a review of its own
        lines = document.facts
    text = styles.fill(
        "cover.html", document=document, matter=document.matter, tiles=tiles, facts=lines
    )
    return text, [styles.marked_css("cover.css"), *_own_tones(document)]


def draw_cover(document: Document, styles: Styles) -> bytes:
    """Draw the cover; the same document gives the same bytes."""
    text, sheets = cover_page(document, styles)
    pdf = render(text, sheets, document, styles, tagged=False).write_pdf(uncompressed_pdf=True)
    image = raster(pdf, 0, WIDTH)
    # A palette taken from a small copy needs a third of the time and fits the tones better.
    palette = image.reduce(4).quantize(64, Quantize.FASTOCTREE, dither=Dither.NONE)
    image = image.quantize(palette=palette, dither=Dither.NONE)
    out = io.BytesIO()
    # The cover has long runs of one tone: PNG's run-length strategy is as small, and faster.
    image.save(out, "PNG", optimize=False, compress_level=6, compress_type=3)
    return out.getvalue()


def _own_tones(document: Document) -> list[str]:
    """Return tones that match an imprint's accent; the style sheet has the default tones."""
    accent = document.imprint.colors.get("accent") if document.imprint else None
    if not accent:
        return []
    rules = [f".tone{n} {{ background: {tone}; }}" for n, tone in enumerate(tones(accent), 1)]
    return ["\n".join(rules)]

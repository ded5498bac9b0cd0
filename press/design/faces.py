"""The text fonts, embedded in pages and drawings for the screen.

In: the styles, and the text to show. Out: CSS with embedded subset fonts, and drawings with theirs.
This module must not know articles or formats.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

from lxml import etree

from press.core.model import Image
from press.design.fonts import subset
from press.design.styles import Styles

_FACES = (
    # Font file, weight, style, and whether it is only needed for italic text.
    ("Regular", 400, "normal", False),
    ("Bold", 700, "normal", False),
    ("Italic", 400, "italic", True),
)


def faces(text: str, styles: Styles, *, italic: bool, basic: bool = True) -> str:
    """Return the text fonts as CSS: subsets with the characters of a text, and basic Latin.

    Regular, bold, and italic are about 11 KB each; the browser slants the bold for bold italic.
    Without `basic`, the subsets hold only the characters of the text.
    """
    family = _family(styles)
    rules = []
    for name, weight, style, optional in _FACES:
        if optional and not italic:
            continue
        path = _font(styles, family, name)
        if path is None:
            continue
        uri = data_uri("font/ttf", subset(path, text, basic=basic))
        rules.append(
            f'@font-face {{ font-family: "{family}"; font-weight: {weight}; '
            f"font-style: {style}; font-display: swap; src: url({uri}); }}\n"
        )
    return "".join(rules)


def _family(styles: Styles) -> str:
    return styles.tokens["--font-text"].split(",")[0].strip().strip("\"'")


def _font(styles: Styles, family: str, face: str) -> Path | None:
    """Return the file of a face, `FamilyName-Face.ttf`; None if the styles do not have it."""
    stem = f"{re.sub('[^A-Za-z0-9]', '', family)}-{face}".lower()
    return next((path for path in styles.fonts() if path.stem.lower() == stem), None)


def lettered(image: Image, styles: Styles) -> bytes:
    """Return the bytes of an image; a drawing that uses the text font has it embedded.

    On a screen, a drawing is a separate document: it cannot use the fonts of the page around it
    (SVG Integration, 3.2), and in another font its words may overlap.
    """
    family = _family(styles)
    if image.media_type != "image/svg+xml" or family.encode() not in image.data:
        return image.data
    root = etree.fromstring(image.data, etree.XMLParser(resolve_entities=False, no_network=True))
    style = etree.Element("{http://www.w3.org/2000/svg}style")
    text = "".join(root.itertext())
    style.text = faces(text, styles, italic=b"italic" in image.data, basic=False)
    root.insert(0, style)
    return etree.tostring(root)


def data_uri(media_type: str, data: bytes) -> str:
    """Return bytes as a data URL (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"

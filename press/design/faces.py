"""The faces of the text, inside what is shown on a screen.

In: the styles, and what is to be set. Out: CSS that holds subset fonts, and pictures that hold
theirs. This module must not know articles or formats.
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
    # Font file, weight, style, and whether a page that stresses nothing goes without.
    ("Regular", 400, "normal", False),
    ("Bold", 700, "normal", False),
    ("Italic", 400, "italic", True),
)


def faces(text: str, styles: Styles, *, italic: bool, basic: bool = True) -> str:
    """The faces of a page as CSS: copies that hold the characters of a text, and basic Latin.

    Regular, bold and italic are about 11 KB each; a bold italic is slanted by the reader. Without
    `basic`, they hold the text alone.
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
    """The file of a face, `FamilyName-Face.ttf`; None where the family is the reader's own."""
    stem = f"{re.sub('[^A-Za-z0-9]', '', family)}-{face}".lower()
    return next((path for path in styles.fonts() if path.stem.lower() == stem), None)


def lettered(image: Image, styles: Styles) -> bytes:
    """The bytes of a picture; a drawing that is set in the face of the text has that face inside.

    Shown on a screen, a drawing is a document of its own: it can use no font of the page around it
    (SVG Integration, 3.2), and in another one its words may run into each other.
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
    """Bytes as an address that holds them (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"

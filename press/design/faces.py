"""The text fonts, embedded in pages and drawings for the screen.

In: the styles, and the text to show. Out: CSS with embedded subset fonts, and drawings with theirs.
This module must not know articles or formats.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from lxml import etree

from press.core.model import Face, Image
from press.core.speech import EMOJI_CLASS
from press.design.fallback import EMOJI_FAMILY, used
from press.design.fonts import shaping_subset, subset
from press.design.styles import Styles

_FACES = (
    # Font file, weight, style, and whether it is only needed for italic text.
    ("Regular", 400, "normal", False),
    ("Bold", 700, "normal", False),
    ("Italic", 400, "italic", True),
)


def faces(
    text: str, styles: Styles, more: Sequence[Face], *, italic: bool, basic: bool = True
) -> str:
    """Return the text fonts as CSS: subsets with the characters of a text, and basic Latin.

    Regular, bold, and italic are about 11 KB each; the browser slants the bold for bold italic.
    `more` are the faces for characters that they lack. Without `basic`, the subsets hold only the
    characters of the text.
    """
    family = _family(styles)
    rules = []
    if more:
        files = fallback_files(text, styles, more, italic=italic)
        uris = {name: data_uri(type_, data) for name, (type_, data) in files.items()}
        rules.append(fallback_css(text, styles, more, uris))
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


def fallback_files(
    text: str, styles: Styles, more: Sequence[Face], *, italic: bool = True
) -> dict[str, tuple[str, bytes]]:
    """Return subsets of the faces that a text falls back on: name to media type and bytes."""
    wanted = used(more, text, styles)
    files = {}
    for face in more:
        characters = wanted[face.family]
        if face.family == EMOJI_FAMILY:
            characters += "".join(c for c in set(text) if c > _JOINERS[0]) + _JOINERS
        if characters and (italic or not face.italic):
            data = shaping_subset(face.path, characters, face.index)
            type_ = "font/otf" if data[:4] == b"OTTO" else "font/ttf"
            files[f"fonts/fallback/{_file(face)}"] = type_, data
    return files


_JOINERS = "\u200d\ufe0f0123456789#*"
"""What emoji are joined and made of, besides themselves (UTS 51, 1.4.9)."""


def _file(face: Face) -> str:
    """Return the name of a subset's file; a collection has several faces."""
    stem, ending = face.path.stem, face.path.suffix.lower()
    return f"{stem}-{face.index}.ttf" if ending == ".ttc" else f"{stem}{ending}"


def fallback_css(
    text: str, styles: Styles, more: Sequence[Face], addresses: Mapping[str, str]
) -> str:
    """Return CSS that adds faces to the text font for the characters that it lacks.

    `addresses` has their files. They come before the text font: a reader that does not know
    `unicode-range` takes the last one.
    """
    if not more:
        return ""
    wanted, rules = used(more, text, styles), []
    for face in more:
        if address := addresses.get(f"fonts/fallback/{_file(face)}"):
            style = "italic" if face.italic else "normal"
            cut = f"font-weight: {face.weight}; font-style: {style}; src: url({address});"
            codes = ", ".join(f"U+{ord(c):X}" for c in wanted[face.family])
            family = _family(styles)
            if codes:
                within = f"{cut} unicode-range: {codes};"
                rules.append(f'@font-face {{ font-family: "{family}"; {within} }}\n')
            if face.family == EMOJI_FAMILY:
                rules.append(f'@font-face {{ font-family: "{EMOJI_FAMILY}"; {cut} }}\n')
                rules.append(f'.{EMOJI_CLASS} {{ font-family: "{EMOJI_FAMILY}", "{family}"; }}\n')
    return "".join(rules)


def _family(styles: Styles) -> str:
    return styles.tokens["--font-text"].split(",")[0].strip().strip("\"'")


def _font(styles: Styles, family: str, face: str) -> Path | None:
    """Return the file of a face, `FamilyName-Face.ttf`; None if the styles do not have it."""
    stem = f"{re.sub('[^A-Za-z0-9]', '', family)}-{face}".lower()
    return next((path for path in styles.fonts() if path.stem.lower() == stem), None)


def lettered(image: Image, styles: Styles, more: Sequence[Face]) -> bytes:
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
    style.text = faces(text, styles, more, italic=b"italic" in image.data, basic=False)
    root.insert(0, style)
    return etree.tostring(root)


def data_uri(media_type: str, data: bytes) -> str:
    """Return bytes as a data URL (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"

"""The words of drawings: text in an SVG picture is text of the document.

In: the bytes of an SVG, or the units of a Document that hold drawings. Out: the words that a
drawing shows, in drawing order, and those that a file lacks. This module must not know how a
format shows a drawing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from lxml import etree

from press.core.model import Document, Image
from press.core.problems import Problem, Span
from press.core.speech import EMOJI_CLASS, Block, plain_words
from press.core.trees import Element, has_class, local_name
from press.design.fallback import EMOJI_FAMILY
from press.design.fonts import alike
from press.document.units import Unit, letters
from press.proof.matching import HINT, excerpt, fault

_SVG = "image/svg+xml"
_UNDRAWN = frozenset(
    "defs symbol title desc metadata style script clipPath mask marker pattern filter".split()
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)")
_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
"""The colors of skin, which a face in one color does not show."""
_DEEPEST = 20
"""Levels of `use` within `use`."""


def of(document: Document, unit: Unit) -> list[Image | None]:
    """Return the drawing of each picture in a unit; None for a picture of another kind."""
    images = {image.name: image for image in document.images if image.media_type == _SVG}
    return [images.get(picture.get("src") or "") for picture in pictures(unit.block)]


def pairs(document: Document, unit: Unit, block: Block) -> Iterator[tuple[Image, Element]]:
    """Yield each drawing of a unit with the picture in a block of a file that stands for it."""
    for image, shown in zip(of(document, unit), pictures(block), strict=False):
        if image:
            yield image, shown


def pictures(block: Block | None) -> list[Element]:
    """Return the pictures and emoji of a block."""
    return [piece.owner for piece in block.pieces if piece.kind == "figure"] if block else []


def emoji(unit: Unit, block: Block) -> Iterator[tuple[Element, Element]]:
    """Yield each emoji of a unit with what stands for it in a block of a file."""
    for wanted, shown in zip(pictures(unit.block), pictures(block), strict=False):
        if has_class(wanted, EMOJI_CLASS):
            yield wanted, shown


def other_sign(
    document: Document, unit: Unit, wanted: Element, drawn: str, span: Span
) -> Problem | None:
    """Return the problem of an emoji that is drawn as another sign: PRF006.

    Emoji that differ only in the color of the skin, or in gender, may share a picture. Their name
    tells them apart, which is compared elsewhere.
    """
    sign = "".join(map(str, wanted.itertext()))
    same = letters(_TONES.sub("", sign)) == letters(_TONES.sub("", drawn))
    faces = (face for face in document.faces if face.family == EMOJI_FAMILY)
    if same or any(alike(face.path, sign, drawn.strip()) for face in faces):
        return None
    return fault(unit, f"has '{excerpt(drawn)}' instead of '{sign}'", span)


def letters_of(picture: Element) -> str:
    """Return an emoji that has letters or digits, such as `1` in a box, which paper shows."""
    sign = "".join(map(str, picture.itertext())) if has_class(picture, EMOJI_CLASS) else ""
    return plain_words(sign) if any(c.isalnum() for c in sign) else ""


def lacks(image: Image, missing: str, span: Span, hint: str = HINT) -> Problem:
    """Say that words of a drawing are not in a file: PRF001."""
    message = f"drawing '{image.name}' lacks its words: '{excerpt(missing)}'"
    return Problem("PRF001", span, message, hint)


@lru_cache(32)
def words(data: bytes) -> tuple[str, ...]:
    """Return each text of a drawing, in drawing order (SVG 2, 11.2); none if it cannot be read."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return ()
    ids = {element.get("id"): element for element in root.iter("*") if element.get("id")}
    return tuple(text for text in _texts(root, ids, 0) if letters(text))


def _texts(element: Element, ids: dict[str | None, Element], depth: int) -> Iterator[str]:
    name = local_name(element)
    if name in _UNDRAWN or not name or depth > _DEEPEST or _is_hidden(element):
        return
    if name == "text":
        yield " ".join("".join(_said(element)).split())
    elif name == "use":
        href = element.get("href") or element.get("{http://www.w3.org/1999/xlink}href") or ""
        target = ids.get(href.removeprefix("#"))
        if target is not None and local_name(target) == "symbol":
            for child in target:
                yield from _texts(child, ids, depth + 1)
        elif target is not None:
            yield from _texts(target, ids, depth + 1)
    else:
        for child in element[:1] if name == "switch" else element:
            yield from _texts(child, ids, depth)


def _said(text: Element) -> Iterator[str]:
    yield text.text or ""
    for child in text:
        if local_name(child) not in _UNDRAWN and not _is_hidden(child):
            yield from _said(child)
        yield child.tail or ""


def _is_hidden(element: Element) -> bool:
    style = element.get("style") or ""
    plain = (element.get("display"), element.get("visibility"))
    return bool(_HIDDEN.search(style)) or plain[0] == "none" or plain[1] in ("hidden", "collapse")


def lost(data: bytes, drawn: Iterable[str]) -> list[str]:
    """Return the texts of a drawing that are not drawn, or not as they are; none if all are."""
    wanted, found = words(data), letters("".join(drawn))
    if found == "".join(map(letters, wanted)):
        return []
    at, absent = 0, []
    for text in wanted:
        place = found.find(letters(text), at)
        if place < 0:
            absent.append(text)
        else:
            at = place + len(letters(text))
    return absent or ["".join(wanted)]

"""The words of drawings: text in an SVG picture is text of the document.

In: the bytes of an SVG. Out: the words that it shows, in drawing order. This module must not know
how a format shows a drawing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from lxml import etree

from press.core.trees import Element, local_name
from press.document.units import letters

SVG = "image/svg+xml"
_UNDRAWN = frozenset(
    "defs symbol title desc metadata style script clipPath mask marker pattern filter".split()
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)")
_DEEPEST = 20
"""Levels of `use` within `use`."""


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

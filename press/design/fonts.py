"""Fonts: the characters they have, and subsets of them. Owner of HarfBuzz.

In: font files and a text. Out: subset TrueType bytes, or the characters that no font has.
This module must not know articles, styles, or formats.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

_ALWAYS = "\n\r\t\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"
"""Characters that need no glyph."""
_RESTRICTED = 0x0302
"""Bits of a font that forbid to embed it, a subset of it, or its outlines (OpenType, OS/2)."""


def subset(path: Path, text: str, *, basic: bool = True) -> bytes:
    """Return a subset of a text font for `text`; `basic` adds basic Latin.

    It has no kerning, which would double its size.
    """
    return _subset(path, text, basic=basic, shaped=False)


def shaping_subset(path: Path, text: str, index: int = 0) -> bytes:
    """Return a subset of a font for `text`, with what joins and places its letters.

    `index` is the number of the font in a collection.
    """
    return _subset(path, text, basic=False, shaped=True, index=index)


def _subset(path: Path, text: str, *, basic: bool, shaped: bool, index: int = 0) -> bytes:
    import uharfbuzz as hb

    wanted = hb.SubsetInput()
    wanted.unicode_set.update({ord(c) for c in text} | set(range(0x20, 0x7F) if basic else ()))
    if not shaped:
        wanted.layout_feature_tag_set.invert()  # the set has those for shaping
    result = hb.subset(_face(path, index), wanted)
    return bytes(result.blob.data)


def missing(paths: Iterable[Path], text: str) -> str:
    """Return the characters of a text that need a glyph and are in none of the fonts, sorted."""
    left = {ord(c) for c in text} - {ord(c) for c in _ALWAYS}
    for path in paths:
        if not left:
            break
        left.difference_update(_face(path).unicodes)
    return "".join(map(chr, sorted(left)))


def covered(path: Path, text: Iterable[str], index: int = 0) -> set[str]:
    """Return those of some characters that a font has."""
    unicodes = _face(path, index).unicodes
    return {character for character in text if ord(character) in unicodes}


def alike(path: Path, text: str, other: str) -> bool:
    """Return whether a font draws two texts with the same glyphs."""
    return bool(text and other) and _glyphs(path, text) == _glyphs(path, other)


def _glyphs(path: Path, text: str) -> list[int]:
    """Return the glyphs of a text, without those that take no room."""
    import uharfbuzz as hb

    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(hb.Font(_face(path)), buffer)
    pairs = zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
    return [glyph.codepoint for glyph, place in pairs if place.x_advance]


def may_be_embedded(path: Path, index: int = 0) -> bool:
    """Return whether a font says that documents may contain a part of it."""
    table = bytes(_face(path, index).reference_table("OS/2").data)
    return not int.from_bytes(table[8:10], "big") & _RESTRICTED


def _face(path: Path, index: int = 0) -> Any:
    import uharfbuzz as hb

    return hb.Face(hb.Blob.from_file_path(str(path)), index)

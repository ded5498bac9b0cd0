"""Fonts: the characters they have, and subsets of them. Owner of HarfBuzz.

In: font files and a text. Out: subset TrueType bytes, or the characters that no font has.
This module must not know articles, styles, or formats.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_ALWAYS = "\n\r\t\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"
"""Characters that need no glyph."""


def subset(path: Path, text: str, *, basic: bool = True) -> bytes:
    """Return a subset of a font for `text`, with all layout features; `basic` adds basic Latin."""
    import uharfbuzz as hb

    face = hb.Face(hb.Blob.from_file_path(str(path)))
    wanted = hb.SubsetInput()
    wanted.unicode_set.update({ord(c) for c in text} | set(range(0x20, 0x7F) if basic else ()))
    wanted.layout_feature_tag_set.invert()
    result = hb.subset(face, wanted)
    return bytes(result.blob.data)


def missing(paths: Iterable[Path], text: str) -> str:
    """Return the characters of a text that need a glyph and are in none of the fonts, sorted."""
    import uharfbuzz as hb

    left = {ord(c) for c in text} - {ord(c) for c in _ALWAYS}
    for path in paths:
        if not left:
            break
        left.difference_update(hb.Face(hb.Blob.from_file_path(str(path))).unicodes)
    return "".join(map(chr, sorted(left)))

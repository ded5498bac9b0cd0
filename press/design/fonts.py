"""Fonts: which characters they have, and small copies that hold only some. Owner of HarfBuzz.

In: font files and a text. Out: subset TrueType bytes, or the characters that no font has.
This module must not know articles, styles or formats.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_ALWAYS = "\n\r\t\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"
"""Characters that need no glyph of their own."""


def subset(path: Path, text: str, *, basic: bool = True) -> bytes:
    """A copy of a font with the glyphs of `text`, layout features kept; `basic`: of Latin, too."""
    import uharfbuzz as hb

    face = hb.Face(hb.Blob.from_file_path(str(path)))
    wanted = hb.SubsetInput()
    wanted.unicode_set.update({ord(c) for c in text} | set(range(0x20, 0x7F) if basic else ()))
    wanted.layout_feature_tag_set.invert()
    result = hb.subset(face, wanted)
    return bytes(result.blob.data)


def missing(paths: Iterable[Path], text: str) -> str:
    """The characters of a text that at least one of the fonts should have and none has, sorted."""
    import uharfbuzz as hb

    left = {ord(c) for c in text} - {ord(c) for c in _ALWAYS}
    for path in paths:
        if not left:
            break
        left.difference_update(hb.Face(hb.Blob.from_file_path(str(path))).unicodes)
    return "".join(map(chr, sorted(left)))

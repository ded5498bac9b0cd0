"""Fonts: the characters they have, and subsets of them. Owner of HarfBuzz.

In: font files and a text. Out: subset TrueType bytes, or the characters that no font has.
This module must not know articles, styles, or formats.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from press.core import gate

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
    wanted.unicode_set.update({ord(c) for c in set(text)} | set(range(0x20, 0x7F) if basic else ()))
    if not shaped:
        wanted.layout_feature_tag_set.invert()  # the set has those for shaping
    result = hb.subset(_face(path, index), wanted)
    return bytes(result.blob.data)


def missing(paths: Iterable[Path], text: str) -> str:
    """Return the characters of a text that need a glyph and are in none of the fonts, sorted."""
    left = {ord(c) for c in set(text)} - {ord(c) for c in _ALWAYS}
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


_KINDS = (b"\0\1\0\0", b"true", b"OTTO")
_NEEDED = ("cmap", "head", "hhea", "hmtx", "maxp")
_MOST_TABLES = 64
_DEEPEST = 8
"""Levels of parts in parts of a glyph."""
_MOST_PARTS = 1_000
"""The outlines that one glyph may be made of."""


def flaw(path: Path) -> str:
    """Say why a font cannot be used; return '' if it can.

    Its tables, and the parts of its glyphs (OpenType 1.9, `glyf`), are checked before a library
    reads them, because a damaged font can keep one busy for ever. Then a subset is tried.

    Raises:
        OSError: it cannot be read.
    """
    data = gate.read(path, "font")
    try:
        _check(data)
        _try_out(path)
    except _Broken as broken:
        return str(broken)
    except (struct.error, IndexError, RuntimeError, ValueError):
        return "is damaged"
    return ""


class _Broken(Exception):
    """A font that cannot be used."""


def _check(data: bytes) -> None:
    """Check the structure of a font.

    Raises:
        _Broken, struct.error: it is damaged, or of another kind.
    """
    if data[:4] in (b"wOFF", b"wOF2"):
        raise _Broken("is compressed for the web (WOFF); convert it to TrueType")
    if data[:4] not in _KINDS:
        raise _Broken("is not a TrueType or OpenType font")
    count = int.from_bytes(data[4:6], "big")
    if not 0 < count <= _MOST_TABLES:
        raise _Broken(f"has {count} tables; the maximum is {_MOST_TABLES}")
    tables: dict[str, bytes] = {}
    for place in range(12, 12 + 16 * count, 16):
        tag, _, start, length = struct.unpack_from(">4sIII", data, place)
        if start + length > len(data):
            raise _Broken("is cut off: a table lies beyond its end")
        tables[tag.decode("latin-1")] = data[start : start + length]
    if absent := [name for name in _NEEDED if name not in tables]:
        raise _Broken(f"lacks the table '{absent[0]}'")
    if sum(map(len, tables.values())) > 2 * len(data):
        raise _Broken("has tables that lie in each other")
    units = int.from_bytes(tables["head"][18:20], "big")
    if not 16 <= units <= 16384:
        raise _Broken(f"has {units} units per em")
    if "glyf" in tables:
        _check_glyphs(tables)


def _check_glyphs(tables: dict[str, bytes]) -> None:
    """Check the places of glyphs, and that none is made of itself or of too many others."""
    glyphs, count = tables["glyf"], int.from_bytes(tables["maxp"][4:6], "big")
    long = tables["head"][51] == 1
    found = struct.unpack_from(f">{count + 1}{'I' if long else 'H'}", tables.get("loca", b""))
    places = [place * (1 if long else 2) for place in found]
    if places != sorted(places) or places[-1] > len(glyphs):
        raise _Broken("has glyphs in impossible places")
    parts: dict[int, list[int]] = {}
    for number, (start, end) in enumerate(pairwise(places)):
        if end - start >= 10 and glyphs[start] & 0x80:
            parts[number] = _parts(glyphs[start:end])
    sizes: dict[int, int] = {}

    def outlines(number: int, depth: int) -> int:
        if depth > _DEEPEST:
            raise _Broken("has a glyph that is made of itself, or on too many levels")
        if number not in sizes:
            inner = [outlines(part, depth + 1) for part in parts.get(number, ())]
            sizes[number] = sum(inner) if inner else 1
            if sizes[number] > _MOST_PARTS:
                raise _Broken("has a glyph that is made of too many others")
        return sizes[number]

    for number in parts:
        outlines(number, 0)


def _parts(glyph: bytes) -> list[int]:
    """Return the numbers of the glyphs that a composite glyph is made of."""
    found, at, more = [], 10, True
    while more:
        flags, number = struct.unpack_from(">HH", glyph, at)
        found.append(number)
        scales = 2 if flags & 0x08 else 4 if flags & 0x40 else 8 if flags & 0x80 else 0
        at += 4 + (4 if flags & 1 else 2) + scales
        more = bool(flags & 0x20)
    return found


def _try_out(path: Path) -> None:
    """Make a subset of a font.

    Raises:
        _Broken, RuntimeError: it has no characters, or no subset of it can be made.
    """
    characters = sorted(_face(path).unicodes)
    if not characters:
        raise _Broken("has no characters")
    _subset(path, "".join(map(chr, characters[:64])), basic=True, shaped=True)

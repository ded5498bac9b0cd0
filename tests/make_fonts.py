"""Make the fonts of styles/fonts from those that their designers publish; all are under the OFL.

In: a folder in which these packages of npm are installed, as by

    npm install --prefix FOLDER @expo-google-fonts/atkinson-hyperlegible-next \
        @expo-google-fonts/noto-sans @expo-google-fonts/noto-sans-math \
        @expo-google-fonts/noto-sans-symbols @expo-google-fonts/noto-sans-symbols-2 \
        @expo-google-fonts/noto-emoji
    python tests/make_fonts.py FOLDER

Out: the text font without the stroke of its zero, which patients read as an 8 or an Ø, and with
signs that it lacks and can copy; in `fallback`, the parts of Noto that it falls back on. None of
these licenses reserves a font name.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

FONTS = Path(__file__).resolve().parent.parent / "styles" / "fonts"
FALLBACK = FONTS / "fallback"
FACES = {"Regular": "400Regular", "Bold": "700Bold", "Italic": "400Regular_Italic",
         "BoldItalic": "700Bold_Italic"}  # fmt: skip
COPIES = {
    0x00B5: 0x03BC,
    0x2010: 0x2D,
    0x2011: 0x2D,
    0x2012: 0x2013,
    0x2126: 0x03A9,
    0x2206: 0x0394,
}
"""Signs that look like another; each is a glyph of its own, so that it can be copied as itself."""
SPACES = {0x2002: 0.5, 0x2003: 1.0, 0x2004: 0.333, 0x2005: 0.25, 0x2006: 0.167, 0x2007: 0.6,
          0x2008: 0.25, 0x2009: 0.2, 0x200A: 0.1, 0x202F: 0.2}  # fmt: skip
"""Spaces, with their width in ems."""


def spans(*pairs: tuple[int, int]) -> set[int]:
    """Return the code points of blocks, each given by its first and last."""
    return {code for first, last in pairs for code in range(first, last + 1)}


TEXT = spans((0xA0, 0x24F), (0x250, 0x36F), (0x370, 0x52F), (0x1E00, 0x1EFF), (0x2000, 0x218F))
MARKS = spans((0x300, 0x36F))
SIGNS = spans((0x2190, 0x23FF), (0x2460, 0x24FF), (0x25A0, 0x27FF), (0x2B00, 0x2BFF))
"""Arrows, mathematics, technical signs, enclosed letters, shapes, dingbats."""
EMOJI = spans((0x20, 0x10FFFF)) - {0x27A1}
"""Without the arrow, with which a person walks to the right: Pango finds no text for such emoji."""


def main(folder: Path) -> None:
    """Make every font."""
    packages = folder / "node_modules" / "@expo-google-fonts"
    FALLBACK.mkdir(exist_ok=True)
    text = packages / "atkinson-hyperlegible-next"
    for face, name in FACES.items():
        font = TTFont(text / name / f"AtkinsonHyperlegibleNext_{name}.ttf", recalcTimestamp=False)
        plain_zero(font)
        add_signs(font)
        font.save(FONTS / f"AtkinsonHyperlegibleNext-{face}.ttf")
    shutil.copyfile(text / "LICENSE_FONT", FONTS / "OFL.txt")
    sans, seen = packages / "noto-sans", set[int]()
    missing = TEXT - set(font.getBestCmap()) | MARKS
    for face, name in FACES.items():
        seen = cut(sans / name / f"NotoSans_{name}.ttf", f"NotoSans-{face}", missing)
    for package, stem in (("noto-sans-math", "NotoSansMath"),
                          ("noto-sans-symbols-2", "NotoSansSymbols2"),
                          ("noto-sans-symbols", "NotoSansSymbols")):  # fmt: skip
        source = packages / package / "400Regular" / f"{stem}_400Regular.ttf"
        seen |= cut(source, f"{stem}-Regular", SIGNS - seen)
    cut(packages / "noto-emoji/400Regular/NotoEmoji_400Regular.ttf", "NotoEmoji-Regular", EMOJI)
    for package in ("noto-sans", "noto-sans-math", "noto-sans-symbols", "noto-emoji"):
        shutil.copyfile(packages / package / "LICENSE_FONT", FALLBACK / f"OFL-{package}.txt")


def plain_zero(font: TTFont) -> None:
    """Replace the two counters of the zero, left and right of its stroke, by one around both."""
    glyphs = font["glyf"]
    points, ends, flags = glyphs["zero"].getCoordinates(glyphs)
    starts = [0, *(end + 1 for end in ends[:-1])]
    outer, low, high = (
        list(
            zip(points[start : end + 1], (flag & 1 for flag in flags[start : end + 1]), strict=True)
        )
        for start, end in zip(starts, ends, strict=True)
    )
    stroke = next(n for n in range(len(low)) if low[n][1] and low[n + 1][1])
    # `low` reaches the stroke at `stroke`; `high` begins where the stroke ends.
    assert high[0][1]
    assert high[1][1]
    joined = [
        *low[: stroke + 1], corner(low[stroke - 1 : stroke + 1], high[1:3]), *high[1:], high[0],
        corner([high[-1], high[0]], low[stroke + 1 : stroke + 3]), *low[stroke + 1 :],
    ]  # fmt: skip
    pen = TTGlyphPen(glyphs)
    for contour in (outer, joined):
        begin = next(n for n, (_, on) in enumerate(contour) if on)
        turned = contour[begin:] + contour[:begin]
        pen.moveTo(turned[0][0])
        run: list[tuple[int, int]] = []
        for point, on in [*turned[1:], turned[0]]:
            run.append(point)
            if on:
                pen.qCurveTo(*run) if len(run) > 1 else pen.lineTo(point)
                run = []
        pen.closePath()
    glyphs["zero"] = pen.glyph()
    glyphs["zero"].recalcBounds(glyphs)


def corner(before: list[Any], after: list[Any]) -> tuple[tuple[int, int], bool]:
    """Return the point at which two tangents meet: between them runs a smooth curve."""
    (ax, ay), (bx, by) = (point for point, _ in before)
    (cx, cy), (dx, dy) = (point for point, _ in after)
    ux, uy, vx, vy = bx - ax, by - ay, cx - dx, cy - dy
    along = ((cx - bx) * vy - (cy - by) * vx) / (ux * vy - uy * vx)
    return (round(bx + along * ux), round(by + along * uy)), False


def add_signs(font: TTFont) -> None:
    """Add signs that are copies of others, and spaces."""
    glyphs, widths, cmap = font["glyf"], font["hmtx"], font.getBestCmap()
    order, more = list(font.getGlyphOrder()), {}
    for code in (*COPIES, *SPACES):
        if code in cmap:
            continue
        name = f"uni{code:04X}"
        pen = TTGlyphPen(glyphs)
        if code in COPIES:
            like = cmap[COPIES[code]]
            pen.addComponent(like, (1, 0, 0, 1, 0, 0))
            widths[name] = widths[like]
        else:
            widths[name] = (round(SPACES[code] * font["head"].unitsPerEm), 0)
        glyphs.glyphs[name] = pen.glyph()
        order.append(name)
        more[code] = name
    font.setGlyphOrder(order)
    glyphs.glyphOrder = order
    for name in more.values():
        glyphs[name].recalcBounds(glyphs)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap.update(more)


def cut(source: Path, name: str, codes: set[int]) -> set[int]:
    """Write the part of a font that has some characters; return those that it has."""
    font = TTFont(source, recalcTimestamp=False)
    options = Options()
    options.hinting = False
    options.layout_features = ["ccmp", "locl", "mark", "mkmk"]
    options.drop_tables += ["vhea", "vmtx", "STAT", "MATH", "DSIG", "gasp"]
    options.notdef_outline = True
    options.glyph_names = False
    options.name_IDs = ["*"]  # with the license
    cutter = Subsetter(options)
    cutter.populate(unicodes={*codes, 0x20, 0xA0})  # Pango draws a space in the font before it
    cutter.subset(font)
    if font["head"].unitsPerEm > 1000:
        scale_upem(font, 512)
        for glyph in font["glyf"].glyphs.values():
            if (
                glyph.numberOfContours > 0
            ):  # browsers refuse the mark of an overlap but in the first
                glyph.flags[1:] = bytes(flag & 1 for flag in glyph.flags[1:])
    font.save(FALLBACK / f"{name}.ttf")
    return set(font.getBestCmap())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

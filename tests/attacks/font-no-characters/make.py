import struct
from pathlib import Path

from making import font, tables

fonts = Path("styles/fonts")
fonts.mkdir(parents=True)
(fonts / "Own-Regular.ttf").write_bytes(font({**tables([b""]), b"cmap": struct.pack(">HH", 0, 0)}))

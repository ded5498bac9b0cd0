from pathlib import Path

from making import font, tables

fonts = Path("styles/fonts")
fonts.mkdir(parents=True)
whole = tables([b"", b""])
whole[b"loca"] = b""
(fonts / "Own-Regular.ttf").write_bytes(font(whole))

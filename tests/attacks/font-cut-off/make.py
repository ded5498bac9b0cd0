from pathlib import Path

from making import font, made_of, tables

fonts = Path("styles/fonts")
fonts.mkdir(parents=True)
(fonts / "Own-Regular.ttf").write_bytes(font(tables([b"", made_of(0)]))[:200])

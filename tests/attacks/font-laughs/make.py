from pathlib import Path

from making import font, made_of, tables

fonts = Path("styles/fonts")
fonts.mkdir(parents=True)
# Each glyph is made of the one before it ten times.
(fonts / "Own-Regular.ttf").write_bytes(
    font(tables([b"", *(made_of(*[number] * 10) for number in range(7))]))
)

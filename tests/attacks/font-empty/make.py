"""Writes a font."""

from pathlib import Path

fonts = Path("styles/fonts")
fonts.mkdir(parents=True)
(fonts / "Own-Regular.ttf").write_bytes(b"")

"""Links a font to a file outside."""

from pathlib import Path

fonts = Path("styles/fonts/fallback")
fonts.mkdir(parents=True)
(fonts / "NotoEmoji-Regular.ttf").symlink_to("../../../../canary.txt")

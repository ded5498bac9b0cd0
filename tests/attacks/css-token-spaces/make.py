from pathlib import Path

path = Path("styles/tokens.css")
path.parent.mkdir()
path.write_text(":root { --a: " + " " * 400_000 + " }")

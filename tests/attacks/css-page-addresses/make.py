from pathlib import Path

path = Path("styles/page.css")
path.parent.mkdir()
path.write_text("url(" * 100_000)

from pathlib import Path

path = Path("styles/page.css")
path.parent.mkdir()
path.write_text("p { color: red" + " " * 400_000 + "}")

from pathlib import Path

path = Path("styles/print.css")
path.parent.mkdir()
path.write_text("p, " * 20_000 + "p { color: red }")

from pathlib import Path

path = Path("styles/print.css")
path.parent.mkdir()
path.write_text("p { color: red }" * 100_000)

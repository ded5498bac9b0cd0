from pathlib import Path

path = Path("styles/print.css")
path.parent.mkdir()
path.write_text("@media all {" * 20 + "p { color: red }" + "}" * 20)

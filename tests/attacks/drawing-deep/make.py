from pathlib import Path

path = Path("source/bars.svg")
deep = "<g>" * 200 + "</g>" * 200
path.write_text(path.read_text().replace("</svg>", f"{deep}</svg>"))

from pathlib import Path

path = Path("source/bars.svg")
path.write_text(path.read_text().replace("</svg>", '<path d="M0 0h1"/>' * 200_000 + "</svg>"))

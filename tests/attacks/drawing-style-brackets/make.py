from pathlib import Path

part = f'<path style="fill: {"(" * 500_000}"/>'
path = Path("source/bars.svg")
path.write_text(path.read_text().replace("</svg>", f"{part}</svg>"))

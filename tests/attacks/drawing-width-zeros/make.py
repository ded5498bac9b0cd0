from pathlib import Path

part = f'<svg width="{"0" * 500_000}!" height="9"/>'
path = Path("source/bars.svg")
path.write_text(path.read_text().replace("</svg>", f"{part}</svg>"))

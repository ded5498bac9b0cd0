from pathlib import Path

part = f'<path style="fill:red" fill="{"url(#" * 20_000}"/><set/>'
path = Path("source/bars.svg")
path.write_text(path.read_text().replace("</svg>", f"{part}</svg>"))

from pathlib import Path

path = Path("source/bars.svg")
path.write_text(path.read_text().replace("</svg>", f"<desc>{'a' * 20_000_000}</desc></svg>"))

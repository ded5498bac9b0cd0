from pathlib import Path

part = f"<style>p {{ fill: {'(' * 300_000}</style>"
path = Path("source/bars.svg")
path.write_text(path.read_text().replace("</svg>", f"{part}</svg>"))

from pathlib import Path

path = Path("styles/templates/page.html")
path.parent.mkdir(parents=True)
path.write_text("{{ " + "(" * 50_000 + "1" + ")" * 50_000 + " }}")

from pathlib import Path

path = Path("styles/templates/page.html")
path.parent.mkdir(parents=True)
path.write_text("{{ 1 }}" * 1_000_000)

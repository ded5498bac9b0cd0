from pathlib import Path

path = Path("source/imprints/clinic.toml")
path.parent.mkdir()
path.write_text("clinic = " + "[" * 50_000)

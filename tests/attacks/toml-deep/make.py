from pathlib import Path

Path("makebook.toml").write_text("lang = " + "[" * 50_000 + "]" * 50_000)

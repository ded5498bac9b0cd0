from pathlib import Path

Path("makebook.toml").write_text("lang = " + "9" * 10_000)

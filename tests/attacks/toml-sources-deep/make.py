from pathlib import Path

Path("source/sources.toml").write_text("a = " + "[" * 50_000)

from pathlib import Path

Path("makebook.toml").write_text("# nothing\n" * 500_000)

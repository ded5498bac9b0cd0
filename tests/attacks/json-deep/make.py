from pathlib import Path

Path("source/refs.json").write_text("[" * 100_000)

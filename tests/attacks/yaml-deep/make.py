from pathlib import Path

Path("source/sleep.md").write_text("---\ntitle: " + "[" * 50_000 + "\n---\n\nWords.\n")

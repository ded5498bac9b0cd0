from pathlib import Path

Path("source/a\x1b]0;owned\x07.md").write_text("---\ntitle: A\n---\n\nText.\n", "utf-8")

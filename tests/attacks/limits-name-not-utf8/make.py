import os
from pathlib import Path

Path(os.fsdecode(b"source/\xff.md")).write_text("---\ntitle: A\n---\n\nText.\n", "utf-8")

from pathlib import Path

Path("source/refs.json").write_text('[{"id": ' + "9" * 10_000 + "}]")

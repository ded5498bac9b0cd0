from pathlib import Path

Path("makebook.toml").write_text("[" + ".".join(["a"] * 900) + "]\nb = 1\n")

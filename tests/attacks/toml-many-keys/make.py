from pathlib import Path

keys = "".join(f"key{n} = 1\n" for n in range(20_000))
Path("makebook.toml").write_text(keys)

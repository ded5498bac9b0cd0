from pathlib import Path

settings = Path("makebook.toml")
flood = "".join(f"key{n} = 1\n" for n in range(100_000))
settings.write_text(flood + settings.read_text("utf-8"), "utf-8")

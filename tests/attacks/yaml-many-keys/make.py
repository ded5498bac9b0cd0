from pathlib import Path

keys = "".join(f"key{n}: 1\n" for n in range(5_000))
Path("source/sleep.md").write_text(f"---\ntitle: Sleep\n{keys}---\n\nWords. [@lee2020]\n")

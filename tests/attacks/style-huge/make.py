from pathlib import Path

Path("house.csl").write_text("<link " * 1_000_000)

from pathlib import Path

Path("source/disclaimers/crisis.toml").write_text("a = " + "{b = " * 5_000)

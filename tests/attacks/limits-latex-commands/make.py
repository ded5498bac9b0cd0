from pathlib import Path

path = Path("source/sleep.bib")
title = "\\textbf{" * 5_000 + "a" + "}" * 5_000
path.write_text(path.read_text("utf-8").replace("title = {", "title = {" + title, 1), "utf-8")

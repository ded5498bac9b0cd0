from pathlib import Path

path = Path("source/sleep.bib")
title = "{" * 20_000 + "a" + "}" * 20_000
path.write_text(path.read_text("utf-8").replace("title = {", "title = {" + title, 1), "utf-8")

from pathlib import Path

article = Path("source/sleep.md")
text = "| a | b |\n|---|---|\n| " + "x" * 1_000 + " | b |\n"
article.write_text(article.read_text("utf-8") + "\n\n" + text + "\n", "utf-8")

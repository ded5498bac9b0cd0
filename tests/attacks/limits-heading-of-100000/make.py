from pathlib import Path

article = Path("source/sleep.md")
text = "## " + "x" * 100_000 + "\n\nText."
article.write_text(article.read_text("utf-8") + "\n\n" + text + "\n", "utf-8")

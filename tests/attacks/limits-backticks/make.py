from pathlib import Path

article = Path("source/sleep.md")
text = "`" * 100_000
article.write_text(article.read_text("utf-8") + "\n\n" + text + "\n", "utf-8")

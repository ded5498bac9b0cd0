from pathlib import Path

article = Path("source/sleep.md")
text = "<!--" * 30_000
article.write_text(article.read_text("utf-8") + "\n\n" + text + "\n", "utf-8")

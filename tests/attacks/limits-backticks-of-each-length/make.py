from pathlib import Path

article = Path("source/sleep.md")
text = "".join("`" * n + "a " for n in range(1, 400))
article.write_text(article.read_text("utf-8") + "\n\n" + text + "\n", "utf-8")

from pathlib import Path

article = Path("source/sleep.md")
text = "".join("`" * (3 + n % 40) + "\n" for n in range(4_000))
article.write_text(article.read_text("utf-8") + "\n\n" + text + "\n", "utf-8")

from pathlib import Path

article = Path("source/sleep.md")
text = "".join("  " * (n % 100) + "- a\n" for n in range(2_000))
article.write_text(article.read_text("utf-8") + "\n\n" + text + "\n", "utf-8")

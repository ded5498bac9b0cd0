from pathlib import Path

article = Path("source/sleep.md")
flood = "".join(f"field{n}: 1\n" for n in range(20_000))
text = article.read_text("utf-8").replace("---\n", "---\n" + flood, 1)
article.write_text(text, "utf-8")

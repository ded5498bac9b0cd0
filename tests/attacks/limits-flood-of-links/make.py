from pathlib import Path

article = Path("source/sleep.md")
flood = "".join(f"[a](#part{n})\n" for n in range(10_000))
heads = "".join(f"## A {{#some{n}}}\n\nText.\n\n" for n in range(2_000))
article.write_text(article.read_text("utf-8") + "\n\n" + heads + flood, "utf-8")

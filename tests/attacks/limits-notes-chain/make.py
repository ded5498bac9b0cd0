from pathlib import Path

article = Path("source/sleep.md")
text = (
    "[^n0]\n\n" + "".join(f"[^n{n}]: See [^n{n + 1}].\n\n" for n in range(400)) + "[^n400]: End.\n"
)
article.write_text(article.read_text("utf-8") + "\n\n" + text + "\n", "utf-8")

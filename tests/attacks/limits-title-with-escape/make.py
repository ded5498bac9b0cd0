from pathlib import Path

article = Path("source/sleep.md")
text = article.read_text("utf-8").replace("Sleep, in short", '"Sleep \\e]0;owned\\a"', 1)
article.write_text(text, "utf-8")

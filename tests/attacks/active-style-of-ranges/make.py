from pathlib import Path

from press.core.files import default_folder

refresh = '<meta http-equiv="refresh" content="0; url=http://127.0.0.1:9/x"/>'
sheet = (default_folder() / "ranges.css").read_text(encoding="utf-8")
Path("styles").mkdir(exist_ok=True)
Path("styles/ranges.css").write_text(f"/* </style>{refresh} */\n{sheet}")
Path("makebook.toml").write_text(
    Path("makebook.toml").read_text().replace('csl = "apa"', 'csl = "american-medical-association"')
)
entries = "".join(
    f"@book{{b{n}, author = {{Lee, A.}}, title = {{Book {n}}}, publisher = {{P}}, year = {{1}}}}\n"
    for n in range(4)
)
Path("source/sleep.bib").write_text(Path("source/sleep.bib").read_text() + entries)
article = Path("source/sleep.md")
article.write_text(article.read_text() + "\n\nAll of them say so [@b0; @b1; @b2; @b3].\n")

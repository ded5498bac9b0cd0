from pathlib import Path

names = " # ".join(["a"] * 20_000)
Path("source/sleep.bib").write_text(
    f'@string{{a = "{"a" * 50_000}"}}\n@article{{lee2020, title = {names}, year = 2020}}\n'
)

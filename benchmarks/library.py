"""A library of many different articles: what a whole build, an edit, and no change cost.

    python benchmarks/library.py --articles 200
    python benchmarks/library.py --articles 1000 --format html --format epub

In: how many articles, and in which formats. Out: lines with processor times, that is the user and
system time of all processes, and the ratios of what an edit costs to a whole build and to a build
of the edited article alone. The articles come from a seed: their texts, lengths, tables, and
citations differ. Nothing is written into `build/`.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEED = 1
_NOUNS = (
    "sleep rest tea walk letter garden morning window doctor nurse habit worry plan night step "
    "list book meal friend hand".split()
)
_VERBS = "helps slows eases follows keeps begins changes calms holds answers".split()
_TITLES = "Notes on|All about|Living with|A guide to|First steps with".split("|")
_CONFIG = 'lang = "en-US"\neditions = ["letter"]\nformats = [{}]\n'


@dataclass(frozen=True)
class Cost:
    """What a command took, in seconds."""

    cpu: float
    wall: float

    def __str__(self) -> str:
        return f"{self.cpu:8.2f} s of processor time, {self.wall:7.2f} s in all"


def sentence(chance: random.Random) -> str:
    """Return a short sentence."""
    one, other = chance.sample(_NOUNS, 2)
    return f"The {one} {chance.choice(_VERBS)} the {other} on day {chance.randint(1, 900)}."


def article(number: int, cited: str) -> str:
    """Return the text of an article: one to twelve pages, with a table and a citation."""
    chance = random.Random(SEED * 100_000 + number)
    title = f"{chance.choice(_TITLES)} {chance.choice(_NOUNS)} {number}"
    lines = [
        "---", f"title: {title}", "author: Ann Lee", "version: 1.0", f"identifier: LIB-{number}",
        "date: 2026-01-05", f"bibliography: a{number:04}.bib", "---", "",
        f"{sentence(chance)} [@{cited}]", "",
    ]  # fmt: skip
    for part in range(chance.randint(2, 30)):
        lines += [f"## Part {part + 1}: {chance.choice(_NOUNS)}", ""]
        for _ in range(chance.randint(1, 3)):
            lines += [" ".join(sentence(chance) for _ in range(chance.randint(3, 8))), ""]
    lines += ["| What | When |", "|---|---|"]
    lines += [f"| {chance.choice(_NOUNS)} | day {chance.randint(1, 99)} |" for _ in range(4)]
    return "\n".join([*lines, ""])


def write(root: Path, numbers: Sequence[int], formats: Sequence[str]) -> None:
    """Write a project of articles."""
    (root / "source").mkdir(parents=True)
    (root / "makebook.toml").write_text(_CONFIG.format(", ".join(f'"{f}"' for f in formats)))
    for number in numbers:
        work = (
            f"@article{{work{number}, title={{Work {number}}}, author={{Roe, Jo}}, "
            f"journal={{Journal of Rest}}, year={{{1990 + number % 30}}}}}\n"
        )
        (root / "source" / f"a{number:04}.md").write_text(article(number, f"work{number}"))
        (root / "source" / f"a{number:04}.bib").write_text(work)


def run(root: Path, *arguments: str) -> Cost:
    """Build a project; return what it cost."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-P", *(arguments or _build(root))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    wall = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"the build failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, wall)


def _build(root: Path) -> list[str]:
    return ["-m", "press", "build", "--project", str(root)]


def edit(root: Path, number: int, word: str) -> None:
    """Change a word of an article."""
    path = root / "source" / f"a{number:04}.md"
    path.write_text(path.read_text() + f"\n{word} is new.\n")


def measure(count: int, formats: Sequence[str]) -> list[str]:
    """Build a library in several states; return lines that say what each cost."""
    edited = count // 2
    with tempfile.TemporaryDirectory() as folder:
        library, alone = Path(folder, "library"), Path(folder, "alone")
        write(library, range(count), formats)
        write(alone, [edited], formats)
        one = run(alone)
        whole = run(library)
        time.sleep(2.1)  # else the youngest files are read again, as their times prove nothing
        run(library)
        edit(library, edited, "This")
        change = run(library)
        time.sleep(2.1)
        run(library)
        nothing = min((run(library) for _ in range(3)), key=lambda cost: cost.cpu)
        python = min((run(library, "-c", "pass") for _ in range(3)), key=lambda cost: cost.cpu)
    above = nothing.wall - python.wall
    return [
        f"{count} articles as {', '.join(formats)}",
        f"one article alone   {one}",
        f"all articles        {whole}",
        f"one article edited  {change}",
        f"nothing changed     {nothing}, {above:.2f} s more than Python's start",
        f"an edit costs {change.cpu / whole.cpu:.1%} of a whole build, "
        f"and {change.cpu / one.cpu:.2f} times a build of that article alone",
    ]


def main() -> None:
    """Read the command line, and print what was measured."""
    parser = argparse.ArgumentParser(description="time a library of articles")
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument(
        "--format", dest="formats", action="append", choices=("pdf", "epub", "html")
    )
    given = parser.parse_args()
    for line in measure(given.articles, given.formats or ["pdf", "epub", "html"]):
        print(line, flush=True)


if __name__ == "__main__":
    main()

"""A library of many different articles: what a whole build, an edit, and no change cost.

    python benchmarks/library.py --articles 200
    python benchmarks/library.py --articles 1000 --format html --format epub
    python benchmarks/library.py --articles 200 --peers     the same articles by other programs

In: how many articles, and in which formats. Out: lines with processor times, that is the user and
system time of all processes, and the ratios of what an edit costs to a whole build and to a build
of the edited article alone. With `--peers`: the time of each program for a page, as many articles
at once as there are processors, and the ratios. The articles come from a seed: their texts,
lengths, tables, pictures, and citations differ. Nothing is written into `build/`.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import peers
from peers import Cost
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SEED = 1
WORKS = 6
"""How many works each article cites."""
_NOUNS = (
    "sleep rest tea walk letter garden morning window doctor nurse habit worry plan night step "
    "list book meal friend hand".split()
)
_VERBS = "helps slows eases follows keeps begins changes calms holds answers".split()
_TITLES = "Notes on|All about|Living with|A guide to|First steps with".split("|")
_CONFIG = 'lang = "en-US"\neditions = ["letter"]\nformats = [{}]\n'


def sentence(chance: random.Random) -> str:
    """Return a short sentence."""
    one, other = chance.sample(_NOUNS, 2)
    return f"The {one} {chance.choice(_VERBS)} the {other} on day {chance.randint(1, 900)}."


def article(number: int) -> str:
    """Return the text of an article of one to twelve pages, with a table, picture, citations."""
    chance = random.Random(SEED * 100_000 + number)
    title = f"{chance.choice(_TITLES)} {chance.choice(_NOUNS)} {number}"
    lines = [
        "---", f"title: {title}", "author: Ann Lee", "version: 1.0", f"identifier: LIB-{number}",
        "date: 2026-01-05", f"bibliography: a{number:04}.bib", "---", "",
    ]  # fmt: skip
    cited = iter(range(WORKS))
    for part in range(round(chance.triangular(2, 40, 10))):
        lines += [f"## Part {part + 1}: {chance.choice(_NOUNS)}", ""]
        for _ in range(chance.randint(1, 3)):
            text = " ".join(sentence(chance) for _ in range(chance.randint(3, 8)))
            work = next(cited, chance.randrange(WORKS))
            lines += [f"{text} [@work{number}-{work}]", ""]
        if not part:
            lines += [f"![A field of colours](images/a{number:04}.png)", ""]
    lines += [f"The others are older [@work{number}-{work}]." for work in cited]
    lines += ["", "| What | When |", "|---|---|"]
    lines += [f"| {chance.choice(_NOUNS)} | day {chance.randint(1, 99)} |" for _ in range(4)]
    return "\n".join([*lines, ""])


def bibliography(number: int) -> str:
    """Return the works that an article cites."""
    chance = random.Random(SEED * 200_000 + number)
    return "".join(
        f"@article{{work{number}-{work}, author={{Roe, Jo and Poe, {chr(65 + work)}.}}, "
        f"title={{The {chance.choice(_NOUNS)} and the {chance.choice(_NOUNS)}, study {number}}}, "
        f"journal={{Journal of Rest}}, volume={{{chance.randint(1, 90)}}}, pages={{{number}}}, "
        f"year={{{1990 + chance.randrange(36)}}}}}\n"
        for work in range(WORKS)
    )


def picture(number: int) -> Image.Image:
    """Return a picture of 600 by 300 pixels that no other article has."""
    chance = random.Random(SEED * 300_000 + number)
    small = Image.new("RGB", (6, 3))
    small.putdata([tuple(chance.randbytes(3)) for _ in range(18)])
    return small.resize((600, 300), Image.Resampling.BICUBIC)


def write(root: Path, numbers: Sequence[int], formats: Sequence[str]) -> None:
    """Write a project of articles."""
    (root / "source" / "images").mkdir(parents=True)
    (root / "makebook.toml").write_text(_CONFIG.format(", ".join(f'"{f}"' for f in formats)))
    for number in numbers:
        (root / "source" / f"a{number:04}.md").write_text(article(number))
        (root / "source" / f"a{number:04}.bib").write_text(bibliography(number))
        picture(number).save(root / "source" / "images" / f"a{number:04}.png")


def run(root: Path, *arguments: str) -> Cost:
    """Build a project; return what it cost."""
    command = [sys.executable, "-P", *(arguments or built(root))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile() as said:
        cost, status = peers.run(command, said, env=environment)
        if status:
            said.seek(0)
            sys.exit(f"the build failed:\n{said.read().decode()[-4000:]}")
    return cost


def built(root: Path) -> list[str]:
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
        whole = run(library)
        run(alone)
        ones, changes = [], []
        for number in range(5):  # in turn, as a machine is not as fast all the time
            time.sleep(2.1)  # else the youngest files are read again: their times prove nothing
            run(library)
            ones.append(run(alone, *built(alone), "--force"))
            edit(library, edited, f"This {number}")
            changes.append(run(library))
        one, change = (sorted(each, key=lambda cost: cost.cpu)[2] for each in (ones, changes))
        time.sleep(2.1)
        run(library)
        nothing = min((run(library) for _ in range(3)), key=lambda cost: cost.cpu)
        python = min((run(library, "-c", "pass") for _ in range(3)), key=lambda cost: cost.cpu)
    above = nothing.wall - python.wall
    return [
        f"{count} articles as {', '.join(formats)}",
        f"one article alone   {one}",
        f"all articles        {whole}",
        f"one article edited  {change}, the median of {len(changes)}, as that of one alone",
        f"nothing changed     {nothing}, {above:.2f} s more than Python's start",
        f"an edit costs {change.cpu / whole.cpu:.1%} of a whole build, "
        f"and {change.cpu / one.cpu:.2f} times a build of that article alone",
    ]


def by_peers(
    root: Path, numbers: Sequence[int], commands: Callable[[list[str], Path], list[list[str]]]
) -> Cost:
    """Make every article with another program, as many at once as there are processors."""
    source, output = root / "source", root / "peer"
    shutil.copytree(source / "images", output / "images", dirs_exist_ok=True)  # for Typst

    def make(number: int) -> None:
        name = f"a{number:04}"
        reads = peers.pandoc(source / f"{name}.md", source / f"{name}.bib", source)
        for command in commands(reads, output / name):
            done = subprocess.run(command, capture_output=True, cwd=source, check=False)
            if done.returncode:
                raise SystemExit(f"{' '.join(command)}\n{done.stderr.decode()[-2000:]}")

    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with ThreadPoolExecutor(os.cpu_count()) as several:
        list(several.map(make, numbers))
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def pages(folder: Path) -> int:
    """Return how many pages the PDFs in a folder have."""
    import pypdfium2

    return sum(len(pypdfium2.PdfDocument(path)) for path in folder.glob("*.pdf"))


def compare(count: int) -> list[str]:
    """Make the same articles with each program in turn; return lines with times and ratios."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root, range(count), ["pdf", "epub"])
        cost = run(root, *built(root), "--jobs", str(os.cpu_count()))
        found["makebook: PDF/A-3a, PDF/UA-1, EPUB, proof"] = cost, pages(root / "build")
        for name, commands in (
            ("pandoc + WeasyPrint, pandoc's EPUB", peers.with_weasyprint),
            ("pandoc + Typst (a-3a, ua-1), pandoc's EPUB", peers.with_typst),
        ):
            cost = by_peers(root, range(count), commands)
            found[name] = cost, pages(root / "peer")
    lines = [f"{count} articles by each program, {os.cpu_count()} at once"]
    (own, own_pages), *_ = found.values()
    for name, (cost, many) in found.items():
        ratio = cost.cpu / many / (own.cpu / own_pages)
        lines += [
            f"{name:44}{many:6} pages  {cost}, {1000 * cost.cpu / many:5.0f} ms a page: "
            f"{ratio:.2f} of makebook's, {cost.cpu / own.cpu:.2f} for all articles"
        ]
    return lines


def main() -> None:
    """Read the command line, and print what was measured."""
    parser = argparse.ArgumentParser(description="time a library of articles")
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument(
        "--format", dest="formats", action="append", choices=("pdf", "epub", "html")
    )
    parser.add_argument("--peers", action="store_true", help="compare with other programs")
    given = parser.parse_args()
    formats = given.formats or ["pdf", "epub", "html"]
    for line in compare(given.articles) if given.peers else measure(given.articles, formats):
        print(line, flush=True)


if __name__ == "__main__":
    main()

"""Long works: what a further page costs from 5 to 500 pages, and how much memory is used.

    python benchmarks/pages.py              5, 10, 50, and 500 pages
    python benchmarks/pages.py --large      300 pages, 2,000 references, and 200 pictures

In: nothing. Out: for each work a line with its pages, processor time, time for each page that it
has more than the one before, and the memory of the largest process. Nothing is written into
`build/`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import library

_LIMIT = "time=3600"


def work(parts: int, works: int, pictures: int) -> str:
    """Return a text with so many sections, citations, and pictures, spread evenly."""
    chance = random.Random(library.SEED)
    lines = [
        "---", "title: A long work", "author: Ann Lee", "version: 1.0", "identifier: LONG-1",
        "date: 2026-01-05", *(["bibliography: long.bib"] if works else []), "---", "",
    ]  # fmt: skip
    for part in range(parts):
        lines += [f"## Part {part + 1}", ""]
        for _ in range(4):
            lines += [" ".join(library.sentence(chance) for _ in range(8)), ""]
        for cited in _share(part, parts, works):
            lines += [f"{library.sentence(chance)} [@work{cited}]", ""]
        for shown in _share(part, parts, pictures):
            lines += [f"![Field {shown}](images/p{shown:03}.png)", ""]
    return "\n".join(lines)


def _share(part: int, parts: int, things: int) -> range:
    """Return the numbers of the things that belong in a part."""
    return range(things * part // parts, things * (part + 1) // parts)


def measure(parts: int, works: int = 0, pictures: int = 0) -> tuple[library.Cost, int]:
    """Build a work; return its cost and its pages."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        library.write(root, [], ["pdf", "epub"])
        (root / "source" / "long.md").write_text(work(parts, works, pictures))
        (root / "source" / "long.bib").write_text(
            "".join(
                f"@article{{work{n}, title={{Work {n} of rest}}, author={{Roe, Jo}}, "
                f"journal={{Journal of Rest}}, year={{{1990 + n % 30}}}}}\n"
                for n in range(works)
            )
        )
        for number in range(pictures):
            name = f"p{number:03}.png"
            library.picture(number).save(root / "source" / "images" / name)
        cost = library.run(root, *library.built(root), "--limit", _LIMIT)
        return cost, library.pages(root / "build")


def quickest(times: int, *asked: int) -> tuple[library.Cost, int]:
    """Build a work several times; return what the quickest build cost, and its pages.

    A few pages take less time than two builds of a work differ by.
    """
    return min((measure(*asked) for _ in range(times)), key=lambda found: found[0].cpu)


def main() -> None:
    """Read the command line, and print what was measured."""
    parser = argparse.ArgumentParser(description="time long works")
    parser.add_argument("--large", action="store_true")
    large = parser.parse_args().large
    before, first = quickest(9, 1 if large else 8)
    print(f"{first:5} pages  {before}, {before.memory:4.0f} MB", flush=True)
    for times, *asked in [(1, 300, 2000, 200)] if large else [(9, 17), (3, 83), (1, 833)]:
        cost, pages = quickest(times, *asked)
        each = 1000 * (cost.cpu - before.cpu) / (pages - first)
        said = f"{each:5.1f} ms for each further page, {cost.memory:4.0f} MB"
        print(f"{pages:5} pages  {cost}, {said}", flush=True)
        before, first = cost, pages


if __name__ == "__main__":
    main()

"""Five editions in one run, compared with five runs of one edition each.

    .venv/bin/python benchmarks/editions.py [ROUNDS]

Every run is cold: a new process, `--force`, an empty folder. The runs of a round follow each other,
so that other programs slow all of them; what counts is the ratio of their sums. The run of five
reads, cites, and assembles the text once, imports WeasyPrint once, and makes editions in parallel
if there are several processors; a second line shows the same on one processor.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
EDITIONS = ("letter", "a4", "large-print", "ink-saver", "booklet")
TARGET = 0.5


def cold(*options: str) -> float:
    """Return the seconds that one build into an empty folder takes."""
    folder = tempfile.mkdtemp()
    command = [sys.executable, ROOT / "makebook.py", "build", "--force", "--quiet"]
    try:
        begun = time.perf_counter()
        subprocess.run([*command, "--output", folder, *options], check=True, cwd=ROOT)
        return time.perf_counter() - begun
    finally:
        shutil.rmtree(folder)


def main(rounds: int) -> int:
    """Print the medians and the ratios; return 1 if the target is missed."""
    ways = {"five editions in one run": (), "the same on one processor": ("--jobs", "1")}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    alone: list[float] = []
    for _ in range(rounds):
        alone.append(sum(cold("--edition", name) for name in EDITIONS))
        for name, options in ways.items():
            spent[name].append(cold(*options))
    print(f"five runs of one edition each: {median(alone):.2f} s")
    ratios = {n: median(a / b for a, b in zip(s, alone, strict=True)) for n, s in spent.items()}
    for name, seconds in spent.items():
        print(f"{name}: {median(seconds):.2f} s, {ratios[name]:.2f} of that")
    met = ratios["five editions in one run"] <= TARGET
    print(f"target {TARGET:.2f}: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))

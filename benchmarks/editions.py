"""Five editions in one run against five runs of one edition each.

    .venv/bin/python benchmarks/editions.py [ROUNDS]

Every run is cold: a new process, `--force`, an empty folder. The runs of a round follow each other,
so that what else the machine does falls on all; what counts is the ratio of their sums. The text is
read, cited and assembled once in the run of five, WeasyPrint is imported once, and editions are
made beside each other where there are processors: the second line is that of a single one.
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
    """Seconds of one build into an empty folder."""
    folder = tempfile.mkdtemp()
    command = [sys.executable, ROOT / "makebook.py", "build", "--force", "--quiet"]
    try:
        begun = time.perf_counter()
        subprocess.run([*command, "--output", folder, *options], check=True, cwd=ROOT)
        return time.perf_counter() - begun
    finally:
        shutil.rmtree(folder)


def main(rounds: int) -> int:
    """Print the medians and the ratios; 1 where the target is missed."""
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

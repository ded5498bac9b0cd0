"""A comparison of makebook and its peers on this repository's article, with ratios.

    pip install '.[bench]'                      the peers, into the environment of the checkout
    .venv/bin/python benchmarks/compare.py      five rounds
    .venv/bin/python benchmarks/compare.py 15   more rounds, if other programs are running

Every round runs every contender once, each in new processes and an empty folder; a first round is
not counted (it fills the disk caches and writes Python's bytecode). Wall time is the time a person
waits; CPU time is the user and system time of all processes, and depends less on other programs.
Medians are compared. Nothing is written into `build/`.

What each one does in that time stands in README.md here.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import peers
from peers import Cost

START = time.perf_counter()
ROOT = Path(__file__).resolve().parent.parent
ARTICLE = ROOT / "source" / "ketamine-ocd.md"
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def run(commands: Sequence[Sequence[str]], folder: Path) -> Cost:
    """Run commands one after the other; a failure ends the comparison."""
    start, cpu = time.perf_counter(), 0.0
    for command in commands:
        with (folder / "log").open("wb") as log:
            cost, status = peers.run(command, log, cwd=ROOT, env=ENVIRONMENT)
        cpu += cost.cpu
        if status:
            sys.exit(f"{' '.join(command)}\n{(folder / 'log').read_text(errors='replace')}")
    return Cost(cpu, time.perf_counter() - start)


ONE = ["--edition", "letter", "--jobs", "1", "--format", "pdf", "--format", "epub"]
"""The same outputs as the peers: one edition and one e-book, in one process."""


def makebook(folder: Path, *options: str) -> list[list[str]]:
    return [[sys.executable, "-m", "press", "--output", str(folder / "out"), *ONE, *options]]


def pandoc(folder: Path) -> list[str]:
    """Return pandoc's command for this article.

    Links to notices become plain text, because the peers do not have notices.
    """
    plain = re.sub(r"\[([^\]]+)\]\(#notice-[^)]*\)", r"\1", ARTICLE.read_text("utf-8"))
    article = folder / ARTICLE.name
    article.write_text(plain, "utf-8")
    return peers.pandoc(article, ARTICLE.parent / "references.bib", ARTICLE.parent)


def with_weasyprint(folder: Path, *options: str) -> list[list[str]]:
    return peers.with_weasyprint(pandoc(folder), folder / "article", *options)


def with_typst(folder: Path) -> list[list[str]]:
    shutil.copytree(ARTICLE.parent / "images", folder / "images")
    return peers.with_typst(pandoc(folder), folder / "article")


def script(*_: object) -> list[list[str]]:
    python = shutil.which("python3", path=f"{sys.base_prefix}/bin") or "python3"
    return [[python, str(ROOT / "makebook.py"), "--version"]]


def module(*_: object) -> list[list[str]]:
    return [[sys.executable, "-m", "press", "--version"]]


COLD, AGAIN = "makebook, cold: PDF + EPUB + proof", "makebook, nothing changed"
PLAIN, TAGGED = "pandoc + WeasyPrint, pandoc EPUB", "the same, PDF tagged and PDF/A-3a"
OTHER = "pandoc + Typst (a-3a, ua-1), pandoc EPUB"
SCRIPT, MODULE = "python3 makebook.py --version", "python -m press --version"

CONTENDERS: dict[str, Callable[[Path], list[list[str]]]] = {
    COLD: makebook,
    PLAIN: with_weasyprint,
    TAGGED: lambda f: with_weasyprint(f, "--pdf-variant=pdf/a-3a", "--pdf-tags"),
    OTHER: with_typst,
    AGAIN: makebook,
    SCRIPT: script,
    MODULE: module,
}


def compare(rounds: int) -> tuple[dict[str, list[Cost]], list[dict[str, float]]]:
    """Run everything in turn; also measure how one makebook process spends its time."""
    costs: dict[str, list[Cost]] = {name: [] for name in CONTENDERS}
    shares: list[dict[str, float]] = []
    for number in range(rounds + 1):
        for name, commands in CONTENDERS.items():
            with tempfile.TemporaryDirectory() as place:
                if name == AGAIN:
                    run(makebook(Path(place)), Path(place))
                cost = run(commands(Path(place)), Path(place))
                costs[name] += [cost] if number else []
        with tempfile.TemporaryDirectory() as place:
            command = [sys.executable, __file__, "inside", place]
            done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, stdout=-1, check=True)
            shares += [json.loads(done.stdout)] if number else []
        print(f"round {number} of {rounds}" if number else "warm", file=sys.stderr)
    return costs, shares


@contextlib.contextmanager
def _here(work: Callable[..., Any], items: Any, *_: Any) -> Iterator[Iterator[Any]]:
    """Do the work in this process, where it can be timed, instead of in one with limits."""
    yield (work(item) for item, _ in items)


def inside(folder: str) -> None:  # noqa: PLR0915 - one list of what is timed
    """Run one cold build in this process, and time the calls to WeasyPrint and the proof."""
    spent = {"import": 0.0, "layout": 0.0, "writing": 0.0, "cover": 0.0, "proof": 0.0}
    running: list[str] = []
    covers = 0

    def watch(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(work)
        def timed(*args: Any, **options: Any) -> Any:
            running.append(name)
            start = time.perf_counter()
            try:
                return work(*args, **options)
            finally:
                running.pop()
                if not running:
                    spent["cover" if covers else name] += time.perf_counter() - start

        return timed

    real = builtins.__import__

    def loads(name: str, *args: Any, **options: Any) -> Any:
        if name != "weasyprint" or name in sys.modules:
            return real(name, *args, **options)
        weasyprint = watch("import", real)(name, *args, **options)
        for kind, method, what in (
            (weasyprint.HTML, "__init__", "layout"),
            (weasyprint.CSS, "__init__", "layout"),
            (weasyprint.HTML, "render", "layout"),
            (weasyprint.Document, "write_pdf", "writing"),
        ):
            setattr(kind, method, watch(what, getattr(kind, method)))
        return weasyprint

    builtins.__import__ = loads
    sys.path.insert(0, str(ROOT))
    from press.build import make
    from press.cli import main
    from press.core import guarded

    guarded.begun = _here
    draw = make.draw_cover

    def cover(*args: Any) -> bytes:
        nonlocal covers
        covers += 1
        try:
            return draw(*args)
        finally:
            covers -= 1

    make.draw_cover = cover
    make.prove_pdf = watch("proof", make.prove_pdf)
    make.prove_epub = watch("proof", make.prove_epub)
    try:
        main(["--quiet", "--output", folder, *ONE])
    except SystemExit as end:
        if end.code:
            raise
    print(json.dumps({**spent, "all": time.perf_counter() - START}))


def report(costs: dict[str, list[Cost]], shares: list[dict[str, float]]) -> None:
    cold = costs[COLD]
    wall = {name: statistics.median(c.wall for c in each) for name, each in costs.items()}
    cpu = {name: statistics.median(c.cpu for c in each) for name, each in costs.items()}
    print(f"\n{len(cold)} rounds; medians in seconds; system load {os.getloadavg()[0]:.1f}\n")
    print(f"{'':42}{'wall':>8}{'CPU':>8}{'wall, of cold':>15}{'CPU, of cold':>14}")
    for name in costs:
        parts = f"{wall[name] / wall[COLD]:>15.2f}{cpu[name] / cpu[COLD]:>14.2f}"
        print(f"{name:42}{wall[name]:>8.3f}{cpu[name]:>8.3f}{parts}")
    print("\none cold build, in shares of its wall time:")
    names = {"import": "WeasyPrint: import", "layout": "  layout", "writing": "  writing"}
    names["cover"] = "  layout and writing of the cover"
    names["proof"] = "the proof"
    share = {n: statistics.median(s[n] / s["all"] for s in shares) for n in names}
    for name, words in names.items():
        print(f"{words:42}{share[name]:>8.2f}")
    rest = 1 - sum(share.values())
    print(f"{'everything else':42}{rest:>8.2f}\n")
    over = wall[SCRIPT] - wall[MODULE]
    for words, value, limit, ratio in (
        ("cold build / pandoc + WeasyPrint, wall", wall[COLD] / wall[PLAIN], 1.0, ""),
        ("cold build / pandoc + WeasyPrint, CPU", cpu[COLD] / cpu[PLAIN], 1.0, ""),
        ("nothing changed / cold build, wall", wall[AGAIN] / wall[COLD], 0.25, ""),
        ("makebook.py on top of python -m press", over * 1000, 60.0, " ms"),
    ):
        verdict = "pass" if value <= limit else "FAIL"
        print(f"{words:42}{value:>8.2f}{ratio:3}  target {limit:.2f}{ratio:3}  {verdict}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(sys.argv[2])
    else:
        report(*compare(int(sys.argv[1]) if sys.argv[1:] else 5))

"""The time from saving a file to the new page on screen, and the memory after many saves.

    .venv/bin/python benchmarks/serve.py            ten saves, with pandoc + Typst in the same run
    .venv/bin/python benchmarks/serve.py 30         more saves
    .venv/bin/python benchmarks/serve.py memory 200 saves of a small project: processes, memory

`makebook serve` shows a copy of this repository's project in a real headless Chromium, through the
viewer that authors see. For each save, a sentence of the article is changed; the clock starts when
the file is written. The web page and the e-book count as on screen when the visible frame contains
the new sentence and two more frames have been painted; the PDF, when the picture of a visible page
is new and decoded and two more frames have been painted: once for the first page, and once for a
page near the end. Finished means proved and in build/. All clocks are on one computer. After each
run of the peers (always cold: they have no other mode) there is a save of each kind, so that all of
them run under the same load.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
PAINTED = (
    "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(Date.now()))))"
)
WEB = """new Promise(done => {
  const look = () => {
    const frame = document.querySelector("#frames iframe:not(.next)");
    const body = frame && frame.contentDocument && frame.contentDocument.body;
    if (body && body.textContent.includes("%s")) PAINTED.then(done);
    else requestAnimationFrame(look);
  };
  look();
})""".replace("PAINTED", PAINTED)
SEEN = """(() => {
  const box = document.querySelectorAll(".page")[%d], image = box.querySelector("img");
  return image && image.complete && image.naturalWidth ? image.src : "";
})()"""
PDF = """new Promise(done => {
  const look = () => {
    const now = SEEN;
    if (now && now !== "%s") PAINTED.then(done);
    else requestAnimationFrame(look);
  };
  look();
})""".replace("PAINTED", PAINTED).replace("SEEN", SEEN)
CHAPTER = """(() => {
  const choice = document.querySelector("#chapter");
  choice.value = [...choice.options].find(option => option.text === "Key points").value;
  choice.dispatchEvent(new Event("change"));
})()"""
VIEWS = {
    "web": ("web", 0, "save to the web page on screen"),
    "book": ("book", 0, "save to the e-book on screen"),
    "first": ("print", 0, "save to page 1 of the PDF on screen"),
    "far": ("print", 7, "save to page 8 of the PDF on screen"),
}
"""Name mapped to the button of the viewer, the visible page (from 0), and a description."""
FAR = "\n## What are the side effects"
"""A heading on page 8; all other edits are on page 1."""


@contextlib.contextmanager
def served(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server; yield its process and address."""
    command = [sys.executable, "-m", "press", "serve", "--port", "0", "--project", str(root)]
    log = (root.parent / "log").open("w")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True) as run:
        line = run.stdout.readline()
        address = re.search(r"http://[^ ]+", line)[0]
        threading.Thread(
            target=lambda: [log.write(line) for line in run.stdout], daemon=True
        ).start()
        try:
            yield run, address
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(20)


def state(address: str) -> dict:
    with urlopen(f"{address}events") as answer:
        return json.loads(answer.readline().removeprefix(b"data: "))


def settle(address: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while (now := state(address))["building"]:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert not now["failed"], now["problems"]


def finished(pdf: Path, before: int) -> float:
    """Return the time when a new PDF was published (seconds)."""
    end = time.monotonic() + 60
    while pdf.stat().st_mtime_ns == before:
        assert time.monotonic() < end
        time.sleep(0.01)
    return time.time()


def edit(article: Path, number: int, before: str) -> tuple[str, float]:
    """Change a sentence under a heading; return it, and when it was saved (ms)."""
    mark = f"Edited for the {number}th time under {len(before)} letters"
    text = re.sub(mark.replace(str(number), r"\d+", 1) + r"\.\n\n", "", article.read_text("utf-8"))
    head, _, rest = text.partition(before)
    title, _, body = rest.partition("\n")
    article.write_text(f"{head}{before}{title}\n\n{mark}.\n\n{body.lstrip()}", "utf-8")
    return mark, time.time() * 1000


def save(page: Any, address: str, article: Path, kind: str, number: int) -> tuple[float, float]:
    """Return the seconds from a save until it is on screen, and until it is finished."""
    button, sheet, _ = VIEWS[kind]
    page.run(f"document.querySelector('#views [value={button}]').click()")
    if button == "print":
        page.until(f"document.querySelectorAll('.page').length > {sheet}")
        page.run(f"document.querySelectorAll('.page')[{sheet}].scrollIntoView()")
        page.until(f"Boolean({SEEN % sheet})")
    if button == "book":
        page.until("document.querySelector('#chapter').options.length > 2")
        page.run(CHAPTER)
    settle(address)
    time.sleep(1.2)  # an author pauses
    old = page.run(SEEN % sheet) if button == "print" else ""
    pdf = article.parent.parent / "build" / f"{article.stem}.pdf"
    before = pdf.stat().st_mtime_ns
    mark, saved = edit(article, number, FAR if sheet else "\n## ")
    shown = page.run(PDF % (sheet, old) if button == "print" else WEB % mark)
    return (shown - saved) / 1000, finished(pdf, before) - saved / 1000


def speed(saves: int) -> None:
    import compare

    from tests.devtools import chromium

    took: dict[str, list[float]] = {name: [] for name in (*VIEWS, "finished", "peer")}
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "project")
        root.mkdir()
        for name in ("source", "styles"):
            shutil.copytree(ROOT / name, root / name)
        shutil.copy(ROOT / "makebook.toml", root)
        article = root / "source" / "ketamine-ocd.md"
        with served(root) as (_, address), chromium(address) as page:
            settle(address, 300)
            page.until("Boolean(document.querySelector('.page img'))")
            for number in range(saves + 1):
                with tempfile.TemporaryDirectory() as folder:
                    peer = compare.run(compare.with_typst(Path(folder)), Path(folder)).wall
                found = {"peer": peer}
                for place_, kind in enumerate(VIEWS):
                    found[kind], done = save(page, address, article, kind, 10 * number + place_)
                    if kind == "first":
                        found["finished"] = done
                told = ", ".join(f"{name} {value:.2f} s" for name, value in found.items())
                print(f"{number}: {told}", file=sys.stderr)
                if number:  # the first fills caches, of the peers' too
                    for name, value in found.items():
                        took[name].append(value)
    report(took, compare.OTHER)


def report(took: dict[str, list[float]], other: str) -> None:
    peer = statistics.median(took["peer"])
    words = {name: words for name, (_, _, words) in VIEWS.items()}
    words |= {"finished": "save to the main PDF and e-book finished", "peer": other}
    print(f"\n{len(took['peer'])} saves; seconds; system load {os.getloadavg()[0]:.1f}\n")
    print(f"{'':44}{'median':>8}{'worst':>8}{'of peers':>10}")
    for name, values in took.items():
        median = statistics.median(values)
        verdict = ("pass" if median <= peer else "FAIL") if name in VIEWS else ""
        print(f"{words[name]:44}{median:>8.2f}{max(values):>8.2f}{median / peer:>10.2f}  {verdict}")
    print("\ntarget for what is on screen: at most 1.00 of peers")


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    found, new = [], [pid]
    while new:
        found += new
        new = [
            int(child)
            for parent in new
            for task in Path(f"/proc/{parent}/task").glob("*/children")
            for child in task.read_text().split()
        ]
    return found


def resident(pid: int) -> float:
    """Return the memory of a process in MB, with its part of shared memory (PSS)."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) / 1024
    return 0.0


def listen(stream: Any) -> None:
    """Read events until the server or this program closes the connection."""
    with contextlib.suppress(Exception):
        for _ in stream:
            pass


def memory(saves: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "project")
        shutil.copytree(ROOT / "tests" / "projects" / "small", root)
        article = next(iter(sorted((root / "source").glob("*.md"))))
        text = article.read_text("utf-8")
        with served(root) as (server, address), urlopen(f"{address}events") as stream:
            settle(address)
            threading.Thread(target=listen, args=[stream], daemon=True).start()
            sight = "view=print&edition=letter&first=0&last=1"  # a visible page is shown early
            urlopen(f"{address}looking?article={article.stem}&imprint=&{sight}").close()
            for number in range(saves + 1):
                article.write_text(f"{text}\nSaved {number} times.\n", "utf-8")
                time.sleep(0.15)
                settle(address)
                if number % max(1, saves // 10) == 0:
                    time.sleep(1.5)  # the standby copy has settled, too
                    pids = family(server.pid)
                    sizes = [resident(pid) for pid in pids]
                    each = ", ".join(f"{size:.1f}" for size in sizes)
                    handles = sum(len(list(Path(f"/proc/{p}/fd").iterdir())) for p in pids)
                    print(f"{number:5} saves: {sum(sizes):7.1f} MB in {len(pids)} processes "
                          f"({each}), {handles} open files", flush=True)  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        memory(int(sys.argv[2]) if sys.argv[2:] else 200)
    else:
        speed(int(sys.argv[1]) if sys.argv[1:] else 10)

"""From saving a file to the new page on screen, and what a day of saving leaves in memory.

    .venv/bin/python benchmarks/serve.py            ten saves, beside pandoc + Typst in the same run
    .venv/bin/python benchmarks/serve.py 30         more saves
    .venv/bin/python benchmarks/serve.py memory 200 saves of a small project: processes, memory

`makebook serve` shows a copy of this repository's project in a real headless Chromium, through the
viewer that authors see. For each save a sentence of the article is changed; the clock starts when
the file is written. The web page counts as on screen when the frame that is seen holds the new
sentence and two frames have been painted since; the PDF, when the picture of a page that is in
sight is one of the new file, decoded, and two frames have been painted since. Clocks are those of
one machine. After each run of the peers (cold: that is all they do) there are as many saves of
either kind, so that all of them meet the same machine.
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
import time
from collections.abc import Iterator
from pathlib import Path
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
PDF = """new Promise(done => {
  const high = innerHeight;
  const look = () => {
    const seen = [...document.querySelectorAll(".page img")].find(i => {
      const box = i.getBoundingClientRect();
      return box.bottom > 0 && box.top < high && i.complete && i.naturalWidth;
    });
    if (seen && !seen.src.includes("%s")) PAINTED.then(done);
    else requestAnimationFrame(look);
  };
  look();
})""".replace("PAINTED", PAINTED)


@contextlib.contextmanager
def served(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server at work, and its address."""
    command = [sys.executable, "-m", "press", "serve", "--port", "0", "--project", str(root)]
    log = (root.parent / "log").open("w")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True) as run:
        line = run.stdout.readline()
        address = re.search(r"http://[^ ]+", line)[0]
        import threading

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


def settle(address: str, seconds: float = 120) -> dict:
    end = time.monotonic() + seconds
    while (now := state(address))["building"]:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert not now["failed"], now["problems"]
    return now


def edit(article: Path, number: int) -> tuple[str, float]:
    """Change a sentence on the first page; what it says, and when it was saved (ms)."""
    mark = f"Edited for the {number}th time"
    text = re.sub(r"\nEdited for the \d+th time\.\n", "", article.read_text("utf-8"))
    head, _, rest = text.partition("\n## ")
    title, _, body = rest.partition("\n")
    article.write_text(f"{head}\n## {title}\n\n{mark}.\n{body}", "utf-8")
    return mark, time.time() * 1000


def speed(saves: int) -> None:
    import compare

    from tests.devtools import chromium

    took: dict[str, list[float]] = {"web": [], "pdf": [], "peer": []}
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
                found = {}
                for view in ("web", "pdf"):
                    button = {"web": "web", "pdf": "print"}[view]
                    page.run(f"document.querySelector('#views [value={button}]').click()")
                    now = settle(address)
                    time.sleep(0.7)  # an author pauses
                    files = now["issues"][""][0]["files"]
                    old = next(f["sha256"] for f in files if f["name"] == "ketamine-ocd.pdf")
                    mark, saved = edit(article, 2 * number + (view == "pdf"))
                    script = WEB % mark if view == "web" else PDF % old
                    found[view] = (page.run(script) - saved) / 1000
                    settle(address)
                print(f"{number}: " + ", ".join(f"{k} {v:.2f} s" for k, v in found.items())
                      + f"; peers {peer:.2f} s", file=sys.stderr)  # fmt: skip
                if number:  # the first fills caches, of the peers' too
                    for name, value in {**found, "peer": peer}.items():
                        took[name].append(value)
    peer = statistics.median(took["peer"])
    print(f"\n{saves} saves; seconds; load of the machine {os.getloadavg()[0]:.1f}\n")
    print(f"{'':44}{'median':>8}{'worst':>8}{'of peers':>10}")
    for name, words in (("web", "save to the web page on screen"),
                        ("pdf", "save to a page of the main PDF on screen"),
                        ("peer", compare.OTHER)):  # fmt: skip
        median, worst = statistics.median(took[name]), max(took[name])
        print(f"{words:44}{median:>8.2f}{worst:>8.2f}{median / peer:>10.2f}")
    ratio = statistics.median(took["web"]) / peer
    print(f"\ntarget, web page: at most 1.00 of peers  {'pass' if ratio <= 1 else 'FAIL'}")


def family(pid: int) -> list[int]:
    """A process and all below it."""
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
    """MB of a process alone and its share of what it has in common (PSS)."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) / 1024
    return 0.0


def memory(saves: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "project")
        shutil.copytree(ROOT / "tests" / "projects" / "small", root)
        article = next(iter(sorted((root / "source").glob("*.md"))))
        text = article.read_text("utf-8")
        with served(root) as (server, address):
            settle(address)
            for number in range(saves + 1):
                article.write_text(f"{text}\nSaved {number} times.\n", "utf-8")
                time.sleep(0.15)
                settle(address)
                if number % max(1, saves // 10) == 0:
                    time.sleep(1.5)  # the copy that stands ready has settled, too
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

"""Faults at the worst moment: kills, interruptions, full disks, two builds at once, wrong clocks.

    python3 makebook.py test --faults [SEED]

In: a seed, or none for the usual one. Out: a line for every fault after which something was wrong,
and a last line with the counts. An article is edited to and fro between two texts; each output must
at all times be one of the two whole files that an undisturbed build makes, and the next build must
make everything current. The exit status is 1 if anything was wrong, 2 if the seed is no number.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import makebook
from press.core.files import JOURNAL, MANIFEST, STATE
from tests.waiting import LIMIT

ROOT = Path(__file__).resolve().parent.parent
FIRST = 1
"""The usual seed."""

CLOCK = """
import random, time
real = time.time
time.time = lambda: real() + random.choice([-1e9, -7200, 0, 7200, 1e9])
"""
"""Makes the clock jump to and fro while a build runs."""

ALONE = ("unshare", "--user", "--map-root-user", "--mount")
"""Runs a command that sees other file systems than the rest of the machine."""
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
FULL = """
mkdir "$0.now" && cp -a "$0"/. "$0.now" && mount -t tmpfs -o "size=$1k" none "$0" &&
cp -a "$0.now"/. "$0" && shift && { "$@"; status=$?; rm -r "$0.now"; cp -a "$0" "$0.now"
exit $status; }
"""
"""Builds on a small disk that has no room, and leaves a copy of what is on it then."""


class Desk:
    """A project on a desk of its own, and what each of its two texts is built into."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.root, self.temporary = folder / "project", folder / "temporary"
        shutil.copytree(ROOT / "tests" / "projects" / "small", self.root)
        shutil.rmtree(self.root / "build", ignore_errors=True)
        self.temporary.mkdir()
        self.output = self.root / "build"
        self.article = self.root / "source" / "sleep.md"
        text = self.article.read_text(encoding="utf-8")
        self.texts = (text, text.replace("Sleep", "Slumber"))
        self.whole: list[dict[str, str]] = []
        self.seconds = 0.0
        self.now = 0
        for self.now in (0, 1):
            self.article.write_text(self.texts[self.now], encoding="utf-8")
            start = time.perf_counter()
            self.start().communicate(timeout=LIMIT)
            self.seconds = time.perf_counter() - start
            self.whole.append(self.files())
        self.alone = _works(ALONE)

    def files(self, folder: Path | None = None) -> dict[str, str]:
        """Return the hash of each file of the output folder, save those of makebook's own."""
        own = (MANIFEST, JOURNAL, STATE)
        found = (path for path in (folder or self.output).rglob("*") if path.is_file())
        return {p.name: sha256(p.read_bytes()).hexdigest() for p in found if p.name not in own}

    def edit(self) -> None:
        """Change the article's text to the other one."""
        self.now = 1 - self.now
        self.article.write_text(self.texts[self.now], encoding="utf-8")

    def start(
        self, before: str = "", around: Sequence[str] = (), limit: int = 0
    ) -> subprocess.Popen[str]:
        """Start a build as the build script does: interruptions wait until it can hear them."""

        def prepare() -> None:
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            if limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        program = [sys.executable, "-P", "-c", before + makebook.PROGRAM]
        return subprocess.Popen(
            [*around, *program, "build", "--project", str(self.root), "--quiet"],
            env={**os.environ, "TMPDIR": str(self.temporary), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, preexec_fn=prepare,
        )  # fmt: skip

    def halves(self) -> list[str]:
        """Return the outputs that are not one of the two whole files."""
        whole = [each.items() for each in self.whole]
        return [
            name
            for name, digest in self.files().items()
            if not name.endswith(".tmp") and not any((name, digest) in items for items in whole)
        ]

    def left(self) -> list[str]:
        """Return the temporary files and folders that are there."""
        found = [*self.output.rglob(".*.tmp"), *self.temporary.iterdir()]
        return [path.name for path in found]

    def repaired(self) -> str:
        """Build without a fault; return what is wrong then."""
        process = self.start()
        said, _ = process.communicate(timeout=LIMIT)
        if process.returncode:
            return f"the next build ended with status {process.returncode}: {said}"
        if self.files() != self.whole[self.now]:
            return "the next build left files that are not current"
        return f"the next build left {self.left()}" if self.left() else ""


def _works(around: Sequence[str]) -> bool:
    try:
        return subprocess.run([*around, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def kill(desk: Desk) -> str:
    """End a build with SIGKILL at a random moment."""
    process = desk.start()
    time.sleep(desk.random.uniform(0, 1.2 * desk.seconds))
    process.kill()
    process.communicate(timeout=LIMIT)
    return f"half written: {desk.halves()}" if desk.halves() else desk.repaired()


def interrupt(desk: Desk) -> str:
    """Press Ctrl-C at a random moment."""
    process = desk.start()
    time.sleep(desk.random.uniform(0, 1.2 * desk.seconds))
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=LIMIT)
    if process.returncode not in (0, 130) or "Traceback" in said:
        return f"status {process.returncode}: {said}"
    if desk.halves() or desk.left():
        return f"half written: {desk.halves()}; left: {desk.left()}"
    return desk.repaired()


def full_disk(desk: Desk) -> str:
    """Build where there is no room: on a small disk, or where no file may be long."""
    before, room = desk.files(), desk.random.randrange(1, 250)
    if desk.alone:
        used = sum(path.stat().st_size for path in desk.output.rglob("*")) // 1024
        around = (*ALONE, "sh", "-c", FULL, str(desk.output), str(used + 40 + room))
        process = desk.start(around=around)
        said, _ = process.communicate(timeout=LIMIT)
        there = desk.output.with_name(f"{desk.output.name}.now")
        after = desk.files(there)
        shutil.rmtree(there)
    else:
        process = desk.start(limit=room * 1024)
        said, _ = process.communicate(timeout=LIMIT)
        after = desk.files()
    if process.returncode not in (0, 3) or "Traceback" in said:
        return f"status {process.returncode}: {said}"
    if after != (before if process.returncode else desk.whole[desk.now]):
        return f"status {process.returncode}, but the files are not so"
    return desk.repaired()


def read_only(desk: Desk) -> str:
    """Build into a folder that takes nothing."""
    before = desk.files()
    if desk.alone:
        process = desk.start(around=(*ALONE, "sh", "-c", READ_ONLY, str(desk.output)))
    elif os.geteuid():
        desk.output.chmod(0o555)
        process = desk.start()
    else:
        process = desk.start(limit=1)
    said, _ = process.communicate(timeout=LIMIT)
    desk.output.chmod(0o755)
    if process.returncode != 3 or "SYS002" not in said:
        return f"status {process.returncode}: {said}"
    return "files have changed" if desk.files() != before else desk.repaired()


def two_builds(desk: Desk) -> str:
    """Start two builds of the same project."""
    return _current(desk, desk.start(), desk.start())


def clock(desk: Desk) -> str:
    """Let the clock jump while a build runs, and give sources and outputs times of any age."""
    for path in (desk.article, *desk.output.rglob("*")):
        moment = desk.random.choice([0, 1e9, time.time() + 1e8])
        os.utime(path, (moment, moment))
    return _current(desk, desk.start(before=CLOCK))


def _current(desk: Desk, *processes: subprocess.Popen[str]) -> str:
    """Wait for builds that must succeed and make everything current; return what is wrong."""
    for process in processes:
        said, _ = process.communicate(timeout=LIMIT)
        if process.returncode:
            return f"status {process.returncode}: {said}"
    if desk.files() != desk.whole[desk.now]:
        return "files are not current"
    return desk.repaired()


KINDS: dict[str, tuple[Callable[[Desk], str], int]] = {
    "kills": (kill, 100),
    "interruptions": (interrupt, 30),
    "full disks": (full_disk, 20),
    "read-only folders": (read_only, 10),
    "pairs of builds": (two_builds, 20),
    "wrong clocks": (clock, 20),
}
"""What is tried, and how often."""


def try_faults(desk: Desk, kind: str, times: int) -> Iterator[str]:
    """Try one kind of fault; yield a line for each after which something was wrong."""
    fault, _ = KINDS[kind]
    for number in range(1, times + 1):
        desk.edit()
        wrong = fault(desk)
        if wrong:
            yield f"{kind}, number {number}: {wrong}"
            shutil.rmtree(desk.output, ignore_errors=True)
            desk.repaired()


def main(arguments: Sequence[str]) -> int:
    """Try everything; return an exit status."""
    if len(arguments) > 1 or not all(each.isdecimal() for each in arguments):
        print("usage: python3 makebook.py test --faults [SEED]", file=sys.stderr)
        return 2
    seed, unsound = int(arguments[0]) if arguments else FIRST, 0
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), seed)
        for kind, (_, times) in KINDS.items():
            for line in try_faults(desk, kind, times):
                unsound += 1
                print(line, flush=True)
    counts = ", ".join(f"{kind} {times}" for kind, (_, times) in KINDS.items())
    print(f"{counts}; unsound {unsound}")
    return int(bool(unsound))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

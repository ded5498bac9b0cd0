"""Attacks: projects of a stranger, each made so that it would do harm on an unguarded build.

Each folder in `tests/attacks/` is laid over the project `tests/projects/small`, whose article shows
`source/bars.svg` on its line 25, and is built in a process with limits. What a small file cannot
hold is written by its `make.py`, which is run in the project's folder first. In text files,
`@CANARY@` is the path of a file outside the project, `@PORT@` a port of this machine that nobody
may call, and `@MARKER@` the path of a file that nobody may write. `expect.txt` has a line for each
expectation:

    CODE place        this problem is printed, at a place that begins so (`source/a.md:3`)
    built             the build succeeds
    without WORDS     no file of the output has these words
    with WORDS        a file of the output has these words
    says WORDS        these words are printed
    options OPTIONS   how the command is called; without this line: `--format html --format epub`

Without `built`, the build must fail. In every case nothing of the canary is printed or built, no
call arrives, no marker is written, no traceback is printed, and the limits are kept.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import runpy
import shutil
import socket
import sys
import traceback
import zipfile
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from press.cli import main

FOLDER = Path(__file__).parent / "attacks"
ATTACKS = sorted(path.parent for path in FOLDER.glob("*/expect.txt"))
SMALL = Path(__file__).parent / "projects" / "small"
CANARY = "Canary-7731"
"""Words of the file outside."""
SECONDS = 60
"""The time within which each attack is answered, on a slow machine."""
MEMORY = 2 * 2**30
"""The address space in bytes of the process that is attacked."""
OURS = ("expect.txt", "make.py", "__pycache__")


class Field:
    """The project that attacks, and all that it must not reach."""

    def __init__(self, folder: Path, port: int) -> None:
        self.root, self.output = folder / "project", folder / "output"
        self.canary, self.marker = folder / "canary.txt", folder / "marker"
        self.canary.write_text(CANARY)
        self.words = {
            "@CANARY@": self.canary.as_posix(),
            "@MARKER@": self.marker.as_posix(),
            "@PORT@": str(port),
        }

    def lay(self, attack: Path) -> None:
        """Lay an attack over the small project."""
        ours = shutil.ignore_patterns(*OURS)
        shutil.copytree(SMALL, self.root, ignore=shutil.ignore_patterns("build"))
        shutil.copytree(attack, self.root, ignore=ours, dirs_exist_ok=True, symlinks=True)
        for path in (p for p in self.root.rglob("*") if p.is_file()):
            data = path.read_bytes()
            for word, value in self.words.items():
                data = data.replace(word.encode(), value.encode())
            path.write_bytes(data)
        if (attack / "make.py").exists():
            with contextlib.chdir(self.root):
                runpy.run_path(str(attack / "make.py"), self.words)

    def build(self, options: list[str]) -> tuple[int, str]:
        """Build in a process with limits; return the exit status and what was printed."""
        ways = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("fork" if "fork" in ways else "spawn")
        printed = self.output.with_name("printed.txt")
        arguments = ["--project", self.root.as_posix(), "--output", self.output.as_posix()]
        child = context.Process(target=_attacked, args=([*arguments, *options], printed))
        child.start()
        child.join(SECONDS)
        late = child.is_alive()
        if late:
            child.kill()
            child.join()
        text = printed.read_text(encoding="utf-8", errors="replace")
        assert not late, f"not answered in {SECONDS} s: {text}"
        return child.exitcode or 0, text

    def published(self) -> str:
        """Return all text of the output, of what is packed too."""
        return "\n".join(_texts(p) for p in sorted(self.output.rglob("*")) if p.is_file())


def _attacked(arguments: list[str], printed: Path) -> None:
    """Run makebook in this process, which ends with its status."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with printed.open("w", encoding="utf-8") as stream:
        for handle in (1, 2):
            os.dup2(stream.fileno(), handle)
        sys.stdout = sys.stderr = stream
        try:
            main(["build", "--jobs", "1", *arguments])
        except SystemExit as end:
            stream.flush()
            os._exit(int(end.code or 0))
        except BaseException:
            traceback.print_exc(file=stream)
            raise


def _texts(path: Path) -> str:
    data = path.read_bytes()
    if path.suffix == ".epub":
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            data = b"\n".join(book.read(name) for name in book.namelist())
    if path.suffix == ".pdf":
        pdf = pdfium.PdfDocument(data)
        pages = [page.get_textpage().get_text_bounded() for page in pdf]
        pdf.close()
        return "\n".join(pages)
    return data.decode("utf-8", errors="replace")


@pytest.fixture
def listener():
    """Return a socket that hears calls; nobody answers them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.name)
def test_attack(attack, tmp_path, listener, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.syspath_prepend(FOLDER)  # for `making.py`, which several attacks share
    field = Field(tmp_path, listener.getsockname()[1])
    field.lay(attack)
    lines = (attack / "expect.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line.partition(" ")[::2] for line in lines if line and not line.startswith("#")]
    options = next((value for word, value in wanted if word == "options"), "")
    status, printed = field.build((options or "--format html --format epub").split())
    published = field.published()
    assert "Traceback" not in printed
    assert CANARY not in printed + published
    assert not field.marker.exists(), "the marker was written"
    with pytest.raises(BlockingIOError):
        listener.accept()  # a call would be accepted
    built = any(word == "built" for word, _ in wanted)
    assert (status == 0) == built, printed
    for word, value in wanted:
        if word == "without":
            assert value not in published
        elif word == "with":
            assert value in published
        elif word == "says":
            assert value in printed
        elif word not in ("built", "options"):
            places = [line for line in printed.splitlines() if f" {word}: " in line]
            assert any(line.startswith(value) for line in places), printed

"""`makebook serve`: what is saved is built and shown, for as long as the author writes.

In: a project's folder, and a port. Out: nothing, when it is told to end. Files are watched
(`watch`), a process of its own builds (`builder`), a site on this machine shows (`site`). Owner of
uvicorn. Nothing that is saved, removed or broken ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

import press
from press.build.publish import read_manifest
from press.core.files import MANIFEST, article_name
from press.core.nearest import nearest
from press.core.problems import Problem, ProblemsError, Span, UnknownName, counted
from press.serve.site import Board, Early, application
from press.serve.watch import watch
from press.source.project import FILE, imprint_files, read_project

PORT = 8377
_HOST = "127.0.0.1"
_LABELS = {"page": "web page", "main": "main edition", "rest": "the rest"}
_FORK = "fork" if sys.platform == "linux" else "same"
_GLANCE = 0.02
"""Seconds between two looks at what is published, while something is built."""
_HALF = 0.3
"""Seconds after which a file that was saved without a letter in it is taken to be meant so."""
_TRIES = 2
"""How often one state of the sources is given to a builder that dies of it."""


@dataclass(frozen=True)
class Order:
    """What the command line asks for."""

    root: Path
    output: Path
    port: int = PORT
    articles: tuple[str, ...] = ()
    editions: tuple[str, ...] = ()
    imprints: tuple[str, ...] = ()
    """Names, or `all`; empty: without an imprint."""


@dataclass(frozen=True)
class Voice:
    """How the server speaks to whoever started it."""

    say: Callable[[str], None]
    warn: Callable[[str], None]


def serve(order: Order, voice: Voice) -> None:
    """Build, show, watch, until interrupted.

    Raises:
        ProblemsError: there is no project here (CFG001), or the port is taken (SYS004).
        UnknownName: an article, edition or imprint is asked for that does not exist.
    """
    if not (order.root / FILE).is_file():
        hint = f"go to a project's folder, or name one with --project; a project has a {FILE}"
        raise ProblemsError([Problem("CFG001", Span(FILE), f"no {FILE} in {order.root}", hint)])
    _check_names(order)
    with bound(order.port) as listener:
        asyncio.run(_Server(order, voice).run(listener))


def _check_names(order: Order) -> None:
    """What the command line names must be there when it is given; later it may come and go."""
    known = {path.stem for path in imprint_files(order.root)}
    try:
        config = read_project(order.root, []).config
    except ProblemsError:
        return  # the build will tell
    articles = {path.stem for path in (order.root / "source").glob("*.md")}
    asked = list(map(article_name, order.articles))
    for kind, names, have in (
        ("article", asked, articles),
        ("edition", order.editions, {*config.known_editions, *(e.name for e in config.editions)}),
        ("imprint", order.imprints, {*known, "all"}),
    ):
        for name in names:
            if name not in have:
                raise UnknownName(kind, name, nearest(name, have))


def bound(port: int) -> socket.socket:
    """A socket on this machine alone.

    Raises:
        ProblemsError: the port cannot be had (SYS004).
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # elsewhere this would share a port that is taken
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        message = f"port {port} {'is taken' if taken else f'cannot be had: {error.strerror}'}"
        other = port + 1 if 1023 < port < 65535 else PORT
        hint = f"another serve may be running: close it, or take another port: --port {other}"
        raise ProblemsError([Problem("SYS004", Span("makebook"), message, hint)]) from None
    return listener


@dataclass
class _Work:
    """What is being built, and what somebody looks at."""

    number: int = 0
    done: int = 0
    tries: int = 0
    article: str = ""
    imprint: str = ""
    sight: dict[str, Any] = field(default_factory=dict)
    """What somebody looks at: the view, the edition, its first and last page in sight."""
    looked_at: set[str] = field(default_factory=set)
    """Imprints that somebody has looked at."""


class _Server:
    """The watcher, the builder and the site, side by side in one thread."""

    def __init__(self, order: Order, voice: Voice) -> None:
        self.order, self.voice = order, voice
        self.board = Board(order.output)
        self.board.looks = self.look
        self.work = _Work()
        self.builder: asyncio.subprocess.Process | None = None
        self.late: asyncio.TimerHandle | None = None
        self.told: list[str] = []
        """The problems that were printed last."""
        first = [name for name in order.imprints if name != "all"]
        self.work.imprint = first[0] if first else ""
        if "all" in order.imprints:
            self.work.imprint = min((p.stem for p in imprint_files(order.root)), default="")

    async def run(self, listener: socket.socket) -> None:
        """Serve until a signal says to end."""
        config = uvicorn.Config(
            application(self.board), log_level="critical", access_log=False, lifespan="off",
            timeout_graceful_shutdown=1, server_header=False, ws="none",
        )  # fmt: skip
        site = _Site(config, self.board.close)
        port = listener.getsockname()[1]
        self._show(building=True, problems=[], failed=False)
        with site.ending():
            watching = watch(self.order.root, self.order.output, self.saved)
            tasks = [asyncio.create_task(work) for work in (self._build(), self._look(), watching)]
            self.voice.say(f"http://{_HOST}:{port}/  shows what you save; end with Ctrl-C")
            try:
                await site.serve([listener])
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await self._end_builder()
        self.voice.say("ended")

    # What to build

    def look(self, article: str, imprint: str | None, sight: dict[str, Any]) -> None:
        """Somebody looks at this: it is built first, and built at all."""
        known = {path.stem for path in imprint_files(self.order.root)}
        if imprint is None or (imprint and imprint not in known):
            return
        new = imprint not in self._imprints()
        if any(path.stem == article for path in (self.order.root / "source").glob("*.md")):
            self.work.article = article
        self.work.imprint = imprint
        self.work.sight = sight or self.work.sight
        self.work.looked_at.add(imprint)
        if new:
            self.ask()

    def _imprints(self) -> list[str]:
        """The imprints to build; an empty name is the handout without one."""
        known = {path.stem for path in imprint_files(self.order.root)}
        asked = self.order.imprints
        names = sorted(known) if "all" in asked else [n for n in asked if n in known]
        names += [n for n in sorted(self.work.looked_at) if not n or n in known]
        return list(dict.fromkeys(names or [""]))

    def _imprint(self) -> str:
        """The one that is looked at; while there is no such imprint, the first that is built."""
        names = self._imprints()
        return self.work.imprint if self.work.imprint in names else names[0]

    def saved(self, changed: Sequence[str]) -> None:
        """Something was saved; where it is empty yet, the rest of it will come."""
        if any(_empty(Path(path)) for path in changed):
            self.late = asyncio.get_running_loop().call_later(_HALF, self.ask, changed)
        else:
            self.ask(changed)

    def ask(self, changed: Sequence[str] = ()) -> None:
        """Have the newest state built; an article that was just saved comes first."""
        if self.late:
            self.late.cancel()
        saved = [p for p in map(Path, changed) if p.suffix == ".md" and p.parent.name == "source"]
        if len(saved) == 1 and saved[0].is_file():
            self.work.article = saved[0].stem
        self.work.number += 1
        self.work.tries = 0
        self._show(building=True)
        self._send()

    def _send(self) -> None:
        builder, order = self.builder, self.order
        if builder is None or builder.stdin is None or self.work.done == self.work.number:
            return
        article = self.work.article or self._first_article()
        message = {
            "id": self.work.number, "root": str(order.root), "output": str(order.output),
            "articles": order.articles, "editions": order.editions, "imprints": self._imprints(),
            "article": article, "imprint": self._imprint(), "sight": self._sight(),
        }  # fmt: skip
        with contextlib.suppress(ConnectionError, RuntimeError):
            builder.stdin.write(json.dumps(message).encode() + b"\n")

    def _sight(self) -> dict[str, Any]:
        """What is looked at, with the number of its pages; nothing where nobody looks."""
        sight = self.work.sight
        if not self.board.watched or not sight:
            return {}
        issue = self.board.state["issues"].get(self._imprint(), [])
        files = (f for a in issue if a["name"] == self.work.article for f in a["files"])
        edition = [f for f in files if f["edition"] == sight["edition"] and f["format"] == "pdf"]
        if sight["view"] != "print":
            return sight
        return {**sight, "pages": edition[0]["pages"]} if edition else {}

    def _first_article(self) -> str:
        asked = list(map(article_name, self.order.articles))
        found = sorted(path.stem for path in (self.order.root / "source").glob("*.md"))
        return next(iter([*asked, *found]), "")

    # The builder

    async def _build(self) -> None:
        """Keep a builder alive, and hear what it says."""
        self.ask()
        while True:
            code = "import sys; sys.path.insert(0, sys.argv[1]); "
            code += "from press.serve.builder import work; "
            home = str(Path(press.__file__).resolve().parent.parent)
            self.builder = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-c", f"{code}work()", home, _FORK,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 24,
                start_new_session=True,
            )  # fmt: skip
            began = time.monotonic()
            self._send()
            async for message in _messages(self.builder):
                try:
                    self._hear(message)
                except Exception as error:  # noqa: BLE001 - it must not end the server in silence
                    self._lost(f"a fault of makebook's own: {type(error).__name__}: {error}")
            await self.builder.wait()
            self.builder = None
            if self.work.done != self.work.number:
                self.work.tries += 1
                if self.work.tries >= _TRIES:
                    self._hear({"id": self.work.number, "lost": True})
            if time.monotonic() - began < 1:
                await asyncio.sleep(1)

    async def _end_builder(self) -> None:
        builder = self.builder
        if builder is None or builder.returncode is not None:
            return
        if builder.stdin:
            builder.stdin.close()  # the end of its input is the end of its work
        try:
            await asyncio.wait_for(builder.wait(), 2)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                builder.kill()
            await builder.wait()

    async def _look(self) -> None:
        """Show each file as soon as it is published: the step that made it may take longer."""
        seen: list[int] = []
        while True:
            await asyncio.sleep(_GLANCE)
            if self.work.done == self.work.number:
                continue
            folders = [self.order.output / name for name in self._imprints()]
            now = [_changed(folder / MANIFEST) for folder in folders]
            if now != seen:
                seen = now
                self._show()

    def _hear(self, message: Mapping[str, Any]) -> None:
        if message.get("ready"):
            return
        newest = message["id"] == self.work.number
        if message.get("lost"):
            if newest:
                self._lost()
            return
        if not newest:  # what it published stands, all the same
            self._show()
            return
        if message["step"] == "galley":
            self._show_early(message)
            return
        step, problems, failed = message["step"], message["problems"], message["failed"]
        if failed or step == "rest":
            self.board.early = None  # it is finished now, or unproved: the last good one is shown
        if step == "rest":
            self.work.done = self.work.number
        elif not failed:  # of warnings, only the last step knows all
            before = [p for p in self.board.state["problems"] if not p["error"]]
            problems = [*problems, *(p for p in before if p not in problems)]
        was = self.board.state["failed"]
        self._show(building=step != "rest", problems=problems, failed=failed)
        self._print(step, message, recovered=was and not failed)

    def _show_early(self, message: Mapping[str, Any]) -> None:
        """Show what somebody looks at before it is finished."""
        self.board.early = None
        file = message.get("file", "")
        articles = read_manifest((self.order.output / file).parent)["articles"]
        stands = articles.get(message["article"], {}).get("files", {}).get(Path(file).name)
        if file and stands:
            self.board.early = Early(
                self.work.number, file, stands["sha256"], b64decode(message["data"]),
                message.get("first", 0), message.get("pages", 0),
            )  # fmt: skip
        self._show()

    def _lost(self, fault: str = "") -> None:
        """A build is lost with the process that made it, or by a fault of ours."""
        self.board.early = None
        self.work.done = self.work.number
        message = fault or "a process that was building ended without a word"
        hint = "save again to try again; free memory if there is little"
        problem = Problem("SYS003", Span("makebook"), message, hint)
        plain = {
            "severity": "error", "error": True, "code": problem.code, "place": "makebook",
            "message": message, "hint": hint, "text": str(problem),
        }  # fmt: skip
        self._show(building=False, problems=[plain], failed=True)
        self.voice.warn(str(problem))

    def _print(self, step: str, message: Mapping[str, Any], *, recovered: bool) -> None:
        """One line for what was made; problems where they differ from those printed last."""
        texts = [problem["text"] for problem in message["problems"]]
        last = step == "rest"
        if (last or message["failed"]) and texts != self.told:
            self.told = texts
            for text in texts:
                self.voice.warn(text)
        clock, seconds = time.strftime("%H:%M:%S"), message["ms"] / 1000
        made = ", ".join(message["made"])
        if made:
            self.voice.say(f"{clock} {_LABELS[step]} in {seconds:.2f} s: {made}")
        elif message["failed"] and last:
            count = counted(len(texts), "problem")
            shown = (
                "; the last good one is shown" if any(self.board.state["issues"].values()) else ""
            )
            self.voice.say(f"{clock} not built ({count}){shown}")
        elif last:
            self.voice.say(f"{clock} up to date{' again' if recovered else ''}")

    # What there is to see

    def _show(self, **changes: Any) -> None:
        """Tell everybody who looks what stands in the output folder now."""
        names = self._imprints()
        known = sorted({path.stem for path in imprint_files(self.order.root)})
        issues = {name: _issue(self.order.output, name, self.board.early) for name in names}
        self.board.tell(
            issues=issues, imprints=known, imprint=self._imprint(), article=self.work.article,
            number=self.work.number, time=time.strftime("%H:%M:%S"), **changes,
        )  # fmt: skip


class _Site(uvicorn.Server):
    """uvicorn, which ends in silence when it is told to."""

    def __init__(self, config: uvicorn.Config, close: Callable[[], None]) -> None:
        super().__init__(config)
        self._close = close

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are taken by `ending`, which begins before there is anything to serve."""
        yield

    @contextlib.contextmanager
    def ending(self) -> Iterator[None]:
        """End at a signal; the streams of events first, or it would wait for them."""
        loop = asyncio.get_running_loop()

        def end(*_: object) -> None:
            self.should_exit = True
            loop.call_soon_threadsafe(self._close)

        names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        before = {number: signal.signal(number, end) for number in numbers}
        try:
            yield
        finally:
            for number in before:
                signal.signal(number, signal.SIG_IGN)  # a second one comes too late to matter


def _empty(path: Path) -> bool:
    """Whether there is a file without a letter in it."""
    try:
        return path.is_file() and not path.stat().st_size
    except OSError:
        return False


def _changed(path: Path) -> int:
    """When a file was written last; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


async def _messages(process: asyncio.subprocess.Process) -> AsyncIterator[dict[str, Any]]:
    """What a builder says, line by line."""
    while process.stdout:
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            return
        yield json.loads(line)


def _issue(output: Path, imprint: str, early: Early | None) -> list[dict[str, Any]]:
    """The articles of an imprint, and their files, as the manifest has them.

    One of which something newer is shown early says what, as `early`.
    """
    manifest = read_manifest(output / imprint)
    keys = ("format", "edition", "part", "kind", "pages", "sha256")

    def told(name: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        file = {"name": name, **{key: facts[key] for key in keys}}
        newer = early and (early.file, early.over) == (
            f"{imprint}/{name}".lstrip("/"),
            facts["sha256"],
        )
        return {**file, "early": early.told()} if early and newer else file

    return [
        {
            "name": name,
            "title": entry.get("title", name),
            "editions": entry["editions"],
            "files": [told(file, facts) for file, facts in entry["files"].items()],
        }
        for name in manifest.get("order", [])
        if (entry := manifest["articles"].get(name))
    ]

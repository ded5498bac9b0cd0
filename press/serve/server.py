"""`makebook serve`: what is saved is built and shown, for as long as the author writes.

In: a project's folder, and a port. Out: nothing, when it is told to end. Files are watched
(`watch`), a process of its own builds (`link`, `builder`), a site on this machine shows (`site`)
what there is to see (`state`). Owner of uvicorn. Nothing that is saved, removed or broken ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from press.build.plan import check_imprints, check_names
from press.core.files import MANIFEST
from press.core.manifest import read_manifest
from press.core.parallel import temporary_folder
from press.core.problems import Problem, ProblemsError, Span, counted
from press.serve.link import Link
from press.serve.site import application
from press.serve.state import PORT, Early, Order, State, problem_message
from press.serve.watch import watch
from press.source.project import FILE, imprint_files, read_project

_HOST = "127.0.0.1"
_LABELS = {"page": "web page", "main": "main edition", "rest": "the rest"}
_GLANCE = 0.02
"""Seconds between two looks at what is published, while something is built."""
_HALF = 0.3
"""Seconds after which a file that was saved without a letter in it is taken to be meant so."""
_TRIES = 2
"""How often one state of the sources is given to a builder that dies of it."""


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
    with bound(order.port) as listener, temporary_folder() as folder:
        asyncio.run(_Server(order, voice, folder).run(listener))


def _check_names(order: Order) -> None:
    """What the command line names must be there when it is given; later it may come and go."""
    check_imprints(order.imprints, {path.stem for path in imprint_files(order.root)})
    try:
        config = read_project(order.root, []).config
    except ProblemsError:
        return  # the build will tell
    articles = {path.stem for path in (order.root / "source").glob("*.md")}
    editions = {*config.known_editions, *(edition.name for edition in config.editions)}
    check_names(order.articles, order.editions, articles, editions)


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


class _Server:
    """The watcher, the builder and the site, side by side in one thread."""

    def __init__(self, order: Order, voice: Voice, folder: str) -> None:
        self.order, self.voice = order, voice
        self.state = State(order)
        self.board, self.work = self.state.board, self.state.work
        self.board.looks = self.look
        self.link = Link(folder, self._send, self._heard, self._gone)
        self.late: asyncio.TimerHandle | None = None
        self.told: list[str] = []
        """The problems that were printed last."""

    async def run(self, listener: socket.socket) -> None:
        """Serve until a signal says to end."""
        config = uvicorn.Config(
            application(self.board), log_level="critical", access_log=False, lifespan="off",
            timeout_graceful_shutdown=1, server_header=False, ws="none",
        )  # fmt: skip
        site = _Site(config, self.board.close)
        port = listener.getsockname()[1]
        self.state.show(building=True, problems=[], failed=False)
        with site.ending():
            watching = watch(self.order.root, self.order.output, self.saved)
            self.ask()
            tasks = [
                asyncio.create_task(work) for work in (self.link.run(), self._glance(), watching)
            ]
            self.voice.say(f"http://{_HOST}:{port}/  shows what you save; end with Ctrl-C")
            try:
                await site.serve([listener])
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await self.link.end()
        self.voice.say("ended")

    # What to build

    def look(self, article: str, imprint: str | None, view: dict[str, Any]) -> None:
        """Somebody looks at this: it is built first, and built at all."""
        if self.state.look(article, imprint, view):
            self.ask()

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
        self.state.saved(changed)
        self.state.show(building=True)
        self._send()

    def _send(self) -> None:
        if message := self.state.message():
            self.link.send(message)

    # What the builder says

    def _heard(self, message: Mapping[str, Any]) -> None:
        try:
            self._hear(message)
        except Exception as error:  # noqa: BLE001 - it must not end the server in silence
            self._lost(f"a fault of makebook's own: {type(error).__name__}: {error}")

    def _gone(self) -> None:
        """The builder ended: what it was asked for is asked of the next, but not without end."""
        if self.work.done != self.work.number:
            self.work.tries += 1
            if self.work.tries >= _TRIES:
                self._lost()

    def _hear(self, message: Mapping[str, Any]) -> None:
        if message.get("ready"):
            return
        newest = message["id"] == self.work.number
        if message.get("lost"):
            if newest:
                self._lost()
            return
        if not newest:  # what it published stands, all the same
            self.state.show()
            return
        if message["step"] == "early":
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
        self.state.show(building=step != "rest", problems=problems, failed=failed)
        self._print(step, message, recovered=was and not failed)

    def _show_early(self, message: Mapping[str, Any]) -> None:
        """Show what somebody looks at before it is finished."""
        self.board.early = None
        file = message.get("file", "")
        articles = read_manifest((self.order.output / file).parent)["articles"]
        entry = articles.get(message["article"])
        stands = entry["files"].get(Path(file).name) if entry else None
        if file and stands:
            self.board.early = Early(
                self.work.number, file, stands["sha256"], b64decode(message["data"]),
                message.get("first", 0), message.get("pages", 0),
            )  # fmt: skip
        self.state.show()

    def _lost(self, fault: str = "") -> None:
        """A build is lost with the process that made it, or by a fault of ours."""
        self.board.early = None
        self.work.done = self.work.number
        message = fault or "a process that was building ended without a word"
        hint = "save again to try again; free memory if there is little"
        problem = Problem("SYS003", Span("makebook"), message, hint)
        self.state.show(building=False, problems=[problem_message(problem)], failed=True)
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

    async def _glance(self) -> None:
        """Show each file as soon as it is published: the step that made it may take longer."""
        seen: list[int] = []
        while True:
            await asyncio.sleep(_GLANCE)
            if self.work.done == self.work.number:
                continue
            folders = [self.order.output / name for name in self.state.imprints()]
            now = [_changed(folder / MANIFEST) for folder in folders]
            if now != seen:
                seen = now
                self.state.show()


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

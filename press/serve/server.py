"""`makebook serve`: builds and shows every save until it is interrupted.

In: a project's folder and a port. Out: a site, and lines on the terminal. `watch` reports changed
files, `link` passes them to a builder process, `state` holds what to build and what to show, and
`site` serves it. Nothing that is saved, removed, or broken ends the server. Owner of uvicorn.
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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import uvicorn

from press.build.plan import check_imprints, check_names
from press.core import temporary
from press.core.files import MANIFEST, article_files, imprint_files, name_of
from press.core.manifest import read_manifest
from press.core.problems import ERROR, Problem, ProblemsError, Span, counted
from press.core.records import dataclass
from press.serve.link import Link
from press.serve.messages import Answer, EarlyMessage, StepMessage, View
from press.serve.site import application
from press.serve.state import PORT, Early, Order, State, problem_message
from press.serve.watch import watch
from press.source.project import read_project, require_project

_HOST = "127.0.0.1"
_LABELS = {"page": "web page", "main": "main edition", "rest": "other files"}
_GLANCE = 0.02
"""Seconds between checks for newly published files during a build."""
_HALF = 0.3
"""Seconds after which an empty file is taken to be intentional."""
_TRIES = 2
"""The number of builders that may die on one state of the sources."""


@dataclass(frozen=True)
class Voice:
    """The functions with which the server reports to the terminal."""

    say: Callable[[str], None]
    warn: Callable[[str], None]


def serve(order: Order, voice: Voice) -> None:
    """Watch, build, and show until interrupted.

    Raises:
        ProblemsError: there is no project here (CFG001), or the port is in use (SYS004).
        UnknownName: an article, edition, or imprint does not exist.
    """
    require_project(order.root)
    _check_names(order)
    with bound(order.port) as listener, temporary.folder() as folder:
        asyncio.run(_Server(order, voice, folder).run(listener))


def _check_names(order: Order) -> None:
    """Check the names on the command line, which must exist at the start but not later."""
    check_imprints(order.imprints, {path.stem for path in imprint_files(order.root)})
    try:
        project = read_project(order.root, [])
    except ProblemsError:
        return  # the build will report it
    config = project.config
    articles = {name_of(path, order.root) for path in article_files(order.root)}
    articles |= {each.name for each in project.collections}
    editions = {*config.known_editions, *(edition.name for edition in config.editions)}
    check_names(order.articles, order.editions, articles, editions)


def bound(port: int) -> socket.socket:
    """Return a socket that only this machine can reach.

    Raises:
        ProblemsError: the port cannot be opened (SYS004).
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # on Windows this would share a port in use
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        message = f"port {port} {'is in use' if taken else f'cannot be opened: {error.strerror}'}"
        other = port + 1 if 1023 < port < 65535 else PORT
        hint = f"choose another port: --port {other}"
        hint = f"close the other server, or {hint}" if taken else hint
        raise ProblemsError([Problem("SYS004", Span("makebook"), message, hint)]) from None
    return listener


class _Server:
    """The watcher, the link to the builder, and the site, in one thread."""

    def __init__(self, order: Order, voice: Voice, folder: str) -> None:
        self.order, self.voice = order, voice
        self.state = State(order)
        self.board, self.work = self.state.board, self.state.work
        self.board.looks = self.look
        self.link = Link(folder, self._send, self._heard, self._gone)
        self.late: asyncio.TimerHandle | None = None
        self.told: list[str] = []
        """The problems printed last."""
        self.busy = asyncio.Event()
        """Set when there is something to build."""

    async def run(self, listener: socket.socket) -> None:
        """Serve until a signal ends it."""
        config = uvicorn.Config(
            application(self.board), log_level="critical", access_log=False, lifespan="off",
            timeout_graceful_shutdown=1, server_header=False, ws="none",
        )  # fmt: skip
        site = _WebServer(config, self.board.close)
        port = listener.getsockname()[1]
        self.state.show(building=True, problems=[], failed=False)
        with site.ending():
            watching = watch(self.order.root, self.order.output, self.saved)
            self.ask()
            tasks = [
                asyncio.create_task(work) for work in (self.link.run(), self._glance(), watching)
            ]
            for task in tasks:
                task.add_done_callback(self._ended)
            self.voice.say(f"http://{_HOST}:{port}/  updates on every save; press Ctrl-C to stop")
            try:
                await site.serve([listener])
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await self.link.end()
        self.voice.say("stopped")

    # What to build

    def look(self, article: str, imprint: str | None, view: View | None) -> None:
        """Build first what is in view in a browser."""
        if self.state.look(article, imprint, view):
            self.ask()

    def saved(self, changed: Sequence[str]) -> None:
        """Build what was saved; wait if a file is still empty."""
        if any(_empty(Path(path)) for path in changed):
            self.late = asyncio.get_running_loop().call_later(_HALF, self.ask, changed)
        else:
            self.ask(changed)

    def ask(self, changed: Sequence[str] = ()) -> None:
        """Ask for a build of the newest state; an article just saved comes first."""
        if self.late:
            self.late.cancel()
        self.state.saved(changed)
        self.state.show(building=True)
        self.busy.set()
        self._send()

    def _send(self) -> None:
        if message := self.state.message():
            self.link.send(message)

    # What the builder says

    def _heard(self, message: Answer) -> None:
        try:
            self._hear(message)
        except Exception as error:  # noqa: BLE001 - it must not end the server silently
            self._lost(f"internal error: {type(error).__name__}: {error}")

    def _gone(self) -> None:
        """Count the builders that died on this state; give up after `_TRIES`."""
        if self.work.done != self.work.number:
            self.work.tries += 1
            if self.work.tries >= _TRIES:
                self._lost()

    def _hear(self, message: Answer) -> None:
        if message["step"] == "ready":
            return
        newest = message["id"] == self.work.number
        if message["step"] == "lost":
            if newest:
                self._lost()
            return
        if not newest:  # but its published files are shown
            self.state.show()
            return
        if message["step"] == "early":
            self._show_early(message)
            return
        step, problems, failed = message["step"], message["problems"], message["failed"]
        if failed or step == "rest":
            self.board.early = None  # finished now, or not proved: show the published file
        if step == "rest":
            self.work.done = self.work.number
        elif not failed:  # only the last step knows every warning
            before = [p for p in self.board.state["problems"] if p["severity"] != ERROR]
            problems = [*problems, *(p for p in before if p not in problems)]
        was = self.board.state["failed"]
        self.state.show(building=step != "rest", problems=problems, failed=failed)
        self._print(message, recovered=was and not failed)

    def _show_early(self, message: EarlyMessage) -> None:
        """Show what is in view before it is finished."""
        self.board.early = None
        file = message.get("file", "")
        imprint = message["imprint"]
        entry = read_manifest(self.order.output / imprint)["articles"].get(message["article"])
        own = file.removeprefix(f"{imprint}/") if imprint else file
        stands = entry["files"].get(own) if entry else None
        if file and stands:
            self.board.early = Early(
                self.work.number, file, stands["sha256"], b64decode(message.get("data", "")),
                message.get("first", 0), message.get("pages", 0),
            )  # fmt: skip
        self.state.show()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Report that a part of the server has failed; none of them ends by itself."""
        if not task.cancelled() and (error := task.exception()):
            self._lost(f"internal error: {type(error).__name__}: {error}")

    def _lost(self, fault: str = "") -> None:
        """Report a build that was lost: its process was killed, or makebook failed."""
        self.board.early = None
        self.work.done = self.work.number
        message = fault or "a build process was killed"
        restart = "restart `makebook serve`; if it happens again, report it"
        hint = restart if fault else "free memory, then save again"
        problem = Problem("SYS003", Span("makebook"), message, hint)
        self.state.show(building=False, problems=[problem_message(problem)], failed=True)
        self.voice.warn(str(problem))

    def _print(self, message: StepMessage, *, recovered: bool) -> None:
        """Print one line for what was built, and problems that differ from the last ones."""
        texts = [problem["text"] for problem in message["problems"]]
        last = message["step"] == "rest"
        if (last or message["failed"]) and texts != self.told:
            self.told = texts
            for text in texts:
                self.voice.warn(text)
        clock, seconds = time.strftime("%H:%M:%S"), message["ms"] / 1000
        made = ", ".join(message["made"])
        if made:
            self.voice.say(f"{clock} {_LABELS[message['step']]} in {seconds:.2f} s: {made}")
        elif message["failed"] and last:
            count = counted(len(texts), "problem")
            shown = (
                "; the last good version is shown"
                if any(self.board.state["issues"].values())
                else ""
            )
            self.voice.say(f"{clock} not built ({count}){shown}")
        elif last:
            self.voice.say(f"{clock} up to date{' again' if recovered else ''}")

    async def _glance(self) -> None:
        """Show each file as soon as it is published, before its step ends."""
        seen: list[int] = []
        while await self.busy.wait():
            self.busy.clear()
            while self.work.done != self.work.number:
                folders = [self.order.output / name for name in self.state.imprints()]
                now = [_changed(folder / MANIFEST) for folder in folders]
                if now != seen:
                    seen = now
                    self.state.show()
                await asyncio.sleep(_GLANCE)


class _WebServer(uvicorn.Server):
    """A uvicorn server that ends silently."""

    def __init__(self, config: uvicorn.Config, close: Callable[[], None]) -> None:
        super().__init__(config)
        self._close = close

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `ending`, which starts before there is anything to serve."""
        yield

    @contextlib.contextmanager
    def ending(self) -> Iterator[None]:
        """End at a signal. Event streams end first, or the server would wait for them."""
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
                signal.signal(number, signal.SIG_IGN)  # ignore a second signal


def _empty(path: Path) -> bool:
    """Return whether a file exists and is empty."""
    try:
        return path.is_file() and not path.stat().st_size
    except OSError:
        return False


def _changed(path: Path) -> int:
    """Return when a file was last written; 0 if there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0

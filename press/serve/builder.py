"""The process that builds while `makebook serve` runs: ready at once, and of constant size.

In: on standard input, a line of JSON for each build to do. Out: a line of JSON for each step that
is done. The process has one thread and has loaded everything. On Linux it forks for each build, and
the copy ends with the build, so memory does not grow. On other systems it builds in the process
itself, which ends after some builds and is restarted. This module must not know the web.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import queue
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import field
from datetime import date
from pathlib import Path

from press.build import run as build
from press.core import gate, guarded, limits, temporary
from press.core.model import Request
from press.core.parallel import follow
from press.core.records import dataclass
from press.serve.messages import Answer, BuildMessage, Reader
from press.serve.steps import Send, Trails, perform, rehearse

BUILDS = 25
"""Builds that a process runs itself before it is replaced."""
_PATIENCE = 2.0
"""Seconds without a result after which new work waits for the first step of the old."""
_GRACE = 1.0
"""Seconds that a build has to remove its temporary files."""


def work() -> None:
    """Run builds until the input ends: the whole life of this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends it
    gc.set_threshold(1_000_000, 20, 20)
    send = _writer(os.dup(1))
    os.dup2(2, 1)  # what a library prints is not a message
    warm()
    send({"step": "ready"})
    with contextlib.suppress(BrokenPipeError):
        if sys.argv[-1] == "fork":
            gc.collect()
            gc.freeze()
            _Forks(send).run()
        else:
            _in_itself(send)


def warm() -> None:
    """Load everything that a build needs, by running one in this process."""
    from multiprocessing import connection, popen_fork  # noqa: F401 - for the helpers of a build

    from press.output.pdf import partial  # noqa: F401 - for what is in view
    from press.setup.new import new_project

    today = date.today()  # noqa: DTZ011 - the author's own day
    with contextlib.suppress(Exception), temporary.folder() as folder, guarded.here():
        root = Path(folder, "warm")
        new_project(root, today)
        build.build(Request(root, root / "build", today))


def _in_itself(send: Send) -> None:
    """Build in this process; the newest request is built next."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        with os.fdopen(os.dup(0), encoding="utf-8") as given:  # `sys.stdin` stays locked in a copy
            for line in given:
                lines.put(line)
        lines.put("")

    threading.Thread(target=listen, daemon=True).start()
    trails = Trails()
    for _ in range(BUILDS):
        line = lines.get()
        while not lines.empty():
            line = lines.get()
        if not line:
            return
        perform(trails.give(json.loads(line)), lambda message: send(trails.take(message)))


@dataclass
class _Copy:
    """A copy of this process, ready to build once."""

    pid: int
    orders: int
    """Pipe to it: what to build."""
    pipe: int
    """Pipe from it: what it did."""
    id: int = 0
    rehearsed: bool = False
    said: Reader = field(default_factory=Reader)
    steps: int = 0
    seen: bool = False
    """True if the files in view are finished."""
    last_step: bool = False
    """True if it must end after its current step."""
    ended: float = 0.0
    """Time at which it was asked to end; 0 if it was not."""

    def begin(self, message: BuildMessage) -> None:
        self.id = message["id"]
        with contextlib.suppress(OSError):  # it is gone; its pipe will show it
            _writer(self.orders)(message)

    def end(self, number: int) -> None:
        self.ended = self.ended or time.monotonic()
        for end in (os.killpg, os.kill):  # it may not have its process group yet
            with contextlib.suppress(ProcessLookupError, PermissionError):
                end(self.pid, number)


class _Forks:
    """Builds in copies of this process, one at a time; new work ends the old.

    A second copy rehearses a build: after that, the shared memory that a build changes has been
    copied (copy-on-write). If work comes earlier, that copy is ended, and the work goes to a new
    one: a rehearsal that is interrupted anywhere, as in the middle of an import, would leave half a
    program. A copy that exceeds its limits has no successor before there is other work.
    """

    def __init__(self, send: Send) -> None:
        self.send = send
        self.copy: _Copy | None = None
        self.spare: _Copy | None = None
        self.next: BuildMessage | None = None
        self.asked = Reader()
        self.last: BuildMessage | None = None
        self.trails = Trails()
        self.hungry = 0.0
        """Time since which there has been work and no result; 0 without work."""

    def run(self) -> None:
        try:
            while self._turn():
                pass
        finally:
            self._end([copy for copy in (self.copy, self.spare) if copy])

    def _end(self, copies: list[_Copy]) -> None:
        """End copies: first with time to remove temporary files, then at once."""
        for copy in copies:
            copy.end(signal.SIGTERM)
        last = time.monotonic() + _GRACE
        while copies and time.monotonic() < last:
            copies = [copy for copy in copies if not os.waitpid(copy.pid, os.WNOHANG)[0]]
            time.sleep(0.01)
        for copy in copies:
            copy.end(signal.SIGKILL)
            os.waitpid(copy.pid, 0)

    def _turn(self) -> bool:
        """Handle the next event; return False when the input has ended."""
        if self.next and not self.copy:
            self.copy = self._ready()
            self.last, self.next = self.next, None
            self.copy.begin(self.trails.give(self.last))
        copy = self.copy
        if self.last and not self.spare and not self.next and (not copy or copy.seen):
            self.spare = self._fork(self.trails.give(self.last))
        copies = [each for each in (copy, self.spare) if each]
        ending = [each for each in copies if each.ended]
        wait = 0.05 if ending else None
        ready, _, _ = select.select([0, *(each.pipe for each in copies)], [], [], wait)
        for each in ending:
            if time.monotonic() - each.ended > _GRACE:
                each.end(signal.SIGKILL)
        for each in copies:
            if each.pipe in ready:
                self._hear(each)
        if 0 in ready:
            data = os.read(0, 1 << 16)
            if not data:
                return False
            self._ask(data)
        return True

    def _ready(self) -> _Copy:
        """Return the copy that has rehearsed, or else a new one."""
        if (spare := self.spare) and spare.rehearsed and not spare.ended:
            self.spare = None
            return spare
        if spare:
            spare.end(signal.SIGTERM)
        return self._fork(None)

    def _ask(self, data: bytes) -> None:
        if not (orders := self.asked.read(data)):
            return
        self.next = orders[-1]
        self.hungry = self.hungry or time.monotonic()
        if self.copy and not self.copy.ended:
            # Even an author who saves without pause should see a result.
            if self.copy.steps or time.monotonic() - self.hungry < _PATIENCE:
                self.copy.end(signal.SIGTERM)
            else:
                self.copy.last_step = True

    def _fork(self, rehearsed: BuildMessage | None) -> _Copy:
        """Fork a copy that rehearses, then builds what it is sent."""
        inner, outer = os.pipe()
        orders, ordering = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid:
            os.close(outer)
            os.close(orders)
            return _Copy(pid, ordering, inner)
        status = 1
        try:
            _become_copy(parent)
            for handle in (0, inner, ordering, *self._handles()):
                os.close(handle)
            if rehearsed:
                _limit(rehearsed)
                rehearse(rehearsed)
                _writer(outer)({"step": "ready"})
            order = b""
            while not order.endswith(b"\n"):
                data = os.read(orders, 1 << 16)
                if not data:
                    os._exit(0)
                order += data
            message: BuildMessage = json.loads(order)
            _limit(message)
            perform(message, _writer(outer), alone=True)
            status = 0
        finally:
            os._exit(status)  # skip the first process's cleanup

    def _handles(self) -> list[int]:
        """Return the pipes of other copies, which a new copy must close."""
        copies = [copy for copy in (self.copy, self.spare) if copy]
        return [handle for copy in copies for handle in (copy.orders, copy.pipe)]

    def _hear(self, copy: _Copy) -> None:
        data = os.read(copy.pipe, 1 << 16)
        for message in copy.said.read(data):
            if message["step"] == "ready":
                copy.rehearsed = True
                continue
            copy.steps += 1
            self.hungry = 0.0
            copy.seen |= message["step"] == "main"
            self.send(self.trails.take(message))
            if copy.last_step:
                copy.end(signal.SIGTERM)
        if data:
            return
        os.close(copy.pipe)
        os.close(copy.orders)
        _, status = os.waitpid(copy.pid, 0)
        if copy is self.spare:
            self.spare = None
            if not copy.ended:
                self.last = None  # the next one would die as well
            return
        if status and not copy.ended:
            self.send({"id": copy.id, "step": "lost"})
        self.copy = None


def _limit(message: BuildMessage) -> None:
    """Limit this process by the article in view, which it lays out itself, before it is made."""
    size = 0
    with contextlib.suppress(OSError, ValueError):
        path = Path(message["root"], "source", f"{message['article']}.md")
        size = min(path.stat().st_size, gate.LIMITS["text"])
    asked = limits.Limits(**message["limits"])
    limits.begin(limits.allowance(size, 1, limits.NO_LIMITS, asked))


def _writer(handle: int) -> Callable[[Answer | BuildMessage], None]:
    """Return a function that sends messages through a pipe."""

    def send(message: Answer | BuildMessage) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(handle, data) :]

    return send


def _become_copy(parent: int) -> None:
    """Put this process into its own group, to end it with the processes that it starts."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that temporary files are removed
    follow(parent)

"""Work under limits of time and memory: each item in a helper process that may be ended.

In: a function, its items, and what each may take. Out: the results, in order; for an item whose
process was ended, what the caller makes of that. The helper is replaced, and the other items go on.
This module must not know what the work is.
"""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from press.core import gate, limits, nearest, parallel, progress, quiet

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

_LONGEST = 1000.0
"""Seconds to wait at once: systems refuse very long times."""
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class End:
    """How a helper ended before it had a result."""

    allowed: limits.Allowance
    exceeded: limits.LimitName | None
    """The limit that it exceeded; None if it was killed by someone else, or crashed."""
    stage: progress.Stage


@contextmanager
def begun(
    work: Callable[[Item], Result],
    items: Sequence[tuple[Item, limits.Allowance]],
    at_once: int,
    ended: Callable[[Item, End], Result],
) -> Iterator[Iterator[Result]]:
    """Start the work in at most `at_once` helpers, and yield an iterator of the results.

    `work`, the items, and the results must be picklable. On exit, for any reason, the helpers are
    killed and waited for, so the work may own nothing but memory. An exception in a helper is
    raised here.
    """
    helpers = _Pool(work, items, ended)
    try:
        yield helpers.results(max(1, min(at_once, len(items))))
    finally:
        with parallel.undisturbed():
            helpers.end()


@dataclass
class _Helper:
    process: BaseProcess
    pipe: Connection
    number: int = -1
    """The item that it works on."""
    last: float = 0.0
    """The time at which it is ended."""
    stage: progress.Stage = "reading"


class _Pool(Generic[Item, Result]):
    def __init__(
        self,
        work: Callable[[Item], Result],
        items: Sequence[tuple[Item, limits.Allowance]],
        ended: Callable[[Item, End], Result],
    ) -> None:
        self.work, self.items, self.ended = work, items, ended
        self.helpers: list[_Helper] = []
        self.next = 0
        """The number of the item that is given out next."""
        self.done: dict[int, Result] = {}

    def results(self, at_once: int) -> Iterator[Result]:
        for number in range(len(self.items)):
            while number not in self.done:
                while len(self.helpers) < at_once and self.next < len(self.items):
                    with parallel.undisturbed():
                        self._start()
                self._hear()
            yield self.done.pop(number)

    def _start(self) -> None:
        """Start a helper with the next item."""
        from multiprocessing import get_context

        context: Any = get_context(parallel.START)
        pipe, theirs = context.Pipe()
        given = (self.work, theirs, os.getpid(), gate.state(), parallel.START)
        process = context.Process(target=_help, args=given, daemon=True)
        process.start()
        theirs.close()  # only the helper has this end now, so the pipe closes when it ends
        helper = _Helper(process, pipe)
        self.helpers.append(helper)
        self._give(helper)

    def _give(self, helper: _Helper) -> None:
        """Give a helper the next item; end it if there is none."""
        if self.next == len(self.items):
            self.helpers.remove(helper)
            _finish(helper)
            return
        helper.number, helper.stage = self.next, "reading"
        self.next += 1
        item, allowed = self.items[helper.number]
        helper.last = time.monotonic() + allowed.wall
        data = pickle.dumps((item, allowed))
        try:
            helper.pipe.send_bytes(data)
        except OSError:  # it was killed meanwhile
            self._lose(helper, late=False)

    def _hear(self) -> None:
        """Wait for messages, or for the time at which a helper is to be ended."""
        from multiprocessing.connection import wait

        first = min(helper.last for helper in self.helpers)
        patience = min(max(0.0, first - time.monotonic()), _LONGEST)
        ready = wait([h.pipe for h in self.helpers], patience)
        for helper in self.helpers[:]:
            if helper.pipe in ready:
                try:
                    kind, value = pickle.loads(helper.pipe.recv_bytes())  # noqa: S301 - our helper
                except (EOFError, OSError):
                    self._lose(helper, late=False)
                    continue
                self._take(helper, kind, value)
            elif helper.last <= time.monotonic():
                self._lose(helper, late=True)

    def _take(self, helper: _Helper, kind: str, value: Any) -> None:
        if kind == "say":
            if len(self.items) == 1:
                progress.say(value)
        elif kind == "stage":
            helper.stage = value
        elif kind == "memory":
            self._lose(helper, late=False, limit="memory")
        elif kind == "error":
            raise value
        else:
            self.done[helper.number] = value
            self._give(helper)

    def _lose(self, helper: _Helper, *, late: bool, limit: limits.LimitName | None = None) -> None:
        """Note that an item has no result, and why."""
        self.helpers.remove(helper)
        if late or limit:  # it still runs
            helper.process.kill()
        helper.process.join()
        status = helper.process.exitcode
        item, allowed = self.items[helper.number]
        limit = limit or limits.exceeded(status, late=late)
        self.done[helper.number] = self.ended(item, End(allowed, limit, helper.stage))
        helper.pipe.close()

    def end(self) -> None:
        """Kill the helpers, and wait for them to end."""
        for helper in self.helpers:
            helper.process.kill()
        for helper in self.helpers:
            _finish(helper)


def _finish(helper: _Helper) -> None:
    helper.process.kill()
    helper.process.join()
    helper.pipe.close()


def _help(
    work: Callable[[Item], Result], pipe: Connection, parent: int, open_folders: Any, start: str
) -> None:
    """Run a helper: process each item that the first process sends."""
    from multiprocessing import current_process

    parallel.begin(parent)
    current_process().daemon = False  # it may start helpers of its own
    gate.restore(open_folders)
    quiet.all_output()
    progress.forward(lambda kind, words: pipe.send_bytes(pickle.dumps((kind, words))))
    items = _received(pipe) if start == "fork" else _watched(pipe)
    for item, allowed in items:
        limits.begin(allowed)
        nearest.begin()
        pipe.send_bytes(_done(work, item))


def _received(pipe: Connection) -> Iterator[tuple[Any, limits.Allowance]]:
    """Yield what is sent, until the first process has gone."""
    while True:
        try:
            yield pickle.loads(pipe.recv_bytes())  # noqa: S301 - the first process wrote it
        except (EOFError, OSError):
            return


def _watched(pipe: Connection) -> Iterator[tuple[Any, limits.Allowance]]:
    """Do the same on a system where a process does not end with the one that started it."""
    from queue import SimpleQueue

    items: SimpleQueue[Any] = SimpleQueue()

    def listen() -> None:
        for item in _received(pipe):
            items.put(item)
        os._exit(143)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        yield items.get()


def _done(work: Callable[[Item], Result], item: Item) -> bytes:
    """Process an item; return a message with its result or exception."""
    try:
        return pickle.dumps(("done", work(item)))
    except MemoryError:
        return pickle.dumps(("memory", None))
    except BaseException as error:  # noqa: BLE001 - it is raised in the first process
        return pickle.dumps(("error", parallel.portable(error)))

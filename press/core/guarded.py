"""Work under limits of time and memory: each item in a helper process that may be ended.

In: a function, its items, and what each may take. Out: the results, in order; for an item whose
process was ended, what the caller makes of that. The helper is replaced, and the other items go on.
The items go to an executor (PEP 3148): the helpers of this machine, or one that is given.
This module must not know what the work is.
"""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from press.core import gate, limits, nearest, parallel, progress, quiet
from press.core.records import dataclass

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


class Call(NamedTuple):
    """An item with all that is to be done with it."""

    work: Callable[[Any], Any]
    item: Any
    allowed: limits.Allowance
    ended: Callable[[Any, End], Any]
    """Makes a result for an item whose process was ended."""


_here = False
"""True if this process does the work itself."""


@contextmanager
def here() -> Iterator[None]:
    """Do all work of the block in this process, without limits: it loads what the work needs."""
    global _here  # noqa: PLW0603 - it concerns the whole process
    before, _here = _here, True
    try:
        yield
    finally:
        _here = before


@contextmanager
def begun(
    work: Callable[[Item], Result],
    items: Sequence[tuple[Item, limits.Allowance]],
    at_once: int,
    ended: Callable[[Item, End], Result],
    executor: Executor | None = None,
) -> Iterator[Iterator[Result]]:
    """Start the work in at most `at_once` helpers, and yield an iterator of the results.

    `work`, the items, and the results must be picklable. On exit, for any reason, the helpers are
    killed and waited for, so the work may own nothing but memory. An exception in a helper is
    raised here. If an `executor` is given, it runs `perform`, and has its own bound `ahead` for the
    items that it is given before their turn.
    """
    if _here:
        yield (work(item) for item, _ in items)
        return
    with executor or _Pool(work, max(1, min(at_once, len(items)))) as pool:
        calls = [Call(work, item, allowed, ended) for item, allowed in items]
        yield _results(pool, calls)


def _results(executor: Executor, calls: Sequence[Call]) -> Iterator[Any]:
    """Yield the results in the order of the calls."""
    ahead = getattr(executor, "ahead", len(calls))
    waiting: deque[Future[Any]] = deque()
    for call in calls:
        waiting.append(executor.submit(perform, call))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def perform(call: Call) -> Any:
    """Process one item in a helper of its own, and return its result."""
    given = [(call.item, call.allowed)]
    with begun(call.work, given, 1, call.ended) as results:
        return next(results)


@dataclass
class _Helper:
    process: BaseProcess
    pipe: Connection
    task: _Task
    """What it works on."""
    last: float = 0.0
    """The time at which it is ended."""
    stage: progress.Stage = "reading"


class _Task(Future[Any]):
    """The result of a call. Who waits for it does the work of the pool, which has no thread."""

    def __init__(self, pool: _Pool, call: Call) -> None:
        super().__init__()
        self.pool, self.call = pool, call

    def result(self, timeout: float | None = None) -> Any:  # noqa: ARG002 - limits are elsewhere
        while not self.done():
            self.pool.go_on()
        return super().result()


class _Pool(Executor):
    """The helpers of this machine."""

    def __init__(self, work: Callable[[Any], Any], at_once: int) -> None:
        self.work, self.at_once = work, at_once
        self.helpers: list[_Helper] = []
        self.waiting: deque[_Task] = deque()
        self.alone = True
        """Whether there is only one task, whose progress is shown."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        """Take a `Call` for `perform`."""
        assert fn is perform
        self.alone = not self.waiting and not self.helpers and self.alone
        self.waiting.append(task := _Task(self, *args))
        return task

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Kill the helpers, and wait for them to end."""
        with parallel.undisturbed():
            for helper in self.helpers:
                helper.process.kill()
            for helper in self.helpers:
                _finish(helper)
            self.helpers.clear()

    def go_on(self) -> None:
        """Start helpers if there is work for them, and wait for some news."""
        while len(self.helpers) < self.at_once and self.waiting:
            with parallel.undisturbed():
                self._start()
        self._hear()

    def _start(self) -> None:
        """Start a helper with the next task."""
        from multiprocessing import get_context

        context: Any = get_context(parallel.START)
        pipe, theirs = context.Pipe()
        given = (self.work, theirs, os.getpid(), gate.state(), parallel.START)
        process = context.Process(target=_help, args=given, daemon=True)
        process.start()
        theirs.close()  # only the helper has this end now, so the pipe closes when it ends
        helper = _Helper(process, pipe, self.waiting[0])
        self.helpers.append(helper)
        self._give(helper)

    def _give(self, helper: _Helper) -> None:
        """Give a helper the next task; end it if there is none."""
        if not self.waiting:
            self.helpers.remove(helper)
            _finish(helper)
            return
        helper.task, helper.stage = self.waiting.popleft(), "reading"
        call = helper.task.call
        helper.last = time.monotonic() + call.allowed.wall
        data = pickle.dumps((call.item, call.allowed))
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
            if self.alone:
                progress.say(value)
        elif kind == "stage":
            helper.stage = value
        elif kind == "memory":
            self._lose(helper, late=False, limit="memory")
        elif kind == "error":
            raise value
        else:
            helper.task.set_result(value)
            self._give(helper)

    def _lose(self, helper: _Helper, *, late: bool, limit: limits.LimitName | None = None) -> None:
        """Note that a task has no result, and why."""
        self.helpers.remove(helper)
        if late or limit:  # it still runs
            helper.process.kill()
        helper.process.join()
        status = helper.process.exitcode
        call = helper.task.call
        limit = limit or limits.exceeded(status, late=late)
        helper.task.set_result(call.ended(call.item, End(call.allowed, limit, helper.stage)))
        helper.pipe.close()


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
        try:
            message = _done(work, item)
        except MemoryError:  # also while it made a message
            limits.limit_memory(None)
            message = pickle.dumps(("memory", None))
        pipe.send_bytes(message)


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
    """Process an item; return a message with its result or exception.

    Raises:
        MemoryError: there is not enough memory.
    """
    try:
        return pickle.dumps(("done", work(item)))
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001 - it is raised in the first process
        return pickle.dumps(("error", parallel.portable(error)))

"""Parallel work on the available processors.

In: a function and its items. Out: the results, in order. If one process is enough, or there are no
items, the work is done in this process. Helpers are child processes, each with a pipe. This process
starts no thread, so that it can be forked, and waits only for helpers that it has killed.
This module must not know what the work is.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from press.core import gate, progress
from press.core.problems import Problem, ProblemsError, Span

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from multiprocessing.queues import SimpleQueue as Shared
    from queue import SimpleQueue

Item = TypeVar("Item")
Result = TypeVar("Result")

START = "fork" if sys.platform == "linux" else "spawn"
"""A fork has everything loaded already; on other systems, forking is not safe."""


def processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def begun(
    work: Callable[[Item], Result], items: Sequence[Item], at_once: int
) -> Iterator[Iterator[Result]]:
    """Start the work, and yield an iterator of the results; this process can continue meanwhile.

    `work`, `items`, and the results must be picklable. On exit, for any reason, the helpers are
    killed and waited for, so the work may own nothing but memory: it gets no time to clean up. An
    exception in a helper is raised here.

    Raises:
        Lost: a helper was killed, or exceeded a limit (SYS003).
    """
    if at_once < 2 or not items:
        yield map(work, items)
        return
    helpers = _Helpers(work, items)
    try:
        with undisturbed():
            helpers.start(min(at_once, len(items)))
        yield helpers.results()
    finally:
        with undisturbed():
            helpers.end()


class Lost(ProblemsError):
    """A helper was killed, or exceeded a limit of its process (SYS003)."""

    def __init__(self, status: int | None) -> None:
        self.status = status
        """Its exit status; the negative number of a signal if one ended it."""
        hint = "free memory, or build with --jobs 1"
        super().__init__([Problem("SYS003", Span("makebook"), "a build process was killed", hint)])

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), (self.status,)


ENDS = (signal.SIGINT, signal.SIGTERM)
"""Signals that end a process."""

_undisturbed = 0
"""The number of `undisturbed` blocks that are running, nested in each other."""
_late = False
"""True if a signal came during one of them."""


def interrupt(*_: object) -> None:
    """Handle any signal of `ENDS` as Python does Ctrl-C, after the end of `undisturbed`.

    A second signal is ignored: it would interrupt the cleanup after the first.
    """
    global _late  # noqa: PLW0603 - signals concern the whole process
    if _undisturbed:
        _late = True
        return
    _late = False
    for number in ENDS:
        signal.signal(number, _too_late)
    raise KeyboardInterrupt


def _too_late(*_: object) -> None:
    """Ignore a signal; with SIG_IGN, Python would print an error if two came at once."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Delay signals while something is created or removed that an interruption would lose.

    They are blocked, also in helpers that are started meanwhile. But threads of Pango 1.56 do not
    block them, and Python then calls the handler in this thread; so `interrupt` waits too.
    """
    global _undisturbed  # noqa: PLW0603
    masks = hasattr(signal, "pthread_sigmask")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ()) if masks else ()
    _undisturbed += 1
    try:
        if masks:
            signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # raises if a signal came just before
        yield
    finally:
        try:
            if masks:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        finally:
            _undisturbed -= 1
        if _late and not _undisturbed:
            interrupt()


class _Helpers(Generic[Item, Result]):
    """The helper processes, each of which takes the next item when it is free."""

    def __init__(self, work: Callable[[Item], Result], items: Sequence[Item]) -> None:
        self.work, self.items = work, items
        self.processes: list[BaseProcess] = []
        self.turn: Shared[int] | None = None
        """Kept because, except on Linux, a starting helper looks it up by name."""
        self.pipes: list[Connection] = []
        """The pipes of helpers that may send more."""
        self.every: list[Connection] = []
        """The pipe of each helper."""

    def start(self, count: int) -> None:
        """Start helpers; each has all items, and takes the number of the next when it is free."""
        from multiprocessing import get_context

        context: Any = get_context(START)
        self.turn = turn = context.SimpleQueue()
        turn.put(0)
        for _ in range(count):
            pipe, theirs = context.Pipe(duplex=False)
            self.pipes.append(pipe)
            self.every.append(pipe)
            given = (self.work, self.items, turn, theirs, os.getpid(), gate.state())
            # A daemon, which Python ends on exit, in case a signal comes just before the `with`.
            process = context.Process(target=_help, args=given, daemon=True)
            process.start()
            self.processes.append(process)
            theirs.close()  # only the helper has this end now, so the pipe closes when it ends

    def results(self) -> Iterator[Result]:
        """Yield the results in the order of the items."""
        heard: dict[int, tuple[BaseException | None, Any]] = {}
        for number in range(len(self.items)):
            while number not in heard:
                heard.update(self._hear())
            error, result = heard.pop(number)
            if error is not None:
                raise error
            yield result

    def _hear(self) -> Iterator[tuple[int, tuple[BaseException | None, Any]]]:
        """Wait for a message from a helper, and yield each finished item."""
        from multiprocessing.connection import wait

        ready = wait(self.pipes)
        for pipe in [pipe for pipe in self.pipes if pipe in ready]:
            try:
                data = pipe.recv_bytes()
            except (EOFError, OSError):
                process = self.processes[self.every.index(pipe)]
                process.join()
                raise Lost(process.exitcode) from None
            message = pickle.loads(data)  # noqa: S301 - our own helper wrote it
            if message is None:
                self.pipes.remove(pipe)
            else:
                number, error, result = message
                yield number, (error, result)

    def end(self) -> None:
        """Kill the helpers, and wait for them to end."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.join()


def _help(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    turn: Shared[int],
    pipe: Connection,
    parent: int,
    open_folders: Any,
) -> None:
    """Run a helper: process the next item until none is left.

    The first process receives results when it has time; until then, a thread holds them.
    """
    from queue import SimpleQueue
    from threading import Thread

    begin(parent)
    gate.restore(open_folders)
    progress.forward(lambda *_: None)
    ready: SimpleQueue[bytes] = SimpleQueue()
    sender = Thread(target=_send, args=(ready, pipe), daemon=True)
    sender.start()
    while (number := _taken(turn)) < len(items):
        ready.put(_done(work, number, items[number]))
    ready.put(b"")
    sender.join()


def _taken(turn: Shared[int]) -> int:
    """Take the next number; the queue never holds more than one, so putting never blocks."""
    number = turn.get()
    turn.put(number + 1)
    return number


def _send(ready: SimpleQueue[bytes], pipe: Connection) -> None:
    """Send each result when it is ready, and None at the end."""
    try:
        while data := ready.get():
            pipe.send_bytes(data)
        pipe.send_bytes(pickle.dumps(None))
    except OSError:  # the first process is gone
        os._exit(1)


def _done(work: Callable[[Item], Result], number: int, item: Item) -> bytes:
    """Process an item; return its number and its exception or result, pickled."""
    try:
        return pickle.dumps((number, None, work(item)))
    except BaseException as error:  # noqa: BLE001 - it is raised in the first process
        return pickle.dumps((number, portable(error), None))


def portable(error: BaseException) -> BaseException:
    """Return an exception that another process can raise; a note says where it happened."""
    import traceback

    lines = "".join(traceback.format_exception(error))
    try:
        error.add_note(f"in another process:\n{lines}")
        pickle.loads(pickle.dumps(error))  # noqa: S301 - some can be pickled but not unpickled
    except Exception:  # noqa: BLE001
        return RuntimeError(f"in another process:\n{lines}")
    return error


def follow(parent: int) -> None:
    """End this process when the one that started it ends, however that happens.

    On Linux (prctl(2), PR_SET_PDEATHSIG); elsewhere a helper finds its pipe closed.
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if hasattr(os, "getppid") and sys.platform == "linux" and os.getppid() != parent:
        os._exit(143)  # it ended before prctl took effect


def begin(parent: int) -> None:
    """Set up a helper to end silently: the first process reports interruptions."""
    follow(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)

"""Work done beside other work, on the processors that are there.

In: a function, and things to do it to. Out: the results, in order. If one process is enough, or
there is nothing to do, all is done in this one. Helpers are processes of our own, each with a pipe;
this process starts no thread, so it can be copied, and waits only for helpers that it has killed.
This module must not know what the work is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from press.core.problems import Problem, ProblemsError, Span

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from multiprocessing.queues import SimpleQueue as Shared
    from queue import SimpleQueue
    from tempfile import TemporaryDirectory

Item = TypeVar("Item")
Result = TypeVar("Result")

_START = "fork" if sys.platform == "linux" else "spawn"
"""A copy of this process has all that is loaded here; elsewhere a copy is not safe."""


def processors() -> int:
    """How many processes can work at once on this machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def begun(
    work: Callable[[Item], Result], items: Sequence[Item], at_once: int
) -> Iterator[Iterator[Result]]:
    """Begin the work, and give the results as they are asked for; more can be done here meanwhile.

    `work`, `items` and the results must be such that another process can be given them (see
    pickle). At the end, however it comes, the helpers are killed and waited for: the work may own
    nothing but memory, for it gets no time to clean up. An exception in a helper is raised here.

    Raises:
        ProblemsError: a helper was killed from outside (SYS003).
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


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals wait while something is made, or removed, that an interruption would lose."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # raises if a signal came just before
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def temporary_folder() -> TemporaryDirectory[str]:
    """Make a folder that is removed when it is no longer used, or at the latest when Python ends.

    A signal that came between making it and noting that would leave it.
    """
    from tempfile import TemporaryDirectory

    with undisturbed():
        return TemporaryDirectory(prefix="makebook-", ignore_cleanup_errors=True)


class _Helpers(Generic[Item, Result]):
    """Processes that take one item after the other, whichever is next."""

    def __init__(self, work: Callable[[Item], Result], items: Sequence[Item]) -> None:
        self.work, self.items = work, items
        self.processes: list[BaseProcess] = []
        self.turn: Shared[int] | None = None
        """Kept: elsewhere than on Linux, a helper that starts looks for it by its name."""
        self.pipes: list[Connection] = []
        """Of the helpers that have more to say."""

    def start(self, count: int) -> None:
        """Start helpers; each has the items, and takes the number of the next when it is free."""
        from multiprocessing import get_context

        context: Any = get_context(_START)
        self.turn = turn = context.SimpleQueue()
        turn.put(0)
        for _ in range(count):
            pipe, theirs = context.Pipe(duplex=False)
            self.pipes.append(pipe)
            given = (self.work, self.items, turn, theirs, os.getpid())
            # Python ends daemons when it ends itself: if a signal comes just before the `with`.
            process = context.Process(target=_help, args=given, daemon=True)
            process.start()
            self.processes.append(process)
            theirs.close()  # the helper alone has this end now, so the pipe ends with the helper

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
        """Wait until a helper says something, and yield each item that is done."""
        from multiprocessing.connection import wait

        ready = wait(self.pipes)
        for pipe in [pipe for pipe in self.pipes if pipe in ready]:
            try:
                data = pipe.recv_bytes()
            except (EOFError, OSError):
                hint = "free memory, or build with --jobs 1"
                message = "a process that was building ended without a word"
                raise ProblemsError([Problem("SYS003", Span("makebook"), message, hint)]) from None
            message = pickle.loads(data)  # noqa: S301 - our own helper wrote it
            if message is None:
                self.pipes.remove(pipe)
            else:
                number, error, result = message
                yield number, (error, result)

    def end(self) -> None:
        """Kill the helpers, which cannot be refused, and wait for them."""
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
) -> None:
    """Do what is next until there is nothing more: the whole life of a helper.

    The first process hears it when it has time; until then a thread keeps what is to be said.
    """
    from queue import SimpleQueue
    from threading import Thread

    _begin(parent)
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
    """Send what is ready, and at the end None."""
    try:
        while data := ready.get():
            pipe.send_bytes(data)
        pipe.send_bytes(pickle.dumps(None))
    except OSError:  # the first process is gone
        os._exit(1)


def _done(work: Callable[[Item], Result], number: int, item: Item) -> bytes:
    """Do one item, and return its number and what came of it: an exception or a result."""
    try:
        return pickle.dumps((number, None, work(item)))
    except BaseException as error:  # noqa: BLE001 - it is raised in the first process
        import traceback

        lines = "".join(traceback.format_exception(error))
        try:
            error.add_note(f"in another process:\n{lines}")
            data = pickle.dumps((number, error, None))
            pickle.loads(data)  # noqa: S301 - some exceptions can be written but not read
        except Exception:  # noqa: BLE001
            return pickle.dumps((number, RuntimeError(f"in another process:\n{lines}"), None))
        return data


def follow(parent: int) -> None:
    """End this process when the one that started it ends, however that happens.

    On Linux (prctl(2), PR_SET_PDEATHSIG); elsewhere a helper finds its pipe closed.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if hasattr(os, "getppid") and sys.platform == "linux" and os.getppid() != parent:
        os._exit(143)  # it went before this could be asked


def _begin(parent: int) -> None:
    """Leave it to the first process to say that work was interrupted; end in silence."""
    follow(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

"""Work done beside other work, on the processors that are there.

In: a function, and things to do it to. Out: the results, in order. Where one process will do, or
no other can be had, all is done in this one. This module must not know what the work is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from press.problems import Problem, ProblemsError, Span

Item = TypeVar("Item")
Result = TypeVar("Result")


def processors() -> int:
    """How many processes can work at once on this machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def begun(
    work: Callable[[Item], Result], items: Sequence[Item], at_once: int
) -> Iterator[Iterator[Result]]:
    """Begin the work; what is given can be asked for the results, while more is done here.

    `work` and `items` must be such that another process can be given them (see pickle). Where this
    process is interrupted, the others are ended at once.

    Raises:
        ProblemsError: another process was ended from outside (SYS003).
    """
    if at_once < 2 or not items:
        yield map(work, items)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # A copy of this process has all that is loaded here; elsewhere that is not safe.
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(min(at_once, len(items)), context, _quietly, (os.getpid(),))
    try:
        with _undisturbed():
            results = pool.map(_Work(work), items)
        yield results
        pool.shutdown()
    except BaseException as error:
        for process in list((pool._processes or {}).values()):  # noqa: SLF001 - no other way to end them
            process.terminate()
        pool.shutdown(cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            hint = "free memory, or build with --jobs 1"
            message = "a process that was building ended without a word"
            raise ProblemsError([Problem("SYS003", Span("makebook"), message, hint)]) from None
        raise


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let signals wait while processes are started: one that came now would miss some of them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_ended: list[bool] = []
"""Of another process: whether it has been told to end."""
_at_work: list[bool] = []
"""Of another process: whether it is at work, and may have something temporary to put away."""


class _Work(Generic[Item, Result]):
    """Work that another process leaves when it is told to end, with all that is temporary put away.

    A pool's process would go on with the next item: it takes what ends the work for its result.
    """

    def __init__(self, work: Callable[[Item], Result]) -> None:
        self.work = work

    def __call__(self, item: Item) -> Result:
        try:
            _at_work.append(True)
            return self.work(item)
        finally:
            _at_work.clear()
            if _ended:
                os._exit(143)


def follow(parent: int) -> None:
    """End this process where the one that started it is ended, however that is done.

    On Linux (prctl(2), PR_SET_PDEATHSIG); elsewhere a pool's process sees its pipe closed.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if hasattr(os, "getppid") and sys.platform == "linux" and os.getppid() != parent:
        os._exit(143)  # it went before this could be asked


def _quietly(parent: int) -> None:
    """Leave it to the first process to say that work was interrupted."""
    follow(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end(*_: object) -> None:
        if not _at_work:
            os._exit(143)
        _ended.append(True)
        sys.exit(143)

    signal.signal(signal.SIGTERM, end)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

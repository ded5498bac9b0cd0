"""Limits of a command: the processor time that each file may take, and the memory for all.

In: each file that the gate opens; the time begins anew with each. Out: an interruption as by
Ctrl-C, of which `exceeded` says the file and the limit. The process is stopped by a timer (POSIX,
setitimer), or elsewhere by a thread after a deadline; memory is limited where the system can
(Linux, RLIMIT_AS). A command that hands files to libraries in C runs in a process of its own
(`apart`), which is ended if one of them does not return. Processes that work on articles have
limits of their own (`core.limits`). Must not know what is read.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from press.core import gate, limits, parallel
from press.core.records import dataclass

MEMORY = 3 * 2**29
"""Bytes that a command may take besides the program that has been loaded."""
_MOST = 10
"""The most times that a file takes what a file of 1 MB may, however large it is."""
_AGAIN = 5.0
"""Seconds after which a process is interrupted again, if a library took it for its own fault."""
_TIMER = hasattr(signal, "setitimer")
_HEAD = struct.Struct("dI")
_PAGE = 8192


@dataclass(frozen=True)
class Exceeded:
    """A limit that a command exceeded."""

    file: str
    """The real path of the file that it opened last; empty if it opened none."""
    name: limits.LimitName
    allowed: limits.Allowance


class _State:
    """The limits of this process, and the file that it works on."""

    def __init__(self) -> None:
        self.pid = 0
        """The process that is limited: helpers have limits of their own."""
        self.allowed = limits.Allowance(limits.SECONDS, MEMORY)
        self.file = ""
        self.exceeded: Exceeded | None = None
        self.timer: threading.Timer | None = None
        self.shared: mmap.mmap | None = None
        """Where the process that waits for this one reads what it works on."""


_now = _State()


def begin(asked: limits.Limits = limits.NO_LIMITS, memory: int = MEMORY) -> None:
    """Limit this process from now on; what is asked for replaces the usual limits."""
    seconds = asked.time or limits.SECONDS
    _now.pid, _now.exceeded = os.getpid(), None
    _now.allowed = limits.Allowance(seconds, asked.memory or memory)
    gate.listen(_opened)
    if _TIMER:
        signal.signal(signal.SIGPROF, _stop)
    limits.limit_memory(_now.allowed.memory)
    _start(seconds)


def end() -> None:
    """Limit this process no longer."""
    _now.pid = 0
    gate.listen(None)
    _start(0)
    limits.limit_memory(None)


def exceeded() -> Exceeded | None:
    """Return the limit for which this process was interrupted; None if it was not."""
    return _now.exceeded


def short_of_memory() -> Exceeded:
    """Return the limit that an exception is about which says that there is no memory."""
    limits.limit_memory(None)  # to report it
    return Exceeded(_now.file, "memory", _now.allowed)


@contextlib.contextmanager
def lifted() -> Iterator[None]:
    """Let programs that are started meanwhile have the memory that they need."""
    limits.limit_memory(None)
    try:
        yield
    finally:
        if _now.pid == os.getpid():
            limits.limit_memory(_now.allowed.memory)


def _opened(file: str, size: int) -> None:
    """Begin the time anew, because a file is opened."""
    if _now.pid != os.getpid():
        return
    _now.file = file
    seconds = _now.allowed.seconds * min(_MOST, max(1.0, size / 2**20))
    if _now.shared:
        name = os.fsencode(file)[: _PAGE - _HEAD.size]
        _now.shared[: _HEAD.size] = _HEAD.pack(time.process_time() + seconds, len(name))
        _now.shared[_HEAD.size : _HEAD.size + len(name)] = name
    _start(seconds)


def _start(seconds: float) -> None:
    """Start the time; 0 stops it."""
    if _TIMER:
        signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN if seconds else 0)
        return
    if _now.timer:
        _now.timer.cancel()
    _now.timer = None
    if seconds:
        allowed = limits.Allowance(seconds, 0, by_system=False)
        _now.timer = threading.Timer(allowed.wall, _stop_main)
        _now.timer.daemon = True
        _now.timer.start()


def _stop(*_: object) -> None:
    """Interrupt this process, since its time is over."""
    if _now.pid != os.getpid():
        return
    _now.exceeded = _now.exceeded or Exceeded(_now.file, "time", _now.allowed)
    parallel.interrupt()


def _stop_main() -> None:
    """Do so from a thread."""
    import _thread

    _now.exceeded = _now.exceeded or Exceeded(_now.file, "time", _now.allowed)
    _thread.interrupt_main(signal.SIGINT)


def apart() -> Exceeded | int | None:
    """Go on in a process of its own: return None there, and its end in the one that waits for it.

    That is its exit status, or the limit that it exceeded; the negative number of a signal, if
    somebody else ended it. Only Linux has all that this takes; elsewhere return None.
    """
    if sys.platform != "linux":
        return None
    _now.shared = mmap.mmap(-1, _PAGE)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    own = os.getpid()
    with parallel.undisturbed():
        if not (pid := os.fork()):
            parallel.follow(own)
            _now.pid = os.getpid()
            _start(_now.allowed.seconds)
        else:
            _start(0)
            for number in parallel.ENDS:
                if signal.getsignal(number) == parallel.interrupt:
                    signal.signal(number, lambda number, _: _pass_on(pid, number))
    return _ended(pid) if pid else None


def _pass_on(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _ended(pid: int) -> Exceeded | int:
    """Wait for a process; end it if it uses more time than it has and does not stop itself."""
    import select

    assert _now.shared is not None
    late, ending = False, select.poll()
    if sys.platform == "linux":
        handle = os.pidfd_open(pid)
        ending.register(handle, select.POLLIN)
        while not ending.poll(1000):
            allowed = _HEAD.unpack(_now.shared[: _HEAD.size])[0] or _now.allowed.seconds
            if _used(pid) > 1.2 * allowed + _AGAIN:
                late = True
                os.kill(pid, signal.SIGKILL)
        os.close(handle)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    size = _HEAD.unpack(_now.shared[: _HEAD.size])[1]
    _now.file = os.fsdecode(bytes(_now.shared[_HEAD.size : _HEAD.size + size]))
    crashed = -signal.SIGSEGV if status == -signal.SIGSEGV else None
    name = limits.exceeded(status, late=late) or ("memory" if crashed else None)
    return Exceeded(_now.file, name, _now.allowed) if name else status


def _used(pid: int) -> float:
    """Return the processor time of a process (proc(5), /proc/pid/stat)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        user, system = fields.rpartition(")")[2].split()[11:13]
    except (OSError, ValueError):
        return 0.0
    return (int(user) + int(system)) / math.fabs(os.sysconf("SC_CLK_TCK"))

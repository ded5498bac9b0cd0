"""Limits of processor time and memory for the work on one article.

In: the size of a text, and what the project and the command line say. Out: an `Allowance`, which a
process applies to itself. Where the system has resource limits (POSIX, setrlimit), it ends a
process that exceeds them; everywhere, whoever started the process ends it after `Allowance.wall`.
No limit is ever above the one that the process was started with. Must not know what the work is.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import sys
import time
from functools import cache
from pathlib import Path
from typing import Final, Literal

from press.core.records import dataclass

if sys.platform == "win32":
    _SYSTEM: bool = False
else:
    import resource

    _SYSTEM = True
"""Whether the system has resource limits."""

LimitName = Literal["time", "memory"]
NAMES: Final[tuple[LimitName, ...]] = ("time", "memory")
UNITS = {"KB": 2**10, "MB": 2**20, "GB": 2**30}
EXAMPLES: dict[LimitName, str] = {"time": "30", "memory": '"512MB"'}
"""Values as makebook.toml has them."""
_LEAST: dict[LimitName, int] = {"time": 1, "memory": 16 * 2**20}
_MOST = 2**40

SECONDS = 60
"""Processor time for a text up to 1 MB; more for more text, and for each page and reference."""
MEMORY = 2**30
"""Bytes for a text up to 1 MB, besides the program itself."""
_PAGE = 0.5
"""Seconds more for each page that is laid out: about seven times what it takes today."""
_PAGES = 50, 20
"""Pages that count: so many, and so many for each 1,000 bytes of text, in all editions."""
_REFERENCES = 50.0 / 2**20
"""Seconds more for each byte of a bibliography."""
_PATIENCE = 10, 4
"""A process ends after its time multiplied by this: if its processor time is limited, if not."""


@dataclass(frozen=True)
class Limits:
    """The limits that a project or a command line sets; None: it sets none."""

    time: int | None = None
    """Seconds of processor time."""
    memory: int | None = None
    """Bytes."""


NO_LIMITS: Final = Limits()


@dataclass(frozen=True)
class Allowance:
    """What the work on one article may take."""

    seconds: float
    memory: int
    more: float = 0.0
    """Seconds that may be added for pages and references; 0 if the time was set by a person."""
    by_system: bool = _SYSTEM

    @property
    def wall(self) -> float:
        """Seconds after which the process is ended, however busy the machine is."""
        longest = self.seconds + self.more
        return max(10.0, longest * (_PATIENCE[0] if self.by_system else _PATIENCE[1]))

    def words(self, name: LimitName) -> str:
        """Return a limit in words: `60 s of processor time`, `1024 MB of memory`."""
        if name == "memory":
            return f"{self.memory / 2**20:,.0f} MB of memory"
        return f"{math.ceil(self.seconds)} s of processor time"  # at least


def double(allowed: Allowance, name: LimitName) -> str:
    """Return twice a limit, as the command line has it."""
    if name == "memory":
        return f"{2 * allowed.memory // 2**20}MB"
    return f"{2 * math.ceil(allowed.seconds + allowed.more)}"


def allowance(size: int, times: int, project: Limits, asked: Limits) -> Allowance:
    """Return what an article may take.

    Args:
        size: The size of its text, in bytes.
        times: The number of times that it is made, once for each imprint.
        project: The limits in makebook.toml, which only lower the usual ones.
        asked: The limits on the command line, which replace all others.
    """
    scale = max(1.0, size / 2**20)
    seconds, more = SECONDS * scale * times, _most(size) * times
    if project.time is not None and project.time < seconds + more:
        seconds, more = min(seconds, project.time), max(0.0, project.time - seconds)
    memory = min(round(MEMORY * scale), project.memory or _MOST)
    if asked.time is not None:
        seconds, more = asked.time, 0.0
    return Allowance(seconds, asked.memory or memory, more, _SYSTEM)


def _most(size: int) -> float:
    pages = _PAGES[0] + _PAGES[1] * size / 1000
    return pages * _PAGE + _REFERENCES * 2**20


def parse(name: LimitName, value: object) -> int:
    """Read a limit: seconds, or bytes with an optional unit.

    Raises:
        ValueError: it is not a whole number with a unit that fits, too small, or too large.
    """
    found = re.fullmatch(r"(\d{1,15})\s*(s|[KMG]B)?", str(value).strip())
    if isinstance(value, bool) or not found:
        raise ValueError("not a limit")
    unit = found[2] or ""
    if unit and (unit == "s") != (name == "time"):
        raise ValueError("not a limit")
    number = int(found[1]) * UNITS.get(unit, 1)
    if not _LEAST[name] <= number <= _MOST:
        raise ValueError("not a limit")
    return number


@cache
def _started_with(which: int) -> tuple[int, int]:
    """Return the soft and hard limit of this process before it changed any."""
    return resource.getrlimit(which)


def _set(which: int, value: int) -> None:
    """Set a limit, unless the process was started with a lower one."""
    soft, hard = _started_with(which)
    given = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(which, (min([value, *given]), hard))


def limit_memory(more: int | None) -> None:
    """Let this process have so many bytes besides what it has; None: as when it was started."""
    if not _SYSTEM:
        return
    if more is None:
        soft, hard = _started_with(resource.RLIMIT_AS)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    elif size := _size():
        _set(resource.RLIMIT_AS, size + more)


_end = 0.0
"""Processor time of this process at which it is ended; 0 without a limit."""
_more = 0.0
"""Seconds that can still be added."""


def begin(allowed: Allowance) -> None:
    """Limit this process from now on, until the next `begin`."""
    global _end, _more
    if not (allowed.by_system and _SYSTEM):
        return
    _end, _more = time.process_time() + allowed.seconds, allowed.more
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_CPU, math.ceil(_end))
    if size := _own_size():
        _set(resource.RLIMIT_AS, size + allowed.memory)


@cache
def _own_size() -> int:
    """Return the address space of this process when it was first limited; 0 if unknown."""
    return _size()


def _size() -> int:
    """Return the address space of this process; 0 if unknown."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _grant(seconds: float) -> None:
    """Add processor time for work that was found necessary."""
    global _end, _more
    if not _end or _more <= 0:
        return
    added = min(seconds, _more)
    _end, _more = _end + added, _more - added
    _set(resource.RLIMIT_CPU, math.ceil(_end))


def page_made() -> None:
    """Allow more time, because a page was laid out."""
    _grant(_PAGE)


def references_read(size: int) -> None:
    """Allow more time, because a bibliography of `size` bytes is read."""
    _grant(size * _REFERENCES)


def exceeded(status: int | None, *, late: bool = False) -> LimitName | None:
    """Return the limit that a process exceeded which ended with this exit status; None: another.

    `late` means that it was ended after `Allowance.wall`. A library in C that gets no memory ends
    its process by SIGABRT or SIGTRAP.
    """
    import signal

    if late or (_SYSTEM and status == -signal.SIGXCPU):
        return "time"
    short = {-signal.SIGABRT, -getattr(signal, "SIGTRAP", signal.SIGABRT)}
    return "memory" if status in short else None

"""Waiting for what happens, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIMIT = 600
"""Seconds; no test depends on it, it only ends one that would wait for ever."""


def until(condition: Callable[[], Any], limit: float = LIMIT) -> Any:
    """Wait until a condition is true, and return its value."""
    end = time.monotonic() + limit
    while not (value := condition()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
    return value


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and not yet waited for (Linux)."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):  # that thread, or process, has ended
            continue
    return found


def alive(pid: int) -> bool:
    """Return whether a process still runs (Linux); one that has ended but is a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False

"""Progress on the terminal: one line that says what is being done, and then disappears.

In: words, and stages of the work. Out: nothing permanent. Silent without a terminal, or if progress
is not shown. A helper process sends its words to the process that started it. Owner of Rich, which
is imported for the first message. No thread updates the line: a process with threads cannot be
forked safely (`parallel`). This module must not know what the work is.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

Stage = Literal["reading", "composing", "layout", "writing", "proof"]
"""The stages of the work on an article, as messages name them."""
_stage: Stage = "reading"
_forward: Callable[[str, str], None] | None = None
"""In a helper process: sends a kind (`say` or `stage`) and words to the first process."""

_live: list[Any] = []
"""The line on the terminal, if it is shown; its only element is None until the first message."""


def say(words: str) -> None:
    """Show what is being done now."""
    if _forward:
        _forward("say", words)
        return
    if not _live:
        return
    from rich.text import Text

    if _live[0] is None:
        from rich.console import Console
        from rich.live import Live

        live: Any = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
        live.start()
        _live[0] = live
    _live[0].update(Text(f"{words}…", no_wrap=True, overflow="ellipsis"), refresh=True)


def say_finished(done: int, every: int, since: float) -> None:
    """Show how much of the work is finished, and about how long the rest takes.

    `since` is the time by `time.monotonic` at which the work began.
    """
    rest = left(time.monotonic() - since, done, every)
    say(f"{done} of {every} finished{f', {rest} left' if rest else ''}")


def left(seconds: float, done: int, every: int) -> str:
    """Return about how long the rest takes, if it goes on as so far; empty if nobody knows."""
    if not done or done >= every:
        return ""
    minutes = math.ceil(seconds / done * (every - done) / 60)
    if minutes <= 1:
        return "less than a minute"
    if minutes < 100:
        return f"about {minutes} minutes"
    return f"about {round(minutes / 60)} hours"


def enter(stage: Stage) -> None:
    """Note the stage that begins now, for messages about a fault in it."""
    global _stage  # noqa: PLW0603 - a process works on one article at a time
    _stage = stage
    if _forward:
        _forward("stage", stage)


def stage() -> Stage:
    """Return the stage that was entered last in this process."""
    return _stage


def forward(send: Callable[[str, str], None]) -> None:
    """Send all words from now on to another process, which shows them."""
    global _forward  # noqa: PLW0603
    _live.clear()
    _forward = send


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[None]:
    """Show what `say` reports during this context, if there is a terminal and not `quiet`."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    _live[:] = [None]
    try:
        yield
    finally:
        if _live[0] is not None:
            _live[0].stop()
        _live.clear()

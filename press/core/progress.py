"""Progress on the terminal: one line that says what is being done, and then disappears.

In: words. Out: nothing permanent. Silent without a terminal, or if progress is not shown. Owner of
Rich, which is imported for the first message. No thread updates the line: a process with threads
cannot be forked safely (`parallel`). This module must not know what the work is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_live: list[Any] = []
"""The line on the terminal, if it is shown; its only element is None until the first message."""


def say(words: str) -> None:
    """Show what is being done now."""
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

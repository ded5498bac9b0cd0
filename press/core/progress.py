"""What the program is doing, told while it does it; on a terminal, in one line that goes away.

In: words. Out: nothing that stays. Without a terminal, or where nobody listens, it is silent.
Owner of Rich, which is imported when there is something to tell. Nothing runs beside the work: a
process with threads cannot be copied safely (`parallel`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_live: list[Any] = []
"""The line on the terminal, where there is one; its first element is None until it is needed."""


def say(words: str) -> None:
    """Tell what is being done now."""
    if not _live:
        return
    from rich.text import Text

    if _live[0] is None:
        from rich.console import Console
        from rich.live import Live

        live: Any = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
        live.start()
        _live[0] = live
    _live[0].update(Text(f"{words} …", no_wrap=True, overflow="ellipsis"), refresh=True)


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[None]:
    """While this lasts, `say` is heard, if there is a terminal and nobody wants quiet."""
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

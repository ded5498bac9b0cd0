"""Faults of makebook itself: an exception that nobody foresaw becomes a problem and a report.

In: an exception, and the article and stage in which it happened. Out: a problem, and a file with
the traceback for a bug report. The file holds no text of the author and no path of this machine:
only names of types, and of functions and lines of the program and its libraries.
"""

from __future__ import annotations

import linecache
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

from press import __version__
from press.core.files import PROGRAM
from press.core.hashing import digest
from press.core.problems import Problem, Span
from press.core.progress import Stage

STAGES: dict[Stage, str] = {
    "reading": "reading",
    "composing": "composing",
    "layout": "laying out",
    "writing": "writing",
    "proof": "proving",
}
"""The stages in the words of a message."""
_FRAMES = 30
"""Calls at each end of a traceback that a report shows."""


def unforeseen(error: BaseException, what: str, span: Span) -> Problem:
    """Write a report about an exception; return the problem (BUG001).

    `what` says what was done: `laying out 'sleep'`.
    """
    text = f"makebook {__version__}, Python {platform.python_version()}, {sys.platform}\n"
    text += f"stage: {what.partition(' ')[0]}\n\n" + "\n".join(_lines(error)) + "\n"
    place = _saved(text)
    where = f"attach {place} to a report of this fault" if place else "report this fault"
    message = f"makebook failed while {what}: {type(error).__name__}"
    return Problem("BUG001", span, message, f"{where}; other articles are not affected")


def _lines(error: BaseException) -> Iterator[str]:
    """Yield the lines of a traceback, and of the exceptions that led to it, the first one first."""
    chain: list[BaseException] = []
    earlier: BaseException | None = error
    while earlier is not None and earlier not in chain and len(chain) < _FRAMES:
        chain.append(earlier)
        hidden = earlier.__suppress_context__
        earlier = earlier.__cause__ or (None if hidden else earlier.__context__)
    for each in reversed(chain):
        # A recursion without end has a thousand frames, which say the same.
        frames = [(f.f_code, line) for f, line in traceback.walk_tb(each.__traceback__)]
        left = len(frames) - 2 * _FRAMES
        for number, (code, line) in enumerate(frames):
            if left <= 0 or not _FRAMES <= number < _FRAMES + left:
                yield from _frame(code.co_filename, line, code.co_name)
            elif number == _FRAMES:
                yield f"  … {left} more"
        yield type(each).__qualname__


def _frame(file: str, line: int, function: str) -> Iterator[str]:
    """Yield the lines of one call; those of a template of the project are left out."""
    name = _public(file)
    yield f"  {name or 'a file of the project'}:{line} in {function if name else '…'}"
    if name and (source := linecache.getline(file, line).strip()):
        yield f"    {source}"


def _public(file: str) -> str:
    """Return the name of a file of the program, a library, or Python, without its folder."""
    roots = [str(PROGRAM.parent), *sys.path, str(Path(os.__file__).parent)]
    for root in sorted(filter(None, roots), key=len, reverse=True):
        inside = os.path.relpath(file, root) if file.startswith(root + os.sep) else ""
        if inside.endswith(".py"):
            return inside.replace(os.sep, "/")
    return file if file.startswith("<frozen") else ""


def folder() -> Path:
    """Return the folder of reports: the place where this system keeps logs of programs."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData/Local") / "makebook"
    if sys.platform == "darwin":
        return home / "Library" / "Logs" / "makebook"
    # XDG Base Directory Specification 0.8: "actions history (logs, ...)"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "makebook"


def _saved(text: str) -> str:
    """Save a report, once for the same text; return its path, or an empty string."""
    data = text.encode(errors="replace")
    try:
        home = folder()
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = home / f"report-{digest(data)[:8]}.txt"
        path.write_bytes(data)
    except (OSError, RuntimeError):  # there is no home, or it cannot be written
        try:
            handle, name = tempfile.mkstemp(prefix="makebook-report-", suffix=".txt")
        except OSError:
            return ""
        path = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    return str(path)

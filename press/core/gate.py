"""The gate: the only function that opens a file which a project holds or names.

In: a path and the kind of file that is expected there. Out: its bytes or its hash, or an error
whose words an author understands. A file passes if it is a regular file, if it is inside the open
project after all links are resolved, and if it is not larger than its kind may be. Until a project
is opened, every folder counts as inside. Must not know what is in a file.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import press

Kind = Literal["text", "bibliography", "picture", "font", "file", "manifest"]

LIMITS: dict[Kind, int] = {
    "text": 8 * 2**20,
    "bibliography": 256 * 2**20,
    "picture": 128 * 2**20,
    "font": 64 * 2**20,
    "file": 256 * 2**20,
    "manifest": 128 * 2**20,
}
"""The most bytes that a file of each kind may have."""
_PIECE = 2**20

_listener: Callable[[str, int], None] | None = None
_root: str | None = None
"""The real path of the project that is open; None: every folder is."""
_PROGRAM = Path(press.__file__).resolve().parent
_more: set[str] = {str(_PROGRAM), str(_PROGRAM.parent / "styles")}
"""The real paths of the folders that are open as well: the program's own, and allowed ones."""


class Refused(OSError):
    """A file that does not pass; `strerror` says why, to follow "the file"."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(None, reason)
        self.hint = hint


def open_project(root: Path) -> None:
    """Close every folder but a project's, the program's own, and those of `allow`."""
    global _root  # noqa: PLW0603 - what is open concerns the whole process
    _root = os.path.realpath(root)


def listen(listener: Callable[[str, int], None] | None) -> None:
    """Call a function with the real path and the size of each file that is opened."""
    global _listener  # noqa: PLW0603 - as above
    _listener = listener


def allow(*folders: Path) -> None:
    """Open folders for good: the program's own, or one that the command line names."""
    _more.update(os.path.realpath(folder) for folder in folders)


def allowed() -> list[str]:
    """Return the folders that were opened with `allow`, for another process."""
    return sorted(_more)


def state() -> tuple[str | None, frozenset[str]]:
    """Return what is open, for `restore` in another process."""
    return _root, frozenset(_more)


def restore(said: tuple[str | None, frozenset[str]]) -> None:
    """Open what was open when this `state` was returned, here or elsewhere, and nothing else."""
    global _root  # noqa: PLW0603
    _root = said[0]
    _more.clear()
    _more.update(said[1])


def is_inside(path: Path) -> bool:
    """Return whether a path leads to a place that is open, after all links are resolved.

    Raises:
        OSError, ValueError: the path cannot exist: too long, or with links in a circle.
    """
    return _leads_inside(os.path.realpath(path))


def _leads_inside(real: str) -> bool:
    return _root is None or any(
        real == home or real.startswith(home.rstrip(os.sep) + os.sep) for home in (_root, *_more)
    )


def check(path: Path, kind: Kind) -> None:
    """Refuse a file that another library will open; the errors are those of `read`."""
    with _opened(path, anywhere=False) as handle:
        _limit(os.fstat(handle).st_size, kind)


def read(path: Path, kind: Kind = "text", *, anywhere: bool = False) -> bytes:
    """Return the bytes of a file; with `anywhere`, of one that the program made.

    Raises:
        Refused: it is outside, not a regular file, or too large.
        OSError: it is missing or unreadable.
    """
    return b"".join(_pieces(path, kind, anywhere=anywhere))


def hash_of(path: Path, kind: Kind = "file", *, anywhere: bool = False) -> str:
    """Return the SHA-256 of a file, read piece by piece; the errors are those of `read`.

    `anywhere` is for files that are not part of the project, such as outputs: their place and
    size do not matter.
    """
    found = hashlib.sha256()
    for piece in _pieces(path, None if anywhere else kind, anywhere=anywhere):
        found.update(piece)
    return found.hexdigest()


def _pieces(path: Path, kind: Kind | None, *, anywhere: bool) -> Iterator[bytes]:
    """Yield the bytes of a file that is not larger than its kind may be."""
    with _opened(path, anywhere=anywhere) as handle:
        _limit(os.fstat(handle).st_size, kind)
        read = 0
        while piece := os.read(handle, _PIECE):
            read += len(piece)
            _limit(read, kind)  # it may have grown
            yield piece


def _limit(size: int, kind: Kind | None) -> None:
    if kind and size > LIMITS[kind]:
        reason = f"is {size / 2**20:.0f} MB; the maximum is {LIMITS[kind] >> 20} MB"
        raise Refused(reason, "make it smaller, or delete what was added by mistake")


@contextmanager
def _opened(path: Path, *, anywhere: bool) -> Iterator[int]:
    """Open a regular file that is inside, or anywhere; a pipe or a device is not waited for."""
    real = os.path.realpath(path)
    if not anywhere and not _leads_inside(real):
        hint = "copy it into the project, or allow its folder with --allow"
        raise Refused("is outside the project", hint)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(real, flags | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        facts = os.fstat(handle)
        mode = facts.st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
            raise Refused(f"is {kind}", "put a file there, or use the path of another")
        if _listener:
            _listener(real, facts.st_size)
        yield handle
    finally:
        os.close(handle)

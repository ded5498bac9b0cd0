"""What is compiled once and kept beside the program, as Python keeps its own modules (PEP 3147).

In: a name, what the compiled form depends on, and a function that makes it. Out: its bytes, made by
this process or an earlier one. Only for what belongs to the program: a project's files are never
kept here. This module must not know what is compiled.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

_HEAD = 32


def keeps() -> bool:
    """Return whether this process can keep what it compiles."""
    return not sys.dont_write_bytecode and os.access(_path("any").parent, os.W_OK)


def kept(name: str, of: str, make: Callable[[], bytes]) -> bytes:
    """Return what `make` returns, or what it returned when this was last made of the same."""
    path, head = _path(name), hashlib.sha256(MAGIC_NUMBER + of.encode()).digest()
    data = b""
    with contextlib.suppress(OSError):
        data = path.read_bytes()
    made = data[2 * _HEAD :]
    if data[: 2 * _HEAD] == head + hashlib.sha256(made).digest():
        return made
    made = make()
    if keeps():
        new = path.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):  # the next process tries again
            try:
                new.write_bytes(head + hashlib.sha256(made).digest() + made)
                new.replace(path)
            finally:
                new.unlink(missing_ok=True)
    return made


def _path(name: str) -> Path:
    return Path(cache_from_source(str(Path(__file__).with_name(f"{name}.py")))).with_suffix(".kept")

"""Hashes of bytes, of files, and of any value that JSON can represent.

In: bytes, paths, values. Out: hexadecimal digits of SHA-256. Must not know what is hashed, or why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from press.core import gate


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, wherever it is.

    Raises:
        OSError: the file cannot be read, or is not a regular file.
    """
    return gate.hash_of(path, anywhere=True)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file that the program made or found; empty if it cannot be read."""
    try:
        return digest_of(path)
    except OSError:
        return ""


def source_digest(path: Path) -> str:
    """Return the SHA-256 of a file of the project; empty if it cannot be read, or is outside."""
    try:
        return gate.hash_of(path)
    except (OSError, ValueError):
        return ""


class FileDigests(dict[Path, str]):
    """The SHA-256 of files by their paths, each read when it is first asked for and not again.

    It is for one run, in which a file counts as it was when the run began.
    """

    def __missing__(self, path: Path) -> str:
        """Read a file; its digest is empty if it cannot be read."""
        self[path] = source_digest(path)
        return self[path]


def json_digest(value: Any, default: Callable[[Any], Any] = str) -> str:
    """Return the SHA-256 of a value written as canonical JSON: keys sorted, no escapes.

    `default` converts a value that JSON cannot represent.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=default)
    return digest(text.encode(errors="surrogatepass"))

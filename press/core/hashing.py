"""Hashes of bytes, of files, and of any value that JSON can represent.

In: bytes, paths, values. Out: hexadecimal digits of SHA-256. Must not know what is hashed, or why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        OSError: the file cannot be read.
    """
    return digest(path.read_bytes())


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file; empty if it cannot be read."""
    try:
        return digest_of(path)
    except OSError:
        return ""


def json_digest(value: Any, default: Callable[[Any], Any] = str) -> str:
    """Return the SHA-256 of a value written as canonical JSON: keys sorted, no escapes.

    `default` converts a value that JSON cannot represent.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=default)
    return digest(text.encode(errors="surrogatepass"))


def fingerprint(paths: Iterable[tuple[str, Path]], versions: Mapping[str, str]) -> str:
    """Return one hash over the names and contents of files, and over versions."""
    files = {name: file_digest(path) for name, path in paths}
    return json_digest({"versions": dict(versions), "files": files})

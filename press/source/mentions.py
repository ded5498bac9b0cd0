"""The keys that articles mention: an entry that one of them cites is not idle in another one.

In: the files of articles. Out: keys, found without parsing: too many rather than too few. What was
found in a file is remembered until the file changes. This module must not know bibliographies.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from press.core import gate

_KEY = re.compile(rb"@\{?([\w\x80-\xff:.#$%&+?<>~/*-]+)")
_ENDS = ":.?/-*"
"""What may follow a key that has no braces."""

_Stamp = tuple[int, int]
_known: dict[Path, tuple[_Stamp, frozenset[str]]] = {}
_counted: list[tuple[dict[Path, _Stamp], Counter[str]]] = []
"""The last count of all keys, and the files that were counted."""


def mentioned(articles: Sequence[Path], but: Path) -> set[str]:
    """Return the keys that articles mention, other than `but`."""
    stamps = {path: _stamp(path) for path in articles}
    if not _counted or _counted[0][0] != stamps:
        found = Counter(key for path, stamp in stamps.items() for key in _keys(path, stamp))
        _counted[:] = [(stamps, found)]
    own = _keys(but, stamps[but]) if but in stamps else ()
    return {key for key, times in _counted[0][1].items() if times > (key in own)}


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _keys(path: Path, stamp: _Stamp) -> frozenset[str]:
    if path not in _known or _known[path][0] != stamp:
        try:
            text = gate.read(path)
        except (OSError, ValueError):
            text = b""
        keys = {key.decode("utf-8", "replace") for key in _KEY.findall(text)}
        _known[path] = stamp, frozenset({*keys, *(key.rstrip(_ENDS) for key in keys)})
    return _known[path][1]

"""The keys that articles mention: an entry that one of them cites is not idle in another one.

In: the files of articles. Out: keys, found without parsing: too many rather than too few; only from
articles that use the bibliography in question. What was found in a file is remembered until the
file changes. This module must not know what is in a bibliography.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from press.core import gate
from press.core.files import beside, decode
from press.core.hashing import json_digest
from press.core.records import dataclass

if TYPE_CHECKING:
    from press.core.model import Config

_KEY = re.compile(rb"@\{?([\w\x80-\xff:.#$%&+?<>~/*-]+)")
_ENDS = ":.?/-*"
"""What may follow a key that has no braces."""
_BIBLIOGRAPHY = "bibliography"

_Stamp = tuple[int, int]


@dataclass(frozen=True)
class _Told:
    """What an article mentions."""

    keys: frozenset[str]
    names: tuple[str, ...] | None
    """The bibliographies that it names itself; None if its front matter has no such key."""


@dataclass
class _Count:
    """What articles mention of a bibliography."""

    articles: int = 0
    """Those that use it."""
    times: Counter[str] = field(default_factory=Counter)
    """Those that mention each key."""


_known: dict[Path, tuple[_Stamp, _Told]] = {}
_counted: list[tuple[object, Mapping[str, _Count]]] = []
"""The last count of all keys, and what was counted."""


@dataclass(frozen=True)
class Mentions:
    """What the articles of a project mention."""

    root: Path
    articles: Sequence[Path]
    config: Config

    def others(self, but: Path, file: str) -> set[str]:
        """Return the keys that articles mention, other than `but`, and take from a bibliography.

        `file` is its name in the project. One in the front matter of an article is for no other.
        """
        path = os.path.normpath(self.root / file)
        if Path(path) in self.articles:
            return set()
        times = self._count().get(path, _Count()).times
        own = _told(but, _stamp(but))
        mine = own.keys if but in self.articles and path in self._used(but, own) else ()
        return {key for key, number in times.items() if number > (key in mine)}

    def digest(self) -> str:
        """Return a digest of all that decides what `others` returns.

        A bibliography of one article has no others.
        """
        return json_digest(
            {
                os.path.relpath(path, self.root): sorted(
                    (key, min(number, 2)) for key, number in count.times.items()
                )
                for path, count in self._count().items()
                if count.articles > 1
            }
        )

    def _count(self) -> Mapping[str, _Count]:
        """Count the articles that mention each key, for each bibliography."""
        stamps = {path: _stamp(path) for path in self.articles}
        of = self.root, stamps, self.config.bibliography, self._default
        if not _counted or _counted[0][0] != of:
            counts: dict[str, _Count] = {}
            for article, stamp in stamps.items():
                told = _told(article, stamp)
                for path in self._used(article, told):
                    count = counts.setdefault(path, _Count())
                    count.articles += 1
                    count.times.update(told.keys)
            _counted[:] = [(of, counts)]
        return _counted[0][1]

    def _used(self, article: Path, told: _Told) -> set[str]:
        """Return the paths of the bibliographies of an article."""
        folders = article.parent, self.root
        names = self._default if told.names is None else told.names
        paths = (beside(name, folders) for name in names or self.config.bibliography)
        return {os.path.normpath(path) for path in paths}

    @property
    def _default(self) -> tuple[str, ...]:
        """The bibliographies that an article has by `[article]` of makebook.toml."""
        return _names(self.config.article.values) or ()


def remember(path: Path, keys: Iterable[str], names: Iterable[str] | None) -> None:
    """Take what `recorded` returned for a file that has not changed since."""
    told = _Told(frozenset(keys), None if names is None else tuple(names))
    _known[path] = _stamp(path), told


def recorded(path: Path) -> tuple[list[str], list[str] | None]:
    """Return the keys that an article mentions, and the bibliographies that it names, or None."""
    told = _told(path, _stamp(path))
    return sorted(told.keys), None if told.names is None else list(told.names)


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _told(path: Path, stamp: _Stamp) -> _Told:
    if path not in _known or _known[path][0] != stamp:
        try:
            text = gate.read(path)
        except (OSError, ValueError):
            text = b""
        keys = {key.decode("utf-8", "replace") for key in _KEY.findall(text)}
        names = _own_names(text) if _BIBLIOGRAPHY.encode() in text else None
        _known[path] = stamp, _Told(frozenset({*keys, *(key.rstrip(_ENDS) for key in keys)}), names)
    return _known[path][1]


def _own_names(text: bytes) -> tuple[str, ...] | None:
    from press.source.front_matter import split

    fields, _, _ = split(decode(text, "", []) or "", "", [])
    return _names(fields.values)


def _names(values: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the bibliographies that front matter names; None if it has no such key."""
    from press.source.values import FieldReader, Fields

    if _BIBLIOGRAPHY not in values:
        return None
    return FieldReader(Fields("", values, {}), []).strings(_BIBLIOGRAPHY)

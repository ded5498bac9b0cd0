"""Finished files as `makebook serve` shows them: located, drawn, extracted from e-books.

In: the output folder, and names from URLs, which may be hostile. Out: paths in that folder, and
bytes. This module must not know the web.
"""

from __future__ import annotations

import posixpath
import threading
from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from press.build.preview import png
from press.core.files import COVERS, MANIFEST
from press.core.formats import FORMATS
from press.core.hashing import digest
from press.core.manifest import published_hashes
from press.readback.epub import Book
from press.readback.pdf import page_sizes, raster

_SHOWN = frozenset((*(facts.ending for facts in FORMATS.values()), ".json"))
"""Endings of files that may be requested from the output folder."""
_PICTURES = 48
_HIGHEST = 6000
"""Pixels; a very long page is drawn smaller."""


Source = Path | bytes
"""A finished file, or the bytes of a newer version."""


def _read(source: Source) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()


class Pictures:
    """Pages of PDFs as PNG; the latest are cached."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        """PDFium is not thread-safe."""
        self._kept: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()

    def page(self, source: Source, number: int, width: int) -> bytes:
        """Return a page as a PNG `width` pixels wide; pages count from 0.

        Raises:
            ValueError: there is no such page, or the PDF cannot be opened.
        """
        name = (
            digest(source) if isinstance(source, bytes) else f"{source}:{source.stat().st_mtime_ns}"
        )
        key = (name, number, width)
        with self._lock:
            if key not in self._kept:
                data = _read(source)
                sizes = page_sizes(data)
                if number >= len(sizes):
                    raise ValueError(f"there is no page {number}")
                wide, high = sizes[number]
                fitting = max(1, min(width, int(_HIGHEST * wide / max(high, 1))))
                self._kept[key] = png(raster(data, number, fitting), quick=True)
                while len(self._kept) > _PICTURES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def sizes(self, path: Path) -> list[tuple[float, float]]:
        """Return width and height of every page, in points."""
        with self._lock:
            return page_sizes(path.read_bytes())


def published(output: Path, name: str) -> Path | None:
    """Return a file of the output folder by its name in a URL; None if it may not be shown.

    Only files that makebook made are shown: those of which a manifest tells.
    """
    if "\0" in name or "\\" in name or not name:
        return None
    parts = name.split("/")
    if any(part in ("", ".", "..") or part.startswith(".") or ":" in part for part in parts):
        return None
    try:
        home = output.resolve()
        path = (home / name).resolve()
        inside = path.is_relative_to(home) and path.is_file()
    except (OSError, ValueError, RuntimeError):
        return None
    if not inside or (path.suffix not in _SHOWN and COVERS not in parts[:2]):
        return None
    issue, _, rest = name.partition("/")
    ours = name in _hashes(home) or (rest and rest in _hashes(home / issue))
    return path if ours else None


def _hashes(folder: Path) -> Mapping[str, str]:
    """Return the names of the published files of a folder; read again only if they changed."""
    try:
        facts = (folder / MANIFEST).stat()
    except OSError:
        return {}
    return _known(folder, facts.st_mtime_ns, facts.st_size, facts.st_ino)


@lru_cache(32)
def _known(folder: Path, *_: int) -> Mapping[str, str]:
    return published_hashes(folder) or {}


def book_file(source: Source, name: str) -> bytes | None:
    """Return a file of an e-book; None if there is none, or it is too large to show.

    Raises:
        ValueError: the e-book cannot be opened.
    """
    book = Book(_read(source))
    try:
        return book.read(name)
    except (KeyError, ValueError):
        return None


def book_chapters(source: Source) -> list[dict[str, str]]:
    """List the path and title of each chapter of an e-book, in reading order.

    Raises:
        ValueError: the e-book cannot be opened.
    """
    book, found = Book(_read(source)), []
    for name in book.spine:
        title = book.tree(name).findtext(".//{*}title") or posixpath.basename(name)
        found.append({"path": name, "title": " ".join(title.split())})
    return found

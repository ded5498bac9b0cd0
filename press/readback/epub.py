"""A finished e-book, opened as a reading system opens it: container, package, spine.

In: the bytes of an EPUB, which anyone may have made or damaged. Out: its items, trees, and cover.
This module must not know how the book was made, or what it should hold.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from urllib.parse import unquote

from lxml import etree

from press.core.records import dataclass
from press.core.trees import Element

LARGEST = 64 * 2**20
"""Limit for a file in an e-book, in bytes; ours are far smaller."""
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compression methods that EPUB allows (OCF 3.3, 4.2)."""


@dataclass(frozen=True)
class PackageItem:
    """A file that the package lists."""

    path: str
    """Its name in the archive."""
    media_type: str
    properties: tuple[str, ...]


class Book:
    """An EPUB (EPUB 3.3, 4.2.6). Each method raises ValueError if the part it reads is damaged."""

    def __init__(self, data: bytes) -> None:
        with _damage():
            self._archive = zipfile.ZipFile(io.BytesIO(data))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the files, in the order of the archive."""
        return tuple(self._archive.namelist())

    def read(self, name: str, most: int = LARGEST) -> bytes:
        """Return the bytes of a file, at most `most`.

        Raises:
            KeyError: there is no such file.
            ValueError: the file is damaged, too large, or not compressed as EPUB allows.
        """
        info = self._archive.getinfo(name)
        if info.file_size > most or info.compress_type not in _PACKED:
            raise ValueError(f"'{name}' is too large or not compressed as EPUB allows")
        with _damage():
            return self._archive.read(info)

    def tree(self, name: str) -> Element:
        """Return a file of the book as a tree, resolving no entities and fetching nothing."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        with _damage():
            return etree.fromstring(self.read(name), parser)

    @cached_property
    def items(self) -> dict[str, PackageItem]:
        """The files that the package lists, by id."""
        folder, package = self._package
        return {
            element.get("id") or "": PackageItem(
                posixpath.normpath(posixpath.join(folder, unquote(element.get("href") or ""))),
                element.get("media-type") or "",
                tuple((element.get("properties") or "").split()),
            )
            for element in package.iter("{*}item")
        }

    @cached_property
    def spine(self) -> list[str]:
        """The names of the content documents, in reading order."""
        _, package = self._package
        with _damage():
            return [self.items[e.get("idref") or ""].path for e in package.iter("{*}itemref")]

    def cover(self) -> bytes | None:
        """Return the cover picture; None if the book has none (EPUB 3.3, D.2)."""
        covers = [item.path for item in self.items.values() if "cover-image" in item.properties]
        with _damage():
            return self.read(covers[0]) if covers else None

    @cached_property
    def _package(self) -> tuple[str, Element]:
        """The folder of the package document, and the document itself."""
        with _damage():
            container = self.tree("META-INF/container.xml")
            path = next(container.iter("{*}rootfile")).get("full-path") or ""
            return posixpath.dirname(path), self.tree(path)


@contextmanager
def _damage() -> Iterator[None]:
    """Turn whatever a damaged archive or document raises into a ValueError."""
    try:
        yield
    except KeyError as error:
        raise ValueError(f"a part is missing ({error})") from None
    except StopIteration:
        raise ValueError("there is no package document") from None
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError) as error:
        raise ValueError(str(error)) from None  # NotImplementedError is a RuntimeError
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None

"""The proof of an e-book: opened again, and all that must be in it is found in it.

In: a Document and the bytes of its EPUB. Out: a problem for whatever is missing, not to be seen, or
leads nowhere. The book is opened by its container and package, as a reading system does, and read
as it shows by day and by night. What stands in its table of contents proves nothing.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from press.core.model import Artifact, Document
from press.core.problems import Problem, Span, counted
from press.core.trees import Element
from press.document.units import Unit, letters, units
from press.proof.pdf import HINT, lost, no_short
from press.proof.visibility import DARK, LIGHT, seen

_XHTML = "{http://www.w3.org/1999/xhtml}"
_TYPE = "{http://www.idpf.org/2007/ops}type"


def prove_epub(document: Document, artifact: Artifact) -> list[Problem]:
    """Prove an EPUB. Problems: PRF001 text, PRF002 short disclaimer, PRF003 links, PRF004."""
    span = Span(artifact.name)
    try:
        book = _read_epub(artifact.data)
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError) as error:
        return [Problem("PRF005", span, f"cannot be opened again: {error}", HINT)]
    problems: list[Problem] = []
    night = [(DARK, " by night")] if "prefers-color-scheme" in book.css else []
    for where, said in ((LIGHT, ""), *night):
        texts = [letters(seen(tree, book.css, where, ("nav",))) for tree in book.trees]
        wanted = [*units(document), Unit("identifying line", document.stamp)]
        found = lost(wanted, texts, span, said)
        if letters(document.short) not in "".join(texts):
            found.append(no_short(span, said))
        problems = problems or found  # what is missing by day is missing
    for file, target in book.dead:
        message = f"{file}: the link to '{target}' leads nowhere"
        problems.append(Problem("PRF003", span, message, HINT))
    if book.pages != [str(number) for number in range(1, artifact.pages + 1)]:
        message = f"the page-list has {counted(len(book.pages), 'page')}, the PDF {artifact.pages}"
        problems.append(Problem("PRF004", span, message, HINT))
    return problems


@dataclass(frozen=True)
class _Book:
    trees: list[Element]
    """Its content documents, in the order of reading."""
    css: str
    dead: list[tuple[str, str]]
    pages: list[str]


def _read_epub(data: bytes) -> _Book:
    """Open an EPUB by its container and package, as a reading system does (EPUB 3.3, 4.2.6)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        container = etree.fromstring(archive.read("META-INF/container.xml"))
        rootfile = next(e for e in container.iter("{*}rootfile"))
        opf = rootfile.get("full-path") or ""
        package = etree.fromstring(archive.read(opf))
        folder = posixpath.dirname(opf)
        items = {
            e.get("id"): posixpath.join(folder, unquote(e.get("href") or ""))
            for e in package.iter("{*}item")
        }
        kinds = {
            posixpath.join(folder, unquote(e.get("href") or "")): e.get("media-type")
            for e in package.iter("{*}item")
        }
        files = [items[e.get("idref")] for e in package.iter("{*}itemref")]
        trees = {name: etree.fromstring(archive.read(name)) for name in files}
        names = set(archive.namelist())
        css = "".join(archive.read(n).decode() for n, kind in kinds.items() if kind == "text/css")
    pages = [
        "".join(link.itertext())
        for tree in trees.values()
        for nav in tree.iter(f"{_XHTML}nav")
        if nav.get(_TYPE) == "page-list"
        for link in nav.iter(f"{_XHTML}a")
    ]
    return _Book([trees[name] for name in files], css, list(_dead_links(trees, names)), pages)


def _dead_links(trees: dict[str, Element], names: set[str]) -> Iterator[tuple[str, str]]:
    ids = {name: {e.get("id") for e in tree.iter("*")} for name, tree in trees.items()}
    for name, tree in trees.items():
        for element in tree.iter(f"{_XHTML}a", f"{_XHTML}img", f"{_XHTML}link"):
            target = element.get("href") or element.get("src") or ""
            if not target or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", target):
                continue
            file, _, fragment = target.partition("#")
            path = (
                posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(file)))
                if file
                else name
            )
            if path not in names or (fragment and unquote(fragment) not in ids.get(path, set())):
                yield name, target

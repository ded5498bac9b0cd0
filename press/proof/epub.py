"""The proof of an e-book, which is opened again and searched for everything it must contain.

In: a Document and the bytes of its EPUB. Out: a problem for whatever is missing, hidden, altered,
doubled, or in another place, or leads nowhere. The book is opened by its container and package, as
a reading system does, and read as it appears in light and in dark mode. Text in its table of
contents does not count. This module must not know how the book was made.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from urllib.parse import unquote

from press.core.model import Artifact, Document
from press.core.problems import Problem, Span, counted
from press.core.trees import Element, has_class
from press.proof.elements import Look, Page, prove_pages
from press.proof.matching import HINT
from press.proof.visibility import DARK, LIGHT, Sight, Surface
from press.readback.epub import Book

_XHTML = "{http://www.w3.org/1999/xhtml}"
_TYPE = "{http://www.idpf.org/2007/ops}type"


def prove_epub(document: Document, artifact: Artifact, problems: list[Problem]) -> None:
    """Prove an EPUB.

    Problems: PRF001 text, PRF002 short disclaimer, PRF003 links, PRF004 page list, PRF005 a book
    that cannot be opened, PRF006 text that is not as in the document.
    """
    span = Span(artifact.name)
    try:
        book = Book(artifact.data)
        trees = {name: book.tree(name) for name in book.spine}
        css = "".join(_styles(book))
    except (KeyError, ValueError) as error:
        problems.append(Problem("PRF005", span, f"cannot be opened: {error}", HINT))
        return
    problems += _prove_text(document, book, trees, css, span)
    problems += _prove_draft(document, trees, css, span)
    for file, target in _dead_links(trees, book.names):
        message = f"{file}: the link to '{target}' is broken"
        problems.append(Problem("PRF003", span, message, HINT))
    listed = _pages(trees.values())
    if listed != [str(number) for number in range(1, artifact.pages + 1)]:
        has = counted(len(listed), "page")
        message = f"the page list has {has}, but the PDF has {artifact.pages}"
        problems.append(Problem("PRF004", span, message, HINT))


def _prove_text(
    document: Document, book: Book, trees: Mapping[str, Element], css: str, span: Span
) -> Iterator[Problem]:
    views: dict[Surface, str] = {LIGHT: ""}
    if "prefers-color-scheme" in css:
        views[DARK] = " in dark mode"
    looks = [Look(surface, said) for surface, said in views.items()]
    pages = [
        Page(tree, Sight(tree, css), looks, partial(_picture, book, name))
        for name, tree in trees.items()
    ]
    return prove_pages(document, pages, span)


def _prove_draft(
    document: Document, trees: Mapping[str, Element], css: str, span: Span
) -> Iterator[Problem]:
    """Prove that each file of a draft but its cover says so, where it can be seen: PRF002."""
    if document.matter.status != "draft":
        return
    word = document.labels["draft"]
    for name, tree in trees.items():
        hidden = Sight(tree, css).hidden(LIGHT)
        marks = (e for e in tree.iter(f"{_XHTML}p") if has_class(e, "draft"))
        said = any(e not in hidden and "".join(e.itertext()) == word for e in marks)
        if not said and not any(has_class(e, "cover") for e in tree.iter(f"{_XHTML}div")):
            message = f"{name}: the word '{word}' is missing"
            yield Problem("PRF002", span, message, HINT)


def _picture(book: Book, page: str, src: str) -> bytes:
    """Return a picture of the book; nothing if it has none of that name."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(src)))
    try:
        return book.read(path)
    except (KeyError, ValueError):
        return b""


def _styles(book: Book) -> Iterator[str]:
    for item in book.items.values():
        if item.media_type == "text/css":
            yield book.read(item.path).decode()


def _pages(trees: Iterable[Element]) -> list[str]:
    """Return the labels of the page list."""
    return [
        "".join(link.itertext())
        for tree in trees
        for nav in tree.iter(f"{_XHTML}nav")
        if nav.get(_TYPE) == "page-list"
        for link in nav.iter(f"{_XHTML}a")
    ]


def _dead_links(trees: Mapping[str, Element], names: Collection[str]) -> Iterator[tuple[str, str]]:
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

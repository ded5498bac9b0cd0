"""Mutants of e-books and web pages: one text at a time is removed, moved, doubled, or altered.

In: a finished EPUB or web page. Out: mutants, each the whole file with one fault. A file is parsed
once; each mutant is a changed copy of one tree in it.
"""

from __future__ import annotations

import base64
import copy
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from lxml import etree

from press.core.trees import BLOCKS, Element
from tests.trial.changes import Edit, altered
from tests.trial.mutant import Mutant
from tests.trial.projects import Finished
from tests.trial.units import belongs, described, drawn, fold, local, own_text, texts

Tree: TypeAlias = "etree._ElementTree[Element]"
Change = Callable[[list[Element]], None]
"""Changes a tree, whose elements it gets in document order."""
_OURS = frozenset("nav header footer".split())
"""Elements in which the program has links of its own."""


@dataclass(frozen=True)
class _Host:
    """A tree in a finished file, and how to write the file with another tree in its place."""

    finished: Finished
    tree: Tree
    write: Callable[[Tree], bytes]

    def mutant(self, kind: str, about: tuple[str, ...], change: Change, more: str = "") -> Mutant:
        """Return the mutant that a change makes."""

        def make() -> bytes:
            changed = copy.deepcopy(self.tree)
            change(list(changed.getroot().iter()))
            return self.write(changed)

        return Mutant(self.finished, kind, about, make, more)


@dataclass(frozen=True)
class _Site:
    """A block with text."""

    place: int
    """Its place in document order."""
    own: str
    """Its own text, without that of the blocks in it."""
    inside: str = ""
    """The text of the document in it, if the program adds words, such as a label."""

    @property
    def text(self) -> str:
        return " ".join(self.own.split())


def book_mutants(finished: Finished) -> Iterator[Mutant]:
    """Yield the mutants of an e-book."""
    archive = zipfile.ZipFile(io.BytesIO(finished.artifact.data))
    files = {info.filename: archive.read(info) for info in archive.infolist()}
    for name, data in files.items():
        if name.endswith((".xhtml", ".svg")):
            tree = etree.ElementTree(etree.fromstring(data))
            host = _Host(finished, tree, _into_book(files, name))
            yield from (_tree_mutants if name.endswith(".xhtml") else _drawing_mutants)(host)


def _into_book(files: dict[str, bytes], name: str) -> Callable[[Tree], bytes]:
    def write(tree: Tree) -> bytes:
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
            for each, content in files.items():
                changed = etree.tostring(tree) if each == name else content
                archive.writestr(zipfile.ZipInfo(each), changed)  # the same bytes at any time
        return data.getvalue()

    return write


def page_mutants(finished: Finished) -> Iterator[Mutant]:
    """Yield the mutants of a web page."""
    parser = etree.XMLParser(huge_tree=True)
    tree = etree.ElementTree(etree.fromstring(finished.artifact.data, parser))
    yield from _tree_mutants(_Host(finished, tree, etree.tostring))
    for place, image in enumerate(tree.getroot().iter()):
        head, _, data = (image.get("src") or "").partition(",")
        if head == "data:image/svg+xml":
            drawing = etree.ElementTree(etree.fromstring(unquote_to_bytes(data)))
            yield from _drawing_mutants(_Host(finished, drawing, _into_page(tree, place)))


def _into_page(page: Tree, place: int) -> Callable[[Tree], bytes]:
    def write(drawing: Tree) -> bytes:
        changed = copy.deepcopy(page)
        data = base64.b64encode(etree.tostring(drawing)).decode()
        list(changed.getroot().iter())[place].set("src", f"data:image/svg+xml;base64,{data}")
        return etree.tostring(changed)

    return write


def _tree_mutants(host: _Host) -> Iterator[Mutant]:
    """Yield the mutants of a page or a chapter."""
    document = host.finished.document
    named = {fold(document.short): "=short disclaimer", fold(document.stamp): "=identifying line"}
    every = {fold(each.text): each.text for each in texts(document)}
    wanted = every.keys() | (named.keys() - {""})
    sites = [
        _Site(place, own, "" if fold(own) in wanted else _inside(own, every))
        for place, block in enumerate(host.tree.getroot().iter())
        if (own := own_text(block))
        and local(block) in BLOCKS
        and not any(local(e) == "nav" for e in block.iterancestors())
    ]
    sites = [each for each in sites if each.text and belongs(fold(each.own), wanted)]
    for site in sites:
        about = tuple(filter(None, (site.text, site.inside, named.get(fold(site.own)))))
        yield host.mutant("removed", about, _at(site, _clear))
        yield host.mutant("doubled", about, _at(site, _double))
        yield from _altered(host, site, about)
    for one, other in pairwise(sites):
        if fold(one.own) != fold(other.own):
            about = tuple(filter(None, (one.text, one.inside, other.text, other.inside)))
            yield host.mutant("swapped", about, _swap(one, other))
    yield from _list_mutants(host)
    yield from _link_mutants(host)
    yield from _image_mutants(host)


def _inside(own: str, every: Mapping[str, str]) -> str:
    """Return the longest text of the document in another text."""
    whole = fold(own)
    found = [text for words, text in every.items() if len(words) > 2 and words in whole]
    return max(found, key=len, default="")


def _is_ours(element: Element) -> bool:
    return any(local(each) in _OURS for each in element.iterancestors())


def _altered(host: _Host, site: _Site, about: tuple[str, ...]) -> Iterator[Mutant]:
    start = max(0, site.own.find(site.inside))
    known = bool(site.inside) and site.inside in site.own
    for kind, found in altered(site.inside if known else site.own).items():
        edit = Edit(start + found.at, found.new)
        words = " ".join(edit.apply(site.own).split())
        yield host.mutant(kind, (*about, words), _at(site, partial(_edit, edit)))


def _at(site: _Site, change: Callable[[Element], None]) -> Change:
    return lambda elements: change(elements[site.place])


def _clear(block: Element) -> None:
    """Remove the text of a block, and keep the blocks in it."""
    block.text = None
    for child in list(block):
        child.tail = None
        if local(child) not in BLOCKS:
            block.remove(child)


def _edit(edit: Edit, block: Element) -> None:
    """Replace one character of a block's own text."""
    left = edit.at
    for element, is_tail in _runs(block):
        text = (element.tail if is_tail else element.text) or ""
        if left < len(text):
            text = text[:left] + edit.new + text[left + 1 :]
            if is_tail:
                element.tail = text
            else:
                element.text = text
            return
        left -= len(text)


def _runs(block: Element) -> Iterator[tuple[Element, bool]]:
    """Yield the places of a block's own text, in the order of `own_text`."""
    yield block, False
    for child in block:
        if local(child) not in BLOCKS:
            yield from _runs(child)
        yield child, True


def _double(block: Element) -> None:
    """Repeat a block after itself, without the blocks in it."""
    again = copy.deepcopy(block)
    for child in list(again):
        if local(child) in BLOCKS:
            again.remove(child)
    for element in again.iter():
        element.attrib.pop("id", None)
    block.addnext(again)
    if again.tail and block.tail:
        block.tail = None


def _swap(one: _Site, other: _Site) -> Change:
    """Exchange what two blocks say, with their links if there are no blocks in them."""

    def change(elements: list[Element]) -> None:
        blocks = elements[one.place], elements[other.place]
        if any(local(child) in BLOCKS for block in blocks for child in block):
            for block, text in zip(blocks, (other.text, one.text), strict=True):
                _clear(block)
                block.text = text
            return
        first, second = blocks
        inside = list(first), list(second)
        first.text, second.text = second.text, first.text
        first[:], second[:] = inside[1], inside[0]

    return change


def _list_mutants(host: _Host) -> Iterator[Mutant]:
    """Yield mutants in which a numbered list begins with another number."""
    for place, numbered in enumerate(host.tree.getroot().iter()):
        if local(numbered) == "ol" and not _is_ours(numbered):
            first = next(iter(numbered), numbered)
            text = " ".join("".join(first.itertext()).split())
            start = str(int(numbered.get("start") or "1") + 1)
            change = _attribute(place, "start", start)
            yield host.mutant("list number", (text, "=list", "=number"), change)


def _link_mutants(host: _Host) -> Iterator[Mutant]:
    """Yield mutants in which an internal link leads nowhere, or is no longer a link."""
    for place, link in enumerate(host.tree.getroot().iter()):
        target = link.get("href") or ""
        inside = re.match(r"#|[\w.-]+\.xhtml", target)
        if local(link) == "a" and inside and not _is_ours(link):
            for value in (f"{target}-gone", None):
                change = _attribute(place, "href", value)
                yield host.mutant("link", ("=link",), change, f"to {target}, now {value}")


def _image_mutants(host: _Host) -> Iterator[Mutant]:
    """Yield mutants in which a picture is described differently, or not at all."""
    known = {fold(each) for each in described(host.finished.document)}
    for place, image in enumerate(host.tree.getroot().iter()):
        if local(image) == "img" and fold(image.get("alt") or "") in known:
            about = (image.get("alt") or "", "=picture", "=image", "=description")
            for value in ("Something else", ""):
                change = _attribute(place, "alt", value)
                yield host.mutant("alt", about, change, f"now '{value}'")


def _attribute(place: int, name: str, value: str | None) -> Change:
    def change(elements: list[Element]) -> None:
        elements[place].attrib.pop(name, None)
        if value is not None:
            elements[place].set(name, value)

    return change


def _drawing_mutants(host: _Host) -> Iterator[Mutant]:
    """Yield mutants in which a text of a drawing is removed or altered."""
    wanted = {fold(text) for words in drawn(host.finished.document).values() for text in words}
    for place, element in enumerate(host.tree.getroot().iter()):
        site = _Site(place, own_text(element))
        if local(element) == "text" and fold(site.own) in wanted:
            about = (site.text, "=drawing", "=picture", "=image")
            yield host.mutant("removed", about, _at(site, _clear), "in a drawing")
            yield from _altered(host, site, about)

"""The chapters: a document split into the files of an e-book.

In: a Document, and for each page of the printed main edition the ids that begin on it. Out:
`Chapter`s of finished XHTML, with roles, page markers, and links between files.
This module must not know packages, ZIP files, or style sheets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Literal

from lxml import etree

from press.core import trees
from press.core.model import Document, Part, PartKind
from press.core.records import dataclass
from press.core.trees import Element, free_id, has_class, plain
from press.document.ranges import range_id, ranges_of
from press.document.semantics import (
    give_roles,
    hold_tables,
    mark_ground,
    stack_tables,
    tell_apart,
)

_EPUB = "http://www.idpf.org/2007/ops"
_TYPE = f"{{{_EPUB}}}type"
etree.register_namespace("epub", _EPUB)
_WIDE = 6
"""Columns from which a table is too wide for a phone and scrolls sideways by itself."""
_SHORT = 500
"""Words below which a file takes in the next section: each file begins on a new screen."""
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass
class Entry:
    """An entry of the table of contents."""

    id: str
    """Empty for the title page and for gathered notices, to which only their file leads."""
    title: str
    below: list[tuple[str, str]] = field(default_factory=list)
    """Id and title of each subheading."""


@dataclass
class Chapter:
    """A file of the e-book."""

    file: str
    content: Element
    """A `<body>` without namespace."""
    kind: PartKind | Literal["title"]
    entries: list[Entry]
    """The first is the file itself."""
    pages: list[tuple[int, str]] = field(default_factory=list)
    """Number and id of each page marker in it."""
    words: int = 0
    """The number of words in it, before it is marked up further."""

    @property
    def title(self) -> str:
        """The title of its first part."""
        return self.entries[0].title

    def ids(self) -> list[str]:
        """Return every id of the file, in reading order."""
        return [e.get("id") or "" for e in self.content.iter("*") if e.get("id")]


def make_chapters(
    document: Document, title: Element, pages: Sequence[Sequence[str]], names: Mapping[str, str]
) -> list[Chapter]:
    """Split a document into chapters.

    `title` is the body of the title page; `pages` lists, for each printed page, the ids that begin
    on it; `names` maps each picture to its file name in the book.
    """
    chapters = [Chapter("title.xhtml", title, "title", [Entry("", document.labels["title-page"])])]
    for section in title[:1]:
        section.set(_TYPE, "titlepage")
    pictures = {image.name: image for image in document.images}
    taken, last = {"title", "contents", "cover"}, dict[str, int]()
    for group in _groups(document.parts):
        new = _chapter(group, document, taken, last)
        if document.bound:  # each article has a file of its own
            chapters.append(new)
        else:
            _add(chapters, new)
    for chapter in chapters:
        _semantics(chapter.content, document)
        hold_tables(chapter.content, _WIDE, document.labels["table"])
        stack_tables(chapter.content)
        tell_apart([chapter.content])
        for image in chapter.content.iter("img"):
            if picture := pictures.get(image.get("src") or ""):
                mark_ground(image, picture)
                image.set("src", names[picture.name])
    _mark_pages(chapters, pages, document.labels["page"])
    for chapter in chapters:
        _spare_backlinks(chapter.content)
        _part_lists(chapter.content)
    _link_files(chapters)
    return chapters


def _groups(parts: Sequence[Part]) -> Iterable[list[Part]]:
    """Group the parts by file: opening notices share one; a notice before a section joins it."""
    waiting: list[Part] = []
    for part in parts:
        if part.place and part.place.kind in ("before", "before-references", "opening"):
            if waiting and waiting[-1].place != part.place:
                yield waiting
                waiting = []
            waiting.append(part)
            continue
        if waiting and _opens(waiting[-1]):
            yield waiting
            waiting = []
        yield [*waiting, part]
        waiting = []
    if waiting:
        yield waiting


def _opens(part: Part) -> bool:
    return part.place is not None and part.place.kind == "opening"


def _chapter(
    parts: list[Part], document: Document, taken: set[str], last: dict[str, int]
) -> Chapter:
    main = parts[-1]
    title = main.title or document.matter.title
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", main.id).strip("-").lower() or "part"
    if _opens(main):
        base = "notices"
    name = free_id(base, taken, last, first=2)
    taken.add(name)
    body = etree.Element("body")
    body.extend(trees.parse(part.xhtml) for part in parts)
    entry = Entry(parts[0].id, title)
    chapter = Chapter(f"{name}.xhtml", body, main.kind, [entry], words=_count_words(body))
    if main.kind == "notice" and len(parts) > 1:
        _gather_notices(chapter, parts, document.labels["notices"])
    if main.kind == "section":
        for heading in body[-1].iter("h3"):
            name = heading.get("id") or ""
            if name and not any(has_class(e, "notice") for e in heading.iterancestors("section")):
                entry.below.append((name, plain(heading)))
    return chapter


def _count_words(body: Element) -> int:
    return len("".join(body.itertext()).split())


def _add(chapters: list[Chapter], new: Chapter) -> None:
    """Add a chapter, or let a short file before it take in what it holds.

    The title page, gathered notices, and the references keep files of their own: landmarks lead to
    them, or their headings are at other levels.
    """
    last = chapters[-1]
    if (
        not last.entries[0].id
        or not new.entries[0].id
        or "references" in (last.kind, new.kind)
        or last.words >= _SHORT
    ):
        chapters.append(new)
        return
    last.content.extend(list(new.content))
    last.entries += new.entries
    last.words += new.words


def _gather_notices(chapter: Chapter, parts: Sequence[Part], title: str) -> None:
    """Put several notices of a file under one title, and list each in the table of contents."""
    for heading in chapter.content.iter(*_HEADINGS):
        heading.tag = f"h{int(str(heading.tag)[1]) + 1}"
    heading = etree.Element("h2")
    heading.text = title
    chapter.content.insert(0, heading)
    chapter.entries = [Entry("", title, [(part.id, part.title) for part in parts])]


def _semantics(body: Element, document: Document) -> None:
    """Set roles, types, and heading levels; the headings of each file begin at level 1."""
    for element in body.iter("*"):
        give_roles(element, document.labels, _TYPE)
        if element.tag in _HEADINGS and element.tag != "h1":
            element.tag = f"h{int(element.tag[1]) - 1}"
        lang = element.get("lang")
        if lang:
            element.set("{http://www.w3.org/XML/1998/namespace}lang", lang)


def _mark_pages(chapters: list[Chapter], pages: Sequence[Sequence[str]], label: str) -> None:
    """Mark where each printed page begins; a page on which nothing begins shares the next place."""
    order: dict[str, tuple[int, Element]] = {}
    homes: list[Chapter] = []
    for chapter in chapters:
        for element in chapter.content.iter("*"):
            name = element.get("id") or ""
            if name and name not in order and element.tag in _STARTS:
                order[name] = len(order), element
                homes.append(chapter)
    elements = [element for _, element in order.values()]
    taken = {id_ for chapter in chapters for id_ in chapter.ids()}
    position = 0
    for number, ids in enumerate(pages, 1):
        places = [order[id_][0] for id_ in ids if id_ in order]
        fresh = [place for place in places if place >= position]
        if fresh:
            position = min(fresh)
        elif number < len(pages):
            later = [order[i][0] for page in pages[number:] for i in page if i in order]
            position = min((p for p in later if p >= position), default=position)
        if not elements:
            break
        name = free_id(f"page-{number}", taken)
        _insert_marker(elements[position], name, f"{label} {number}")
        homes[position].pages.append((number, name))
        if fresh and number < len(pages):
            position = min(position + 1, len(elements) - 1)


_STARTS = frozenset(
    "p li h1 h2 h3 h4 h5 h6 figure table tr section blockquote pre dt dd div".split()
)


def _insert_marker(element: Element, name: str, label: str) -> None:
    marker = etree.Element("span", role="doc-pagebreak", id=name)
    marker.set(_TYPE, "pagebreak")
    marker.set("aria-label", label)
    target: Element = element
    if element.tag in ("table", "tr"):
        target = next(element.iter("th", "td"), element)
    if target.tag in (*_HEADINGS, "figure", "section", "blockquote", "pre", "table", "tr"):
        parent = target.getparent()
        if parent is not None and parent.tag != "li":
            holder = etree.Element("div")
            holder.append(marker)
            target.addprevious(holder)
            return
    position = 0
    while position < len(target) and target[position].get("role") == "doc-pagebreak":
        position += 1
    if position:
        target[position - 1].tail, marker.tail = None, target[position - 1].tail
    else:
        target.text, marker.tail = None, target.text
    target.insert(position, marker)


def _spare_backlinks(body: Element) -> None:
    """Move the id of a reference to its words, without the row of links back after them.

    A reading system takes what the id names into a pop-up; there the row would lead nowhere.
    """
    for item in body.xpath("//ol[@class='reference-list']/li | //ul[@class='reference-list']/li"):
        rest = item.find("span[@class='backlinks']")
        if rest is None:
            continue
        words = etree.Element("span", id=item.attrib.pop("id"))
        words.text, item.text = item.text, None
        words.extend([child for child in item if child is not rest])
        item.insert(0, words)


def _part_lists(body: Element) -> None:
    """Part the list of references so that the link of a range leads to a list of just these.

    A reading system shows what the id names. Ranges that overlap share a list.
    """
    for whole in body.xpath("//ol[@class='reference-list']"):
        items, parent, ranges = list(whole), whole.getparent(), ranges_of(whole)
        if parent is None or not ranges:
            continue
        pieces = _pieces(ranges, len(items))
        place = parent.index(whole)
        for (first, last), names in reversed(pieces.items()):
            part: Element = etree.Element("ol", whole.attrib, start=str(first))
            part.attrib.pop("id", None)
            part.extend(items[first - 1 : last])
            for name in names:
                for spare in part.xpath(f".//span[@id='{name}']"):
                    spare.attrib.pop("id")
                if part.get("id") or part.tag != "ol":
                    outer = etree.Element("div")
                    outer.append(part)
                    part = outer
                part.set("id", name)
            parent.insert(place, part)
        parent.remove(whole)


def _pieces(ranges: Sequence[tuple[int, int]], count: int) -> dict[tuple[int, int], list[str]]:
    """Return the numbers of the first and last item of each part, and the ids that lead to it."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1]:
            first, last = joined[-1][0], max(last, joined.pop()[1])
        joined.append((first, last))
    pieces: dict[tuple[int, int], list[str]] = {}
    start = 1
    for first, last in joined:
        if start < first:
            pieces[start, first - 1] = []
        names = [range_id(*pair) for pair in ranges if first <= pair[0] <= last]
        pieces[first, last], start = names, last + 1
    if start <= count:
        pieces[start, count] = []
    return pieces


def _link_files(chapters: list[Chapter]) -> None:
    """Add the file name to each link whose target is in another file."""
    home = {id_: chapter.file for chapter in chapters for id_ in chapter.ids()}
    for chapter in chapters:
        for link in chapter.content.iter("a"):
            target = link.get("href") or ""
            file = home.get(target[1:]) if target.startswith("#") else None
            if file and file != chapter.file:
                link.set("href", file + target)

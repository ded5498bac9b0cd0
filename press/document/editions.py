"""A Document adapted to one edition: its notes, wide tables, and the place of its references.

In: a Document and an Edition. Out: the Document that is laid out, and the one for the file that
contains only the references. Apart from these, editions differ only in style.
This module must not know any renderer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace

from lxml import etree

from press.core import trees
from press.core.formats import EditionKind, FilePart, file_of
from press.core.model import HERE, Document, Edition, Image, Move, Part
from press.core.tables import grid_of
from press.core.trees import BLOCKS, Element, plain
from press.design.qr import qr_png
from press.document import sheet

_QR = "references-qr.png"
_TO_REFERENCE = re.compile(r'href="#refs?-[^"]*"')


def file_name(article: str, edition: Edition, main: Edition, part: FilePart = "") -> str:
    """Return `NAME.pdf` for the main edition, else `NAME-EDITION.pdf`; `part` comes last."""
    pieces = [article, "" if edition == main else edition.name, part]
    return file_of("-".join(filter(None, pieces)), "pdf")


def printed(document: Document, edition: Edition, companion: str) -> Document:
    """Adapt the notes, tables, and references of a document to an edition.

    `companion` is the name of the references' own file, if the edition has one.
    """
    if edition.kind == "sheet":
        view = sheet.view(document)
        return replace(view, parts=tuple(map(_named, view.parts)))
    columns = _COLUMNS.get(edition.kind)
    away = edition.references not in HERE and bool(document.references)
    parts = tuple(_named(_once(part, away=away)) for part in document.parts)
    images = document.images
    if columns:
        parts = tuple(_with_rows(part, lambda _, count: count > columns) for part in parts)
    if away:
        parts = tuple(
            _elsewhere(document, part, edition, companion)
            if part.kind == "references"
            else replace(part, xhtml=_TO_REFERENCE.sub('href="#references"', part.xhtml))
            for part in parts
        )
    if away and edition.references == "link":
        images = (*images, Image(_QR, qr_png(document.address), "image/png"))
    stamp = _short_stamp(document) if edition.kind == "large-print" else document.stamp
    if parts == document.parts and stamp == document.stamp:
        return document
    # The text that leads to the references includes the address, so it is not printed twice.
    address = "" if away and edition.references == "link" else document.address
    return replace(document, parts=parts, images=images, address=address, stamp=stamp)


_COLUMNS: dict[EditionKind, int] = {"large-print": 2, "booklet": 3}
"""The most columns that fit side by side; a wider table becomes a list of its rows."""


def _once(part: Part, *, away: bool) -> Part:
    """Leave out what links back from a note or a reference to its places: paper has no links.

    A number after the words of a note would be read as one of them. Its letter leads back. The
    references in a file of their own (`away`) say where each is cited; below the text, this would
    take a sixth of their lines.
    """
    gone = ("note-places",) if away else ("note-places", "backlinks")
    if not any(name in part.xhtml for name in gone):
        return part
    root = trees.parse(part.xhtml)
    for places in [e for e in root.iter("p", "span") if any(trees.has_class(e, n) for n in gone)]:
        if places.getparent() is not None:
            trees.remove(places)
    return replace(part, xhtml=trees.serialize(root))


_LINK = re.compile('<a href="#')


def _named(part: Part) -> Part:
    """Let the author's links name the page that they lead to, as cross-references do."""
    if not _LINK.search(part.xhtml):
        return part
    root = trees.parse(part.xhtml)
    for link in root.iter("a"):
        target = link.get("href") or ""
        around = list(link.iterancestors())
        mark = any(e.tag == "sup" or trees.has_class(e, "citation") for e in around)
        if target.startswith("#") and not (mark or link.get("class")):
            listed = any(trees.has_class(e, "contents") for e in around)
            link.set("class", "xref entry" if listed else "xref")
    return replace(part, xhtml=trees.serialize(root))


def _short_stamp(document: Document) -> str:
    """Return the shorter identifying line of large print: the one that `diff` asks for.

    With the date and the version, the footer would take four lines of each page.
    """
    return " ".join(filter(None, (document.matter.identifier, document.hash)))


def moved(document: Document, moves: Sequence[Move]) -> Document:
    """Put figures and tables later in their section, or in the next, as they were laid out."""
    parts = list(document.parts)
    for move in moves:
        roots = {
            index: trees.parse(part.xhtml)
            for index, part in enumerate(parts)
            if f'id="{move.id}"' in part.xhtml or f'id="{move.after}"' in part.xhtml
        }
        found = {e.get("id"): e for root in roots.values() for e in root.iter("*")}
        if move.id not in found or move.after not in found:
            continue
        block, after = found[move.id], found[move.after]
        tail, block.tail = block.tail, None
        before = block.getprevious()
        if before is not None:
            before.tail = f"{before.tail or ''}{tail or ''}" or None
        after.addnext(block)
        for index, root in roots.items():
            parts[index] = replace(parts[index], xhtml=trees.serialize(root))
    return replace(document, parts=tuple(parts)) if moves else document


def as_lists(document: Document, ids: Container[str]) -> Document:
    """Turn the tables with these ids into lists of their rows."""
    parts = (_with_rows(part, lambda id_, _: id_ in ids) for part in document.parts)
    return replace(document, parts=tuple(parts))


def _with_rows(part: Part, chosen: Callable[[str, int], bool]) -> Part:
    """Turn tables into lists: each row is an item, each cell follows its column's name.

    `chosen` is called with the id of a table and the number of its columns.
    """
    if "<table" not in part.xhtml:
        return part
    root = trees.parse(part.xhtml)
    for table in list(root.iter("table")):
        grid = grid_of(table)
        if chosen(table.get("id") or "", max(map(len, grid), default=0)):
            _list_rows(table, grid)
    return replace(part, xhtml=trees.serialize(root))


def table_names(document: Document) -> dict[str, str]:
    """Return how an author knows each table, by its id: its caption, or else its first row."""
    found = {}
    for part in document.parts:
        for table in trees.parse(part.xhtml).iter("table"):
            caption, row = table.find("caption"), table.find(".//tr")
            if caption is not None:
                name = plain(caption)
            else:
                name = " | ".join(map(plain, row if row is not None else ()))
            found[table.get("id") or ""] = name
    return found


def _list_rows(table: Element, grid: Sequence[Sequence[Element]]) -> None:
    heads = len(table.findall("thead/tr"))
    body = grid[heads:]
    if not body:
        return
    holder = etree.Element("div", attrib={"class": "rows"})
    if table.get("id"):
        holder.set("id", table.get("id") or "")
    if (caption := table.find("caption")) is not None:
        caption.tag = "p"
        caption.set("class", "caption")
        holder.append(caption)
    rows = etree.SubElement(holder, "ul", attrib={"class": "row-list"})
    names = [_name(column) for column in _columns(grid[:heads])]
    if any(len(cell) for line in grid[:heads] for cell in line):
        # Column names with links or notes are more than words: print them once, unchanged.
        _item(rows, dict.fromkeys(cell for line in grid[:heads] for cell in line))
    for line in body:
        labels: dict[Element, list[str]] = {}
        for place, cell in enumerate(line):
            name = names[place] if place < len(names) else ""
            labels.setdefault(cell, []).append(name)
        _item(rows, {cell: ", ".join(filter(None, found)) for cell, found in labels.items()})
    holder.tail = table.tail
    parent = table.getparent()
    assert parent is not None
    parent.replace(table, holder)


def _columns(lines: Sequence[Sequence[Element]]) -> Iterator[list[Element]]:
    """Yield the cells of each column, from the top."""
    for place in range(max(map(len, lines), default=0)):
        yield [line[place] for line in lines if place < len(line)]


def _name(cells: Sequence[Element]) -> str:
    return ", ".join(filter(None, map(plain, dict.fromkeys(cells))))


def _before(label: str) -> str:
    """Return the name of a column as it stands before a cell; a question has a sign already."""
    return f"{label} " if label.endswith("?") else f"{label}: "


def _item(rows: Element, cells: Mapping[Element, str | None]) -> None:
    """Add a row as an item; repeat in plain text any cell that an earlier row already used."""
    item = etree.SubElement(rows, "li", attrib={"class": "row-item"})
    for place, (cell, label) in enumerate(cells.items()):
        if cell.getparent() is not None and cell.getparent().tag == "li":  # type: ignore[union-attr]
            words = plain(cell).removeprefix(_before(label or "").rstrip()).lstrip()
            cell = etree.Element("p")
            cell.text = words
        cell.tag = "div" if any(child.tag in BLOCKS for child in cell) else "p"
        for name in ("class", "colspan", "rowspan", "scope", "headers"):
            cell.attrib.pop(name, None)
        if place == 0:
            cell.set("class", "row-name")
        if label:
            column = etree.Element("span", attrib={"class": "column"})
            column.text = _before(label)
            column.tail, cell.text = cell.text, None
            cell.insert(0, column)
        item.append(cell)


def _elsewhere(document: Document, part: Part, edition: Edition, companion: str) -> Part:
    """Make the section that replaces the references and says where they are."""
    labels, count = document.labels, len(document.references)
    number = "-one" if count == 1 else ""
    section = etree.Element("section", id=part.id)
    section.set("class", "elsewhere")
    section.set("aria-labelledby", "references-title")
    heading = etree.SubElement(section, "h2", id="references-title")
    heading.text = part.title
    said = labels[f"references-file{number}"] if edition.references == "companion" else ""
    if said:
        _paragraph(section, said.format(count=count, file=companion))
    if edition.references == "link":
        alt = labels["online-qr"].format(address=document.address)
        etree.SubElement(section, "img", attrib={"class": "qr", "src": _QR, "alt": alt})
    if document.address:
        words = labels[f"references-online{number}"].format(count=count)
        online = _paragraph(section, f"{words} ")
        link = etree.SubElement(online, "a", href=document.address)
        link.text = document.address
    return Part(part.id, part.kind, part.title, trees.serialize(section))


def _paragraph(section: Element, text: str) -> Element:
    paragraph = etree.SubElement(section, "p")
    paragraph.text = text
    return paragraph


def references_alone(document: Document, pages: Sequence[Sequence[str]]) -> Document:
    """Make the document for the references' own file, with page numbers in place of back links.

    `pages` lists the ids on each page of the handout.
    """
    where = {id_: number for number, ids in enumerate(pages, 1) for id_ in ids}
    parts = []
    for part in document.parts:
        if part.kind == "references":
            root = trees.parse(part.xhtml)
            for link in root.iter("a"):
                page = where.get((link.get("href") or "").removeprefix("#"))
                if link.get("class") == "backlink":
                    link.tag = "span"
                    for name in ("href", "aria-label", "class"):
                        link.attrib.pop(name, None)
                    link.text = f"{link.text} ({document.labels['page-short']} {page})"
            parts.append(replace(part, xhtml=trees.serialize(root)))
    matter = replace(
        document.matter, subtitle=document.labels["references-of"], abstract="", keywords=()
    )
    return replace(document, matter=matter, parts=tuple(parts), address="", contact=())

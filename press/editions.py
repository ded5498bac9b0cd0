"""A Document as one edition prints it: where the references stand.

In: a Document and an Edition. Out: the Document that is laid out, and the one of the file that
holds the references alone. Nothing else differs between editions but the style.
This module must not know any renderer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from lxml import etree

from press import markup
from press.clean import Element
from press.model import Document, Edition, Image, Part
from press.qr import qr_png

_QR = "references-qr.png"
_TO_REFERENCE = re.compile(r'href="#ref-[^"]*"')


def file_name(article: str, edition: Edition, main: Edition, part: str = "") -> str:
    """`NAME.pdf` for the main edition, `NAME-EDITION.pdf` for others; `part` stands at the end."""
    pieces = [article, "" if edition == main else edition.name, part]
    return "-".join(filter(None, pieces)) + ".pdf"


def printed(document: Document, edition: Edition, companion: str) -> Document:
    """The document with its tables and references as the edition wants them.

    `companion` is the name of the file that holds the references where the edition gives them one.
    """
    columns = _COLUMNS.get(edition.kind)
    away = edition.references != "sheet" and bool(document.references)
    parts, images = document.parts, document.images
    if columns:
        parts = tuple(_with_rows(part, columns) for part in parts)
    if away:
        parts = tuple(
            _elsewhere(document, part, edition, companion)
            if part.kind == "references"
            else replace(part, xhtml=_TO_REFERENCE.sub('href="#references"', part.xhtml))
            for part in parts
        )
    if away and edition.references == "link":
        images = (*images, Image(_QR, qr_png(document.address), "image/png"))
    same = parts == document.parts
    return document if same else replace(document, parts=parts, images=images)


_COLUMNS = {"large-print": 2, "booklet": 3}
"""More columns than these do not fit side by side: such a table becomes a list of its rows."""


def _with_rows(part: Part, columns: int) -> Part:
    """A part with its wide tables as lists: each row an item, each cell after its column's name."""
    if "<table" not in part.xhtml:
        return part
    root = markup.parse(part.xhtml)
    for table in list(root.iter("table")):
        if max((len(row) for row in table.iter("tr")), default=0) > columns:
            _list_rows(table)
    return replace(part, xhtml=markup.serialise(root))


def _list_rows(table: Element) -> None:
    names = [cell for row in table.iterfind("thead/tr") for cell in row]
    body = [row for row in table.iter("tr") if row.getparent().tag != "thead"]  # type: ignore[union-attr]
    holder = etree.Element("div", attrib={"class": "rows", "id": table.get("id") or ""})
    caption = table.find("caption")
    if caption is not None:
        caption.tag = "p"
        caption.set("class", "caption")
        holder.append(caption)
    rows = etree.SubElement(holder, "ul", attrib={"class": "row-list"})
    for row in body:
        item = etree.SubElement(rows, "li", attrib={"class": "row-item"})
        for place, cell in enumerate(row):
            cell.tag = "p"
            cell.attrib.pop("class", None)
            if place == 0:
                cell.set("class", "row-name")
            if place < len(names):
                label = etree.Element("span", attrib={"class": "column"})
                label.text = f"{' '.join(''.join(names[place].itertext()).split())}: "
                label.tail, cell.text = cell.text, None
                cell.insert(0, label)
            item.append(cell)
    holder.tail = table.tail
    parent = table.getparent()
    assert parent is not None
    parent.replace(table, holder)


def _elsewhere(document: Document, part: Part, edition: Edition, companion: str) -> Part:
    """What stands in the place of the references: where they are."""
    labels, count = document.labels, len(document.references)
    section = etree.Element("section", id=part.id)
    section.set("class", "elsewhere")
    section.set("aria-labelledby", "references-title")
    heading = etree.SubElement(section, "h2", id="references-title")
    heading.text = part.title
    said = labels["references-file"] if edition.references == "companion" else ""
    if said:
        _paragraph(section, said.format(count=count, file=companion))
    if edition.references == "link":
        alt = labels["online-qr"].format(address=document.address)
        etree.SubElement(section, "img", attrib={"class": "qr", "src": _QR, "alt": alt})
    if document.address:
        online = _paragraph(section, labels["references-online"].format(count=count) + " ")
        link = etree.SubElement(online, "a", href=document.address)
        link.text = document.address
    return Part(part.id, part.kind, part.title, markup.serialise(section))


def _paragraph(section: Element, text: str) -> Element:
    paragraph = etree.SubElement(section, "p")
    paragraph.text = text
    return paragraph


def references_alone(document: Document, pages: Sequence[Sequence[str]]) -> Document:
    """The file of the references: what stands on each page of the handout tells where they lead."""
    where = {id_: number for number, ids in enumerate(pages, 1) for id_ in ids}
    parts = []
    for part in document.parts:
        if part.kind == "references":
            root = markup.parse(part.xhtml)
            for link in root.iter("a"):
                page = where.get((link.get("href") or "").removeprefix("#"))
                if link.get("class") == "backlink":
                    link.tag = "span"
                    for name in ("href", "aria-label", "class"):
                        link.attrib.pop(name, None)
                    link.text = f"{link.text} ({document.labels['page-short']} {page})"
            parts.append(replace(part, xhtml=markup.serialise(root)))
    matter = replace(
        document.matter, subtitle=document.labels["references-of"], abstract="", keywords=()
    )
    return replace(document, matter=matter, parts=tuple(parts), address="", contact=())

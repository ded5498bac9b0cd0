"""Additions for reading on a screen: roles, scrollable tables, numbers to dial.

In: trees of a Document's parts. Out: the same trees, with roles of DPUB-ARIA 1.1 and, for an
e-book, types of the EPUB vocabulary. This module must not know files or packages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from press.core.breaks import mark_long_words
from press.core.model import Document, Image
from press.core.trees import FORMULA, Element, has_class, texts
from press.source.placeholders import telephone_link
from press.source.settings import is_web

ROLES = {
    # class of an element: (role of DPUB-ARIA 1.1, epub:type of the Structural Semantics vocabulary)
    "notice": ("doc-notice", "notice"),
    "notes": ("doc-endnotes", "footnotes"),
    "note": ("doc-footnote", "footnote"),
    "references": ("doc-bibliography", "bibliography"),
    "note-back": ("doc-backlink", "backlink"),
    "backlink": ("doc-backlink", "backlink"),
    # Reading systems open a pop-up only for a `noteref`.
    "cite": ("doc-biblioref", "biblioref noteref"),
}


def mark_ground(element: Element, image: Image) -> None:
    """Set the class by which the styles keep a picture without background visible when dark."""
    if image.ground in ("dark-ink", "mixed"):
        element.set("class", f"{element.get('class', '')} ground-{image.ground}".strip())


def give_roles(element: Element, labels: Mapping[str, str], type_name: str = "") -> None:
    """Set an element's role; `type_name` is the attribute for the types of an e-book, if any."""

    def say(role: str, type_: str) -> None:
        element.set("role", role)
        if type_name:
            element.set(type_name, type_)

    classes = (element.get("class") or "").split()
    for name in classes:
        if name in ROLES and (name != "notes" or element.tag == "section"):
            say(*ROLES[name])
    if "notes" in classes and element.tag == "section":
        element.set("aria-label", labels["notes"])
    if element.tag == "a" and (element.get("id") or "").startswith("noteref-"):
        say("doc-noteref", "noteref")


def hold_tables(body: Element, columns: int, label: str) -> None:
    """Put tables with at least `columns` columns into boxes that scroll sideways, by keyboard too.

    WCAG 2.2, 2.1.1. Cells are not broken instead: a number on two lines is read as two. Only words
    longer than any other may break.
    """
    mark_long_words(body)
    for table in list(body.iter("table")):
        if max((len(row) for row in table.iter("tr")), default=0) >= columns:
            _hold(table, label)


def _hold(table: Element, label: str) -> None:
    caption = table.find("caption")
    name = " ".join("".join(texts(caption)).split()) if caption is not None else label
    holder = etree.Element("div", attrib={"class": "wide", "role": "region", "tabindex": "0"})
    holder.set("aria-label", name)
    parent = table.getparent()
    assert parent is not None
    holder.tail, table.tail = table.tail, None
    parent.replace(table, holder)
    holder.append(table)


_ROLES_OF_TABLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row"}


def stack_tables(body: Element) -> None:
    """Let a narrow screen show wide tables as lists of their rows instead of scrolling them.

    Each cell gets the name of its column; roles keep what the style no longer shows (ARIA in HTML,
    4). A table with spanning cells, or without exactly one header row, still scrolls.
    """
    for holder in body.iter("div"):
        table = holder.find("table") if holder.get("class") == "wide" else None
        heads = table.findall("thead/tr") if table is not None else []
        if table is None or len(heads) != 1 or table.xpath(".//@colspan | .//@rowspan"):
            continue
        names = [words_without_marks(cell) for cell in heads[0]]
        holder.set("class", "wide stacked")
        for element in table.iter("table", "thead", "tbody", "tr"):
            element.set("role", _ROLES_OF_TABLES[str(element.tag)])
        for row in table.iter("tr"):
            for name, cell in zip(names, row, strict=False):
                head = "columnheader" if row is heads[0] else "rowheader"
                cell.set("role", head if cell.tag == "th" else "cell")
                if row is not heads[0] and name:
                    cell.set("data-label", f"{name}: ")


def words_without_marks(cell: Element) -> str:
    """Return the words of a cell, without the marks of notes and references, on one line."""

    def pieces(element: Element) -> Iterator[str]:
        if element.tag == FORMULA:
            yield element.get("alttext") or ""
            return
        yield element.text or ""
        for child in element:
            if not any(has_class(child, mark) for mark in ("noteref", "citation")):
                yield from pieces(child)
            yield child.tail or ""

    return " ".join("".join(pieces(cell)).split())


def contact_links(document: Document) -> list[tuple[str, str, str]]:
    """List label, text, and link of a clinic's details, without its name, which heads the page."""
    name = document.labels["clinic-name"]
    return [
        (label, value, value if is_web(value) else telephone_link(value))
        for label, value in document.contact
        if value and label != name
    ]

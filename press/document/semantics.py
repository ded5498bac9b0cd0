"""Additions for reading on a screen: roles, scrollable tables, numbers to dial.

In: trees of a Document's parts. Out: the same trees, with roles of DPUB-ARIA 1.1 and, for an
e-book, types of the EPUB vocabulary. This module must not know files or packages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from lxml import etree

from press.core.breaks import mark_lines, mark_long_words
from press.core.ends import mark_references
from press.core.model import Document, Image
from press.core.trees import Element, has_class, plain, texts
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
    parent = element.getparent()
    inside = parent is not None and has_class(parent, "notes")
    for name in classes:
        ours = {"notes": element.tag == "section", "note": inside}.get(name, True)
        if name in ROLES and ours:
            say(*ROLES[name])
    if "notes" in classes and element.tag == "section":
        element.set("aria-label", labels["notes"])
    if element.tag == "a" and parent is not None and has_class(parent, "noteref"):
        say("doc-noteref", "noteref")


def hold_tables(body: Element, columns: int, label: str) -> None:
    """Put tables with at least `columns` columns into boxes that scroll sideways, by keyboard too.

    WCAG 2.2, 2.1.1. Cells are not broken instead: a number on two lines is read as two. Only words
    longer than any other may break, and long lines of code get marks.
    """
    mark_long_words(body)
    mark_lines(body)
    mark_references(body)
    for table in list(body.iter("table")):
        if max((len(row) for row in table.iter("tr")), default=0) >= columns:
            _hold(table, label)


def _hold(table: Element, label: str) -> None:
    caption = table.find("caption")
    name = " ".join("".join(texts(caption)).split()) if caption is not None else label
    holder = _around(table, "wide")
    holder.set("role", "region")
    holder.set("tabindex", "0")
    holder.set("aria-label", name)


def _around(table: Element, name: str) -> Element:
    """Put a table into a new `<div>` of a class, if any, and return that."""
    holder = etree.Element("div", attrib={"class": name} if name else {})
    parent = table.getparent()
    assert parent is not None
    holder.tail, table.tail = table.tail, None
    parent.replace(table, holder)
    holder.append(table)
    return holder


_ROLES_OF_TABLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row"}
_STACKED = 3
"""Columns from which a table is shown as a list of its rows if its column of text is narrow."""


def stack_tables(body: Element) -> None:
    """Let a narrow screen show tables as lists of their rows.

    Each cell gets the name of its column; roles keep what the style no longer shows (ARIA in HTML,
    4). A table with spanning cells, or without exactly one header row, stays as it is. The holder
    is what the style measures: a reading system may lay out all pages of a file in one wide window.
    """
    for table in list(body.iter("table")):
        heads = table.findall("thead/tr")
        if len(heads) != 1 or len(heads[0]) < _STACKED or table.xpath(".//@colspan | .//@rowspan"):
            continue
        names = [plain(cell) for cell in heads[0]]
        holder = table.getparent()
        if holder is None or holder.get("class") != "wide":
            holder = _around(table, "")
        holder.set("class", f"{holder.get('class', '')} stacked".strip())
        for element in table.iter("table", "thead", "tbody", "tr"):
            element.set("role", _ROLES_OF_TABLES[str(element.tag)])
        for row in table.iter("tr"):
            for name, cell in zip(names, row, strict=False):
                head = "columnheader" if row is heads[0] else "rowheader"
                cell.set("role", head if cell.tag == "th" else "cell")
                if row is not heads[0] and name:
                    cell.set("data-label", f"{name}: ")


def tell_apart(bodies: Iterable[Element]) -> None:
    """Give the regions of a page distinct names: the second `Table` becomes `Table 2`."""
    count: Counter[str] = Counter()
    for body in bodies:
        for element in body.iter("*"):
            name = element.get("aria-label") or ""
            if name and element.get("role") in ("region", "doc-endnotes"):
                count[name] += 1
                element.set("aria-label", f"{name} {count[name]}" if count[name] > 1 else name)


def contact_links(document: Document) -> list[tuple[str, str, str]]:
    """List label, text, and link of a clinic's details, without its name, which heads the page."""
    name = document.labels["clinic-name"]
    return [
        (label, value, value if is_web(value) else telephone_link(value))
        for label, value in document.contact
        if value and label != name
    ]

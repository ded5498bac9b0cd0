"""What tags are in PDF 2.0 and are not in PDF 1.7 (ISO 32000-2, 14.7 and 14.8).

In: a structure tree, and the objects of a PDF. Out: both, as PDF/UA-2 requires them. This module
must not know boxes or streams.
"""

from __future__ import annotations

from typing import Any

from press.output.pdf.nodes import Node
from press.output.pdf.structure import Structure

_OLD = ("Art", "BlockQuote", "Code")
"""Types that PDF 2.0 takes from PDF 1.7 (ISO 32000-2, 14.8.6.1)."""
NAMESPACES = {"": "http://iso.org/pdf2/ssn", "1.7": "http://iso.org/pdf/ssn"}


def namespace(node: Node) -> str:
    """Return the key of the namespace of a node's type."""
    return "1.7" if node.kind in _OLD else ""


def renew(structure: Structure) -> None:
    """Use the types and attributes of PDF 2.0, before the tree is written.

    ISO 14289-2, 8.2.5.14: a note is an FENote; it and the links to it refer to each other.
    8.2.5.25: a list with labels says what they are; terms and descriptions are "Description".
    8.2.5.27: a caption is the first or last in its element, and a Div does not count as one.
    """
    for node in list(structure.root.nodes()):
        if node.kind == "Note":
            node.kind = "FENote"
            node.attributes["FENote"] = {"NoteType": "Endnote"}
        elif node.kind == "L" and _has_labels(node):
            node.attributes.setdefault("List", {"ListNumbering": "Description"})
        elif node.kind == "Div" and any(getattr(k, "kind", "") == "Caption" for k in node.kids):
            node.kind = "Sect"
        node.kids = [each for kid in node.kids for each in _references(kid)]
    for node in structure.root.nodes():
        target = structure.targets.get(_target(node))
        note = target.within("FENote") if target else None
        if note and node.within("FENote") is not note:
            node.related.append(note)
            note.related.append(node)


def _has_labels(node: Node) -> bool:
    return any(part.kind == "Lbl" for item in node.kids for part in item.kids)


def _references(kid: Any) -> list[Any]:
    """Return a kid, or the links in it if it is a Reference, a type that PDF 2.0 lacks."""
    if not isinstance(kid, Node) or kid.kind != "Reference":
        return [kid]
    for each in kid.kids:
        if isinstance(each, Node):
            each.parent = kid.parent
    return kid.kids


def _target(node: Node) -> str:
    if node.kind != "Link" or node.element is None:
        return "none"
    return str(node.element.get("href") or "").removeprefix("#")


def lead(pdf: Any, structure: Structure) -> None:
    """Let links and bookmarks lead to elements, after the tree is written.

    ISO 14289-2, 8.8: destinations in the file are structure destinations. Each also keeps its place
    on a page, for programs that do not know them (ISO 32000-2, 12.6.4.2).
    """
    import pydyf

    dests = pdf.catalog.get("Names", {}).get("Dests", {}).get("Names", [])
    places = {name.string: place for name, place in zip(dests[::2], dests[1::2], strict=True)}
    headings = iter(structure.headings)
    for item in pdf.objects:
        if not isinstance(item, dict) or "Dest" not in item:
            continue
        place = item.pop("Dest")
        if "Title" in item:
            node, array = next(headings, structure.root), place
        else:
            node, array = structure.targets.get(place.string, structure.root), places[place.string]
        to = pydyf.Array([_written(node).ref, *array[1:]])
        item["A"] = pydyf.Dictionary({"S": "/GoTo", "D": place, "SD": to})


def _written(node: Node) -> Node:
    """Return the nearest node that was written, from this one up: an empty one was not."""
    while not node.ref and node.parent:
        node = node.parent
    return node

"""Attributes in braces at the end of a block's last line: `- item {.short}`.

In: the library's tree, whose inlines are read. Out: the same tree; the braces are attributes of
their item, quotation, meaning, or paragraph. The library reads them on a line of their own, and in
headings, terms, and cells. This module must not know what a class means.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree  # noqa: N813, ICN001 - the library's name

from markdown.extensions.attr_list import AttrListTreeprocessor

_ONE = r"(?:[#.][^\s{}#.=]+|[\w:-]+=(?:\"[^\"{}]*\"|'[^'{}]*'|[^\s{}\"']+))"
_LAST = re.compile(rf"[ \t]+\{{:?[ ]*({_ONE}(?:[ ]+{_ONE})*)[ ]*\}}[ \t]*\Z")
_CAPTION = re.compile(r"\A\s*(?:Table:|:)\s")
"""The caption of a table, whose braces belong to the table (`crossrefs`)."""
_LISTS = ("ul", "ol")


class Attributes(AttrListTreeprocessor):
    """The library's step that reads attributes, for the places where it does not."""

    def run(self, doc: etree.Element) -> None:
        """Move the attributes at the end of each block to it."""
        around = {child: parent for parent in doc.iter() for child in parent}
        for element in doc.iter():
            if element.tag not in ("p", "li", "dd") or _CAPTION.match(element.text or ""):
                continue
            last = _last(element)
            text = (element.text if last is None else last.tail) or ""
            found = _LAST.search(text)
            if not found or self.assign_attrs(
                _owner(element, last, text[: found.start()], around), found[1], strict=True
            ):
                continue
            if last is None:
                element.text = text[: found.start()]
            else:
                last.tail = text[: found.start()]


def _last(element: etree.Element) -> etree.Element | None:
    """Return the child after which the last line of a block is, if there is one."""
    children = list(element)
    place = next((n for n, child in enumerate(children) if child.tag in _LISTS), len(children))
    return children[place - 1] if place else None


def _owner(
    element: etree.Element, last: etree.Element | None, text: str,
    around: dict[etree.Element, etree.Element],
) -> etree.Element:  # fmt: skip
    """Return what the attributes at the end of a block belong to."""
    parent = around.get(element)
    if last is not None and last.tag == "img" and len(element) == 1:
        return element if (element.text or "").strip() or text.strip() else last
    if element.tag != "p" or parent is None or parent[0] is not element:
        return element
    whole = parent.tag in ("li", "dd") or (parent.tag == "blockquote" and len(parent) == 1)
    return parent if whole else element

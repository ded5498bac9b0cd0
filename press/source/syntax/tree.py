"""Blocks of Markdown, written as the library's tree.

In: the nodes of a text. Out: elements, whose text the step for inlines reads. Raw HTML goes through
the library's stash. This module must not know how blocks are recognized.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree  # noqa: N813, ICN001 - the library's name
from collections.abc import Iterable
from typing import Any

from markdown.blockparser import BlockParser
from markdown.extensions.attr_list import get_attrs_and_remainder
from markdown.util import AtomicString, code_escape

from press.source.syntax import lists, tables
from press.source.syntax.blocks import Blocks
from press.source.syntax.grids import Grid
from press.source.syntax.nodes import Node, is_loose

_CALLOUT = re.compile(r"\[!(\w+)\][-+]?[ \t]*(.*)$")
_KINDS = {"a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}
"""Classes for kinds of numbers: in HTML, styles cannot tell `type="a"` from `type="A"`."""
_OPTION = re.compile(r":(class|name|open|width|collapsible|icon):[ \t]*(.*)")
"""An option of a box in MyST, on a line of its own."""
_BEFORE = re.compile(r"\{:[ ]*[^{}:][^{}]*\}")
_LANGUAGE = re.compile(r"[^\s{}]+")


class Parser(BlockParser):
    """The library's step that reads the blocks of a text."""

    blocks = Blocks()
    """What was read last."""
    lang = "en"

    def parseDocument(self, lines: Iterable[str]) -> Any:  # noqa: N802 - the library's name
        """Return the tree of a text."""
        self.blocks = Blocks(lang=self.lang).read(list(lines))
        root = etree.Element(self.md.doc_tag)
        self.notes: list[etree.Element] = []
        _Writer(self).children(self.blocks.root, root)
        if self.notes:
            holder = etree.SubElement(root, "div", {"class": "footnote"})
            list_ = etree.SubElement(holder, "ol")
            list_.extend(self.notes)
        return etree.ElementTree(root)


class _Writer:
    def __init__(self, parser: Parser) -> None:
        self.parser, self.md = parser, parser.md

    def children(self, node: Node, parent: etree.Element, *, tight: bool = False) -> None:
        for child in node.children:
            first = child.lines[0] if child.kind == "paragraph" and child.lines else ""
            if _BEFORE.fullmatch(first) and self._attributes_before(child, node, parent):
                continue
            if tight and child.kind == "paragraph":
                self._loose_text(parent, "\n".join(child.lines))
            else:
                getattr(self, f"_{child.kind}")(child, parent)

    def _attributes_before(self, child: Node, node: Node, parent: etree.Element) -> bool:
        """Read kramdown's attributes on a line before a block; say if that was all of a node."""
        if len(child.lines) > 1:
            child.lines.append(child.lines.pop(0))
            return False
        place = node.children.index(child) + 1
        if place == len(node.children) or child.blank:
            return False
        if node.children[place].kind == "heading":
            node.children[place].lines.append(child.lines[0])
            return True
        box = etree.SubElement(parent, "div")
        self._box(box, child.lines[0].replace(":", "", 1), "")
        following = node.children.pop(place)
        self.children(Node("document", 0, children=[following]), box)
        if [e.tag for e in box] == ["blockquote"]:  # a quotation that was meant as a box
            quote = box[0]
            box.remove(quote)
            box.text = quote.text
            box.extend(list(quote))
        return True

    def _loose_text(self, parent: etree.Element, text: str) -> None:
        if len(parent):
            parent[-1].tail = f"{parent[-1].tail or ''}\n{text}"
        else:
            parent.text = f"{parent.text}\n{text}" if parent.text else text

    def _paragraph(self, node: Node, parent: etree.Element) -> None:
        if node.lines:
            paragraph = etree.SubElement(parent, "p")
            paragraph.text = "\n".join(node.lines)
            if len(node.lines) > 1 and all(
                line.startswith(("+-", "+=", "|")) for line in node.lines
            ):
                # a table that cannot be read: its rows must not run together
                paragraph.set("class", "lines")
                paragraph.text = "\\\n".join(node.lines)

    def _heading(self, node: Node, parent: etree.Element) -> None:
        text = "\n".join(node.lines).strip()
        if len(node.lines) > 1 and _BEFORE.fullmatch(node.lines[-1]):  # from the line before it
            text = " ".join(node.lines)
        etree.SubElement(parent, f"h{node.data['level']}").text = text

    def _quote(self, node: Node, parent: etree.Element) -> None:
        first = node.children[0] if node.children else None
        found = _CALLOUT.match(first.lines[0]) if first and first.kind == "paragraph" else None
        if not found or first is None:
            self.children(node, etree.SubElement(parent, "blockquote"))
            return
        del first.lines[0]
        box = etree.SubElement(parent, "div")
        self._box(box, found[1].lower(), found[2])
        self.children(node, box)

    def _box(self, box: etree.Element, words: str, title: str) -> None:
        """Give a box its classes, attributes, and title."""
        title = title[1:-1] if re.fullmatch(r"\[[^\]]*\]", title) else title  # Docusaurus
        if words.startswith("{") and not re.fullmatch(r"\{[\w-]+\}", words):
            for name, value in get_attrs_and_remainder(words.strip("{} "))[0]:
                if name == ".":
                    box.set("class", f"{box.get('class', '')} {value}".strip())
                elif name == "title":
                    title = title or value or ""
                else:
                    box.set(name, value or "")
        else:
            box.set("class", words.strip("{}"))
        if title:
            etree.SubElement(box, "p", {"class": "box-title"}).text = title

    def _div(self, node: Node, parent: etree.Element) -> None:
        box = etree.SubElement(parent, "div")
        words, first = node.data["words"], node.children[0] if node.children else None
        while first and first.lines and (option := _OPTION.fullmatch(first.lines[0])):
            if option[1] == "class":
                words = f"{words.strip('{}')} {option[2]}"
            del first.lines[0]
        self._box(box, words, node.data["title"])
        self.children(node, box)

    def _wrap(self, node: Node, parent: etree.Element) -> None:
        self._raw(parent, node.data["open"])
        inside = etree.SubElement(parent, "div")
        alone = len(node.children) == 1 and node.children[0].kind == "paragraph"
        self.children(node, inside, tight=alone and node.data["tag"] in ("p", "span", "summary"))
        if inside.text or not len(inside):
            self._loose_text(parent, inside.text or "")
        parent.remove(inside)
        for child in inside:
            parent.append(child)
        self._raw(parent, f"</{node.data['tag']}>")

    def _raw(self, parent: etree.Element, html: str) -> None:
        self._loose_text(parent, self.md.htmlStash.store(html) + "\n")

    def _html(self, node: Node, parent: etree.Element) -> None:
        self._raw(parent, "\n".join(node.lines))

    def _rule(self, node: Node, parent: etree.Element) -> None:
        del node
        etree.SubElement(parent, "hr")

    def _page(self, node: Node, parent: etree.Element) -> None:
        del node
        etree.SubElement(parent, "div", {"class": "page-break"})

    def _code(self, node: Node, parent: etree.Element) -> None:
        pre = etree.SubElement(parent, "pre")
        code = etree.SubElement(pre, "code")
        info = node.data["info"]
        words, _, braces = info.partition("{")
        for name, value in get_attrs_and_remainder(braces.strip("} "))[0]:
            if name == ".":
                words = words or value or ""
            elif name == "id":
                pre.set("id", value or "")
        if language := _LANGUAGE.match(words):
            code.set("class", f"language-{language[0]}")
        text = "\n".join(node.lines)
        code.text = AtomicString(code_escape(text + ("\n" if node.lines else "")))

    def _lines(self, node: Node, parent: etree.Element) -> None:
        lines: list[str] = []
        for line in node.lines:
            if line.lstrip(" ").startswith("|"):
                text = line.lstrip(" ")[1:].removeprefix(" ")
                lead = len(text) - len(text.lstrip(" "))
                lines.append("\u00a0" * lead + text.lstrip(" "))
            else:
                lines[-1] += f" {line.strip()}"
        block = etree.SubElement(parent, "p", {"class": "lines"})
        block.text = "\\\n".join(line or "\u00a0" for line in lines)

    def _note(self, node: Node, parent: etree.Element) -> None:
        del parent
        item = etree.Element("li", id=f"fn:{node.data['label']}")
        self.children(node, item)
        self.parser.notes.append(item)

    def _definitions(self, node: Node, parent: etree.Element) -> None:
        list_ = etree.SubElement(parent, "dl")
        loose = any(child.data.get("loose") or len(child.children) > 1 for child in node.children)
        for child in node.children:
            if child.kind == "paragraph":
                etree.SubElement(list_, "dt").text = "\n".join(child.lines)
            else:
                self.children(child, etree.SubElement(list_, "dd"), tight=not loose)

    def _list(self, node: Node, parent: etree.Element) -> None:
        mark = node.data["mark"]
        list_ = etree.SubElement(parent, "ol" if mark.kind else "ul")
        if mark.kind not in ("", "1", "@"):
            list_.set("type", mark.kind)
        if mark.kind and mark.number != 1 and mark.kind != "@":
            list_.set("start", str(mark.number))
        if mark.kind == "@":
            list_.set("class", "examples round")
        elif mark.delimiter.endswith(")"):
            shape = "round" if mark.delimiter.startswith("(") else "half-round"
            list_.set("class", f"{shape} {_KINDS.get(mark.kind, '')}".strip())
        tight = not is_loose(node)
        for child in node.children:
            item = etree.SubElement(list_, "li")
            if child.data["mark"].label:
                item.set("title", child.data["mark"].label)
            own = child.data["mark"]
            if own.pasted and not lists.is_bullet(own):  # it has a meaning
                item.text = f"{own.text} "
            if "task" in child.data:
                item.set("class", "done" if child.data["task"] else "to-do")
            self.children(child, item, tight=tight)

    def _table(self, node: Node, parent: etree.Element) -> None:
        data = node.data
        table = etree.SubElement(parent, "table")
        if "cells" in data:
            self._grid(table, data["cells"])
            return
        if "rule" in data:
            sides = tables.alignments(data["rule"])
            head = tables.cells(data["rows"][0]) if data["rows"][0] else []
            rows = [tables.cells(line) for line in [*data.get("body", ()), *node.lines]]
        else:
            sides, head, rows = data["align"], data["head"], data["grid"]
        if any(head):
            row = etree.SubElement(etree.SubElement(table, "thead"), "tr")
            self._row(row, "th", head, sides)
        body = etree.SubElement(table, "tbody")
        for cells in rows:
            row = etree.SubElement(body, "tr")
            self._row(row, "td", cells, sides)
            if not any(head) and len(row) > 1:  # the first cell names its row
                row[0].tag = "th"
                row[0].set("scope", "row")

    def _row(self, row: etree.Element, tag: str, cells: list[str], sides: list[str]) -> None:
        sides = [
            *sides,
            *[""] * (len(cells) - len(sides)),
        ]  # too many is an error, but none is lost
        for column, side in enumerate(sides):
            cell = etree.SubElement(row, tag)
            cell.text = cells[column] if column < len(cells) else ""
            if side:
                cell.set("style", f"text-align: {side};")

    def _grid(self, table: etree.Element, grid: Grid) -> None:
        for number, cells in enumerate(grid.rows):
            if number in (0, grid.headed):
                part = etree.SubElement(table, "thead" if number < grid.headed else "tbody")
            row = etree.SubElement(part, "tr")
            for each in cells:
                # A cell beside several rows names them.
                beside = grid.headed and each.rows > 1 and each.column == 0
                cell = etree.SubElement(row, "th" if number < grid.headed or beside else "td")
                if beside and number >= grid.headed:
                    cell.set("scope", "row")
                for name, count in (("colspan", each.columns), ("rowspan", each.rows)):
                    if count > 1:
                        cell.set(name, str(count))
                if side := grid.align[each.column]:
                    cell.set("style", f"text-align: {side};")
                blocks = Blocks(links=self.parser.blocks.links, notes=self.parser.blocks.notes)
                blocks.read(list(each.lines))
                alone = [child.kind for child in blocks.root.children] == ["paragraph"]
                self.children(blocks.root, cell, tight=alone)

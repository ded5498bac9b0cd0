"""Places where long words and lines of code may break.

In: a tree of XHTML. Out: the same tree, with each long word of a table cell in a `<span>` of class
`long`, which the style sheets let break anywhere. Shorter words stay whole, because a column is at
least as wide as its longest word. Each line of a block of code is in a `<span>` of class
`code-line`, beside which the style sheets draw a mark where it goes on. This module must not know
any format.
"""

from __future__ import annotations

import re

from lxml import etree

from press.core import trees

_LONG = re.compile(r"(?=\S*?[^\s\u00ad\u200b-]{25})\S+")
"""Words with more letters between hyphens than any that should stay whole: addresses, DOIs."""

_FITS = 24
"""Letters of a line of code that fit on every page and screen."""


def mark_long_words(root: trees.Element) -> None:
    """Mark the long words in the cells of tables."""
    for run in [run for cell in root.iter("td", "th") for run in trees.text_runs(cell)]:
        text = run.read()
        pieces: list[str | trees.Element] = []
        start = 0
        for found in _LONG.finditer(text):
            span = etree.Element("span", attrib={"class": "long"})
            span.text = found[0]
            pieces += [text[start : found.start()], span]
            start = found.end()
        if pieces:
            run.insert([*pieces, text[start:]])


def mark_lines(root: trees.Element) -> None:
    """Mark the lines of each block of code that has long ones."""
    for block in root.iter("pre"):
        code = block[0] if len(block) == 1 and block[0].tag == "code" else block
        lines = "".join(block.itertext()).split("\n")
        inside = [text for child in code for text in child.itertext()]
        if max(map(len, lines)) > _FITS and not any("\n" in text for text in inside):
            _mark_lines(code)


def _mark_lines(code: trees.Element) -> None:
    children, text = list(code), code.text or ""
    code.text = None
    code[:] = []
    line: trees.Element | None = None
    for child in [None, *children]:
        if child is not None:
            text, child.tail = child.tail or "", None
            line = _line(code) if line is None else line
            line.append(child)
        for piece in re.findall(r"[^\n]*\n|[^\n]+", text):
            line = _line(code) if line is None else line
            trees.add_text(line, piece)
            line = None if piece.endswith("\n") else line


def _line(code: trees.Element) -> trees.Element:
    return etree.SubElement(code, "span", attrib={"class": "code-line"})

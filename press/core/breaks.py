"""Places where a long word may break, so that it does not widen its table.

In: a tree of XHTML. Out: the same tree, with each long word of a table cell in a `<span>` of class
`long`, which the style sheets let break anywhere. Shorter words stay whole, because a column is at
least as wide as its longest word. This module must not know any format.
"""

from __future__ import annotations

import re

from lxml import etree

from press.core import trees

_LONG = re.compile(r"(?=\S*?[^\s\u00ad\u200b-]{25})\S+")
"""Words with more letters between hyphens than any that should stay whole: addresses, DOIs."""


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

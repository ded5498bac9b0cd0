"""The numbers of ordered lists and the names of bookmarks, as styles that the layout follows.

In: the tree of a part of a work. Out: the same tree. Each item says how far it counts, because
WeasyPrint ignores `start`, `value`, `reversed`, and `type`. Each heading with the mark of a note or
a reference says what its bookmark is called. This module must not know any style sheet.
"""

from __future__ import annotations

from press.core.model import Direction
from press.core.speech import numeral, ordinals
from press.core.trees import Element, has_class, plain

_STYLES = {
    "": "decimal",
    "a": "lower-alpha",
    "A": "upper-alpha",
    "i": "lower-roman",
    "I": "upper-roman",
}
_FEW = 2
"""The characters of a number for which the margin of an item has room."""
_WIDTH = 0.65
"""Room for each further character, in ems."""


def number_lists(root: Element, direction: Direction) -> None:
    """Write the numbers of lists as styles, with room for long ones."""
    for list_ in root.iter("ol"):
        _count(list_, "right" if direction == "rtl" else "left")


def _count(list_: Element, side: str) -> None:
    kind = list_.get("type") or ""
    shape = next((f"{name}-" for name in ("half-round", "round") if has_class(list_, name)), "")
    if kind in _STYLES and (kind or shape):
        _add(list_, f"list-style-type: {shape}{_STYLES[kind]}")
    numbers = list(ordinals(list_))
    longest = max((len(numeral(number, kind)) for _, number in numbers), default=0)
    if longest > _FEW:  # a border adds to every margin and padding of the style sheets
        room = (longest - _FEW) * _WIDTH
        _add(list_, f"border-{side}: {room:.2f}em solid transparent")
    before = 0
    for item, number in numbers:
        if number - before != 1:
            _add(item, f"counter-increment: list-item {number - before}")
        before = number


def name_bookmarks(root: Element) -> None:
    """Leave the marks of notes and references out of the bookmarks of headings."""
    for heading in root.iter("h1", "h2", "h3", "h4", "h5", "h6"):
        if heading.find(".//sup") is not None or heading.find(".//span") is not None:
            words = plain(heading).replace("\\", "\\\\").replace('"', '\\"')
            _add(heading, f'bookmark-label: "{words}"')


def _add(element: Element, style: str) -> None:
    element.set("style", f"{element.get('style')}; {style}" if element.get("style") else style)

"""Words that run the other way than their text, such as `5 mg` in a Hebrew one.

In: a tree of XHTML, and the direction of its text. Out: the same tree, with the direction of such
words, so that their punctuation and numbers are where their readers expect them. This module must
not know any format.
"""

from __future__ import annotations

import re
import unicodedata

from lxml import etree

from press.core.labels import direction
from press.core.model import Direction
from press.core.trees import Element, plain

_STRONG: dict[str, Direction] = {"L": "ltr", "R": "rtl", "AL": "rtl", "AN": "rtl"}
"""Classes of characters with a direction of their own (Unicode Annex 9), and of Arabic numbers."""
_FROM_RIGHT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")


def turn(element: Element, own: Direction | None, way: Direction) -> None:
    """Let the words of an element run in their own direction; its place on the page stays."""
    if own not in (None, way):
        words = etree.Element("span", dir=own)
        words.text, element.text = element.text, None
        words.extend(list(element))
        element.append(words)


def value_of(text: str, way: Direction) -> Element | str:
    """Return a text for the place of a placeholder: numbers and dates run from the left."""
    own = next(iter(found), "ltr") if len(found := _directions(text)) < 2 else way
    if own == way:
        return text
    words = etree.Element("span", dir=own)
    words.text = text
    return words


def turn_words(root: Element, way: Direction) -> None:
    """Turn table cells all of whose letters run the other way, numbers to call, and `lang`."""
    for element in root.iter("span", "td", "th", "a"):
        found, own = _directions(plain(element)), way
        if element.tag in ("td", "th"):
            turn(element, found.pop() if len(found) == 1 else None, way)
        elif lang := element.get("lang"):
            own = direction(lang)
        elif (element.get("href") or "").startswith("tel:") and "rtl" not in found:
            own = "ltr"
        if own != way and not element.get("dir"):
            element.set("dir", own)


def is_mixed(xhtml: str, way: Direction) -> bool:
    """Return whether a text may have words that run the other way."""
    return way == "rtl" or bool(_FROM_RIGHT.search(xhtml))


def _directions(text: str) -> set[Direction]:
    kinds = map(unicodedata.bidirectional, text)
    return {_STRONG[kind] for kind in kinds if kind in _STRONG}

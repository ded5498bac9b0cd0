"""Sorting works as a citation style asks, in the order of the Latin alphabet.

In: works, and `cs:sort`. Out: the works, sorted. Letters with a sign sort as the letter without it
(Łukasz among the L's), as the Unicode Collation Algorithm does it for most languages.
This module must not know articles or XHTML.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from press.references.csl.item import Item
from press.references.csl.markup import strip
from press.references.csl.printing import Setting
from press.references.csl.rendering import Rendering
from press.references.csl.style import Node, Style

_LETTERS = str.maketrans({
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "ŋ": "n", "ƒ": "f",
    "æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ĸ": "k", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ə": "e",
    "’": "", "'": "", "ʿ": "", "ʾ": "", "ʼ": "", "“": "", "”": "",
})  # fmt: skip
"""Letters that Unicode does not take apart, and signs that do not count."""


def sort(items: Sequence[Item], parent: Node, style: Style) -> list[Item]:
    """Sort by the `cs:sort` of `cs:citation` or `cs:bibliography`; without it, keep the order."""
    node = parent.find("sort")
    done = list(items)
    if node is None or len(done) < 2:
        return done
    for key in reversed(node.all("key")):
        values = {item.key: _value(item, key, parent, style) for item in done}
        known = [item for item in done if values[item.key] is not None]
        unknown = [item for item in done if values[item.key] is None]
        known.sort(key=lambda item: values[item.key], reverse=key.get("sort") == "descending")
        done = known + unknown  # works without a value go last, whatever the direction
    return done


def _value(item: Item, key: Node, parent: Node, style: Style) -> Any:
    rendering = Rendering(style, item, parent, Setting(), key)
    if macro := key.get("macro"):
        return collation_key(rendering.render(style.macros[macro]))
    name = key.get("variable", "")
    if name == "citation-number":
        return ("", item.number, "")
    if name in item.dates:
        return collation_key(item.dates[name].sort_key())
    if name in item.names:
        node = Node("names", {"variable": name}, "")
        return collation_key(rendering.element(node))
    text = rendering.value(name)
    if match := re.fullmatch(r"(\d+)\D*.*", strip(text)):
        text = f"{int(match[1]):010} {text}"
    return collation_key(text)


def collation_key(text: str) -> tuple[str, Any, str] | None:
    """Return what text sorts by: its letters, then their signs, then small before capital.

    Returns:
        None for text without letters and digits.
    """
    bare = strip(text)
    folded = bare.casefold().translate(_LETTERS)
    if not folded.isascii():
        letters = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in letters if not unicodedata.combining(c)).translate(_LETTERS)
    first = " ".join(re.findall(r"\w+", folded))
    return (first, bare.casefold(), bare.swapcase()) if first else None

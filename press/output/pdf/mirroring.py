"""Print styles for a document that runs from right to left: left is right, and right is left.

In: a style sheet. Out: the same, mirrored. WeasyPrint does not know the sides of CSS Logical
Properties, which page and e-book use. An author's own alignment, the two sides of a leaf (`@page`),
code, and the running footer, whose line runs from left to right, stay as they are. This module must
not know documents.
"""

from __future__ import annotations

import re

_BLOCK = re.compile(r"([^{}]*)\{([^{}]*)\}")
_SIDE = re.compile(
    r"((?:margin|padding|border)-)(left|right)\b|(?<![\w-])(left|right)(?=\s*:)"
    r"|((?:float|clear|text-align)\s*:\s*)(left|right)\b"
)
_VALUE = r"(?:calc\((?:[^()]|\([^()]*\))*\)|var\([^)]*\)|[\w.%#+-]+)"
_FOUR = re.compile(
    rf"((?:margin|padding|border-width|border-style|border-color)\s*:\s*{_VALUE}\s+)"
    rf"({_VALUE})(\s+{_VALUE}\s+)({_VALUE})(?=\s*(?:[;!]|$))"
)
_KEPT = (".left", ".right")
_OTHER = {"left": "right", "right": "left"}


def mirrored(css: str) -> str:
    """Return a style sheet with its sides exchanged."""
    return _BLOCK.sub(_rule, css)


def _rule(found: re.Match[str]) -> str:
    selector = found[1].rpartition("*/")[2].rpartition(";")[2].strip()
    if selector in _KEPT or selector.startswith(("@", "pre", ".code", ".running")):
        return found[0]
    block = _FOUR.sub(r"\1\4\3\2", found[2])
    return f"{found[1]}{{{_SIDE.sub(_side, block)}}}"


def _side(found: re.Match[str]) -> str:
    before, side = next((a or "", b) for a, b in (found.group(1, 2), (None, found[3]),
                                                  found.group(4, 5)) if b)  # fmt: skip
    return f"{before}{_OTHER[side]}"

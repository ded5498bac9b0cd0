"""Link references, and the addresses and titles of links (CommonMark 0.31, 4.7 and 6.3).

In: text, from a place on. Out: labels, addresses, titles, and where they end. This module must not
know blocks, nor the tree.
"""

from __future__ import annotations

import re
from html import unescape

_LABEL = re.compile(r"\[((?:[^\\\[\]]|\\.){1,999})\]", re.DOTALL)
_BRACED = re.compile(r"<((?:[^<>\n\\]|\\.)*)>")
_SPACE = r"[ \t]*\n?[ \t]*"
_TITLE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|\(((?:[^()\\]|\\.)*)\)", re.DOTALL)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
ENTITY = re.compile(r"&(?:#[xX][0-9a-fA-F]{1,6}|#\d{1,7}|[a-zA-Z][a-zA-Z0-9]{1,31});")


def plain(text: str) -> str:
    """Return a text without backslashes and entities."""
    return ENTITY.sub(lambda found: entity(found[0]), _ESCAPE.sub(r"\1", text))


def entity(text: str) -> str:
    """Return the characters of an entity (2.5); the text itself if there is no such entity."""
    said = unescape(text)
    return "\ufffd" if said in ("", "\0") else said


def normal(label: str) -> str:
    """Return a label as it is compared: in one case, with single spaces."""
    return " ".join(label.split()).casefold()


def address(text: str, start: int) -> tuple[str, int] | None:
    """Read the address of a link; return it and where it ends."""
    if text.startswith("<", start):
        found = _BRACED.match(text, start)
        return (plain(found[1]), found.end()) if found else None
    at, depth = start, 0
    while at < len(text):
        sign = text[at]
        if sign == "\\" and at + 1 < len(text) and text[at + 1] in _MARKS:
            at += 2
            continue
        if sign <= " " or sign == "\x7f":
            break
        depth += (sign == "(") - (sign == ")")
        if depth > _NESTED:
            return None
        if depth < 0:
            break
        at += 1
    return None if depth > 0 else (plain(text[start:at]), at)


_NESTED = 32
"""Brackets within brackets that an address may have; without a limit, reading is quadratic."""
_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def title(text: str, start: int) -> tuple[str, int] | None:
    """Read the title of a link; return it and where it ends."""
    found = _TITLE.match(text, start)
    if not found or re.search(r"\n[ \t]*\n", found[0]):
        return None
    return plain(next(part for part in found.groups() if part is not None)), found.end()


def definition(text: str) -> tuple[str, str, str, int] | None:
    """Read a link reference at the beginning of a text: label, address, title, and its end."""
    found = _LABEL.match(text)
    if not found or not found[1].strip() or found[1].startswith("^"):
        return None
    gap = re.compile(rf":{_SPACE}").match(text, found.end())
    where = address(text, gap.end()) if gap else None
    if where is None or gap is None or (where[1] == gap.end()):
        return None
    end = re.compile(r"[ \t]*(?:\n|\Z)").match(text, where[1])
    said = re.compile(rf"(?=[ \t\n]){_SPACE}").match(text, where[1])
    called = title(text, said.end()) if said and said.end() > where[1] else None
    after = re.compile(r"[ \t]*(?:\n|\Z)").match(text, called[1]) if called else None
    if called and after:
        return normal(found[1]), where[0], called[0], after.end()
    return (normal(found[1]), where[0], "", end.end()) if end else None


def tail(text: str, start: int) -> tuple[str, str, int] | None:
    """Read `(address "title")` after the words of a link; return both, and where it ends."""
    if not text.startswith("(", start):
        return None
    gap = re.compile(_SPACE)
    at = gap.match(text, start + 1).end()  # type: ignore[union-attr]
    where = address(text, at)
    if where is None:
        return None
    after = gap.match(text, where[1]).end()  # type: ignore[union-attr]
    called = title(text, after) if after > where[1] else None
    if called:
        after = gap.match(text, called[1]).end()  # type: ignore[union-attr]
    if not text.startswith(")", after):
        return None
    return where[0], called[0] if called else "", after + 1


def label(text: str, start: int) -> tuple[str, int] | None:
    """Read `[label]`; return what is in the brackets, and where it ends."""
    found = _LABEL.match(text, start)
    return (found[1], found.end()) if found else None

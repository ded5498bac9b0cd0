"""Plain text, as pasted from a web page: headings, lists, and tables recognized by their look.

In: text. Out: a `Draft`. A line is a heading if it is short, ends without a stop, and text follows
it; lines that begin with bullets or with counting numbers are a list; lines with equal numbers of
tabs are a table. Everything else is a paragraph: no word is left out. Must not know Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from lxml import etree

from press.core.trees import Element
from press.importing.draft import GUESS, Draft, paragraph
from press.importing.references import is_references
from press.source.sanitize import legal

_BULLET = re.compile(r"([•◦▪▫‣⁃∙●○■□➢➤✓✔☐·*+–—-])(?:\s+)(?=\S)")
_DASHES = frozenset("*+–—-·")
"""Signs that also begin lines of other kinds; one alone is not a list."""
_NUMBER = re.compile(r"\(?(\d{1,3})[.)]\s+(?=\S)|\[(\d{1,3})\]\s*(?=\S)")
_LONG_LINE = 120
"""Characters; text wrapped by an editor has no longer line, and one from a browser has."""
_LONGEST_HEADING = 90
_BYLINE = re.compile(r"(by|written by|author|updated|published|reviewed)\b|.*\b\d{4}\Z", re.I)


def read_text(text: str) -> Draft:
    """Read plain text; its first line is the title if it looks like a heading."""
    body = etree.Element("body")
    draft = Draft(body)
    blocks = _blocks(legal(text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")))
    kinds = _kinds(blocks)
    at = 0
    below = _Below()
    while at < len(blocks):
        if kinds[at] in ("list", "numbers"):
            end = at
            while end < len(blocks) and kinds[end] == kinds[at]:
                end += 1
            lines = [line for block in blocks[at:end] for line in block]
            _list(lines, body, kinds[at])
            at = end
            continue
        if kinds[at] == "table":
            _table(blocks[at], body)
        elif kinds[at] == "heading":
            first = not len(body)
            level = "h1" if first else f"h{below.level(blocks[at][0])}"
            heading = paragraph(body, blocks[at][0], level)
            if not first:
                heading.set(GUESS, "a heading")
        else:
            paragraph(body, " ".join(blocks[at]))
            below.paragraph(" ".join(blocks[at]))
        at += 1
    return draft


class _Below:
    """The level of each heading: below a paragraph that ends with a colon, a list of sections."""

    def __init__(self) -> None:
        self.listed = False
        self.paragraphs: list[str] = []

    def paragraph(self, text: str) -> None:
        self.paragraphs.append(text)

    def level(self, text: str) -> int:
        announced = bool(self.paragraphs) and self.paragraphs[-1].endswith(":")
        # A section of the list has one paragraph; the list ends after one with more.
        goes_on = self.listed and len(self.paragraphs) == 1
        self.listed = (announced or goes_on) and not is_references(text)
        self.paragraphs = []
        return 3 if self.listed else 2


def _blocks(text: str) -> list[list[str]]:
    """Split a text into blocks of lines: at blank lines, or at every line if lines are long."""
    lines = [" ".join(re.split(r"[^\S\t]+", line)).strip() for line in text.split("\n")]
    apart = any(len(line) > _LONG_LINE for line in lines)
    blocks: list[list[str]] = [[]]
    for line in lines:
        if not line:
            blocks.append([])
        elif apart and not (blocks[-1] and _cells(line) == _cells(blocks[-1][-1]) > 1):
            blocks.append([line])
        else:
            blocks[-1].append(line)
    return [part for block in blocks for part in _parts(block)]


def _parts(block: list[str]) -> list[list[str]]:
    """Split a block before each item of a list; wrapped lines stay with their item."""
    tabbed = len(block) > 1 and len({_cells(line) for line in block}) == 1 < _cells(block[0])
    if tabbed:
        return [block]
    starts = [n for n, line in enumerate(block) if _BULLET.match(line) or _NUMBER.match(line)]
    if len(starts) < 2 and not (starts and block[0][0] not in _DASHES and starts[0] == 0):
        return [block] if block else []
    edges = sorted({0, *starts, len(block)})
    return [block[a:b] for a, b in pairwise(edges)]


def _cells(line: str) -> int:
    return line.count("\t") + 1


def _kinds(blocks: Sequence[list[str]]) -> list[str]:
    """Say for each block what it is: list, numbers, table, heading, or paragraph."""
    kinds = [_listed(blocks, at) for at in range(len(blocks))]
    for at, block in enumerate(blocks):
        if kinds[at]:
            continue
        if len(block) > 1 and _cells(block[0]) > 1:
            kinds[at] = "table"
        elif _looks_like_heading(block):
            kinds[at] = "candidate"
    for at, kind in enumerate(kinds):
        if kind == "candidate":
            kinds[at] = "heading" if _is_heading(blocks, kinds, at) else "paragraph"
    return [kind or "paragraph" for kind in kinds]


def _listed(blocks: Sequence[list[str]], at: int) -> str:
    """Return the kind of list that a block is an item of, by itself and its neighbors."""
    line = blocks[at][0]
    near = [blocks[n][0] for n in (at - 1, at + 1) if 0 <= n < len(blocks)]
    if found := _BULLET.match(line):
        alone = not any(_BULLET.match(other) for other in near)
        return "" if alone and found[1] in _DASHES else "list"
    number = _number(line)
    return "numbers" if number and any(abs(_number(o) - number) == 1 for o in near) else ""


def _number(line: str) -> int:
    """Return the number that a line begins with; -1 if there is none."""
    found = _NUMBER.match(line)
    return int(found[1] or found[2]) if found else -1


def _looks_like_heading(block: list[str]) -> bool:
    line = block[0]
    return (
        len(block) == 1
        and len(line) <= _LONGEST_HEADING
        and not line.endswith((".", ",", ";", ":", "…", "!"))
        and (line[0].isupper() or line[0].isdigit())
        and "\t" not in line
        and "://" not in line
    )


def _is_heading(blocks: Sequence[list[str]], kinds: Sequence[str], at: int) -> bool:
    """Say whether a short line is a heading: text follows it, and it is not a byline."""
    line = blocks[at][0]
    if at == 0 or is_references(line):
        return True
    if at + 1 == len(blocks) or kinds[at + 1] == "candidate":
        return False
    if at == 1:  # directly below the title
        known = set(re.findall(r"\w+", blocks[0][0].lower()))
        return not (set(re.findall(r"\w+", line.lower())) <= known or _BYLINE.match(line))
    return True


def _list(lines: Sequence[str], body: Element, kind: str) -> None:
    """Add a list; numbered lines that do not count on by one begin another."""
    holder: Element | None = None
    last = 0
    for line in lines:
        found = (_NUMBER if kind == "numbers" else _BULLET).match(line)
        if not found:
            if holder is None:
                paragraph(body, line)
            else:
                holder[-1].text = f"{holder[-1].text} {line}"
            continue
        number = _number(line)
        if holder is None or (kind == "numbers" and number != last + 1):
            holder = etree.SubElement(body, "ol" if kind == "numbers" else "ul")
            holder.set(GUESS, "a list")
            if kind == "numbers" and number != 1:
                holder.set("start", str(number))
        last = number
        box = found[0].strip() if found[0].strip() in ("☐", "✓", "✔") else ""
        paragraph(holder, f"{box} {line[found.end() :]}".strip(), "li")


def _table(rows: Sequence[str], body: Element) -> None:
    """Add a table; its first row is taken as the header."""
    table = etree.SubElement(body, "table")
    table.set(GUESS, "a table")
    for number, line in enumerate(rows):
        row = etree.SubElement(table, "tr")
        for cell in line.split("\t"):
            paragraph(row, cell.strip(), "td" if number else "th")

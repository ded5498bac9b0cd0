"""Tables as authors draw them: with bars, with dashes, or as a grid (Pandoc's manual, Tables).

In: lines. Out: rows of cells, the alignment of each column, and how many lines they take. This
module must not know blocks, nor the tree.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Any

from press.source.syntax import grids

_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_DASHES = re.compile(r"[ \t]*-{2,}(?:[ \t]+-{2,})+[ \t]*$")
_FULL = re.compile(r"[ \t]*-{5,}[ \t]*$")


def is_rule(line: str) -> bool:
    """Say if a line divides the head of a table with bars from its body."""
    return "|" in line and bool(_RULE.match(line))


def cells(line: str) -> list[str]:
    """Return the cells of a row with bars, except bars in code or after a backslash."""
    text = line.strip()
    text = text.removeprefix("|")
    found, start, at = [], 0, 0
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            at += 2
            continue
        if sign == "`":
            ticks = re.compile("`+").match(text, at)
            assert ticks is not None
            end = re.compile(rf"(?<!`){ticks[0]}(?!`)").search(text, ticks.end())
            at = end.end() if end else ticks.end()
            continue
        if sign == "|":
            found.append(text[start:at])
            start = at + 1
        at += 1
    if text[start:].strip() or not found:
        found.append(text[start:])
    return [cell.strip().replace("\\|", "|") for cell in found]


def columns(line: str) -> int:
    """Return the number of columns of a row with bars."""
    return len(cells(line))


def alignments(rule: str) -> list[str]:
    """Return `left`, `right`, `center`, or nothing for each column of a rule with bars."""
    return [grids.alignment(cell) for cell in cells(rule)]


def ahead(lines: list[str], number: int, line: str, at: int) -> tuple[int, dict[str, Any]] | None:
    """Read a table that begins with a line; return its number of lines, and what it holds.

    `at` is where the line begins in the blocks around it, which must be the same on each line.
    """
    two = [other[at:] for other in lines[number : number + 2]]
    if not any(_may_begin(text) for text in two):
        return None
    prefix = line[:at]
    rest = []
    for index in range(number, len(lines)):
        other = lines[index]
        if at and not other.startswith(prefix) and other.strip():
            break
        rest.append(other[at:])
    text = rest[0] if rest else ""
    if grids.RULE.match(text.lstrip(" ")):
        return _grid(rest)
    if is_rule(text) and len(rest) > 1 and "|" in rest[1]:
        return _headless(rest)
    if _FULL.match(text):
        return _multiline(rest)
    if _DASHES.match(text):
        return _simple(rest, 0)
    if len(rest) > 1 and _DASHES.match(rest[1]) and text.strip():
        return _simple(rest, 1)
    return None


def _may_begin(text: str) -> bool:
    """Return whether a table can begin with a line; before the lines after it are looked at."""
    first = text.lstrip(" ")
    return is_rule(text) or any((grids.RULE.match(first), _FULL.match(text), _DASHES.match(text)))


def _headless(lines: list[str]) -> tuple[int, dict[str, Any]] | None:
    end = next((n for n, line in enumerate(lines) if not line.strip()), len(lines))
    return end, {"rows": [""], "rule": lines[0], "body": lines[1:end]}


def _spans(dashes: str) -> list[tuple[int, int]]:
    return [found.span() for found in re.finditer("-+", dashes)]


def _columns(line: str) -> list[str]:
    """Return what stands in each column of a screen: East Asian characters take two, marks none."""
    found: list[str] = []
    for sign in line:
        if found and (unicodedata.category(sign) in ("Mn", "Me", "Cf")):
            found[-1] += sign
        else:
            wide = unicodedata.east_asian_width(sign) in "WF"
            found += [sign, ""] if wide else [sign]
    return found


def _cut(line: str, spans: list[tuple[int, int]]) -> list[str]:
    """Divide a line at the columns of a rule of dashes; the last column is open.

    A word that crosses an edge is never divided. It belongs to the column under whose dashes it
    begins, else to the next one: a number may begin to the left of its dashes.
    """
    signs = _columns(line)
    edges = [0]
    for (_, before), (edge, _) in pairwise(spans):
        at = edge
        if at < len(signs) and signs[at].strip():
            while at > edges[-1] and (not signs[at - 1] or signs[at - 1].strip()):
                at -= 1
            if at < before:
                at = edge
                while at < len(signs) and (not signs[at] or signs[at].strip()):
                    at += 1
        edges.append(at)
    edges.append(max(len(signs), edges[-1]))
    return ["".join(signs[start:end]) for start, end in pairwise(edges)]


def _sides(head: str, spans: list[tuple[int, int]]) -> list[str]:
    """Return the alignment of each column, from where its head stands over its dashes."""
    found, begin = [], 0
    for (start, end), cell in zip(spans, _cut(head, spans), strict=True):
        words = cell.strip()
        at = begin + len(cell) - len(cell.lstrip())
        left, right = at <= start, at + len(words) >= end
        begin += len(cell)
        side = "left" if left else "right" if right else "center"
        found.append("" if not words or (left and right) else side)
    return found


def _simple(lines: list[str], head: int) -> tuple[int, dict[str, Any]] | None:
    dashes = lines[head]
    spans = _spans(dashes)
    rows, end = [], head + 1
    while end < len(lines) and lines[end].strip() and lines[end].strip() != dashes.strip():
        rows.append([cell.strip() for cell in _cut(lines[end], spans)])
        end += 1
    if end < len(lines) and lines[end].strip() == dashes.strip():
        end += 1
    if not rows:
        return None
    first = lines[0] if head else lines[1]
    top = [cell.strip() for cell in _cut(lines[0], spans)] if head else []
    return end, {"head": top, "grid": rows, "align": _sides(first, spans)}


def _multiline(lines: list[str]) -> tuple[int, dict[str, Any]] | None:
    """Read a table whose rows take several lines, with blank lines between them."""
    rule = next((n for n, line in enumerate(lines[1:], 1) if _DASHES.match(line)), 0)
    headed = rule > 0 and all(line.strip() for line in lines[1:rule])
    if not headed:
        return None
    spans = _spans(lines[rule])
    end = next((n for n, line in enumerate(lines[rule + 1 :], rule + 1) if _FULL.match(line)), 0)
    if not end:
        return None
    groups: list[list[str]] = [[]]
    for line in lines[rule + 1 : end]:
        if line.strip():
            groups[-1].append(line)
        elif groups[-1]:
            groups.append([])
    rows = [_joined(group, spans) for group in groups if group]
    top = _joined(lines[1:rule], spans)
    return end + 1, {"head": top, "grid": rows, "align": _sides(lines[1], spans)}


def _joined(lines: list[str], spans: list[tuple[int, int]]) -> list[str]:
    parts = [_cut(line, spans) for line in lines]
    return [" ".join(" ".join(column).split()) for column in zip(*parts, strict=True)]


def _grid(lines: list[str]) -> tuple[int, dict[str, Any]] | None:
    """Read a table drawn as a grid; its cells hold blocks."""
    lead = len(lines[0]) - len(lines[0].lstrip(" "))
    lines = [line[lead:] if not line[:lead].strip() else line for line in lines]
    end = next((n for n, line in enumerate(lines) if not line.startswith(("+", "|"))), len(lines))
    grid = grids.read([_columns(line.rstrip()) for line in lines[:end]])
    return (end, {"cells": grid}) if grid else None

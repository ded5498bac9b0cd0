"""Lists as Pandoc and CommonMark read them, re-indented for a library that needs four spaces.

In: Markdown. Out: Markdown with the same text, in which every line of a list item is indented by
four spaces per level, and a list that follows a paragraph of an item has a blank line before it.
The rule is CommonMark 0.31, 5.2: a line indented as far as an item's text belongs to the item.
This module must not know HTML.
"""

from __future__ import annotations

import re

_ITEM = re.compile(r"( *)([-*+]|\d{1,9}[.)])( +)(?=\S)")
_RULE = re.compile(r" {0,3}([-*_])( *\1){2,} *\Z")
_FENCE = re.compile(r" *(`{3,}(?!.*`)|~{3,})")
"""The start of a code fence; after backticks, its line has no others (CommonMark 0.31, 4.5)."""
_STEP = 4


def regular(text: str) -> str:
    """Indent list items in steps of four spaces; leave all other lines unchanged."""
    reader = _ListReader()
    for line in text.split("\n"):
        reader.read(line.expandtabs(_STEP) if line[:1] in "\t " else line)
    return "\n".join(reader.lines)


class _ListReader:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.open: list[int] = []
        """For each open item, the column in which its text begins."""
        self.loose: list[bool] = []
        """For each open item, whether it contains more than one paragraph."""
        self.blank = True
        self.fence = ""
        self.shift: int | None = None
        """In a code fence, how far its lines move; None outside lists, since they do not move."""

    def read(self, line: str) -> None:
        """Process one line."""
        if not line.strip():
            self.lines.append(line)
            self.blank = True
            return
        indent = len(line) - len(line.lstrip(" "))
        if self.fence and self.shift is not None and indent < self.open[-1]:
            self.fence = ""  # it ends with the item that it is in (CommonMark 0.31, 4.5)
            self.lines.append("")
            self.blank = True
        if self.fence:
            self._in_fence(line, indent)
        else:
            item = None if _RULE.fullmatch(line) else _ITEM.match(line)
            inside = bool(self.open)
            closed = self._close(indent, starts=bool(item) or self.blank)
            if item and self._can_start(indent, inside=inside):
                self._item(line, item, closed)
            else:
                self._continue(line, indent)
        self.blank = False

    def _close(self, indent: int, *, starts: bool) -> list[bool]:
        """Close the items that a line does not belong to; return for each whether it was loose."""
        closed = []
        while starts and self.open and indent < self.open[-1]:
            self.open.pop()
            closed.append(self.loose.pop())
        return closed

    def _can_start(self, indent: int, *, inside: bool) -> bool:
        """Return whether a list item may start here.

        At the top level it needs a blank line before it and less indentation than code.
        """
        if self.open:
            return indent - self.open[-1] < _STEP
        return indent < _STEP and (self.blank or inside)

    def _item(self, line: str, item: re.Match[str], closed: list[bool]) -> None:
        first_of_loose = not closed and bool(self.loose) and self.loose[-1]
        width = len(item[3]) if len(item[3]) <= _STEP else 1
        rest = line[item.end() :]
        fence = _FENCE.match(rest) if width == len(item[3]) else None
        # Without a blank line, the library takes `-` below a line of text for an underline.
        apart = any(closed) or first_of_loose or bool(fence)
        if apart and not self.blank:
            self.lines.append("")
        if self.blank and self.open and not closed:
            self.loose[-1] = True
        marker = item[2].replace(")", ".")
        place = " " * _STEP * len(self.open)
        self.lines.append(f"{place}{marker} {'' if fence else rest}")
        self.open.append(len(item[1]) + len(item[2]) + width)
        self.loose.append(bool(closed) and (apart or self.blank))
        if fence:
            self._open_fence(fence[1], self.open[-1])

    def _continue(self, line: str, indent: int) -> None:
        opened = _FENCE.match(line)
        self.fence, self.shift = (opened[1] if opened else ""), None
        if not self.open:
            self.lines.append(line)
            return
        more = indent - self.open[-1]
        if opened and more >= 0:
            self._open_fence(opened[1], indent)
            return
        extra = more if more >= _STEP else 0
        place = _STEP * len(self.open) + extra if more >= 0 or self.blank else indent
        self.loose[-1] = self.loose[-1] or self.blank
        self.lines.append(" " * place + line.lstrip(" "))

    def _open_fence(self, fence: str, indent: int) -> None:
        """Begin a code fence in an item; the library reads only indented code there."""
        self.fence, self.shift = fence, _STEP * (len(self.open) + 1) - indent
        self.lines.append("")

    def _in_fence(self, line: str, indent: int) -> None:
        closing = line.strip()
        ends = closing.startswith(self.fence) and not closing.strip(self.fence[0])
        if self.shift is None:
            self.lines.append(line)
        else:
            self.lines.append("" if ends else " " * max(0, indent + self.shift) + line.lstrip(" "))
            self.loose[-1] = True
        if ends:
            self.fence = ""

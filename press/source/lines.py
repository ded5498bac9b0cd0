"""Lines of a file on which its values are, by path: `groups.ward.articles[0]`.

In: the text of a TOML file. Out: `Lines`. tomllib checks the form of a file, and gives no lines.
This module must not know which keys there are, nor what values mean.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import lru_cache

from press.core.records import dataclass

_TOKEN = re.compile(
    r"(?P<blank>(?:[ \t\r]|\#[^\n]*)+)|(?P<end>\n)"
    r"|(?P<text>\"\"\"(?:\\.|[^\\])*?\"{3,5}|'''.*?'{3,5}|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*')"
    r"|(?P<sign>[\[\]{}=,.])|(?P<bare>[^\s\[\]{}=,.\"'\#]+)|(?P<other>.)",
    re.DOTALL,
)
"""A token of TOML; a text may end with two quotation marks of its own."""


@dataclass(frozen=True)
class Lines:
    """The lines of the values of one file."""

    first: Mapping[str, int] = field(default_factory=dict)
    """The first line of each key and of each item of a list."""
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What is written on the lines of each text that has several."""

    def of(self, path: str) -> int:
        """Return the line of a value; of what contains it if it is absent, else 1."""
        while path and path not in self.first:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.first.get(path, 1)

    def holding(self, path: str, words: str) -> list[int]:
        """Return the lines of a text that have these words, or begin them; its first if none does.

        `words` are not empty.
        """
        first = self.of(path)
        written = [*enumerate(self.texts.get(path, ()), first)]
        whole = [number for number, line in written if words in line]
        begin = words.split(maxsplit=1)[0]
        begun = [number for number, line in written if begin in line]
        return whole or begun[:1] or [first]

    def below(self, table: str) -> Lines:
        """Return the lines of the values of a table, by their paths in it."""
        start = f"{table}."
        return Lines(
            {path[len(start) :]: n for path, n in self.first.items() if path.startswith(start)},
            {path[len(start) :]: t for path, t in self.texts.items() if path.startswith(start)},
        )


@lru_cache(4)
def lines_of_toml(text: str) -> Lines:
    """Return the lines of a TOML file.

    The index makes a file with many faults take no longer than one with few.
    """
    return _Scanner(text).document()


class _Scanner:
    """A reader of tokens that notes lines; `kind`, `written`, and `line` are of the next one."""

    def __init__(self, text: str) -> None:
        self.matches = _TOKEN.finditer(text)
        self.first: dict[str, int] = {}
        self.texts: dict[str, list[str]] = {}
        self.tables: dict[str, int] = {}
        """How many tables each `[[array]]` has."""
        self.kind, self.written, self.line = "blank", "", 1
        self.advance()

    def advance(self) -> None:
        """Go to the next token that is not blank; at the end, `kind` is empty."""
        self.line += self.written.count("\n")
        for found in self.matches:
            self.kind, self.written = found.lastgroup or "", found[0]
            if self.kind != "blank":
                return
        self.kind = self.written = ""

    def document(self) -> Lines:
        """Read all lines."""
        table = ""
        while self.kind:
            if self.written == "[":
                table = self.header()
            elif self.kind in ("text", "bare"):
                self.pair(table)
            else:
                self.advance()
        return Lines(self.first, self.texts)

    def header(self) -> str:
        """Read `[table]` or `[[array]]`; return its path."""
        self.advance()
        is_array = self.written == "["
        if is_array:
            self.advance()
        line, names, path = self.line, self.names(), ""
        for number, name in enumerate(names, 1):
            path = self.note(path, name, line)
            if is_array and number == len(names):
                self.tables[path] = self.tables.get(path, 0) + 1
            if path in self.tables:
                path = f"{path}[{self.tables[path] - 1}]"
                self.first.setdefault(path, line)
        while self.kind not in ("", "end"):
            self.advance()
        return path

    def note(self, path: str, name: str, line: int) -> str:
        """Note the line of a key in what has a path; return its own path."""
        path = f"{path}.{name}" if path else name
        self.first.setdefault(path, line)
        return path

    def names(self) -> list[str]:
        """Read a dotted key."""
        found = []
        while self.kind in ("text", "bare") or self.written == ".":
            if self.kind == "bare":
                found.append(self.written)
            elif self.kind == "text":
                found.append(_unquoted(self.written))
            self.advance()
        return found

    def pair(self, path: str) -> None:
        """Read `key = value`."""
        line = self.line
        for name in self.names():
            path = self.note(path, name, line)
        if self.written == "=":
            self.advance()
            self.value(path)

    def value(self, path: str) -> None:
        """Read a value."""
        if self.written in ("[", "{"):
            self.inner(path, "]" if self.written == "[" else "}")
            return
        if "\n" in self.written and self.kind == "text":
            self.texts[path] = self.written.split("\n")
        while self.kind in ("text", "bare") or self.written == ".":
            self.advance()

    def inner(self, path: str, close: str) -> None:
        """Read the items of a list, or the pairs of an inline table."""
        self.advance()
        count = 0
        while self.kind and self.written != close:
            if close == "}" and self.kind in ("text", "bare"):
                self.pair(path)
            elif close == "]" and (self.kind in ("text", "bare") or self.written in ("[", "{")):
                item = f"{path}[{count}]"
                self.first.setdefault(item, self.line)
                self.value(item)
                count += 1
            else:
                self.advance()
        self.advance()


def _unquoted(name: str) -> str:
    if name[0] == "'" or "\\" not in name:
        return name[1:-1]
    try:
        return str(tomllib.loads(f"name = {name}")["name"])
    except ValueError:
        return name[1:-1]

"""Tagged lines, the form that RIS and PubMed share: `TY  - JOUR`, with lines that continue.

In: the text of a file. Out: its fields, each with its tag and its line, in records.
This module must not know what a tag means.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from press.core.records import dataclass
from press.references.csl_data import SHOWN


@dataclass(frozen=True)
class TaggedField:
    """One field of a record."""

    tag: str
    value: str
    line: int


class Record:
    """The fields of one entry, in the order of the file, and which of them have been read."""

    def __init__(self, fields: list[TaggedField], *, complete: bool = True) -> None:
        self.fields = fields
        self.complete = complete
        """The file has the line that ends the record."""
        self._read: set[str] = set()

    @property
    def line(self) -> int:
        """The 1-based line on which the record begins."""
        return self.fields[0].line if self.fields else 0

    def all(self, *tags: str) -> list[TaggedField]:
        """Return every field that has one of these tags, in the order of the file."""
        self._read.update(tags)
        return [field for field in self.fields if field.tag in tags and field.value]

    def values(self, *tags: str) -> list[str]:
        """Return the values of all fields that have one of these tags."""
        return [field.value for field in self.all(*tags)]

    def first(self, *tags: str) -> str:
        """Return the value of the first of these tags that the record has."""
        self._read.update(tags)
        for tag in tags:
            for field in self.fields:
                if field.tag == tag and field.value:
                    return field.value
        return ""

    def unread(self, never: Collection[str]) -> tuple[str, ...]:
        """Return the tags that nobody has asked for; except those `never` printed, with a value."""
        left = {field.tag: field.value for field in self.fields if field.value}
        return tuple(
            tag if tag in never else f"{tag} ({value[:SHOWN]})"
            for tag, value in left.items()
            if tag not in self._read
        )


def read_fields(text: str, tag: re.Pattern[str]) -> Iterator[TaggedField | None]:
    """Yield each field of a file, and None for each blank line.

    `tag` matches a tag and its separator at the beginning of a line; group 1 is the tag. A line
    without a tag continues the field before it.
    """
    pieces: list[str] = []
    name, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        found = tag.match(line)
        if (found or not line.strip()) and name:
            yield TaggedField(name, " ".join(" ".join(pieces).split()), start)
            name = ""
        if found:
            name, start, pieces = found[1], number, [line[found.end() :]]
        elif line.strip() and name:
            pieces.append(line)
        elif not line.strip():
            yield None
    if name:
        yield TaggedField(name, " ".join(" ".join(pieces).split()), start)

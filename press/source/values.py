"""Values of front matter: each invalid value is reported with its line and a hint.

In: `Fields`, as read from a file. Out: values of the requested type, usually empty for an invalid
one, and problems. This module must not know which keys there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from functools import partial
from typing import Any

from press.core.nearest import nearest
from press.core.problems import Problem, Span
from press.core.records import dataclass
from press.source.dates import Interval, date_hint, is_moving, read_day, read_interval
from press.source.lines import Lines
from press.source.plain import check_plain

LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-[A-Za-z0-9]{5,8})*\Z")


@dataclass(frozen=True)
class Fields:
    """The front matter as the author wrote it."""

    file: str
    values: Mapping[str, Any]
    lines: Mapping[str, int]
    spans: Mapping[str, Span] = field(default_factory=dict)
    """The location of each key that another file gives."""
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What is written on the lines of each text that has several."""
    written: Mapping[str, str] = field(default_factory=dict)
    """The key that the author wrote, for each that has another name here."""

    def name(self, key: str) -> str:
        """Return a key as the author wrote it."""
        return self.written.get(key, key)

    def span(self, key: str) -> Span:
        """Return the location of a key, or the first line of the file if the key is absent."""
        if key in self.spans and key not in self.lines:
            return self.spans[key]
        return Span(self.file, self.lines.get(key, 1), 1)

    def holding(self, key: str, path: str, words: str) -> list[Span]:
        """Return the locations of words in the value of a key, below which the text has a path."""
        lines = Lines(self.lines, self.texts).holding(f"{self.name(key)}{path}", words)
        return [Span(self.file, line, 1) for line in lines]


class FieldReader:
    """A reader that takes values out of `Fields` and reports a problem for each invalid one."""

    def __init__(self, fields: Fields, problems: list[Problem], code: str = "FRM003") -> None:
        self.fields = fields
        self.problems = problems
        self.code = code
        """The code of an invalid value."""
        self.toml = code == "CFG004"
        self.wrong: set[str] = set()
        """The keys whose values are invalid."""
        self.unread: dict[str, Span] = {}
        """The keys without a value because of a line for which there is a warning."""

    def bad(self, key: str, message: str, hint: str) -> None:
        """Report that the value of a key is invalid."""
        self.wrong.add(key)
        self.problems.append(Problem(self.code, self.fields.span(key), message, hint))

    def warn(self, code: str, span: Span, message: str, hint: str) -> None:
        """Add a warning."""
        self.problems.append(Problem(code, span, message, hint))

    def unknown(self, known: Iterable[str]) -> None:
        """Warn of unknown keys (FRM001)."""
        known = tuple(known)
        for key in self.fields.values:
            if key not in known:
                self.misspelled(key, nearest(key, known))

    def misspelled(self, key: str, hint: str) -> None:
        """Warn of one unknown key (FRM001)."""
        message = f"front matter has the unknown key '{key}', which has no effect"
        self.warn("FRM001", self.fields.span(key), message, hint)

    def plain(self, key: str, value: object) -> None:
        """Report placeholders and markup in the value of a key, which is printed as it is."""
        where = partial(self.fields.holding, key)
        problems = list(check_plain(value, f"'{self.fields.name(key)}'", self.code, where))
        if any(problem.code == self.code for problem in problems):
            self.wrong.add(key)
        self.problems += problems

    def string(self, key: str, default: str = "") -> str:
        """Return the value as a string; report a list or mapping."""
        value = self.fields.values.get(key, "")
        if not isinstance(value, str):
            name = self.fields.name(key)
            message = f"'{name}' must be a single value, not a list or mapping"
            self.bad(key, message, f'write {name} = "…"' if self.toml else f"write '{name}: …'")
            return default
        return re.sub(r"\s+", " ", value) or default

    def strings(self, key: str) -> tuple[str, ...]:
        """Return the value as a list of strings; a single string counts as a list of one."""
        value = self.fields.values.get(key, [])
        items = value if isinstance(value, list) else [value]
        if any(not isinstance(item, str) for item in items):
            hint = f'write {key} = ["…", "…"]' if self.toml else f"write '{key}: [one, two]'"
            self.bad(key, f"'{key}' must be a list of single values", hint)
            return ()
        return tuple(item for item in items if item)

    def statement(self, key: str) -> str:
        """Return a text, also if it is in a list or under `statement` or `text`, as in Quarto."""
        value = self.fields.values.get(key, "")
        items = value if isinstance(value, list) else [value]
        texts = [_statement(item) if isinstance(item, dict) else item for item in items]
        if not texts or not all(isinstance(text, str) for text in texts):
            return self.string(key)
        return re.sub(r"\s+", " ", "; ".join(map(str, texts)))

    def day(self, key: str, or_else: str = "") -> date | None:
        """Return a date, in digits or in English words; None if there is none.

        Warns of a date that means the day of the build (FRM009): the clock is never read.
        `or_else` says what the value can be instead.
        """
        value = self.string(key)
        day = read_day(value) if value else None
        if day or not value:
            return day
        if is_moving(value) and not self.toml:
            self.unread[key] = self.fields.span(key)
            message = f"'{key}: {value}' is not printed: makebook does not read the clock"
            hint = f"write the day itself, for example '{key}: 2026-11-22'"
            self.warn("FRM009", self.fields.span(key), message, hint)
            return None
        shown = f'{key} = "{value}"' if self.toml else f"{key}: {value}"
        self.bad(key, f"'{shown}' is not a valid date", date_hint(value) + or_else)
        return None

    def day_or_interval(self, key: str) -> date | Interval | None:
        """Return a date, or an interval such as 12 months."""
        value = self.fields.values.get(key)
        interval = read_interval(value) if isinstance(value, str) else None
        return interval or self.day(key, ", or an interval such as 12 months")

    def language(self, key: str, default: str) -> str:
        """Return a language tag (the common forms of BCP 47), or the default if there is none."""
        value = self.string(key) or default
        if LANG.match(value):
            return value
        hint = "write en, en-US, or de, for example"
        shown = f'{key} = "{value}"' if self.toml else f"{key}: {value}"
        self.bad(key, f"'{shown}' is not a valid language tag", hint)
        return default


def _statement(value: Mapping[str, Any]) -> Any:
    return value.get("statement") or value.get("text")

"""A configuration file in TOML, taken apart: a wrong value is a problem, a default stands in.

In: the text of a file. Out: values of the kind that is asked for, problems with line and hint.
This module must not know which keys a file has.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from press.core.model import Edition
from press.core.nearest import nearest
from press.core.problems import Problem, ProblemsError, Span
from press.source.front_matter import LANG

_TOML_ERROR = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|.*)\)", re.DOTALL)
"""What is wrong, then line and column; at the end of a document there are none."""


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """Parse a file.

    Raises:
        ProblemsError: it is no TOML (CFG002).
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Python gives the place in words alone (before 3.14).
        found = _TOML_ERROR.fullmatch(str(error))
        what, *place = found.groups() if found else (str(error), None, None)
        line, column = (int(n) for n in place if n) if all(place) else (text.count("\n") + 1, 1)
        message = f"no TOML: {what}"
        hint = 'write key = "value"; texts and dates as TOML has them'
        raise ProblemsError([Problem("CFG002", Span(file, line, column), message, hint)]) from None


def line_of(text: str, key: str, table: str = "") -> int:
    """The line on which a key of a TOML file stands, 1 where it cannot be found."""
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[([^\[\]]+)\]", line)
        if header:
            current = re.sub(r"[\s\"']", "", header[1])
            if f"{table}.{key}".strip(".") in (current, current.split(".")[0] if not table else ""):
                return number
        name = re.match(r"\s*[\"']?([\w*.-]+)[\"']?\s*=", line)
        if name and (name[1] == key or name[1].startswith(key + ".")) and current == table:
            return number
        if name and table and not current and name[1] == f"{table}.{key}":
            return number
        if table and name and name[1] == table and re.search(rf"\b{re.escape(key)}\b", line):
            return number
    return 1


class Settings:
    """One file: its values, asked for one by one."""

    def __init__(
        self, text: str, file: str, table: Mapping[str, Any], problems: list[Problem]
    ) -> None:
        self.text = text
        self.file = file
        self.table = table
        self.problems = problems

    def span(self, key: str, table: str = "") -> Span:
        """Where a key stands."""
        return Span(self.file, line_of(self.text, key, table), 1)

    def bad(self, code: str, key: str, message: str, hint: str, table: str = "") -> None:
        """Say what is wrong with a key."""
        self.problems.append(Problem(code, self.span(key, table), message, hint))

    def known(self, given: Mapping[str, Any], keys: tuple[str, ...], table: str = "") -> None:
        """Problem CFG003: a key that is none of these."""
        for key in given:
            if key not in keys:
                where = f" in [{table}]" if table else ""
                message = f"{self.file} has the unknown key '{key}'{where}"
                self.bad("CFG003", key, message, nearest(key, keys), table)

    def text_of(self, key: str, default: str) -> str:
        """A text. Problem CFG004: it is none."""
        value = self.table.get(key, default)
        if isinstance(value, str):
            return value
        self.bad("CFG004", key, f"'{key}' must be a text", f'write {key} = "{default or "…"}"')
        return default

    def list_of(self, given: Mapping[str, Any], key: str, table: str = "") -> tuple[str, ...]:
        """A list of texts, or one. Problem CFG004: it is neither."""
        value = given.get(key, [])
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return tuple(items)
        hint = f'write {key if re.fullmatch("[A-Za-z0-9_-]+", key) else repr(key)} = ["…", "…"]'
        self.bad("CFG004", key, f"'{key}' must be a list of texts", hint, table)
        return ()

    def table_of(self, key: str) -> dict[str, Any]:
        """A table. Problem CFG004: it is none."""
        value = self.table.get(key, {})
        if isinstance(value, dict):
            return value
        self.bad("CFG004", key, f"'{key}' must be a table", f"write [{key}]")
        return {}

    def lang(self, default: str) -> str:
        """The language, `lang`. Problem CFG004: it is no tag of BCP 47."""
        lang = self.text_of("lang", default)
        if LANG.match(lang) or (not lang and "lang" not in self.table):
            return lang
        hint = 'write lang = "en", "en-US" or "de", for example'
        self.bad("CFG004", "lang", f"'{lang}' is no language tag", hint)
        return default

    def jurisdiction(self, lang: str) -> str:
        """The `jurisdiction`; where none is given, the region of the language."""
        region = re.search(r"-([A-Z]{2})\b", lang)
        jurisdiction = self.text_of("jurisdiction", region[1] if region else "")
        if not re.fullmatch(r"([A-Z]{2}(-[A-Z0-9]{1,3})?)?", jurisdiction):
            hint = 'write the two letters of a country: jurisdiction = "US"'
            message = f"'{jurisdiction}' is no jurisdiction"
            self.bad("CFG004", "jurisdiction", message, hint)
        return jurisdiction

    def address(self) -> str:
        """The `address` on the web, without a slash at its end."""
        address = self.text_of("address", "")
        if address and not is_web(address):
            hint = 'write address = "https://example.org/handouts"'
            self.bad("CFG004", "address", f"'{address}' is no web address", hint)
            return ""
        return address.rstrip("/")

    def choose(
        self, names: Collection[str], editions: Mapping[str, Edition]
    ) -> tuple[Edition, ...]:
        """The editions of these names. Problem CFG005: there is none of that name."""
        for name in names:
            if name not in editions:
                message = f"there is no edition '{name}'"
                self.bad("CFG005", "editions", message, nearest(name, editions))
        return tuple(editions[n] for n in dict.fromkeys(names) if n in editions)


def is_web(address: str) -> bool:
    """Whether a text is the address of a page on the web."""
    return bool(re.match(r"https?://[^\s/]+\S*\Z", address))

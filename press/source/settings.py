"""Values of a TOML configuration file: each invalid value is reported with its line and a hint.

In: a file, or its text. Out: values of the requested type, usually the default for an invalid one,
and problems. This module knows the keys that makebook.toml and imprints share, and must not know
any others.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from press.core.files import read_text
from press.core.model import Edition
from press.core.nearest import nearest
from press.core.nesting import is_deep
from press.core.problems import Problem, ProblemsError, Span, counted
from press.source.lines import lines_of_toml
from press.source.plain import check_plain
from press.source.values import LANG

_LONGEST = 2_000_000
"""The most characters of a file."""
_DEEP_KEY = re.compile(r"(?<![\w.-])(?:[\w-]++[ \t]*+\.[ \t]*+){100}")
"""A dotted key that Python takes quadratic time to read; each dot is a table in a table."""
_TOML_ERROR = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|.*)\)", re.DOTALL)
"""The error, then its line and column, which are absent at the end of a document."""


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """Parse the text of a file.

    Raises:
        ProblemsError: the file is not valid TOML (CFG002).
    """
    hint = "keep only what makebook uses; data of other programs belong in files of their own"
    if len(text) > _LONGEST:
        message = f"the file has {counted(len(text), 'character')}; the maximum is {_LONGEST}"
        raise ProblemsError([Problem("CFG002", Span(file, 1, 1), message, hint)])
    try:
        table = None if _DEEP_KEY.search(text) else tomllib.loads(text)
    except RecursionError:
        table = None
    except ValueError as error:  # TOMLDecodeError, or a number of more digits than Python reads
        # Before 3.14, Python gives the location only as part of the message.
        found = _TOML_ERROR.fullmatch(str(error))
        what, *place = found.groups() if found else (str(error), None, None)
        line, column = (int(n) for n in place if n) if all(place) else (text.count("\n") + 1, 1)
        message = f"not valid TOML: {what}"
        hint = 'write key = "value", with quotes around text but not around dates or numbers'
        raise ProblemsError([Problem("CFG002", Span(file, line, column), message, hint)]) from None
    if table is None or is_deep(table):
        message = "lists and tables are nested too deeply"
        raise ProblemsError([Problem("CFG002", Span(file, 1, 1), message, hint)])
    return table


def read_toml(path: Path, file: str, problems: list[Problem]) -> tuple[str, dict[str, Any]] | None:
    """Read a TOML file; return its text and its table.

    Returns None if this fails, and adds problem CFG002, TXT001, or TXT002.
    """
    text = read_text(path, file, problems)
    if text is None:
        return None
    try:
        return text, parse_toml(text, file)
    except ProblemsError as error:
        problems.extend(error.problems)
        return None


def line_of(text: str, key: str, table: str = "") -> int:
    """Return the line of a key in a TOML file, or of an item of its list: `articles[0]`.

    Of a key or item that is not in the file, it is the line of the table or list; else 1.
    """
    return lines_of_toml(text).of(f"{table}.{key}" if table else key)


class Settings:
    """The values of one file, read one by one."""

    def __init__(
        self, text: str, file: str, table: Mapping[str, Any], problems: list[Problem]
    ) -> None:
        self.text = text
        self.file = file
        self.table = table
        self.problems = problems

    def span(self, key: str, table: str = "") -> Span:
        """Return the location of a key, or of an item of its list: `articles[0]`."""
        return Span(self.file, line_of(self.text, key, table), 1)

    def bad(self, code: str, key: str, message: str, hint: str, table: str = "") -> None:
        """Report a problem with a key, or with an item of its list."""
        self.problems.append(Problem(code, self.span(key, table), message, hint))

    def plain(self, key: str, value: str, shown: str, table: str) -> None:
        """Report placeholders (CFG004) and markup in a text that is printed as it is."""

        def where(_: str, words: str) -> list[Span]:
            lines = lines_of_toml(self.text).holding(f"{table}.{key}", words)
            return [Span(self.file, line, 1) for line in lines]

        self.problems += check_plain(value, shown, "CFG004", where)

    def known(self, given: Mapping[str, Any], keys: tuple[str, ...], table: str = "") -> None:
        """Report each key that is not one of `keys` (CFG003)."""
        unknown = [key for key in given if key not in keys]
        where = f" in [{table}]" if table else ""
        for key in unknown:
            message = f"unknown key '{key}'{where}"
            self.bad("CFG003", key, message, nearest(key, keys), table)

    def text_of(self, key: str, default: str) -> str:
        """Read a text value. Problem CFG004: it is not text."""
        value = self.table.get(key, default)
        if isinstance(value, str):
            return value
        hint = f'write {key} = "{default or "…"}"'
        self.bad("CFG004", key, f"'{key}' must be text in quotes", hint)
        return default

    def list_of(self, given: Mapping[str, Any], key: str, table: str = "") -> tuple[str, ...]:
        """Read a list of texts; a single text counts as a list. Problem CFG004: it is neither."""
        value = given.get(key, [])
        items = [value] if isinstance(value, str) else value
        place = key
        if isinstance(items, list):
            wrong = [number for number, item in enumerate(items) if not isinstance(item, str)]
            if not wrong:
                return tuple(items)
            place = f"{key}[{wrong[0]}]"
        hint = f'write {key if re.fullmatch("[A-Za-z0-9_-]+", key) else repr(key)} = ["…", "…"]'
        self.bad("CFG004", place, f"'{key}' must be a list of items in quotes", hint, table)
        return ()

    def table_of(self, key: str) -> dict[str, Any]:
        """Read a table. Problem CFG004: it is not a table."""
        value = self.table.get(key, {})
        if isinstance(value, dict):
            return value
        self.bad("CFG004", key, f"'{key}' must be a table", f"write [{key}]")
        return {}

    def lang(self, default: str) -> str:
        """Read the language, `lang`. Problem CFG004: it is not a BCP 47 tag."""
        lang = self.text_of("lang", default)
        if LANG.match(lang) or (not lang and "lang" not in self.table):
            return lang
        hint = 'write lang = "en", "en-US", or "de", for example'
        self.bad("CFG004", "lang", f"'{lang}' is not a valid language tag", hint)
        return default

    def jurisdiction(self, lang: str) -> str:
        """Read the `jurisdiction`; the default is the region of the language."""
        region = re.search(r"-([A-Z]{2})\b", lang)
        jurisdiction = self.text_of("jurisdiction", region[1] if region else "")
        if not re.fullmatch(r"([A-Z]{2}(-[A-Z0-9]{1,3})?)?", jurisdiction):
            hint = 'write a country code of two capital letters: jurisdiction = "US"'
            message = f"'{jurisdiction}' is not a valid jurisdiction"
            self.bad("CFG004", "jurisdiction", message, hint)
        return jurisdiction

    def address(self) -> str:
        """Read the web `address`, without a slash at its end."""
        address = self.text_of("address", "")
        if address and not is_web(address):
            hint = 'write address = "https://example.org/handouts"'
            self.bad("CFG004", "address", f"'{address}' is not a valid web address", hint)
            return ""
        return address.rstrip("/")

    def choose(
        self, names: Collection[str], editions: Mapping[str, Edition], table: str = ""
    ) -> tuple[Edition, ...]:
        """Return the editions with these names; `table` is where they are listed.

        Problems: CFG005 there is no such edition; CFG004 the first one is only a sheet.
        """
        for number, name in enumerate(names):
            if name not in editions:
                message = f"there is no edition '{name}'"
                self.bad("CFG005", f"editions[{number}]", message, nearest(name, editions), table)
        found = tuple(editions[n] for n in dict.fromkeys(names) if n in editions)
        if found and found[0].kind == "sheet":
            message = f"edition '{found[0].name}' cannot be the first one: it is not the whole text"
            hint = 'write editions = ["letter", "sheet"]'
            self.bad("CFG004", "editions[0]", message, hint, table)
        return found


def is_web(address: str) -> bool:
    """Return whether a text is a web address."""
    return bool(re.match(r"https?://[^\s/]+\S*\Z", address))

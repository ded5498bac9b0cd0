"""YAML front matter of articles and disclaimers: owner of the YAML parser.

In: the text of a file. Out: `Fields` (strings, lists, and mappings, with the line of each key) and
the body, or a `Matter`. Every scalar is read as the string the author typed, so `lang: no` is
Norwegian and `version: 1.10` stays 1.10. This module must not know Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from press.core.model import Matter, Person
from press.core.months import month_number
from press.core.nearest import nearest
from press.core.problems import Problem, Span

_FENCE = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_LAST_YEAR = 2100  # the ZIP format of an EPUB has no dates after 2107 (APPNOTE 4.4.6)
_UNPRINTED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")
ARTICLE_KEYS = (
    "title", "subtitle", "author", "date", "lang", "abstract", "keywords", "tags",
    "bibliography", "csl", "nocite", "rights", "topics", "reviewed", "sources-checked",
    "next-review", "reviewer", "funding", "conflicts", "version", "identifier", "audience",
)  # fmt: skip
NOTICE_KEYS = ("id", "title", "when", "place", "short", "required", "verified")
PERSON_KEYS = ("name", "affiliation", "orcid", "role")
LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-[A-Za-z0-9]{5,8})*\Z")


@dataclass(frozen=True)
class Fields:
    """The front matter as the author wrote it."""

    file: str
    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def span(self, key: str) -> Span:
        """Return the location of a key in its file, or the first line if the key is absent."""
        return Span(self.file, self.lines.get(key, 1), 1)


def body_line(text: str) -> int:
    """Return the 1-based line on which the body of a file starts, after its front matter."""
    found = _FENCE.match(text)
    return text[: found.end()].count("\n") + 1 if found else 1


def split(text: str, file: str, problems: list[Problem]) -> tuple[Fields, str, int]:
    """Split a file into its front matter and its body.

    Returns the fields (empty if there is no front matter, or if it is not a YAML mapping: FRM002),
    the body, and the 1-based line of the file on which the body starts.
    """
    found = _FENCE.match(text)
    if not found:
        if re.match(r"---[ \t]*\n", text):
            problems.append(
                Problem(
                    "FRM002",
                    Span(file, 1, 1),
                    "front matter begins with '---' but has no closing '---'",
                    "add a line '---' before the text",
                )
            )
        return Fields(file, {}, {}), text, 1
    body, first = text[found.end() :], body_line(text)
    try:
        values, lines = _mapping(_compose(found.group(1)), file, problems)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        before = found.group(1).encode()[: getattr(error, "position", 0)].decode(errors="ignore")
        line, column = before.count("\n") + 2, len(before) - before.rfind("\n")
        line, column = (mark.line + 2, mark.column + 1) if mark else (line, column)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        hint = (
            "write 'key: value' on each line; put quotes around a value that contains a colon or "
            "begins with a symbol; indent with spaces, not tabs"
        )
        message = f"front matter is not valid YAML: {problem}"
        problems.append(Problem("FRM002", Span(file, line, column), message, hint))
        values, lines = {}, {}
    return Fields(file, values, lines), body, first


def _compose(text: str) -> Any:
    """Parse YAML, but reject what front matter never needs, such as aliases and deep nesting."""
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        flaw, mark = "", event.start_mark
        if isinstance(event, yaml.AliasEvent):
            flaw = f"'*{event.anchor}' is read as a YAML alias, which is not allowed"
        elif depth > 20:
            flaw = "lists and mappings are nested too deeply"
        elif isinstance(event, yaml.ScalarEvent) and (found := _UNPRINTED.search(event.value)):
            flaw = f"the character U+{ord(found[0]):04X} cannot be printed"
        if flaw:
            raise yaml.MarkedYAMLError(problem=flaw, problem_mark=mark)
    return yaml.compose(text, Loader=_LOADER)


def _mapping(
    node: Any, file: str, problems: list[Problem]
) -> tuple[dict[str, Any], dict[str, int]]:
    if node is None:
        return {}, {}
    if not isinstance(node, yaml.MappingNode):
        message = "front matter must consist of 'key: value' lines"
        hint = "write 'title: …', for example"
        problems.append(Problem("FRM002", Span(file, 2, 1), message, hint))
        return {}, {}
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key must be text", problem_mark=node.start_mark)
        key, line = str(key_node.value), key_node.start_mark.line + 2
        if key in values:
            message = f"front matter has the key '{key}' twice"
            hint = f"delete either line {lines[key]} or line {line}"
            problems.append(Problem("FRM003", Span(file, line, 1), message, hint))
        values[key], lines[key] = _to_python(value_node), line
    return values, lines


def _to_python(node: Any) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_to_python(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _to_python(value) for key, value in node.value}
    null = not node.style and node.value in ("", "~", "null")
    return "" if null else str(node.value).strip()


_SPELLED = re.compile(
    r"(?:(?P<day>\d{1,2})\s+(?P<month>[A-Za-z]{3,9})\.?|(?P<Month>[A-Za-z]{3,9})\.?\s+(?P<Day>\d{1,2}))"
    r",?\s+(?P<year>\d{4})"
)


def _in_digits(value: str) -> str:
    """Rewrite `November 22, 2026` and `22 Nov 2026` as `2026-11-22`; return other text as is."""
    found = _SPELLED.fullmatch(value)
    month = month_number(found["month"] or found["Month"]) if found else 0
    if not found or not month:
        return value
    return f"{found['year']}-{month:02}-{int(found['day'] or found['Day']):02}"


class FieldReader:
    """A reader that takes values out of `Fields` and reports a problem for each invalid one."""

    def __init__(self, fields: Fields, problems: list[Problem]) -> None:
        self.fields = fields
        self.problems = problems

    def bad(self, key: str, message: str, hint: str) -> None:
        """Report that the value of a key is invalid (FRM003)."""
        self.problems.append(Problem("FRM003", self.fields.span(key), message, hint))

    def unknown(self, known: Iterable[str]) -> None:
        """Warn of unknown keys (FRM001)."""
        known = tuple(known)
        for key in self.fields.values:
            if key not in known:
                message = f"front matter has the unknown key '{key}', which has no effect"
                hint = nearest(key, known)
                self.problems.append(Problem("FRM001", self.fields.span(key), message, hint))

    def string(self, key: str, default: str = "") -> str:
        """Return the value as a string; report a list or mapping."""
        value = self.fields.values.get(key, "")
        if not isinstance(value, str):
            message = f"'{key}' must be a single value, not a list or mapping"
            self.bad(key, message, f"write '{key}: …'")
            return default
        return re.sub(r"\s+", " ", value) or default

    def strings(self, key: str) -> tuple[str, ...]:
        """Return the value as a list of strings; a single string counts as a list of one."""
        value = self.fields.values.get(key, [])
        items = value if isinstance(value, list) else [value]
        if any(not isinstance(item, str) for item in items):
            self.bad(key, f"'{key}' must be a list of single values", f"write '{key}: [one, two]'")
            return ()
        return tuple(item for item in items if item)

    def day(self, key: str) -> date | None:
        """Return a date, written as in ISO 8601 or in English words; None if there is none."""
        value = self.string(key)
        if not value:
            return None
        try:
            day = date.fromisoformat(_in_digits(value))
        except ValueError:
            day = date.max
        if day.year < _LAST_YEAR:
            return day
        hint = "write year-month-day, for example 2026-11-22"
        self.bad(key, f"'{key}: {value}' is not a valid date", hint)
        return None

    def language(self, key: str, default: str) -> str:
        """Return a language tag (the common forms of BCP 47), or the default if there is none."""
        value = self.string(key) or default
        if LANG.match(value):
            return value
        hint = "write en, en-US, or de, for example"
        self.bad(key, f"'{key}: {value}' is not a valid language tag", hint)
        return default


def read_matter(fields: Fields, default_lang: str, problems: list[Problem]) -> Matter:
    """Validate the front matter of an article.

    Problems: FRM001 unknown key (warning), FRM003 invalid value, FRM004 no title.
    """
    read = FieldReader(fields, problems)
    read.unknown(ARTICLE_KEYS)
    title = read.string("title")
    broken = any(p.code == "FRM002" and p.span.path == fields.file for p in problems)
    if not title and not broken:
        message = "the article has no title"
        hint = "begin the file with three lines: '---', 'title: …', '---'"
        problems.append(Problem("FRM004", Span(fields.file, 1, 1), message, hint))
    return Matter(
        title=title,
        subtitle=read.string("subtitle"),
        authors=_people(read),
        date=read.day("date"),
        lang=read.language("lang", default_lang),
        abstract=read.string("abstract"),
        keywords=read.strings("keywords") + read.strings("tags"),
        bibliography=read.strings("bibliography"),
        csl=read.string("csl"),
        nocite=tuple(re.findall(r"@([^\s,;]+)", " ".join(read.strings("nocite")))),
        rights=read.string("rights"),
        topics=read.strings("topics"),
        reviewed=read.day("reviewed"),
        sources_checked=read.day("sources-checked"),
        next_review=read.day("next-review"),
        reviewer=read.string("reviewer"),
        funding=read.string("funding"),
        conflicts=read.string("conflicts"),
        version=read.string("version"),
        identifier=read.string("identifier"),
        audience=read.string("audience"),
        lines=dict(fields.lines),
    )


def _people(read: FieldReader) -> tuple[Person, ...]:
    value = read.fields.values.get("author", [])
    people: list[Person] = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and isinstance(item.get("name"), str) and item["name"]:
            odd = [key for key in item if key not in PERSON_KEYS or not isinstance(item[key], str)]
            if odd:
                hint = nearest(odd[0], PERSON_KEYS)
                read.bad("author", f"an author has the unknown key '{odd[0]}'", hint)
            people.append(
                Person(**{key: item[key] for key in PERSON_KEYS if key not in odd and key in item})
            )
        elif isinstance(item, str):
            people.extend([Person(item)] if item else [])
        else:
            read.bad("author", "an author has no name", "write 'author: Name' or '- name: Name'")
    return tuple(people)

"""YAML front matter of articles and disclaimers: owner of the YAML parser.

In: the text of a file. Out: `Fields` (strings, lists, and mappings, with the line of each key) and
the body, or a `Matter`. Every scalar is read as the string the author typed, so `lang: no` is
Norwegian and `version: 1.10` stays 1.10. This module must not know Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import yaml

from press.core.model import Defaults, Matter, Origin, Person, Status
from press.core.nearest import did_you_mean, nearest
from press.core.problems import Problem, Span
from press.source.citation_syntax import listed_keys
from press.source.codes import SYSTEMS
from press.source.dates import Interval, read_interval
from press.source.foreign import ALSO, adopt, sort_out
from press.source.people import PERSON_KEYS as PERSON_KEYS  # noqa: PLC0414 - a name for others
from press.source.people import read_people, without_notes
from press.source.values import FieldReader, Fields

_LISTED = 20
"""Keys that a message lists."""
_FENCE = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_UNPRINTED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")
ARTICLE_KEYS = (
    "title", "subtitle", "author", "date", "lang", "abstract", "keywords", "tags",
    "bibliography", "csl", "nocite", "short", "rights", "topics", "reviewed", "sources-checked",
    "next-review", "reviewer", "funding", "conflicts", "version", "identifier", "audience",
    "status", "withdrawn-because", "codes",
)  # fmt: skip
NOTICE_KEYS = ("id", "title", "when", "place", "short", "required", "verified")
ONE_EACH = ("title", "identifier", "status", "withdrawn-because", "codes")
"""The keys that are about one article, and have no default."""
STATUSES = ("published", "draft", "withdrawn")
"""The values of `status`; an article without one is published."""
_WITHDRAWN = re.compile(r"^status[ \t]*:[ \t]*[\"']?withdrawn\b", re.M)


def body_line(text: str) -> int:
    """Return the 1-based line on which the body of a file starts, after its front matter."""
    found = _FENCE.match(text)
    return text[: found.end()].count("\n") + 1 if found else 1


def inline_references(text: str) -> str:
    """Return the front matter of an article, with its lines where they are in the file.

    For Pandoc, it may have entries of a bibliography, as `references`.
    """
    found = _FENCE.match(text)
    return f"\n{found[1]}" if found else ""


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
        return _mapping(_compose(found.group(1)), text, file, problems), body, first
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
    return Fields(file, {}, {}), body, first


def not_printed(text: str) -> str:
    """Return the first character that cannot be printed; an empty string if there is none."""
    found = _UNPRINTED.search(text)
    return found[0] if found else ""


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
        elif isinstance(event, yaml.ScalarEvent) and (found := not_printed(event.value)):
            flaw = f"the character U+{ord(found):04X} cannot be printed"
        if flaw:
            raise yaml.MarkedYAMLError(problem=flaw, problem_mark=mark)
    return yaml.compose(text, Loader=_LOADER)


def _mapping(node: Any, text: str, file: str, problems: list[Problem]) -> Fields:
    if node is None:
        return Fields(file, {}, {})
    if not isinstance(node, yaml.MappingNode):
        message = "front matter must consist of 'key: value' lines"
        hint = "write 'title: …', for example"
        problems.append(Problem("FRM002", Span(file, 2, 1), message, hint))
        return Fields(file, {}, {})
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    texts: dict[str, list[str]] = {}
    written = text.split("\n")
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key must be text", problem_mark=node.start_mark)
        key, line = str(key_node.value), key_node.start_mark.line + 2
        if key in values:
            message = f"front matter has the key '{key}' twice"
            hint = f"delete either line {lines[key]} or line {line}"
            problems.append(Problem("FRM003", Span(file, line, 1), message, hint))
        values[key] = _to_python(value_node)
        for path, first, value in _nodes(key, line, value_node):
            lines[path] = first
            if isinstance(value, yaml.ScalarNode) and value.end_mark.line + 2 > first:
                last = value.end_mark.line + 2 - (value.style in ("|", ">"))
                texts[path] = written[first - 1 : last]
    return Fields(file, values, lines, texts=texts)


def _nodes(path: str, line: int, node: Any) -> Iterator[tuple[str, int, Any]]:
    """Yield a value with its path and line, and each in it: `codes.icd10`, `codes.icd10[0]`."""
    yield path, line, node
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _nodes(f"{path}.{key.value}", key.start_mark.line + 2, value)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _nodes(f"{path}[{number}]", item.start_mark.line + 2, item)


def _to_python(node: Any) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_to_python(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _to_python(value) for key, value in node.value}
    null = not node.style and node.value in ("", "~", "null")
    return "" if null else str(node.value).strip()


def read_matter(
    fields: Fields, default_lang: str, problems: list[Problem], defaults: Defaults | None = None
) -> Matter:
    """Validate the front matter of an article; `defaults` fill in what it does not give.

    Problems: FRM001 unknown key, FRM003 invalid value, FRM004 no title, FRM007 keys without
    effect, FRM008 no date to count from, FRM009 a date that moves, FRM010 a draft.
    """
    fields = _with_defaults(_adopted(fields), defaults or Defaults())
    read = FieldReader(fields, problems)
    unused = _unknown(read)
    title = _title(read)
    matter = _read(read, title, default_lang, unused)
    _draft(read, unused)
    if unused:
        keys = ", ".join(f"'{key}'" for key in unused[:_LISTED])
        keys += f", and {len(unused) - _LISTED:,} more" if len(unused) > _LISTED else ""
        what = "a key that has" if len(unused) == 1 else "keys that have"
        hint = "delete what you do not need for other programs; the manual lists the keys"
        span = min(
            fields.span(key if key in fields.values else re.split("[.:]", key)[0]) for key in unused
        )
        read.warn("FRM007", span, f"front matter has {what} no effect here: {keys}", hint)
    given = {key: fields.span(key) for key in fields.values if fields.values[key] != ""}
    absent = defaults.wrong - fields.lines.keys() if defaults else frozenset()
    counted = "next-review" not in fields.lines and "date" in given
    if counted and read_interval(str(fields.values.get("next-review"))):
        given["next-review"] = given["date"]  # makebook.toml does not say which article is due
    return replace(matter, origin=Origin(given, frozenset(read.wrong) | absent, read.unread))


def check_defaults(fields: Fields, problems: list[Problem]) -> frozenset[str]:
    """Check values that are defaults for articles (CFG004); return the keys that are wrong."""
    read = FieldReader(fields, problems, "CFG004")
    unused: list[str] = []
    _read(read, "", "en", unused)
    for key in unused:
        read.bad("author", f"'{key}' has no effect here", "delete it")
    return frozenset(read.wrong)


def _adopted(fields: Fields) -> Fields:
    """Give other tools' keys the names that makebook has for them."""
    values, written = adopt(fields.values)
    lines = {**fields.lines, **{key: fields.lines.get(old, 1) for key, old in written.items()}}
    return replace(fields, values=values, lines=lines, written=written)


def _with_defaults(fields: Fields, defaults: Defaults) -> Fields:
    """Fill in the keys that an article does not have; one without a value counts as given."""
    values = {**defaults.values, **fields.values}
    return replace(fields, values=values, spans=defaults.spans)


def _unknown(read: FieldReader) -> list[str]:
    """Warn of misspelled keys (FRM001); return the keys that have no effect."""
    unknown = [key for key in read.fields.values if key not in (*ARTICLE_KEYS, *ALSO)]
    misspelled, unused = sort_out(unknown, ARTICLE_KEYS)
    for key, alike in misspelled.items():
        read.unread.setdefault(alike[0], read.fields.span(key))
        if alike[0] != "title" or "title" in read.fields.values:
            read.misspelled(key, did_you_mean(alike))
    return unused


def _title(read: FieldReader) -> str:
    """Return the title. Problem FRM004: there is none, and nothing else explains why."""
    title, file = read.string("title"), read.fields.file
    broken = any(p.code == "FRM002" and p.span.path == file for p in read.problems)
    if title or broken or "title" in read.wrong:
        return title
    message = "the article has no title"
    hint = "begin the file with three lines: '---', 'title: …', '---'"
    span = Span(file, 1, 1)
    if "title" not in read.fields.values and "title" in read.unread:
        span = read.unread["title"]
        key = next(key for key in read.fields.values if read.fields.span(key) == span)
        message, hint = f"the article has no title; '{key}' is not a key", did_you_mean(["title"])
    read.problems.append(Problem("FRM004", span, message, hint))
    return title


def read_withdrawn(
    text: str, file: str, default_lang: str, problems: list[Problem], defaults: Defaults
) -> Matter | None:
    """Return the front matter of an article that is withdrawn; None for any other.

    Of an article without such a line nothing is parsed, and of one that is not withdrawn nothing is
    reported: its own build does that.
    """
    found = _FENCE.match(text)
    if not found or not _WITHDRAWN.search(found[1]):
        return None
    own: list[Problem] = []
    matter = read_matter(split(text, file, own)[0], default_lang, own, defaults)
    if matter.status != "withdrawn":
        return None
    problems += own
    return matter


def _status(read: FieldReader) -> tuple[Status, str]:
    """Return the status, and why an article was withdrawn. FRM003: one without the other."""
    key = "withdrawn-because"
    status, because = read.string("status"), read.statement(key)
    if status and status not in STATUSES:
        read.bad("status", f"'status: {status}' is not a status", nearest(status, STATUSES))
    elif status == "withdrawn" and not because and key not in read.wrong:
        hint = f"write '{key}: …', in words for those who have an old sheet"
        read.bad("status", f"a withdrawn article has no '{key}'", hint)
    elif because and status != "withdrawn":
        hint = f"write 'status: withdrawn', or delete '{key}'"
        read.bad(key, f"'{key}' is given, but the status is not 'withdrawn'", hint)
    known: dict[str, Status] = {"draft": "draft", "withdrawn": "withdrawn"}
    return known.get(status, ""), because


def _nocite(read: FieldReader) -> tuple[str, ...]:
    """Return the keys of works to list without citing them. FRM003: a text without a key."""
    given = read.strings("nocite")
    for text in given:
        if not listed_keys(text):
            hint = "write @ before each key: 'nocite: \"@smith2019, @jones2020\"'"
            read.bad("nocite", f"'nocite: {text}' names no work", hint)
    return listed_keys(" ".join(given))


def _codes(read: FieldReader) -> dict[str, tuple[str, ...]]:
    """Return the codes of each system whose form is right, each once; report the others."""
    given, found = read.fields.values.get("codes", ""), dict[str, tuple[str, ...]]()
    if not isinstance(given, dict):
        if given:
            hint = "write 'codes: {icd10: [F42], snomed: [191736004]}'"
            read.bad("codes", "'codes' must be a mapping of systems to lists of codes", hint)
        return found
    for system, listed in given.items():
        name = f"codes.{system}"
        codes = listed if isinstance(listed, list) else [listed] if listed else []
        if system not in SYSTEMS:
            read.bad(name, f"'{system}' is not a system of codes", nearest(system, SYSTEMS))
            continue
        good = []
        for number, code in enumerate(codes):
            flaw = ("not a single value", "write one code") if not isinstance(code, str) else None
            if flaw := flaw or SYSTEMS[system](code):
                place = f"{name}[{number}]" if f"{name}[{number}]" in read.fields.lines else name
                read.bad(place, f"'{code}' in '{name}' is {flaw[0]}", flaw[1])
            else:
                good.append(code)
        if good:
            found[system] = tuple(dict.fromkeys(good))
    return found


def _draft(read: FieldReader, unused: list[str]) -> None:
    """Warn of an article that other tools would not publish (FRM010)."""
    for key, marks in (("published", ("false", "no")), ("draft", ("true", "yes"))):
        value = str(read.fields.values.get(key, "")).lower()
        if value in marks:
            message = f"'{key}: {value}' marks a draft, but makebook builds it"
            if str(read.fields.values.get("status", "")) in STATUSES:
                continue
            hint = "write 'status: draft', which marks every page, or delete this line"
            read.warn("FRM010", read.fields.span(key), message, hint)
        elif value not in ("", "true", "false", "yes", "no"):
            unused.append(key)


def _read(read: FieldReader, title: str, lang: str, unused: list[str]) -> Matter:
    day = read.day("date")
    words = [read.strings(key) for key in ("keywords", "tags", "categories", "category")]
    status, because = _status(read)
    # Defaults are checked once, in makebook.toml.
    for key in (each for each in _PLAIN if each in read.fields.lines):
        value = read.fields.values.get(key)
        read.plain(key, without_notes(value) if key == "author" else value)
    return Matter(
        title=title,
        subtitle=read.string("subtitle"),
        authors=_people(read, unused),
        date=day,
        lang=read.language("lang", lang),
        abstract=read.string("abstract"),
        keywords=tuple(dict.fromkeys(word for listed in words for word in listed)),
        bibliography=read.strings("bibliography"),
        csl=read.string("csl"),
        nocite=_nocite(read),
        short=read.strings("short"),
        rights=read.statement("rights"),
        topics=read.strings("topics"),
        reviewed=read.day("reviewed"),
        sources_checked=read.day("sources-checked"),
        next_review=_next_review(read, day),
        reviewer=read.string("reviewer"),
        funding=read.statement("funding"),
        conflicts=read.statement("conflicts"),
        version=read.string("version"),
        identifier=read.string("identifier"),
        audience=read.string("audience"),
        codes=_codes(read),
        status=status,
        withdrawn_because=because,
    )


_PLAIN = (
    "title", "subtitle", "abstract", "author", "affiliations", "audience", "reviewer", "rights",
    "funding", "conflicts", "keywords", "tags", "categories", "category", "topics", "version",
    "identifier", "withdrawn-because",
)  # fmt: skip
"""Fields that are printed as they are."""


def _next_review(read: FieldReader, day: date | None) -> date | None:
    """Return the date of the next review, which can be counted from the article's date.

    Problem FRM008: the article has no date; FRM003: the date would be too late.
    """
    key = "next-review"
    value = read.day_or_interval(key)
    if not isinstance(value, Interval):
        return value
    if day:
        due = value.after(day)
        if due is None:
            read.bad(key, f"'{key}: {read.string(key)}' ends too late", "choose a shorter interval")
        return due
    if "date" in read.wrong:
        read.wrong.add(key)
    elif "date" in read.unread:
        read.unread[key] = read.fields.span("date")
    elif not read.toml:
        message = f"'{key}: {read.string(key)}' has no effect, because there is no 'date'"
        span = read.unread[key] = Span(read.fields.file, 1, 1)
        read.warn("FRM008", span, message, "write 'date: …' in the front matter of the article")
    return None


def _people(read: FieldReader, unused: list[str]) -> tuple[Person, ...]:
    values = read.fields.values
    people, flaws = read_people(values.get("author", ""), values.get("affiliations", ""))
    for message, hint in flaws.errors:
        read.bad("author", message, hint)
    for key, alike in flaws.misspelled:
        message = f"an author has the unknown key '{key}', which has no effect"
        if read.toml:
            read.bad("author", message, did_you_mean(alike))
        else:
            read.warn("FRM001", read.fields.span("author"), message, did_you_mean(alike))
    unused += dict.fromkeys(flaws.unused)
    if not read.toml and {"author", "affiliations"} & read.fields.lines.keys():
        unused += flaws.odd
    return people

"""A project's folder: makebook.toml, the articles, the disclaimers, and their data.

In: a folder. Out: a `Project`, and a problem for each invalid file or value.
This module must not know Markdown, nor any renderer.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from press.core import gate, limits
from press.core.files import (
    article_files,
    by_name,
    imprint_files,
    listed,
    misnamed,
    read_text,
    shown,
)
from press.core.formats import FLAVORS, FORMATS, Format
from press.core.model import (
    Config,
    Data,
    Defaults,
    Edition,
    Group,
    Imprint,
    Project,
    ReferencesPlace,
    Withdrawn,
)
from press.core.nearest import begin, near, nearest
from press.core.paper import is_size
from press.core.problems import Problem, ProblemsError, Span
from press.source.collections import read_collections
from press.source.front_matter import (
    ARTICLE_KEYS,
    ONE_EACH,
    check_defaults,
    not_printed,
    read_withdrawn,
)
from press.source.lines import lines_of_toml
from press.source.settings import Settings, line_of, parse_toml, read_toml
from press.source.values import Fields

FILE = "makebook.toml"
EDITIONS = {
    "letter": Edition("letter", page="Letter"),
    "a4": Edition("a4", page="A4"),
    "large-print": Edition("large-print", "large-print"),
    "ink-saver": Edition("ink-saver", "ink-saver"),
    "booklet": Edition("booklet", "booklet"),
    "sheet": Edition("sheet", "sheet"),
}
"""The editions built into every project; `[editions.NAME]` changes or adds one."""
_LETTER = frozenset("US CA MX PH CL CO CR GT PA PR VE DO SV NI".split())
"""The countries that use Letter (CLDR, supplemental data, paperSize); all others use A4."""

KEYS = (
    "editions", "address", "lang", "jurisdiction", "csl", "bibliography", "formats",
    "article", "groups", "notices", "max-age", "readability", "limits", "collections",
)  # fmt: skip
_CHOSEN = "editions chosen"
DEFAULT_KEYS = (*(key for key in ARTICLE_KEYS if key not in ONE_EACH), "affiliations")
GROUP_KEYS = ("articles", "topics", "editions", "formats", "imprints")
EDITION_KEYS = ("page", "like", "references", "standard")
REFERENCES: tuple[ReferencesPlace, ...] = ("auto", "inline", "sheet", "companion", "link")
MAX_AGE = {"verified": 365, "reviewed": 1095}
"""Days: telephone numbers are checked every year, texts every three years (PIF TICK)."""
AGE_KEYS = ("verified", "reviewed")
_LONGEST = 36525  # days: a century
_NO_IMPRINT = "write source/imprints/NAME.toml"


def require_project(root: Path) -> None:
    """Open a project's folder, and refuse one that is not a project.

    Raises:
        ProblemsError: there is no makebook.toml (CFG001).
    """
    gate.open_project(root)
    if not (root / FILE).is_file():
        hint = "go to a project folder, or name one with --project"
        raise ProblemsError([Problem("CFG001", Span(FILE), f"there is no {FILE} in {root}", hint)])


def read_project(root: Path, problems: list[Problem], published: Container[str] = ()) -> Project:
    """Read makebook.toml and list what is in `source/`.

    Articles in `published` were published as they are, so that none of them is withdrawn.

    Raises:
        ProblemsError: there is no makebook.toml (CFG001), or it is not valid TOML (CFG002).
    """
    reader = _reader(root, problems)
    config = reader.config(_imprints(root))
    unread = list(misnamed(root))
    problems += (problem for problem, is_article in unread if not is_article)
    notices = root / "source" / "disclaimers"
    articles = article_files(root)
    unknown = [path for name, path in by_name(articles, root).items() if name not in published]
    withdrawn = tuple(_withdrawn(unknown, root, config))
    gone = {each.path for each in withdrawn}
    return Project(
        root=root,
        config=config,
        articles=tuple(path for path in articles if path not in gone),
        withdrawn=withdrawn,
        notice_files=listed(notices, "*.md"),
        data=tuple(
            data
            for file in listed(notices, "*.toml")
            if (data := _data(file, root, problems)) is not None
        ),
        imprint_files=imprint_files(root),
        collections=read_collections(reader, by_name(articles, root), by_name(gone, root)),
        misnamed=tuple(problem for problem, is_article in unread if is_article),
    )


def read_config(root: Path, problems: list[Problem]) -> Config:
    """Read makebook.toml.

    Raises:
        ProblemsError: there is none (CFG001), or it is not valid TOML (CFG002).
    """
    return _reader(root, problems).config(_imprints(root))


def read_table(root: Path) -> dict[str, Any] | None:
    """Return the values of makebook.toml, unchecked; None if it cannot be read."""
    try:
        text = gate.read(root / FILE).decode("utf-8-sig")
        return parse_toml(both_editions(text), FILE)
    except (OSError, ValueError, ProblemsError):
        return None


def _reader(root: Path, problems: list[Problem]) -> _ConfigReader:
    require_project(root)
    begin()
    text = read_text(root / FILE, FILE, problems)
    if text is None:
        raise ProblemsError(problems)
    return _ConfigReader(text, problems)


def _imprints(root: Path) -> list[str]:
    return [path.stem for path in imprint_files(root)]


def _withdrawn(paths: Iterable[Path], root: Path, config: Config) -> Iterator[Withdrawn]:
    """Yield the articles that are withdrawn."""
    for path in paths:
        file = shown(path, root)
        text = read_text(path, file, []) or ""
        problems: list[Problem] = []
        matter = read_withdrawn(text, file, config.lang, problems, config.article)
        if matter:
            yield Withdrawn(path, matter, tuple(problems))


def effective(config: Config, imprint: Imprint | None) -> Config:
    """Return the configuration as changed by an imprint, with a paper size for every edition.

    An edition without a paper size takes that of the main edition; if the imprint is for another
    country and does not list editions, it takes that country's size. A sheet always does.
    """
    own = imprint or Imprint("", "")
    lang, where = own.lang or config.lang, own.jurisdiction or config.jurisdiction
    editions = own.editions or config.editions
    abroad = where != config.jurisdiction and not own.editions
    local = "Letter" if where in _LETTER else "A4"
    paper = (not abroad and editions[0].page) or local
    return replace(
        config,
        lang=lang,
        jurisdiction=where,
        address=own.address
        or (config.address and own.name and f"{config.address}/{own.name}")
        or config.address,
        editions=tuple(
            replace(e, page=e.page or (local if e.kind == "sheet" else paper)) for e in editions
        ),
    )


def place_of(key: str, root: Path, table: str = "") -> Span:
    """Return the location of a key in makebook.toml."""
    text = read_text(root / FILE, FILE, [])
    return Span(FILE, line_of(text or "", key, table), 1)


def both_editions(text: str) -> str:
    """Allow the list `editions = [...]` and the tables `[editions.NAME]` in one file.

    TOML 1.0 forbids one name for both. Authors think of them as one thing, so the list is
    renamed before the parser sees it. Line numbers do not change.
    """
    head = re.search(r"^[ \t]*\[", text, re.M)
    end = head.start() if head else len(text)
    if not re.search(r"^[ \t]*\[[ \t]*editions\b", text, re.M):
        return text
    return re.sub(r"^editions(?=\s*=)", f'"{_CHOSEN}"', text[:end], flags=re.M) + text[end:]


def _data(path: Path, root: Path, problems: list[Problem]) -> Data | None:
    file = shown(path, root)
    content = read_toml(path, file, problems)
    if content is None:
        return None
    text, table = content
    verified = table.pop("verified", None)
    locales = {}
    for locale, words in table.items():
        if isinstance(words, dict):
            locales[locale] = {name: word for name, word in words.items() if isinstance(word, str)}
            for name in words.keys() - locales[locale].keys():
                span = Span(file, line_of(text, name, locale), 1)
                message = f"'{name}' in [{locale}] must be text in quotes"
                problems.append(Problem("CFG004", span, message, f'write {name} = "…"'))
            continue
        message = f"'{locale}' is not in the table of a locale"
        span = Span(file, line_of(text, locale), 1)
        hint = f'write [en-US] and, below it, {locale} = "…"'
        problems.append(Problem("CFG004", span, message, hint))
    if verified is not None and type(verified) is not date:
        span = Span(file, line_of(text, "verified"), 1)
        message = f"'verified = {verified}' is not a valid date"
        hint = "write verified = 2026-11-22, without quotes"
        problems.append(Problem("CFG004", span, message, hint))
        verified = None
    return Data(path.stem, file, verified, locales, line_of(text, "verified"))


def _as_in_yaml(value: Any) -> Any:
    """Return a value of TOML as front matter would have it: texts, lists, and mappings of texts.

    Returns None if it has another form there: `version = 1.10` is the number 1.1.
    """
    if isinstance(value, list):
        items = [_as_in_yaml(item) for item in value]
        return None if None in items else items
    if isinstance(value, dict):
        pairs = {key: _as_in_yaml(item) for key, item in value.items()}
        return None if None in pairs.values() else pairs
    if isinstance(value, str):
        return None if not_printed(value) else value.strip()
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | date) else None


class _ConfigReader(Settings):
    """A reader of makebook.toml."""

    def __init__(self, text: str, problems: list[Problem]) -> None:
        super().__init__(text, FILE, parse_toml(both_editions(text), FILE), problems)
        self.known_editions: dict[str, Edition] = {}

    def config(self, imprints: Sequence[str]) -> Config:
        """Read all; `imprints` are the names of those that there are."""
        self.known({key: value for key, value in self.table.items() if key != _CHOSEN}, KEYS)
        notices = self.table_of("notices")
        self.known(notices, ("required",), "notices")
        required = notices.get("required", {})
        if not isinstance(required, dict):
            hint = 'write [notices.required] and, below it, "*" = ["general"]'
            self.bad("CFG004", "required", "'notices.required' must be a table", hint, "notices")
            required = {}
        readability = self.table_of("readability")
        self.known(readability, ("terms",), "readability")
        lang = self.lang("en-US") or "en-US"
        jurisdiction = self.jurisdiction(lang)
        formats = self.formats(self.table) or tuple(FORMATS)
        return Config(
            lang=lang,
            jurisdiction=jurisdiction,
            address=self.address(),
            csl=self.text_of("csl", Config.csl),
            bibliography=self.list_of(self.table, "bibliography"),
            formats=formats,
            of_others=formats,
            editions=self.editions(),
            known_editions=self.known_editions,
            groups=tuple(self.groups(imprints)),
            required={t: self.list_of(required, t, "notices.required") for t in required},
            required_lines={t: line_of(self.text, t, "notices.required") for t in required},
            article=self.article(),
            max_age=self.max_age(),
            terms=self.list_of(readability, "terms", "readability"),
            limits=self.own_limits(),
        )

    def formats(self, given: Mapping[str, Any], table: str = "") -> tuple[Format, ...]:
        """Read a list of formats."""
        names = self.list_of(given, "formats", table)
        if given.get("formats") == []:
            hint = 'write formats = ["pdf", "epub"]'
            self.bad("CFG004", "formats", "'formats' is empty", hint, table)
        for number, name in enumerate(names):
            if name not in FORMATS:
                hint = nearest(name, FORMATS)
                place = f"formats[{number}]"
                self.bad("CFG004", place, f"'{name}' is not a valid format", hint, table)
        return tuple(name for name in FORMATS if name in names)

    def groups(self, imprints: Sequence[str]) -> Iterator[Group]:
        """Read `[groups.NAME]`, in the order of the file; the editions must be known."""
        for name, given in self.table_of("groups").items():
            table = f"groups.{name}"
            if not isinstance(given, dict):
                hint = f'write [{table}] and, below it, articles = ["ward/*"]'
                self.bad("CFG004", name, f"group '{name}' must be a table", hint, "groups")
                continue
            self.known(given, GROUP_KEYS, table)
            if "articles" not in given and "topics" not in given:
                hint = 'write articles = ["ward/*"] or topics = ["sleep"]'
                self.bad("CFG004", name, f"group '{name}' selects no article", hint, "groups")
            for key in GROUP_KEYS:
                if given.get(key) == [] and key != "formats":
                    hint = f'write {key} = ["…"], or delete the line'
                    self.bad("CFG004", key, f"'{key}' of group '{name}' is empty", hint, table)
            chosen = self.list_of(given, "imprints", table)
            for number, imprint in enumerate(chosen):
                if imprint not in (*imprints, "all"):
                    hint = nearest(imprint, imprints) if imprints else _NO_IMPRINT
                    message = f"there is no imprint '{imprint}'"
                    self.bad("CFG008", f"imprints[{number}]", message, hint, table)
            yield Group(
                name,
                articles=self.list_of(given, "articles", table),
                topics=self.list_of(given, "topics", table),
                editions=self.choose(
                    self.list_of(given, "editions", table), self.known_editions, table
                ),
                formats=self.formats(given, table),
                imprints=chosen,
            )

    def own_limits(self) -> limits.Limits:
        """Read `[limits]`, which can only lower the usual ones."""
        given = self.table_of("limits")
        self.known(given, limits.NAMES, "limits")
        found: dict[str, int] = {}
        for name in limits.NAMES:
            if name in given:
                try:
                    found[name] = limits.parse(name, given[name])
                except ValueError:
                    message = f"'{name} = {given[name]}' is not a valid limit"
                    hint = f"write {name} = {limits.EXAMPLES[name]}"
                    self.bad("CFG004", name, message, hint, "limits")
        return limits.Limits(**found)

    def article(self) -> Defaults:
        """Read the defaults for front matter, each checked once here and not in each article."""
        given = self.table_of("article")
        written = {"author": "authors"} if "authors" in given and "author" not in given else {}
        if written:
            given = {"author" if key == "authors" else key: value for key, value in given.items()}
        wrong: set[str] = set()
        values: dict[str, Any] = {}
        for key, value in given.items():
            if key in ONE_EACH:
                hint = "write it in the front matter of each article"
                self.bad("CFG004", key, f"'{key}' cannot be a default", hint, "article")
            elif key not in DEFAULT_KEYS:
                self.known({key: value}, DEFAULT_KEYS, "article")
                wrong.update(near(key, DEFAULT_KEYS)[:1])
            elif (plain := _as_in_yaml(value)) is None:
                message = f"'{key}' in [article] must be text in quotes, a list, or a table"
                self.bad("CFG004", key, message, f'write {key} = "…"', "article")
                wrong.add(key)
            else:
                values[key] = plain
        spans = {key: self.span(written.get(key, key), "article") for key in values}
        below = lines_of_toml(self.text).below("article")
        lines = {**below.first, **{key: span.line for key, span in spans.items()}}
        fields = Fields(FILE, values, lines, texts=below.texts, written=written)
        wrong |= check_defaults(fields, self.problems)
        values = {key: value for key, value in values.items() if key not in wrong}
        return Defaults(values, {key: spans[key] for key in values}, frozenset(wrong))

    def max_age(self) -> dict[str, int]:
        value = self.table.get("max-age", MAX_AGE)
        given = dict.fromkeys(AGE_KEYS, value) if isinstance(value, int) else value
        if not isinstance(given, dict):
            hint = "write max-age = {verified = 365, reviewed = 1095}, in days"
            self.bad("CFG004", "max-age", "'max-age' must be a number of days or a table", hint)
            return {}
        self.known(given, AGE_KEYS, "max-age")
        for key, days in given.items():
            if type(days) is not int or not 0 < days < _LONGEST:
                message = f"'max-age.{key} = {days}' is not a valid number of days"
                self.bad("CFG004", key, message, f"write {key} = 365", "max-age")
        return {
            key: days for key, days in given.items() if type(days) is int and 0 < days < _LONGEST
        }

    def editions(self) -> tuple[Edition, ...]:
        value = self.table.get("editions", {})
        own = value if isinstance(value, dict) else {}
        listed = {"editions": self.table.get(_CHOSEN, [] if isinstance(value, dict) else value)}
        self.known_editions = dict(EDITIONS)
        for name, given in own.items():
            if not re.fullmatch(r"(?!references\Z)[A-Za-z0-9][A-Za-z0-9_-]*", name):
                hint = "use letters a to z, digits, and hyphens: it becomes part of a file's name"
                if name == "references":
                    hint = "choose another name: this one marks files that hold only references"
                message = f"'{name}' is not a valid name for an edition"
                self.bad("CFG004", name, message, hint, "editions")
            elif not isinstance(given, dict):
                hint = f'write [editions.{name}] and, below it, page = "A4"'
                self.bad("CFG004", name, f"edition '{name}' must be a table", hint, "editions")
            else:
                self.known_editions[name] = self.edition(name, given)
        usable = [name for name in own if name in self.known_editions] or ["letter"]
        names = self.list_of(listed, "editions") or usable
        if listed["editions"] == [] and (
            _CHOSEN in self.table or (not own and "editions" in self.table)
        ):
            self.bad("CFG004", "editions", "'editions' is empty", 'write editions = ["letter"]')
        if len(set(names)) < len(names):
            again = next(n for n, name in enumerate(names) if name in names[:n])
            message = f"edition '{names[again]}' is listed twice"
            self.bad("CFG004", f"editions[{again}]", message, "list it once")
        return self.choose(names, self.known_editions) or (EDITIONS["letter"],)

    def edition(self, name: str, given: Mapping[str, Any]) -> Edition:
        table = f"editions.{name}"
        self.known(given, EDITION_KEYS, table)
        like = given.get("like", name)
        if "like" in given and like not in EDITIONS:
            hint = nearest(str(like), EDITIONS)
            self.bad("CFG005", "like", f"there is no built-in edition '{like}'", hint, table)
        base = EDITIONS.get(like) if isinstance(like, str) else None
        base = base or Edition(name)
        references = given.get("references", base.references)
        if references not in REFERENCES:
            hint = "write references = " + " or ".join(f'"{name}"' for name in REFERENCES)
            message = f"'{references}' is not a valid place for references"
            self.bad("CFG004", "references", message, hint, table)
            references = base.references
        if references == "link" and not self.table.get("address"):
            hint = 'write address = "https://example.org/handouts" at the top of the file'
            message = f"edition '{name}' links to references on the web, but no 'address' is set"
            self.bad("CFG004", "references", message, hint, table)
        if base.kind == "sheet" and references != base.references:
            hint = "delete this line: they are in the whole text, to which the QR code leads"
            message = f"edition '{name}' is a sheet, which has no references"
            self.bad("CFG004", "references", message, hint, table)
        standard = given.get("standard", base.standard)
        if standard not in FLAVORS:
            hint = "write standard = " + " or ".join(f'"{name}"' for name in FLAVORS)
            message = f"'{standard}' is not a standard that makebook can write"
            self.bad("CFG004", "standard", message, hint, table)
            standard = base.standard
        page = self.page(name, given["page"]) if "page" in given else base.page
        return Edition(name, base.kind, page, references, standard)

    def page(self, name: str, value: Any) -> str:
        if isinstance(value, str) and is_size(value):
            return value
        hint = 'write page = "Letter", "A4", or "210mm 297mm"'
        self.bad("CFG004", "page", f"'{value}' is not a valid page size", hint, f"editions.{name}")
        return "Letter"

"""Markdown to clean XHTML: owner of the Markdown library.

In: Markdown (Pandoc's common extensions). Out: an lxml `<body>`, the citations found in it, and
problems. Citations and placeholders are tokens in the tree, so that no later step has to guess:
`CITE_OPEN n CITE_CLOSE` represents cluster n, `WORD_OPEN name WORD_CLOSE` represents `{{ name }}`.
This module must not know files, bibliographies, or disclaimers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.util import Registry

from press.core.model import Cluster
from press.core.problems import Problem, Span, on_lines
from press.core.records import dataclass
from press.core.trees import (
    CITE_CLOSE,
    CITE_OPEN,
    MATH_CLOSE,
    MATH_OPEN,
    WORD,
    WORD_CLOSE,
    WORD_OPEN,
    Element,
    fragment,
    read_word,
    text_runs,
    word_token,
)
from press.source.captions import read_captions, settle_captions
from press.source.citation_syntax import (
    GROUP,
    GROUP_PATTERN,
    NARRATIVE_PATTERN,
    follows_key,
    parse_group,
    parse_narrative,
    without_code,
)
from press.source.leftovers import leftovers, misspelled, unknown_keys, unused
from press.source.maths import (
    Formula,
    InlineFormula,
    blanked,
    counted,
    place,
    take_displays,
    unclosed,
)
from press.source.placeholders import OTHER
from press.source.sanitize import Dropped, clean, legal
from press.source.syntax import levels
from press.source.syntax.attributes import Attributes
from press.source.syntax.blocks import Blocks
from press.source.syntax.finish import finish
from press.source.syntax.inlines import Inlines
from press.source.syntax.tree import Parser

_RESERVED = re.compile(f"[{WORD_OPEN}{WORD_CLOSE}{CITE_OPEN}{CITE_CLOSE}{MATH_OPEN}{MATH_CLOSE}]")
_RESERVED_ENTITY = re.compile(r"&#(?:x0*f000[0-5]|0*98304[0-5])(?![0-9a-f]);?", re.I)
_WORD_SOURCE = re.compile(
    rf"\{{\{{\s*(?!notice\.[\w.-]+\s*\\?\|)([A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)+){OTHER}\s*\}}\}}"
)


@dataclass(frozen=True)
class Markup:
    """The result of converting Markdown."""

    body: Element
    clusters: tuple[Cluster, ...]


def _token(found: re.Match[str]) -> str:
    return word_token(found[1], found[2])


def without_bars(text: str) -> str:
    """Return a text of the same length without the bars of placeholders, which divide no cells."""
    return _WORD_SOURCE.sub(lambda found: found[0].replace("|", " "), text)


def _no_words(text: str, file: str, first_line: int, problems: list[Problem]) -> None:
    """Report text that looks like a placeholder but is not a valid one (WRD003)."""
    prose = without_code(text)
    for found in re.finditer(r"\{\{(?![<%])[^\n{}]{0,60}\}{0,2}", prose):
        if _WORD_SOURCE.match(prose, found.start()):
            continue
        line = first_line + prose.count("\n", 0, found.start())
        column = found.start() - prose.rfind("\n", 0, found.start())
        message = f"'{found[0].strip()}' is not a valid placeholder; it is printed as is"
        hint = "write it like {{ clinic.telephone }}, or print it as is, in `backticks`"
        problems.append(Problem("WRD003", Span(file, line, column), message, hint))


def convert(
    text: str, file: str, first_line: int, problems: list[Problem], lang: str = "en"
) -> Markup:
    """Convert Markdown to clean XHTML.

    `first_line` is the line of the file on which `text` starts. Problems: HTM001 a removed element,
    HTM002 a removed attribute, HTM003 a citation inside HTML, TXT002 nesting too deep, TXT003 a
    character that is not allowed, HTM004 words in angle brackets, MTH001 a formula that cannot
    be read, MTH002 one that is not closed, TXT010 pasted marks, TXT011 markup that is printed as
    it is, WRD003 an invalid placeholder. Quotation marks and the words of formulas are those of
    `lang`.
    """
    text = _legal(text, file, first_line, problems)
    engine = _engine()
    engine.reset(lang)
    dropped: list[Dropped] = []
    try:
        source = take_displays(text, engine.formulas)
        html = engine.library.convert(_WORD_SOURCE.sub(_token, source))
        body = clean(html, dropped)
        settle_captions(body)
    except RecursionError:
        _engine.cache_clear()  # the library stopped halfway and keeps its state
        message = "the text cannot be read: lists, quotations, or elements are nested too deeply"
        hint = "use fewer levels"
        problems.append(Problem("TXT002", Span(file, first_line), message, hint))
        return Markup(fragment("<p>…</p>"), ())
    blocks = engine.parser.blocks
    classes = [name for e in body.iter("*") for name in (e.get("class") or "").split()]
    problems += misspelled(classes, text, file, first_line)
    problems += unknown_keys(body, blanked(text, engine.formulas), file, first_line)
    spans = (
        Span(file, *locate(text, re.escape(source), first_line, nth))
        for source, nth in counted(engine.formulas)
    )
    place(body, engine.formulas, lang, spans, problems)
    unclosed(text, file, first_line, problems)
    finish(body, blocks.meanings)
    _unread(body, text, file, first_line, problems)
    prose = blanked(text, engine.formulas)
    problems += leftovers(body, prose, file, first_line, blocks.left_open, blocks.misnumbered)
    problems += unused(blocks, engine.inlines.used_labels, body, prose, file, first_line)
    problems += _pasted(blocks, file, first_line)
    _no_words(blanked(text, engine.formulas), file, first_line, problems)
    _restore_literals(body)
    for kind, name in dict.fromkeys(dropped):
        closed = (
            kind == "words" and " " not in name and re.search(rf"(?i)</{re.escape(name)}\b", text)
        )
        if not closed:  # else, it only marks its content, which is printed
            problems += _lost(kind, name, text, file, first_line)
    return Markup(body, tuple(engine.clusters))


def _pasted(blocks: Blocks, file: str, first_line: int) -> Iterator[Problem]:
    """Report the lists whose marks are from another program: TXT010."""
    hint = "begin each item with '- ', or put a backslash before the first mark"
    found = list(levels.pasted(blocks.root))
    for within, said in (
        (False, "marks from another program are read as a list"),
        (True, "marks from another program are read as a list within an item"),
    ):
        lines = [first_line + line for line, inside in found if inside is within]
        if lines:
            span = Span(file, min(lines), 1)
            yield Problem("TXT010", span, f"{said}{on_lines(set(lines) - {min(lines)})}", hint)


def _legal(text: str, file: str, first_line: int, problems: list[Problem]) -> str:
    """Return a text without what no file may hold; report each such character (TXT003)."""
    strays = set(text) - set(_RESERVED.sub("", legal(text)))
    for stray in sorted(strays, key=text.index):
        index = text.index(stray)
        line, column = first_line + text.count("\n", 0, index), index - text.rfind("\n", 0, index)
        message = f"the character U+{ord(stray):04X} is not allowed; it is left out"
        span = Span(file, line, column)
        problems.append(Problem("TXT003", span, message, "delete it in the source"))
    if strays:
        text = _RESERVED.sub("", legal(text))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _RESERVED_ENTITY.sub("", text)


def _lost(kind: str, name: str, text: str, file: str, first_line: int) -> Iterator[Problem]:
    """Report an element, an attribute, or a word that is left out: HTM001, HTM002, HTM004."""
    if kind == "words":
        tag, *others = map(re.escape, name.split())
        needle = rf"(?i)<{tag}\b" + "".join(rf"(?=[^<>]*\b{word}\b)" for word in others)
        span = Span(file, *locate(text, needle, first_line))
        message = f"<{name}> looks like an HTML tag, and would not be printed"
        if span.line:
            yield Problem("HTM004", span, message, "write a literal < as \\<")
        return
    needle = rf"<{name}\b" if kind == "element" else rf"\b{name}\s*="
    span = Span(file, *locate(text, needle, first_line))
    if kind == "element":
        message = f"<{name}> and its content cannot be used in a handout"
        yield Problem("HTM001", span, message, "remove it, or write its content as Markdown")
        return
    message = f"the attribute '{name}' has no effect and is left out"
    hint = "add a class, such as {.name}, and a style for it in styles/"
    yield Problem("HTM002", span, message, hint)


def id_pattern(id_: str) -> str:
    """Return the pattern of an id that an author gave: `{#id}`, or `id="id"` in HTML."""
    name = re.escape(id_)
    return rf"#{name}(?=[\s}}])(?=[^{{}}\n]*\}})|\b(?i:id)\s*=\s*[\"']?{name}(?=[\s\"'>])"


def linkable(ids: Iterable[str | None]) -> list[str]:
    """Return the ids that an author can name in a link: not those numbered for blocks, `b1`."""
    return [name for name in ids if name and not re.match(r"b\d+\Z", name)]


def locate(text: str, pattern: str, first_line: int, nth: int = 0) -> tuple[int, int]:
    """Return line and column of a pattern's nth match outside code; (0, 0) if there is none."""
    blank = without_code(text)
    for index, found in enumerate(re.finditer(pattern, blank)):
        if index == nth:
            start = found.start()
            line = text.count("\n", 0, start)
            return first_line + line, start - (text.rfind("\n", 0, start) + 1) + 1
    return 0, 0


@dataclass
class _Engine:
    """The library, set up once, with what it adds while it reads."""

    library: markdown.Markdown
    parser: Parser
    inlines: Inlines
    clusters: list[Cluster]
    formulas: list[Formula]

    def reset(self, lang: str) -> None:
        """Forget the last text."""
        self.library.reset()
        self.clusters.clear()
        self.formulas.clear()
        self.inlines.lang = self.parser.lang = lang
        self.inlines.used_labels = set()
        self.parser.blocks = Blocks()


@cache
def _engine() -> _Engine:
    """Set up the library: its tree and attributes, and our blocks and inlines."""
    library = markdown.Markdown(extensions=["attr_list"], output_format="xhtml")
    clusters: list[Cluster] = []
    formulas: list[Formula] = []
    parser = library.parser = Parser(library)
    library.preprocessors = Registry()
    inlines = Inlines(library, parser)
    library.treeprocessors.register(inlines, "inline", 20)
    library.treeprocessors.register(Attributes(library), "last", 9)
    library.treeprocessors.deregister("prettify")
    read_captions(library)
    patterns = library.inlinePatterns = Registry()
    patterns.register(InlineFormula(formulas), "formula", 186)
    patterns.register(_Group(GROUP_PATTERN, clusters), "cite-group", 126)
    patterns.register(_Narrative(NARRATIVE_PATTERN, clusters), "cite-narrative", 85)
    return _Engine(library, parser, inlines, clusters, formulas)


class _Group(InlineProcessor):
    """The pattern for `[@key]`, which becomes a token in the text."""

    def __init__(self, pattern: str, clusters: list[Cluster]) -> None:
        super().__init__(pattern)
        self.clusters = clusters

    def parse(self, found: re.Match[str]) -> Cluster | None:
        if follows_key(found.string, found.start()):
            return None  # `_Narrative` reads it
        return parse_group(found["group"])

    def handleMatch(self, m: re.Match[str], data: str) -> Any:  # type: ignore[override]  # noqa: N802, ARG002 - the library's names
        cluster = self.parse(m)
        if cluster is None:
            return None, None, None
        self.clusters.append(cluster)
        return f"{CITE_OPEN}{len(self.clusters) - 1}{CITE_CLOSE}", m.start(0), m.end(0)


class _Narrative(_Group):
    """The pattern for `@key says`, which becomes a token in the text."""

    def parse(self, found: re.Match[str]) -> Cluster:
        return parse_narrative(found["minus"], found["key"], found["rest"])


def _unread(body: Element, text: str, file: str, first: int, problems: list[Problem]) -> None:
    """Report citations left as text: they are inside HTML, which Markdown does not parse."""
    for run in text_runs(body):
        inside = [run.element] if not run.is_tail else []
        if any(e.tag in ("code", "pre") for e in (*inside, *run.element.iterancestors())):
            continue
        for found in GROUP.finditer(run.read()):
            pattern = rf"(?<!\\){re.escape(found[0])}"
            line, column = locate(text, pattern, first)
            if line and parse_group(found["group"]):
                message = f"{found[0]} is inside HTML, where citations are not recognized"
                hint = 'write that part as Markdown, or add markdown="1" to its element'
                problems.append(Problem("HTM003", Span(file, line, column), message, hint))


def _restore_literals(body: Element) -> None:
    """Turn tokens in code and in attributes back into the text that the author typed."""

    def typed(found: re.Match[str]) -> str:
        name, other = read_word(found[1])
        return f"{{{{ {name} }}}}" if other is None else f"{{{{ {name} | {other} }}}}"

    def literal(text: str | None) -> str | None:
        return WORD.sub(typed, text) if text else text

    for element in body.iter("*"):
        for name, value in element.attrib.items():
            if WORD_OPEN in value:
                element.set(name, literal(value) or "")
        if element.tag in ("code", "pre", "kbd", "samp"):
            for inner in element.iter("*"):
                inner.text = literal(inner.text)
                if inner is not element:
                    inner.tail = literal(inner.tail)

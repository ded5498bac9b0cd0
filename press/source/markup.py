"""Markdown to clean XHTML: owner of the Markdown library.

In: Markdown (Pandoc's common extensions). Out: an lxml `<body>`, the citations found in it, and
problems. Citations and words to be filled in travel through the tree as tokens, so that no later
step has to guess: `CITE_OPEN n CITE_CLOSE` stands for cluster n, `WORD_OPEN name WORD_CLOSE` for
`{{ name }}`. This module must not know files, bibliographies or disclaimers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import markdown
from lxml import etree
from markdown.inlinepatterns import InlineProcessor, LinkInlineProcessor

from press.core.model import Cluster
from press.core.problems import Problem, Span
from press.source.citation_syntax import (
    GROUP,
    GROUP_PATTERN,
    NARRATIVE_PATTERN,
    follows_key,
    parse_group,
    parse_narrative,
    without_code,
)
from press.source.lists import regular
from press.source.sanitize import Element, clean, legal

WORD_OPEN, WORD_CLOSE = "\U000f0000", "\U000f0001"
CITE_OPEN, CITE_CLOSE = "\U000f0002", "\U000f0003"
WORD = re.compile(rf"{WORD_OPEN}([^{WORD_CLOSE}]*){WORD_CLOSE}")
CITE = re.compile(rf"{CITE_OPEN}(\d+){CITE_CLOSE}")
TOKEN = re.compile(rf"{WORD.pattern}|{CITE.pattern}")
_RESERVED = re.compile(f"[{WORD_OPEN}{WORD_CLOSE}{CITE_OPEN}{CITE_CLOSE}]")
_RESERVED_ENTITY = re.compile(r"&#(?:x0*f000[0-3]|0*98304[0-3])(?![0-9a-f]);?", re.I)
_WORD_SOURCE = re.compile(r"\{\{\s*([A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)+)\s*\}\}")
_VOID = ("br", "hr", "img", "wbr")
_EXTENSIONS = (
    "attr_list", "def_list", "fenced_code", "footnotes", "md_in_html", "tables",
    "sane_lists", "smarty",
)  # fmt: skip


@dataclass(frozen=True)
class Markup:
    """Markdown, converted."""

    body: Element
    clusters: tuple[Cluster, ...]


def _no_words(text: str, file: str, first_line: int, problems: list[Problem]) -> None:
    """WRD003: what looks like a word to fill in, and is none."""
    prose = without_code(text)
    for found in re.finditer(r"\{\{[^\n{}]{0,60}\}{0,2}", prose):
        if _WORD_SOURCE.match(prose, found.start()):
            continue
        line = first_line + prose.count("\n", 0, found.start())
        column = found.start() - prose.rfind("\n", 0, found.start())
        message = f"'{found[0].strip()}' is no word to fill in; it is printed as it stands"
        hint = "write {{ clinic.telephone }}: a name, a dot, a name; or put it between `backticks`"
        problems.append(Problem("WRD003", Span(file, line, column), message, hint))


def convert(text: str, file: str, first_line: int, problems: list[Problem]) -> Markup:
    """Convert Markdown to clean XHTML.

    `first_line` is the line of the file on which `text` starts. Problems: HTM001 an element that
    had to go, HTM002 an attribute that had to go, TXT003 characters that no file may hold.
    """
    strays = set(text) - set(_RESERVED.sub("", legal(text)))
    for stray in sorted(strays, key=text.index):
        index = text.index(stray)
        line, column = first_line + text.count("\n", 0, index), index - text.rfind("\n", 0, index)
        message = f"the character U+{ord(stray):04X} is a control character; it is left out"
        span = Span(file, line, column)
        problems.append(Problem("TXT003", span, message, "delete it in the source"))
    if strays:
        text = _RESERVED.sub("", legal(text))
    text = _RESERVED_ENTITY.sub("", text)
    engine, clusters = _engine()
    engine.reset()
    clusters.clear()
    dropped: list[tuple[str, str]] = []
    try:
        html = engine.convert(_WORD_SOURCE.sub(rf"{WORD_OPEN}\1{WORD_CLOSE}", regular(text)))
        body = clean(html, dropped)
    except RecursionError:
        _engine.cache_clear()  # the library stopped half-way, and keeps where it was
        message = "cannot be read: lists, quotations or elements are nested too deep"
        hint = "write it with fewer levels"
        problems.append(Problem("TXT002", Span(file, first_line), message, hint))
        return Markup(fragment("<p>…</p>"), ())
    _unread(body, text, file, first_line, problems)
    _no_words(text, file, first_line, problems)
    _restore_literals(body)
    for kind, name in dict.fromkeys(dropped):
        code = "HTM001" if kind == "element" else "HTM002"
        needle = rf"<{name}\b" if kind == "element" else rf"\b{name}\s*="
        span = Span(file, *locate(text, needle, first_line))
        if kind == "element":
            hint = "take it out, or write its content as Markdown"
            message = f"<{name}> cannot stand in a handout, nor what is in it"
        else:
            message = f"the attribute '{name}' has no effect and is left out"
            hint = "use a class, {.name}, and a style in styles/"
        problems.append(Problem(code, span, message, hint))
    return Markup(body, tuple(clusters))


def locate(text: str, pattern: str, first_line: int, nth: int = 0) -> tuple[int, int]:
    """Line and column of the nth match of a regular expression outside code; (0, 0) if none."""
    blank = without_code(text)
    for index, found in enumerate(re.finditer(pattern, blank)):
        if index == nth:
            start = found.start()
            line = text.count("\n", 0, start)
            return first_line + line, start - (text.rfind("\n", 0, start) + 1) + 1
    return 0, 0


@cache
def _engine() -> tuple[markdown.Markdown, list[Cluster]]:
    """The library made ready once, and the list that it puts the clusters of a text into."""
    clusters: list[Cluster] = []
    engine = markdown.Markdown(
        extensions=list(_EXTENSIONS),
        extension_configs={"footnotes": {"BACKLINK_TEXT": "", "SEPARATOR": ":"}},
        output_format="xhtml",
    )
    engine.ESCAPED_CHARS.append("@")
    patterns = engine.inlinePatterns
    for pattern in patterns:
        if isinstance(pattern, LinkInlineProcessor):
            pattern.getText = partial(_link_text, pattern.getText)  # type: ignore[method-assign]
    patterns.register(_Group(GROUP_PATTERN, clusters), "cite-group", 126)
    patterns.register(_Narrative(NARRATIVE_PATTERN, clusters), "cite-narrative", 85)
    return engine, clusters


def _link_text(read: Callable[..., Any], data: str, index: int) -> Any:
    """Without a bracket that closes there is no link: the library would read on to the end."""
    return read(data, index) if data.find("]", index) >= 0 else ("", index, False)


class _Group(InlineProcessor):
    """`[@key]`: becomes a token in the text."""

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
    """`@key says`: becomes a token in the text."""

    def parse(self, found: re.Match[str]) -> Cluster:
        return parse_narrative(found["minus"], found["key"], found["rest"])


def _unread(body: Element, text: str, file: str, first: int, problems: list[Problem]) -> None:
    """A citation that came through as text stands in HTML, where Markdown does not look."""
    for run in text_runs(body):
        inside = [run.element] if not run.is_tail else []
        if any(e.tag in ("code", "pre") for e in (*inside, *run.element.iterancestors())):
            continue
        for found in GROUP.finditer(run.read()):
            pattern = rf"(?<!\\){re.escape(found[0])}"
            line, column = locate(text, pattern, first)
            if line and parse_group(found["group"]):
                message = f"{found[0]} stands in HTML, where citations are not read"
                hint = 'write that part as Markdown, or give its element markdown="1"'
                problems.append(Problem("HTM003", Span(file, line, column), message, hint))


def _restore_literals(body: Element) -> None:
    """In code and in attributes a token becomes again what the author typed."""

    def literal(text: str | None) -> str | None:
        return WORD.sub(r"{{ \1 }}", text) if text else text

    for element in body.iter("*"):
        for name, value in element.attrib.items():
            if WORD_OPEN in value:
                element.set(name, literal(value) or "")
        if element.tag in ("code", "pre", "kbd", "samp"):
            for inner in element.iter("*"):
                inner.text = literal(inner.text)
                if inner is not element:
                    inner.tail = literal(inner.tail)


@dataclass(frozen=True)
class Run:
    """A run of text in a tree: an element's text, or its tail."""

    element: Element
    is_tail: bool

    def read(self) -> str:
        """The text."""
        return (self.element.tail if self.is_tail else self.element.text) or ""

    def write(self, text: str) -> None:
        """Replace the text."""
        if self.is_tail:
            self.element.tail = text
        else:
            self.element.text = text

    def insert(self, pieces: Sequence[str | Element]) -> None:
        """Put strings and elements in the place of the text."""
        parent = self.element.getparent() if self.is_tail else self.element
        assert parent is not None
        position = parent.index(self.element) + 1 if self.is_tail else 0
        run = self
        run.write("")
        for piece in pieces:
            if isinstance(piece, str):
                run.write(run.read() + piece)
            else:
                parent.insert(position, piece)
                run, position = Run(piece, True), position + 1


def text_runs(body: Element) -> list[Run]:
    """Every run of text in a tree that is not empty, in the order of reading."""
    runs: list[Run] = []
    for event, element in etree.iterwalk(body, events=("start", "end")):
        if event == "start" and element.text:
            runs.append(Run(element, False))
        if event == "end" and element.tail and element is not body:
            runs.append(Run(element, True))
    return runs


def replace_tokens(body: Element, make: Callable[[str, str], Element | str]) -> None:
    """Put elements in the place of tokens.

    `make(kind, value)` is called with (`cite`, index) or (`word`, name) in the order of the text.
    """
    for run in text_runs(body):
        text = run.read()
        if not TOKEN.search(text):
            continue
        pieces: list[str | Element] = []
        start = 0
        for found in TOKEN.finditer(text):
            kind = "word" if found[1] is not None else "cite"
            pieces += [text[start : found.start()], make(kind, found[1] or found[2])]
            start = found.end()
        run.insert(_marks_after_stops([*pieces, text[start:]]))


def _marks_after_stops(pieces: list[str | Element]) -> list[str | Element]:
    """Raised citation marks stand close to the word, after a full stop or comma (AMA 11, 3.6)."""
    for index, piece in enumerate(pieces):
        if isinstance(piece, str) or piece.find("sup") is None or piece.text:
            continue
        before, after = pieces[index - 1], pieces[index + 1]
        if index and isinstance(before, str) and isinstance(after, str):
            stop = after[: 1 if after[:1] in (".", ",") else 0]
            pieces[index - 1], pieces[index + 1] = before.rstrip() + stop, after[len(stop) :]
    return pieces


def fragment(xhtml: str, tag: str = "body") -> Element:
    """Parse well-formed XHTML content into an element of that name."""
    return etree.fromstring(f"<{tag}>{xhtml}</{tag}>")


def serialise(element: Element) -> str:
    """An element as text that XML and HTML parsers read alike, without its tail.

    An empty `<span/>` would be open for an HTML parser (HTML, 13.1.2): it gets an end tag.
    """
    for inner in element.iter("*"):
        if inner.text is None and not len(inner) and inner.tag not in _VOID:
            inner.text = ""
    return etree.tostring(element, encoding="unicode", with_tail=False)


def parse(xhtml: str) -> Element:
    """Parse one well-formed element."""
    return etree.fromstring(xhtml)

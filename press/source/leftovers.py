"""Markup that could not be read: it is printed as it is, and the author is warned.

In: the clean tree of a text, its source, and the fences left open. Out: problems, one for each kind
of markup in a text, with all its lines. This module must not know how Markdown is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from press.core.nearest import did_you_mean, near
from press.core.problems import Problem, Span, on_lines
from press.core.trees import CITE_CLOSE, CITE_OPEN, Element, text_runs
from press.source.citation_syntax import without_code
from press.source.syntax.finish import CLASSES, OURS

_KINDS = (
    # what is looked for in the printed text, its name, and what to do
    (r"\*\*(?=[^\s*])|(?<=[^\s*])\*\*", "'**'",
     "close it with a second '**', without a space inside; write a literal one as \\*\\*"),
    (r"`", "a backtick", "close it with a second one; write a literal one as \\`"),
    (r"\{\{[<%].{0,60}?[>%]\}\}", "a shortcode of Quarto or Hugo",
     "replace it with the text that it stands for"),
    (r"\{%.{0,60}?%\}|<%.{0,60}?%>", "a template's tag", "replace it with the text itself"),
    (r"\\(?:cite|ref|autoref|label|textbf|textit|emph|begin|end|footnote|includegraphics|section"
     r"|subsection|item|url|href|citep|citet|caption|cref)\*?(?:\[[^\]\n]*\])?\{[^{}\n]{0,60}\}?",
     "a LaTeX command", "write it as Markdown; a citation is [@key]"),
    (r"!!! ?\w+|\?\?\?\+? \w+", "the beginning of a box",
     "put a blank line before it, and indent its text by four spaces"),
)  # fmt: skip
_ROW = re.compile(r"[ >]*\|[^|\n]+\|[^|\n]*\|?[ \t]*")


def leftovers(
    body: Element, text: str, file: str, first: int, left_open: Sequence[tuple[int, str]]
) -> Iterator[Problem]:
    """Yield a warning (TXT011) for each kind of markup that is printed as it is."""
    printed = "\n".join(_printed(body))
    prose = without_code(text)
    for pattern, name, hint in _KINDS:
        if not re.search(pattern, printed):
            continue
        escaped = rf"(?<!\\)(?:{pattern})"
        lines = _lines(escaped, prose, first)
        yield from _problem(file, lines, f"{name} is printed as it is", hint)
    if re.search(rf"\[{CITE_OPEN}\d+{CITE_CLOSE}(?![^\[\n]*\])", printed):
        lines = _lines(r"(?<!\\)\[-?@\w[^\]\n]*$", prose, first, re.M)
        yield from _problem(file, lines, "a citation is not closed", "close it with ']'")
    lines = [first + line for line, fence in left_open if not fence.startswith(":")]
    said = "a code fence is never closed, so that all after it is code"
    yield from _problem(file, lines, said, "close it with a line of the same signs")
    lines = [first + line for line, fence in left_open if fence.startswith(":")]
    said = "':::' begins a box that is never closed, or closes none"
    yield from _problem(
        file, lines, said, "begin a box with '::: {.name}', and close it with ':::'"
    )
    yield from _problem(
        file, [first + line for line in _rows(body, prose)],
        "a row of a table is printed as it is: its table has no line of dashes",
        "put a line such as |---|---| below the first row",
    )  # fmt: skip
    captions = [
        p
        for p in body.iter("p")
        if re.match(r"Table:\s", p.text or "")
        and not any(e is not None and e.tag == "table" for e in (p.getprevious(), p.getnext()))
    ]
    if captions:
        lines = _lines(r"(?m)^[ >]*Table:\s", prose, first)
        hint = "put the caption directly above or below its table"
        yield from _problem(file, lines, "'Table:' has no table next to it", hint)


def misspelled(classes: Iterable[str], text: str, file: str, first: int) -> Iterator[Problem]:
    """Yield a warning (TXT012) for each class that resembles one with a meaning."""
    for name in dict.fromkeys(classes):
        close = near(name, CLASSES, 0.8) if name not in (*CLASSES, *OURS) else []
        if close and not name.startswith("was-"):
            lines = _lines(
                rf"[.]{re.escape(name)}(?![\w-])|(?m:^:::+ *{re.escape(name)}\b)", text, first
            )
            place = Span(file, *(lines[:1] or [0]))
            message = f"the class '{name}' has no meaning{on_lines(lines[1:])}"
            yield Problem("TXT012", place, message, did_you_mean(close[:1]))


def _problem(file: str, lines: Sequence[int], message: str, hint: str) -> Iterator[Problem]:
    if lines:
        place = Span(file, lines[0], 1)
        yield Problem("TXT011", place, f"{message}{on_lines(lines[1:])}", hint)


def _lines(pattern: str, text: str, first: int, flags: int = 0) -> list[int]:
    matches = re.finditer(pattern, text, flags)
    found = (first + text.count("\n", 0, match.start()) for match in matches)
    return list(dict.fromkeys(found))


def _rows(body: Element, prose: str) -> list[int]:
    """Return the lines, from 0, of rows with bars that are printed as text."""
    printed = [" ".join(text.split()) for text in _printed(body) if "|" in text]
    rows = [number for number, line in enumerate(prose.split("\n")) if _ROW.fullmatch(line)]
    lines = prose.split("\n")
    return [
        number for number in rows
        if any(" ".join(lines[number].strip("> \t").split()) in text for text in printed)
    ]  # fmt: skip


def _printed(body: Element) -> Iterator[str]:
    """Yield the text of a tree that is not code."""
    for run in text_runs(body):
        home = run.element.getparent() if run.is_tail else run.element
        names = ("code", "pre", "kbd", "samp")
        if home is not None and home.tag not in names and next(home.iterancestors(*names), None) \
                is None:  # fmt: skip
            yield run.read()

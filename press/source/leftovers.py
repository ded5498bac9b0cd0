"""Markup that could not be read: it is printed as it is, and the author is warned.

In: the clean tree of a text, its source, and the fences left open. Out: problems, one for each kind
of markup in a text, with all its lines. This module must not know how Markdown is read.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from press.core.nearest import did_you_mean, near
from press.core.problems import Problem, Span, on_lines
from press.core.trees import CITE_CLOSE, CITE_OPEN, Element, text_runs
from press.source.citation_syntax import without_code
from press.source.syntax.blocks import Blocks
from press.source.syntax.finish import CLASSES, OURS
from press.source.syntax.nodes import KINDS, is_kind
from press.source.syntax.references import normal

_KINDS = (
    # what is looked for in the printed text, its name, and what to do
    (r"\*\*(?=[^\s*])|(?<=[^\s*])\*\*", "'**'",
     "close it with a second '**', without a space inside; write a literal one as \\*\\*"),
    (r"`", "a backtick", "close it with a second one; write a literal one as \\`"),
    (r"\{\{[<%].{0,60}?[>%]\}\}", "a shortcode of Quarto or Hugo",
     "replace it with the text that it stands for"),
    (r"\{%.{0,60}?%\}|<%.{0,60}?%>", "a template's tag", "replace it with the text itself"),
    (r"(?<![\w:\\])\\(?!(?:newpage|pagebreak|clearpage)(?:\{\})?[ \t]*$)[A-Za-z]{2,}(?![\w\\])",
     "a LaTeX command",
     "write it as Markdown, the sign itself, or a formula in '$'; a citation is [@key]"),
    (r"!!! ?\w+|\?\?\?\+? \w+", "the beginning of a box",
     "put a blank line before it, and indent its text by four spaces"),
    (r"^:: ?\w[^\n]*|^\.\. [\w-]+::", "the beginning of a box",
     "begin a box with '::: {.name}', and close it with ':::'"),
    (r"^=== [\"\u201c]", "the beginning of a tab", "write it as a heading"),
    (r"(?<![\w:]):[a-z][a-z0-9_+-]*[a-z][a-z0-9_+-]*:(?![\w:])", "the short name of an emoji",
     "write the sign itself"),
    (r"\]\(", "a link or an image", "close it with ')', and write spaces in its address as %20"),
    (r"\[[^\[\]\n]+\]\[[^\[\]\n]+\]", "a link by its label", "add a line such as "
     "'[label]: https://example.org', or correct the label"),
    (r"!?\[\[[^\[\]\n]+\]\]", "a link of a wiki", "write [words](file.md), or delete it"),
    (r"^\[TOC\]$", "a table of contents", "delete it: makebook makes its own"),
    (r"\^\[", "a note", "close it with ']'"),
    (r"~~(?=\S)|(?<=\S)~~", "'~~'", "close it with a second '~~'; write a literal one as \\~\\~"),
    (r"(?<![=\w])==(?=\w)|(?<=\w)==(?![=\w])", "'=='", "close it with a second '=='"),
    (r"(?<!\S)~\d[^\s~]*(?: [^\s~]+){0,3}~(?!\S)", "'~'",
     "write deleted text as ~~words~~, and a literal sign as \\~"),
    (r"\{:? ?[#.][A-Za-z][^{}\n]*\}|\{: ?[^{}\n]+\}", "a class or an id in braces",
     "put it on the line below its paragraph, as {: .name}"),
    (r"^#{7,}(?= )", "a heading", "write a heading with at most six '#'"),
    (r"<!--", "the beginning of a comment", "close it with '-->'"),
)  # fmt: skip
_ROW = re.compile(r"[ >]*\|[^|\n]+(?:\|[^|\n]*)+")
_DASHED = re.compile(r"[ >]*\|?[ :]*-[-|: ]*")
_CAPTION_ID = re.compile(r"\A(\s*(?:Table:|:)\s.*?)\{[^{}]*\}\s*\Z", re.DOTALL)
"""A caption of a table with its id, which is read later."""
_KEYS = frozenset(
    "id class lang dir title width height alt fig-alt start type value reversed colspan rowspan "
    "scope headers href src datetime markdown".split()
)
"""Keys in braces that have an effect."""
_DEFINITION = re.compile(r"(?m)^[ >]*\[([^\]\n^][^\]\n]*)\]:[ \t]*(\S+)")
_NOT_CLOSED = (
    r"(?<!\\)\[(?!\^)(?:[^\[\]\n@]{0,60}[^\w\[\]\n@])?-?@[\w{]"
    r"[^\[\]\n]*(?:\[[^\[\]\n]*\][^\[\]\n]*)*$(?!(?:\n[^\[\]\n]+)*\n[^\[\]\n]*\])"
)
"""A bracket with a citation that no bracket of its paragraph closes."""
_ENOUGH = 200
"""Places of one kind that are searched for in the text."""
_END = "\n\x00\n"
"""Divides the runs of a text."""
_CELLS = re.compile(r"^(?![ >]*(?:[-+*]|\d+[.)])\s)[^\t\n]*[\w.)%]\t+[^\t\n]*\w")
_GRID = re.compile(r"[ >]*\+[-=:+]+\+[ \t]*")


def leftovers(
    body: Element,
    text: str,
    file: str,
    first: int,
    left_open: Sequence[tuple[int, str]],
    misnumbered: Sequence[tuple[int, str, int]] = (),
) -> Iterator[Problem]:
    """Yield a warning (TXT011) for each kind of markup that is printed as it is."""
    alts = [alt for image in body.iter("img") if "\\" in (alt := image.get("alt") or "")]
    printed = _END.join([*alts, *(_CAPTION_ID.sub(r"\1", run) for run in _printed(body))])
    prose = without_code(text)
    for pattern, name, hint in _KINDS:
        places = [_context(printed, found) for found in re.finditer(pattern, printed, re.M)]
        if places:
            lines = _where(pattern, prose, first, places)
            yield from _problem(file, lines, f"{name} is printed as it is", hint)
    if re.search(
        rf"\[[^\[\]\n{CITE_OPEN}]{{0,60}}{CITE_OPEN}\d+{CITE_CLOSE}(?![^\[\n]*\])", printed
    ):
        lines = _lines(_NOT_CLOSED, prose, first, re.M)
        yield from _problem(file, lines, "a citation is not closed", "close it with ']'")
    lines = [first + line for line, fence in left_open if not fence.startswith(":")]
    said = "a code fence is never closed, so that all after it is code"
    yield from _problem(file, lines, said, "close it with a line of the same signs")
    lines = [first + line for line, fence in left_open if fence.startswith(":")]
    said = "':::' begins a box that is never closed, or closes none"
    yield from _problem(
        file, lines, said, "begin a box with '::: {.name}', and close it with ':::'"
    )
    yield from _tables(body, prose, file, first)
    yield from _silent(body, prose, file, first)
    for line, written, number in misnumbered:
        said = f"the list counts on, so that '{written}' is printed as number {number}"
        hint = "correct the number, or begin another list, with a paragraph before it"
        yield from _problem(file, [first + line], said, hint)
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


def unknown_keys(body: Element, text: str, file: str, first: int) -> Iterator[Problem]:
    """Yield a warning (HTM002) for each key in braces that has no effect."""
    prose = without_code(text)
    printed = _squeezed("".join(_printed(body)))
    seen: set[str] = set()
    lines = _Lines(prose, first)
    for braces in re.finditer(r"\{:?[^{}\n]*=[^{}\n]*\}", prose):
        if braces[0].startswith("{{") or _squeezed(braces[0]) in printed:
            continue
        for key in re.findall(
            r"[\s{:]([A-Za-z][\w-]*)=", re.sub(r"\"[^\"]*\"|'[^']*'", "", braces[0])
        ):
            if key in _KEYS or key in seen:
                continue
            seen.add(key)
            place = Span(file, lines.of(braces.start()))
            message = f"the attribute '{key}' has no effect and is left out"
            hint = "delete it, or write a class, such as {.name}, and a style for it in styles/"
            yield Problem("HTM002", place, message, hint)


def unused(
    blocks: Blocks, labels: Collection[str], body: Element, prose: str, file: str, first: int
) -> Iterator[Problem]:
    """Yield a warning for words that are read as an address or a meaning, and used nowhere."""
    shown = {"".join(map(str, short.itertext())) for short in body.iter("abbr")}
    lost = [
        rf"\[{re.escape(found[1])}\]:"
        for found in _DEFINITION.finditer(without_code(prose))
        if (label := normal(found[1])) in blocks.links and label not in labels
        and not re.search(r"[/.#@:]", blocks.links[label][0])
    ]  # fmt: skip
    lost += [rf"\*\[{re.escape(short)}\]:" for short in blocks.meanings if short not in shown]
    for pattern in lost[:_ENOUGH]:
        lines = _lines(rf"(?<!\\){pattern}", prose, first)
        said = "this line is not printed: nothing in the text refers to it"
        yield from _problem(
            file, lines, said, "to print it, put a backslash before it; or delete it"
        )


def misspelled(classes: Iterable[str], text: str, file: str, first: int) -> Iterator[Problem]:
    """Yield a warning (TXT012) for each class that resembles one with a meaning."""
    said = 0
    for name in dict.fromkeys(classes):
        if said == _ENOUGH:
            return
        close = (
            near(name, CLASSES, 0.8) if name not in (*CLASSES, *OURS) and not is_kind(name) else []
        )
        if close and not name.startswith("was-"):
            lines = _lines(
                rf"[.]{re.escape(name)}(?![\w-])|(?m:^:::+ *{re.escape(name)}\b)", text, first
            )
            said += 1
            place = Span(file, *(lines[:1] or [0]))
            message = f"the class '{name}' has no meaning{on_lines(lines[1:])}"
            yield Problem("TXT012", place, message, did_you_mean(close[:1]))


def _problem(file: str, lines: Sequence[int], message: str, hint: str) -> Iterator[Problem]:
    if lines:
        place = Span(file, lines[0], 1)
        yield Problem("TXT011", place, f"{message}{on_lines(lines[1:])}", hint)


class _Lines:
    """The line of each position in a text."""

    def __init__(self, text: str, first: int) -> None:
        self.first = first
        self.ends = [found.start() for found in re.finditer("\n", text)]

    def of(self, position: int) -> int:
        return self.first + bisect_left(self.ends, position)


def _context(text: str, found: re.Match[str]) -> tuple[str, str]:
    """Return what stands directly before and after a match, in the same run of text."""
    before = text[max(0, found.start() - 40) : found.start()].rpartition(_END)[2]
    after = text[found.start() : found.end() + 40].partition(_END)[0]
    return _squeezed(before)[-8:], _squeezed(after)[:12]


def _where(pattern: str, prose: str, first: int, places: Sequence[tuple[str, str]]) -> list[int]:
    """Return the lines of markup that is printed, not of the same markup that was read."""
    sure, all_lines = [], []
    lines, known = _Lines(prose, first), set(places)
    lengths = {(len(b), len(a)) for b, a in places}  # a few, however many places there are
    for found in re.finditer(rf"(?<!\\)(?:{pattern})", prose, re.M):
        line = lines.of(found.start())
        before = _squeezed(prose[max(0, found.start() - 60) : found.start()])
        after = _squeezed(prose[found.start() : found.end() + 120])
        all_lines.append(line)
        if any((before[len(before) - b :], after[:a]) in known for b, a in lengths):
            sure.append(line)
    return list(dict.fromkeys(sure or all_lines))


def _lines(pattern: str, text: str, first: int, flags: int = 0) -> list[int]:
    matches = re.finditer(pattern, text, flags)
    lines = _Lines(text, first)
    return list(dict.fromkeys(lines.of(match.start()) for match in matches))


def _tables(body: Element, prose: str, file: str, first: int) -> Iterator[Problem]:
    """Report rows of tables that are printed as text, with what keeps them from being tables."""
    lines = prose.split("\n")
    printed = [_squeezed(text) for text in _printed(body) if "|" in text]
    rows = list(islice((
        number for number, line in enumerate(lines)
        if _ROW.fullmatch(line) and not _DASHED.fullmatch(line)
        and any(_squeezed(line) in text for text in printed)
    ), _ENOUGH))  # fmt: skip
    kinds: dict[str, list[int]] = {"grid": [], "uneven": [], "bare": []}
    near: list[str] = []
    before = -2
    for row in rows:
        near = near if row == before + 1 else _around(lines, row)
        before = row
        grid = any(_GRID.fullmatch(line) for line in near)
        ruled = any(_DASHED.fullmatch(line) and "|" in line for line in near)
        kinds["grid" if grid else "uneven" if ruled else "bare"].append(first + row)
    said = "a row of a table is printed as it is: "
    yield from _problem(
        file, kinds["grid"], f"{said}the lines of its grid do not meet",
        "put a + wherever lines of the grid meet, and each | below the + of its column",
    )  # fmt: skip
    yield from _problem(
        file, kinds["uneven"], f"{said}its line of dashes has another number of columns",
        "write as many groups of dashes as the first row has cells",
    )  # fmt: skip
    yield from _problem(
        file, kinds["bare"], f"{said}its table has no line of dashes",
        "put a line such as |---|---| below the first row",
    )  # fmt: skip


def _around(lines: list[str], number: int) -> list[str]:
    """Return the lines around one, up to the next blank lines."""
    start = end = number
    while start and lines[start - 1].strip("> \t"):
        start -= 1
    while end < len(lines) and lines[end].strip("> \t"):
        end += 1
    return lines[start:end]


def _squeezed(text: str) -> str:
    """Return a text without blanks and without signs that typography changes."""
    return re.sub(r"[\s>*_`~^\\\"'\u2018-\u201f.\u2026\u2013\u2014-]", "", text)


def _silent(body: Element, prose: str, file: str, first: int) -> Iterator[Problem]:
    """Report what is read, but hardly as its author meant it."""
    lines = prose.split("\n")
    printed = [_squeezed(text) for text in _printed(body)] if "\t" in prose else []
    tabbed = list(islice((
        first + number for number, line in enumerate(lines)
        if number and _CELLS.search(line) and _CELLS.search(lines[number - 1])
        and any(_squeezed(line) in text for text in printed)
    ), _ENOUGH))  # fmt: skip
    yield from _problem(
        file, tabbed, "lines with tabs are printed as one paragraph",
        "write a table with bars: | Drug | Dose |, and below it |---|---|",
    )  # fmt: skip
    if any(_between_digits(element) for element in body.iter("em", "strong")):
        yield from _problem(
            file, _lines(r"(?<=\d)\*{1,2}(?=\d)", prose, first),
            "'*' between digits is read as emphasis, and is not printed",
            "write \u00d7, or \\*",
        )  # fmt: skip
    empty = [
        box for box in body.iter("div")
        if "box" in (box.get("class") or "").split() and len(box) == 1
        and (box[0].get("class") or "") == "box-title"
        and box[0].text in {name.capitalize() for name in KINDS}
    ]  # fmt: skip
    if empty:
        numbers = _Lines(prose, first)
        pattern = r"(?m)^[ >]*(?::::+ *[\w{]|!!!|\?\?\?|>[ ]?\[!|`{3,}\{)[^\n]*"
        marks = [
            numbers.of(found.start())
            for found in re.finditer(pattern, prose)
            if _is_empty(found[0].strip("> "), prose[found.end() : found.end() + 10_000])
        ]
        yield from _problem(
            file, marks, "a box is empty, and the text after it is outside of it",
            "indent the text by four spaces after '!!!'; begin its lines with '>' after '> [!'",
        )  # fmt: skip


def _is_empty(begin: str, after: str) -> bool:
    """Say if nothing follows in a box that begins so."""
    lines = after.split("\n")[1:]
    first = next((line for line in lines if line.strip()), "")
    if begin[0] in ":`":
        return not first.strip().strip(":`~")
    if begin[0] == "[":
        return not (lines and lines[0].strip("> \t"))
    return not first.startswith(("    ", "\t"))


def _between_digits(element: Element) -> bool:
    """Say if emphasis begins between digits, as in `2*5 mg and 3*5 mg`."""
    previous, parent = element.getprevious(), element.getparent()
    before = previous.tail if previous is not None else parent.text if parent is not None else ""
    inside = "".join(map(str, element.itertext()))
    after = element.tail or ""
    return bool(
        (re.search(r"\d\Z", before or "") and re.match(r"\d", inside))
        or (re.search(r"\d\Z", inside) and re.match(r"\d", after))
    )


def _printed(body: Element) -> Iterator[str]:
    """Yield the text of a tree that is not code."""
    for run in text_runs(body):
        home = run.element.getparent() if run.is_tail else run.element
        names = ("code", "pre", "kbd", "samp")
        if home is not None and home.tag not in names and next(home.iterancestors(*names), None) \
                is None:  # fmt: skip
            yield run.read()

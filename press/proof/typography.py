"""Typography: type measured on a finished PDF and checked against the standard of its edition.

In: the text spans of the pages, as `readback.pdf` finds them, and the body text of the work. Out:
`Measures`, and a problem for whatever the readers of that edition would find hard to read. Sizes
are points on paper, as drawn, whatever a style or a picture declares. This module must not know any
style.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import TypeVar

from press.core.formats import EditionKind
from press.core.model import Edition, Measures
from press.core.problems import Problem, Span, counted
from press.core.records import dataclass
from press.document.prose import Prose
from press.proof.matching import excerpt
from press.readback.pdf import TextSpan

Pages = Sequence[Sequence[TextSpan]]
Item = TypeVar("Item")

_STEP = 0.05
"""Tolerance of sizes, in points, because PDFs round them."""
_PLACES = 5
_SAMPLE = 2000
"""Texts of which it is asked if they are body text: those of some forty pages."""
_FEW = 10
"""The fewest full lines of which a median is meaningful."""
_MARKER = re.compile(r"\s*(?:[^\w\s]+|\d{1,3}\.|[A-Za-z]\.|[ivxlc]{1,7}\.)\s*")
"""The marker of a list item, which is drawn separately."""


@dataclass(frozen=True)
class Limits:
    """The limits of an edition; 0 means no limit."""

    smallest: float
    body: float
    leading: float = 1.25  # RNIB, APH: line spacing 1.25 or more
    shortest: int = 0
    longest: int = 70  # RNIB, APH: 60 to 70 characters a line
    italic: bool = True


_STANDARD = Limits(smallest=9, body=12, shortest=60)
LIMITS: dict[EditionKind, Limits] = {
    # body 12 pt or more (UKAAF G003, RNIB); 9 pt is our choice: superscripts, words in pictures
    "standard": _STANDARD,
    "ink-saver": _STANDARD,
    # on half a sheet, lines are often shorter than 60 characters
    "booklet": Limits(smallest=9, body=12),
    # body 11.5 pt or more, and two columns allowed; 80 characters a line (WCAG 2.2, 1.4.8)
    "sheet": Limits(smallest=9, body=11.5, longest=80),
    # UKAAF G003, RNIB, APH, ACB: 16 pt or more, ideally 18; notes and page numbers too; no italics
    "large-print": Limits(smallest=16, body=18, italic=False),
}
"""By the kind of an edition."""


@dataclass(frozen=True)
class Line:
    """Spans side by side on one line, including superscripts."""

    text: str
    """Its text, with white space collapsed."""
    size: float
    """The size of most of its letters, in points."""
    baseline: float
    """Points from the bottom of the page."""
    left: float
    right: float
    """The edges of its ink."""
    spans: tuple[TextSpan, ...]


def lines(page: Iterable[TextSpan]) -> list[Line]:
    """Return the lines of a page in drawing order, without list markers."""
    rows: list[list[TextSpan]] = []
    for span in page:
        if _MARKER.fullmatch(span.text):
            continue
        if rows and _beside(rows[-1], span):
            rows[-1].append(span)
        else:
            rows.append([span])
    return [_line(row) for row in rows]


def _line(row: Sequence[TextSpan]) -> Line:
    text = " ".join("".join(span.text for span in row).split())
    base = max(row, key=lambda span: (span.size, len(span.text))).baseline
    left, right = min(span.left for span in row), max(span.right for span in row)
    return Line(text, _commonest(row), base, left, right, tuple(row))


def _beside(row: Sequence[TextSpan], span: TextSpan) -> bool:
    """Say if a span continues a line, at its height or slightly raised."""
    size = max(s.size for s in row)
    level = abs(max(row, key=lambda s: s.size).baseline - span.baseline) < 0.45 * size
    return level and -0.3 < (span.left - row[-1].right) / max(size, span.size) < 0.8


def _commonest(spans: Iterable[TextSpan]) -> float:
    """Return the size of most letters, to a tenth of a point; 0 without letters."""
    count = _letters(spans)
    return max(count, key=lambda size: (count[size], size), default=0.0)


def _letters(spans: Iterable[TextSpan]) -> Counter[float]:
    """Count the letters and digits of each size."""
    count: Counter[float] = Counter()
    for span in spans:
        count[round(span.size, 1)] += sum(c.isalnum() for c in span.text)
    return +count


def measure_type(pages: Pages, prose: Prose) -> Measures:
    """Measure the type of a finished PDF.

    The body size is that of most letters of body text; 0 without. The length of a full line is
    taken from the column width with the most letters, that of paragraphs. Lines between which a
    paragraph ends, or the author broke the line, say nothing of it.
    """
    every = [span for page in pages for span in _read(page)]
    body = _commonest(span for span in _sample(every) if prose.has(span.text))
    pairs = [
        pair
        for pair in _sample(list(_pairs(pages)))
        if abs(pair.upper.size - body) < 2 * _STEP
        and any(prose.has(span.text) for span in pair.upper.spans)
    ]
    leading = median(pair.leading for pair in pairs) if pairs else 0.0
    wrapped = [pair for pair in pairs if prose.has(pair.turn)]
    columns: Counter[int] = Counter()
    for pair in wrapped:
        columns[round(pair.room / 10)] += len(pair.upper.text)
    column = max(columns, key=lambda width: columns[width], default=0)
    full = [len(p.upper.text) for p in wrapped if abs(round(p.room / 10) - column) <= 1]
    characters = round(median(full)) if len(full) >= _FEW else 0
    smallest = min((round(span.size, 1) for span in every), default=0.0)
    return Measures(smallest, body, round(leading, 2), characters)


def _sample(items: Sequence[Item]) -> Sequence[Item]:
    """Return the items, or some from everywhere if there are so many that each search counts.

    A search takes time in proportion to the text. What is measured is the same in long works.
    """
    return items[:: len(items) // _SAMPLE + 1]


def _alike(span: TextSpan) -> tuple[str, int, int]:
    """Return a key that is equal for spans repeated on every page: words, size, and height."""
    return re.sub(r"\d+", "0", span.text), round(span.size), round(span.baseline / 2)


def _read(page: Iterable[TextSpan]) -> Iterator[TextSpan]:
    """Return the spans with letters or digits, which leaves out bullets and the like."""
    return (span for span in page if any(c.isalnum() for c in span.text))


@dataclass(frozen=True)
class _Pair:
    """Two consecutive lines of a paragraph; the upper one is full."""

    page: int
    upper: Line
    turn: str
    """The end of the upper line, and the beginning of the other."""
    leading: float
    """Line spacing: the distance of their baselines, as a multiple of the size."""
    room: float
    """Width of a full line, in points."""


def _pairs(pages: Pages) -> Iterator[_Pair]:
    """Yield the lines that wrap onto the next.

    A line wraps if the first word of the next line would not have fit on it. The width available
    is that of the longest line that begins at the same place.
    """
    rows = [lines(page) for page in pages]
    edges: dict[tuple[int, float], float] = {}
    for line in (line for page in rows for line in page):
        key = round(line.left / 3), line.size
        edges[key] = max(edges.get(key, 0.0), line.right)
    for number, page in enumerate(rows, 1):
        marks = [span for span in pages[number - 1] if _MARKER.fullmatch(span.text)]
        for upper, lower in pairwise(page):
            distance = upper.baseline - lower.baseline
            alike = upper.size == lower.size and abs(upper.left - lower.left) < 3
            if not alike or not 0 < distance < 2 * upper.size or _marked(lower, marks):
                continue
            near = [edges.get((round(upper.left / 3) + step, upper.size), 0) for step in (-1, 0, 1)]
            letter = (lower.right - lower.left) / len(lower.text)
            word = letter * (len(lower.text.split(" ")[0]) + 1)
            if upper.right + 0.9 * word > max(near):
                turn = f"{upper.spans[-1].text} {lower.spans[0].text}"
                yield _Pair(number, upper, turn, distance / upper.size, max(near) - upper.left)


def _marked(line: Line, marks: Sequence[TextSpan]) -> bool:
    """Say if a line begins a list item."""
    return any(
        abs(mark.baseline - line.baseline) < 1 and abs(mark.right - line.left) < 2 * line.size
        for mark in marks
    )


def check_type(
    pages: Pages,
    edition: Edition,
    file: str,
    measures: Measures,
    problems: list[Problem],
) -> None:
    """Check the type of a finished PDF against the standard of its edition.

    `file` names it in the problems; `measures` are from `measure_type`. A file without body text,
    such as one of references only, has neither its body size nor its line length checked.

    Problems: TYP001 small type, TYP002 line length, TYP003 italics, TYP004 line spacing.
    """
    limits = LIMITS[edition.kind]
    found = _small(pages, limits.smallest)
    if 0 < measures.body < limits.body - _STEP:
        found.insert(0, _first(pages, measures.body, limits.body))
    problems += _problems("TYP001", found, file, _SMALL_HINT)
    if message := _length(measures.characters, limits):
        problems += _problems("TYP002", [message], file, _LENGTH_HINT)
    if not limits.italic:
        problems += _problems("TYP003", _italics(pages), file, _ITALIC_HINT)
    if 0 < measures.leading < limits.leading - 0.01:
        close = _close(pages, measures.body, limits.leading)
        problems += _problems("TYP004", close, file, _LEADING_HINT)


_SMALL_HINT = (
    "raise --size-note, --size-small, or --size-text in tokens.css; in a picture, draw the words "
    "larger"
)
_LENGTH_HINT = "change the margins or --indent in your styles, or --size-text in tokens.css"
_ITALIC_HINT = "use upright or bold type in your styles; italics are hard to read with low vision"
_LEADING_HINT = "raise --leading in tokens.css"


def _problems(code: str, found: Sequence[str], file: str, hint: str) -> list[Problem]:
    """Return a problem for each of the first places; the last one counts the rest."""
    shown = list(dict.fromkeys(found))
    if len(shown) > _PLACES:
        rest = len(shown) - _PLACES
        shown = shown[:_PLACES]
        shown[-1] += f" (and {counted(rest, 'more place')})"
    return [Problem(code, Span(file), message, hint) for message in shown]


def _places(pages: Pages, wrong: Callable[[TextSpan], bool]) -> Iterator[tuple[int, TextSpan]]:
    """Yield page and span wherever something is wrong, once for text repeated on every page."""
    told = set()
    for number, page in enumerate(pages, 1):
        for span in _read(page):
            if wrong(span) and (words := _alike(span)) not in told:
                told.add(words)
                yield number, span


def _small(pages: Pages, limit: float) -> list[str]:
    """Describe each size under a limit, smallest first: where it first appears, and how often."""
    sizes: dict[float, list[tuple[int, TextSpan]]] = {}
    for place in _places(pages, lambda span: span.size < limit - _STEP):
        sizes.setdefault(round(place[1].size, 1), []).append(place)
    found = []
    for size, places in sorted(sizes.items()):
        number, span = max(places, key=lambda place: (len(place[1].text) > 2, -place[0]))
        more = f" ({len(places) - 1} more of this size)" if len(places) > 1 else ""
        words = f"'{excerpt(span.text, 40)}' is {size:.1f} pt; the minimum is {limit:g} pt"
        found.append(f"page {number}: {words}{more}")
    return found


def _first(pages: Pages, body: float, limit: float) -> str:
    """Describe the first place where body text is too small."""
    number, span = next(_places(pages, lambda span: abs(span.size - body) < 2 * _STEP))
    words = f"body text is {body:.1f} pt; the minimum is {limit:g} pt"
    return f"page {number}: '{excerpt(span.text, 40)}': {words}"


def _italics(pages: Pages) -> list[str]:
    return [
        f"page {number}: '{excerpt(span.text, 40)}' is in italics"
        for number, span in _places(pages, lambda span: span.italic)
    ]


def _close(pages: Pages, body: float, limit: float) -> list[str]:
    """Describe each place where the line spacing of body text is below a limit."""
    return [
        f"page {pair.page}: '{excerpt(pair.upper.text, 40)}': "
        f"line spacing is {pair.leading:.2f}; the minimum is {limit:g}"
        for pair in _pairs(pages)
        if pair.leading < limit - 0.01 and abs(pair.upper.size - body) < 2 * _STEP
    ]


def _length(characters: int, limits: Limits) -> str:
    """Say that full lines are too short or too long, with a tolerance of one character."""
    if not characters or limits.shortest - 1 <= characters <= limits.longest + 1:
        return ""
    wanted = (
        f"{limits.shortest} to {limits.longest}" if limits.shortest else f"at most {limits.longest}"
    )
    has = counted(characters, "character")
    return f"a full line of body text has {has}; it should have {wanted}"

"""The proof: a finished file is opened again, and all that must be in it is found in it.

In: a Document and the bytes of an Artifact. Out: a problem for whatever is missing, not to be
seen, or leads nowhere. It reads nothing but the finished bytes, and trusts no renderer.

How text is found: every block of the work is a unit. Units and the text of the file are reduced
to their letters, digits and signs (white space, hyphens and ligatures differ with the line
breaks). Then the longest units are looked for first, and each uses up the place where it stands,
so that a paragraph that occurs twice must be there twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from press.core import trees
from press.core.model import Artifact, Document, Edition
from press.core.problems import Problem, Span, counted
from press.document.units import Unit, letters, units
from press.readback.pdf import PdfPage, read_halves, read_pdf

_USED = "\u0000"
_LONG = 24
"""Letters of a text that is not found by chance in a place that is not its own."""
_MARKER = re.compile(r"(?:[\u2022\u25e6\u25aa\u2023]|\d{1,3}\.|[A-Za-z]{1,5}\.)")
HINT = "the file was not published; look at your own styles and templates first"
_SHOWN = 5
_UNSEEN = (
    "it runs off the page, or is hidden; a table may have too many columns for this sheet: "
    "divide it, or look at your own styles"
)


def missing(wanted: Iterable[Unit], pages: Sequence[str]) -> list[Unit]:
    """The units that pages (already reduced to their letters) do not hold.

    A block may run over page breaks; the markers of lists are drawn last on a page, so they may
    stand between its two halves.
    """
    left = list(pages)
    astray = list(_walk(wanted, left))
    astray.sort(key=lambda unit: -len(letters(unit.text)))
    return [unit for unit in astray if not _take(letters(unit.text), left)]


def _walk(wanted: Iterable[Unit], pages: list[str]) -> Iterator[Unit]:
    """Use up the units that stand one after the other, in order; gives those that do not.

    Text that repeats itself can only be told apart in this way.
    """
    number, offset = 0, 0
    for unit in wanted:
        needle = letters(unit.text)
        found = _next(needle, pages, number, offset)
        if not found:
            yield unit
            continue
        _use(found, pages)
        number, _, offset = found[-1]


Stretch = tuple[int, int, int]
"""A page, and where on it something begins and ends."""


def _next(needle: str, pages: list[str], number: int, offset: int) -> list[Stretch]:
    """Where a needle stands next: at the place reached, over the page's end, or not far behind.

    A short needle is not looked for behind other text: it may well stand in a place that is not
    its own.
    """
    if pages[number].startswith(needle, offset):
        return [(number, offset, offset + len(needle))]
    if offset in _ends(pages[number]) and number + 1 < len(pages):
        number, offset = number + 1, 0
        if pages[number].startswith(needle):
            return [(number, 0, len(needle))]
    found = _across(needle, pages, number, offset)
    if found and (found[0][1] == offset or (len(needle) >= _LONG and needle not in pages[number])):
        return found
    if len(needle) >= _LONG:
        for page in range(number, min(number + 2, len(pages))):
            at = pages[page].find(needle, offset if page == number else 0)
            if at >= 0:
                return [(page, at, at + len(needle))]
    return []


def _across(needle: str, pages: list[str], number: int, offset: int = 0) -> list[Stretch]:
    """Where a needle stands that begins on a page, at or behind an offset, and ends on another."""
    if number + 1 >= len(pages):
        return []
    page = pages[number]
    for cut in _ends(page):
        for size in range(min(cut - offset, len(needle) - 1), 0, -1):
            if not page.endswith(needle[:size], offset, cut):
                continue
            rest, upto, stretches = needle[size:], number + 1, [(number, cut - size, cut)]
            while not pages[upto].startswith(rest) and upto + 1 < len(pages):
                whole = _whole(pages[upto], rest)
                if not whole:
                    break
                stretches.append((upto, 0, whole))
                rest, upto = rest[whole:], upto + 1
            at = pages[upto].find(rest)
            if at == 0 or (at > 0 and len(rest) >= _LONG):
                return [*stretches, (upto, at, at + len(rest))]
    return []


def _use(stretches: Iterable[Stretch], pages: list[str]) -> None:
    """Let nothing else be found there."""
    for page, start, end in stretches:
        pages[page] = pages[page][:start] + _USED * (end - start) + pages[page][end:]


def _take(needle: str, pages: list[str]) -> bool:
    """Find a needle and use up its place; False where it is nowhere."""
    for number, page in enumerate(pages):
        at = page.find(needle)
        if at >= 0:
            _use([(number, at, at + len(needle))], pages)
            return True
    for number in range(len(pages) - 1):
        if found := _across(needle, pages, number):
            _use(found, pages)
            return True
    return False


def _ends(page: str) -> list[int]:
    """Where the text of a page may end: at its end, or before any of the list markers there."""
    ends = [len(page)]
    for end in ends:
        for start in range(end - 1, max(-1, end - 7), -1):
            if start not in ends and _MARKER.fullmatch(page, start, end):
                ends.append(start)
    return ends


def _whole(page: str, rest: str) -> int:
    """How much of a needle a page holds that holds nothing else; 0 where it holds other text."""
    return next(
        (end for end in _ends(page) if end and rest.startswith(page[:end]) and end < len(rest)), 0
    )


def open_pdf(
    document: Document, edition: Edition, artifact: Artifact, problems: list[Problem]
) -> list[PdfPage]:
    """The pages of a finished PDF in the order of reading; those of a booklet stand two on a sheet.

    Problem PRF005, and no page: it cannot be opened again.
    """
    try:
        if edition.kind != "booklet" or artifact.part:
            return read_pdf(artifact.data)
        from press.core.paper import booklet_sides

        order = [
            page for side in booklet_sides(artifact.pages, document.direction) for page in side
        ]
        halves = dict(zip(order, read_halves(artifact.data), strict=True))
        return [halves[number] for number in range(1, artifact.pages + 1)]
    except ValueError as error:
        message = f"cannot be opened again: {error}"
        problems.append(Problem("PRF005", Span(artifact.name), message, HINT))
        return []


def prove_pdf(
    document: Document, edition: Edition, name: str, pages: Sequence[PdfPage]
) -> list[Problem]:
    """Prove a PDF, opened again, against the document that was laid out on it.

    Problems: PRF001 text, PRF002 short disclaimer, PRF003 links (a booklet has none).
    """
    span = Span(name)
    body, problems = _bodies(document, pages, span)
    unseen = [(n, words) for n, page in enumerate(pages, 1) for words in page.unseen]
    rest = counted(len(unseen) - _SHOWN, "more place is", "more places are")
    more = f"; {rest} like it" if len(unseen) > _SHOWN else ""
    for place, (number, words) in enumerate(unseen[:_SHOWN], 1):
        message = f"page {number}: '{_excerpt(words)}' is there and cannot be seen"
        message += more if place == _SHOWN else ""
        problems.append(Problem("PRF001", span, message, _UNSEEN))
    for number, page in enumerate(pages, 1):
        if page.dead:
            dead = counted(page.dead, "internal link leads", "internal links lead")
            message = f"page {number}: {dead} nowhere"
            problems.append(Problem("PRF003", span, message, HINT))
    problems += lost(units(document), body, span)
    links, wanted = sum(page.links for page in pages), internal_links(document)
    if links < wanted and edition.kind != "booklet":
        every = counted(wanted, "internal link")
        message = f"{wanted - links} of {every} {'is' if wanted - links == 1 else 'are'} missing"
        problems.append(Problem("PRF003", span, message, HINT))
    return problems


def _bodies(
    document: Document, pages: Sequence[PdfPage], span: Span
) -> tuple[list[str], list[Problem]]:
    """The letters of each page without what every page carries; PRF002 where a page lacks it."""
    problems, bodies = [], []
    for number, page in enumerate(pages, 1):
        text = letters(page.text)
        for name, said in (
            ("short disclaimer", document.short),
            ("line that identifies the sheet", document.stamp),
            ("page number", f"{number} {document.labels['of']} {len(pages)}"),
        ):
            words = letters(said)
            if not words:
                continue
            if words not in text:
                message = f"page {number} is without its {name}"
                problems.append(Problem("PRF002", span, message, HINT))
            text = "".join(text.rsplit(words, 1))
        bodies.append(text)
    return bodies, problems


def prove_together(
    document: Document, edition: Edition, name: str, files: Sequence[Sequence[PdfPage]]
) -> list[Problem]:
    """Prove that the files of an edition hold the whole work between them. Problem PRF001.

    An edition whose references stand on the web must hold all the rest, and their address.
    """
    span, parts = Span(name), document.parts
    texts = [body for pages in files for body in _bodies(document, pages, span)[0]]
    if edition.references == "link":
        parts = tuple(part for part in parts if part.kind != "references")
    return lost(units(replace(document, parts=parts)), texts, span)


def lost(
    wanted: Sequence[Unit], pages: Sequence[str], span: Span, where: str = ""
) -> list[Problem]:
    """Give problem PRF001 for each unit that pages, reduced to their letters, do not hold."""
    return [absent(unit, span, where) for unit in missing(wanted, pages)]


def absent(unit: Unit, span: Span, where: str = "") -> Problem:
    """Say that a unit is missing (PRF001); `where` completes the sentence: ` by night`."""
    message = f"{unit.what} is missing{where}: '{_excerpt(unit.text)}'"
    return Problem("PRF001", span, message, HINT)


def no_short(span: Span, where: str = "") -> Problem:
    """Say that the short disclaimer is missing (PRF002); `where` completes the sentence."""
    return Problem("PRF002", span, f"the short disclaimer is missing{where}", HINT)


def _excerpt(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 80 else words[:77] + "…"


def internal_links(document: Document) -> int:
    """How many links lead from one place of a work to another."""
    return sum(
        1
        for part in document.parts
        for link in trees.parse(part.xhtml).iter("a")
        if (link.get("href") or "").startswith("#")
    )

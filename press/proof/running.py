"""The running words of a page: the short disclaimer, the identifying line, the page number.

In: a Document and the pages of its PDF. Out: a problem for each page that lacks one of them, or
that prints text of the document as if it were none. This module must not know any renderer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from press.core.model import Document
from press.core.problems import Problem, Span
from press.core.speech import plain_words
from press.document.units import Unit, letters
from press.proof.ink import consumed
from press.proof.matching import HINT, MARKS, excerpt, marked
from press.readback.pdf import PdfPage, TextSpan


def wanted(document: Document, number: int, pages: int) -> list[tuple[str, str]]:
    """Return the names and texts of what a page must repeat."""
    found = (
        ("short disclaimer", document.short),
        ("identifying line", document.stamp),
        ("page number", f"{number} {document.labels['of']} {pages}"),
    )
    return [(name, plain_words(text)) for name, text in found if letters(text)]


def take(
    document: Document, number: int, pages: int, texts: Sequence[TextSpan]
) -> tuple[list[TextSpan], list[str]]:
    """Take the running words out of the text of a page; return the rest, and what is missing."""
    rest, absent = list(texts), []
    for name, words in wanted(document, number, pages):
        taken = _take(words, rest)
        if not taken or any(not text.seen for text in taken):
            absent.append(name)
    return rest, absent


def _take(words: str, texts: list[TextSpan]) -> list[TextSpan]:
    """Take the text objects that draw some words out of others, and return them.

    They follow each other. If there are several such places, it is the lowest on the page.
    """
    pieces = [plain_words(text.text) for text in texts]
    places = [(start, consumed(words, pieces, start)) for start in range(len(pieces))]
    places = [(start, end) for start, end in places if end > start]
    if not places:
        return []
    start, end = min(places, key=lambda place: texts[place[0]].baseline)
    taken = texts[start:end]
    del texts[start:end]
    return taken


def missing(number: int, name: str, span: Span) -> Problem:
    """Say that a page lacks some of its running words: PRF002."""
    return Problem("PRF002", span, f"page {number}: the {name} is missing", HINT)


def prove(
    document: Document, units: Sequence[Unit], pages: Sequence[PdfPage], span: Span
) -> Iterator[Problem]:
    """Prove what the pages print outside the text; PRF002, and PRF006 for text of the document."""
    left = []
    repeated = [plain_words(document.labels["blank-page"]), *_heads(units)]
    for number, page in enumerate(pages, 1):
        artifacts = [text for text in page.texts if text.artifact]
        rest, absent = take(document, number, len(pages), artifacts)
        inside = dict(wanted(document, number, len(pages)))
        for name in absent:  # a template may have it in the text of its only page
            if not any(text.seen for text in _take(inside[name], list(page.texts))):
                yield missing(number, name, span)
        for words in repeated if rest else ():
            while _take(words, rest):
                pass
        left.append([letters(text.text) for text in rest])
    often = set.intersection(*map(set, left)) if len(left) > 1 else set()
    for number, texts in enumerate(left, 1):
        rest_of_page = [text for text in texts if text and text not in often]
        if rest_of_page and _is_text(units, rest_of_page):
            message = (
                f"page {number}: '{excerpt(' '.join(rest_of_page))}' is printed, but not heard"
            )
            yield Problem("PRF006", span, message, HINT)


def _heads(units: Sequence[Unit]) -> set[str]:
    """Return the header cells of tables: the pages of a table that goes on overleaf repeat them."""
    return {
        MARKS.sub("", marked(unit.block))
        for unit in units
        if unit.block and "header cell" in unit.block.role and letters(unit.text)
    }


def _is_text(units: Sequence[Unit], words: Sequence[str]) -> bool:
    """Say if words are those of a block of the text, in whole or in part."""
    joined = "".join(words)
    texts = [letters(unit.text) for unit in units]
    return any(joined == text or (len(joined) > 3 and joined in text) for text in texts)

"""The proof of a PDF, which is opened again and searched for everything it must contain.

In: a Document, an Edition, and the bytes of its PDF. Out: a problem for whatever is missing or
hidden, or leads nowhere. It reads only the finished bytes. This module must not know any renderer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from press.core.model import Artifact, Document, Edition
from press.core.paper import booklet_sides
from press.core.problems import Problem, Span, counted
from press.document.units import letters, units
from press.proof.matching import HINT, excerpt, find_all, internal_links
from press.readback.pdf import PdfPage, read_halves, read_pdf

_SHOWN = 5
_UNSEEN = "split a table that has too many columns for the page; otherwise check your custom styles"


def open_pdf(
    document: Document, edition: Edition, artifact: Artifact, problems: list[Problem]
) -> list[PdfPage]:
    """Read the pages of a finished PDF, in reading order; a booklet has two on each side.

    Problem PRF005, and no pages: it cannot be opened.
    """
    try:
        if edition.kind != "booklet" or artifact.part:
            return read_pdf(artifact.data)
        order = [
            page for side in booklet_sides(artifact.pages, document.direction) for page in side
        ]
        halves = dict(zip(order, read_halves(artifact.data), strict=True))
        return [halves[number] for number in range(1, artifact.pages + 1)]
    except ValueError as error:
        message = f"cannot be opened: {error}"
        problems.append(Problem("PRF005", Span(artifact.name), message, HINT))
        return []


def prove_pdf(
    document: Document,
    edition: Edition,
    name: str,
    pages: Sequence[PdfPage],
    problems: list[Problem],
) -> None:
    """Prove the pages of a finished PDF against the document that was laid out.

    Problems: PRF001 text, PRF002 short disclaimer, PRF003 links (a booklet has none).
    """
    span = Span(name)
    body = _bodies(document, pages, span, problems)
    unseen = [(n, words) for n, page in enumerate(pages, 1) for words in page.unseen]
    rest = counted(len(unseen) - _SHOWN, "more place")
    more = f" (and {rest})" if len(unseen) > _SHOWN else ""
    for place, (number, words) in enumerate(unseen[:_SHOWN], 1):
        message = f"page {number}: '{excerpt(words)}' is hidden or runs off the page"
        message += more if place == _SHOWN else ""
        problems.append(Problem("PRF001", span, message, _UNSEEN))
    for number, page in enumerate(pages, 1):
        if page.dead:
            dead = counted(page.dead, "internal link is", "internal links are")
            message = f"page {number}: {dead} broken"
            problems.append(Problem("PRF003", span, message, HINT))
    find_all(units(document), body, span, problems)
    links, wanted = sum(page.links for page in pages), internal_links(document).total()
    if links < wanted and edition.kind != "booklet":
        every = counted(wanted, "internal link")
        message = f"{wanted - links} of {every} {'is' if wanted - links == 1 else 'are'} missing"
        problems.append(Problem("PRF003", span, message, HINT))


def _bodies(
    document: Document, pages: Sequence[PdfPage], span: Span, problems: list[Problem]
) -> list[str]:
    """Return the letters of each page without what all pages repeat; PRF002 if it is missing."""
    bodies = []
    for number, page in enumerate(pages, 1):
        text = letters(page.text)
        for name, said in (
            ("short disclaimer", document.short),
            ("identifying line", document.stamp),
            ("page number", f"{number} {document.labels['of']} {len(pages)}"),
        ):
            words = letters(said)
            if not words:
                continue
            if words not in text:
                message = f"page {number}: the {name} is missing"
                problems.append(Problem("PRF002", span, message, HINT))
            text = "".join(text.rsplit(words, 1))  # once: the body may say the same
        bodies.append(text)
    return bodies


def prove_together(
    document: Document,
    edition: Edition,
    name: str,
    files: Sequence[Sequence[PdfPage]],
    problems: list[Problem],
) -> None:
    """Prove that the files of an edition together hold the whole document. Problem PRF001.

    An edition whose references are on the web must hold all the rest, and their address.
    """
    span, parts = Span(name), document.parts
    texts = [body for pages in files for body in _bodies(document, pages, span, [])]
    if edition.references == "link":
        parts = tuple(part for part in parts if part.kind != "references")
    find_all(units(replace(document, parts=parts)), texts, span, problems)

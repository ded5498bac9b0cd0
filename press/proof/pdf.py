"""The proof of a PDF, which is opened again and compared with the document, block by block.

In: a Document, an Edition, and the bytes of its PDF. Out: a problem for whatever is missing,
hidden, altered, doubled, or in another place, and for each link that leads nowhere. The blocks are
those of the tags; each must leave ink where the tags say it is, and nothing else may. It reads only
the finished bytes. This module must not know any renderer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from press.core import speech
from press.core.model import Artifact, Document, Edition
from press.core.problems import Problem, Span, counted
from press.core.speech import Block, plain_words
from press.core.trees import has_class
from press.document.units import Unit, by_letters, contact_units, head_units, letters, text_units
from press.proof import booklet, drawings, formulas, frame, running
from press.proof.ink import fits, misread, normal
from press.proof.matching import (
    END,
    FIGURE,
    FIGURE_END,
    HINT,
    LINK,
    Extra,
    Match,
    compare,
    excerpt,
    fault,
    internal_links,
    kind_differs,
    links_differ,
    marked,
    stray,
    struck_differs,
)  # fmt: skip
from press.proof.order import Drawn, disorder
from press.proof.pages import wrong as pages_named
from press.readback.pdf import PdfPage, TextSpan, read_pdf
from press.readback.tags import LABEL, Tags, read_tags

_SHOWN = 5
_SHORT = 12
"""Characters from which hidden words say by themselves where they are."""
_UNSEEN = "check your custom styles; in a drawing, make the text plain, or draw it as shapes"


def prove_pdf(
    document: Document, edition: Edition, artifact: Artifact, problems: list[Problem]
) -> list[PdfPage]:
    """Prove a finished PDF; return its pages, in reading order.

    Problems: PRF001 text, PRF002 short disclaimer, PRF003 links (a booklet has none), PRF005 a file
    that cannot be opened, and has no pages, PRF006 text that is not as in the document.
    """
    span = Span(artifact.name)
    try:
        if edition.kind == "booklet" and not artifact.part:
            pages = booklet.open_booklet(document, artifact)
            problems += booklet.prove(document, pages, span)
        else:
            pages = read_pdf(artifact.data, shapes=formulas.any_in(document))
            tags = read_tags(artifact.data, pages)
            problems += _Proof(document, pages, tags, span).run()
            problems += prove_links(document, pages, span)
    except ValueError as error:
        problems.append(Problem("PRF005", span, f"cannot be opened: {error}", HINT))
        return []
    return pages


def prove_links(document: Document, pages: Sequence[PdfPage], span: Span) -> Iterator[Problem]:
    """Prove that the links of a document lead somewhere: PRF003."""
    for number, page in enumerate(pages, 1):
        if page.dead:
            dead = counted(page.dead, "internal link is", "internal links are")
            yield Problem("PRF003", span, f"page {number}: {dead} broken", HINT)
    links, wanted = sum(page.links for page in pages), internal_links(document).total()
    if links < wanted:
        every = counted(wanted, "internal link")
        message = f"{wanted - links} of {every} {'is' if wanted - links == 1 else 'are'} missing"
        yield Problem("PRF003", span, message, HINT)


class _Proof:
    """The comparison of one document with one tagged PDF."""

    def __init__(
        self, document: Document, pages: Sequence[PdfPage], tags: Tags, span: Span
    ) -> None:
        self.document, self.pages, self.tags, self.span = document, pages, tags, span
        self.units = text_units(document)
        self.blocks = speech.speak([tags.root], leave=(LABEL,))

    def run(self) -> Iterator[Problem]:
        match = compare(self.units, self.blocks, self._differs)
        yield from (fault(unit, what, self.span) for unit, what in match.faults)
        yield from self._frame(match)
        yield from self._hidden(match)
        yield from self._hidden_labels()
        yield from self._untagged()
        yield from self._replaced()
        yield from self._drawings(match)
        yield from self._formulas(match)
        yield from (
            fault(unit, what, self.span) for unit, what in pages_named(match.pairs, self.tags)
        )
        yield from disorder(self._drawn(), self.span)
        yield from running.prove(self.document, self.units, self.pages, self.span)

    def _differs(self, unit: Unit, block: Block) -> str:
        assert unit.block is not None
        wanted = marked(unit.block)
        if not fits(wanted, self._pieces(block)):
            return misread(wanted, self._pieces(block))
        return (
            kind_differs(unit, block)
            or links_differ(unit.block, block, names=False)
            or struck_differs(unit.block, block, self.document.labels["struck"])
        )

    def _is_whole(self, unit: Unit, block: Block) -> bool:
        """Say if a block draws a unit of the frame and nothing else."""
        heard = marked(unit.block) if unit.block else ""
        ways = filter(None, (heard, plain_words(unit.text)))
        return any(fits(words, self._pieces(block)) for words in ways)

    def _pieces(self, block: Block) -> list[str]:
        """Return the text of a block as it is drawn, with marks for links and pictures."""
        found = []
        for piece in block.pieces:
            if piece.kind == "figure":
                found.append(f"{FIGURE}{piece.text}{FIGURE_END}")
            elif piece.kind in ("link", "end"):
                found.append(LINK if piece.kind == "link" else END)
            elif piece.owner.tag == "t":
                found += [text.text for text in self.tags.drawn.get(piece.owner, ())]
            else:
                found.append(piece.text)
        return normal(found)

    def _frame(self, match: Match) -> Iterator[Problem]:
        """Prove what stands around the text, and report what stands within it."""
        head = head_units(self.document)
        address = [unit for unit in head if unit.place == "address"]
        rest = [unit for unit in head if unit.place != "address"]
        wanted = [*rest, *contact_units(self.document, paper=True), *address]
        inside = [extra for extra in match.extras if self._is_inside(extra)]
        outside = [extra.block for extra in match.extras if extra not in inside]
        faults, others = frame.look(self.document, wanted, outside, self._is_whole)
        yield from (fault(unit, what, self.span) for unit, what in faults)
        yield from self._pictures(outside)
        texts = by_letters(self.units)
        labels = {"", *map(letters, self.document.labels.values())}
        within = [extra.block.text for extra in inside]
        for words in (*within, *others):
            if letters(words) in texts or (words in within and letters(words) not in labels):
                yield stray(words, texts, self.span)

    def _pictures(self, around: Sequence[Block]) -> Iterator[Problem]:
        """Report pictures around the text that are not heard as they should be: PRF006."""
        for page in self.tags.undescribed:
            yield _problem(self.span, f"page {page + 1}: a picture has no description")
        imprint = self.document.imprint
        logo = plain_words(imprint.logo_alt) if imprint else ""
        alts = [b.text for b in around if b.role.endswith("figure") and b.text != logo]
        wanted = self.document.labels["online-qr"].format(address=self.document.address)
        if self.document.address and alts and plain_words(wanted) not in alts:
            message = f"the picture '{excerpt(wanted)}' is described as '{excerpt(alts[-1])}'"
            yield _problem(self.span, message)

    def _is_inside(self, extra: Extra) -> bool:
        """Say if a block stands within a part of the text, where templates add nothing."""
        if not 0 < extra.before < len(self.units):
            return False
        return self.units[extra.before - 1].part == self.units[extra.before].part

    def _hidden(self, match: Match) -> Iterator[Problem]:
        """Report text that the tags have and no eye can see: PRF001."""
        units = {id(block): unit for unit, block in match.pairs}
        for number, (block, texts) in enumerate(self._unseen(), 1):
            if number > _SHOWN:
                rest = counted(sum(1 for _ in self._unseen()) - _SHOWN, "more place")
                yield Problem("PRF001", self.span, f"{rest} with hidden text", _UNSEEN)
                return
            words = excerpt(" ".join(text.text for text in texts))
            what = units[id(block)].what if id(block) in units else "text"
            message = f"page {self._page(block)}: {what} is hidden or runs off the page: '{words}'"
            if len(words) < _SHORT and words != block.text:
                message += f" in '{excerpt(block.text)}'"
            yield Problem("PRF001", self.span, message, _UNSEEN)

    def _hidden_labels(self) -> Iterator[Problem]:
        """Report numbers of list items that the tags have and no eye can see: PRF001."""
        for label in self.tags.root.iter(LABEL):
            texts = [t for e in label.iter() for t in self.tags.drawn.get(e, ())]
            if any(not text.seen for text in texts):
                item = label.getparent()
                said = plain_words("".join(map(str, item.itertext()))) if item is not None else ""
                words = "".join(text.text for text in texts)
                message = f"the number '{words}' of a list item is hidden: '{excerpt(said)}'"
                yield Problem("PRF001", self.span, message, _UNSEEN)

    def _unseen(self) -> Iterator[tuple[Block, list[TextSpan]]]:
        for block in self.blocks:
            drawn = (t for p in block.pieces for t in self.tags.drawn.get(p.owner, ()))
            for seen, texts in groupby(drawn, lambda text: text.seen):
                if not seen:
                    yield block, list(texts)

    def _page(self, block: Block) -> int:
        """Return the number of the page on which a block begins."""
        owners = (piece.owner for piece in block.pieces)
        return next((self.tags.pages[o] + 1 for o in owners if o in self.tags.pages), 0)

    def _untagged(self) -> Iterator[Problem]:
        """Report text that is seen and not heard, or heard in two places: PRF006."""
        for number, page in enumerate(self.pages):
            lost = [
                text.text
                for text in page.texts
                if not text.artifact and not self.tags.uses.get((number, text.mcid))
            ]
            if words := " ".join(lost).strip():
                where = f"page {number + 1}: '{excerpt(words)}'"
                yield _problem(self.span, f"{where} is printed, but not in the tags")
        for (number, mcid), times in self.tags.uses.items():
            if times > 1:
                texts = [t.text for t in self.pages[number].texts if t.mcid == mcid]
                where = f"page {number + 1}: '{excerpt(' '.join(texts))}'"
                yield _problem(self.span, f"{where} is in the tags twice")

    def _replaced(self) -> Iterator[Problem]:
        """Report text that is heard as another than is drawn: PRF006."""
        said = [(t.text, t.drawn) for page in self.pages for t in page.texts if t.drawn]
        for element, words in self.tags.said.items():
            said.append((words, "".join(t.text for t in self.tags.drawn.get(element, ()))))
        for words, drawn in said:
            if not _are_of(letters(drawn), letters(words)):
                heard = f"'{excerpt(words)}' is heard where '{excerpt(drawn)}' is printed"
                yield _problem(self.span, heard)

    def _drawings(self, match: Match) -> Iterator[Problem]:
        """Report words of drawings, and emoji, that are not on paper: PRF001, PRF006."""
        for unit, block in match.pairs:
            for sign, shown in drawings.emoji(unit, block):
                drawn = "".join(text.text for text in self.tags.drawn.get(shown, ()))
                if wrong := drawings.other_sign(self.document, unit, sign, drawn, self.span):
                    yield wrong
            for image, shown in drawings.pairs(self.document, unit, block):
                texts = [text.text for text in self.tags.drawn.get(shown, ()) if text.seen]
                for words in drawings.lost(image.data, texts):
                    yield drawings.lacks(image, words, self.span, _UNSEEN)

    def _formulas(self, match: Match) -> Iterator[Problem]:
        """Report formulas that are not drawn, or drawn as another: PRF001."""
        for unit, block in match.pairs:
            pairs = zip(formulas.of(unit.block), formulas.of(block), strict=False)
            for math, shown in pairs:
                marks = self.tags.marks.get(shown, ())
                shapes = [
                    shape.box
                    for page, mcid in marks
                    for shape in self.pages[page].shapes
                    if shape.mcid == mcid
                ]
                if not formulas.is_drawn(math, shapes):
                    yield formulas.lost(unit, math, self.span)

    def _drawn(self) -> Iterator[Drawn]:
        """Yield each block with the text objects that draw it."""
        for block in self.blocks:
            places = [
                (self.tags.pages[piece.owner], text)
                for piece in block.pieces
                for text in self.tags.drawn.get(piece.owner, ())
            ]
            yield Drawn(block.text, block.role, places)


_SYLLABLES = re.compile("[\u0900-\u0dff\u0e00-\u109f\u1780-\u17ff\u1a20-\u1aaf\ua8e0-\ua8ff]")
"""Letters of scripts in which a glyph can stand for other letters, by those around it."""

_MIRRORED = str.maketrans("<≤≮≰≪≲⊂⊆∈≺([{⟨«‹⌈⌊“‘", ">≥≯≱≫≳⊃⊇∋≻)]}⟩»›⌉⌋”’")
"""Signs of which each is drawn as the other among letters from the right (UAX 9, rule L4)."""


def _are_of(drawn: str, words: str) -> bool:
    """Say if a text is drawn with its own letters, in any order and, in syllables, number."""
    drawn, words = drawn.translate(_MIRRORED), words.translate(_MIRRORED)
    if _SYLLABLES.search(words):
        return set(drawn) == set(words)
    return sorted(drawn) == sorted(words)


def _problem(span: Span, message: str) -> Problem:
    return Problem("PRF006", span, message, HINT)


_AFTER_NAME = re.compile(r"(?<=\?) |: ")
"""Between the name of a column and a cell."""


def prove_together(
    document: Document, edition: Edition, name: str, views: Sequence[Document]
) -> list[Problem]:
    """Prove that the documents of an edition's files hold the whole document. Problem PRF001.

    An edition whose references are on the web must hold all the rest, and their address.
    """
    parts = document.parts
    if edition.references == "link":
        parts = tuple(part for part in parts if part.kind != "references")
    whole = replace(document, parts=parts)
    texts = {""}
    for view in views:
        for words in map(_without_backlinks, text_units(view)):
            # A table that became a list has the names of the columns before the cells.
            name_of, *rest = _AFTER_NAME.split(words, maxsplit=1)
            texts.update(map(letters, (words, *rest, *name_of.split(", "))))
    return [
        fault(unit, "is missing", Span(name))
        for unit in text_units(whole)
        if letters(_without_backlinks(unit)) not in texts
    ]


def _without_backlinks(unit: Unit) -> str:
    """Return the text of a unit, without the links from a reference back to the text."""
    assert unit.block is not None
    return "".join(
        piece.text
        for piece in unit.block.pieces
        if piece.kind in ("text", "figure")
        and not any(has_class(e, "backlinks") for e in (piece.owner, *piece.owner.iterancestors()))
    )

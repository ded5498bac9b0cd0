"""A PDF that is opened once, changed in memory, and saved for each mutant."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pikepdf

from press.core.paper import booklet_sides
from tests.trial.glyphs import Content, contents
from tests.trial.printed import Unit, by_tags, by_text
from tests.trial.projects import Finished
from tests.trial.structure import Block, blocks


@dataclass(frozen=True)
class Opened:
    """A finished PDF, open."""

    finished: Finished
    pdf: pikepdf.Pdf
    contents: list[Content]
    blocks: list[Block]

    @property
    def reading(self) -> list[Content]:
        """The content of each page, in reading order; a booklet has two on each side."""
        document, edition = self.finished.document, self.finished.edition
        if edition is None or edition.kind != "booklet":
            return [each for each in self.contents if each.depth == 0]
        forms = [each for each in self.contents if each.depth == 1]
        sides = booklet_sides(self.finished.artifact.pages, document.direction)
        order = [number for side in sides for number in side if number]
        return [form for _, form in sorted(zip(order, forms, strict=True), key=lambda p: p[0])]

    @property
    def units(self) -> list[Unit]:
        """The texts of the document in it."""
        document = self.finished.document
        if self.blocks:
            return by_tags(self.blocks, self.contents, document)
        return by_text(self.reading, self.contents, document)

    def save(self) -> bytes:
        """Return the bytes of the PDF as it is now."""
        data = io.BytesIO()
        self.pdf.save(data, compress_streams=False, static_id=True)
        return data.getvalue()


def opened(finished: Finished) -> Opened:
    """Open a finished PDF."""
    pdf = pikepdf.open(io.BytesIO(finished.artifact.data))
    found = contents(pdf)
    for content in found:  # now, so that a content that was changed and restored stays the same
        content.write({})
    return Opened(finished, pdf, found, blocks(pdf))

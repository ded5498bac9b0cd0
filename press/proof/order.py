"""Order on paper: blocks stand below each other in the order in which they are heard.

In: blocks in the order of the text, with the text objects that draw them. Out: a problem for each
one that is printed above the one it follows. This module must not know documents or tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from press.core.problems import Problem, Span
from press.core.records import dataclass
from press.proof.matching import HINT, excerpt
from press.readback.pdf import TextSpan

_FREE = ("caption", "figure")
"""Kinds of blocks that a style may put above or below what they belong to."""
_SLACK = 1.0
"""Points by which lines may overlap."""


@dataclass(frozen=True)
class Drawn:
    """A block as it is drawn."""

    text: str
    role: str
    places: Sequence[tuple[int, TextSpan]]
    """The pages, from 0, and the text objects, in drawing order."""


def disorder(blocks: Iterable[Drawn], span: Span) -> Iterator[Problem]:
    """Report each block that is printed above the one before it, or on an earlier page: PRF006."""
    last: tuple[Drawn, int, _Box] | None = None
    for block in blocks:
        if not block.places or any(kind in block.role for kind in _FREE):
            continue
        boxes = _boxes(block)
        page, box = boxes[0]
        if last and (page < last[1] or (page == last[1] and _above(box, last[2]))):
            words = f"'{excerpt(block.text, 40)}' is printed before '{excerpt(last[0].text, 40)}'"
            message = f"page {page + 1}: {words}, but follows it in the article"
            yield Problem("PRF006", span, message, HINT)
        last = block, *boxes[-1]


_Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""


def _boxes(block: Drawn) -> list[tuple[int, _Box]]:
    """Return the pages of a block, and the edges of its text on each."""
    found: dict[int, list[TextSpan]] = {}
    for page, text in block.places:
        found.setdefault(page, []).append(text)
    return [
        (page, (min(t.left for t in texts), min(t.bottom for t in texts),
                max(t.right for t in texts), max(t.top for t in texts)))
        for page, texts in sorted(found.items())
    ]  # fmt: skip


def _above(box: _Box, last: _Box) -> bool:
    """Say if a box is above another, in the same column."""
    beside = min(box[2], last[2]) <= max(box[0], last[0])
    return not beside and box[1] >= last[3] - _SLACK

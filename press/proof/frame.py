"""The frame: title block, contact box, web address, whatever a template puts around the text.

In: the units of the frame in their order, and the blocks of a file that are no part of the text.
Out: a problem for each unit that is missing, altered, doubled, or in another place. Templates are
free to add words of their own, and to join several units in a line. Must not know formats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from press.core.model import Document
from press.core.records import dataclass
from press.core.speech import Block, plain_words
from press.document.units import FACT, Unit
from press.proof.matching import reads

_JOINT = " · "
_LAST = 1 << 30
Whole = Callable[[Unit, Block], bool]
"""Says if a block holds a unit and nothing else."""


@dataclass(frozen=True)
class _Segment:
    """A part of a line: what stands between two separators, without the label before it."""

    text: str
    block: Block
    whole: bool
    """It is the whole block."""


def look(
    document: Document, wanted: Sequence[Unit], blocks: Sequence[Block], whole: Whole
) -> tuple[list[tuple[Unit, str]], list[str]]:
    """Look for the units of a frame among blocks.

    Returns what is wrong with which unit, and the texts that are no units, which are a template's
    own or do not belong there.
    """
    wanted = [piece for unit in wanted for piece in _split(unit)]
    labels = {squeezed(word) for word in (*document.labels.values(), *dict(document.contact))}
    segments = [s for block in blocks for s in _segments(block, wanted, whole)]
    faults: list[tuple[Unit, str]] = []
    possible = [
        [i for i, segment in enumerate(segments) if _is(unit, segment, labels, whole)]
        for unit in wanted
    ]
    places = _settled(possible)
    used = {place: unit for unit, place in zip(wanted, places, strict=True) if place is not None}
    reached = -1
    for unit, place in zip(wanted, places, strict=True):
        if place is None:
            faults.append((unit, _altered(unit, segments, used)))
            continue
        if place < reached:
            faults.append((unit, f"is in another place, before '{used[reached].text[:40]}'"))
        reached = max(reached, place)
    rest = []
    for i, segment in enumerate(segments):
        if i in used:
            continue
        again = next((u for u in wanted if _is(u, segment, labels, whole)), None)
        if again is None and squeezed(segment.text) in labels:
            continue
        if again is None:
            rest.append(segment.text)
        else:
            faults.append((again, "is there twice"))
    return faults, rest


def _settled(possible: Sequence[Sequence[int]]) -> list[int | None]:
    """Give each unit one of its possible places; None to a unit for which none is left.

    Those with a place of their own come first; the others get one that is in order, if possible.
    """
    claims = Counter(place for places in possible for place in places)
    settled = [each[0] if len(each) == 1 and claims[each[0]] == 1 else None for each in possible]
    for in_order in (True, False):
        for number, places in enumerate(possible):
            if settled[number] is not None:
                continue
            before = max((p for p in settled[:number] if p is not None), default=-1)
            after = min((p for p in settled[number:] if p is not None), default=_LAST)
            free = [p for p in places if p not in settled]
            free = [p for p in free if before < p < after] if in_order else free
            settled[number] = next(iter(free), None)
    return settled


def _split(unit: Unit) -> Iterator[Unit]:
    """Yield the parts of a line of facts; other units may contain the sign that joins them."""
    parts = unit.text.split(_JOINT) if unit.what == FACT else [unit.text]
    yield from (replace(unit, text=part) for part in parts)


def _segments(block: Block, wanted: Sequence[Unit], whole: Whole) -> Iterator[_Segment]:
    if any(whole(unit, block) for unit in wanted):
        yield _Segment(block.text, block, True)
        return
    for part in block.text.split(_JOINT):
        yield _Segment(part, block, part == block.text)


def _is(unit: Unit, segment: _Segment, labels: set[str], whole: Whole) -> bool:
    if (unit.place == "title") != segment.block.role.startswith("heading"):
        return False
    if segment.whole and whole(unit, segment.block):
        return True
    heard = unit.block.text if unit.block else unit.text  # a custom template names no emoji
    theirs = squeezed(segment.text)
    mine = next((said for said in map(squeezed, (heard, unit.text)) if theirs.endswith(said)), "")
    if not mine:
        return False
    before = theirs.removesuffix(mine)
    return not before or (before.rstrip(":") in labels and not before.endswith(mine))


def squeezed(text: str) -> str:
    """Return a text without white space: it is not known where its lines were broken."""
    return plain_words(text).replace(" ", "")


def _altered(unit: Unit, segments: Sequence[_Segment], used: dict[int, Unit]) -> str:
    """Say that a unit is missing, or how the text in its place reads."""
    best, likeness = "", 0.6
    for i, segment in enumerate(segments):
        ratio = SequenceMatcher(None, unit.text, segment.text, autojunk=False).ratio()
        if i not in used and ratio > likeness:
            best, likeness = segment.text, ratio
    return reads(unit.text, best) if best and best != unit.text else "is missing"

"""Mutants of the content of a PDF: its glyphs are removed, moved, doubled, altered, or hidden.

In: an open PDF and the units in it. Out: mutants, each the whole file with one fault. The PDF is
parsed once; each mutant changes the content of a page or two and then restores it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pikepdf
from pikepdf import ContentStreamInstruction as Instruction
from pikepdf import Operator

from tests.trial.changes import Edit, altered
from tests.trial.glyphs import Content, Show
from tests.trial.mutant import Mutant
from tests.trial.printed import Piece, Unit, cells_of, pieces_of
from tests.trial.saving import Opened
from tests.trial.units import fold

Codes = list[bytes | float]
Edits = list[tuple[Content, int, list[Instruction]]]
"""New instructions for one, each with its content and place."""


def content_mutants(opened: Opened, units: Sequence[Unit]) -> Iterator[Mutant]:
    """Yield the mutants of a PDF's content."""
    for unit in units:
        yield from _unit_mutants(opened, unit)
    for one, other in pairwise(unit for unit in units if unit.pieces):
        shows = {id(piece.show) for piece in one.pieces}
        shared = any(id(piece.show) in shows for piece in other.pieces)
        if fold(one.text) != fold(other.text) and not shared:
            edits = [*_put(one, other), *_put(other, one)]
            kind = "list number" if one.label or other.label else "swapped"
            yield _mutant(opened, kind, (*one.about, *other.about), edits, "content")
    yield from _foot_mutants(opened)


def _mutant(opened: Opened, kind: str, about: tuple[str, ...], edits: Edits, more: str) -> Mutant:
    return Mutant(opened.finished, kind, about, lambda: _written(opened, edits), more)


def _written(opened: Opened, edits: Edits) -> bytes:
    """Return the PDF with edits, and restore it."""
    changed: dict[int, tuple[Content, dict[int, list[Instruction]]]] = {}
    for content, at, new in edits:
        changed.setdefault(id(content), (content, {}))[1][at] = new
    try:
        for content, places in changed.values():
            content.write(places)
        return opened.save()
    finally:
        for content, _ in changed.values():
            content.write({})


def _unit_mutants(opened: Opened, unit: Unit) -> Iterator[Mutant]:
    if not unit.pieces:
        return
    faults: list[tuple[str, Edits]] = [("removed", _removed(unit)), ("doubled", _doubled(unit))]
    faults.append(("off the page", _wrapped(unit, lambda _: _RAISED)))
    faults.append(("render mode 3", _wrapped(unit, _unpainted)))
    if not any(piece.show.is_light for piece in unit.pieces):
        faults.append(("white", _wrapped(unit, _white)))
    for kind, edits in faults:
        named = "list number" if unit.label else kind
        yield _mutant(opened, named, unit.about, edits, f"content, {kind}")
    yield from _altered(opened, unit, "")


def _altered(opened: Opened, unit: Unit, name: str) -> Iterator[Mutant]:
    """Yield mutants with one glyph of a unit replaced or dropped; `name` replaces their kind."""
    glyphs = [
        (piece, place, letter)
        for piece in unit.pieces
        for place in range(piece.start, piece.end)
        for letter in piece.show.letters[place]
    ]
    text = "".join(letter for _, _, letter in glyphs)
    for kind, edit in altered(text).items():
        piece, place, letter = glyphs[edit.at]
        table = piece.content.fonts[piece.show.font[0]]
        code, new = _other_glyph(table, letter, edit)
        if code is None:
            continue
        codes = [*piece.show.codes[:place], *code, *piece.show.codes[place + 1 :]]
        named = name or ("list number" if unit.label else kind)
        about = (*unit.about, Edit(edit.at, new).apply(text))
        edits = [(piece.content, piece.show.at, [_shown(codes)])]
        yield _mutant(opened, named, about, edits, f"content, {kind}")


def _other_glyph(
    table: dict[bytes, str], letter: str, edit: Edit
) -> tuple[list[bytes] | None, str]:
    """Return the glyph that replaces one, and its letter: another of the same font."""
    if not edit.new:
        return [], ""
    alike = sorted(
        (text, code)
        for code, text in table.items()
        if len(text) == 1 and text != letter and text.isascii()
        and (text.isdigit() if letter.isdigit() else text.islower())
    )  # fmt: skip
    if not alike:
        return None, ""
    text, code = next((pair for pair in alike if pair[0] > letter), alike[0])
    return [code], text


def _shown(codes: Codes) -> Instruction:
    pieces = [pikepdf.String(c) if isinstance(c, bytes) else _number(c) for c in codes]
    return Instruction([pikepdf.Array(pieces)], Operator("TJ"))


def _number(value: float) -> Any:
    return int(value) if value == int(value) else round(value, 4)


def _parts(piece: Piece) -> tuple[Codes, Codes, Codes]:
    codes = piece.show.codes
    return codes[: piece.start], codes[piece.start : piece.end], codes[piece.end :]


def _around(piece: Piece, inside: list[Instruction]) -> tuple[Content, int, list[Instruction]]:
    """Replace a piece by instructions, between the rest of its operator."""
    before, _, after = _parts(piece)
    new = [_shown(before), *inside, _shown(after)]
    return piece.content, piece.show.at, [i for i in new if len(i.operands) != 1 or _says(i)]


def _says(instruction: Instruction) -> bool:
    operand = instruction.operands[0]
    return not isinstance(operand, pikepdf.Array) or len(operand) > 0


def _removed(unit: Unit) -> Edits:
    return [_around(piece, []) for piece in unit.pieces]


def _font(show: Show) -> Instruction:
    name, size = show.font
    return Instruction([pikepdf.Name(name), _number(size)], Operator("Tf"))


def _copies(pieces: Sequence[Piece], show: Show) -> list[Instruction]:
    """Return instructions that draw pieces, and then set the font of an operator again."""
    drawn = [each for piece in pieces for each in (_font(piece.show), _shown(_parts(piece)[1]))]
    return [*drawn, _font(show)]


def _doubled(unit: Unit) -> Edits:
    last = unit.pieces[-1]
    return [_around(last, [_shown(_parts(last)[1]), *_copies(unit.pieces, last.show)])]


def _put(place: Unit, unit: Unit) -> Edits:
    """Draw a unit in the place of another, line by line."""
    edits, last = [], len(place.pieces) - 1
    for number, piece in enumerate(place.pieces):
        lines = unit.pieces[number : number + 1 if number < last else None]
        edits.append(_around(piece, _copies(lines, piece.show)))
    return edits


_RAISED = (
    [Instruction([-9999], Operator("Ts"))],
    [Instruction([0], Operator("Ts"))],
)


def _unpainted(show: Show) -> tuple[list[Instruction], list[Instruction]]:
    return [Instruction([3], Operator("Tr"))], [Instruction([show.mode], Operator("Tr"))]


def _white(show: Show) -> tuple[list[Instruction], list[Instruction]]:
    again = list(show.fills) or [Instruction([0], Operator("g"))]
    return [Instruction([1, 1, 1], Operator("rg"))], again


def _wrapped(
    unit: Unit, wrap: Callable[[Show], tuple[list[Instruction], list[Instruction]]]
) -> Edits:
    """Draw a unit between instructions."""
    edits = []
    for piece in unit.pieces:
        before, after = wrap(piece.show)
        edits.append(_around(piece, [*before, _shown(_parts(piece)[1]), *after]))
    return edits


def _foot_mutants(opened: Opened) -> Iterator[Mutant]:
    """Yield mutants in which the running foot of one page is altered or removed."""
    document, pages = opened.finished.document, opened.reading
    for number, content in enumerate(pages, 1):
        cells = [cell for show in content.shows for cell in cells_of(content, show)]
        whole = "".join(cell[0] for cell in cells)
        for kind, text in (
            ("short disclaimer", document.short),
            ("identifying line", document.stamp),
            ("page number", f"{number} {document.labels['of']} {len(pages)}"),
        ):
            at = whole.rfind(fold(text))
            if at >= 0 and fold(text):
                unit = Unit(
                    (f"=page {number}",), tuple(pieces_of(cells[at : at + len(fold(text))]))
                )
                yield _mutant(opened, kind, unit.about, _removed(unit), f"{number}, removed")
                yield from _altered(opened, unit, kind)

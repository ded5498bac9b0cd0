"""The text in the content of a PDF's pages, glyph by glyph.

In: an open PDF. Out: `Content`s in reading order, each with the `Show`s of one page or form: the
operators that draw text, with the text of each glyph by the fonts' ToUnicode tables (ISO 32000-1,
9.10.3). This does not use the reading of PDFs that the proof itself uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import ContentStreamInstruction as Instruction

_SHOWING = frozenset(("Tj", "TJ"))
_FILLS = frozenset(("g", "rg", "k", "sc", "scn"))


@dataclass
class Show:
    """An operator that draws text."""

    at: int
    """Its place among the instructions of its content."""
    codes: list[bytes | float]
    """Glyphs, and the adjustments between them."""
    letters: list[str]
    """For each of `codes`, its text; empty for an adjustment."""
    font: tuple[str, float]
    fills: tuple[Instruction, ...]
    """The instructions that chose the color, to choose it again."""
    mode: int
    mark: int | None
    """The id of the marked content around it (MCID)."""

    @property
    def text(self) -> str:
        return "".join(self.letters)

    @property
    def is_light(self) -> bool:
        """Say if it is painted in a light color, as on a dark ground."""
        values = [float(v) for v in self.fills[-1].operands if not isinstance(v, pikepdf.Name)]
        black = 1 - min(1.0, values[3] + max(values[:3])) if len(values) == 4 else None
        return (sum(values) / len(values) if black is None else black) > 0.6 if values else False


@dataclass
class Content:
    """The content of a page or a form."""

    holder: Any
    """The stream."""
    page: Any
    """The page on which it is drawn."""
    fonts: dict[str, dict[bytes, str]]
    """For each font, the text of each glyph."""
    instructions: list[Instruction]
    depth: int = 0
    """0 for a page, 1 for a form on a page, 2 for a form in it."""
    shows: list[Show] = field(default_factory=list)

    def write(self, edits: dict[int, list[Instruction]]) -> None:
        """Write the content with instructions replaced."""
        every = [new for at, old in enumerate(self.instructions) for new in edits.get(at, (old,))]
        self.holder.write(pikepdf.unparse_content_stream(every))


@dataclass
class _State:
    font: tuple[str, float] = ("", 0.0)
    fills: tuple[Instruction, ...] = ()
    mode: int = 0


def contents(pdf: pikepdf.Pdf) -> list[Content]:
    """Return the contents of all pages, and of the forms on them, in the order of drawing."""
    found: dict[tuple[int, int], Content] = {}
    tables: dict[tuple[int, int], dict[bytes, str]] = {}
    for page in pdf.pages:
        page.contents_coalesce()
        _read(page.obj.Contents, page.obj.Resources, page.obj, _Reading(found, tables))
    return list(found.values())


@dataclass
class _Reading:
    """What has been read so far, and what is around a form."""

    found: dict[tuple[int, int], Content]
    tables: dict[tuple[int, int], dict[bytes, str]]
    marks: tuple[int | None, ...] = ()
    depth: int = 0


def _read(holder: Any, resources: Any, page: Any, reading: _Reading) -> None:
    if holder.objgen in reading.found:
        return
    fonts = {name: _table(font, reading) for name, font in resources.get("/Font", {}).items()}
    instructions = [i for i in pikepdf.parse_content_stream(holder) if isinstance(i, Instruction)]
    content = Content(holder, page, fonts, instructions, reading.depth)
    reading.found[holder.objgen] = content
    marks, states = list(reading.marks), [_State()]
    for at, each in enumerate(instructions):
        name, operands = str(each.operator), each.operands
        if name in ("BDC", "BMC"):
            marks.append(_mark(list(operands), resources, marks))
        elif name == "EMC" and marks:
            marks.pop()
        elif name in _SHOWING:
            content.shows.append(_show(at, operands[0], content, states[-1], marks))
        elif name == "Do":
            form = resources.get("/XObject", {}).get(str(operands[0]))
            if form is not None and form.get("/Subtype") == "/Form":
                inner = _Reading(reading.found, reading.tables, tuple(marks), reading.depth + 1)
                _read(form, form.get("/Resources", resources), page, inner)
        else:
            _follow(each, name, states)


def _mark(operands: Sequence[Any], resources: Any, marks: Sequence[int | None]) -> int | None:
    """Return the MCID of a piece of marked content, or that around it; None for an artifact."""
    properties = operands[1] if len(operands) > 1 else None
    if isinstance(properties, pikepdf.Name):
        properties = resources.get("/Properties", {}).get(str(properties))
    if properties is not None and "/MCID" in properties:
        return int(properties.MCID)
    return marks[-1] if marks and operands[0] != "/Artifact" else None


def _follow(each: Instruction, name: str, states: list[_State]) -> None:
    """Follow the instructions that change the state of graphics (ISO 32000-1, 8.4)."""
    state = states[-1]
    if name == "q":
        states.append(_State(state.font, state.fills, state.mode))
    elif name == "Q" and len(states) > 1:
        states.pop()
    elif name == "Tf":
        state.font = str(each.operands[0]), float(each.operands[1])
    elif name == "Tr":
        state.mode = int(each.operands[0])
    elif name == "cs":
        state.fills = (each,)
    elif name in _FILLS:
        spaces = [i for i in state.fills if str(i.operator) == "cs"] if "sc" in name else []
        state.fills = (*spaces, each)


def _show(
    at: int,
    operand: Any,
    content: Content,
    state: _State,
    marks: Sequence[int | None],
) -> Show:
    table = content.fonts.get(state.font[0], {})
    width = max(map(len, table), default=1)
    codes: list[bytes | float] = []
    for piece in operand if isinstance(operand, pikepdf.Array) else [operand]:
        if isinstance(piece, pikepdf.String):
            data = bytes(piece)
            codes += [data[i : i + width] for i in range(0, len(data), width)]
        else:
            codes.append(float(piece))
    letters = [table.get(code, "") if isinstance(code, bytes) else "" for code in codes]
    mark = marks[-1] if marks else None
    return Show(at, codes, letters, state.font, state.fills, state.mode, mark)


def _table(font: Any, reading: _Reading) -> dict[bytes, str]:
    key = font.objgen
    if key not in reading.tables:
        data = font.ToUnicode.read_bytes() if "/ToUnicode" in font else b""
        reading.tables[key] = dict(_pairs(data))
    return reading.tables[key]


def _pairs(data: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield the pairs of a ToUnicode table."""
    hexes = rb"\s*<([0-9A-Fa-f]+)>"
    for section in re.findall(rb"beginbfchar(.*?)endbfchar", data, re.S):
        for code, text in re.findall(hexes * 2, section):
            yield bytes.fromhex(code.decode()), _decoded(text)
    for section in re.findall(rb"beginbfrange(.*?)endbfrange", data, re.S):
        for low, high, text in re.findall(hexes * 3, section):
            first, last, start = int(low, 16), int(high, 16), _decoded(text)
            for code in range(first, last + 1):
                shifted = start[:-1] + chr(ord(start[-1]) + code - first)
                yield code.to_bytes(len(low) // 2, "big"), shifted


def _decoded(text: bytes) -> str:
    return bytes.fromhex(text.decode()).decode("utf-16-be", "replace")

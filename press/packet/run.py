"""A packet, from the names of handouts to a file that is proved and written.

In: a Request, a note, and the folder for the packet. Out: the file, and what to say of it. The note
is on the cover sheet, and nowhere else. This module must not know how handouts are built.
"""

from __future__ import annotations

import re
from pathlib import Path
from unicodedata import category

from press.build.cleanup import is_packet
from press.build.publish import replace_files
from press.core import gate
from press.core.files import PACKET
from press.core.labels import labels_for
from press.core.model import Imprint, Packet, Request
from press.core.problems import ERROR, Problem, ProblemsError, Span, counted
from press.core.records import dataclass
from press.design.styles import Styles
from press.packet.choosing import chosen
from press.proof.packet import prove_packet
from press.source.imprints import read_imprint
from press.source.project import effective, read_project

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides, and isolates (Unicode Annex 9)."""


@dataclass(frozen=True)
class Made:
    """What to say of a packet."""

    contents: str
    """`3 handouts, 7 pages on 4 sheets, printed on both sides`."""
    has_note: bool


def make_packet(request: Request, note: str, folder: Path) -> Made:
    """Make `packet.pdf` in a folder, prove it, and write it.

    `request.output` is the folder of the handouts' files.

    Raises:
        UnknownName: there is no such article or edition.
        ProblemsError: a handout must not be given (PKT001), the cover sheet does not fit (PKT002),
            the packet is not as it should be (PRF001), another file is in its place (NEW001), or it
            cannot be written (SYS002).
    """
    gate.open_project(request.root)
    place = folder / PACKET
    if place.is_file() and not is_packet(place):
        message = "is not a packet of makebook, and is not replaced"
        hint = "move it away, or choose another folder with --output"
        raise ProblemsError([Problem("NEW001", Span(f"{folder.name}/{PACKET}"), message, hint)])
    handouts, edition = chosen(request)
    lang, imprint = _readers(request)
    packet = Packet(lang, handouts, edition, _plain(note), imprint)
    data = _made(packet, Styles.for_imprint(request.root, imprint))
    problems: list[Problem] = []
    pages = prove_packet(packet, data, PACKET, problems)
    if problems:
        raise ProblemsError(problems)
    replace_files(folder, {PACKET: data})
    sheets = counted(-(-pages // 2), "sheet")
    said = f"{counted(len(handouts), 'handout')}, {counted(pages, 'page')} on {sheets}"
    return Made(f"{said}, printed on both sides", bool(packet.note))


def _plain(note: str) -> str:
    """Return a note as lines without control characters, also those that turn letters around."""
    lines = _TURNING.sub("", note).splitlines()
    plain = ("".join(" " if category(c) in ("Cc", "Cs") else c for c in line) for line in lines)
    return "\n".join(plain).strip()


def _readers(request: Request) -> tuple[str, Imprint | None]:
    """Return the language of the cover sheet, and the imprint.

    Raises:
        ProblemsError: the imprint cannot be read.
    """
    problems: list[Problem] = []
    project = read_project(request.root, [])
    name = next(iter(request.imprints), "")
    imprint = read_imprint(name, project, problems) if name else None
    if any(problem.severity == ERROR for problem in problems):
        raise ProblemsError(problems)
    return effective(project.config, imprint).lang, imprint


def _made(packet: Packet, styles: Styles) -> bytes:
    """Lay out the cover sheet, and bind the handouts behind it."""
    from press.output.pdf.binding import Part, bind
    from press.output.pdf.packet import cover_sheet

    parts = [Part(one.title, one.lang, one.data) for one in packet.handouts]
    return bind(cover_sheet(packet, styles), parts, labels_for(packet.lang)["cover"])

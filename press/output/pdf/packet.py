"""The cover sheet of a packet: a line for the patient's name, the note, and a checklist.

In: a Packet and the styles. Out: a tagged PDF of the sheet's one or two sides, and a blank page to
put after a part whose last page is a right-hand one. This module must not know how handouts are
made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from press import __version__
from press.core.labels import direction, direction_of, labels_for
from press.core.model import Attached, Document, Matter, Packet
from press.core.problems import Problem, ProblemsError, Span, counted
from press.design.fallback import choose
from press.design.styles import Styles
from press.output.pdf.layout import sheets_of, written
from press.output.pdf.typeset import render

GENERATOR = f"makebook {__version__} (packet)"
"""What a packet says it was made with; `clean` knows it by that."""
NOTE = Span("--note")
"""Where problems of a note are. They never quote it: it can be personal data."""
_LONGEST = 20_000
"""Letters of a note beyond which no layout is tried; a sheet holds about 8,000."""
_SIDES = 2
_LINES, _FEWER = 5, 3
"""Lines to write a note on by hand, if none is given, and on a sheet that is nearly full."""


def cover_sheet(packet: Packet, styles: Styles) -> bytes:
    """Return the cover sheet, laid out as the edition of the handouts, and a blank page.

    What identifies each handout is embedded. If the sheet would have a second side, its lines are
    set closer; if that is not enough, it has one.

    Raises:
        ProblemsError: the note or the checklist does not fit on two sides (PKT002), or no font has
            a character of the note (TXT007).
    """
    document = _document(packet, styles)
    rendered = _fitting(packet, document, styles)
    carried = [
        Attached(f"{number}-{one.name.replace('/', '-')}.json", one.identity, "Data")
        for number, one in enumerate(packet.handouts, 1)
    ]
    return written(rendered, document, packet.edition.standard, carried)


def paragraphs(note: str) -> list[list[str]]:
    """Return the lines of each paragraph of a note; blank lines are between paragraphs."""
    found: list[list[str]] = [[]]
    for line in note.split("\n"):
        if words := line.strip():
            found[-1].append(words)
        elif found[-1]:
            found.append([])
    return [lines for lines in found if lines]


def _document(packet: Packet, styles: Styles) -> Document:
    """Return a Document without a text: what the layout needs to know besides the HTML."""
    labels = labels_for(packet.lang)
    note = "".join(line for lines in paragraphs(packet.note) for line in lines)
    said = [*labels.values(), *_clinic(packet)]
    said += (text for one in packet.handouts for text in (one.title, one.stamp))
    faces, absent = choose("".join((*said, note)), styles, packet.lang)
    if lacking := sorted({c for c in absent if c in note}):
        named = " ".join(f"U+{ord(c):04X}" for c in lacking[:10])
        message = f"no font has {counted(len(lacking), 'character')} of the note: {named}"
        hint = "write it in other words, or put a font that has it into styles/fonts"
        raise ProblemsError([Problem("TXT007", NOTE, message, hint)])
    return Document(
        name="packet",
        matter=Matter(labels["packet"], lang=packet.lang),
        direction=direction(packet.lang),
        labels=labels,
        parts=(),
        short="",
        facts=(),
        stamp="",
        address="",
        placements=(),
        references=(),
        images=(),
        source=("packet", b""),
        modified="1980-01-01T00:00:00Z",
        hash="",
        imprint=packet.imprint,
        dated=False,
        faces=faces,
    )


def _clinic(packet: Packet) -> list[str]:
    """Return what the head of the sheet says of the clinic."""
    clinic = packet.imprint.clinic if packet.imprint else {}
    return [clinic[key] for key in ("name", "telephone") if clinic.get(key)]


def _fitting(packet: Packet, document: Document, styles: Styles) -> Any:
    """Lay the sheet out so that it fits on one side, or on two.

    Raises:
        ProblemsError: it does not (PKT002).
    """
    laid = partial(_laid, packet, document, styles)
    if len(packet.note) <= _LONGEST:
        wide = laid(paragraphs(packet.note), tight=False)
        if _sides(wide) == 1:
            return wide
        close = laid(paragraphs(packet.note), tight=True)
        for rendered in (wide, close) if _sides(close) > 1 else (close,):
            if _sides(rendered) <= _SIDES:
                return rendered
    raise ProblemsError([_too_long(packet, lambda n: _sides(laid(n, tight=True)) <= _SIDES)])


def _sides(rendered: Any) -> int:
    """Return how many sides the sheet has; the last page is the blank one."""
    return len(rendered.pages) - 1


def _too_long(packet: Packet, fits: Callable[[list[list[str]]], bool]) -> Problem:
    """Say how much of the note fits, or that the checklist alone is too long."""
    handouts = counted(len(packet.handouts), "handout")
    if not fits([]):
        message = f"the checklist of {handouts} does not fit on the cover sheet"
        return Problem("PKT002", Span("packet"), message, "make two packets")
    ends = [found.end() for found in re.finditer(r"\S+", packet.note[:_LONGEST])]
    least, most = 0, len(ends)
    while most - least > 1:
        middle = (least + most) // 2
        if fits(paragraphs(packet.note[: ends[middle - 1]])):
            least = middle
        else:
            most = middle
    message = f"the note does not fit on the cover sheet with the checklist of {handouts}"
    return Problem("PKT002", NOTE, message, f"shorten it to about {counted(least, 'word')}")


def _laid(
    packet: Packet,
    document: Document,
    styles: Styles,
    note: Sequence[Sequence[str]],
    *,
    tight: bool,
) -> Any:
    """Lay out the sheet with a note; the last page is the blank one."""
    handouts = [
        {"title": one.title, "lang": one.lang, "direction": direction(one.lang),
         "stamp": one.stamp, "pages": one.pages}
        for one in packet.handouts
    ]  # fmt: skip
    text = styles.fill(
        "packet.html",
        lang=packet.lang,
        direction=document.direction,
        labels=document.labels,
        generator=GENERATOR,
        clinic=_clinic(packet),
        note=[
            {"lines": lines, "direction": direction_of(lines[0], document.direction)}
            for lines in note
        ],
        lines=_FEWER if tight else _LINES,
        handouts=handouts,
        tight=tight,
    )
    sheets = sheets_of(packet.edition, styles, text, "packet.css")
    return render(text, sheets, document, styles)

"""The proof of a packet: every page of each handout is as in its own file, and the cover is whole.

In: a Packet, and the bytes of the finished file. Out: problems, which never quote the note. This
module must not know how the file was made.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from lxml import etree

from press.core.emoji import without_emoji
from press.core.labels import labels_for
from press.core.model import Enclosed, Packet
from press.core.problems import Problem, Span, counted
from press.core.trees import Element
from press.document.units import letters
from press.readback.pdf import PdfPage, read_pdf
from press.readback.tags import read_tags

_HINT = "report this; the packet was not written"
_NAMES = ("id", "headers")
_UNSEEN = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]+")
_HYPHENS = re.compile("[\u2010\u2011]")


def prove_packet(packet: Packet, data: bytes, name: str, problems: list[Problem]) -> int:
    """Open a packet again and compare it with the handouts in it; return its number of pages.

    PRF001 a page or the tags of a handout differ from its own file, or something is missing on the
    cover sheet. PRF003 a link leads nowhere. PRF005 the packet cannot be opened.
    """
    found: list[tuple[str, str]] = []
    try:
        pages = read_pdf(data)
        tags = list(_inner(read_tags(data, pages).root))
    except ValueError as error:
        problems.append(Problem("PRF005", Span(name), f"cannot be opened: {error}", _HINT))
        return 0
    if len(tags) != len(packet.handouts) + 1:
        found.append(("PRF001", f"has the tags of {counted(len(tags) - 1, 'handout')}"))
    else:
        at = 1 if list(_blank(packet, pages, 1)) == [] else 2
        found += _cover(packet, pages[:at], tags[0])
        for handout, element in zip(packet.handouts, tags[1:], strict=True):
            if at % 2:
                found += _blank(packet, pages, at)
                at += 1
            found += _handout(handout, pages[at : at + handout.pages], element)
            at += handout.pages
        if at != len(pages):
            found.append(("PRF001", f"has {counted(len(pages), 'page')}, not {at}"))
    found += [
        ("PRF003", f"page {n}: a link leads nowhere") for n, p in enumerate(pages, 1) if p.dead
    ]
    problems += (Problem(code, Span(name), message, _HINT) for code, message in found)
    return len(pages)


def _inner(root: Element) -> Element:
    """Return the element around the tags of all parts."""
    if len(root) != 1:
        raise ValueError("its tags have no single root")
    return root[0]


def _cover(packet: Packet, pages: Sequence[PdfPage], tags: Element) -> Iterator[tuple[str, str]]:
    """Yield what is missing on the cover sheet, or cannot be seen there."""
    heard = _signs("".join(map(str, tags.itertext())))
    if _signs(packet.note) not in heard:
        yield "PRF001", "the note is not on the cover sheet as it was given"
    for handout in packet.handouts:
        if _signs(f"{handout.title}{handout.stamp}{handout.pages}") not in heard:
            yield "PRF001", f"the line of '{handout.name}' is not on the cover sheet"
    texts = [text for page in pages for text in page.texts]
    if not texts or not all(text.seen for text in texts):
        yield "PRF001", "a text on the cover sheet cannot be seen"


def _signs(text: str) -> str:
    """Return a text without white space, what is not seen, and emoji, which are heard by names.

    Hyphens count, unlike in `letters`: 5-10 is not 510.
    """
    plain = _HYPHENS.sub("-", _UNSEEN.sub("", without_emoji(text)))
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", plain))


def _blank(packet: Packet, pages: Sequence[PdfPage], at: int) -> Iterator[tuple[str, str]]:
    said = letters(labels_for(packet.lang)["blank-page"])
    if at >= len(pages) or letters(pages[at].text) != said:
        yield "PRF001", f"page {at + 1} is not the blank page that it should be"


def _handout(
    handout: Enclosed, pages: Sequence[PdfPage], tags: Element
) -> Iterator[tuple[str, str]]:
    """Yield how a handout in the packet differs from its own file."""
    own = read_pdf(handout.data)
    if len(own) != len(pages):
        yield "PRF001", f"some of the pages of '{handout.name}' are missing"
        return
    for number, (page, same) in enumerate(zip(pages, own, strict=True), 1):
        if page != same:
            yield "PRF001", f"page {number} of '{handout.name}' differs from its own file"
    whole = _inner(read_tags(handout.data, own).root)
    if _spelled(whole) != _spelled(tags):
        yield "PRF001", f"the tags of '{handout.name}' differ from those of its own file"


def _spelled(tags: Element) -> list[str]:
    """Return what is in some tags as text; their ids are numbered, because binding renames them."""
    numbers: dict[str, str] = {}
    first = next(tags.iter("t"), None)
    if first is not None:  # the reader puts a space between two pages
        first.text = (first.text or "").lstrip()
    for element in tags.iter():
        for name in _NAMES:
            words = re.split(r"\s+", element.get(name) or "")
            said = [numbers.setdefault(word, str(len(numbers))) for word in words if word]
            if said:
                element.set(name, " ".join(said))
    return [etree.tostring(child, encoding="unicode") for child in tags]

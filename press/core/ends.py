"""Where the lines of a reference may end.

In: a tree of XHTML. Out: the same tree, whose references break well. An address breaks after its
slashes and dots, and never at a hyphen, which a reader could take for a part of it or not. A number
stays with the word that names it, a range of pages in one piece, and a short word at the end with
the one before it, so that no line holds one letter or a lone number. This module must not know any
format.
"""

from __future__ import annotations

import re

from lxml import etree

from press.core import trees

_FITS = 24
"""Letters of a piece that fit on every screen."""
_FITS_PAPER = 32
"""Letters of a piece that fit on every page, also in large print."""
_SHORT = 8
"""Letters of a last word that should not have a line to itself."""
_PIECE = re.compile(r"[^/.]*(?:[/.]+|$)")
_HYPHEN = re.compile(r"(?=-)")
_PAGES = re.compile(rf"(?<!\S)(?=\S*\d[-\u2010-\u2013]\w*\d)\S{{3,{_FITS}}}(?!\S)")
_LABEL = re.compile(r"\b(PMC?I?D:) (?=\S)")
_ADDED = ("backlinks", "evidence", "standing")
"""Classes of what follows the words of a reference."""


def mark_references(root: trees.Element, *, paper: bool = False) -> None:
    """Mark where the lines of each reference may break, and where not.

    On `paper`, each piece of an address is kept: WeasyPrint takes any break within the last piece
    of a line before the one that is marked.
    """
    for items in root.iter("ol", "ul"):
        if trees.has_class(items, "reference-list"):
            for item in items.iter("li"):
                _mark(item, paper=paper)


def _mark(item: trees.Element, *, paper: bool) -> None:
    runs = [run for run in trees.text_runs(item) if not _is_added(run, item)]
    _bind_end(runs)
    for run in runs:
        run.write(_LABEL.sub("\\1\u00a0", run.read()))
    for run in runs:
        holder = run.element.getparent() if run.is_tail else run.element
        if holder is not None and holder.tag == "a" and _is_address(run.read()):
            run.insert(_address(run.read(), paper=paper))
        else:
            run.insert(_kept(run.read()))
    for back in item.iter("span"):
        if trees.has_class(back, "backlinks"):
            _bind_links(back)


def _is_added(run: trees.Run, item: trees.Element) -> bool:
    holder = run.element.getparent() if run.is_tail else run.element
    while holder is not None and holder is not item:
        if any(trees.has_class(holder, name) for name in _ADDED):
            return True
        holder = holder.getparent()
    return False


def _bind_end(runs: list[trees.Run]) -> None:
    """Keep a short last word, such as a year, on the line of the word before it."""
    length = 0
    for run in reversed(runs):
        text = run.read() if length else run.read().rstrip()
        before, space, word = text.rpartition(" ")
        length += len(word if space else text)
        if length > _SHORT:
            return
        if space and length:
            tail = run.read()[len(text) :]
            run.write(f"{before}\u00a0{word}{tail}")
            return


def _is_address(text: str) -> bool:
    return " " not in text.strip() and len(text) > _SHORT and bool(re.search(r"\w[/.]\w", text))


def _address(text: str, *, paper: bool) -> list[str | trees.Element]:
    pieces: list[str | trees.Element] = []
    most = _FITS_PAPER if paper else _FITS
    for piece in _pieces(text):
        for part in _joined(_HYPHEN.split(piece), most):
            kept = "-" in part or (paper and len(part) <= most)
            pieces += [_keep(part) if kept else part, etree.Element("wbr")]
    return pieces[:-1]


def _pieces(text: str) -> list[str]:
    """Part an address after its slashes and dots, into pieces that are not too short for a line."""
    pieces: list[str] = []
    for found in _PIECE.finditer(text):
        if pieces and (len(pieces[-1]) <= _SHORT or len(found[0]) < _SHORT // 2):
            pieces[-1] += found[0]
        else:
            pieces.append(found[0])
    return pieces


def _joined(parts: list[str], most: int) -> list[str]:
    """Join parts as long as they fit."""
    joined = parts[:1]
    for part in parts[1:]:
        if len(joined[-1]) + len(part) <= most:
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def _kept(text: str) -> list[str | trees.Element]:
    pieces: list[str | trees.Element] = []
    start = 0
    for found in _PAGES.finditer(text):
        pieces += [text[start : found.start()], _keep(found[0])]
        start = found.end()
    return [*pieces, text[start:]]


def _bind_links(back: trees.Element) -> None:
    """Keep the first link back with its label, and the last with the one before it."""
    links = list(back.iter("a"))
    back.text = re.sub(r" $", "\u00a0", back.text or "")
    if len(links) > 1:
        links[-2].tail = re.sub(r" $", "\u00a0", links[-2].tail or "")


def _keep(text: str) -> trees.Element:
    span = etree.Element("span", attrib={"class": "keep"})
    span.text = text
    return span

"""One citation in the text, as the style prints it, with a link for each cite.

In: a cluster, and the engine of a style. Out: XHTML phrasing content.
This module must not know bibliographies, files, or articles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from press.core.model import Cite, Cluster
from press.references.csl.markup import CITE, CLOSE, from_csl, smooth, to_xhtml

if TYPE_CHECKING:
    from press.references.csl.engine import Engine

_RANGE_FROM = 3
"""The least number of consecutive numbers that become a range, such as `1–3`."""


@dataclass
class _Piece:
    """One formatted cite of a cluster."""

    cite: Cite
    text: str
    number: int = 0
    names: str = ""

    @property
    def is_plain(self) -> bool:
        """Return whether only the cite itself is printed."""
        return not (self.cite.prefix or self.cite.suffix or self.cite.locator)


def render_cluster(cluster: Cluster, engine: Engine, address: Callable[[str], str]) -> str:
    """Format a cluster; `address` gives the `href` for a key."""
    cites = _in_order(cluster, engine)
    lead = ""
    if cluster.narrative and cites and cites[0].key in engine.items:
        lead = _author(cites[0].key, engine)
    pieces = [_piece(cite, engine, bare=bool(lead) and i == 0) for i, cite in enumerate(cites)]
    collapse = engine.option("collapse")
    if collapse == "citation-number":
        text, keys = _with_ranges(pieces, engine)
    elif collapse in {"year", "year-suffix", "year-suffix-ranged"}:
        text, keys = _by_author(pieces, engine)
    else:
        text, keys = _joined(pieces, str(engine.layout.get("delimiter", ""))), _keys(pieces)
    text = str(engine.layout.format(engine.layout.wrap(text)))
    if engine.for_notes:  # the text of a note goes into the sentence
        text = f"({text})"
    if lead:
        text = lead + ("" if engine.superscript else " ") + text
    text = smooth(text, punctuation_in_quotes=engine.punctuation_in_quotes)
    inside = to_xhtml(text, [address(key) for key in keys])
    return f'<span class="citation">{inside}</span>'


def _keys(pieces: list[_Piece]) -> list[str]:
    return [piece.cite.key for piece in pieces if piece.number]


def _in_order(cluster: Cluster, engine: Engine) -> list[Cite]:
    """Sort the cites as the style requires; the author in the sentence stays first."""
    cites = list(cluster.cites)
    fixed = 1 if cluster.narrative else 0
    head, tail = cites[:fixed], cites[fixed:]
    known = [cite for cite in tail if cite.key in engine.items]
    items = [engine.items[key] for key in dict.fromkeys(cite.key for cite in known)]
    order = {item.key: i for i, item in enumerate(engine.sorted_by(engine.citation, items))}
    known.sort(key=lambda cite: order[cite.key])
    return head + known + [cite for cite in tail if cite.key not in engine.items]


def _piece(cite: Cite, engine: Engine, *, bare: bool) -> _Piece:
    if cite.key not in engine.items:
        return _Piece(cite, from_csl(f"{cite.key}?"))
    locator = (cite.label or "page", from_csl(cite.locator))
    bare = (bare or cite.suppress_author) and not engine.numeric
    text = engine.cite(cite.key, locator, bare=bare)
    item = engine.items[cite.key]
    # A style may print nothing but names, or nothing at all.
    text = text or engine.cite(cite.key, locator) or item.in_short
    return _Piece(cite, text, item.number, "" if bare else item.names or "")


def _linked(piece: _Piece, text: str | None = None) -> str:
    """Put a cite between its prefix and suffix, as a link if its entry exists."""
    text = piece.text if text is None else text
    if piece.number:
        text = f"{CITE}{text}{CLOSE}"
    prefix, suffix = from_csl(piece.cite.prefix), from_csl(piece.cite.suffix)
    before = f"{prefix} " if prefix else ""
    after = f"{'' if suffix[:1] in ',.;:)' else ' '}{suffix}" if suffix else ""
    return before + text + after


def _joined(pieces: list[_Piece], delimiter: str) -> str:
    return delimiter.join(_linked(piece) for piece in pieces)


def _with_ranges(pieces: list[_Piece], engine: Engine) -> tuple[str, list[str]]:
    """Print `1,2,3` as `1–3`; the cites in between have no link."""
    delimiter = str(engine.layout.get("delimiter", ""))
    dash = engine.term("citation-range-delimiter") or "–"
    texts: list[str] = []
    keys: list[str] = []
    place = 0
    while place < len(pieces):
        end = place
        while (
            end + 1 < len(pieces)
            and pieces[end].is_plain
            and pieces[end + 1].is_plain
            and pieces[end + 1].number == pieces[end].number + 1
            and pieces[end].number
        ):
            end += 1
        if end - place + 1 >= _RANGE_FROM:
            texts.append(_linked(pieces[place]) + dash + _linked(pieces[end]))
            keys += [pieces[place].cite.key, pieces[end].cite.key]
            place = end + 1
        else:
            texts.append(_linked(pieces[place]))
            keys += _keys([pieces[place]])
            place += 1
    return delimiter.join(texts), keys


def _by_author(pieces: list[_Piece], engine: Engine) -> tuple[str, list[str]]:
    """Print `Smith, 2020a; Smith, 2020b` as `Smith, 2020a, 2020b`."""
    delimiter = str(engine.layout.get("delimiter", ""))
    between = str(engine.citation.get("cite-group-delimiter", ", "))
    out = ""
    for place, piece in enumerate(pieces):
        before = pieces[place - 1] if place else None
        same = before is not None and piece.names and piece.names == before.names
        if same and before is not None and before.is_plain and not piece.cite.prefix:
            locator = (piece.cite.label or "page", from_csl(piece.cite.locator))
            text = engine.cite(piece.cite.key, locator, bare=True)
            out += between + _linked(piece, text or piece.text)
        else:
            out += (delimiter if place else "") + _linked(piece)
    return out, _keys(pieces)


def _author(key: str, engine: Engine) -> str:
    """Return the author as part of the sentence: `Rodriguez et al`."""
    names = engine.names(key)
    if names:
        return names
    item = engine.items[key]
    people: list[dict[str, str]] = item.reference.get("author") or item.reference.get("editor", [])
    more = bool(people) and people[-1].get("literal") == "others"
    families = [_family(person) for person in people[: -1 if more else None]]
    et_al = engine.term("et-al") or "et al."
    if engine.superscript:  # a period before the number would end the sentence
        et_al = et_al.rstrip(".")
    if not families:
        return str(item.reference.get("title", ""))
    if more or len(families) > 2:
        return f"{families[0]} {et_al}"
    return f" {engine.term('and') or 'and'} ".join(families)


def _family(person: dict[str, Any]) -> str:
    particle = person.get("non-dropping-particle", "")
    family = person.get("literal") or person.get("family", "")
    return f"{particle} {family}".strip()

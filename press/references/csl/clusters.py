"""Citations in the text, as the style prints them, with a link for each cite.

In: the citations of a text in their order, and the engine of a style. Out: marked text, or XHTML
phrasing content. This module must not know bibliographies, files, or articles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from press.core.model import Cite, Cluster
from press.core.records import dataclass
from press.references.csl.locators import with_locator
from press.references.csl.markup import (
    CITE,
    CLOSE,
    CLOSE_QUOTE,
    GLUE,
    YEAR_SUFFIX,
    finish,
    from_csl,
    strip,
    to_xhtml,
)
from press.references.csl.positions import Memory, Note, Placed
from press.references.csl.printing import Setting

if TYPE_CHECKING:
    from press.references.csl.engine import Engine

_RANGE_FROM = 3
"""The least number of consecutive numbers that become a range, such as `1–3`."""


@dataclass
class _Piece:
    """One formatted cite of a citation."""

    cite: Cite
    text: str
    number: int = 0
    author: str = ""
    bare: str = ""
    """The text without the names."""

    @property
    def is_plain(self) -> bool:
        """Return whether only the cite itself is printed."""
        return not (self.cite.prefix or self.cite.suffix or self.cite.locator)


@dataclass
class Line:
    """The text of a citation as it grows, and the keys of the links in it."""

    text: str = ""
    keys: list[str] = field(default_factory=list)

    def add(self, before: str, piece: _Piece, text: str | None = None) -> None:
        """Add a cite, between its prefix and suffix, as a link if its entry exists."""
        text = piece.text if text is None else text
        if piece.number:
            text = f"{CITE}{text}{CLOSE}"
            self.keys.append(piece.cite.key)
        prefix, suffix = _as_written(piece.cite.prefix), _as_written(piece.cite.suffix)
        if before and strip(self.text[-9:])[-1:] in {",", ";"}:
            before = " "
        if prefix:
            before = "" if before and prefix[0] in ",.;:" else before
            prefix += " "
        if suffix and suffix[0] not in ",.;:)":
            suffix = f" {suffix}"
        self.text += before + prefix + text + suffix


def _as_written(text: str) -> str:
    """Return an author's own words, whose periods and commas stay outside quotation marks."""
    return from_csl(text).replace(CLOSE_QUOTE, CLOSE_QUOTE + GLUE)


def render_clusters(
    clusters: Iterable[Cluster], engine: Engine, address: Callable[[str], str]
) -> list[str]:
    """Format the citations of a text; `address` gives the `href` for a key.

    Every citation counts as a note with its own number, as in a text whose citations are footnotes.
    """
    out = []
    memory = Memory(engine.near_note_distance)
    for number, cluster in enumerate(clusters, 1):
        lead = ""
        if cluster.narrative and cluster.cites and cluster.cites[0].key in engine.items:
            lead = _author(cluster.cites[0].key, engine)
        cites = [with_locator(cite, engine.style.locale) for cite in cluster.cites]
        note = Note.of(cites, number, bare_first=bool(lead))
        line = render_note(note, engine, memory, alone=False)
        text = line.text
        if engine.for_notes and not re.fullmatch(r"\([^()]*\)", strip(text)):
            text = f"({text})"  # the text of a note goes into the sentence
        if lead:
            text = lead + ("" if engine.superscript else " ") + text
        inside = to_xhtml(finish(text, engine.finishing), [address(key) for key in line.keys])
        out.append(f'<span class="citation">{inside}</span>')
    return out


def render_note(note: Note, engine: Engine, memory: Memory, *, alone: bool) -> Line:
    """Format one citation, as marked text.

    Args:
        note: The citation.
        engine: The style.
        memory: What was cited before.
        alone: Whether it is a sentence of its own, with a capital and a full stop.
    """
    note = _in_order(note, engine)
    places = memory.remember(note, engine.items)
    pieces = [
        _piece(
            placed.cite, engine, place, bare=note.bare_first and i == 0,
            begins=alone and _begins(placed.cite.prefix, first=i == 0),
        )
        for i, (placed, place) in enumerate(zip(note.cites, places, strict=True))
    ]  # fmt: skip
    if note.cites and note.cites[0].author_only:
        return Line(pieces[0].author)
    line = _assemble([piece for piece in pieces if piece.text], engine)
    line.text = engine.format_citation(line.text, alone=alone or not engine.for_notes)
    return line


def _begins(prefix: str, *, first: bool) -> bool:
    """Return whether a cite begins a sentence; one word with a period is an abbreviation."""
    if not prefix:
        return first
    words = prefix.rstrip("\"'”’ ")
    return words[-1:] in {".", "!", "?"} and " " in words.strip()


def _in_order(note: Note, engine: Engine) -> Note:
    """Sort the cites as the style requires; the author in the sentence stays first.

    No cite moves past the prefix of another, such as `see`, which may refer to all that follow.
    """
    if note.is_sorted or len(note.cites) < 2:
        return note
    known = [placed.cite.key for placed in note.cites if placed.cite.key in engine.items]
    items = [engine.items[key] for key in dict.fromkeys(known)]
    order = {item.key: i for i, item in enumerate(engine.in_order_of_citation(items))}
    cites: list[Placed] = []
    run: list[Placed] = []
    for place, placed in enumerate(note.cites):
        if placed.cite.prefix or (place == 1 and note.bare_first):
            cites += _sorted(run, order)
            run = []
        run.append(placed)
    return replace(note, cites=(*cites, *_sorted(run, order)))


def _sorted(run: Iterable[Placed], order: Mapping[str, int]) -> list[Placed]:
    """Sort cites; those of unknown works go last."""
    return sorted(run, key=lambda placed: order.get(placed.cite.key, len(order)))


def _piece(
    cite: Cite, engine: Engine, place: tuple[str, bool, int], *, bare: bool, begins: bool
) -> _Piece:
    if cite.key not in engine.items:
        return _Piece(cite, from_csl(f"{cite.key}?"))
    label = (cite.label or "page").replace(" ", "-")  # `sub verbo` in CSL 1.0.1
    setting = Setting(label, from_csl(cite.locator), *place, begins)
    bare = (bare or cite.suppress_author) and not engine.numeric
    whole = engine.rendering(cite.key, setting)
    without = ""
    if bare or (whole.author and engine.collapses_names):
        without = engine.rendering(cite.key, replace(setting, bare=True)).text
    # A style may print nothing but names, or nothing at all.
    text = (without if bare else whole.text) or whole.text or engine.items[cite.key].in_short
    author = "" if bare else whole.author
    return _Piece(cite, text, engine.items[cite.key].number, author, without)


def _assemble(pieces: list[_Piece], engine: Engine) -> Line:
    collapse = engine.option("collapse")
    if collapse == "citation-number":
        return _with_ranges(pieces, engine)
    if engine.groups_cites:
        return _by_author(_grouped(pieces), engine)
    line = Line()
    for place, piece in enumerate(pieces):
        line.add(engine.delimiter if place else "", piece)
    return line


def _with_ranges(pieces: list[_Piece], engine: Engine) -> Line:
    """Print `1,2,3` as `1–3`; the cites in between have no link."""
    dash = engine.term("citation-range-delimiter") or "–"
    line = Line()
    place = 0
    while place < len(pieces):
        end = place
        while end + 1 < len(pieces) and _follows(pieces[end], pieces[end + 1]):
            end += 1
        before = engine.delimiter if place else ""
        line.add(before, pieces[place])
        if end - place + 1 >= _RANGE_FROM:
            line.add(dash, pieces[end])
            place = end
        place += 1
    return line


def _follows(one: _Piece, other: _Piece) -> bool:
    plain = one.is_plain and other.is_plain
    return plain and 0 < one.number == other.number - 1


def _grouped(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Put cites with the same names together, at the place of the first.

    No cite moves past the prefix or the suffix of another, which may refer to what is around it.
    """
    out: list[_Piece] = []
    groups: dict[str, list[_Piece]] = {}

    def flush() -> None:
        out.extend(piece for group in groups.values() for piece in group)
        groups.clear()

    for place, piece in enumerate(pieces):
        if piece.cite.prefix:
            flush()
        groups.setdefault(strip(piece.author) or f"\0{place}", []).append(piece)
        if piece.cite.suffix:
            flush()
    flush()
    return out


def _by_author(pieces: list[_Piece], engine: Engine) -> Line:
    """Print `Smith, 2020a; Smith, 2020b` as `Smith, 2020a, 2020b`, or as `Smith, 2020a, b`."""
    collapse = engine.option("collapse")
    own = engine.option("cite-group-delimiter")
    within = own or (", " if collapse else engine.delimiter)
    after = engine.option("after-collapse-delimiter", engine.delimiter)
    between_letters = engine.option("year-suffix-delimiter", own or engine.delimiter)
    collapses_letters = collapse.startswith("year-suffix")
    line = Line()
    collapsed, in_letters = collapse == "year", False
    place = 0
    while place < len(pieces):
        piece = pieces[place]
        before = pieces[place - 1] if place else None
        if before is None:
            line.add("", piece)
        elif collapses_letters and before.author == piece.author and _same_year(before, piece):
            collapsed = in_letters = True
            end = _last_letter(pieces, place) if collapse.endswith("ranged") else place
            mark = "–" if end > place else between_letters
            line.add(mark, pieces[end], _letter(pieces[end]))
            place = end
        elif not piece.author or piece.author != before.author:
            line.add(after if collapsed else engine.delimiter, piece)
            collapsed, in_letters = collapse == "year", False
        elif not collapse or piece.cite.prefix or before.cite.suffix:
            apart = piece.cite.prefix or before.cite.suffix
            line.add(engine.delimiter if apart else within, piece)
        else:
            ended = in_letters if collapses_letters else bool(before.cite.locator)
            line.add(after if ended else within, piece, piece.bare or piece.text)
            collapsed, in_letters = True, False
        place += 1
    return line


def _cut(piece: _Piece) -> tuple[str, str]:
    before, mark, after = (piece.bare or piece.text).partition(YEAR_SUFFIX)
    return before, mark + after


def _letter(piece: _Piece) -> str:
    return _cut(piece)[1]


def _same_year(one: _Piece, other: _Piece) -> bool:
    """Return whether two cites differ only in the letter of their year."""
    (year, letter), (same, other_letter) = _cut(one), _cut(other)
    plain = one.is_plain and not other.cite.prefix
    return plain and year == same and bool(letter) and bool(other_letter)


def _last_letter(pieces: list[_Piece], place: int) -> int:
    """Return the last of the cites that make a range of letters, with the one before."""

    def follows(one: _Piece, other: _Piece) -> bool:
        a, b = strip(_letter(one)), strip(_letter(other))
        return (
            one.author == other.author and _same_year(one, other) and other.is_plain
            and len(a) == len(b) == 1 and ord(b) == ord(a) + 1
        )  # fmt: skip

    end = place - 1
    while end + 1 < len(pieces) and follows(pieces[end], pieces[end + 1]):
        end += 1
    return end if end - (place - 1) + 1 >= _RANGE_FROM else place


def _author(key: str, engine: Engine) -> str:
    """Return the author as part of the sentence: `Rodriguez et al`."""
    names = engine.rendering(key).author
    if names and not engine.numeric:
        return names
    item = engine.items[key]
    people = item.names.get("author") or item.names.get("editor") or ()
    more = bool(people) and people[-1].is_others
    families = [person.short for person in people[: -1 if more else None]]
    et_al = engine.term("et-al") or "et al."
    if engine.superscript:  # a period before the number would end the sentence
        et_al = et_al.rstrip(".")
    if not families:
        return item.fields.get("title", "")
    if more or len(families) > 2:
        return f"{families[0]} {et_al}"
    return f" {engine.term('and') or 'and'} ".join(families)

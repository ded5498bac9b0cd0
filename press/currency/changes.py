"""The changes between two states of an article, in words that a clinician can act on.

In: two Snapshots. Out: lines, the most important first. A line that begins with `reprint:` concerns
something that patients read. This module must not know where the Snapshots come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from press.core.problems import visible
from press.currency.snapshots import Piece, Snapshot

_LONGEST = 160
"""Maximum number of characters printed of a title or reference."""


def printable(text: str) -> str:
    """Return text from an untrusted file, shortened and made safe for the terminal."""
    return visible(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def changes(old: Snapshot, new: Snapshot) -> list[str]:
    """Return what changed between two states of an article, the most important first."""
    lines = _text_changes(old, new)
    references = list(_references(old, new))
    if not lines and references:
        lines = ["the text is the same; the list of references changed"]
    other = "no section, notice, or reference changed, but a detail that this file does not name"
    return [*lines, *references] or [other]


def unchanged(old: Snapshot, new: Snapshot) -> bool:
    """Say if an earlier version recorded a state of which every piece is as it is today.

    Its hash covers markup, and so differs from that of the same words.
    """
    known = old.detailed and not old.earlier
    return known and not _text_changes(old, new) and not list(_references(old, new))


def _text_changes(old: Snapshot, new: Snapshot) -> list[str]:
    """Return what changed besides the references."""
    return [
        *_notices(old, new),
        *_articles(old, new),
        *_sections(old, new),
        *_around(old, new),
        *_head(old, new),
    ]


def _notices(old: Snapshot, new: Snapshot) -> Iterator[str]:
    """Yield the notices that changed, crisis lines first: an outdated number does harm."""
    gone, fresh = _without(old.notices, new.notices), _without(new.notices, old.notices)
    for name, piece in sorted({**gone, **fresh}.items(), key=lambda item: "crisis" not in item[0]):
        what = _became(gone.get(name), fresh.get(name))
        yield f'reprint: the notice "{printable(piece.title or name)}" {what}'


def _became(before: Piece | None, after: Piece | None) -> str:
    if before is None:
        return "was added"
    if after is None:
        return "was removed"
    return "" if before.same_as(after) else "changed"


def _articles(old: Snapshot, new: Snapshot) -> Iterator[str]:
    """Yield the articles of a collection that changed, by what identifies each.

    Of those that are in both, the fewest are called moved.
    """
    gone, fresh = _apart(old.parts, new.parts)
    renamed = dict(_pairs(gone, fresh))
    now = {renamed.get(name, name): piece for name, piece in new.parts.items()}
    earlier, after = [n for n in old.parts if n in now], [n for n in now if n in old.parts]
    blocks = SequenceMatcher(None, earlier, after, autojunk=False).get_matching_blocks()
    still = {name for block in blocks for name in after[block.b : block.b + block.size]}
    for name, piece in now.items():
        before, title = old.parts.get(name), printable(piece.title)
        if what := _became(before, piece):
            yield f'reprint: the article "{title}" {what}'
        if before and before.title != piece.title:
            yield f'reprint: the article "{printable(before.title)}" is now called "{title}"'
        if before and name not in still:
            yield f'reprint: the article "{title}" was moved'
    for name, piece in old.parts.items():
        if name not in now:
            yield f'reprint: the article "{printable(piece.title)}" was removed'


def _apart(
    old: Mapping[str, Piece], new: Mapping[str, Piece]
) -> tuple[dict[str, Piece], dict[str, Piece]]:
    """Return the pieces whose names only the old state has, and those that only the new one has."""
    gone = {name: piece for name, piece in old.items() if name not in new}
    return gone, {name: piece for name, piece in new.items() if name not in old}


def _sections(old: Snapshot, new: Snapshot) -> Iterator[str]:
    """Yield the sections that changed, by id; a new id with the same content is a new name."""
    gone, fresh = _apart(old.sections, new.sections)
    renamed = dict(_pairs(gone, fresh))
    for name, piece in new.sections.items():
        before = old.sections.get(renamed.get(name, name))
        if before is None:
            yield f"reprint: {_section(piece)} is new"
        elif not before.same_as(piece):
            yield f"reprint: {_section(piece)} changed"
        if before and before.title != piece.title:
            yield f'reprint: {_section(before)} is now called "{printable(piece.title)}"'
    for name, piece in gone.items():
        if name not in renamed.values():
            yield f"reprint: {_section(piece)} was removed"
    same = old.sections.keys() == new.sections.keys() and old.notices.keys() == new.notices.keys()
    if (
        same
        and list(old.parts) == list(new.parts)
        and old.rest.get("order") != new.rest.get("order")
    ):
        yield "reprint: the order of the sections and notices changed"


def _pairs(gone: Mapping[str, Piece], fresh: Mapping[str, Piece]) -> Iterator[tuple[str, str]]:
    """Yield the new and the old name of each piece whose content is the same under both."""
    left = dict(gone)
    for name, piece in fresh.items():
        if twin := next((n for n, p in left.items() if p.same_as(piece)), None):
            del left[twin]
            yield name, twin


def _section(piece: Piece) -> str:
    title = printable(piece.title)
    return f'the section "{title}"' if title else "the text before the first heading"


def _around(old: Snapshot, new: Snapshot) -> Iterator[str]:
    """Yield what else changed on the sheet besides sections and notices."""
    differs = _differing(old, new)
    if "clinic" in differs:
        yield "reprint: the clinic's name, contact details, or logo changed"
    if "short" in differs:
        yield "reprint: the short disclaimer on every page changed"
    for name, digest in new.pictures.items():
        known = new.parts and digest in old.pictures.values()  # the name changes with the order
        if not known and old.pictures.get(name, digest) != digest:
            yield f"reprint: the picture {printable(name)} changed"
    if old.lang != new.lang:
        yield f"reprint: the language was {_given(old.lang)}, now {_given(new.lang)}"


def _head(old: Snapshot, new: Snapshot) -> Iterator[str]:
    """Yield what changed in title, dates, and addresses."""
    differs = _differing(old, new)
    if old.title != new.title:
        yield f'title: now "{printable(new.title)}"'
    elif "title" in differs:
        yield "title: the subtitle, summary, or audience changed"
    if old.version != new.version:
        yield f"version: was {_given(old.version)}, now {_given(new.version)}"
    elif "facts" in differs:
        yield "details: a date, an author, the reviewer, or the identifier changed"
    if "address" in differs:
        yield "address: the web address of the handout changed"


def _differing(old: Snapshot, new: Snapshot) -> set[str]:
    return {key for key in new.rest if old.rest.get(key) != new.rest[key]}


def _given(text: str) -> str:
    return printable(text) or "not given"


def _references(old: Snapshot, new: Snapshot) -> Iterator[str]:
    gone = _without(old.references, new.references)
    fresh = _without(new.references, old.references)
    for key, piece in fresh.items():
        yield f'references: "{printable(piece.title)}" {_became(gone.get(key), piece)}'
    for key, piece in gone.items():
        if key not in fresh:
            yield f'references: "{printable(piece.title)}" was removed'


def _without(some: Mapping[str, Piece], others: Mapping[str, Piece]) -> dict[str, Piece]:
    """Return the pieces that are not in `others`; names in a collection depend on its order."""
    every = others.values()
    return {name: piece for name, piece in some.items() if not any(map(piece.same_as, every))}

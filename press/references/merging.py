"""Works that a bibliography has twice: each is printed once, whatever key cites it.

In: the entries of an article, and the keys that it cites. Out: for each other key, the one under
which the work is printed, and a problem for each work that has two keys. For a collection: the
entries of several articles in one bibliography.
This module must not know citation styles.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import chain, count
from typing import Any

from press.core.model import Entry
from press.core.problems import Problem
from press.references.csl_data import year_of
from press.references.works import identifiers, work_of

_ALIKE = 0.6
"""The similarity from which two titles are taken for two spellings of one."""


def one_key_each(
    entries: Mapping[str, Entry], printed: Collection[str], problems: list[Problem]
) -> dict[str, str]:
    """Return, for each key that is not an entry's own, the key under which its work is printed.

    Args:
        entries: The bibliography, by key.
        printed: The keys that the article cites or lists.
        problems: CIT011 is added for each work that is printed under two keys, and for two works
            with the same identifier.
    """
    own = {
        also: key for key, entry in entries.items() for also in entry.also if also not in entries
    }
    first: dict[str, Entry] = {}
    for key, entry in entries.items():
        if key not in printed and not any(also in printed for also in entry.also):
            continue
        shared = [(name, first[name]) for name in identifiers(entry.csl) if name in first]
        for name, before in shared[:1]:
            problems.append(_problem(name, before, entry))
            if is_alike(before.csl, entry.csl):
                own[key] = before.key
                own.update(dict.fromkeys(entry.also, before.key))
        if key not in own:
            first.update({name: entry for name in identifiers(entry.csl) if name not in first})
    return own


def _problem(name: str, before: Entry, entry: Entry) -> Problem:
    kind, _, value = name.partition(":")
    said = f"{kind.upper()} {value}"
    if is_alike(before.csl, entry.csl):
        message = f"'{before.key}' and '{entry.key}' are the same work ({said}); it is printed once"
        hint = f"cite it by one key, and delete the other entry; the first is at {before.span}"
    else:
        message = f"'{before.key}' and '{entry.key}' are different works with the same {said}"
        hint = f"correct one of them; the first is at {before.span}"
    return Problem("CIT011", entry.span, message, hint)


def is_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two entries have titles that can be those of one work.

    Chapters of a book often carry the identifier of the book, so it is not enough alone.
    """
    titles = [_plain(item.get("title")) for item in (one, other)]
    shorter, longer = sorted(titles, key=len)
    if not shorter or longer.startswith(shorter):
        return True
    return SequenceMatcher(None, shorter, longer, autojunk=False).ratio() >= _ALIKE


def _plain(title: Any) -> str:
    return re.sub(r"[\W_]+", "", re.sub(r"<[^<>]*>", "", str(title or "")).lower())[:200]


def same_work(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two entries are one work: the same DOI or PMID, or the same title and year."""
    if set(identifiers(one)) & set(identifiers(other)) and is_alike(one, other):
        return True
    title, year = _plain(one.get("title")), year_of(one)
    return bool(title and year) and (title, year) == (_plain(other.get("title")), year_of(other))


def joined(
    every: Sequence[Mapping[str, Entry]],
) -> tuple[dict[str, Entry], list[dict[str, str]]]:
    """Join the entries that several articles print in one bibliography, each work once.

    Returns the bibliography, and for each article its keys that are others there: the same work
    has one key, and different works with the same key have two. What one article's bibliography
    says of a work besides its data, such as a retraction, counts for all of them.
    """
    entries: dict[str, Entry] = {}
    works: dict[str, str] = {}
    renamed: list[dict[str, str]] = []
    for own in every:
        others, new = dict[str, str](), dict[str, str]()
        for key, entry in own.items():
            work = work_of(entry.csl)
            same = works.get(work, "")
            if same and is_alike(entries[same].csl, entry.csl):
                known = entries[same]
                entries[same] = replace(
                    known,
                    evidence=known.evidence or entry.evidence,
                    standing=known.standing or entry.standing,
                )
            else:
                other = (f"{key}-{number}" for number in count(1))
                same = next(name for name in chain((key,), other) if name not in entries)
                entries[same] = replace(entry, key=same)
                new.setdefault(work, same)
            if same != key:
                others[key] = same
        works = {**new, **works}
        renamed.append(others)
    return entries, renamed


class Known:
    """The works of a bibliography, in which another one can be looked up at once."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._found: dict[object, list[Entry]] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Add a work."""
        for name in self._names(entry):
            self._found.setdefault(name, []).append(entry)

    def find(self, entry: Entry) -> str:
        """Return the key of the same work, or an empty string."""
        near = (other for name in self._names(entry) for other in self._found.get(name, ()))
        return next((other.key for other in near if same_work(other.csl, entry.csl)), "")

    @staticmethod
    def _names(entry: Entry) -> list[object]:
        title = _plain(entry.csl.get("title"))
        return [*identifiers(entry.csl), *([(title, year_of(entry.csl))] if title else [])]

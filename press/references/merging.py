"""Works that a bibliography has twice: each is printed once, whatever key cites it.

In: the entries of an article, and the keys that it cites. Out: for each other key, the one under
which the work is printed, and a problem for each work that has two keys. For a collection: the
entries of several articles in one bibliography.
This module must not know citation styles.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import chain, count
from typing import Any

from press.core.model import Entry
from press.core.problems import Problem
from press.references.csl_data import year_of
from press.references.works import NOT_PRINTED, identifiers

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

    Chapters of a book often carry the identifier of the book, so it is not enough alone: if both
    the titles and the first pages are others, they are two works.
    """
    titles = [_plain(item.get("title")) for item in (one, other)]
    pages = [_first_page(item.get("page")) for item in (one, other)]
    if all(pages) and pages[0] != pages[1] and titles[0] != titles[1]:
        return False
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


def is_one_work(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two entries are one work beyond doubt, so that printing one loses none.

    They share an identifier, or all that is printed of them is the same, but for braces, capitals,
    and a last point. If volume and first page are there and agree, one of them may lack something
    that the other has, and the journal may be abbreviated.
    """
    mine, theirs = set(identifiers(one)), set(identifiers(other))
    if mine & theirs:
        return is_alike(one, other)
    kinds = [{name.partition(":")[0] for name in names} for names in (mine, theirs)]
    if kinds[0] & kinds[1] or not _folded(one.get("title")):
        return False
    is_placed = all(_folded(one.get(name)) for name in ("volume", "page"))
    names = {*one, *other} - NOT_PRINTED - _IDENTIFIERS
    return all(_agree(name, one.get(name), other.get(name), placed=is_placed) for name in names)


_IDENTIFIERS = frozenset(["DOI", "PMID", "PMCID", "ISSN"])
_MAY_LACK = frozenset(["issue", "URL", "accessed", "publisher", "publisher-place",
                       "container-title-short"])  # fmt: skip
_SMALL = frozenset(["a", "an", "and", "for", "in", "of", "on", "the", "&"])


def _agree(name: str, one: Any, other: Any, *, placed: bool) -> bool:
    """Say if two entries have the same in a field; `placed`: they have volume and page."""
    if placed and name in _MAY_LACK and not (one and other):
        return True
    if placed and name == "issued":
        return year_of({name: one}) == year_of({name: other})
    if placed and name == "container-title":
        return _abbreviates(_folded(one), _folded(other))
    if name == "page":
        return _first_page(one) == _first_page(other)
    people = [isinstance(said, list) and all(isinstance(e, dict) for e in said)
              for said in (one, other)]  # fmt: skip
    if all(people):
        return len(one) == len(other) and all(map(_is_person, one, other))
    return _folded(one) == _folded(other)


def _first_page(pages: Any) -> str:
    return re.split(r"[-\u2010-\u2015,;]", _folded(pages))[0].strip()


def _is_person(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say if two names are those of one person: given names may be initials in one of them."""
    names = ("family", "literal", "suffix", "non-dropping-particle", "dropping-particle")
    if any(_folded(one.get(name)) != _folded(other.get(name)) for name in names):
        return False
    given = [re.findall(r"\w+", _folded(each.get("given"))) for each in (one, other)]
    return len(given[0]) == len(given[1]) and all(
        a == b or (min(len(a), len(b)) == 1 and a[0] == b[0]) for a, b in zip(*given, strict=True)
    )


def _abbreviates(one: str, other: str) -> bool:
    """Say if two journals have one name, or each word of one shortens that of the other."""
    every = [[w.rstrip(".") for w in title.split() if w not in _SMALL] for title in (one, other)]
    return len(every[0]) == len(every[1]) and all(
        a.startswith(b) or b.startswith(a) for a, b in zip(*every, strict=True)
    )


def _folded(value: Any) -> str:
    """Return a value as text without tags, capitals, and the last point."""
    text = json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value
    plain = re.sub(r"</?\w[^<>]*>", "", str(text or ""))
    return " ".join(plain.casefold().split()).rstrip(".")


def joined(
    every: Sequence[Mapping[str, Entry]],
) -> tuple[dict[str, Entry], list[dict[str, str]]]:
    """Join the entries that several articles print in one bibliography, each work once.

    Returns the bibliography, and for each article its keys that are others there: the same work
    has one key, and different works with the same key have two. What one article's bibliography
    says of a work besides its data, such as a retraction, counts for all of them.
    """
    entries: dict[str, Entry] = {}
    works: dict[object, list[str]] = {}
    renamed: list[dict[str, str]] = []
    for own in every:
        others, new = dict[str, str](), list[str]()
        for key, entry in own.items():
            near = (known for name in _names(entry.csl) for known in works.get(name, ()))
            same = next((k for k in near if is_one_work(entries[k].csl, entry.csl)), "")
            if same:
                known = entries[same]
                richer = entry if identifiers(entry.csl) and not identifiers(known.csl) else known
                entries[same] = replace(
                    richer,
                    key=same,
                    evidence=known.evidence or entry.evidence,
                    standing=known.standing or entry.standing,
                )
            else:
                other = (f"{key}-{number}" for number in count(1))
                same = next(name for name in chain((key,), other) if name not in entries)
                entries[same] = replace(entry, key=same)
            new.append(same)
            if same != key:
                others[key] = same
        for key in new:
            for name in _names(entries[key].csl):
                if key not in works.setdefault(name, []):
                    works[name].append(key)
        renamed.append(others)
    return entries, renamed


def _names(item: Mapping[str, Any]) -> list[object]:
    """Return under what a work is looked up: its identifiers, and its title with the year."""
    title = _plain(item.get("title"))
    return [*identifiers(item), *([(title, year_of(item))] if title else [])]


class Known:
    """The works of a bibliography, in which another one can be looked up at once."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._found: dict[object, list[Entry]] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Add a work."""
        for name in _names(entry.csl):
            self._found.setdefault(name, []).append(entry)

    def find(self, entry: Entry) -> str:
        """Return the key of the same work, or an empty string."""
        near = (other for name in _names(entry.csl) for other in self._found.get(name, ()))
        return next((other.key for other in near if same_work(other.csl, entry.csl)), "")

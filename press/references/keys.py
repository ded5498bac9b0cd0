"""The keys that an article cites, compared with its bibliography.

In: the entries, and where each key is cited. Out: a problem for each unknown key, and for each
entry that is not cited. This module must not know citation styles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set

from press.core.model import Entry
from press.core.nearest import did_you_mean, near
from press.core.problems import Problem, Span

EVERYTHING = "*"
"""In `nocite`: print all entries, cited or not."""
_MANY = 20
"""The number of entries that are not cited above which a file gets one warning for all."""


def check_keys(
    entries: Mapping[str, Entry],
    located: Mapping[str, Sequence[tuple[int, int]]],
    source: str,
    bibliographies: Sequence[str],
    nocite: Sequence[str],
    problems: list[Problem],
) -> set[str]:
    """Compare the keys that an article cites with its bibliography; return those of `uncited`.

    An entry whose key resembles a wrong one is probably meant, and does not count as uncited.

    Args:
        entries: The bibliography.
        located: Where each key is cited, as `citation_syntax.locate_keys` returns it.
        source: The name of the article's file.
        bibliographies: The names of the bibliography files.
        nocite: Keys to print without citing them.
        problems: Each citation of an unknown key is added here.
    """
    places = {key: [(line, column) for line, column in spots] for key, spots in located.items()}
    for key in nocite:
        if key != EVERYTHING:
            places.setdefault(key, [(0, 0)])
    files = " or ".join(bibliographies) or "any bibliography"
    meant: set[str] = set()
    for key, spots in places.items():
        if key not in entries:
            alike = [*_cut_off(key, entries), *near(key, entries)]
            meant.update(alike)
            hint = _hint(key, alike, bibliographies)
            message = f"no entry for '{key}' in {files}"
            problems += [Problem("CIT001", Span(source, *spot), message, hint) for spot in spots]
    return {*places, *nocite, *meant}


def uncited(
    entries: Mapping[str, Entry], keys: Set[str], elsewhere: Callable[[str], Set[str]]
) -> Iterator[Problem]:
    """Yield the problems of entries that are neither among the keys nor cited elsewhere: CIT002.

    There is one for each entry, or one for all in a file that has many. `elsewhere` returns the
    keys that other articles cite from a file; it is called only if need be.
    """
    by_file: dict[str, list[Entry]] = {}
    for entry in _others(entries.values(), keys):
        by_file.setdefault(entry.span.path, []).append(entry)
    for file, idle in by_file.items():
        yield from _uncited(file, _others(idle, elsewhere(file)))


def _others(entries: Iterable[Entry], keys: Set[str]) -> list[Entry]:
    if EVERYTHING in keys:
        return []
    return [entry for entry in entries if not keys & {entry.key, *entry.also}]


def _uncited(file: str, entries: Sequence[Entry]) -> Iterator[Problem]:
    """Report entries of a file that are not cited: each one, or their number if they are many."""
    if len(entries) > _MANY:
        message = f"{len(entries)} entries are not cited, the first of them '{entries[0].key}'"
        hint = "cite them, list them in `nocite`, or delete those that no article needs"
        yield Problem("CIT002", Span(file), message, hint)
        return
    hint = "cite it, list it in `nocite`, or delete it if no article needs it"
    for entry in entries:
        yield Problem("CIT002", entry.span, f"the entry '{entry.key}' is not cited", hint)


_SIGNS = re.compile(r"[^\w:.#$%&+?<>~/-]")
"""Signs that a key may have only in braces."""


def _cut_off(key: str, known: Iterable[str]) -> list[str]:
    """List the keys of which only the beginning was read, up to a sign that needs braces."""
    return [
        name for name in known
        if name.startswith(key) and (sign := _SIGNS.search(name)) and sign.start() == len(key)
    ]  # fmt: skip


def _hint(key: str, alike: Sequence[str], bibliographies: Sequence[str]) -> str:
    for name in alike:
        if (sign := _SIGNS.search(name)) and sign.start() == len(key):
            return f"a key with {sign[0]} needs braces: [@{{{name}}}]"
    if hint := did_you_mean(alike):
        return f"{hint} For a plain @, write \\@"
    plain = "or write \\@ for a plain @"
    if not bibliographies:
        return f"name a bibliography in the front matter: `bibliography: references.bib`, {plain}"
    return f"add an entry with this key to {bibliographies[0]}, correct the key, {plain}"

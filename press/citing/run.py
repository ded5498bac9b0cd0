"""Entries into a bibliography, and the list of a bibliography.

In: files, DOIs, or PMIDs, and a project. Out: the bibliography with entries added, and the lines to
print. An entry that is there already is left out. This module must not know any one format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from press.citing.online import identifier, look_up
from press.citing.target import Article, Target, find_target, meant, read_articles
from press.core import gate
from press.core.files import decode, present, replace_file, shown
from press.core.model import Cite, Cluster, Entry
from press.core.problems import ERROR, Problem, ProblemsError, Refused, Span, counted
from press.core.records import dataclass
from press.core.trees import fragment, plain
from press.references.beside import finished
from press.references.bibliography import ENDINGS, read_bibliography, read_entries
from press.references.csl.citations import find_style, format_citations
from press.references.csl_data import Keys, made_up_key
from press.references.merging import Known
from press.references.written import CannotAppend, append, left_out
from press.setup.download import Network
from press.source.project import read_project

_BARE = re.compile(r"[A-Za-z_]\w*(?:[:.#$%&+?<>~/-]\w+)*")
"""A key that can be cited without braces (Pandoc's manual, "Citation syntax")."""


class NeedsOnline(Refused):
    """An identifier that has to be looked up on the web, which was not allowed."""


@dataclass
class Outcome:
    """The lines to print, and the problems of the entries."""

    lines: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def add(root: Path, given: Sequence[str], article: str, network: Network | None) -> Outcome:
    """Add entries to the bibliography of an article, or of the project.

    Args:
        root: The folder of the project.
        given: Names of files, DOIs, and PMIDs.
        article: The article whose bibliography is meant; may be empty.
        network: How to reach the web; None if that is not allowed.

    Raises:
        UnknownName: There is no such article.
        NoTarget: It is not clear which bibliography is meant.
        NeedsOnline: A DOI or PMID is given, but the web may not be asked.
        ProblemsError: There is no project (CFG001), the bibliography cannot take entries (CIT015),
            an identifier cannot be looked up (CIT014), or a file cannot be written (SYS002).
    """
    project = read_project(root, [])
    target = find_target(project, read_articles(project), article)
    outcome = Outcome()
    entries = [entry for name in given for entry in _given(name, network, outcome.problems)]
    there = read_bibliography(present(target.beside, root), [])
    known, keys = Known(there.values()), Keys(there)
    fresh: dict[str, Entry] = {}
    for entry in entries:
        if double := known.find(entry):
            outcome.lines.append(f"{entry.key}: already in the bibliography as {double}")
            continue
        key = _free_key(entry, keys)
        fresh[key] = replace(entry, key=key, csl={**entry.csl, "id": key})
        known.add(fresh[key])
    name = shown(target.path, root)
    if fresh:
        kind = ENDINGS.get(target.path.suffix.lower(), "")
        _write(target, name, kind, list(fresh.values()))
        outcome.lines += _added(target, name, fresh, kind)
        outcome.lines.append(f"{counted(len(fresh), 'entry', 'entries')} added to {name}")
        outcome.lines += [f"next: {target.hint}"] if target.hint else []
    elif not entries and not outcome.problems:
        outcome.lines.append("there is no entry to add")
    return outcome


def _given(name: str, network: Network | None, problems: list[Problem]) -> list[Entry]:
    kind, value = ("", "") if Path(name).exists() else identifier(name)
    if not kind:
        gate.allow(Path(name))  # the command line names it
        return list(read_bibliography([(Path(name), name)], problems).values())
    if network is None:
        hint = "add --online to look it up on the web"
        raise NeedsOnline(f"'{name}' is not a file, but a {kind.upper()}", hint)
    text, ending = look_up(kind, value, network)
    return list(read_entries(text, ending, f"{kind.upper()} {value}", problems).values())


def _free_key(entry: Entry, keys: Keys) -> str:
    """Return the entry's own key if it can be cited, else one of author and year, that is free."""
    can_be_cited = _BARE.fullmatch(entry.key) and not re.match(r"10\.\d|https?:", entry.key)
    return keys.free(entry.key if can_be_cited else made_up_key(entry.csl))


def _write(target: Target, name: str, kind: str, entries: list[Entry]) -> None:
    path = target.path
    data = path.read_bytes() if path.exists() else b""
    unread: list[Problem] = []
    text = decode(data, name, unread, "CIT015")
    if text is None:
        raise ProblemsError(unread)
    try:
        written = append(text, kind, entries)
    except CannotAppend as error:
        hint = "add the entries to a .bib file, and name it in `bibliography`, too"
        raise ProblemsError([Problem("CIT015", Span(name), str(error), hint)]) from None
    if b"\r\n" in data:
        written = written.replace("\n", "\r\n")
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    replace_file(path, mark + written.encode(), name, "nothing was added")


def _added(target: Target, name: str, fresh: Mapping[str, Entry], kind: str) -> list[str]:
    """Say for each entry its key, its reference as it will be printed, and what was left out."""
    there = read_bibliography([(target.path, name)], [])
    texts = _references({key: there[key] for key in fresh if key in there}, target.csl, target)
    lines = []
    for key, entry in fresh.items():
        lines.append(f"{_cited(key)}  {texts.get(key, '')}".rstrip())
        dropped = [*left_out(entry, kind), *entry.unread]
        lines += [f"    left out: {', '.join(dropped)}"] if dropped else []
    return lines


def _cited(key: str) -> str:
    """Return how an article cites a key."""
    return f"@{key}" if _BARE.fullmatch(key) else f"@{{{key}}}"


def _references(entries: Mapping[str, Entry], csl: str, where: Target | Article) -> dict[str, str]:
    """Return the words of each reference, in the style of the article."""
    folder = where.path.parent if isinstance(where, Target) else Path(where.file).parent
    clusters = [Cluster((Cite(key),)) for key in entries]
    try:
        style = find_style(csl, folder)
        made = finished(format_citations(clusters, entries, style, where.lang), entries)
    except ProblemsError as error:
        return dict.fromkeys(entries, f"({error.problems[0].message})")
    return {each.key: plain(fragment(each.xhtml, "p")) for each in made.references}


def list_entries(root: Path, wanted: str) -> Outcome:
    """List the entries of the project, or of one article: key, reference, and where it is cited.

    Raises:
        UnknownName: There is no such article.
        ProblemsError: There is no project (CFG001).
    """
    project = read_project(root, [])
    articles = meant(read_articles(project), wanted)
    outcome = Outcome()
    shown_once: dict[str, tuple[dict[str, Entry], Article]] = {}
    for article in articles:
        files = present(article.bibliography, root)
        inline = (article.inline, article.file)
        every = read_bibliography(files, outcome.problems, inline)
        for key, entry in every.items():
            shown_once.setdefault(entry.span.path, ({}, article))[0].setdefault(key, entry)
    places = {article.file: article.places() for article in articles}
    for file, (entries, article) in shown_once.items():
        outcome.lines.append(file)
        texts = _references(entries, article.csl, article)
        for key, entry in entries.items():
            outcome.lines.append(f"  {_cited(key)}  {texts.get(key, '')}")
            outcome.lines.append(f"      {_where((key, *entry.also), places)}")
    if not outcome.lines:
        outcome.lines.append("there is no bibliography")
    return outcome


def _where(keys: Sequence[str], places: Mapping[str, Mapping[str, list[tuple[int, int]]]]) -> str:
    said = []
    for file, located in places.items():
        spots = sorted(spot for key in keys for spot in located.get(key, ()))
        if spots:
            said.append(f"{file}:{', '.join(f'{line}:{column}' for line, column in spots)}")
    return f"cited at {'; '.join(said)}" if said else "not cited"


def left_out_lines(root: Path, names: Sequence[str]) -> list[str]:
    """Say for each cited entry which fields of its file are not part of any reference."""
    articles = [one for one in read_articles(read_project(root, [])) if one.name in names]
    lines: dict[str, None] = {}
    for article in articles:
        files = present(article.bibliography, root)
        entries = read_bibliography(files, [], (article.inline, article.file))
        cited = article.places()
        for key, entry in entries.items():
            if entry.unread and any(name in cited for name in (key, *entry.also)):
                lines[f"{entry.span}: {key}: not printed: {', '.join(entry.unread)}"] = None
    return list(lines)


def failed(outcome: Outcome) -> bool:
    """Return whether an entry could not be read."""
    return any(problem.severity == ERROR for problem in outcome.problems)

"""Bibliography files in any supported format, read as checked entries.

In: the paths of the files. Out: one `Entry` for each key, and a `Problem` for each fault. This
module must not know which entries are cited, nor any citation style. Each format has its reader,
imported when a file needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from press.core.files import read_text
from press.core.model import Entry
from press.core.problems import Problem, Span
from press.references.csl_data import RawEntry, clean_doi, clean_pmcid, clean_pmid, is_doi

Reader = Callable[[str, str, list[Problem]], list[RawEntry]]
ENDINGS: dict[str, Literal["BibTeX", "CSL-JSON", "RIS", "PubMed"]] = {
    ".bib": "BibTeX",
    ".bibtex": "BibTeX",
    ".biblatex": "BibTeX",
    ".json": "CSL-JSON",
    ".ris": "RIS",
    ".nbib": "PubMed",
}
"""The format of a bibliography file, by the ending of its name in lower case."""


def read_bibliography(
    files: Sequence[tuple[Path, str]], problems: list[Problem]
) -> dict[str, Entry]:
    """Read bibliography files into one dictionary.

    Args:
        files: For each file, its absolute path and its name in problems.
        problems: Each fault found is added here.

    Returns:
        The entries by key, in the order of the files. If two entries have the same key, the first
        is kept.
    """
    entries: dict[str, Entry] = {}
    for path, name in files:
        found: list[Problem] = []
        text = read_text(path, name, found, "CIT003", "bibliography")
        raws, told = _understood(path.suffix.lower(), name, text) if text is not None else ((), ())
        found += told
        for raw in raws:
            _add(replace(raw, csl=dict(raw.csl)), entries, found)
        problems += sorted(found, key=lambda problem: problem.span)
    return entries


@lru_cache(8)
def _understood(
    ending: str, name: str, text: str
) -> tuple[tuple[RawEntry, ...], tuple[Problem, ...]]:
    """Return the entries and problems of a file; the same text is read only once."""
    reader = _reader(ending)
    if reader is None:
        hint = "use BibTeX (.bib), CSL-JSON (.json), RIS (.ris), or PubMed (.nbib)"
        message = f"'{Path(name).name}' is not in a supported bibliography format"
        return (), (Problem("CIT003", Span(name), message, hint),)
    problems: list[Problem] = []
    return tuple(reader(text, name, problems)), tuple(problems)


def _reader(ending: str) -> Reader | None:
    match ENDINGS.get(ending):
        case "BibTeX":
            from press.references.bibtex import read_bibtex as reader
        case "CSL-JSON":
            from press.references.csl_json import read_csljson as reader
        case "RIS":
            from press.references.ris import read_ris as reader
        case "PubMed":
            from press.references.pubmed import read_nbib as reader
        case None:
            return None
    return reader


def _add(raw: RawEntry, entries: dict[str, Entry], problems: list[Problem]) -> None:
    if not raw.key:
        hint = "add a key by which the article can cite it"
        problems.append(Problem("CIT003", raw.span, "the entry has no key", hint))
        return
    if raw.key in entries:
        message = f"the key '{raw.key}' is used by an earlier entry"
        hint = f"rename or delete one of them; the first is at {entries[raw.key].span}"
        problems.append(Problem("CIT005", raw.span, message, hint))
        return
    _check_title(raw, problems)
    _check_identifiers(raw, problems)
    raw.csl["id"] = raw.key
    entries[raw.key] = Entry(raw.key, raw.csl, raw.span, raw.evidence)


def _check_title(raw: RawEntry, problems: list[Problem]) -> None:
    if not str(raw.csl.get("title", "")).strip():
        message = f"entry '{raw.key}' has no title"
        problems.append(Problem("CIT007", raw.span, message, "add the field `title`"))


def _check_identifiers(raw: RawEntry, problems: list[Problem]) -> None:
    """Normalize identifiers, and remove those that are not valid, so that none is printed."""
    csl = raw.csl
    for variable, clean, is_good, hint in (
        ("DOI", clean_doi, is_doi, "write it like 10.1038/npp.2013.150"),
        ("PMID", clean_pmid, _is_pmid, "write a number such as 22784486"),
        ("PMCID", clean_pmcid, _is_pmcid, "write it like PMC3799067"),
    ):
        value = str(csl.get(variable, "")).strip()
        if not value:
            csl.pop(variable, None)
            continue
        csl[variable] = clean(value)
        if not is_good(csl[variable]):
            line = raw.lines.get(variable.lower(), raw.span.line)
            message = f"'{value}' in entry '{raw.key}' is not a valid {variable}"
            span = Span(raw.span.path, line)
            problems.append(Problem("CIT006", span, message, hint))
            del csl[variable]


def _is_pmid(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 8


def _is_pmcid(text: str) -> bool:
    return text.startswith("PMC") and text[3:].isascii() and text[3:].isdigit()

"""Bibliography files in any supported format, read as checked entries.

In: the paths of the files. Out: one `Entry` for each key, and a `Problem` for each fault. This
module must not know which entries are cited, nor any citation style. Each format has its reader,
imported when a file needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from press.core import limits
from press.core.files import decode, read_bytes
from press.core.hashing import json_digest
from press.core.model import Entry
from press.core.problems import Problem, Span
from press.references.csl_data import RawEntry, clean_doi, clean_pmcid, clean_pmid, is_doi
from press.references.keys import EVERYTHING
from press.references.merging import same_work
from press.references.tidy import tidied

Reader = Callable[[str, str, list[Problem]], list[RawEntry]]
ENDINGS: dict[str, Literal["BibTeX", "CSL-JSON", "YAML", "RIS", "PubMed"]] = {
    ".bib": "BibTeX",
    ".bibtex": "BibTeX",
    ".biblatex": "BibTeX",
    ".json": "CSL-JSON",
    ".yaml": "YAML",
    ".yml": "YAML",
    ".ris": "RIS",
    ".nbib": "PubMed",
}
"""The format of a bibliography file, by the ending of its name in lower case."""


def read_bibliography(
    files: Sequence[tuple[Path, str]], problems: list[Problem], inline: tuple[str, str] = ("", "")
) -> dict[str, Entry]:
    """Read bibliography files into one dictionary.

    Args:
        files: For each file, its absolute path and its name in problems.
        problems: Each fault found is added here.
        inline: The front matter of an article with entries as `references`, and the name of its
            file in problems. These entries come first.

    Returns:
        The entries by key, in the order of the files. If two entries have the same key, the first
        is kept.
    """
    entries = read_entries(inline[0], ".yaml", inline[1], problems) if inline[0] else {}
    for path, name in files:
        found: list[Problem] = []
        text = _read(path, name, found)
        limits.references_read(len(text or ""))
        if text is not None:
            _collect(text, path.suffix.lower(), name, entries, found)
        problems += sorted(found, key=lambda problem: problem.span)
    return entries


def digest_of(entries: Mapping[str, Entry], problems: Sequence[Problem], keys: Set[str]) -> str:
    """Return a digest of what a bibliography says of some keys, and of its problems.

    Where an entry stands in its file does not count, but the order of the entries does.
    """
    chosen = entries.values() if EVERYTHING in keys else (
        entry for entry in entries.values() if keys & {entry.key, *entry.also}
    )  # fmt: skip
    said = [
        [entry.key, dict(entry.csl), entry.evidence, str(entry.standing), entry.unread, entry.also]
        for entry in chosen
    ]
    return json_digest([said, [str(problem) for problem in problems]])


def read_entries(text: str, ending: str, name: str, problems: list[Problem]) -> dict[str, Entry]:
    """Read the text of a bibliography in the format of files with this ending."""
    entries: dict[str, Entry] = {}
    _collect(text, ending, name, entries, problems)
    return entries


def _collect(
    text: str, ending: str, name: str, entries: dict[str, Entry], problems: list[Problem]
) -> None:
    """Add the entries of a text to others."""
    raws, told = _understood(ending, name, text)
    problems += told
    for raw in raws:
        _add(replace(raw, csl=dict(raw.csl)), entries, problems)


def _read(path: Path, name: str, problems: list[Problem]) -> str | None:
    """Read a bibliography as UTF-8, or as UTF-16, in which Windows programs save text.

    Without a byte order mark, UTF-16 has a zero byte in each of its first characters, which are
    ASCII in every format.
    """
    data = read_bytes(path, name, problems, "CIT003", "bibliography")
    if data is None:
        return None
    coding = next((coding for mark, coding in _MARKS.items() if data.startswith(mark)), "")
    if not coding and len(data) > 3 and data[:4].count(0) == 2:
        coding = "utf-16-be" if data[0] == 0 else "utf-16-le"
    if coding:
        with suppress(UnicodeDecodeError):
            data = data.decode(coding).removeprefix("\ufeff").encode()
    return decode(data, name, problems, "CIT003")


_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_WEB_PAGE = re.compile(
    r"\s*(?:<!--.*?-->\s*|<\?xml.*?\?>\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)


@lru_cache(8)
def _understood(
    ending: str, name: str, text: str
) -> tuple[tuple[RawEntry, ...], tuple[Problem, ...]]:
    """Return the entries and problems of a file; the same text is read only once."""
    reader = _reader(ending)
    if reader is None:
        hint = "use BibTeX (.bib), CSL-JSON (.json), YAML (.yaml), RIS (.ris), or PubMed (.nbib)"
        message = f"'{Path(name).name}' is not in a supported bibliography format"
        return (), (Problem("CIT003", Span(name), message, hint),)
    problems: list[Problem] = []
    if _WEB_PAGE.match(text[:4000]):
        message = "the file is a web page, not a bibliography"
        hint = "open it in a browser: it may be an error message; then export the file again"
        return (), (Problem("CIT003", Span(name, 1), message, hint),)
    raws = reader(text, name, problems)
    return tuple(tidied(raw, problems) for raw in raws), tuple(problems)


def _reader(ending: str) -> Reader | None:
    match ENDINGS.get(ending):
        case "BibTeX":
            from press.references.bibtex import read_bibtex as reader
        case "CSL-JSON":
            from press.references.csl_json import read_csljson as reader
        case "YAML":
            from press.references.csl_yaml import read_yaml as reader
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
    if raw.key in entries and same_work(entries[raw.key].csl, raw.csl):
        message = f"the entry '{raw.key}' is also at {entries[raw.key].span}, which is used"
        problems.append(Problem("CIT011", raw.span, message, "delete one of them"))
        return
    if raw.key in entries:
        message = f"the key '{raw.key}' is used by an earlier entry"
        hint = f"rename or delete one of them; the first is at {entries[raw.key].span}"
        problems.append(Problem("CIT005", raw.span, message, hint))
        return
    _check_title(raw, problems)
    _check_identifiers(raw, problems)
    raw.csl["id"] = raw.key
    entries[raw.key] = Entry(
        raw.key, raw.csl, raw.span, raw.evidence, raw.standing, raw.unread, raw.also
    )


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

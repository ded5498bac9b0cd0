"""RIS, the export format of reference managers and journals, read as entries.

In: the text of a `.ris` file. Out: `RawEntry`s in file order, and the problems found.
This module owns rispy. It must not know the other formats, nor any citation style.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from press.core.problems import Problem, Span
from press.references.csl_data import RawEntry, full_last_page, loose_date, parse_pages

_TYPES = {
    "JOUR": "article-journal", "EJOUR": "article-journal", "JFULL": "article-journal",
    "INPR": "article-journal", "ABST": "article-journal", "MGZN": "article-magazine",
    "NEWS": "article-newspaper", "BOOK": "book", "EBOOK": "book", "EDBOOK": "book",
    "CHAP": "chapter", "ECHAP": "chapter", "CONF": "paper-conference",
    "CPAPER": "paper-conference", "DICT": "entry-dictionary", "ENCYC": "entry-encyclopedia",
    "ELEC": "webpage", "ICOMM": "webpage", "BLOG": "post-weblog", "RPRT": "report",
    "GOVDOC": "report", "THES": "thesis", "UNPB": "manuscript", "MANSCPT": "manuscript",
    "STAND": "standard", "STAT": "legislation", "LEGAL": "legislation", "BILL": "bill",
    "CASE": "legal_case", "PAT": "patent", "DATA": "dataset", "COMP": "software",
    "VIDEO": "motion_picture", "MPCT": "motion_picture", "PAMP": "pamphlet",
    "PCOMM": "personal_communication", "SLIDE": "speech",
}  # fmt: skip
_TEXTS = {  # CSL variable: the names rispy gives to the tags that may hold it
    "title": ("primary_title", "title"),
    "container-title": ("alternate_title3", "journal_name", "secondary_title", "alternate_title2"),
    "container-title-short": ("alternate_title2", "alternate_title1"),
    "collection-title": ("tertiary_title",),
    "publisher": ("publisher",),
    "publisher-place": ("place_published",),
    "volume": ("volume",),
    "issue": ("number",),
    "edition": ("edition",),
    "genre": ("type_of_work",),
    "DOI": ("doi",),
    "language": ("language",),
    "title-short": ("short_title",),
}
_NAMES = {"author": ("first_authors", "authors"), "editor": ("secondary_authors",)}
_BOOKS = {"book", "thesis", "report", "webpage"}


def read_ris(text: str, name: str, problems: list[Problem]) -> list[RawEntry]:
    """Read every record; one that has no `ER` line is also reported as a problem."""
    import rispy

    entries = []
    for line, record in _records(text, name, problems):
        try:
            found = rispy.loads(record + "\n")
        except Exception as error:  # noqa: BLE001 - whatever rispy fails on is in the file
            message = f"the record cannot be read: {type(error).__name__}: {error}"
            problems.append(Problem("CIT003", Span(name, line), message, "export it again"))
            continue
        entries += [_entry(fields, Span(name, line)) for fields in found]
    return entries


def _records(text: str, name: str, problems: list[Problem]) -> list[tuple[int, str]]:
    """Split into records, each with its line number, which rispy does not report."""
    records: list[tuple[int, str]] = []
    lines: list[str] = []
    start = 0
    for number, line in enumerate([*text.split("\n"), "TY  - "], 1):
        tag = re.match(r"\s*([A-Z][A-Z0-9])\s{1,2}-\s?(.*)", line)
        line = f"{tag[1]}  - {tag[2]}" if tag else line
        if tag and tag[1] == "TY":
            if start and lines:
                hint = "end each record with the line `ER  - `"
                message = f"the record that begins with '{lines[0].strip()}' has no `ER` line"
                problems.append(Problem("CIT003", Span(name, start), message, hint))
                records.append((start, "\n".join([*lines, "ER  - "])))
            start, lines = number, [line]
        elif start and tag and tag[1] == "ER":
            records.append((start, "\n".join([*lines, line])))
            start, lines = 0, []
        elif start and line.strip():
            lines.append(line)
    if not records and text.strip():
        message = "the file is not in RIS format: no record begins with TY"
        problems.append(Problem("CIT003", Span(name, 1), message, "export it again as RIS"))
    return records


def _entry(fields: Mapping[str, Any], span: Span) -> RawEntry:
    kind = _TYPES.get(str(fields.get("type_of_reference", "")).strip().upper(), "document")
    csl: dict[str, Any] = {"type": kind}
    for variable, names in _TEXTS.items():
        value = next((str(fields[name]) for name in names if fields.get(name)), "")
        if value.strip():
            csl[variable] = unescape(value.strip())
    if kind in _BOOKS and "collection-title" not in csl and "container-title" in csl:
        csl["collection-title"] = csl.pop("container-title")
    if csl.get("container-title-short") == csl.get("container-title"):
        csl.pop("container-title-short", None)
    for variable, names in _NAMES.items():
        people = [_person(p) for name in names for p in fields.get(name, ()) if str(p).strip()]
        if people:
            csl[variable] = people
    csl.update(_numbers(fields))
    csl.update(_dates(fields))
    identifier = str(fields.get("id") or fields.get("label") or "").strip()
    return RawEntry(identifier or _made_up_key(csl), csl, span)


def _person(text: Any) -> dict[str, str]:
    parts = [part.strip() for part in str(text).split(",")]
    if len(parts) == 1:
        return {"literal": parts[0]}
    suffix = {"suffix": parts[2]} if len(parts) > 2 and parts[2] else {}
    return {"family": parts[0], "given": parts[1], **suffix}


def _numbers(fields: Mapping[str, Any]) -> dict[str, str]:
    numbers: dict[str, str] = {}
    first, last = str(fields.get("start_page", "")), str(fields.get("end_page", ""))
    pages = "-".join(dict.fromkeys(part.strip() for part in (first, last) if part.strip()))
    if pages:
        numbers["page"] = full_last_page(parse_pages(pages))
    urls = [str(url).strip() for url in fields.get("urls", ()) if str(url).strip()]
    if urls:
        numbers["URL"] = urls[0]
    for value in (fields.get("accession_number"), *fields.get("notes", ())):
        match = re.match(r"(?:PMID:?\s*)?(\d{6,8})$", str(value or "").strip())
        if match:
            numbers["PMID"] = match[1]
    if match := re.match(r"PMC\d+$", str(fields.get("custom2", "")).strip()):
        numbers["PMCID"] = match[0]
    return numbers


def _dates(fields: Mapping[str, Any]) -> dict[str, Any]:
    dates: dict[str, Any] = {}
    year = str(fields.get("year") or fields.get("publication_year") or "").strip("/ ")
    exact = str(fields.get("date") or "").strip("/ ")
    text = exact if exact[:4].isdigit() and (not year or exact.startswith(year[:4])) else year
    if text:
        dates["issued"] = loose_date(text)
    if access := str(fields.get("access_date") or "").strip():
        dates["accessed"] = loose_date(access)
    return dates


def _made_up_key(csl: Mapping[str, Any]) -> str:
    """Make a key from the first author and the year: `rodriguez2013`."""
    people = csl.get("author") or csl.get("editor") or [{}]
    name = people[0].get("family") or people[0].get("literal") or str(csl.get("title", ""))
    year = (csl.get("issued", {}).get("date-parts") or [[""]])[0][0]
    return re.sub(r"\W+", "", name.lower())[:30] + str(year)

"""RIS, the export format of reference managers and journals, read as entries.

In: the text of a `.ris` file. Out: `RawEntry`s in file order, and the problems found.
This module must not know the other formats, nor any citation style. What the tags mean differs by
type of work and by program; the sources are the manual of EndNote (tags by type), the
specification of Reference Manager, and exports of Zotero, Mendeley, Scopus, Web of Science,
and the Cochrane Library.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from press.core.problems import Problem, Span
from press.references.csl_data import (
    IN_PRESS,
    RawEntry,
    full_last_page,
    loose_date,
    parse_pages,
    with_own_keys,
)
from press.references.people import read_initials, read_person
from press.references.tagged import Record, TaggedField, read_fields

_TYPES = {
    "ABST": "article-journal", "ADVS": "motion_picture", "AGGR": "dataset", "ANCIENT": "classic",
    "ART": "graphic", "BILL": "bill", "BLOG": "post-weblog", "BOOK": "book", "CASE": "legal_case",
    "CHAP": "chapter", "CHART": "graphic", "CLSWK": "classic", "COMP": "software",
    "CONF": "paper-conference", "CPAPER": "paper-conference", "CTLG": "book", "DATA": "dataset",
    "DBASE": "dataset", "DICT": "entry-dictionary", "EBOOK": "book", "ECHAP": "chapter",
    "EDBOOK": "book", "EJOUR": "article-journal", "ELEC": "webpage",
    "ENCYC": "entry-encyclopedia", "FIGURE": "graphic", "GOVDOC": "report", "GRNT": "report",
    "GRANT": "report", "HEAR": "hearing", "ICOMM": "webpage", "INPR": "article-journal",
    "JFULL": "article-journal", "JOUR": "article-journal", "LEGAL": "legislation",
    "MANSCPT": "manuscript", "MAP": "map", "MGZN": "article-magazine", "MPCT": "motion_picture",
    "MULTI": "motion_picture", "MUSIC": "song", "NEWS": "article-newspaper", "PAMP": "pamphlet",
    "PAT": "patent", "PCOMM": "personal_communication", "PREPRINT": "article", "RPRT": "report",
    "SER": "book", "SLIDE": "speech", "SOUND": "song", "STAND": "standard",
    "STAT": "legislation", "THES": "thesis", "UNBILL": "bill", "UNPB": "manuscript",
    "UNPD": "manuscript", "VIDEO": "motion_picture", "WEB": "webpage",
}  # fmt: skip
_TAG = re.compile(r"\s*([A-Z][A-Z0-9]|DOI)\s{1,2}-(?:\s|$)")
_OWN_BOOKS = {"book", "thesis", "report", "webpage", "classic", "pamphlet", "dataset", "software",
              "standard", "map"}  # fmt: skip
"""The types whose `T2` is not the work that contains this one, but a series."""
_IN_BOOKS = {"chapter", "paper-conference", "entry-dictionary", "entry-encyclopedia"}
_JOURNALS = {"article-journal", "article-magazine", "article-newspaper", "article"}
_TEXTS = {
    "title-short": ("ST",),
    "publisher": ("PB",),
    "publisher-place": ("CY", "PP"),
    "volume": ("VL",),
    "number-of-volumes": ("NV",),
    "language": ("LA",),
    "note": ("N1", "RN"),
    "original-title": ("OP",),
    "archive": ("AV",),
}
_UNPRINTED = ("AB", "N2", "KW", "AD", "DB", "DP", "L1", "L2", "L4", "CN", "C4", "C5", "C6", "C8",
               "U1", "U2", "U3", "U4", "U5")  # fmt: skip


def read_ris(text: str, name: str, problems: list[Problem]) -> list[RawEntry]:
    """Read every record; one that has no `ER` line is also reported as a problem."""
    records = list(_records(text))
    for record in records:
        if not record.complete:
            first = record.fields[0]
            hint = "end each record with the line `ER  - `, or export the file again"
            message = f"the record that begins with '{first.tag}  - {first.value}' has no `ER` line"
            problems.append(Problem("CIT003", Span(name, record.line), message, hint))
    if not records and text.strip():
        message = "the file is not in RIS format: no record begins with TY"
        problems.append(Problem("CIT003", Span(name, 1), message, "export it again as RIS"))
    return with_own_keys([_entry(record, Span(name, record.line)) for record in records])


def _records(text: str) -> list[Record]:
    records: list[Record] = []
    fields: list[TaggedField] = []
    for field in read_fields(text, _TAG):
        if field is None:
            continue
        if field.tag == "TY" and fields:
            records.append(Record(fields, complete=False))
            fields = []
        if field.tag == "ER" and fields:
            records.append(Record(fields))
            fields = []
        elif field.tag == "TY" or fields:
            fields.append(field)
    return [*records, Record(fields, complete=False)] if fields else records


def _entry(record: Record, span: Span) -> RawEntry:
    kind = _type(record)
    csl: dict[str, Any] = {"type": kind}
    for variable, tags in _TEXTS.items():
        if value := unescape(record.first(*tags)):
            csl[variable] = value
    notes = record.values("N1", "RN")
    if len(notes) > 1:
        csl["note"] = "\n".join(map(unescape, notes))
    csl.update(_titles(record, kind))
    csl.update(_people(record, kind))
    csl.update(_numbers(record, kind))
    csl.update(_identifiers(record))
    csl.update(_dates(record, kind))
    key = (record.first("ID") or record.first("LB")).strip()
    lines = {"doi": _line(record, "DO", "DI", "DOI"), "url": _line(record, "UR", "LK"),
             "pmid": _line(record, "AN"), "pmcid": _line(record, "C2")}  # fmt: skip
    lines = {name: line for name, line in lines.items() if line}
    unread = record.unread(_UNPRINTED)
    return RawEntry(key, csl, span, "", lines, unread)


def _line(record: Record, *tags: str) -> int:
    return next((field.line for field in record.all(*tags)), 0)


def _type(record: Record) -> str:
    written = record.first("TY").strip().upper()
    kind = _TYPES.get(written, "document")
    if kind == "document" and record.first("JO", "JF", "JA", "T2") and record.first("VL", "IS"):
        return "article-journal"
    if kind == "document" and record.first("UR"):
        return "webpage"
    return kind


def _titles(record: Record, kind: str) -> dict[str, str]:
    titles = {"title": record.first("TI", "T1", "CT", "BT", "ST")}
    if kind in _JOURNALS:
        full = record.first("JF", "T2", "JO", "T3", "JA", "J2", "J1", "BT", "SO")
        short = record.first("JA", "J2", "J1", "JO")
        titles["container-title"] = full
        titles["container-title-short"] = short if short != full else ""
    elif kind in _IN_BOOKS:
        book = ("C3", "BT", "T2", "JF", "JO") if kind == "paper-conference" else ("BT", "T2", "JF")
        titles["container-title"] = record.first(*book)
        titles["collection-title"] = record.first("T3")
        if kind == "paper-conference" and record.first("C3"):
            titles["event-title"] = record.first("T2")
    elif kind in _OWN_BOOKS:
        titles["collection-title"] = record.first("T2", "T3", "JF", "JO")
        if kind == "webpage":
            titles["container-title"] = titles.pop("collection-title")
    else:
        titles["container-title"] = record.first("T2", "JF", "JO", "BT")
        titles["collection-title"] = record.first("T3")
    return {variable: unescape(value) for variable, value in titles.items() if value}


def _people(record: Record, kind: str) -> dict[str, list[dict[str, str]]]:
    """Read the names; whose names a tag holds depends on the type of work (EndNote's manual)."""
    tags = {"author": ("AU", "A1"), "editor": ("ED", "A2"), "translator": ("A4",)}
    if kind == "book":
        tags["editor"] = ("ED", "A3") if record.values("ED", "A3") else ("A2",)
        tags["collection-editor"] = ("A2",) if record.values("ED", "A3") else ()
    elif kind in _IN_BOOKS:
        tags["collection-editor"] = ("A3",)
    elif kind in {"thesis", "patent", "webpage", "personal_communication"}:
        tags["editor"] = ("ED",)
    people = {}
    for role, names in tags.items():
        texts = [part for text in record.values(*names) for part in text.split(";")]
        texts = [unescape(text.strip()) for text in texts if text.strip()]
        short = all("," not in text and re.search(r" [A-Z]{1,3}$", text) for text in texts)
        read = read_initials if short and role == "author" else read_person
        if found := [person for text in texts if (person := read(text))]:
            people[role] = found
    return people


def _numbers(record: Record, kind: str) -> dict[str, str]:
    numbers: dict[str, str] = {}
    start, end = record.first("SP", "PG"), record.first("EP")
    if kind in _JOURNALS:
        start = start or record.first("C7", "AR") or record.first("SE", "M2")
        numbers["issue"] = record.first("IS", "CP", "NO")
        if not numbers["issue"] and re.fullmatch(r"\d{1,4}", record.first("M1")):
            numbers["issue"] = record.first("M1")
        if not start and re.fullmatch(r"CD\d{6}.*", record.first("AN")):  # Cochrane reviews
            start = record.first("AN")[:8]
    else:
        numbers["version" if kind == "software" else "edition"] = record.first("ET")
        numbers["collection-number" if kind in {"book", *_IN_BOOKS} else "number"] = record.first(
            *(("SN", "M1", "IS") if kind in {"report", "patent", "standard"} else ("M1", "IS"))
        )
        if kind in _IN_BOOKS and not start and re.fullmatch(r"\w?\d+\s*-+\s*\w?\d+", end):
            start, end = end, ""
        if kind in _IN_BOOKS:
            numbers["chapter-number"] = record.first("SE")
    genre = record.first("M3")
    if kind not in _JOURNALS and "/" not in genre:
        numbers["genre"] = genre
    if kind in {"book", "thesis"} and not end:
        numbers["number-of-pages"], start = start, ""
    pages = "-".join(dict.fromkeys(part for part in (start, end) if part))
    numbers["page"] = full_last_page(parse_pages(pages))
    serial = record.first("SN")
    numbers["ISBN" if kind in {"book", *_IN_BOOKS} else "ISSN"] = serial
    if kind == "paper-conference":
        numbers["event-place"] = record.first("C1")
    return {name: unescape(value) for name, value in numbers.items() if value}


def _identifiers(record: Record) -> dict[str, str]:
    found: dict[str, str] = {}
    if urls := record.values("UR", "LK", "US"):
        found["URL"] = " ".join(urls)
    if doi := record.first("DO", "DI", "DOI"):
        found["DOI"] = doi
    for value in record.values("M3", "L3"):  # older exports
        if "DOI" not in found and re.match(r"(?:doi:? *)?10\.\d{4,9}/\S+$", value, re.IGNORECASE):
            found["DOI"] = value
    database = record.first("DB", "DP")
    number = re.fullmatch(r"(?:PMID:?\s*)?(\d{6,8})", record.first("AN"))
    if number and (not database or re.search(r"pubmed|medline|nlm", database, re.IGNORECASE)):
        found["PMID"] = number[1]
    if number := re.fullmatch(r"(?:PUBMED|PMID)?:?\s*(\d{6,8})", record.first("PM")):
        found["PMID"] = number[1]
    for note in record.values("N1"):
        if number := re.fullmatch(r"\d{6,8}", note):
            found["PMID"] = number[0]
    if number := re.fullmatch(r"PMC\d+", record.first("C2")):
        found["PMCID"] = number[0]
    return found


def _dates(record: Record, kind: str) -> dict[str, Any]:
    dates: dict[str, Any] = {}
    year = record.first("PY", "Y1", "YR").strip("/ ")
    exact = record.first("DA").strip("/ ")
    if not year and not exact:
        tags = ("ET", "C2") if kind in _JOURNALS else ("C2",)
        year = next((v for v in map(record.first, tags) if re.match(r"(1[5-9]|20)\d\d\b", v)), "")
    text = exact if exact[:4].isdigit() and (not year or exact.startswith(year[:4])) else year
    if text or exact:
        dates["issued"] = loose_date(text or exact)
    elif record.first("TY") == "INPR":
        dates["issued"] = {"literal": IN_PRESS}
    if access := record.first("Y2"):
        dates["accessed"] = loose_date(access.strip("/ "))
    return dates

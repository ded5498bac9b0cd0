"""PubMed's export format (`.nbib`), read as entries.

In: the text of a `.nbib` file. Out: `RawEntry`s in file order, and the problems found.
This module must not know the other formats, nor any citation style. An entry's key is `pmid` and
its PMID, as in `@pmid22784486`. The tags are those of the National Library of Medicine's
"MEDLINE/PubMed Data Element (Field) Descriptions".
"""

from __future__ import annotations

import re
from typing import Any

from press.core.model import Standing, StandingKind
from press.core.problems import Problem, Span
from press.references.csl_data import (
    RawEntry,
    full_last_page,
    loose_date,
    parse_pages,
    with_own_keys,
)
from press.references.people import Name, read_initials, read_person
from press.references.tagged import Record, TaggedField, read_fields

_EVIDENCE = {  # PubMed's publication types, strongest first
    "Meta-Analysis": "meta-analysis",
    "Systematic Review": "systematic review",
    "Randomized Controlled Trial": "randomized trial",
    "Practice Guideline": "guideline",
    "Guideline": "guideline",
    "Controlled Clinical Trial": "controlled trial",
    "Clinical Trial": "clinical trial",
    "Observational Study": "observational study",
    "Case Reports": "case report",
    "Review": "review",
}
_TYPES = {
    "Book Chapter": "chapter",
    "Book": "book",
    "Books": "book",
    "Preprint": "article",
    "Newspaper Article": "article-newspaper",
    "Technical Report": "report",
    "Academic Dissertation": "thesis",
    "Dissertations/Theses": "thesis",
    "Dataset": "dataset",
    "Legal Case": "legal_case",
    "Legislation": "legislation",
    "Video-Audio Media": "motion_picture",
}
_TEXTS = {
    "container-title": ("JT", "TA"),
    "container-title-short": ("TA",),
    "volume": ("VI",),
    "issue": ("IP",),
    "PMID": ("PMID",),
    "PMCID": ("PMC",),
    "edition": ("EN",),
    "original-title": ("TT",),
    "collection-title": ("CTI",),
    "volume-title": ("VTI",),
}
_STANDINGS: dict[StandingKind, tuple[str, ...]] = {
    "retracted": ("RIN", "RRI"),
    "retraction": ("ROF",),
    "concern": ("ECI",),
    "corrected": ("EIN", "CRI"),
    "correction": ("EFR",),
    "comment": ("CIN",),
}
"""The tags by which a record says that a work was retracted or corrected, most serious first."""
_TYPES_OF_STANDING: dict[str, StandingKind] = {
    "Retracted Publication": "retracted",
    "Retraction of Publication": "retraction",
    "Retraction Notice": "retraction",
    "Expression of Concern": "concern",
    "Published Erratum": "correction",
}
_LANGUAGES = {
    "chi": "zh", "cze": "cs", "dan": "da", "dut": "nl", "eng": "en", "fin": "fi", "fre": "fr",
    "ger": "de", "gre": "el", "heb": "he", "hun": "hu", "ita": "it", "jpn": "ja", "kor": "ko",
    "nor": "no", "pol": "pl", "por": "pt", "rus": "ru", "spa": "es", "swe": "sv", "tur": "tr",
    "ukr": "uk",
}  # fmt: skip
"""MARC's codes of languages, as PubMed writes them, and their tags."""
_TAG = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}-(?: |$)")
_READ = tuple(
    "AID CDAT CN CRDT CTDT DA DCOM DEP DRDT EDAT FPS IS ISBN JID LAD LID LR MHDA OWN PB PHST PL "
    "PMCR PS PST PUBM SB SO STAT".split()
)
"""Tags that are read, or that concern the record and not the work."""
_UNPRINTED = tuple(
    "AB AD AUID CI CIN COI COIS CON CRF DDIN DDIO DRIN ECF FIR GN GR GS IR IRAD MH MID NM OAB "
    "OABL OCI OID ORI OT OTO PUBS RF RN RPF RPI RRF SFM SI SPIN UIN UOF".split()
)
"""Tags of what no reference has, such as the abstract."""


def read_nbib(text: str, name: str, problems: list[Problem]) -> list[RawEntry]:
    """Read every record; report a file that has none."""
    records = _records(text)
    if not records and text.strip():
        message = "the file is not in PubMed format: no record begins with PMID"
        hint = "export it again from PubMed: Send to > Citation manager"
        problems.append(Problem("CIT003", Span(name, 1), message, hint))
    return with_own_keys([_entry(record, Span(name, record.line)) for record in records])


def _records(text: str) -> list[Record]:
    """Split into records: each begins with `PMID`, or with `OWN` in exports of ERIC."""
    records: list[list[TaggedField]] = []
    fresh = True
    for field in read_fields(text, _TAG):
        if field is None:
            fresh = True
            continue
        begins = field.tag == "PMID" or (fresh and field.tag == "OWN")
        if begins or not records:
            records.append([])
        records[-1].append(field)
        fresh = False
    found = map(Record, records)
    return [record for record in found if record.first("PMID", "OWN", "TI", "BTI")]


def _entry(record: Record, span: Span) -> RawEntry:
    kinds = record.values("PT")
    kind = next((_TYPES[theirs] for theirs in kinds if theirs in _TYPES), "article-journal")
    csl: dict[str, Any] = {"type": kind}
    for variable, tags in _TEXTS.items():
        if value := record.first(*tags):
            csl[variable] = value
    csl.update(_titles(record, csl))
    csl.update(_identifiers(record))
    csl.update(_people(record))
    if pages := record.first("PG") or _article_number(record):
        csl["page"] = full_last_page(parse_pages(pages))
    if date := record.first("DP", "DEP"):
        csl["issued"] = loose_date(re.sub(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", date))
    if language := record.first("LA"):
        csl["language"] = _LANGUAGES.get(language.lower(), language)
    evidence = next((ours for theirs, ours in _EVIDENCE.items() if theirs in kinds), "")
    key = f"pmid{csl['PMID']}" if csl.get("PMID") else ""
    lines = {field.tag.lower(): field.line for field in record.all("PMID", "PMC")}
    lines["pmcid"] = lines.get("pmc", span.line)
    lines["doi"] = next((f.line for f in record.all("LID", "AID") if "[doi]" in f.value), span.line)
    standing = _standing(record, kinds)
    record.all(*_READ)
    unread = record.unread(_UNPRINTED)
    return RawEntry(key, csl, span, evidence, lines, unread, standing)


def _titles(record: Record, csl: dict[str, Any]) -> dict[str, Any]:
    """Return titles and publisher; a chapter has its book's title, and no journal."""
    title, book = record.first("TI"), record.first("BTI")
    titles = {"title": title or book}
    if csl["type"] == "article-journal" and not csl.get("container-title") and book:
        csl["type"] = "chapter" if title else "book"
    if csl["type"] == "chapter":
        titles["container-title"] = book or csl.get("container-title", "")
    if csl["type"] in {"chapter", "book", "report", "thesis"}:
        titles["publisher"] = record.first("PB") or ("" if book else csl.get("container-title", ""))
        titles["publisher-place"] = record.first("PL")
        csl.pop("container-title", None)
        csl.pop("container-title-short", None)
    elif csl["type"] == "article":
        titles["publisher"] = record.first("PB") or csl.pop("container-title", "")
    title = re.sub(r"(?<!\.)\.$", "", titles["title"])
    titles["title"] = title[1:-1].rstrip(".") if re.fullmatch(r"\[.*\]", title) else title
    return {variable: value for variable, value in titles.items() if value}


def _identifiers(record: Record) -> dict[str, str]:
    found = {}
    for value in record.values("AID", "LID"):
        if (doi := re.match(r"(\S+) \[doi\]", value)) and "DOI" not in found:
            found["DOI"] = doi[1]
    numbers = [*record.values("IS"), *record.values("ISBN")]
    for number in numbers:
        digits = number.split()[0]
        kind = "ISSN" if re.fullmatch(r"\d{4}-\d{3}[\dXx]", digits) else "ISBN"
        found.setdefault(kind, digits)
    return found


def _article_number(record: Record) -> str:
    """Return the number that an article has in place of pages: the publisher's item identifier."""
    for value in record.values("LID"):
        if found := re.fullmatch(r"([A-Za-z]{0,3}\d{2,9}) \[pii\]", value):
            return found[1]
    return ""


def _people(record: Record) -> dict[str, list[Name]]:
    """Read the names; the short form `AU` follows the full one, `FAU`, which may be missing."""
    found: dict[str, list[Name]] = {}
    full = ""
    for field in record.all("FAU", "AU", "FED", "ED", "CN"):
        role = "editor" if field.tag in {"FED", "ED"} else "author"
        if field.tag in {"FAU", "FED"}:
            person, full = read_person(field.value), field.tag[1:]
        elif field.tag == full:
            full = ""
            continue
        else:
            person = {"literal": field.value} if field.tag == "CN" else read_initials(field.value)
        found.setdefault(role, []).append(person)
    return {role: [person for person in people if person] for role, people in found.items()}


def _standing(record: Record, kinds: list[str]) -> Standing | None:
    for kind, tags in _STANDINGS.items():
        if notices := record.values(*tags):
            return Standing(kind, notices[0] if kind == "comment" else "; ".join(notices))
    found = (Standing(_TYPES_OF_STANDING[k]) for k in kinds if k in _TYPES_OF_STANDING)
    return next(found, None)

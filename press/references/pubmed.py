"""PubMed's export format (`.nbib`), read as entries.

In: the text of a `.nbib` file. Out: `RawEntry`s in file order, and the problems found.
This module owns nbib. It must not know the other formats, nor any citation style. An entry's
key is `pmid` and its PMID, as in `@pmid22784486`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from press.core.problems import Problem, Span
from press.references.csl_data import RawEntry, full_last_page, loose_date, parse_pages

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
_TEXTS = {
    "title": "title",
    "container-title": "journal",
    "container-title-short": "journal_abbreviated",
    "volume": "journal_volume",
    "issue": "journal_issue",
    "DOI": "doi",
    "PMID": "pubmed_id",
}
_HAS_PARSER = re.compile(r"^[A-Z]{2,4} *- ")


def read_nbib(text: str, name: str, problems: list[Problem]) -> list[RawEntry]:
    """Read every valid record, and report each of the others as a problem."""
    import nbib

    entries = []
    for line, record in _records(text):
        try:
            found = nbib.read(record + "\n\n")
        except Exception as error:  # noqa: BLE001 - whatever nbib fails on is in the file
            message = f"the record cannot be read: {str(error) or type(error).__name__}"
            hint = "export it again from PubMed: Send to > Citation manager"
            problems.append(Problem("CIT003", Span(name, line), message, hint))
            continue
        entries += [_entry(fields, record, Span(name, line)) for fields in found]
    if not entries and text.strip() and not any(p.span.path == name for p in problems):
        message = "the file is not in PubMed format: no record begins with PMID"
        hint = "export it again from PubMed: Send to > Citation manager"
        problems.append(Problem("CIT003", Span(name, 1), message, hint))
    return entries


# Fields that are not printed; nbib fails on dates in them that it cannot read.
_USELESS = re.compile(r"^(?:PHST|DEP |LR  |CRDT|EDAT|MHDA|DCOM|IS  |AUID|SI  )")


def _records(text: str) -> list[tuple[int, str]]:
    records: list[tuple[int, str]] = []
    lines: list[str] = []
    start, skipping = 0, False
    for number, line in enumerate([*text.split("\n"), ""], 1):
        begins = line.startswith("PMID")
        if lines and (begins or not line.strip()):
            records.append((start, "\n".join(lines)))
            lines = []
        if not line.strip() or (not lines and not _HAS_PARSER.match(line)):
            continue
        start = start if lines else number
        if _HAS_PARSER.match(line):
            skipping = _USELESS.match(line) is not None
        if not skipping:
            lines.append(line)
        if not lines:  # the record begins with a skipped line
            start = number
    return records


def _entry(fields: Mapping[str, Any], record: str, span: Span) -> RawEntry:
    csl: dict[str, Any] = {"type": "article-journal"}
    for variable, name in _TEXTS.items():
        if fields.get(name):
            csl[variable] = str(fields[name]).strip()
    csl["title"] = re.sub(r"(?<!\.)\.$", "", csl.get("title", "")).strip("[]")
    if doi := re.search(r"^(?:AID|LID) *- (10\.\S+) \[doi\]", record, re.MULTILINE):
        csl["DOI"] = doi[1]
    if pmcid := re.search(r"^PMC *- (PMC\d+)", record, re.MULTILINE):
        csl["PMCID"] = pmcid[1]
    if fields.get("pages"):
        csl["page"] = full_last_page(parse_pages(str(fields["pages"])))
    if date := loose_date(str(fields.get("publication_date", ""))):
        csl["issued"] = date
    people = [_person(person) for person in fields.get("authors", ())]
    if fields.get("corporate_author"):
        people.append({"literal": str(fields["corporate_author"])})
    if people:
        csl["author"] = people
    kinds = {str(kind) for kind in fields.get("publication_types", ())}
    evidence = next((ours for theirs, ours in _EVIDENCE.items() if theirs in kinds), "")
    key = f"pmid{csl['PMID']}" if csl.get("PMID") else ""
    return RawEntry(key, csl, span, evidence)


def _person(person: Mapping[str, Any]) -> dict[str, str]:
    if person.get("last_name"):
        return {"family": str(person["last_name"]), "given": str(person.get("first_name", ""))}
    return {"literal": str(person.get("author", ""))}

"""BibTeX and BibLaTeX, read as CSL-JSON.

In: the text of a `.bib` file. Out: `RawEntry`s in file order, and the problems found.
This module owns bibtexparser. It must not know the other formats, nor any citation style.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from press.core.months import MONTHS, month_number
from press.core.problems import Problem, Span
from press.references.bibtex_names import read_names
from press.references.csl_data import RawEntry, date_parts, parse_pages
from press.references.latex import sentence_case, to_text

logging.getLogger("bibtexparser").addHandler(logging.NullHandler())  # failures become problems

_TYPES = {
    "article": "article-journal", "periodical": "article-journal", "review": "review",
    "book": "book", "mvbook": "book", "collection": "book", "mvcollection": "book",
    "proceedings": "book", "mvproceedings": "book", "manual": "book", "reference": "book",
    "mvreference": "book", "booklet": "pamphlet", "inbook": "chapter", "bookinbook": "chapter",
    "suppbook": "chapter", "incollection": "chapter", "suppcollection": "chapter",
    "inreference": "entry-encyclopedia", "inproceedings": "paper-conference",
    "conference": "paper-conference", "phdthesis": "thesis", "mastersthesis": "thesis",
    "thesis": "thesis", "techreport": "report", "report": "report", "online": "webpage",
    "electronic": "webpage", "www": "webpage", "dataset": "dataset", "software": "software",
    "patent": "patent", "unpublished": "manuscript", "misc": "document", "letter":
    "personal_communication", "standard": "standard", "legislation": "legislation",
    "jurisdiction": "legal_case", "video": "motion_picture", "movie": "motion_picture",
    "audio": "song", "music": "song", "image": "graphic", "artwork": "graphic",
}  # fmt: skip
_GENRES = {
    "phdthesis": "PhD thesis", "phdthesis-type": "PhD thesis", "mathesis": "Master’s thesis",
    "mastersthesis": "Master’s thesis", "techreport": "", "resreport": "Research report",
    "candthesis": "Candidate thesis",
}  # fmt: skip
_PLAIN = {  # CSL variable: the BibTeX fields that may hold it, first one wins
    "container-title-short": ("shortjournal",),
    "collection-title": ("series",),
    "publisher": ("publisher", "institution", "school", "organization", "howpublished"),
    "publisher-place": ("location", "address"),
    "event-title": ("eventtitle",),
    "event-place": ("venue",),
    "volume": ("volume",),
    "number-of-volumes": ("volumes",),
    "number-of-pages": ("pagetotal",),
    "chapter-number": ("chapter",),
    "edition": ("edition",),
    "version": ("version",),
    "status": ("pubstate",),
    "note": ("note", "addendum", "annotation"),
    "language": ("langid",),
    "PMID": ("pmid",),
    "PMCID": ("pmcid",),
    "ISBN": ("isbn",),
    "ISSN": ("issn",),
    "title-short": ("shorttitle",),
    "medium": ("entrysubtype",),
}
_NAMES = {"author": "author", "editor": "editor", "translator": "translator",
          "bookauthor": "container-author"}  # fmt: skip
_MONTHS = [name[:3].lower() for name in MONTHS]
"""The month macros that every BibTeX style defines."""
_ENGLISH = ("en", "american", "british", "usenglish", "ukenglish", "australian", "canadian")
_PREPRINTS = re.compile(
    r"arxiv|(med|bio|chem|psyar)\w*xiv|research square|ssrn|preprint", re.IGNORECASE
)


def read_bibtex(text: str, name: str, problems: list[Problem]) -> list[RawEntry]:
    """Read every valid entry, and report each of the others as a problem."""
    from bibtexparser import model
    from bibtexparser.entrypoint import parse_string

    try:
        library = parse_string(text, parse_stack=[])
    except Exception as error:  # noqa: BLE001 - whatever the parser fails on is in the file
        problems.append(_broken(name, 0, f"the file cannot be read: {error}"))
        return []
    strings = {month: month for month in _MONTHS}
    for string in library.strings:
        strings[string.key.lower()] = _value(str(string.value), strings)
    blocks = list(library.entries)
    for failed in library.failed_blocks:
        line = (failed.start_line or 0) + 1
        if isinstance(failed, model.DuplicateBlockKeyBlock):
            if isinstance(failed.ignore_error_block, model.Entry):
                blocks.append(failed.ignore_error_block)
        elif isinstance(failed, model.DuplicateFieldKeyBlock):
            keys = ", ".join(f"`{key}`" for key in sorted(failed.duplicate_keys))
            message = f"the entry gives {keys} more than once"
            problems.append(_broken(name, line, message, "keep only one"))
        else:
            reason = getattr(failed.error, "abort_reason", "") or str(failed.error)
            problems.append(_failed(name, line, failed.raw or "", reason))
    fields = {
        entry.key: {f.key.lower(): _value(str(f.value), strings) for f in entry.fields}
        for entry in reversed(blocks)
    }
    entries = []
    for entry in sorted(blocks, key=lambda block: block.start_line or 0):
        own = {f.key.lower(): _value(str(f.value), strings) for f in entry.fields}
        parent = fields.get(own.get("crossref", ""), {})
        lines = {f.key.lower(): (f.start_line or 0) + 1 for f in entry.fields}
        span = Span(name, (entry.start_line or 0) + 1)
        csl = to_csl(entry.entry_type.lower(), _inherit(own, parent))
        evidence = to_text(own.get("evidence", ""))
        entries.append(RawEntry(entry.key, csl, span, evidence, lines))
    return entries


def _broken(name: str, line: int, message: str, hint: str = "") -> Problem:
    hint = hint or "check the braces, quotation marks, and commas of its entries"
    return Problem("CIT003", Span(name, line), message, hint)


def _failed(name: str, line: int, raw: str, reason: str) -> Problem:
    first = raw.strip().splitlines()[0][:60] if raw.strip() else ""
    hint = "check that every { has a }, that every field has an =, and that commas separate fields"
    reason = " ".join(reason.split())
    return _broken(name, line, f"the entry `{first}` cannot be read: {reason}", hint)


def _value(source: str, strings: Mapping[str, str]) -> str:
    """Remove quotes and braces, join the parts at `#`, and expand the names of strings."""
    out, depth, start, quoted = [], 0, 0, False
    pieces = []
    for place, character in enumerate(source):
        if character in "{}" and source[place - 1 : place] != "\\":
            depth += 1 if character == "{" else -1
        elif character == '"' and not depth:
            quoted = not quoted
        elif character == "#" and not depth and not quoted:
            pieces.append(source[start:place])
            start = place + 1
    pieces.append(source[start:])
    for piece in (piece.strip() for piece in pieces):
        if len(piece) > 1 and piece[0] + piece[-1] in {"{}", '""'}:
            out.append(piece[1:-1])
        else:
            out.append(strings.get(piece.lower(), piece))
    return "".join(out)


def _inherit(own: dict[str, str], parent: Mapping[str, str]) -> dict[str, str]:
    if not parent:
        return own
    given = dict(parent)
    if "title" in given:
        given.setdefault("booktitle", given.pop("title"))
    return {**{k: v for k, v in given.items() if k not in {"author", "shorttitle"}}, **own}


def to_csl(kind: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Map one entry's fields, as written in the file, to a CSL-JSON item."""
    csl: dict[str, Any] = {"type": _type(kind, fields)}
    for variable, names in _PLAIN.items():
        value = next((fields[name] for name in names if fields.get(name)), "")
        if value:
            csl[variable] = to_text(value)
    for field, variable in _NAMES.items():
        names_ = read_names(fields.get(field, ""), useprefix=_useprefix(fields))
        if names_:
            csl[variable] = names_
    csl.update(_titles(fields, csl["type"]))
    csl.update(_dates(fields))
    csl.update(_numbers(kind, fields))
    csl.update(_links(fields))
    if csl["type"] == "article" and not csl.get("publisher") and fields.get("eprinttype"):
        csl["publisher"] = to_text(fields["eprinttype"])
    return csl


def _useprefix(fields: Mapping[str, str]) -> bool:
    return "useprefix=false" not in fields.get("options", "").replace(" ", "").lower()


def _type(kind: str, fields: Mapping[str, str]) -> str:
    csl_type = _TYPES.get(kind, "document")
    if kind == "article" and fields.get("entrysubtype") in {"magazine", "newspaper"}:
        return f"article-{fields['entrysubtype']}"
    if csl_type == "document":
        where = " ".join(
            fields.get(name, "")
            for name in ("publisher", "howpublished", "eprinttype", "archiveprefix", "note")
        )
        if _PREPRINTS.search(where):
            return "article"
        if fields.get("url"):
            return "webpage"
    return csl_type


def _titles(fields: Mapping[str, str], csl_type: str) -> dict[str, str]:
    language = (fields.get("langid") or fields.get("language") or "english").strip().lower()
    fix = sentence_case if language.startswith(_ENGLISH) else str

    def joined(main: str, sub: str) -> str:
        parts = [to_text(fields[name], title=True) for name in (main, sub) if fields.get(name)]
        separator = " " if parts and parts[0][-1:] in ".?!:" else ": "
        return fix(separator.join(parts))

    titles = {"title": joined("title", "subtitle")}
    book = joined("booktitle", "booksubtitle")
    journal = to_text(fields.get("journaltitle") or fields.get("journal") or "")
    if journal and fields.get("journalsubtitle"):
        journal += ": " + to_text(fields["journalsubtitle"])
    titles["container-title"] = book or journal or joined("maintitle", "mainsubtitle")
    if fields.get("maintitle") and csl_type == "book":
        titles["volume-title"], titles["title"] = titles["title"], joined("maintitle", "")
    main, colon, _ = titles["title"].partition(": ")
    if colon and main.count("<") == main.count("</") * 2 and not fields.get("shorttitle"):
        titles["title-short"] = main
    return {variable: title for variable, title in titles.items() if title}


def _dates(fields: Mapping[str, str]) -> dict[str, Any]:
    dates: dict[str, Any] = {}
    issued = date_parts(fields.get("date", ""))
    if not issued and fields.get("year"):
        issued = date_parts(_year_month_day(fields)) or {"literal": to_text(fields["year"])}
    if issued:
        dates["issued"] = issued
    for field, variable in (
        ("urldate", "accessed"), ("eventdate", "event-date"), ("origdate", "original-date"),
    ):  # fmt: skip
        if parsed := date_parts(fields.get(field, "")):
            dates[variable] = parsed
    return dates


def _year_month_day(fields: Mapping[str, str]) -> str:
    year = to_text(fields["year"])
    month = to_text(fields.get("month", "")).lower().strip(". ")
    month = str(month_number(month[:3]) or month)
    if not re.fullmatch(r"\d{4}", year) or not re.fullmatch(r"0?[1-9]|1[0-2]", month):
        return year
    day = fields.get("day", "").strip()
    tail = f"-{int(day):02}" if re.fullmatch(r"[0-3]?\d", day) else ""
    return f"{year}-{int(month):02}{tail}"


def _numbers(kind: str, fields: Mapping[str, str]) -> dict[str, str]:
    numbers: dict[str, str] = {}
    if pages := parse_pages(to_text(fields.get("pages", ""))):
        numbers["page"] = pages
    number, issue = to_text(fields.get("number", "")), to_text(fields.get("issue", ""))
    if kind in {"article", "periodical", "suppperiodical", "review"}:
        both = ", ".join(part for part in (number, issue) if part)
        numbers.update({"issue": both} if both else {})
    elif number:
        is_series = kind in {"book", "collection", "proceedings", "incollection",
                             "inproceedings", "inbook"}  # fmt: skip
        numbers["collection-number" if is_series else "number"] = number
    if fields.get("eid") and "page" not in numbers:
        numbers["page"] = to_text(fields["eid"])
    genre = to_text(fields.get("type", "")) or _GENRES.get(kind, "")
    if genre:
        numbers["genre"] = _GENRES.get(genre.lower(), genre)
    return numbers


def _links(fields: Mapping[str, str]) -> dict[str, str]:
    links: dict[str, str] = {}
    if fields.get("doi"):
        links["DOI"] = _verbatim(fields["doi"])
    if fields.get("url"):
        links["URL"] = _verbatim(fields["url"])
    kind = (fields.get("eprinttype") or fields.get("archiveprefix") or "").strip().lower()
    eprint = _verbatim(fields.get("eprint", ""))
    if eprint and kind in {"pubmed", "pmid"}:
        links["PMID"] = eprint
    elif eprint and kind in {"pmc", "pmcid"}:
        links["PMCID"] = eprint
    elif eprint and kind == "arxiv":
        links.setdefault("URL", f"https://arxiv.org/abs/{eprint}")
        links["number"] = f"arXiv:{eprint}"
    return links


def _verbatim(value: str) -> str:
    """Remove the TeX escapes that many exporters put into addresses."""
    value = re.sub(r"\\url\{([^{}]*)\}", r"\1", value)
    value = re.sub(r"\\([&%$#_~{}])", r"\1", value)
    return re.sub(r"^\{(.*)\}$", r"\1", value.strip()).strip()

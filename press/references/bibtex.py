"""BibTeX and BibLaTeX, read as CSL-JSON.

In: the text of a `.bib` file. Out: `RawEntry`s in file order, and the problems found.
This module owns bibtexparser. It must not know the other formats, nor any citation style.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

from press.core.months import MONTHS, month_number
from press.core.problems import Problem, Span
from press.references.bibtex_names import read_names
from press.references.csl_data import (
    SHOWN,
    RawEntry,
    date_parts,
    loose_date,
    parse_pages,
    written_date,
)
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
    "container-title-short": (
        "shortjournal",
        "journalabbreviation",
        "journal-iso",
        "journal_iso",
        "abbrev_source_title",
        "journal-abbrev",
        "abbrvjournal",
    ),
    "collection-title": ("series",),
    "publisher": ("publisher", "institution", "school", "holder", "organization", "howpublished"),
    "publisher-place": ("location", "address"),
    "event-title": ("eventtitle", "conference", "eventname"),
    "event-place": ("venue",),
    "volume": ("volume",),
    "volume-title": ("volumetitle",),
    "part-number": ("part",),
    "number-of-volumes": ("volumes",),
    "number-of-pages": ("pagetotal", "numpages"),
    "chapter-number": ("chapter",),
    "edition": ("edition",),
    "version": ("version",),
    "status": ("pubstate",),
    "language": ("langid",),
    "PMID": ("pmid", "pubmed_id", "pubmedid"),
    "PMCID": ("pmcid", "pmc"),
    "ISBN": ("isbn",),
    "ISSN": ("issn",),
    "title-short": ("shorttitle",),
    "medium": ("entrysubtype",),
    "original-title": ("origtitle",),
    "original-publisher": ("origpublisher",),
    "original-publisher-place": ("origlocation",),
    "jurisdiction": ("jurisdiction",),
}
_ARTICLE_NUMBERS = ("eid", "article-number", "articleno", "art_number", "article_number")
_ACCESSED = ("urldate", "lastchecked", "lastaccessed", "accessed", "accessdate", "access-date",
             "urlaccessdate", "date-accessed", "visited")  # fmt: skip
_OTHER_DATES = (
    *((name, "accessed") for name in _ACCESSED),
    ("eventdate", "event-date"), ("origdate", "original-date"), ("origyear", "original-date"),
)  # fmt: skip
_ADDRESSES = ("url", "link", "bdsk-url-1", "website", "ee", "weblink")
_DOIS = ("doi", "bdsk-doi")
_READ = frozenset(
    "addendum archiveprefix author bookauthor booksubtitle booktitle crossref date day editor "
    "entrysubtype eprint eprintclass eprinttype eventdate evidence fjournal howpublished "
    "hyphenation ids isbn issn issue journal journalsubtitle journaltitle langid language "
    "mainsubtitle maintitle month note number numpages options origdate origyear pages "
    "primaryclass related subtitle title translator type urldate xref year".split()
)
"""Other fields that are read."""
_UNPRINTED = frozenset(
    "abstract affiliation affiliations annotation annote author_keywords bibsource biburl coden "
    "collaboration copyright correspondence_address1 date-added date-modified date_added doc- "
    "delivery-number document_type editortype file gender groups issuetitle keyword keywords "
    "month_numeric nameaddon number-of-cited-references owner presort publication_stage rating "
    "read references references1 sortkey sortname sorttitle source times-cited timestamp "
    "type_of_source unique-id".split()
)
"""Fields that no reference has."""
_NAMES = {"author": "author", "editor": "editor", "translator": "translator",
          "bookauthor": "container-author"}  # fmt: skip
_USED = frozenset().union(
    *_PLAIN.values(), _ADDRESSES, _DOIS, _ACCESSED, _ARTICLE_NUMBERS, _NAMES, _READ
)
_MONTHS = [name[:3].lower() for name in MONTHS]
"""The month macros that every BibTeX style defines."""
_ENGLISH = ("en", "american", "british", "usenglish", "ukenglish", "australian", "canadian")
_PREPRINTS = re.compile(
    r"arxiv|(med|bio|chem|psyar)\w*xiv|research square|ssrn|preprint", re.IGNORECASE
)


_HIDDEN = "\ue000"
"""Stands for an equals sign in a key, at which the parser would stop."""
_KEY_WITH_SIGN = re.compile(r"(?m)^[^\S\n]*@\s*\w+\s*\{\s*[^\s,{}\"=]+=[^\s,{}\"]*(?=\s*,)")


def _hide(found: re.Match[str]) -> str:
    return found[0].replace("=", _HIDDEN)


def read_bibtex(text: str, name: str, problems: list[Problem]) -> list[RawEntry]:
    """Read every valid entry, and report each of the others as a problem."""
    from bibtexparser import model
    from bibtexparser.entrypoint import parse_string

    try:
        library = parse_string(_KEY_WITH_SIGN.sub(_hide, text), parse_stack=[])
    except Exception as error:  # noqa: BLE001 - whatever the parser fails on is in the file
        problems.append(_broken(name, 0, f"the file cannot be read: {error}"))
        return []
    strings = _strings(library.strings, name, problems)
    blocks = list(library.entries)
    for failed in library.failed_blocks:
        line = (failed.start_line or 0) + 1
        if isinstance(failed, model.DuplicateBlockKeyBlock):
            if isinstance(failed.ignore_error_block, model.Entry):
                blocks.append(failed.ignore_error_block)
        elif isinstance(failed, model.DuplicateFieldKeyBlock):
            problems += _twice(failed.duplicate_keys, Span(name, line))
            if isinstance(failed.ignore_error_block, model.Entry):
                blocks.append(failed.ignore_error_block)
        else:
            reason = getattr(failed.error, "abort_reason", "") or str(failed.error)
            problems.append(_failed(name, line, failed.raw or "", reason))
    blocks.sort(key=lambda block: block.start_line or 0)
    given = _given(blocks, strings, name, problems)
    blocks = [entry for entry in blocks if id(entry) in given]
    by_key = {entry.key: given[id(entry)] for entry in reversed(blocks)}
    read = ((entry, given[id(entry)]) for entry in blocks)
    return [
        _entry(entry, _inherit(own, by_key.get(own.get("crossref", ""), {})), name)
        for entry, own in read
    ]


def _fields(entry: Any, strings: Mapping[str, str]) -> dict[str, str]:
    """Return the values by field; of a field that is there twice, the first counts."""
    return {f.key.lower(): _value(str(f.value), strings) for f in reversed(entry.fields)}


def _entry(entry: Any, own: Mapping[str, str], name: str) -> RawEntry:
    lines = {f.key.lower(): (f.start_line or 0) + 1 for f in reversed(entry.fields)}
    span = Span(name, (entry.start_line or 0) + 1)
    key = entry.key.replace(_HIDDEN, "=")
    csl = to_csl(entry.entry_type.lower(), own)
    unread = tuple(
        field if field in _UNPRINTED else f"{field} ({value[:SHOWN]})"
        for field, value in own.items()
        if value and field not in _USED
    )
    also = tuple(key.strip() for key in own.get("ids", "").split(",") if key.strip())
    return RawEntry(key, csl, span, to_text(own.get("evidence", "")), lines, unread, also=also)


def _twice(keys: Iterable[str], span: Span) -> list[Problem]:
    """Report fields that one entry gives twice, except those that are never printed."""
    printed = sorted(key for key in keys if key.lower() not in _UNPRINTED)
    if not printed:
        return []
    said = ", ".join(f"`{key}`" for key in printed)
    message = f"the entry gives {said} more than once; only the first is printed"
    return [Problem("CIT013", span, message, "keep only one")]


def _given(
    blocks: Iterable[Any], strings: Mapping[str, str], name: str, problems: list[Problem]
) -> dict[int, dict[str, str]]:
    """Return the fields of each entry, by its identity, without those that are too long."""
    given: dict[int, dict[str, str]] = {}
    for entry in blocks:
        try:
            given[id(entry)] = _fields(entry, strings)
        except _TooLongError as error:
            problems.append(_broken(name, (entry.start_line or 0) + 1, str(error), _SHORTER))
    return given


def _strings(blocks: Iterable[Any], name: str, problems: list[Problem]) -> dict[str, str]:
    """Return the text of each name that `@string` defines, and of the months."""
    strings = {month: month for month in _MONTHS}
    for string in blocks:
        try:
            strings[string.key.lower()] = _value(str(string.value), strings)
        except _TooLongError as error:
            problems.append(_broken(name, (string.start_line or 0) + 1, str(error), _SHORTER))
    return strings


def _broken(name: str, line: int, message: str, hint: str = "") -> Problem:
    hint = hint or "check the braces, quotation marks, and commas of its entries"
    return Problem("CIT003", Span(name, line), message, hint)


def _failed(name: str, line: int, raw: str, reason: str) -> Problem:
    first = raw.strip().splitlines()[0][:60] if raw.strip() else ""
    hint = "check that every { has a }, that every field has an =, and that commas separate fields"
    reason = " ".join(reason.split())
    return _broken(name, line, f"the entry `{first}` cannot be read: {reason}", hint)


_LONGEST = 100_000
_SHORTER = "write the words themselves instead of names of @string"


class _TooLongError(Exception):
    """Names of `@string` that unfold to more than any reference has."""


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
    length = 0
    for piece in (piece.strip() for piece in pieces):
        if len(piece) > 1 and piece[0] + piece[-1] in {"{}", '""'}:
            out.append(piece[1:-1])
        else:
            out.append(strings.get(piece.lower(), piece))
        length += len(out[-1])
        if length > _LONGEST and len(pieces) > 1:
            raise _TooLongError(f"a value unfolds to more than {_LONGEST} characters")
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
    notes = [to_text(fields[name]) for name in ("note", "addendum") if fields.get(name)]
    csl["note"] = "\n".join(notes)
    if fields.get("howpublished") and csl.get("publisher") != (
        how := to_text(fields["howpublished"])
    ):
        csl["note"] = f"{csl['note']}\n{how}".strip()
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
        if any(fields.get(name) for name in _ADDRESSES) or "http" in where:
            return "webpage"
    if kind == "inbook" and not fields.get("booktitle") and not fields.get("maintitle"):
        return "book"  # BibTeX's own `inbook` has the title of the book
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
    names = ("fjournal", "journaltitle", "journal")
    journal = to_text(next((fields[name] for name in names if fields.get(name)), ""))
    if fields.get("fjournal") and fields.get("journal"):
        titles["container-title-short"] = to_text(fields["journal"])
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
    issued = date_parts(fields.get("date", "")) or loose_date(to_text(fields.get("date", "")))
    if not issued and fields.get("year"):
        issued = date_parts(_year_month_day(fields)) or {"literal": to_text(fields["year"])}
    if issued:
        dates["issued"] = issued
    for field, variable in _OTHER_DATES:
        text = to_text(fields.get(field, ""))
        if text and variable not in dates:
            dates[variable] = date_parts(text) or written_date(text) or {"literal": text}
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
    number = next((fields[name] for name in _ARTICLE_NUMBERS if fields.get(name)), "")
    if number and "page" not in numbers:
        numbers["page"] = to_text(number)
    genre = to_text(fields.get("type", "")) or _GENRES.get(kind, "")
    if genre and kind not in {"article", "review", "incollection", "inproceedings", "book"}:
        numbers["genre"] = _GENRES.get(genre.lower(), genre)
    return numbers


def _links(fields: Mapping[str, str]) -> dict[str, str]:
    links: dict[str, str] = {}
    for variable, names in (("DOI", _DOIS), ("URL", _ADDRESSES)):
        if value := next((fields[name] for name in names if fields.get(name)), ""):
            links[variable] = _verbatim(value)
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
    value = re.sub(r"\\(?:url|nolinkurl|path)\s*\{([^{}]*)\}", r"\1", value)
    value = re.sub(r"\\(?:textasciitilde|~)(?:\{\})?", "~", value)
    value = re.sub(r"\{?\\([&%$#_])\}?|\{([&%$#_])\}", r"\1\2", value)
    value = re.sub(r"\\([&%$#_~{}])", r"\1", value)
    return re.sub(r"^\{(.*)\}$", r"\1", value.strip()).strip()

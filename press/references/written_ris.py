"""One entry in RIS.

In: an entry in CSL-JSON. Out: its text. What is written is read again as the same entry, apart from
variables without a tag. This module must not know the other formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from press.references.csl_data import date_text, people_of

_TYPES = {
    "article-journal": "JOUR", "article-magazine": "MGZN", "article-newspaper": "NEWS",
    "article": "PREPRINT", "bill": "BILL", "book": "BOOK", "chapter": "CHAP", "classic": "CLSWK",
    "dataset": "DATA", "entry-dictionary": "DICT", "entry-encyclopedia": "ENCYC",
    "graphic": "FIGURE", "hearing": "HEAR", "legal_case": "CASE", "legislation": "STAT",
    "manuscript": "UNPB", "map": "MAP", "motion_picture": "VIDEO", "pamphlet": "PAMP",
    "paper-conference": "CPAPER", "patent": "PAT", "personal_communication": "PCOMM",
    "post-weblog": "BLOG", "report": "RPRT", "software": "COMP", "song": "SOUND",
    "speech": "SLIDE", "standard": "STAND", "thesis": "THES", "webpage": "ELEC",
}  # fmt: skip
_JOURNALS = ("JOUR", "MGZN", "NEWS", "PREPRINT")
_IN_BOOKS = ("CHAP", "CPAPER", "DICT", "ENCYC")
_TAGS = {
    "title": "TI", "title-short": "ST", "volume": "VL", "number-of-volumes": "NV",
    "publisher": "PB", "publisher-place": "CY", "language": "LA", "original-title": "OP",
    "DOI": "DO", "URL": "UR", "PMID": "AN", "PMCID": "C2",
}  # fmt: skip
RIS_VARIABLES = frozenset((
    *_TAGS, "id", "type", "author", "editor", "translator", "container-title", "issued", "accessed",
    "container-title-short", "collection-title", "issue", "page", "edition", "number", "genre",
    "collection-number", "ISBN", "ISSN", "note", "number-of-pages", "chapter-number",
))  # fmt: skip
"""The variables that RIS can express."""


def to_ris(item: Mapping[str, Any]) -> str:
    """Return an entry as it is written in a `.ris` file, with a line break at its end."""
    kind = _TYPES.get(str(item.get("type")), "GEN")
    lines = [("TY", kind), ("ID", str(item["id"])), *_lines(item, kind), ("ER", "")]
    return "".join(f"{tag}  - {_plain(text)}\n" for tag, text in lines if text or tag == "ER")


def _lines(item: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str]]:
    for role, tag in (("author", "AU"), ("editor", "ED"), ("translator", "A4")):
        for person in people_of(item.get(role)):
            yield tag, _name(person)
    for variable, tag in _TAGS.items():
        yield tag, str(item.get(variable) or "")
    book = "C3" if kind == "CPAPER" else "T2"
    yield book, str(item.get("container-title") or "")
    series = "T2" if kind not in (*_IN_BOOKS, *_JOURNALS, "GEN") else "T3"
    yield series, str(item.get("collection-title") or "")
    yield "JA", str(item.get("container-title-short") or "")
    yield from _numbers(item, kind)
    if issued := item.get("issued"):
        text = date_text(issued)
        yield "PY", text[:4] if re.match(r"\d{4}\b", text) else text
        if re.fullmatch(r"\d{4}-\d\d(-\d\d)?", text):
            yield "DA", text.replace("-", "/")
    yield "Y2", date_text(item.get("accessed") or {}).replace("-", "/")
    for line in str(item.get("note") or "").splitlines():
        yield "N1", line


def _numbers(item: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str]]:
    pages = str(item.get("page") or item.get("number-of-pages") or "")
    first, _, last = pages.partition("-") if re.fullmatch(r"\w+-\w+", pages) else (pages, "", "")
    yield "SP", first
    yield "EP", last
    yield "IS", str(item.get("issue") or "")
    yield "M1", str(item.get("collection-number") or item.get("number") or "")
    yield "SE", str(item.get("chapter-number") or "") if kind in _IN_BOOKS else ""
    yield "ET", str(item.get("edition") or "") if kind not in _JOURNALS else ""
    yield "M3", str(item.get("genre") or "") if kind not in _JOURNALS else ""
    yield "SN", str(item.get("ISBN") or item.get("ISSN") or "")


def _name(person: Mapping[str, Any]) -> str:
    if literal := str(person.get("literal") or ""):
        return "et al." if literal == "others" else literal
    particle = person.get("non-dropping-particle") or person.get("dropping-particle") or ""
    family = f"{particle} {person.get('family') or ''}".strip()
    parts = [family, str(person.get("given") or ""), str(person.get("suffix") or "")]
    return ", ".join(part for part in parts if part)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"</?(?:i|b|sup|sub|span)\b[^<>]*>", "", text).split())

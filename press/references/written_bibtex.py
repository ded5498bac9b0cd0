"""One entry in BibTeX, with the fields of BibLaTeX.

In: an entry in CSL-JSON. Out: its text. What is written is read again as the same entry, apart from
variables without a field. This module must not know the other formats.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from press.references.csl_data import date_text, people_of
from press.references.latex import sentence_case

_TYPES = {
    "article-journal": "article", "article-magazine": "article", "article-newspaper": "article",
    "article": "misc", "book": "book", "chapter": "incollection", "classic": "book",
    "dataset": "dataset", "entry-encyclopedia": "inreference", "entry-dictionary": "inreference",
    "legal_case": "jurisdiction", "legislation": "legislation", "manuscript": "unpublished",
    "motion_picture": "video", "graphic": "image", "song": "audio", "pamphlet": "booklet",
    "paper-conference": "inproceedings", "patent": "patent", "post": "online",
    "post-weblog": "online", "report": "report", "review": "review", "software": "software",
    "standard": "standard", "thesis": "thesis", "webpage": "online",
    "personal_communication": "letter",
}  # fmt: skip
_FIELDS = {  # CSL variable: field
    "title": "title", "container-title": "booktitle", "container-title-short": "shortjournal",
    "collection-title": "series", "collection-number": "number", "edition": "edition",
    "volume": "volume", "volume-title": "volumetitle", "issue": "number", "page": "pages",
    "number": "number", "chapter-number": "chapter", "part-number": "part",
    "number-of-pages": "pagetotal", "number-of-volumes": "volumes", "publisher": "publisher",
    "publisher-place": "location", "genre": "type", "version": "version", "DOI": "doi",
    "URL": "url", "PMID": "pmid", "PMCID": "pmcid", "ISBN": "isbn", "ISSN": "issn",
    "title-short": "shorttitle", "event-title": "eventtitle", "event-place": "venue",
    "original-title": "origtitle", "original-publisher": "origpublisher",
    "original-publisher-place": "origlocation", "jurisdiction": "jurisdiction",
    "language": "langid", "note": "note", "evidence": "evidence", "status": "pubstate",
}  # fmt: skip
_DATES = {"issued": "date", "accessed": "urldate", "event-date": "eventdate",
          "original-date": "origdate"}  # fmt: skip
_PEOPLE = {"author": "author", "editor": "editor", "translator": "translator",
           "container-author": "bookauthor"}  # fmt: skip
BIBTEX_VARIABLES = frozenset((*_FIELDS, *_DATES, *_PEOPLE, "id", "type"))
"""The variables that BibTeX can express."""
_VERBATIM = frozenset(("URL", "DOI", "PMID", "PMCID", "ISBN", "ISSN"))
_JOURNALS = ("article-journal", "article-magazine", "article-newspaper", "review")
_ESCAPES = {
    **{sign: f"\\{sign}" for sign in "&%$#_"}, "\\": r"\textbackslash{}", "{": "(", "}": ")",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\u00a0": "~",
}  # fmt: skip
_TAGS = {"<i>": r"\textit{", "<b>": r"\textbf{", "<sup>": r"\textsuperscript{",
         "<sub>": r"\textsubscript{", '<span class="nocase">': "{",
         '<span style="font-variant:small-caps;">': r"\textsc{"}  # fmt: skip
_TAG = re.compile(r"</?(?:i|b|sup|sub|span)\b[^<>]*>")


def to_bibtex(item: Mapping[str, Any]) -> str:
    """Return an entry as it is written in a `.bib` file, with a line break at its end."""
    kind = str(item.get("type") or "document")
    fields: dict[str, str] = {}
    for variable, value in item.items():
        if variable in _PEOPLE:
            fields[_PEOPLE[variable]] = " and ".join(map(_name, people_of(value)))
        elif variable in _DATES:
            date = date_text(value)
            fields[_DATES[variable]] = date if re.fullmatch(r"[\d/~-]*", date) else to_tex(date)
        elif variable in _FIELDS and isinstance(value, str | int):
            field = "journaltitle" if _is_journal(kind, variable) else _FIELDS[variable]
            text = str(value)
            fields[field] = (
                _address(text) if variable in _VERBATIM else to_tex(text, title=field in _TITLES)
            )
    if kind in _JOURNALS[1:3]:
        fields["entrysubtype"] = kind.removeprefix("article-")
    width = max(map(len, fields), default=0)
    lines = [f"  {field:{width}} = {{{text}}},\n" for field, text in fields.items() if text]
    return f"@{_TYPES.get(kind, 'misc')}{{{item['id']},\n{''.join(lines)}}}\n"


_TITLES = ("title", "booktitle", "journaltitle")


def _is_journal(kind: str, variable: str) -> bool:
    return variable == "container-title" and kind in _JOURNALS


def _name(person: Mapping[str, Any]) -> str:
    if literal := str(person.get("literal") or ""):
        return "others" if literal == "others" else f"{{{to_tex(literal)}}}"
    family, given = str(person.get("family") or ""), str(person.get("given") or "")
    particle = person.get("non-dropping-particle") or person.get("dropping-particle") or ""
    family = to_tex(family)
    if family[:1].islower() or re.search(r",|\sand\s", family):
        family = f"{{{family}}}"  # or its first word would be read as a particle
    family = f"{to_tex(str(particle))} {family}".strip()
    suffix = to_tex(str(person.get("suffix") or ""))
    parts = [family, suffix, to_tex(given)] if suffix else [family, to_tex(given)]
    return ", ".join(parts) if given or suffix else f"{family},"


def _address(text: str) -> str:
    """Return an address without the signs that would end its field."""
    return text.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


def to_tex(text: str, *, title: bool = False) -> str:
    """Translate CSL's rich text to TeX; in a title, braces protect words with inner capitals."""
    tags = _TAG.findall(text)
    if sum(tag in _TAGS for tag in tags) != sum(tag.startswith("</") for tag in tags):
        return _escaped(_TAG.sub("", text), title=title)
    out, place, open_ = [], 0, 0
    for tag in _TAG.finditer(text):
        out.append(_escaped(text[place : tag.start()], title=title and not open_))
        out.append("}" if tag[0].startswith("</") else _TAGS.get(tag[0], ""))
        open_ += -1 if tag[0].startswith("</") else 1
        place = tag.end()
    written = "".join(out) + _escaped(text[place:], title=title)
    # Of a title in title case, readers of BibTeX keep only the capitals in braces.
    return f"{{{written}}}" if title and sentence_case(text) != text else written


def _escaped(text: str, *, title: bool) -> str:
    def word(found: re.Match[str]) -> str:
        plain = "".join(_ESCAPES.get(sign, sign) for sign in found[0])
        shown = re.fullmatch(r"[\w&/-]*[^\W_][A-Z][\w&/-]*", found[0])
        return f"{{{plain}}}" if title and shown else plain

    return re.sub(r"[\w&/-]+|[^\w&/-]+", word, text)

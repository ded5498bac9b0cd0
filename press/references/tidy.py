"""Entries as programs export them, in the form that citation styles expect, whatever the format.

In: the CSL-JSON of one entry, as the reader of a format returns it. Out: the same entry with names
in mixed case, `2` for `Second`, one address, real dates, and what a note says of the work.
This module must not know any one format, nor any citation style.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from press.core.model import Standing, StandingKind
from press.core.problems import Problem, Span
from press.references.csl_data import (
    IN_PRESS,
    RawEntry,
    clean_doi,
    date_parts,
    is_doi,
    loose_date,
    parse_pages,
    written_date,
)
from press.references.people import in_mixed_case, with_suffix

DATES = ("issued", "accessed", "event-date", "original-date", "submitted", "available-date")
_ORDINALS = {
    word: number
    for number, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        1,
    )
}
_EDITION = re.compile(r"(\w+?)(?:st|nd|rd|th|\.|a|e|ª|º|ème)?\.?\s*(?:ed(?:ition|n)?s?\.?)?", re.I)
_IN_PRESS = re.compile(
    r"\(?(?:(?:article )?in[ -]press|inpress|forthcoming|to appear|to be published|"
    r"accepted(?: for publication)?|(?:published )?(?:ahead of print|online first)|im druck|"
    r"sous presse|en prensa|in corso di stampa)\)?\.?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+", re.IGNORECASE)
_ACCESSED = re.compile(
    r"\[?\(?(?:online[;,:]\s*)?(?:date )?(?:last )?"
    r"(?:accessed|access(?:ed)? date|retrieved|visited|checked|viewed|consulted)"
    r"(?:\s+(?:on|at))?\s*:?\s*(?P<date>\w[\w ,./-]*?\d)(?:st|nd|rd|th)?"
    r"(?=[\])\s]*(?:[.;]|from\b|$))[\])]*[.;]?",
    re.IGNORECASE | re.MULTILINE,
)
_AVAILABLE = re.compile(
    r"(?:online\.? )?(?:(?:available|retrieved)(?: \w+)? (?:at|from|via)|available|url|https?)?"
    r"\s*[:,]?\s*$",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"^(?:cited by:? ?\d+|export date:.*|scopus|web of science|tex\.[\w.-]+:.*|"
    r"(?:publisher|number|citation key|page count|query date|\d+ citations)\b.*:.*)[;.]?$",
    re.IGNORECASE | re.MULTILINE,
)
_STANDING_WORDS: tuple[tuple[StandingKind, str], ...] = (
    ("retraction", r"\W*(?:notice of )?retraction(?: notice| note)?(?: to| of| for|:)"),
    ("comment", r"\W*comment in\b"),
    ("concern", r"\W*(?:editorial )?expression of concern\b"),
    ("correction", r"\W*(?:correction|corrigendum|erratum)(?: to| for|:)"),
    ("retracted", r"\W*(?:this (?:article|paper|work|publication) (?:has been|was) )?"
     r"(?:retracted|withdrawn)\b"),
    ("retracted", r"\W*(?:retraction(?: in|:| published)|retracted and republished)"),
    ("corrected", r"\W*(?:corrected\b(?! proof)|erratum in|correction in|corrigendum in|"
     r"correction published|published (?:erratum|correction))"),
)  # fmt: skip
_STANDINGS = [(kind, re.compile(words, re.IGNORECASE)) for kind, words in _STANDING_WORDS]
_TITLE_STANDINGS = ("retracted", "retraction", "concern", "correction")
"""What a title can say by itself: `RETRACTED: Sleep and rest`."""
_AFTER_RETRACTED = re.compile(r"(?: article| paper)?\W*:|\W*\]", re.IGNORECASE)


def tidied(raw: RawEntry, problems: list[Problem]) -> RawEntry:
    """Return an entry in the form that citation styles expect; report what is left out (CIT013)."""
    csl = dict(raw.csl)
    _names(csl)
    for variable in DATES:
        if variable in csl:
            csl[variable] = _date(csl[variable])
    _in_press(csl)
    if edition := str(csl.get("edition") or "").strip():
        csl["edition"] = edition_number(edition)
    if csl.get("type") == "article-journal" and csl.get("number") and not csl.get("page"):
        csl["page"] = str(csl.pop("number"))  # the number of an article, which few styles print
    if isinstance(csl.get("page"), str):
        csl["page"] = parse_pages(csl["page"])
    for variable in ("container-title", "container-title-short"):
        if isinstance(csl.get(variable), str):
            csl[variable] = journal_in_mixed_case(csl[variable])
    csl["note"] = _NOISE.sub("", str(csl.get("note") or "")).strip()
    standing = raw.standing or _standing(csl)
    _accessed(csl)
    others = _addresses(csl)
    if others:
        line = raw.lines.get("url", raw.span.line)
        message = f"entry '{raw.key}' has several addresses; only '{csl['URL']}' is printed"
        hint = f"delete the others: {', '.join(others)}"
        problems.append(Problem("CIT013", Span(raw.span.path, line), message, hint))
    _identifiers(csl)
    csl = {variable: value for variable, value in csl.items() if value not in ("", [], {}, None)}
    return replace(raw, csl=csl, standing=standing)


def _names(csl: dict[str, Any]) -> None:
    for variable, people in csl.items():
        if isinstance(people, list) and people and all(isinstance(p, Mapping) for p in people):
            csl[variable] = [
                with_suffix(person) if _is_plain(person) else person
                for person in in_mixed_case(people)
            ]


def _is_plain(person: Mapping[str, Any]) -> bool:
    return all(isinstance(value, str) for value in person.values())


def _date(value: Any) -> Any:
    """Read a date that a program wrote as text, in any of CSL-JSON's forms for that."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        text = str(value).strip()
    elif isinstance(value, Mapping) and not value.get("date-parts"):
        text = str(value.get("raw") or value.get("literal") or "").strip()
    else:
        return value
    return (date_parts(text) or written_date(text) or _year_first(text)) if text else value


def _year_first(text: str) -> dict[str, Any]:
    return loose_date(text) if re.match(r"\d{4}[\s/]", text) else {"literal": text}


def _in_press(csl: dict[str, Any]) -> None:
    """Write the date of a work in press in one way, wherever its file says so."""
    issued = csl.get("issued")
    literal = str(issued.get("literal", "")) if isinstance(issued, Mapping) else ""
    says_so = [name for name in ("status", "volume", "issue", "page", "note")
               if _IN_PRESS.fullmatch(str(csl.get(name) or "").strip())]  # fmt: skip
    if _IN_PRESS.fullmatch(literal) or (says_so and not issued):
        csl["issued"] = {"literal": IN_PRESS}
    for name in says_so:
        del csl[name]


def edition_number(text: str) -> str:
    """Return `2` for `Second`, `2nd`, `2nd ed.`, or `2. Aufl.`; other words stay as they are."""
    bare = re.sub(r"\s*\b(?:aufl(?:age)?|édition|edición|edizione|wyd)\b\.?", "", text, flags=re.I)
    found = _EDITION.fullmatch(bare.strip())
    if found is None:
        words = re.sub(r"\s+ed(?:ition|n)?\.?$", "", text.strip(), flags=re.IGNORECASE)
        return f"{words} ed" if words != text.strip() else words
    word = found[1].lower()
    if word.isdecimal():
        return str(int(word))
    whole = re.sub(r"\s*ed(?:ition|n)?\.?$", "", bare.strip(), flags=re.IGNORECASE).lower()
    return str(_ORDINALS[whole]) if whole in _ORDINALS else text


_SMALL = frozenset("a an and at by de for in la of on the to und et y e des der die du".split())
_ACRONYMS = frozenset(
    "ACS AIDS AMA BMC BMJ EMBO IEEE ISRN JAMA JMIR NPJ PLOS PNAS UK US USA".split()
)


def journal_in_mixed_case(title: str) -> str:
    """Return `Journal of Sleep Research` for a title of two words or more in capitals."""
    words = title.split()
    long = [word for word in words if len(word) > 4 and word not in _ACRONYMS]
    if len(words) < 2 or not long or not title.isupper():
        return title

    def calmed(found: re.Match[str]) -> str:
        word = found[0]
        if word in _ACRONYMS or not re.search("[AEIOUYÀ-Ý]", word):
            return word
        if word.lower() in _SMALL and found.start():
            return word.lower()
        return word[0] + word[1:].lower()

    return re.sub(r"[^\W\d_]+", calmed, title)


def _standing(csl: dict[str, Any]) -> Standing | None:
    """Find what the title or the notes say of a retraction or correction, and take it out of both.

    A publisher puts `RETRACTED:` before the title of the work itself.
    """
    for line in str(csl["note"]).splitlines():
        said = re.sub(r"<[^<>]*>", "", line).strip()
        for kind, pattern in _STANDINGS:
            if pattern.match(said):
                csl["note"] = csl["note"].replace(line, "").strip()
                return Standing(kind, _notice(said))
    title = re.sub(r"<[^<>]*>", "", str(csl.get("title") or ""))
    for kind, pattern in _STANDINGS:
        if kind in _TITLE_STANDINGS and (found := pattern.match(title)):
            if kind == "retracted" and not _AFTER_RETRACTED.match(title, found.end()):
                continue  # `Withdrawn patients in trials of rest`
            return Standing(kind)
    return None


def _notice(text: str) -> str:
    """Return where a retraction is published; empty if the text only says that there is one."""
    found = re.match(
        r"\W*(?:this (?:article|paper|work|publication) (?:has been|was) )?(?:retracted|withdrawn|"
        r"retraction|corrected|erratum|correction|corrigendum|expression of concern|published)\W*"
        r"(?:(?:article|paper|in|notice|by|published|at|see|erratum|correction)\b\W*)*",
        text,
        re.IGNORECASE,
    )
    return text[found.end() :].strip() if found else text


def _accessed(csl: dict[str, Any]) -> None:
    """Find the date of access in the notes, where BibTeX's users and Wikipedia write it."""
    for variable in ("note", "howpublished", "URL"):
        text = str(csl.get(variable) or "")
        if found := _ACCESSED.search(text):
            date = date_parts(found["date"]) or loose_date(found["date"])
            if "date-parts" in date:
                csl.setdefault("accessed", date)
                csl[variable] = (text[: found.start()] + text[found.end() :]).strip(" \n,;:[]()")


def _addresses(csl: dict[str, Any]) -> list[str]:
    """Keep the first address; return the others that the entry gives."""
    found = [address.rstrip(".,;)") for address in _ADDRESS.findall(str(csl.get("URL") or ""))]
    for variable in ("note", "publisher"):
        text = str(csl.get(variable) or "")
        inside = [address.rstrip(".,;)") for address in _ADDRESS.findall(text)]
        if inside and not found:
            found = inside[:1]
            before, _, after = text.partition(inside[0])
            csl[variable] = (_AVAILABLE.sub("", before) + after).strip(" \n,;:.[]()")
    if found:
        csl["URL"] = found[0]
    return list(dict.fromkeys(address for address in found[1:] if address != found[0]))


def _identifiers(csl: dict[str, Any]) -> None:
    """Take a DOI, PMID, or PMCID out of an address or a note; clean what exporters add to them."""
    if doi := csl.get("DOI"):
        csl["DOI"] = _doi(str(doi))
    address = str(csl.get("URL") or "")
    if found := re.match(r"https?://(?:dx\.)?doi\.org/(10\..+)", address, re.IGNORECASE):
        csl.setdefault("DOI", _doi(found[1]))
    for variable, pattern in (
        ("PMID", r"https?://(?:pubmed\.ncbi\.nlm\.nih\.gov|(?:www\.)?ncbi\.nlm\.nih\.gov/pubmed)/(\d+)/?$"),
        ("PMCID", r"https?://(?:www\.ncbi\.nlm\.nih\.gov/pmc|pmc\.ncbi\.nlm\.nih\.gov)/articles/(PMC\d+)/?$"),
    ):  # fmt: skip
        if found := re.match(pattern, address, re.IGNORECASE):
            csl.setdefault(variable, found[1])
    note = str(csl.get("note") or "")
    for variable, pattern in (
        ("PMID", r"\bPMID:?\s*(\d{1,8})\b[;.]?"),
        ("PMCID", r"\bPMC(?:ID)?:?\s*(PMC\d+|\d{5,})\b[;.]?"),
        ("DOI", r"\bdoi:\s*(10\.\d{4,9}/\S+)"),
    ):
        if found := re.search(pattern, note, re.IGNORECASE):
            csl.setdefault(variable, _doi(found[1]) if variable == "DOI" else found[1])
            note = note.replace(found[0], "").strip()
    csl["note"] = note


def _doi(text: str) -> str:
    """Return a DOI without the escapes and the punctuation that exporters add."""
    text = text.strip()
    is_address = re.match(r"https?://", text, re.IGNORECASE) is not None
    doi = clean_doi(re.sub(r"[{}\\]", "", text))
    doi = unquote(doi) if is_address and "%" in doi else doi
    trimmed = doi.rstrip(".,; ")
    return trimmed if is_doi(trimmed) else text

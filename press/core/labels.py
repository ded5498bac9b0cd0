"""The program's own words, by language, and dates as readers write them.

In: a language tag (BCP 47). Out: labels and finished dates.
This module must not know articles. A language that has no table here gets English labels.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from press.core.model import Direction
from press.core.months import MONTHS

_RTL = frozenset("ar arc ckb dv fa he ks ku ps sd ug ur yi".split())

_ENGLISH = {
    "contents": "Contents",
    "cover": "Cover",
    "title-page": "Title page",
    "landmarks": "Landmarks",
    "references": "References",
    "notes": "Notes",
    "note": "Note",
    "back-to-text": "back to the text",
    "cited-at": "Cited at",
    "cited-back": "Back to where reference {number} is cited, place {place} of {places}",
    "page": "page",
    "page-short": "p.",
    "pages": "Pages of the printed handout",
    "of": "of",
    "blank-page": "This page is blank so that the next part begins on a new sheet.",
    "table": "Table",
    "ref-fig": "Figure {number}",
    "ref-figs": "Figures",
    "ref-tbl": "Table {number}",
    "ref-tbls": "Tables",
    "ref-eq": "Equation {number}",
    "ref-eqs": "Equations",
    "ref-sec": "section {title}",
    "struck": "deleted: {words}",
    "quoted": "\u201c{words}\u201d",
    "and": "and",
    "references-file": "The {count} references of this handout are in a separate file: {file}.",
    "references-file-one": "The reference of this handout is in a separate file: {file}.",
    "references-online": "You can read the {count} references of this handout at",
    "references-online-one": "You can read the reference of this handout at",
    "references-of": "References for the handout",
    "evidence": "Kind of evidence",
    "standing-retracted": "Retracted",
    "standing-retraction": "Notice of a retraction",
    "standing-concern": "Expression of concern",
    "standing-corrected": "Corrected",
    "standing-correction": "Correction of another article",
    "standing-comment": "Comment in",
    "audience": "For",
    "by": "By",
    "not-reviewed": "Not yet reviewed by a clinician",
    "reviewed-by": "Reviewed by",
    "reviewed": "Reviewed",
    "checked": "Sources checked",
    "published": "Published",
    "equal": "Contributed equally",
    "correspondence": "Correspondence",
    "version": "version",
    "none": "none",
    "draft": "Draft",
    "notice": "Notice",
    "notices": "Important notices",
    "your-clinic": "Your clinic",
    "clinic-name": "Name",
    "clinic-telephone": "Telephone",
    "clinic-hours": "Hours",
    "clinic-address": "Address",
    "clinic-web": "Website",
    "your-notes": "Your notes and questions",
    "online": "Read or download this handout",
    "online-qr": "QR code for {address}",
    "write-in": "blank line for {name}",
    "skip": "Skip to main content",
    "references-show": "Show the references ({count})",
    "close": "Close",
    "to-top": "Back to the top",
    "downloads": "Download or print",
    "downloads-intro": "This handout in other formats:",
    "download-standard": "Handout",
    "download-standard-for": "To print and hand out.",
    "download-large-print": "Large print",
    "download-large-print-for": "18-point type, for readers with low vision.",
    "download-ink-saver": "Ink-saver",
    "download-ink-saver-for": "Black on white with no shading, for laser printers and copiers.",
    "download-sheet": "One sheet",
    "download-sheet-for": "The main points on one sheet of paper: print on both sides.",
    "download-booklet": "Booklet",
    "download-booklet-for": "Print on both sides, flip on the short edge, then fold in the middle.",
    "download-references": "References",
    "download-references-for": "The list of references, in a separate file.",
    "download-epub": "E-book",
    "download-epub-for": "For phones, tablets, e-readers, and screen readers: "
    "you choose the text size.",
    "download-html": "Web page",
    "download-html-for": "To read here, on any screen.",
    "paper": "{page} paper",
    "page-count": "1 page",
    "pages-count": "{count} pages",
    "sheets-count": "{count} pages on {sheets} sheets",
    "packet": "Your handouts",
    "packet-name": "Name",
    "packet-date": "Date",
    "packet-note": "Note for you",
    "packet-list": "In this packet",
    "packet-handout": "Handout",
    "packet-pages": "Pages",
    "packet-print": "Print for a patient",
    "packet-nothing": "Tick handouts in the list to print them with a cover sheet.",
    "packet-count": "{count} handouts ticked",
    "packet-one": "1 handout ticked",
    "packet-tick": "Print for a patient",
    "packet-tick-of": "Print for a patient: {title}",
    "packet-write": "Note for the patient",
    "packet-private": "printed on the cover sheet, saved nowhere",
    "packet-form": "Print as",
    "packet-start": "Print the cover sheet and open the handouts",
    "packet-clear": "Untick all",
    "packet-opened": "The handouts were opened in other tabs. Print each one:",
    "packet-blocked": "Your browser did not open these handouts. Open and print each one:",
    "library": "Handouts",
    "library-skip": "Skip to the list",
    "library-back": "All handouts",
    "library-empty": "There are no handouts yet.",
    "library-search": "Search the handouts",
    "library-hint": "by any word, or the line printed on a sheet",
    "library-count": "{count} handouts",
    "library-one": "1 handout",
    "library-found": "{count} of {all} handouts found",
    "library-found-one": "{count} of {all} handout found",
    "library-none": "No handouts found. Try another word.",
    "library-is-current": "{sheet}: this is the current version.",
    "library-is-outdated": "{sheet} is out of date: print this one.",
    "library-is-withdrawn": "{sheet} is withdrawn: do not use. {because}",
    "library-files": "Files for {title}",
    "library-current": "Current:",
}


_TABLES = {"en": _ENGLISH}
_LANGUAGES = {
    # Each language in its own words (Unicode CLDR 48, languages).
    "ar": "العربية", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά",
    "en": "English", "es": "Español", "fi": "Suomi", "fr": "Français", "he": "עברית",
    "hu": "Magyar", "it": "Italiano", "nl": "Nederlands", "no": "Norsk", "pl": "Polski",
    "pt": "Português", "ro": "Română", "sv": "Svenska", "tr": "Türkçe", "uk": "Українська",
}  # fmt: skip


def has_labels(lang: str) -> bool:
    """Return whether there is a table of labels for a language."""
    return lang.partition("-")[0].lower() in _TABLES


def labels_for(lang: str) -> Mapping[str, str]:
    """Return the labels for a language, or the English ones if it has no table."""
    return _TABLES.get(lang.partition("-")[0].lower(), _ENGLISH)


def language_name(lang: str) -> str:
    """Name a language in that language, with the region if the tag has one: `English (US)`."""
    primary, *rest = lang.split("-")
    name = _LANGUAGES.get(primary.lower(), primary)
    region = next((piece for piece in rest if re.fullmatch("[A-Z]{2}", piece)), "")
    return f"{name} ({region})" if region else name


def letter(index: int) -> str:
    """Return the letters for a position: a to z, then aa, ab, and so on."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(97 + rest) + letters
    return letters


def direction(lang: str) -> Direction:
    """Return `rtl` or `ltr`: by the tag's script, or by the usual script of the language."""
    script = lang.split("-")[1].lower() if lang.count("-") and len(lang.split("-")[1]) == 4 else ""
    if script:
        return "rtl" if script in ("arab", "hebr", "syrc", "thaa", "nkoo") else "ltr"
    return "rtl" if lang.split("-", maxsplit=1)[0].lower() in _RTL else "ltr"


def direction_of(text: str, otherwise: Direction) -> Direction:
    """Return the direction of a text: that of its first letter (Unicode Annex 9, P2)."""
    kinds = (unicodedata.bidirectional(character) for character in text)
    first = next((kind for kind in kinds if kind in ("L", "R", "AL")), "")
    return "ltr" if first == "L" else "rtl" if first else otherwise


def spell_date(day: date, lang: str) -> str:
    """Spell a date out, in US or other English; other languages get ISO 8601."""
    primary, _, rest = lang.partition("-")
    if primary.lower() != "en":
        return day.isoformat()
    month = MONTHS[day.month - 1]
    if "US" in rest.split("-") or not rest:
        return f"{month} {day.day}, {day.year}"
    return f"{day.day} {month} {day.year}"

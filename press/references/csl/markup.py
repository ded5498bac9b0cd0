"""Formatted text inside the citation processor, and its conversion to XHTML.

In: text from bibliographies, with CSL's few elements. Out: XHTML phrasing content.
Between the two, characters that no text may contain (Unicode's noncharacters) mark the formatting,
so that no text of an entry can become markup. This module must not know bibliographies, styles, or
the citation processor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from urllib.parse import quote

from press.core.records import dataclass

_OPENING = {
    "i": "\ufdd0", "b": "\ufdd1", "sup": "\ufdd2", "sub": "\ufdd3", "sc": "\ufdd4",
    "u": "\ufdd5", "nocase": "\ufdd6", "upright": "\ufde2", "light": "\ufde3", "caps": "\ufde4",
    "nodecor": "\ufde9", "block": "\ufde5", "left-margin": "\ufde6", "right-inline": "\ufde7",
    "indent": "\ufde8",
}  # fmt: skip
DOI, URL, PMID, PMCID = "\ufdd7", "\ufdd8", "\ufdd9", "\ufdda"
CITE = "\ufddb"
"""Opens the link of a cite; its address is the next one given to `to_xhtml`."""
GLUE = "\ufddc"
"""Separates two punctuation marks that an author wrote together, so that both are kept."""
CLOSE = "\ufddd"
OPEN_QUOTE, CLOSE_QUOTE = "\ufdde", "\ufddf"
"""Quotation marks, whose form depends on the language and on the quotation around them."""
YEAR_SUFFIX = "\ufde1"
"""Opens the letter of `2020a`, so that a cite can be cut before it."""

MARKS = "".join(map(chr, range(0xFDD0, 0xFDF0)))
_LINKS = {DOI: "https://doi.org/", PMID: "https://pubmed.ncbi.nlm.nih.gov/",
          PMCID: "https://pmc.ncbi.nlm.nih.gov/articles/", URL: ""}  # fmt: skip
ITALIC, NOCASE = _OPENING["i"], _OPENING["nocase"]
KEEP_CASE = frozenset(_OPENING[kind] for kind in ("nocase", "sup", "sub", "sc", "nodecor"))
"""What keeps the letters in it as they are: a formula's `<sub>min</sub>`, a small-capital name."""
_FLIPS = {"i": "upright", "b": "light", "sc": "caps"}
"""What a format is inside itself: italics inside italics are upright."""
Form = Mapping[str, tuple[str, str]]
XHTML: Form = {
    "i": ("<i>", "</i>"),
    "b": ("<b>", "</b>"),
    "sup": ("<sup>", "</sup>"),
    "sub": ("<sub>", "</sub>"),
    "sc": ('<span class="smallcaps">', "</span>"),
    "u": ('<span class="underline">', "</span>"),
    "upright": ('<span class="upright">', "</span>"),
    "light": ('<span class="light">', "</span>"),
    "caps": ('<span class="caps">', "</span>"),
    "block": (" ", " "),
    "indent": (" ", " "),
}
"""The elements of makebook's own XHTML."""
_ILLEGAL = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069"
    f"{MARKS}\ufeff\ufffe\uffff\U0001fffe\U0001ffff\ud800-\udfff]"
)
_TAG = re.compile(
    r"<(?:(?P<close>/)?(?P<name>i|em|b|strong|sup|sub|sc|span)"
    r"(?P<attributes>\s[^<>]*)?)>",
    re.IGNORECASE,
)
_PAIR = re.compile(r"(?<=[.,;:!? ])(?=[.,;:!?])")


def without_illegal(text: str) -> str:
    """Drop characters that XML forbids, that reverse text, or that are invisible."""
    return re.sub(r"[^\S\u00a0\u202f]+", " ", _ILLEGAL.sub("", text)).strip(" ")


def wrap(kind: str, text: str) -> str:
    """Mark text as `i`, `b`, `sup`, `sub`, `sc`, `u`, or `nocase`."""
    return f"{_OPENING[kind]}{text}{CLOSE}" if text else text


def link(kind: str, text: str) -> str:
    """Mark an identifier or an address as a link."""
    return f"{kind}{_PAIR.sub(GLUE, text)}{CLOSE}"


def strip(marked: str) -> str:
    """Return marked text without its marks, for sorting and comparing."""
    return re.sub(f"[{MARKS}]", "", marked)


def from_csl(text: str) -> str:
    """Translate the rich text of a CSL-JSON field; unknown elements stay text."""
    text = without_illegal(text)
    if "<" in text:
        tags = list(_TAG.finditer(text))
        out, place = [], 0
        for tag, kind in zip(tags, _pair_up(tags), strict=True):
            if kind is not None:
                out += [text[place : tag.start()], kind]
                place = tag.end()
        text = "".join(out) + text[place:]
    if _QUOTE.search(text):
        text = _curl(text)
    return _PAIR.sub(GLUE, text)


_QUOTE = re.compile("[\"'“”‘’«»]")
_PARTNERS = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»"}


def _curl(text: str) -> str:
    """Mark quotations, however they are written; other straight marks become apostrophes."""
    out = list(text)
    waiting: list[int] = []
    for match in _QUOTE.finditer(text):
        place, mark = match.start(), match[0]
        before = strip(text[:place])[-1:]
        after = strip(text[place + 1 :])[:1]
        inside_word = before.isalnum() and after.isalnum()
        opener = next((i for i in reversed(waiting) if _PARTNERS[text[i]] == mark), None)
        if inside_word and mark in "'’":
            out[place] = "’"
        elif (
            opener is not None
            and strip(text[opener + 1 : place]).strip("'’")
            and (mark in "”»" or (before.strip() and not after.isalnum()))
        ):
            out[opener], out[place] = OPEN_QUOTE, CLOSE_QUOTE
            del waiting[waiting.index(opener) :]
        elif mark in _PARTNERS and after.strip() and (not before.isalnum()):
            waiting.append(place)
            out[place] = "’" if mark == "'" else mark
        elif mark == "'":
            out[place] = "’"
    return "".join(out)


def _pair_up(tags: Sequence[re.Match[str]]) -> list[str | None]:
    """Return the mark for each tag; None for a tag without a partner, which stays text."""
    kinds: list[str | None] = [None] * len(tags)
    waiting: list[tuple[int, str]] = []
    for place, tag in enumerate(tags):
        name = tag["name"].lower()
        if not tag["close"]:
            waiting.append((place, name))
        elif waiting and waiting[-1][1] == name:
            start, _ = waiting.pop()
            kind = _kind(name, tags[start]["attributes"] or "")
            if kind:
                kinds[start], kinds[place] = _OPENING[kind], CLOSE
    return kinds


def _kind(name: str, attributes: str) -> str:
    if name == "span":
        if "nocase" in attributes:
            return "nocase"
        if "nodecor" in attributes:
            return "nodecor"
        return "sc" if "small-caps" in attributes else ""
    return {"em": "i", "strong": "b"}.get(name, name)


def to_xhtml(marked: str, addresses: Sequence[str] = (), form: Form = XHTML) -> str:
    """Convert marked text to well-formed XHTML.

    Args:
        marked: The text, formatted by marks.
        addresses: The `href` of each cite, in order.
        form: The elements for the formats; links are made only in `XHTML`.
    """
    marked = _widen_doi_links(marked)
    out: list[str] = []
    kinds: list[str] = []
    ends: list[str] = []
    hrefs = iter(addresses)
    for place, character in enumerate(marked):
        if character == CLOSE:
            if ends:
                out.append(ends.pop())
                kinds.pop()
        elif character in _KINDS:
            kind = _flipped(_KINDS[character], kinds)
            before, after = form.get(kind, ("", ""))
            out.append(before)
            ends.append(after)
            kinds.append(kind)
        elif character in _LINKS or character == CITE:
            before, after = "", ""
            if form is XHTML and "</a>" not in ends:  # links cannot be nested
                before, after = _link(character, marked[place + 1 :], hrefs)
            out.append(before)
            ends.append(after)
            kinds.append("")
        elif character == YEAR_SUFFIX:
            ends.append("")
            kinds.append("")
        elif character not in MARKS:
            out.append(escape(character, quote=False))
    made = "".join(out + ends[::-1])
    return made.replace("</sup><sup>", "") if form is XHTML else made


_KINDS = {mark: kind for kind, mark in _OPENING.items()}


def _flipped(kind: str, around: Sequence[str]) -> str:
    """Return the opposite of a format that is already on, and nothing for one that is off."""
    if kind == "nodecor":
        on = next((k for k in reversed(around) if k in _FLIPS or k in _FLIPS.values()), "")
        return _FLIPS.get(on, "")
    if kind in _FLIPS:
        on = next((k for k in reversed(around) if k in {kind, _FLIPS[kind]}), "")
        return _FLIPS[kind] if on == kind else kind
    for usual, opposite in _FLIPS.items():
        if kind == opposite:
            on = next((k for k in reversed(around) if k in {usual, opposite}), "")
            return opposite if on == usual else ""
    return kind


def _link(mark: str, rest: str, hrefs: Iterator[str]) -> tuple[str, str]:
    """Return the start and end tags of a link; both are empty if it has no address."""
    if mark == CITE:
        href = escape(next(hrefs, "#"))
        return f'<a class="cite" role="doc-biblioref" href="{href}">', "</a>"
    href = _href(mark, strip(rest.split(CLOSE, 1)[0]))
    return (f'<a href="{escape(href)}">', "</a>") if href else ("", "")


def _href(mark: str, text: str) -> str:
    """Return the web address of an identifier or URL; empty if a URL is not a web address."""
    text = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", text, flags=re.IGNORECASE)
    if mark == URL:
        text = text if re.match(r"https?://[^/\s]", text, re.IGNORECASE) else ""
        return quote(text, safe="%/:?#[]@!$&'()*+,;=~-._")
    if mark == PMID:
        return f"{_LINKS[mark]}{quote(text, safe='')}/"
    return _LINKS[mark] + quote(text, safe="/:;()-._~" if mark == DOI else "")


_BEFORE_DOI = re.compile(rf"((?:https?://(?:dx\.)?doi\.org/|doi:\s?)){DOI}", re.IGNORECASE)


def _widen_doi_links(marked: str) -> str:
    """Extend a link to include the `doi:` or `https://doi.org/` that the style prints before it."""
    return _BEFORE_DOI.sub(rf"{DOI}\1", marked)


# Punctuation marks that meet between two parts, and what is kept of them; other pairs are kept.
_SEAMS = {
    "..": ".", ",,": ",", ";;": ";", "::": ":", "!!": "!", "??": "?", "  ": " ",
    "!.": "!", "?.": "?", "!:": "!", "?:": "?", ":.": ":", ";.": ";", ";:": ";", ":!": "!",
    ":?": "?", ";!": "!", ";?": "?",
}  # fmt: skip
_SEAM = re.compile(rf"([.,;:!? ])([{MARKS}]*)([.,;:!? ])")


@dataclass(frozen=True)
class Finishing:
    """The quotation marks of a language, outer and inner, and where periods go."""

    quotes: tuple[str, str, str, str] = ("“", "”", "‘", "’")
    punctuation_in_quotes: bool = False


def finish(marked: str, how: Finishing) -> str:
    """Clean up the punctuation between parts (`et al..`, `Why?.`), and set quotation marks."""
    if CLOSE_QUOTE in marked:
        marked = _at_quotes(marked, how)
    marked = _smooth(marked)
    if OPEN_QUOTE in marked:
        marked = _set_quotes(marked, how.quotes)
    return _AROUND.sub(lambda found: found[1] or found[2] or "", marked)


_AROUND = re.compile(rf"^([{MARKS}]*) +| +([{MARKS}]*)$")
"""Spaces at the start and at the end, also inside the marks there."""


_AFTER_QUOTE = re.compile(rf"({CLOSE_QUOTE}(?:(?!{GLUE})[{MARKS}])*)([.,])")


def _at_quotes(marked: str, how: Finishing) -> str:
    if how.punctuation_in_quotes:
        marked = _AFTER_QUOTE.sub(r"\2\1", marked)
    return marked


_LOOSE = re.compile(
    rf"(?:(?<![.\u2026])[,;:]? (?=(?:(?!{GLUE})[{MARKS}])*\.)| (?=(?:(?!{GLUE})[{MARKS}])*,))"
    rf"([{MARKS}]*[.,])(?=[{MARKS}]*(?: (?!\.)|$))"
)
"""A space before a period or a comma, except in `. . .`; before a period also a comma."""
_TWICE = re.compile(rf"(?<!\. )\. ((?:(?!{GLUE})[{MARKS}])*)\.(?=[{MARKS}]*(?: (?!\.)|$))")
"""A period, a space, and another period, except in `. . .`."""


def _smooth(marked: str) -> str:
    marked = _TWICE.sub(r".\1", _LOOSE.sub(r"\1", marked))
    place = 0
    while match := _SEAM.search(marked, place):
        first, marks, second = match.groups()
        kept = _SEAMS.get(first + second)
        if kept is None or GLUE in marks:
            place = match.start() + 1
        elif kept == first:
            marked = marked[: match.start(3)] + marked[match.end(3) :]
            place = max(0, match.start() - 1)
        else:
            marked = marked[: match.start()] + marked[match.end(1) :]
            place = max(0, match.start() - 1)
    return marked


def _set_quotes(marked: str, quotes: tuple[str, str, str, str]) -> str:
    """Replace the marks of quotations: outer quotation marks outside, inner ones inside them."""
    depth = 0
    out = []
    for character in marked:
        if character == OPEN_QUOTE:
            out.append(quotes[2 * (depth % 2)])
            depth += 1
        elif character == CLOSE_QUOTE:
            depth -= 1
            out.append(quotes[2 * (depth % 2) + 1])
        else:
            out.append(character)
    return "".join(out)

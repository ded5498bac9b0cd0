"""Formatted text inside the citation processor, and its conversion to XHTML.

In: text from bibliographies, with CSL's few elements. Out: XHTML phrasing content.
Between the two, characters that no text may contain (Unicode's noncharacters) mark the formatting,
so that no text of an entry can become markup. This module must not know bibliographies, styles, or
the citation processor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from urllib.parse import quote

_OPENING = {
    "i": "\ufdd0", "b": "\ufdd1", "sup": "\ufdd2", "sub": "\ufdd3", "sc": "\ufdd4",
    "u": "\ufdd5", "nocase": "\ufdd6",
}  # fmt: skip
DOI, URL, PMID, PMCID = "\ufdd7", "\ufdd8", "\ufdd9", "\ufdda"
CITE = "\ufddb"
"""Opens the link of a cite; its address is the next one given to `to_xhtml`."""
GLUE = "\ufddc"
"""Separates two punctuation marks that an author wrote together, so that both are kept."""
CLOSE = "\ufddd"

MARKS = "".join(map(chr, range(0xFDD0, 0xFDF0)))
_LINKS = {DOI: "https://doi.org/", PMID: "https://pubmed.ncbi.nlm.nih.gov/",
          PMCID: "https://pmc.ncbi.nlm.nih.gov/articles/", URL: ""}  # fmt: skip
_ELEMENTS = {
    _OPENING["i"]: ("<i>", "</i>"),
    _OPENING["b"]: ("<b>", "</b>"),
    _OPENING["sup"]: ("<sup>", "</sup>"),
    _OPENING["sub"]: ("<sub>", "</sub>"),
    _OPENING["sc"]: ('<span class="small-caps">', "</span>"),
    _OPENING["u"]: ('<span class="underline">', "</span>"),
    _OPENING["nocase"]: ("", ""),
}
NOCASE = _OPENING["nocase"]
_ILLEGAL = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069"
    f"{MARKS}\ufeff\ufffe\uffff\U0001fffe\U0001ffff\ud800-\udfff]"
)
_TAG = re.compile(
    r"<(?:(?P<close>/)?(?P<name>i|em|b|strong|sup|sub|sc|span)"
    r"(?P<attributes>\s[^<>]*)?)>",
    re.IGNORECASE,
)
_PAIR = re.compile(r"(?<=[.,;:!?])(?=[.,;:!?])")


def without_illegal(text: str) -> str:
    """Drop characters that XML forbids, that reverse text, or that are invisible."""
    return re.sub(r"\s+", " ", _ILLEGAL.sub("", text)).strip(" ")


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
    if "<" not in text:
        return _PAIR.sub(GLUE, text)
    tags = list(_TAG.finditer(text))
    kinds = _pair_up(tags)
    out, place = [], 0
    for tag, kind in zip(tags, kinds, strict=True):
        if kind is None:
            continue
        out.append(_PAIR.sub(GLUE, text[place : tag.start()]))
        out.append(kind)
        place = tag.end()
    return "".join(out) + _PAIR.sub(GLUE, text[place:])


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
        return "sc" if "small-caps" in attributes else ""
    return {"em": "i", "strong": "b"}.get(name, name)


def to_xhtml(marked: str, addresses: Sequence[str] = ()) -> str:
    """Convert marked text to well-formed XHTML.

    Args:
        marked: The text, formatted by marks.
        addresses: The `href` of each cite, in order.
    """
    marked = _widen_doi_links(marked)
    out: list[str] = []
    open_ends: list[str] = []
    hrefs = iter(addresses)
    for place, character in enumerate(marked):
        if character == CLOSE:
            if open_ends:
                out.append(open_ends.pop())
        elif character in MARKS:
            before, after = _element(character, marked[place + 1 :], hrefs, open_ends)
            if after is not None:
                out.append(before)
                open_ends.append(after)
        else:
            out.append(escape(character))
    return "".join(out + open_ends[::-1])


def _element(
    mark: str, rest: str, hrefs: Iterator[str], open_ends: list[str]
) -> tuple[str, str | None]:
    """Return the start and end tags for a mark; the end is None if it opens nothing."""
    if mark in _ELEMENTS:
        return _ELEMENTS[mark]
    if mark == GLUE or mark not in {*_LINKS, CITE}:
        return "", None
    if "</a>" in open_ends:  # links cannot be nested
        return "", ""
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
    "..": ".", ".,": ".,", ",.": ".", ",,": ",", ",;": ";", ";,": ";", ";;": ";", ";.": ";",
    "::": ":", ":.": ":", ":,": ":", ":;": ":", ".:": ".:", ".;": ".;",
    "!.": "!", "?.": "?", "!!": "!", "??": "?", "!,": "!,", "?,": "?,", "!:": "!", "?:": "?",
    "?!": "?!", "!?": "!?", "  ": " ",
}  # fmt: skip
_SEAM = re.compile(rf"([.,;:!? ])([{MARKS}]*)([.,;: ])")


def smooth(marked: str, *, punctuation_in_quotes: bool = False) -> str:
    """Clean up the punctuation between parts: `et al..`, `Why?.`, two spaces."""
    place = 0
    while match := _SEAM.search(marked, place):
        first, marks, second = match.groups()
        kept = _SEAMS.get(first + second)
        if kept is None or GLUE in marks or len(kept) > 1:
            place = match.start() + 1
        elif kept == first:
            marked = marked[: match.start(3)] + marked[match.end(3) :]
            place = max(0, match.start() - 1)
        else:
            marked = marked[: match.start()] + marked[match.end(1) :]
            place = max(0, match.start() - 1)
    if punctuation_in_quotes:
        marked = re.sub(rf"([”’]+)([{MARKS}]*)([.,])", r"\3\1\2", marked)
        marked = re.sub(r"([.?!,])([.,])(?=[”’])", r"\1", marked)
    return marked.strip(" ")

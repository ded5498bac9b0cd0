"""Formatted text inside the citation processor, and its way out as XHTML.

In: text from bibliographies, with CSL's few elements. Out: XHTML phrasing content.
Between the two, formatting is carried by characters that no text may hold (Unicode's
noncharacters), so that nothing an entry says can become markup. This module must not know
bibliographies, styles, or the citation processor.
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
"""Opens a cite's link; its address is the next of those given to `to_xhtml`."""
GLUE = "\ufddc"
"""Stands between two signs that an author put side by side, so that none is dropped."""
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


def clean(text: str) -> str:
    """Drop what XML forbids, and what turns text around or hides in it."""
    return re.sub(r"\s+", " ", _ILLEGAL.sub("", text)).strip(" ")


def wrap(kind: str, text: str) -> str:
    """Format marked text: `i`, `b`, `sup`, `sub`, `sc`, `u`, `nocase`."""
    return f"{_OPENING[kind]}{text}{CLOSE}" if text else text


def link(kind: str, text: str) -> str:
    """Mark an identifier or an address, which becomes a link."""
    return f"{kind}{_PAIR.sub(GLUE, text)}{CLOSE}"


def strip(marked: str) -> str:
    """Give the bare words of marked text, for sorting and comparing."""
    return re.sub(f"[{MARKS}]", "", marked)


def from_csl(text: str) -> str:
    """Translate the rich text of a CSL-JSON field; elements it does not have stay text."""
    text = clean(text)
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
    """For each tag its mark; None for one without a partner, which is text."""
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
    """Write marked text as well-formed XHTML.

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
    """What a mark opens, and what closes it; None where it opens nothing."""
    if mark in _ELEMENTS:
        return _ELEMENTS[mark]
    if mark == GLUE or mark not in {*_LINKS, CITE}:
        return "", None
    if "</a>" in open_ends:  # a link holds no link
        return "", ""
    if mark == CITE:
        href = escape(next(hrefs, "#"))
        return f'<a class="cite" role="doc-biblioref" href="{href}">', "</a>"
    href = _href(mark, strip(rest.split(CLOSE, 1)[0]))
    return (f'<a href="{escape(href)}">', "</a>") if href else ("", "")


def _href(mark: str, text: str) -> str:
    """Give the address behind an identifier; empty where it would not be a web address."""
    text = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", text, flags=re.IGNORECASE)
    if mark == URL:
        text = text if re.match(r"https?://[^/\s]", text, re.IGNORECASE) else ""
        return quote(text, safe="%/:?#[]@!$&'()*+,;=~-._")
    if mark == PMID:
        return f"{_LINKS[mark]}{quote(text, safe='')}/"
    return _LINKS[mark] + quote(text, safe="/:;()-._~" if mark == DOI else "")


_BEFORE_DOI = re.compile(rf"((?:https?://(?:dx\.)?doi\.org/|doi:\s?)){DOI}", re.IGNORECASE)


def _widen_doi_links(marked: str) -> str:
    """Let a link begin with the `doi:` or `https://doi.org/` that the style prints before it."""
    return _BEFORE_DOI.sub(rf"{DOI}\1", marked)


# Of two signs that meet where a style joins its parts, which stay; others stay both.
_SEAMS = {
    "..": ".", ".,": ".,", ",.": ".", ",,": ",", ",;": ";", ";,": ";", ";;": ";", ";.": ";",
    "::": ":", ":.": ":", ":,": ":", ":;": ":", ".:": ".:", ".;": ".;",
    "!.": "!", "?.": "?", "!!": "!", "??": "?", "!,": "!,", "?,": "?,", "!:": "!", "?:": "?",
    "?!": "?!", "!?": "!?", "  ": " ",
}  # fmt: skip
_SEAM = re.compile(rf"([.,;:!? ])([{MARKS}]*)([.,;: ])")


def smooth(marked: str, *, punctuation_in_quotes: bool = False) -> str:
    """Mend the seams between parts: `et al..`, `Why?.`, two spaces."""
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

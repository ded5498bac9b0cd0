"""Pandoc's citation syntax: what `[@key, p. 4]` and `@key` mean.

In: plain text, or the source of a Markdown file. Out: `Cluster`s, and the location of each key.
This module must not know bibliographies, citation styles, or the Markdown library.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from press.core.model import Cite, Cluster

_BRACED_KEY = r"\{[^{}\n]+\}"
_BARE_KEY = r"\w(?:\w|[:.#$%&+?<>~/-](?=\w)|[:/](?=/))*"
_KEY = rf"(?:{_BRACED_KEY}|{_BARE_KEY})"
# An @ after a letter is part of an e-mail address or a word; after a backslash it is escaped.
_AT = r"(?<![\w@\\])(?P<minus>-?)@"
_CITE = re.compile(rf"{_AT}(?P<key>{_KEY})")

GROUP_PATTERN = (
    r"(?<!\\)\[(?!\^)"
    r"(?P<group>(?=[^\[\]]*?(?<![\w@\\])@[\w{])(?:[^\[\]\\]|\\.)*)"
    r"\](?![\[(])"
)
"""A bracket that may be a group of citations; ask `parse_group` about its group `group`."""

NARRATIVE_PATTERN = (
    rf"{_AT}(?P<key>{_KEY})(?:[ \t]*\n?[ \t]*\[(?!\^)(?P<rest>(?:[^\[\]\\]|\\.)*)\](?![\[(]))?"
)
"""A key in running text, with the bracket after it, if any; see `parse_narrative`."""

GROUP = re.compile(GROUP_PATTERN, re.DOTALL)

_KEY_BEFORE = re.compile(rf"{_AT}{_KEY}[ \t]*\n?[ \t]*\Z")
_REACH = 400
"""The number of characters before a bracket that are searched for a key."""

# The words that introduce a locator, as Pandoc takes them from the English locale.
_LABELS = {
    "appendix": "appendix app. apps. appendices",
    "article-locator": "article articles art. arts.",
    "book": "book books bk. bks.",
    "chapter": "chapter chapters chap. chaps. ch.",
    "column": "column columns col. cols.",
    "equation": "equation equations eq. eqs.",
    "figure": "figure figures fig. figs.",
    "folio": "folio folios fol. fols.",
    "issue": "number numbers no. nos. issue issues",
    "line": "line lines l. ll.",
    "note": "note notes n. nn.",
    "opus": "opus opera op. opp.",
    "page": "page pages p. pp. p pp",
    "paragraph": "paragraph paragraphs para. paras. ¶ ¶¶",
    "part": "part parts pt. pts.",
    "rule": "rule rules r. rr.",
    "section": "section sections sec. secs. sect. sects. § §§",
    "sub-verbo": "s.v. s.vv.",
    "supplement": "supplement supplements supp. supps.",
    "table": "table tables tbl. tbls.",
    "verse": "verse verses v. vv.",
    "volume": "volume volumes vol. vols.",
}
_LABEL_OF = {word: label for label, words in _LABELS.items() for word in words.split()}
_LABEL = "|".join(re.escape(word) for word in sorted(_LABEL_OF, key=len, reverse=True))

_NUMBER = r"[(\[]?[A-Za-z]{0,3}\d[\w.:/()]*(?<![.:,])"
_ROMAN = r"[(\[]?[ivxlcdmIVXLCDM]+\b[)\]]?"
_RANGE = r"\s*[-\u2013\u2014]+\s*"
_AND = r"(?:\s*[,&]\s*|\s+and\s+)"


def _list_of(unit: str) -> str:
    one = rf"(?:{unit})(?:{_RANGE}(?:{unit}))?"
    return rf"{one}(?:{_AND}{one})*"


_LABELED = _list_of(f"{_NUMBER}|{_ROMAN}")
_BARE = _list_of(r"\d[\w.:/]*(?<![.:])")
_LOCATOR = re.compile(
    rf"""\s*,?\s*(?:
        \{{(?P<braced>[^{{}}]*)\}}
      | (?P<label>{_LABEL})(?:(?<=\W)\s*|\s+|(?=\d))(?P<labelled>{_LABELED})(?!\w)
      | (?P<bare>{_BARE})(?![\w-])
    )""",
    re.VERBOSE,
)
_BRACED = re.compile(rf"\s*(?P<label>(?:{_LABEL})(?!\w))?\s*(?P<locator>.*?)\s*$", re.DOTALL)


def parse_group(text: str) -> Cluster | None:
    """Read the text inside a bracket, `see @a, p. 4; -@b`; return None if it is not a citation."""
    cites: list[Cite] = []
    waiting = ""
    for part in _split(text):
        match = _CITE.search(part)
        if match:
            before = waiting + part[: match.start()]
            cites.append(_cite(match, _squeeze(before), part[match.end() :]))
            waiting = ""
        elif cites:
            last = cites[-1]
            cites[-1] = _replace_suffix(last, f"{last.suffix}; {_squeeze(part)}".rstrip("; "))
        else:
            waiting += part + ";"
    return Cluster(tuple(cites)) if cites else None


def listed_keys(text: str) -> tuple[str, ...]:
    """Return the keys that a text lists, as `nocite` does: `@a, @{b c}`; `@*` means all."""
    keys = re.finditer(rf"{_AT}(?:(?P<key>{_KEY})|(?P<all>\*))", text)
    return tuple(dict.fromkeys(_plain_key(found["key"] or found["all"]) for found in keys))


def follows_key(text: str, start: int) -> bool:
    """Return whether the bracket at `start` belongs to a key before it, as in `@a [@b]`."""
    return _KEY_BEFORE.search(text[max(0, start - _REACH) : start]) is not None


def parse_narrative(minus: str, key: str, rest: str | None) -> Cluster:
    """Read `@key`, or `@key [p. 4; @other]`, in which `rest` is the text inside the bracket."""
    first = Cite(_plain_key(key), suppress_author=bool(minus))
    if rest is None:
        return Cluster((first,), narrative=not minus)
    head, *tail = _split(rest)
    if _CITE.search(head):
        following = parse_group(rest)
    else:
        locator, label, suffix = _split_suffix(head)
        first = Cite(first.key, "", locator, label, suffix, first.suppress_author)
        following = parse_group(";".join(tail))
    more = following.cites if following else ()
    return Cluster((first, *more), narrative=not minus)


def _cite(match: re.Match[str], prefix: str, after: str) -> Cite:
    locator, label, suffix = _split_suffix(after)
    return Cite(_plain_key(match["key"]), prefix, locator, label, suffix, bool(match["minus"]))


def _plain_key(key: str) -> str:
    return key[1:-1] if key.startswith("{") else key


def _replace_suffix(cite: Cite, suffix: str) -> Cite:
    return Cite(cite.key, cite.prefix, cite.locator, cite.label, suffix, cite.suppress_author)


def _split(text: str) -> list[str]:
    """Split at semicolons, except inside braces and after a backslash."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        if character == "{":
            depth += 1
        elif character == "}":
            depth = max(0, depth - 1)
        elif character == ";" and not depth and text[place - 1 : place] != "\\":
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _split_suffix(text: str) -> tuple[str, str, str]:
    """Split the text after a key into its locator, the locator's label, and the rest."""
    match = _LOCATOR.match(text)
    if match is None:
        return "", "", _squeeze(text)
    rest = _squeeze(text[match.end() :])
    if match["braced"] is not None:
        inner = _BRACED.match(match["braced"])
        if inner is None or not inner["locator"]:
            return "", "", rest
        return _squeeze(inner["locator"]), _LABEL_OF.get(inner["label"] or "", "page"), rest
    if match["label"]:
        return _squeeze(match["labelled"]), _LABEL_OF[match["label"]], rest
    return _squeeze(match["bare"]), "page", rest


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def locate_keys(source_text: str) -> dict[str, list[tuple[int, int]]]:
    """Find where each key is cited in a Markdown source.

    Args:
        source_text: The whole file.

    Returns:
        For each key, the 1-based (line, column) of each `@`, in order. Code and comments
        are ignored.
    """
    text = without_code(source_text)
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    places: dict[str, list[tuple[int, int]]] = {}
    for match in _CITE.finditer(text):
        at = match.end("minus")
        line = bisect_right(starts, at)
        key = _plain_key(match["key"])
        places.setdefault(key, []).append((line, at - starts[line - 1] + 1))
    return places


_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CODE_SPAN = re.compile(r"(?<![`\\])(`+)(?!`)((?:(?!\n[ \t]*\n).)*?)(?<!`)\1(?!`)", re.DOTALL)
_FENCE = re.compile(r"[ ]{0,3}(?:[-*+>]\s+|\d+\.\s+)?(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)")
_LIST_ITEM = re.compile(r"[ ]{0,3}(?:[-*+]|\d+[.)]|\[\^[^\]]+\]:)(?:\s|$)")


@lru_cache(4)
def without_code(source_text: str) -> str:
    """Replace code and comments with spaces, so that every other character keeps its position."""
    text = "\n".join(_blank_code_lines(source_text.split("\n")))
    text = _CODE_SPAN.sub(_blank, text)
    end = text.rfind("-->") + 3  # after it, each `<!--` would be read to the end of the text
    return _COMMENT.sub(_blank, text[:end]) + text[end:] if end > 2 else text


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _blank_code_lines(lines: list[str]) -> Iterator[str]:
    fence = ""
    after_blank, in_list = True, False
    for line in lines:
        match = _FENCE.match(line)
        indented = line.startswith(("    ", "\t")) and bool(line.strip())
        if fence:
            if match and match["fence"].startswith(fence) and not match["info"].strip():
                fence = ""
            yield " " * len(line)
        elif match and not (match["fence"][0] == "`" and "`" in match["info"]):
            fence = match["fence"]
            yield " " * len(line)
        elif indented and after_blank and not in_list:
            yield " " * len(line)
            continue  # keeps `after_blank`: the next indented line is code too
        else:
            if line.strip() and not indented:
                in_list = bool(_LIST_ITEM.match(line)) or (in_list and not after_blank)
            yield line
        after_blank = not line.strip()

"""The text cases of CSL (title case, sentence case, and others), for marked text.

In: text as `markup` marks it. Out: the same text in another case, except for what is between
marks that keep it. This module must not know bibliographies or styles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from press.references.csl.markup import CLOSE, GLUE, ITALIC, KEEP_CASE, MARKS, NOCASE

_STOP_WORDS = frozenset(
    "a an and as at but by down for from in into nor of on onto or over per so the till to up v "
    "via von van de d with yet about above across after against along among around before behind "
    "below beneath beside between beyond despite during except like near off out outside past "
    "since through throughout toward towards under underneath until upon versus vs within "
    "without et al ca".split()
)
_TOKEN = re.compile(rf"[{MARKS}]|[^\s{MARKS}\-\u2013\u2014/]+|[\s\-\u2013\u2014/]+")

_SPECIES = re.compile(rf"{ITALIC}[A-Z](?:[a-z]+|\.) [a-z]+(?: [a-z]+)?{CLOSE}")
"""The name of a species, `<i>Escherichia coli</i>`."""


def change_case(text: str, case: str, *, english: bool) -> str:
    """Apply a CSL `text-case`; title case is for English only."""
    if case == "title" and not english:
        return text
    if case == "title":
        text = _SPECIES.sub(rf"{NOCASE}\g<0>{CLOSE}", text)
    tokens = list(_tokens(text))
    if case == "sentence":
        words = [word for word, free in tokens if free]
        if any(not word.isupper() for word in words if word[:1].isalpha()):
            return _first_only(tokens, lambda word: word)
        return _first_only(tokens, str.lower)
    change: dict[str, Callable[[str], str]] = {
        "lowercase": str.lower,
        "uppercase": str.upper,
        "capitalize-all": _capitalize,
    }
    if case in change:
        return "".join(change[case](word) if free else word for word, free in tokens)
    if case == "capitalize-first":
        return _first_only(tokens, lambda word: word)
    return _title(tokens) if case == "title" else text


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Split into words, gaps, and marks, each with whether its case may change."""
    protected: list[bool] = []
    for token in _TOKEN.findall(text):
        if token in MARKS:
            if token == CLOSE and protected:
                protected.pop()
            elif token not in {CLOSE, GLUE}:
                protected.append(token in KEEP_CASE)
            yield token, False
        else:
            yield token, not any(protected)


def _capitalize(word: str) -> str:
    for place, character in enumerate(word):
        if character.isalpha():
            return word[:place] + character.upper() + word[place + 1 :]
        if character.isdigit():
            break
    return word


def _first_only(tokens: list[tuple[str, bool]], rest: Callable[[str], str]) -> str:
    """Capitalize the first word, and apply `rest` to the others."""
    out, seen = [], False
    for token, free in tokens:
        is_word = token not in MARKS and any(c.isalnum() for c in token)
        if is_word and not seen:
            seen = True
            token = rest(token) if free else token
            out.append(_capitalize(token) if free and token.islower() else token)
        else:
            out.append(rest(token) if free else token)
    return "".join(out)


def _title(tokens: list[tuple[str, bool]]) -> str:
    words = [i for i, (token, _) in enumerate(tokens) if any(c.isalnum() for c in token)]
    last = words[-1] if words else -1
    places = set(words)
    out, begins = [], True
    for place, (token, free) in enumerate(tokens):
        if place not in places:
            out.append(token)
            begins = begins or token[-1] in ":.?!"
            continue
        bare = token.strip("()[]{}.,;:!?\"'“”‘’").lower()
        greek = len(bare) == 1 and not bare.isascii()  # β-blockers
        if greek:
            pass
        elif free and token.islower() and (begins or place == last or bare not in _STOP_WORDS):
            token = _capitalize(token)
        elif free and bare in _STOP_WORDS and token[1:].islower() and not begins and place != last:
            token = token.lower()
        out.append(token)
        begins = token[-1] in ":.?!"
    return "".join(out)

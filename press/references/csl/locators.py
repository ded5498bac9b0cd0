"""Locators in the words of the article's language: `[@key, S. 3]` in German.

In: a cite whose suffix begins with a locator, and the terms of a locale. Out: the cite, with the
locator apart. English locators are read before, with the citation itself. This module must not
know works, styles, or Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from press.core.model import Cite
from press.references.csl.style import Locale

_LABELS = ("page", "chapter", "section", "paragraph", "figure", "table", "volume", "issue", "line",
           "note", "column", "part", "book", "verse", "folio", "equation", "appendix",
           "article-locator", "rule", "supplement", "opus", "sub-verbo")  # fmt: skip
"""What a locator may name; if two have the same word in a language, it means the first."""
_NUMBER = r"[^\W\d_]{0,3}\d[\w.:/]*(?<![.:])|[ivxlcdm]+\b|[IVXLCDM]+\b"
_RANGE = rf"(?:{_NUMBER})(?:\s*[-\u2013\u2014]+\s*(?:{_NUMBER}))?"


@lru_cache(maxsize=4)
def _words(locale: Locale) -> tuple[Mapping[str, str], re.Pattern[str]]:
    """Return what each word of a language names, and the pattern of a locator."""
    labels: dict[str, str] = {}
    for label in _LABELS:
        for form in ("long", "short", "symbol"):
            for plural in (False, True):
                word = locale.word(label, form, plural=plural).lower().rstrip(".")
                if word:
                    labels.setdefault(word, label)
    words = "|".join(map(re.escape, sorted(labels, key=len, reverse=True)))
    conjunction = re.escape(locale.word("and") or "and")
    joint = rf"(?:\s*[,&]\s*|\s+{conjunction}\s+)"
    pattern = (
        rf"\s*,?\s*(?P<label>{words})(?:\.\s*|\s+|(?<=\W)|(?=\d))"
        rf"(?P<numbers>{_RANGE}(?:{joint}{_RANGE})*)(?!\w)"
    )
    return labels, re.compile(pattern)


def with_locator(cite: Cite, locale: Locale) -> Cite:
    """Move a locator from the beginning of the suffix to its own place."""
    if cite.locator or not cite.suffix:
        return cite
    labels, pattern = _words(locale)
    suffix = cite.suffix
    word = re.match(r"\W*\w+", suffix)
    if word:  # a word may begin with a capital
        suffix = word[0].lower() + suffix[word.end() :]
    found = pattern.match(suffix)
    if found is None:
        return cite
    return replace(
        cite,
        locator=found["numbers"],
        label=labels[found["label"]],
        suffix=suffix[found.end() :].strip(),
    )

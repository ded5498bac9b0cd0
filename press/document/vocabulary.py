"""The words by which a library finds a handout.

In: a Document. Out: one text that has each of its words once. Accents, capitals, and the order of
words do not count, so it takes a fraction of the text. This module must not know who searches.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator

from press.core import trees
from press.core.model import Document
from press.core.trees import Element, has_class, is_block

UNSEEN = "[\u00ad\u200b-\u200f\u2060\ufeff]+"
"""Characters that are in words and are not read: hyphens that may be, joiners, directions."""
MARKS = "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652\u0670]+"
"""Accents of Latin, Greek, and Cyrillic letters; points of Hebrew and Arabic ones."""
LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ς": "σ"}
"""Letters that Unicode does not decompose, as people write them whose keyboard lacks them."""
SOLID = (
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\U00020000-\U000323af]+"
)
"""Signs of scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, and Chinese."""
_UNSAID = ("noteref", "citation", "note-back", "backlinks")
"""Classes of marks and links that are not words of the text."""


def vocabulary(document: Document) -> str:
    """Return each word of a handout once, folded, sorted, and separated by spaces.

    A script without spaces has no words to list. There, each sign is listed once, and after it,
    without a space, the signs that follow it somewhere in the text.
    """
    matter = document.matter
    said = [matter.title, matter.subtitle, matter.abstract, *document.facts, document.short]
    said += [value for _, value in document.contact]
    said += ["".join(_texts(trees.parse(part.xhtml))) for part in document.parts]
    words: set[str] = set()
    follow: defaultdict[str, set[str]] = defaultdict(set)
    for word in _words(fold(" ".join(said))):
        for number, piece in enumerate(re.split(f"({SOLID})", word)):
            if number % 2 == 0:
                words.add(piece)
                continue
            for index, sign in enumerate(piece):
                follow[sign].update(piece[index + 1 : index + 2])
    words |= {sign + "".join(sorted(after)) for sign, after in follow.items()}
    return " ".join(sorted(words - {""}))


def fold(text: str) -> str:
    """Return a text without accents, capitals, and what is not seen."""
    text = unicodedata.normalize("NFKD", re.sub(UNSEEN, "", text))
    text = unicodedata.normalize("NFC", re.sub(MARKS, "", text)).lower()
    return text.translate({ord(letter): said for letter, said in LETTERS.items()})


def _words(text: str) -> list[str]:
    """Return the runs of letters, digits, and marks."""
    between = {c for c in set(text) if unicodedata.category(c)[0] not in "LMN"}
    return text.translate(dict.fromkeys(map(ord, between), " ")).split()


def _texts(element: Element) -> Iterator[str]:
    """Yield the texts in an element, with spaces around blocks and in place of marks."""
    said = isinstance(element.tag, str) and not any(has_class(element, c) for c in _UNSAID)
    around = " " if not said or is_block(element) or element.tag == "br" else ""
    yield around
    if said:
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""
    yield around

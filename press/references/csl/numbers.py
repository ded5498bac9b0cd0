"""Numbers, pages, and locators, as a citation style prints them.

In: text such as `12-14, 20`, and a form. Out: the text in that form, whether it is a number, and
whether it is more than one. This module must not know works or names.
"""

from __future__ import annotations

import re
from functools import lru_cache

from press.core.speech import numeral
from press.references.csl.markup import GLUE, strip
from press.references.csl.style import Locale

_ONE = r"[^\W\d_]{0,4}\d+[^\W\d_]{0,3}"
_NUMERIC = re.compile(rf"{_ONE}(?:\s*[-\u2013,&]\s*{_ONE})*")
_SPLIT = re.compile(r"(\s*(?:[-\u2013\u2014]+|,|&|;)\s*|\s+and\s+)")
_ROMAN_NUMBER = re.compile("[ivxlcdmIVXLCDM]+")


def is_numeric(text: str) -> bool:
    """Return whether a variable is a number or a list of numbers, with letters at most beside."""
    return _NUMERIC.fullmatch(strip(text).strip()) is not None


def is_plural(text: str, variable: str, locale: Locale) -> bool:
    """Return whether a variable or a locator is more than one."""
    text = strip(text)
    if variable.startswith("number-of"):
        return text.strip().isdigit() and int(text) != 1
    return _list_of_two(locale.word("and")).search(text.lower()) is not None


@lru_cache(maxsize=8)
def _list_of_two(word: str) -> re.Pattern[str]:
    joint = rf"(?:[-\u2013\u2014,&;]|\b(?:and|{re.escape(word.lower() or 'and')})\b)"
    return re.compile(
        rf"(?:\d[^\W\d_]*|\b[ivxlcdm]+)\s*(?:(?<!\\){joint}\s*)+(?:[^\W\d_]*\d|[ivxlcdm]+\b)"
    )


def to_form(text: str, form: str, locale: Locale, gender: str = "") -> str:
    """Print each number of a list in a form: `numeric`, `ordinal`, `long-ordinal`, `roman`."""
    if not is_numeric(text):
        return text
    dash = locale.word("page-range-delimiter") or "–"
    out = []
    for place, part in enumerate(_SPLIT.split(text.replace(GLUE, ""))):
        if place % 2:
            sign = part.strip()
            out.append({"-": dash, "–": dash, "&": " & ", ",": ", "}.get(sign, part))
        else:
            out.append(_one(part, form, locale, gender))
    return "".join(out)


def _one(text: str, form: str, locale: Locale, gender: str) -> str:
    if not (text.isascii() and text.isdigit()) or len(text) > 5:
        return text
    number = int(text)
    if form == "long-ordinal" and 1 <= number <= 10:
        term = locale.term(f"long-ordinal-{number:02}", "long", gender)
        if term is not None:
            return term.single
    if form in {"ordinal", "long-ordinal"}:
        return locale.ordinal(number, gender)
    if form == "roman" and 0 < number < 4000:
        return numeral(number, "i")
    return text


def pages(text: str, style: str, dash: str, ampersand: str = "&") -> str:
    """Print ranges of pages as the style's `page-range-format` asks."""
    out = []
    for place, part in enumerate(re.split(r"(\s*[,&;]\s*)", text)):
        if place % 2:
            sign = part.strip()
            out.append({",": ", ", "&": f" {ampersand} "}.get(sign, part))
        else:
            out.append(_range(part, style, dash))
    return "".join(out)


_PAGE = re.compile(r"(\d*[^\W\d_]+\.?)?(\d+)")
"""A page, with letters before its number: `S12`, `8n11`."""


def _range(text: str, style: str, dash: str) -> str:
    sides = re.split(r"\s*(?<!\\)[-\u2013\u2014]+\s*", text)
    if len(sides) != 2 or not all(_is_page(side) for side in sides):
        return text.replace("\\-", "-")
    first, last = (side.replace("\\-", "-") for side in sides)
    a, b = _PAGE.fullmatch(first), _PAGE.fullmatch(last)
    if not style or a is None or b is None:
        return f"{first}{dash}{last}"
    if a[1] != b[1]:
        return f"{first}-{last}"
    return f"{first}{dash}{_last_page(a[2], b[2], b[1] or '', style)}"


def _is_page(text: str) -> bool:
    return any(c.isdigit() for c in text) or _ROMAN_NUMBER.fullmatch(text) is not None


def _last_page(first: str, last: str, prefix: str, style: str) -> str:
    full = first[: max(0, len(first) - len(last))] + last
    if len(full) != len(first) or int(full) < int(first):
        return prefix + last
    return prefix + full if style == "expanded" else _shorten(first, full, style)


def _shorten(first: str, last: str, style: str) -> str:
    common = next((i for i, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), 0)
    keep = len(last) - common
    if style.startswith("chicago"):
        number = int(first)
        if number < 100 or number % 100 == 0:
            return last
        if style != "chicago-16" and len(first) == 4 and keep > 2:
            return last
        keep = max(keep, 1 if number % 100 < 10 else 2)
    elif style == "minimal-two":
        keep = max(keep, 2)
    return last[-keep:]

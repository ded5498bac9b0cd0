"""Formulas in words, as they are read aloud in English: "x squared", "a over b".

In: MathML. Out: its words, so complete that two formulas that differ are not read alike; empty if
the formula has something that this module has no words for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from press.core.trees import Element, local_name

_SIGNS = {
    "+": "plus", "-": "minus", "\u2212": "minus", "=": "equals", "\u00b1": "plus or minus",
    "<": "is less than", ">": "is greater than", "\u2264": "is less than or equal to",
    "\u2a7d": "is less than or equal to", "\u2265": "is greater than or equal to",
    "\u2a7e": "is greater than or equal to", "\u2260": "is not equal to",
    "\u2248": "is approximately equal to", "\u223c": "is similar to", "~": "is similar to",
    "\u221d": "is proportional to",
    "\u00d7": "times", "\u22c5": "times", "\u00b7": "times", "*": "times", "\u2217": "times",
    "\u00f7": "divided by", "/": "divided by", "\u2211": "sum", "\u220f": "product",
    "\u222b": "integral", "\u2192": "goes to", "\u2208": "in", "\u221e": "infinity",
    "(": "open parenthesis", ")": "close parenthesis", "[": "open bracket", "]": "close bracket",
    "{": "open brace", "}": "close brace", "|": "vertical bar", "\u2223": "vertical bar",
    "!": "factorial", "%": "percent", "\u00b0": "degrees", "\u2202": "partial", "\u2032": "prime",
    "\u2026": "and so on", "\u22ef": "and so on", ":": "colon", ";": "semicolon", ".": "point",
    "&": "ampersand", "\u21d2": "implies", "\u0394": "capital delta",
}  # fmt: skip
_ACCENTS = {
    "\u00af": "bar", "\u2015": "bar", "\u203e": "bar", "_": "bar", "\u0332": "bar", "^": "hat",
    "~": "tilde", "\u02dc": "tilde", "\u2192": "vector", "\u02d9": "dot", "\u00a8": "double dot",
}  # fmt: skip
_SILENT = frozenset("\u2061\u2062\u2063\u2064\u200b")
_BIG = frozenset("\u2211\u220f\u222b\u222c\u222e\u22c2\u22c3")
_POWERS = {"2": "squared", "3": "cubed"}
_ROOTS = {"2": "square root", "3": "cube root"}


class _Unknown(Exception):
    """A formula has something that there are no words for."""


def spoken(math: Element) -> str:
    """Return the words of a formula; empty if there are none for it."""
    try:
        return " ".join(_said(math).replace(" ,", ",").split())
    except (_Unknown, RecursionError):
        return ""


def _said(element: Element) -> str:
    name, children = local_name(element), list(element)
    if name in ("mi", "mn", "mo"):
        return _token((element.text or "").strip(), element.get("mathvariant") or "")
    if name == "mtext":
        return element.text or ""
    if name in ("math", "mrow", "mstyle", "mpadded", "mtd"):
        return " ".join(map(_said, children))
    if name == "mspace":
        return ""
    if name in _RULES:
        return _RULES[name](element, children)
    raise _Unknown(name)


def _token(text: str, variant: str) -> str:
    """Return the words of letters, a number, or a sign; letters of another kind are named."""
    if text in _SIGNS:
        return _SIGNS[text]
    if len(text) != 1:
        return text
    if text in _SILENT:
        return ""
    if text == "," or (text.isascii() and text.isalnum()):
        kind = variant if variant not in ("", "normal", "italic") else ""
        return f"{kind} {text}".replace("-", " ").strip()
    words = unicodedata.name(text, "").lower()
    if not words:
        raise _Unknown(text)
    for long, short in (("mathematical ", ""), ("greek ", ""), ("small letter ", ""),
                        ("small ", ""), ("capital letter ", "capital "), ("-", " ")):  # fmt: skip
        words = words.replace(long, short)
    return words


def _bare(element: Element) -> Element:
    """Return what is in rows of one element."""
    while local_name(element) in ("mrow", "mstyle", "mtd") and len(element) == 1:
        element = element[0]
    return element


def _is_leaf(element: Element) -> bool:
    return not len(_bare(element))


def _is_big(element: Element) -> bool:
    return (_bare(element).text or "") in _BIG


def _closed(element: Element, end: str) -> str:
    """Return the words of an element; if there are several, with a word for their end."""
    return _said(element) if _is_leaf(element) else f"{_said(element)}, end of {end}"


def _fraction(element: Element, children: Sequence[Element]) -> str:
    over, under = children
    if element.get("linethickness", "1")[:1] == "0":
        return f"{_closed(over, 'top')} choose {_closed(under, 'bottom')}"
    if _is_leaf(over) and _is_leaf(under):
        return f"{_said(over)} over {_said(under)}"
    return f"the fraction {_said(over)}, over {_said(under)}, end of fraction"


def _root(element: Element, children: Sequence[Element]) -> str:
    del element
    if len(children) == 1 and _is_leaf(children[0]):
        return f"square root of {_said(children[0])}"
    return f"square root of {' '.join(map(_said, children))}, end of root"


def _nth_root(element: Element, children: Sequence[Element]) -> str:
    del element
    inside, order = children
    name = _ROOTS.get((_bare(order).text or "").strip()) if _is_leaf(order) else None
    name = name or f"root of order {_closed(order, 'order')}"
    return f"{name} of {_closed(inside, 'root')}"


def _power(power: Element) -> str:
    text = (_bare(power).text or "").strip() if _is_leaf(power) else ""
    if text in _POWERS:
        return _POWERS[text]
    if text and set(text) <= set("\u2032\u2033*\u2020\u00b0\u2218"):
        return _SIGNS["\u00b0"] if text == "\u2218" else _token(text, "")
    return f"to the power {_closed(power, 'power')}"


def _sup(element: Element, children: Sequence[Element]) -> str:
    del element
    return f"{_said(children[0])} {_power(children[1])}"


def _sub(element: Element, children: Sequence[Element]) -> str:
    del element
    base, low = children
    if (_bare(base).text or "") == "lim":
        return f"limit as {_said(low)} of"
    if _is_big(base):
        return f"{_said(base)} over {_said(low)} of"
    return f"{_said(base)} sub {_closed(low, 'subscript')}"


def _both(element: Element, children: Sequence[Element]) -> str:
    del element
    base, low, high = children
    if _is_big(base):
        return f"{_said(base)} from {_said(low)} to {_said(high)} of"
    return f"{_said(base)} sub {_closed(low, 'subscript')} {_power(high)}"


def _under(element: Element, children: Sequence[Element]) -> str:
    base, low = children
    if _is_big(base) or (_bare(base).text or "") == "lim":
        return _sub(element, children)
    return f"{_said(base)} with {_closed(low, 'part below')} below"


def _over(element: Element, children: Sequence[Element]) -> str:
    del element
    base, high = children
    sign = (_bare(high).text or "").strip() if _is_leaf(high) else ""
    if sign in _ACCENTS:
        words = _said(base) if _is_leaf(base) else f"{_said(base)}, all of it with a"
        return f"{words} {_ACCENTS[sign]}"
    return f"{_said(base)} with {_closed(high, 'part above')} above"


def _table(element: Element, children: Sequence[Element]) -> str:
    del element
    rows = [f"row {number}: {', '.join(map(_said, row))}" for number, row in enumerate(children, 1)]
    return f"table of {len(rows)} rows, {'; '.join(rows)}, end of table"


_RULES = {
    "mfrac": _fraction, "msqrt": _root, "mroot": _nth_root, "msup": _sup, "msub": _sub,
    "msubsup": _both, "munder": _under, "mover": _over, "munderover": _both, "mtable": _table,
}  # fmt: skip

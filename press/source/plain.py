"""Texts of front matter and settings that are printed as they are.

In: a value, and a function that finds the lines of words in it. Out: a problem for each placeholder
in braces and each piece of markup that would be printed. This module must not know which keys there
are, nor how Markdown is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from itertools import chain, islice

from press.core.problems import Problem, Span, on_lines

Where = Callable[[str, str], list[Span]]
"""Returns the locations of words in a text of a value: `''` is the value itself, `[0].name` a text
in it."""
_ENOUGH = 200
"""Different words of one kind that are reported of a value."""
_BRACES = re.compile(r"\{\{[^{}\n]*\}\}")
_MARKUP = re.compile(
    # Each begins and ends as Markdown requires, so that `5 * 3` and `don`t` are not markup.
    r"(?P<plain>https?://\S+|\{\{[^{}\n]*\}\})"
    r"|\*\*[^\s*](?:[^*]*[^\s*])?\*\*|(?<![\w*])\*\w(?:[^*]*\w)?\*(?![\w*])"
    # A name such as `__init__.py` is not emphasis; nor is a line to write on, `____`.
    r"|(?<![\w/])(?P<bars>__?)[^\W_](?:[^_]*[^\W_])?(?P=bars)(?!\w|/|\.\w|\()"
    r"|(?<![\w`])(?P<ticks>`{1,3})[^\s`](?:[^`]*[^\s`])?(?P=ticks)(?![\w`])"
    # An index and a call, `array[0](note)`, are not a link: where it leads looks like an address.
    r"|(?<![\w)\]])!?\[[^\[\]]*\]\((?=[^()\s]*[/.:#@])[^()\s]+(?:\s+\"[^\"]*\")?\)"
    r"|\[[^\[\]]+\]\((?:https?:|mailto:|tel:|\.{0,2}/|#)[^()\s]*(?:\s+\"[^\"]*\")?\)"
    r"|<(?:https?://|mailto:)[^<>\s]+>"
    r"|\[\^[^\[\]\s]+\]|\^\[[^\[\]]+\]"
    r"|\[(?=[^\[\]]*\])(?:[^\[\]]*[^\w\[\]])?@[\w{][^\[\]]*\]"
    r"|\{:? ?[#.][A-Za-z][^{}\n]*\}"
    r"|~~[^\s~](?:[^~]*[^\s~])?~~|(?<![=\w])==[^\s=](?:[^=]*[^\s=])?==(?![=\w])"
    r"|(?<=[\w)])\^[^\s^_]+\^|\^[^\W_][^\s^]*\^|(?<=[A-Za-z)])~[^\s~]{1,10}~"
    r"|<(?:a|b|br|code|del|div|em|i|img|ins|mark|p|q|s|small|span|strong|sub|sup|u)"
    r"(?:\s+[\w-]+\s*=[^<>]*|\s*/?)>|<!--"
    r"|&(?:[A-Za-z][A-Za-z0-9]+|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});"
    r"|\\[*_$&%#`~^]"
)  # fmt: skip
"""Markup. A web address, and a placeholder, which is reported as such, are `plain`."""


def check_plain(value: object, shown: str, code: str, where: Where) -> Iterator[Problem]:
    """Yield a problem for each placeholder in a value (`code`) and each markup (TXT011).

    `shown` is the name of the value in messages.
    """
    for words, places in _grouped(value, _placeholders, where):
        message = f"'{words}' in {shown} is not filled in"
        yield _problem(code, places, message, "write the words themselves")
    for words, places in _grouped(value, _markup, where):
        message = f"markup in {shown} is printed as it is: {words}"
        yield _problem("TXT011", places, message, "write plain text")


def _problem(code: str, places: list[Span], message: str, hint: str) -> Problem:
    first = min(places)
    also = on_lines(each.line for each in places if each != first)
    return Problem(code, first, f"{message}{also}", hint)


def _grouped(
    value: object, find: Callable[[str], Iterator[str]], where: Where
) -> Iterator[tuple[str, list[Span]]]:
    """Yield what is found in the texts of a value, each with all its locations."""
    found: dict[str, dict[str, None]] = {}
    for path, text in _texts(value):
        for words in find(text):
            found.setdefault(words, {})[path] = None
    for words, paths in islice(found.items(), _ENOUGH):
        yield " ".join(words.split()), [place for path in paths for place in where(path, words)]


def _texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of a value, with where it is below the value."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(each, f"{path}.{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _texts(each, f"{path}[{number}]")


def _placeholders(text: str) -> Iterator[str]:
    return (found[0] for found in _BRACES.finditer(text))


def _markup(text: str) -> Iterator[str]:
    formulas: list[str] = []
    if re.search(r"\$.*\$|\\[(\[]", text, re.DOTALL):
        from press.source.maths import formulas_in  # it needs the library of Markdown

        formulas, text = formulas_in(text)
    kinds = (found for found in _MARKUP.finditer(text) if found["plain"] is None)
    rest = (found[0] for found in kinds if found[0][0] != "&" or unescape(found[0]) != found[0])
    return chain(formulas, rest)

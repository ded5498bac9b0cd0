"""Texts that are printed as they are: placeholders and markup in them are reported."""

from __future__ import annotations

import time

import pytest

from press.core.problems import Span
from press.source.plain import check_plain

MARKUP = (
    "**5** things", "*no* cost", "_others_", "__not__ this", "`code`", "``code``", "the `dose`",
    "[this](https://example.org)", "[this](tea.md)", "a[word](#id)", "![](a.png)",
    '[this](https://example.org "Title")', "<https://example.org>", "H<sub>2</sub>O", "a<br/>b",
    '<span class="x">a</span>', "<!-- later -->", "A[^1]", "A^[note]", "as shown [@smith2009]",
    "[see @smith2009, p. 3]", "[-@smith2009]", "Sleep {#sleep}", "Sleep {.class}", "~~old~~",
    "==new==", "x^2^", "Ann Example ^1^", "H~2~O", "$x$", "$$x$$", r"\(x^2\)", "R&amp;D",
    "a&nbsp;b", "&#8212;", r"5\*", r"\$5",
)  # fmt: skip
ORDINARY = (
    "f(x)[1](2)", "array[0](note)", "f(x)[1](2.5)", "__init__.py and __main__()", "Don`t use `this",
    "5 * 3 * 2", "people_who_rest", "Name: ____ Date: ____", "$5 to $10", "US$5 and US$10",
    "$5–$10, or $5/day", "Q&A; R&D;", "AT&T", "a ~ b ~ c", "~5 mg", "^_^", "a == b == c", "2^10",
    "[sic] (note)", "[see below]", "ann@example.org", "Ann [ann@example.org]", "A <a@example.org>",
    "p<b and c>d", "#1 of 5", "https://example.org/_a_/*b*/", "{a, b}", "2019–2020", "Ann*, Bo*",
    "source/_drafts_/a", "the `70s and the `80s", "x < y > z", "C:\\temp", "1. One", "- dash",
)  # fmt: skip


def found(value: object) -> list[str]:
    where = lambda path, words: [Span("a.md", 2, 1)]  # noqa: E731
    problems = list(check_plain(value, "'title'", "FRM003", where))
    return [f"{p.code} {p.message.partition(': ')[2] or p.message}" for p in problems]


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_reported(text: str) -> None:
    assert [each.partition(" ")[0] for each in found(text)][:1] == ["TXT011"]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_not(text: str) -> None:
    assert found(text) == []


def test_each_piece_is_named_as_it_is_written() -> None:
    text = "A **b** c[^1] and $x_1 * y * z$ cost $5 &amp; {{ clinic.name }}"
    assert found(text) == [
        "FRM003 '{{ clinic.name }}' in 'title' is not filled in",
        "TXT011 $x_1 * y * z$", "TXT011 **b**", "TXT011 [^1]", "TXT011 &amp;",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "piece",
    "** *a `a [a](. [@ \\[@a {. ~~a ==a ^a a~ <b&a= <a&b=& $a \\( & {{ __a _a ![ ^[".split(),
)
def test_no_text_takes_long(piece: str) -> None:
    start = time.process_time()
    found(piece.replace("&", " ") * 20_000)
    found(piece.replace("&", " ") + " " * 100_000)
    found(piece.replace("&", " ") + "." * 100_000)
    assert time.process_time() - start < 5

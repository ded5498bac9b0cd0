"""Texts that are printed as they are: placeholders and markup in them are reported."""

from __future__ import annotations

import time

import pytest

from press.core.problems import Problem, Span
from press.source.front_matter import read_matter, split
from press.source.plain import check_plain
from press.source.project import read_config, read_project

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


def lines(front: str) -> list[str]:
    """Return the problems of front matter, whose first line is line 2."""
    problems: list[Problem] = []
    fields, _, _ = split(f"---\n{front}\n---\n\nText.\n", "a.md", problems)
    read_matter(fields, "en-US", problems)
    return [f"{p.span.line}: {p.message}" for p in problems]


@pytest.mark.parametrize(
    ("front", "line"),
    [
        ("title: T\nabstract: |\n  One\n\n  **two**\n", 6),
        ("title: T\nabstract: >\n\n  One\n  and **two**\n  three\nversion: 1", 6),
        ("title: T\nabstract: One\n  and\n  **two** three", 5),
        ('title: T\nabstract:\n  "One\n  and **two\n  words**"', 5),
        ("title: T\nabstract: 'One\n\n  **two**'\n", 5),
        ('title: T\nabstract: "\\x2a*two**\n  words"', 3),
        ("title: T\nkeywords:\n- one\n\n# **two**\n- '**two**'", 7),
        ("title: T\nkeywords: [one,\n  '**two**']", 4),
        ("title: T\nauthor:\n- name: Ann\n  affiliation:\n  - A\n  - '**two**'", 7),
    ],
)
def test_the_line_is_that_of_the_words(front: str, line: int) -> None:
    assert [each.partition(":")[0] for each in lines(front)] == [str(line)]


def test_a_key_is_named_as_its_author_wrote_it() -> None:
    assert lines(
        "title: T\ndescription: |\n  One\n  *two*\nlicense: {a: b}\nauthors:\n- '`A`'"
    ) == [
        "5: markup in 'description' is printed as it is: *two*",
        "8: markup in 'authors' is printed as it is: `A`",
        "6: 'license' must be a single value, not a list or mapping",
    ]


def test_each_placeholder_is_named_once_with_all_its_lines() -> None:
    front = "title: T\nabstract: |\n  {{ a }} {{ b }}\n  {{ a }}\nkeywords: ['{{ a }}', '{{ b }}']"
    assert lines(front) == [
        "4: '{{ a }}' in 'abstract' is not filled in (also on line 5)",
        "4: '{{ b }}' in 'abstract' is not filled in",
        "6: '{{ a }}' in 'keywords' is not filled in",
        "6: '{{ b }}' in 'keywords' is not filled in",
    ]


def test_defaults_are_checked_once_at_the_line_of_the_words(tmp_path) -> None:
    toml = '[article]\nkeywords = [\n  "sleep",\n  "**two**",\n]\nauthors = "`A`"\n'
    (tmp_path / "makebook.toml").write_text(f"{toml}abstract = '''\nOne\n{{{{ x }}}}'''\n")
    problems: list[Problem] = []
    config = read_config(tmp_path, problems)
    assert [f"{p.span.line}: {p.message}" for p in problems] == [
        "9: '{{ x }}' in 'abstract' is not filled in",
        "6: markup in 'authors' is printed as it is: `A`",
        "4: markup in 'keywords' is printed as it is: **two**",
    ]
    fields, _, _ = split("---\ntitle: T\n---\n", "a.md", problems := [])
    read_matter(fields, "en-US", problems, config.article)
    assert problems == []


def test_the_title_of_a_collection(tmp_path) -> None:
    toml = '[collections.a]\ntitle = """\nA {{ x }}\n**two**"""\narticles = ["tea"]\n'
    (tmp_path / "makebook.toml").write_text(toml)
    (collection,) = read_project(tmp_path, []).collections
    found = [f"{p.span.line} {p.code}" for p in collection.problems]
    assert found == ["3 CFG004", "4 TXT011", "5 COL001"]

"""Front matter as existing articles have it: names and shapes of Pandoc and other tools."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from press.core.labels import labels_for
from press.core.model import Matter, Person
from press.core.problems import Problem
from press.document.identity import facts
from press.source.front_matter import read_matter, split
from press.source.people import _KNOWN, read_people


def read(front: str) -> tuple[Matter, list[str]]:
    """Read front matter; return it and the problems as code and line."""
    problems: list[Problem] = []
    fields, _, _ = split(f"---\n{front}\n---\n\nText.\n", "a.md", problems)
    matter = read_matter(fields, "en-US", problems)
    return matter, [f"{p.code} {p.span.line}" for p in problems]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2026-11-22", date(2026, 11, 22)),
        ("November 22, 2026", date(2026, 11, 22)),
        ("22 Nov. 2026", date(2026, 11, 22)),
        ("'3 May 2025'", date(2025, 5, 3)),
        ("Thursday, November 19th, 2026", date(2026, 11, 19)),
        ("2026-11-19 10:30:00 +0900", date(2026, 11, 19)),
        ("2026-11-19T10:30:00.5Z", date(2026, 11, 19)),
        ("2026/1/9", date(2026, 1, 9)),
        ("11/19/2026", date(2026, 11, 19)),
        ("3.4.2026", date(2026, 4, 3)),
        ("3/4/2026", None),
        ("March 2024", None),
        ("Novelist 3, 2022", None),
        ("31 February 2026", None),
        ("2026-13-01", None),
    ],
)
def test_dates(typed: str, expected: date | None) -> None:
    matter, problems = read(f"title: T\ndate: {typed}")
    assert matter.date == expected
    assert problems == ([] if expected else ["FRM003 3"])


def test_scalars_stay_what_was_typed() -> None:
    matter, problems = read("title: 2026-01-01\nlang: no\nversion: 1.10\nreviewer: ~")
    assert (matter.title, matter.lang, matter.version) == ("2026-01-01", "no", "1.10")
    assert matter.reviewer == ""
    assert problems == []


def test_authors_in_every_shape_of_pandoc() -> None:
    one, _ = read("title: T\nauthor: Ada Example")
    several, _ = read("title: T\nauthor:\n- Ada Example\n- name: Bo Example\n  affiliation: Clinic")
    assert one.authors == (Person("Ada Example"),)
    assert several.authors == (Person("Ada Example"), Person("Bo Example", "Clinic"))


def test_a_misspelled_key_is_named_and_keys_of_other_tools_are_one_warning() -> None:
    _, problems = read("title: T\ntoc: true\nsubtile: S\nlayout: post\nauthor: {name: A, url: u}")
    assert problems == ["FRM001 4", "FRM007 3"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("12 months", date(2027, 1, 31)),
        ("1 month", date(2026, 2, 28)),
        ("one year", date(2027, 1, 31)),
        ("2 weeks", date(2026, 2, 14)),
        ("90-days", date(2026, 5, 1)),
        ("2026-05-04", date(2026, 5, 4)),
    ],
)
def test_the_next_review_is_a_date_or_an_interval_after_the_date(typed, expected) -> None:
    matter, problems = read(f"title: T\ndate: 2026-01-31\nnext-review: {typed}")
    assert (matter.next_review, problems) == (expected, [])


@pytest.mark.parametrize("typed", ["12 moons", "0 months", "9999 years", "0 days"])
def test_an_interval_that_is_none(typed) -> None:
    matter, problems = read(f"title: T\ndate: 2026-01-31\nnext-review: {typed}")
    assert (matter.next_review, problems) == (None, ["FRM003 4"])


@pytest.mark.parametrize("typed", ["today", "now", "last-modified", '"`r Sys.Date()`"'])
def test_a_date_that_moves_is_one_warning(typed) -> None:
    matter, problems = read(f"title: T\ndate: {typed}\nnext-review: 1 year")
    assert (matter.date, problems) == (None, ["FRM009 3"])


def test_a_wrong_value_brings_no_problem_of_its_consequences() -> None:
    assert read("title: [T]")[1] == ["FRM003 2"]
    assert read("titel: T")[1] == ["FRM004 2"]
    assert read("title: T\ndate: 31 June 2026\nnext-review: 1 year")[1] == ["FRM003 3"]
    assert read("title: T\nnext-review: 1 year")[1] == ["FRM008 1"]


def test_jekyll() -> None:
    matter, problems = read(
        "layout: post\ntitle: T\ndate: 2026-11-19 10:30:00 +0900\ncategories: [sleep, news]\n"
        "tags: rest bed sleep\npermalink: /t/\nexcerpt: Why.\npublished: true\nauthor: Ann"
    )
    assert matter.date == date(2026, 11, 19)
    assert matter.keywords == ("rest", "bed", "sleep", "news")
    assert (matter.abstract, matter.authors) == ("Why.", (Person("Ann"),))
    assert problems == ["FRM007 2"]


def test_a_key_of_another_tool_does_not_replace_ours() -> None:
    matter, problems = read("title: T\nabstract: A\nexcerpt: B\nrights: C\nlicense: D")
    assert (matter.abstract, matter.rights) == ("A", "C")
    assert problems == ["FRM007 4"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("published: true\ndraft: no", []),
        ("published: False", ["FRM010 3"]),
        ("draft: yes", ["FRM010 3"]),
        ("draft: yes\nstatus: draft", []),
        ("published: 2026-11-19", ["FRM007 3"]),
    ],
)
def test_a_draft_is_built_with_a_warning(typed, expected) -> None:
    assert read(f"title: T\n{typed}")[1] == expected


@pytest.mark.parametrize(
    ("typed", "status", "problems"),
    [
        ("status: published", "", []),
        ("status: draft", "draft", []),
        ("status: withdrawn\nwithdrawn-because: The dose was wrong.", "withdrawn", []),
        ("status: withdrawn", "withdrawn", ["FRM003 3"]),
        ("withdrawn-because: The dose was wrong.", "", ["FRM003 3"]),
        ("status: Draft", "", ["FRM003 3"]),
        ("status: [draft]", "", ["FRM003 3"]),
    ],
)
def test_a_status_is_one_of_three(typed, status, problems) -> None:
    matter, found = read(f"title: T\n{typed}")
    assert (matter.status, found) == (status, problems)


def test_funding_and_license_as_in_quarto() -> None:
    matter, problems = read(
        "title: T\nlicense: {text: Free, url: u}\nfunding:\n- statement: From A.\n- From B."
    )
    assert (matter.rights, matter.funding, problems) == ("Free", "From A.; From B.", [])


JOSS = """title: 'Doze: sleep diaries'
tags: [Python]
authors:
  - name: Ann M. Example
    orcid: https://orcid.org/0000-0002-1825-009x
    equal-contrib: true
    affiliation: "1, 2"
  - given-names: Ludwig
    dropping-particle: van
    surname: Example
    equal-contrib: true
    affiliation: 2
  - name: Cy Example^[corresponding author]
    affiliation: [1]
affiliations:
  - {name: "Example University, Country", index: 1, ror: 00example}
  - {name: Example Institute, index: 2}
date: 19 November 2026
bibliography: paper.bib"""


def test_an_article_for_the_journal_of_open_source_software() -> None:
    matter, problems = read(JOSS)
    both = "Example University, Country; Example Institute"
    assert matter.authors == (
        Person("Ann M. Example", both, "0000-0002-1825-009X", equal=True),
        Person("Ludwig van Example", "Example Institute", equal=True),
        Person("Cy Example", "Example University, Country", corresponding=True),
    )
    assert (matter.date, matter.keywords) == (date(2026, 11, 19), ("Python",))
    assert problems == ["FRM007 4"]
    assert facts(matter, labels_for("en"))[:5] == (
        "By Ann M. Example (1, 2); Ludwig van Example (2); Cy Example (1)",
        "(1) Example University, Country",
        "(2) Example Institute",
        "Contributed equally: Ann M. Example, Ludwig van Example",
        "Correspondence: Cy Example",
    )


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Ann Example", "By Ann Example"),
        ("[Ann Example, Bo Example]", "By Ann Example, Bo Example"),
        ("{name: Ann Example, affiliation: Clinic}", "By Ann Example (Clinic)"),
        ("{name: {given: Ann, family: Example}, degrees: [MD, PhD]}", "By Ann Example, MD, PhD"),
        ("{name: {literal: Ann Example}}", "By Ann Example"),
        ("{first_name: Ann, last_name: Example}", "By Ann Example"),
        (
            "[{name: A, affiliations: [{id: u, name: Unit, department: Rest, city: Town}]}, "
            "{name: B, affiliations: [{ref: u}]}, {name: C, affiliation: Clinic and Co}]",
            "By A, B (Rest, Unit, Town); C (Clinic and Co)",
        ),
        ("[{name: A, affiliations: [One, Two]}, B]", "By A (One; Two); B"),
    ],
)
def test_authors_in_the_shapes_of_quarto(author, expected) -> None:
    matter, problems = read(f"title: T\nauthor: {author}")
    assert (facts(matter, labels_for("en"))[0], problems) == (expected, [])


def test_an_address_is_printed_for_letters_only() -> None:
    one, none = read("title: T\nauthor: {name: A, email: a@example.org, corresponding: true}")
    other, said = read("title: T\nauthor: {name: A, email: a@example.org}")
    assert facts(one, labels_for("en"))[1] == "Correspondence: A, a@example.org"
    assert other.authors == (Person("A"),)
    assert (none, said) == ([], ["FRM007 3"])


SCALARS = st.sampled_from(["", "1", "1, 2", "Ann", "true", "0000-0002-1825-0097", "a@example.org"])
SHAPES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*_KNOWN, "ref", "index", "url", "fone"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(SHAPES, SHAPES)
def test_authors_of_any_shape_are_read_or_reported(authors, affiliations) -> None:
    people, flaws = read_people(authors, affiliations)
    assert all(isinstance(value, str | bool) for one in people for value in vars(one).values())
    assert all(message and hint for message, hint in flaws.errors)


def test_no_front_matter_is_no_title() -> None:
    problems: list[Problem] = []
    fields, body, first = split("Just text.\n", "a.md", problems)
    read_matter(fields, "en", problems)
    assert (body, first) == ("Just text.\n", 1)
    assert [p.code for p in problems] == ["FRM004"]

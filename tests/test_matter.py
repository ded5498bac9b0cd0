"""Front matter as existing articles have it: Pandoc's names, dates in words, nothing guessed."""

from __future__ import annotations

from datetime import date

import pytest

from press.core.model import Matter, Person
from press.core.problems import Problem
from press.source.front_matter import read_matter, split


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


def test_unknown_keys_are_kept_and_said() -> None:
    _, problems = read("title: T\nsubtile: S\ntoc: true")
    assert problems == ["FRM001 3", "FRM001 4"]


def test_no_front_matter_is_no_title() -> None:
    problems: list[Problem] = []
    fields, body, first = split("Just text.\n", "a.md", problems)
    read_matter(fields, "en", problems)
    assert (body, first) == ("Just text.\n", 1)
    assert [p.code for p in problems] == ["FRM004"]

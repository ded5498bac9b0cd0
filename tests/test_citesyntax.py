"""Pandoc's citation syntax: what is a citation, what it means, where it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from press.core.model import Cite, Cluster
from press.source.citation_syntax import locate_keys, parse_group
from tests.citing import ALONE, clusters, left


def only(text: str) -> Cluster:
    (cluster,) = clusters(text)
    assert left(text) == ALONE
    return cluster


@pytest.mark.parametrize(
    ("text", "cites"),
    [
        ("[@a]", [Cite("a")]),
        ("[-@a]", [Cite("a", suppress_author=True)]),
        ("[@a; @b_c; @d:e.f]", [Cite("a"), Cite("b_c"), Cite("d:e.f")]),
        ("[see @a, p. 4; -@b]", [Cite("a", "see", "4", "page"), Cite("b", suppress_author=True)]),
        ("[@a, pp. 3-5, 7 and more]", [Cite("a", "", "3-5, 7", "page", "and more")]),
        ("[@a chap. 2]", [Cite("a", "", "2", "chapter")]),
        ("[@a, sec. 3.2]", [Cite("a", "", "3.2", "section")]),
        ("[@a, §3]", [Cite("a", "", "3", "section")]),
        ("[@a, p. iv]", [Cite("a", "", "iv", "page")]),
        ("[@a, 33]", [Cite("a", "", "33", "page")]),
        ("[@a, {pp. iv, vi-xi} here]", [Cite("a", "", "iv, vi-xi", "page", "here")]),
        ("[@a{}, 99 years later]", [Cite("a", suffix=", 99 years later")]),
        ("[@a, pineapple]", [Cite("a", suffix=", pineapple")]),
        ("[@a; and so; @b]", [Cite("a", suffix="; and so"), Cite("b")]),
        (
            "[@{https://example.org/?a=b;c}, 3]",
            [Cite("https://example.org/?a=b;c", "", "3", "page")],
        ),
        ("[see @a.]", [Cite("a", "see", suffix=".")]),
    ],
)
def test_a_group_says_what_it_cites(text: str, cites: list[Cite]) -> None:
    assert only(text) == Cluster(tuple(cites))


@pytest.mark.parametrize(
    ("text", "cites"),
    [
        ("@a", [Cite("a")]),
        ("@a [p. 4]", [Cite("a", "", "4", "page")]),
        ("@a [@b]", [Cite("a"), Cite("b")]),
        ("@a\n[@b]", [Cite("a"), Cite("b")]),
        ("@a[@b]", [Cite("a"), Cite("b")]),
        ("@a [see; also @b, p. 3]", [Cite("a", suffix="see"), Cite("b", "also", "3", "page")]),
    ],
)
def test_a_key_in_the_sentence_is_narrative(text: str, cites: list[Cite]) -> None:
    assert only(text) == Cluster(tuple(cites), narrative=True)


@pytest.mark.parametrize(
    "text", ["mail a@b.org", r"\@a", "[text]", "[^1]", "@", "[ ]", "a@", "me@home.example.org"]
)
def test_other_uses_of_the_sign_are_no_citations(text: str) -> None:
    assert clusters(text) == []


def test_punctuation_after_a_key_belongs_to_the_sentence() -> None:
    found = clusters("@a. Then @b: @c's, (@d-e).")
    assert [cluster.cites[0].key for cluster in found] == ["a", "b", "c", "d-e"]


def test_a_link_is_no_group() -> None:
    for text in ("[@a](#u)", "[@a][b]\n\n[b]: #u"):
        assert [cluster.narrative for cluster in clusters(text)] == [True]


def test_keys_are_located_outside_code_and_comments() -> None:
    source = (
        "\n\n\nHi @a and `@code`, ``x ` @code``.\n\n    @code\n    @code\n\n"
        "```\n@code\n```\n\n- item [@b;\n  @a]\n\n    in the item @c\n\n<!-- @code\n@code -->\n"
        "~~~ {.x}\n@code\n~~~\nme@home.org \\@no @d.\n"
    )
    assert locate_keys(source) == {
        "a": [(4, 4), (14, 3)],
        "b": [(13, 9)],
        "c": [(16, 17)],
        "d": [(23, 18)],
    }


KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}([:.-][A-Za-z0-9]{1,4})?", fullmatch=True)
WORDS = st.lists(st.sampled_from(["see", "but", "not", "also"]), max_size=2).map(" ".join)
LOCATORS = st.sampled_from(
    [("", ""), ("4", "page"), ("3-5, 9", "page"), ("2", "chapter"), ("iv", "section")]
)
CITES = st.builds(
    lambda key, prefix, locator, suffix, minus: Cite(key, prefix, *locator, suffix, minus),
    KEYS, WORDS, LOCATORS, WORDS, st.booleans(),
)  # fmt: skip
SHORT = {"page": "p.", "chapter": "chap.", "section": "sec."}


def write(cite: Cite) -> str:
    locator = f", {SHORT[cite.label]} {cite.locator}" if cite.locator else ""
    minus = "-" if cite.suppress_author else ""
    parts = (cite.prefix, f"{minus}@{cite.key}{locator}", cite.suffix)
    return " ".join(part for part in parts if part)


@given(st.lists(CITES, min_size=1, max_size=4))
def test_what_is_written_is_read_back(cites: list[Cite]) -> None:
    assert only("[" + "; ".join(map(write, cites)) + "]") == Cluster(tuple(cites))


MARKUP = st.text(alphabet="@[]{}();,.-:/\\`~<>!# \n\tabp1ivé\x00\u2028", max_size=60)


@given(MARKUP)
def test_every_citation_has_keys_of_the_text(text: str) -> None:
    for cluster in clusters(text):
        assert cluster.cites
        for cite in cluster.cites:
            assert cite.key
            assert set(cite.key) <= set(text)


@given(MARKUP)
def test_every_located_key_stands_there(text: str) -> None:
    lines = text.split("\n")
    for key, places in locate_keys(text).items():
        for line, column in places:
            assert lines[line - 1][column - 1 :].startswith(("@" + key, "@{" + key + "}"))


@given(MARKUP)
def test_a_group_never_drops_words(text: str) -> None:
    cluster = parse_group(text)
    if cluster:
        kept = "".join(c.prefix + c.key + c.locator + c.suffix for c in cluster.cites)
        assert {c for c in text if c.isalnum()} - set("psecahnobtifilm") <= set(kept)

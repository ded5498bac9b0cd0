"""Readability: grades computed by hand, and what counts as a sentence."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from press.check.readability import Readability, measure, sentences_of, syllables

WORDS = st.sampled_from(
    ["cat", "ketamine", "OCD", "treatment", "hospital", "12", "self-control", "zxqvity", "don't"]
)
SENTENCES = st.lists(st.lists(WORDS, min_size=1, max_size=8).map(" ".join), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1),
        ("ketamine", 3),
        ("people", 2),
        ("medicine", 3),
        ("clinician's", 3),
        ("obsessive-compulsive", 6),
        ("I", 1),
        ("OCD", 3),
        ("SSRIs", 4),
        ("WHO", 5),
        ("US", 2),
        ("us", 1),
        ("7", 2),
        ("0", 2),
        ("11", 3),
        ("35", 3),
        ("100", 3),
        ("1,000", 3),
        ("988", 6),  # nine hundred eighty-eight
        ("2.3", 3),
        ("2013", 5),  # two thousand thirteen
        ("1234567890123", 15),  # too long for a quantity: digit by digit
    ],
)
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


@pytest.mark.parametrize(
    ("word", "count"),
    [("blimpton", 2), ("zorbed", 1), ("zorted", 2), ("framble", 2), ("glake", 1), ("nth", 1)],
)
def test_a_word_the_dictionary_lacks_is_counted_by_its_vowels(word: str, count: int) -> None:
    assert syllables(word) == count


def test_smog_of_mclaughlins_own_sample_size() -> None:
    # 30 sentences with 9 hard words: 1.043 * sqrt(9) + 3.1291 = 6.2581.
    text = ["the cat took the hospital"] * 9 + ["the cat sat"] * 21
    assert measure(text).smog == pytest.approx(6.2581)


def test_both_grades_by_hand() -> None:
    # 9 words; 1+1+1+3 and 1+2+1+2+1 = 13 syllables; ketamine alone is hard.
    result = measure(["The cat took ketamine.", "The doctor saw people get", "…"])
    assert (result.words, result.sentences, result.polysyllables) == (9, 2, 1)
    assert result.smog == result.smog_plain == pytest.approx(1.043 * math.sqrt(15) + 3.1291)
    assert result.flesch_kincaid == pytest.approx(11.8 * 13 / 9 + 0.39 * 9 / 2 - 15.59)


def test_declared_terms_leave_smog_but_not_the_plain_grade() -> None:
    text = ["Ketamine’s use in a hospital", "SSRIs for obsessive-compulsive disorder", "a disorder"]
    result = measure(text, ["ketamine", "SSRI", "obsessive-compulsive disorder"])
    assert result.polysyllables == 6
    assert result.smog_plain == pytest.approx(1.043 * math.sqrt(6 * 30 / 3) + 3.1291)
    # hospital, and the disorder that is outside the phrase
    assert result.smog == pytest.approx(1.043 * math.sqrt(2 * 30 / 3) + 3.1291)


def test_a_term_matches_whole_words_only() -> None:
    plain = measure(["Esketamine is a spray"])
    assert measure(["Esketamine is a spray"], ["ketamine"]) == plain


@pytest.mark.parametrize("text", [[], ["", " — ", "↩"]])
def test_nothing_to_read_has_no_grade(text: list[str]) -> None:
    assert measure(text, ["ketamine", ""]) == Readability(0, 0, 0, 0.0, 0.0, 0.0)


@given(SENTENCES)
def test_terms_never_raise_a_grade(text: list[str]) -> None:
    plain, declared = measure(text), measure(text, ["ketamine", "OCD"])
    assert declared.smog <= declared.smog_plain == plain.smog == plain.smog_plain
    assert declared.flesch_kincaid == plain.flesch_kincaid


@given(SENTENCES)
def test_grades_do_not_depend_on_order(text: list[str]) -> None:
    again = measure([*reversed(text)])
    assert again.smog == measure(text).smog
    assert again.flesch_kincaid == pytest.approx(measure(text).flesch_kincaid)


@given(SENTENCES)
def test_saying_it_twice_changes_no_grade(text: list[str]) -> None:
    once, twice = measure(text), measure(text * 2)
    assert twice.smog == pytest.approx(once.smog)
    assert twice.flesch_kincaid == pytest.approx(once.flesch_kincaid)


@given(st.text())
def test_any_text_can_be_measured(text: str) -> None:
    result = measure([text])
    assert result.sentences == (1 if result.words else 0)
    assert math.isfinite(result.smog)
    assert math.isfinite(result.flesch_kincaid)


@pytest.mark.parametrize(
    ("body", "sentences"),
    [
        ("<p>One. Two! Three? Four</p>", ["One.", "Two!", "Three?", "Four"]),
        ("<p>It rose by 2.3 points. <b>Then</b> no.</p>", ["It rose by 2.3 points.", "Then no."]),
        ("<p>Ask Dr. Lee, e.g. Now. Go.</p>", ["Ask Dr. Lee, e.g. Now.", "Go."]),
        ("<p>He said “Go.” She went.</p>", ["He said “Go.”", "She went."]),
        (
            "<p>See C. I. Lee (Fig. 4). 12 came. No. Yes.</p>",
            ["See C. I. Lee (Fig. 4).", "12 came.", "No.", "Yes."],
        ),
        ("<h2>Is it so? Yes. No.</h2><p>Text</p>", ["Is it so? Yes. No.", "Text"]),
        ("<ul><li>one</li><li><p>two. Three</p></li></ul>", ["one", "two.", "Three"]),
        ("<ul><li>a<ol><li>b</li></ol>c</li></ul>", ["a", "b", "c"]),
        ("<p>a</p><table><tr><td>Cell</td></tr></table>tail", ["a", "tail"]),
        ("<p>It helped<sup>1</sup>. Or not.</p>", ["It helped.", "Or not."]),
        ('<p>So <span class="x citation">(Lee. 2012)</span> it is.</p>', ["So it is."]),
        ('<section class="references"><p>Lee C. Title.</p></section><p>End.</p>', ["End."]),
        ("<figure><svg><text>no</text></svg><figcaption>Yes</figcaption></figure>", ["Yes"]),
        ("<p>See https://example.org/a.b. Then go.</p>", ["See .", "Then go."]),
        ("<p>Write to a.b@example.org now</p>", ["Write to now"]),
        ("<p>doi 10.1000/x(9)0.1 it</p>", ["doi it"]),
        ("<p>See<br/>below</p><!-- not me --><hr/>", ["See below"]),
    ],
)
def test_sentences(body: str, sentences: list[str]) -> None:
    assert sentences_of(f"<body>{body}</body>") == sentences


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Call 116 123, free", "Call , free"),
        ("Call 13 11 14.", "Call ."),
        ("Call +1 800-555-0100 now", "Call now"),
        ("Call (800) 555-0100", "Call"),
        ("Call 911", "Call 911"),
        ("From 2001-03 to 2005-2010", "From 2001-03 to 2005-2010"),
        ("On 2026-11-22 or in 2013 11 of 14", "On 2026-11-22 or in 2013 11 of 14"),
        ("Of 1,000 people 12", "Of 1,000 people 12"),
    ],
)
def test_phone_numbers_are_no_words(text: str, kept: str) -> None:
    assert sentences_of(f"<body><p>{text}</p></body>") == [kept]


def test_namespaced_xhtml() -> None:
    body = '<body xmlns="http://www.w3.org/1999/xhtml"><p>a</p><table><tr><td>b</td></tr></table>'
    assert sentences_of(f"{body}</body>") == ["a"]


@given(st.lists(st.lists(st.sampled_from(["cat", "OCD", "x,", "7"]), min_size=1).map(" ".join)))
def test_every_list_item_is_a_sentence(items: list[str]) -> None:
    body = ET.Element("body")
    for item in items:
        ET.SubElement(ET.SubElement(body, "ul"), "li").text = item
    assert sentences_of(ET.tostring(body, encoding="unicode")) == items

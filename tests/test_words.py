"""The hash on a sheet is one of its words: what changes it, and what does not."""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from press.core import labels
from press.core.problems import ProblemsError
from press.document.compose import read_sources
from press.document.words import fold
from press.references.works import work_of

ROOT = Path(__file__).parent.parent
HEAD = """---
title: Rest and tea
subtitle: For all who lie awake
abstract: What helps.
authors: [Ann Lee, {name: Bo Roe, affiliation: River House}]
date: 2026-03-01
sources-checked: 2026-03-02
reviewer: C. Poe
reviewed: 2026-03-03
audience: adults
topics: [sleep]
keywords: [tea]
identifier: REST-1
version: "2.5"
---
"""
BODY = """
Read this first.

## Key points {#key-points .key-points}

Drink 5-10 cups, not 2.5 liters. "Rest" isn't work — it's rest.

- first get up.
- then lie down
{: .plain}

1. Ask *early*.
2. Call late.

## What was found? {#found}

A study asked 40 people [@lee2020, p. 4] and more [see @lee2020; @roe2021]. @roe2021 waited.[^one]

### In older people {#older}

H~2~O has a ^2^, and $x^2$ is less. It is ~~not~~ so.

![A gray square](dot.svg "The square")

Table: Who slept

| Group | Better |
|-------|--------|
| Early | 10 |
| Late | 20 |

{{ notice.by-hand }}

[^one]: From May to June.

Last words.
"""
TOML = """lang = "en-US"
csl = "american-medical-association"
bibliography = ["source/a.bib"]
[notices]
required = {"*" = ["general", "by-hand"]}
"""
NOTICES = {
    "general": "---\ntitle: About this\nplace: [opening, every-page]\nshort: No advice.\n---\n"
    "\nAsk a nurse.\n",
    "by-hand": "---\ntitle: In a crisis\n---\n\nCall 988 now.\n",
}
BIB = """@article{lee2020, author={Lee, Ann}, title={Up early}, journal={Rest}, year={2020},
  doi={10.1000/rest.3}, evidence={randomized trial}}
@article{roe2021, author={Roe, Bo}, title={Late tea}, journal={Tea}, year={2021}, volume={2}}
"""
DOT = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


class Desk:
    """A project whose files can be altered, and put back."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "source/disclaimers").mkdir(parents=True)
        self.files = {"makebook.toml": TOML, "source/tea.md": HEAD + BODY, "source/a.bib": BIB,
                      "source/dot.svg": DOT, "source/other.svg": DOT}  # fmt: skip
        for name, text in NOTICES.items():
            self.files[f"source/disclaimers/{name}.md"] = text
        self.first = self.hash({})

    def hash(self, files: dict[str, str]) -> str:
        """Return the hash of the article with some files replaced."""
        for name, text in {**self.files, **files}.items():
            (self.root / name).write_text(text, encoding="utf-8")
        return read_sources(self.root).assembled("tea", "").hash

    def edited(self, old: str, new: str, name: str = "source/tea.md") -> str:
        """Return the hash after one edit."""
        assert old in self.files[name]
        return self.hash({name: self.files[name].replace(old, new, 1)})


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return Desk(tmp_path_factory.mktemp("words"))


CHANGES = {
    "a range": ("5-10", "510"),
    "a decimal point": ("2.5 liters", "25 liters"),
    "the version": ('"2.5"', '"25"'),
    "not": ("cups, not 2.5", "cups, 2.5"),
    "struck out": ("~~not~~", "not"),
    "raised": ("a ^2^", "a 2"),
    "lowered": ("H~2~O", "H2O"),
    "a formula": ("$x^2$", "$x_2$"),
    "capitals": ("Call late", "CALL late"),
    "a paragraph that becomes a heading": ("Last words.", "### Last words."),
    "a heading of another level": ("### In older", "## In older"),
    "a paragraph that becomes an item": ("Last words.", "- Last words."),
    "a paragraph that becomes a quotation": ("Last words.", "> Last words."),
    "items in another order": (
        "- first get up.\n- then lie down",
        "- then lie down\n- first get up.",
    ),
    "bullets that become numbers": ("- first get up.\n- then", "1. first get up.\n2. then"),
    "the first number of a list": ("1. Ask", "4. Ask"),
    "a paragraph cut in two": ("It is ~~", "\n\nIt is ~~"),
    "cells that change places": ("| Early | 10 |", "| 10 | Early |"),
    "numbers that change rows": ("| Early | 10 |\n| Late | 20 |", "| Early | 20 |\n| Late | 10 |"),
    "a caption": ("Table: Who slept", "Table: Who did"),
    "the words for a picture": ("A gray square", "A square"),
    "a note": ("From May", "From April"),
    "a note elsewhere": ("waited.[^one]", "[^one] waited."),
    "a page": ("p. 4", "p. 5"),
    "words in a citation": ("[see @lee2020;", "[but see @lee2020;"),
    "another work": ("[@lee2020, p. 4]", "[@roe2021, p. 4]"),
    "a work less": ("; @roe2021]", "]"),
    "title": ("title: Rest", "title: Best"),
    "subtitle": ("all who", "those who"),
    "abstract": ("What helps", "What works"),
    "author": ("Bo Roe", "Bo Poe"),
    "institution": ("River House", "Lake House"),
    "sources checked": ("2026-03-02", "2026-03-04"),
    "reviewer": ("reviewer: C.", "reviewer: D."),
    "reviewed": ("2026-03-03", "2026-03-04"),
    "audience": ("adults", "children"),
    "identifier": ("REST-1", "REST-2"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_what_a_reader_finds_changes_the_hash(desk, name):
    assert desk.edited(*CHANGES[name]) != desk.first


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("disclaimers/by-hand.md", "988", "989"),
        ("disclaimers/by-hand.md", "In a crisis", "Help"),
        ("disclaimers/general.md", "Ask a nurse", "Do not ask a nurse"),
        ("disclaimers/general.md", "No advice", "Advice"),
        ("disclaimers/general.md", "[opening", "[closing"),
        ("dot.svg", "M0 0", "M1 0"),
        ("a.bib", "rest.3", "rest.4"),
        ("a.bib", "randomized", "pilot"),
        ("a.bib", "Late tea", "Early tea"),
    ],
)
def test_a_notice_a_picture_or_a_work_changes_the_hash(desk, name, old, new):
    assert desk.edited(old, new, f"source/{name}") != desk.first


SAME = {
    "ids": ("{#found}", "{#what}"),
    "classes": ("{#found}", "{#found .urgent}"),
    "a class of a list": ("\n{: .plain}", ""),
    "emphasis": ("*early*", "**early**"),
    "no emphasis": ("*early*", "early"),
    "curly quotes": ('"Rest" isn\'t', "“Rest” isn’t"),
    "single quotes": ('"Rest"', "‘Rest’"),
    "guillemets": ('"Rest"', "«\u00a0Rest\u00a0»"),
    "a dash": ("work — it's", "work – it's"),
    "a dash without spaces": ("work — it's", "work—it's"),
    "a range with a dash": ("5-10", "5–10"),
    "a space that does not break": ("40 people", "40\u00a0people"),
    "a soft hyphen": ("people", "peo\u00adple"),
    "a line break": ("A study asked", "A study\nasked"),
    "items apart": ("get up.\n- then", "get up.\n\n- then"),
    "blank lines": ("\n\nLast words", "\n\n\n\nLast words"),
    "the name of a note": ("[^one]", "[^may]"),
    "a raised figure of Unicode": ("^2^", "²"),
    "a ligature": ("first get", "\ufb01rst get"),
    "another name for a picture": ("dot.svg", "other.svg"),
    "works in another order": ("[see @lee2020; @roe2021]", "[@roe2021; see @lee2020]"),
    "topics and keywords": ("keywords: [tea]", "keywords: [rest, tea]"),
    "a date that is not printed": ("date: 2026-03-01", "date: 2026-02-01"),
}


@pytest.mark.parametrize("name", SAME)
def test_markup_and_the_look_of_signs_do_not_change_the_hash(desk, name):
    old, new = SAME[name]
    text = desk.files["source/tea.md"]
    assert old in text
    assert desk.hash({"source/tea.md": text.replace(old, new)}) == desk.first


@pytest.mark.parametrize("style", ["apa", "ieee", "modern-language-association", "nature"])
def test_the_citation_style_does_not_change_the_hash(desk, style):
    try:
        other = desk.edited("american-medical-association", style, "makebook.toml")
    except ProblemsError as error:  # this style is not built in
        pytest.fail(str(error))
    assert other == desk.first


def test_the_keys_of_a_bibliography_do_not_change_the_hash(desk):
    files = {name: desk.files[name].replace("lee2020", "ann") for name in desk.files}
    assert desk.hash(files) == desk.first


WORDS = [found.span() for found in re.finditer(r"[A-Za-z]{2,}|\d+", BODY)
         if not re.search(r"[{@^#.:~$-]\w*$|\]\(\w*$|p\. $|\.$|Table$", BODY[: found.start()])
         and not re.match(r"\w*[}\].]?(?:svg|\()", BODY[found.end() :])
         and found[0] not in ("Table", "svg", "notice", "plain", "one", "1", "2")]  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(which=st.sampled_from(WORDS), kind=st.sampled_from(["altered", "gone", "twice"]))
def test_any_one_word_or_number_changes_the_hash(desk, which, kind):
    start, end = which
    word = BODY[start:end]
    digits = word.isdigit()
    new = {"gone": "", "twice": f"{word} {word}", "altered": word + ("0" if digits else "x")}[kind]
    assert desk.hash({"source/tea.md": HEAD + BODY[:start] + new + BODY[end:]}) != desk.first


SIGNS = st.text("0123456789.,+-%<>=/()^ab½²⅓₂", min_size=1)


@given(SIGNS, SIGNS)
def test_numbers_and_signs_are_never_folded_together(one, other):
    assert (fold(one) == fold(other)) == (one == other)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_forms_of_unicode_are_folded_together(text):
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)
    assert fold(f" \u00a0{text}\u2009 ") == fold(text)


def test_two_quotation_marks_after_a_number_are_not_one():
    assert fold("5'") == fold("5’") == fold("5′") != fold('5"') == fold("5″")
    assert fold("‘a’") == fold("“a”") == fold('"a"') == fold("« a »")


def test_a_work_is_known_by_its_doi_then_its_pmid_then_its_data():
    doi = {"id": "a", "DOI": "https://doi.org/10.1000/Rest.3", "PMID": "1", "title": "Up"}
    assert work_of(doi) == work_of({"DOI": "10.1000/rest.3"}) == "doi:10.1000/rest.3"
    assert work_of({"PMID": "PMID: 12", "title": "Up"}) == "pmid:12"
    data = {"title": "Up", "volume": "2", "id": "a"}
    assert work_of(data) == work_of({**data, "id": "b", "abstract": "Long."})
    assert work_of(data) != work_of({**data, "volume": "3"})


OWN = "note-back backlinks note-places xref caption-number write-in noteref citation".split()


@pytest.mark.parametrize("name", OWN)
def test_a_class_hides_no_words(desk, name):
    text = f"{HEAD}{BODY}\n[Drink 4 cups]{{.{name} #cite-99}}.\n"
    other = text.replace("Drink 4", "Spill 4")
    assert desk.hash({"source/tea.md": text}) != desk.hash({"source/tea.md": other})


def test_the_words_of_the_program_do_not_change_the_hash(desk, monkeypatch):
    text = f"{HEAD}{BODY}\nSee [@fig:dot] and [@sec:found]. Call {{{{ clinic.telephone }}}}.\n"
    text = text.replace("{#found}", "{#sec:found}").replace('square")', 'square"){#fig:dot}')
    before = desk.hash({"source/tea.md": text})
    for name, said in labels._ENGLISH.items():
        monkeypatch.setitem(labels._ENGLISH, name, f"Zz {said}" if name != "quoted" else said)
    assert desk.hash({"source/tea.md": text}) == before
    assert desk.hash({"source/tea.md": text.replace("[@sec:found]", "[@fig:dot]")}) != before


def test_a_hash_moves_only_if_words_do(golden, tmp_path):
    """If one moves though its words are the same, CHANGELOG.md says why."""
    shutil.copytree(ROOT / "source", tmp_path / "source")
    shutil.copy(ROOT / "makebook.toml", tmp_path)
    folders = [tmp_path, *sorted((ROOT / "tests/projects").iterdir())]
    lines = []
    for folder in folders:
        sources = read_sources(folder)
        name = "article" if folder == tmp_path else folder.name
        lines += [f"{sources.assembled(n, '').hash}  {name}/{n}" for n in sources.names]
    golden("hashes.txt", "\n".join(lines))

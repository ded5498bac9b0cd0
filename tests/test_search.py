"""The library finds a handout by any word of its text, in a browser and without a server."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from press.build.run import build
from press.core.model import Request
from press.document.compose import read_sources
from press.document.vocabulary import vocabulary
from tests.conftest import needed
from tests.devtools import chromium
from tests.shelf import library

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = Path(__file__).parent / "projects"
MINISEARCH = ROOT / "press" / "output" / "web" / "minisearch.js"


def words_in(xhtml):
    """The vocabulary of a text, without that of the title block."""
    document = read_sources(PROJECTS / "small").assembled("sleep", "")
    part = replace(document.parts[0], xhtml=f"<section>{xhtml}</section>")
    matter = replace(document.matter, title="", subtitle="", abstract="")
    alone = replace(document, matter=matter, parts=(part,), facts=(), short="", contact=())
    return vocabulary(alone)


@pytest.mark.parametrize(
    ("xhtml", "words"),
    [
        ("<p>Tea, tea, and MORE tea.</p>", "and more tea"),
        ("<h2>Rest</h2><p>Sleep</p><ul><li>Tea</li></ul>", "rest sleep tea"),
        ("<p>Every<b>one</b> drinks H<sub>2</sub>O<br/>now</p>", "drinks everyone h2o now"),
        ('<p>people<span class="citation">1,2</span> and</p>', "and people"),
        ("<p>CAFÉ naïve Łódź Straße Übung Ærø</p>", "aero cafe lodz naive strasse ubung"),
        ("<p>anti\u00addepres\u200bsant</p>", "antidepressant"),
        ("<p>don’t 5–10</p>", "10 5 don t"),
        ("<p>強迫症と強い薬A錠</p>", "a い薬 と強 強い迫 症と 薬 迫症 錠"),
        ("<p>हिन्दी 한국어</p>", "हिन्दी 한국어"),
    ],
)
def test_the_words_of_a_text(xhtml, words):
    assert words_in(xhtml) == words


def test_ten_pages_have_twelve_kilobytes_of_words_at_most():
    words = vocabulary(read_sources(ROOT).assembled("ketamine-ocd", ""))
    assert 3_000 < len(words.encode()) < 12_000


HANDOUTS = [
    {"title": "Tea", "vocabulary": "a cup helps people who cannot sleep tea"},
    {"title": "Sleep", "vocabulary": "depression ketamine pain rest sleep strasse 988"},
    {"title": "Crème brûlée", "keywords": ["Dessert"], "vocabulary": "anxiety creme sheep 989"},
    {"title": "強迫症について", "vocabulary": "に 強迫 迫症 症と にるつ ついて"},
]
ASKED = {
    "cup": ["Tea"],
    "helps cup": ["Tea"],
    "cup ketamine": [],
    "sleep": ["Sleep", "Tea"],
    "SLEEP, rest": ["Sleep"],
    "ketam": ["Sleep"],
    "ketamin": ["Sleep"],
    "katamine": ["Sleep"],
    "ketmaine": ["Sleep"],
    "anxeity": ["Crème brûlée"],
    "cupp": [],
    "pian": ["Sleep"],
    "989": ["Crème brûlée"],
    "987": [],
    "creme brulee": ["Crème brûlée"],
    "CRÈME": ["Crème brûlée"],
    "straße": ["Sleep"],
    "dessert": ["Crème brûlée"],
    "強迫症": ["強迫症について"],
    "症": ["強迫症について"],
    "強症": [],
    "insulin": [],
    "?!": ["Crème brûlée", "Sleep", "Tea", "強迫症について"],
    "": ["Crème brûlée", "Sleep", "Tea", "強迫症について"],
}
SHOWN = """(() => { const field = document.querySelector("input[type=search]");
  field.value = %s; field.dispatchEvent(new Event("input"));
  return Array.from(document.querySelectorAll(".handouts > li")).filter((e) => e.offsetHeight > 0)
      .map((e) => e.querySelector("h2").textContent); })()"""
SAID = "document.querySelector('[role=status]').textContent"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser that has opened the page as a file, under the page's own policy."""
    page = library(tmp_path_factory.mktemp("library"), HANDOUTS)
    with needed(), chromium(page.as_uri()) as shown:
        shown.until("document.querySelector('.search:not([hidden])') !== null")
        yield shown


@pytest.mark.parametrize("typed", ASKED)
def test_what_is_asked_for_is_shown_the_best_first(browser, typed):
    assert browser.run(SHOWN % json.dumps(typed)) == ASKED[typed]
    count = len(ASKED[typed])
    said = f"{count} of 4 handouts found" if count else "No handouts found. Try another word."
    assert browser.run(SAID) == ("4 handouts" if not re.search(r"\w", typed) else said)


def test_every_word_of_an_article_finds_it(tmp_path):
    """Each word as it is printed, and each without its last letter."""
    document = read_sources(ROOT).assembled("ketamine-ocd", "")
    text = re.sub(
        '<span class="backlinks">.*?</span>', "", "".join(p.xhtml for p in document.parts)
    )
    printed = set(re.sub("<[^>]*>", " ", text).split())
    words = [word for word in printed if re.search(r"[^\W\d_]{3}", word) and "&" not in word]
    page = library(
        tmp_path,
        [{"title": "A", "vocabulary": vocabulary(document)}, {"title": "B", "vocabulary": "b"}],
    )
    asked = sorted({*words, *(word[:-1] for word in words if word[:-1].isalpha())})
    lost = f"{json.dumps(asked)}.filter((typed) => !found(typed))"
    script = (
        f"(() => {{ const found = (typed) => {SHOWN % 'typed'}.includes('A'); return {lost} }})()"
    )
    with needed(), chromium(page.as_uri()) as shown:
        shown.until("document.querySelector('.search:not([hidden])') !== null")
        assert len(asked) > 1000
        assert shown.run(script) == []


def test_what_is_not_published_is_not_found(tmp_path):
    """Neither an article with an error, nor the words of the state that was refused."""
    (tmp_path / "source").mkdir()
    (tmp_path / "makebook.toml").write_text('formats = ["html"]\neditions = ["letter"]\n')
    good, bad = (tmp_path / "source" / f"{name}.md" for name in ("good", "bad"))
    good.write_text("---\ntitle: Good\n---\n\n# One\n\nValerian.\n")
    bad.write_text("---\ntitle: Bad\n---\n\n# One\n\nChamomile [@nobody].\n")
    output = tmp_path / "build"
    request = Request(tmp_path, output, date(2026, 11, 23))
    assert build(request).failed
    listed = (output / "index.html").read_text()
    assert "valerian" in listed
    assert "chamomile" not in listed
    good.write_text(good.read_text().replace("Valerian", "Lavender [@nobody]"))
    assert build(request).failed
    assert (output / "index.html").read_text() == listed


def test_the_library_in_the_page_is_the_one_that_was_chosen():
    """Its version and hash are in docs/decisions.md; its license is in the page with it."""
    decisions = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    data = MINISEARCH.read_bytes()
    assert hashlib.sha256(data).hexdigest() in decisions
    assert re.search(rb"MiniSearch ([\d.]+)", data)[0].decode() in decisions
    license_ = MINISEARCH.with_name("LICENSE-minisearch.txt").read_text(encoding="utf-8")
    assert " ".join(license_.split()) in " ".join(data.decode().split())
    assert not re.search(rb"</script|<!--|\]\]>", data)

"""Defaults for front matter, other words in placeholders, and articles without a date.

Two articles share a project whose `[article]` gives what they do not say themselves; the web page
and the e-book are built once for all tests of this file.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from datetime import date
from types import SimpleNamespace

import pytest
from lxml import etree

from press.build.run import build
from press.core.manifest import read_manifest
from press.core.model import Request
from press.core.trees import plain
from press.document.compose import read_sources
from press.setup import new

TOML = """\
formats = ["epub", "html"]

[article]
author = [{ name = "Ann Example", affiliation = "Example Clinic" }]
funding = "Example Foundation"
rights = "You may copy this."
next-review = "12 months"
version = 2
"""
NOTICE = """\
---
title: About this handout, {{ article.audience | for everybody }}
place: [closing, every-page]
short: Reviewed {{ article.reviewed | never }}; ask {{ clinic.name | your clinic }}.
---

Paid by {{ article.funding }}. Conflicts: {{article.conflicts|none & *nothing*}}.

| Who | When |
|-----|------|
| {{ article.reviewer | nobody }} | {{ article.next-review | no day }}{{ article.reviewed | }} |

Code stays: `{{ article.funding | none }}`.
"""
OWN = "---\ntitle: Own\ndate: 2026-11-19\nfunding: none\nrights: Ask first.\n---\n\nSleep helps.\n"
LENT = "---\ntitle: Lent\ntags: [one]\nreviewer: none\n---\n\nSleep helps.\n"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    root = tmp_path_factory.mktemp("metadata") / "p"
    (root / "source" / "disclaimers").mkdir(parents=True)
    (root / "makebook.toml").write_text(TOML)
    (root / "source" / "disclaimers" / "about.md").write_text(NOTICE)
    (root / "source" / "own.md").write_text(OWN)
    (root / "source" / "lent.md").write_text(LENT)
    return SimpleNamespace(root=root, outcome=run(root))


def run(root, **options):
    return build(Request(root, root / "build", date(2026, 12, 1), **options))


def notice(root, name):
    document = read_sources(root).assembled(name, "")
    (part,) = [part for part in document.parts if part.kind == "notice"]
    return document, etree.fromstring(part.xhtml)


def package(root, name):
    with zipfile.ZipFile(root / "build" / f"{name}.epub") as book:
        return etree.fromstring(book.read("EPUB/content.opf"))


def test_an_article_has_the_defaults_and_its_own_values_come_first(desk):
    sources = read_sources(desk.root)
    own, lent = (sources.assembled(name, "").matter for name in ("own", "lent"))
    assert (own.funding, own.rights, own.version) == ("none", "Ask first.", "2")
    assert (lent.funding, lent.rights, lent.version) == (
        "Example Foundation", "You may copy this.", "2",
    )  # fmt: skip
    assert own.authors == lent.authors
    assert (own.next_review, lent.next_review) == (date(2027, 11, 19), None)
    assert sources.assembled("lent", "").facts[0] == "By Ann Example (Example Clinic)"


def test_what_is_due_names_the_article_and_not_the_interval(desk):
    (due,) = read_sources(desk.root).assembled("own", "").due
    assert str(due.span) == "source/own.md:3:1"


def test_a_default_that_cannot_be_counted_is_reported_at_the_article(desk):
    built = {one.name: one for one in desk.outcome.built}
    assert [f"{p.span} {p.code}" for p in built["lent"].problems] == ["source/lent.md:1:1 FRM008"]
    assert built["own"].problems == ()


def test_other_words_are_printed_only_without_a_value(desk):
    document, own = notice(desk.root, "own")
    _, lent = notice(desk.root, "lent")
    assert document.short == "Reviewed never; ask your clinic."
    assert plain(own[0]) == "About this handout, for everybody"
    assert plain(own[1]) == "Paid by none. Conflicts: none & *nothing*."
    cells = [[plain(cell) for cell in tree.iter("td")] for tree in (own, lent)]
    assert cells == [["nobody", "November 19, 2027"], ["Not yet reviewed by a clinician", "no day"]]
    assert plain(own[-1]) == "Code stays: {{ article.funding | none }}."


def test_the_e_book_of_an_article_without_a_date_has_none(desk):
    dates = {name: package(desk.root, name).findall(".//{*}date") for name in ("own", "lent")}
    assert [each.text for each in dates["own"]] == ["2026-11-19"]
    assert dates["lent"] == []
    changed = package(desk.root, "lent").xpath("//*[@property='dcterms:modified']/text()")
    assert changed == ["1980-01-01T00:00:00Z"], "EPUB 3.3, 5.5.5 asks for one"
    with zipfile.ZipFile(desk.root / "build" / "lent.epub") as book:
        pages = "".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xhtml"))
    assert not re.search(r"1980|Published", pages)
    assert "dcterms.modified" not in (desk.root / "build" / "lent.html").read_text()
    assert read_manifest(desk.root / "build")["articles"]["lent"]["date"] == ""


def test_a_changed_default_rebuilds_the_articles_that_use_it(desk, tmp_path):
    root = shutil.copytree(desk.root, tmp_path / "p")
    path = root / "makebook.toml"
    path.write_text(TOML.replace("Example Foundation", "Example Trust"))
    built = {one.name: one for one in run(root).built}
    assert built["own"].made == ()
    assert set(built["lent"].made) == {"lent.epub", "lent.html"}
    assert built["lent"].reasons["lent.epub"] == "rebuilt: makebook.toml changed"
    assert "Example Trust" in (root / "build" / "lent.html").read_text()


def test_a_bibliography_that_is_missing_is_located_where_it_is_named(desk, tmp_path):
    root = shutil.copytree(desk.root, tmp_path / "p", ignore=shutil.ignore_patterns("build"))
    (root / "makebook.toml").write_text(TOML + 'bibliography = "gone.bib"\n')
    problems = {p for one in run(root, articles=("lent",)).built for p in one.problems}
    assert {f"{p.span} {p.code}" for p in problems if p.code == "CIT003"} == {
        f"makebook.toml:{TOML.count(chr(10)) + 1}:1 CIT003"
    }


def test_a_bar_in_a_placeholder_is_not_a_cell_and_a_notice_has_no_other_words(desk, tmp_path):
    root = shutil.copytree(desk.root, tmp_path / "p", ignore=shutil.ignore_patterns("build"))
    table = "\n| A | B |\n|---|---|\n| {{ article.audience \\| all }} | two |\n"
    text = f"{table}\n{{{{ notice.about | x }}}}\n"
    (root / "source" / "lent.md").write_text(LENT + text)
    (built,) = run(root, articles=("lent",), formats=("html",)).built
    assert [p.code for p in built.problems] == ["FRM008", "WRD003"]
    assert "<td>all</td>" in re.sub(r"<td[^>]*>", "<td>", (root / "build/lent.html").read_text())


def test_a_new_article_leaves_out_what_the_project_gives(desk, tmp_path):
    root = shutil.copytree(desk.root, tmp_path / "p", ignore=shutil.ignore_patterns("build"))
    new.new_article(root, root, "tea", date(2026, 12, 1))
    text = (root / "source" / "tea.md").read_text()
    given = set(re.findall(r"^([a-z-]+): ", text, re.M))
    assert given == {"title", "date", "lang", "identifier", "reviewer", "conflicts"}
    matter = read_sources(root).assembled("tea", "").matter
    assert (matter.funding, matter.next_review) == ("Example Foundation", date(2027, 12, 1))


OTHERS = {
    "joss": """\
title: 'Doze: sleep diaries'
tags: [Python, sleep]
authors:
  - name: Ann M. Example
    orcid: 0000-0002-1825-0097
    corresponding: true
    affiliation: "1, 2"
  - name: Bo Example
    equal-contrib: true
    affiliation: 2
affiliations:
  - name: Example University, Country
    index: 1
    ror: 00example
  - name: Example Institute
    index: 2
date: 19 November 2026
bibliography: paper.bib
aas-journal: Example Journal""",
    "quarto": """\
title: Sleep and worry
subtitle: A report
author:
  - name: Ann Example
    url: https://example.org/ann
    affiliations: [{name: Example University, city: Meadow}]
date: last-modified
format: {html: {toc: true}, pdf: default}
execute: {echo: false}
bibliography: paper.bib
abstract: A short text.
keywords: [sleep]
lang: en
number-sections: true""",
    "jekyll": """\
layout: post
title: Sleep
date: 2026-11-19 10:30:00 +0900
categories: [sleep]
tags: rest bed
permalink: /sleep/
excerpt: Why rest helps.
published: true""",
}
BIB = "@book{walker2013, author = {Walker, Ann}, title = {Bed}, publisher = {P}, year = 2013}\n"


def test_articles_for_other_tools_build_as_they_are(tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "makebook.toml").write_text("")
    (tmp_path / "source" / "paper.bib").write_text(BIB)
    for name, front in OTHERS.items():
        cites = " [@walker2013]" if "paper.bib" in front else ""
        text = f"---\n{front}\n---\n\n## Summary\n\nSleep helps{cites}.\n"
        (tmp_path / "source" / f"{name}.md").write_text(text)
    outcome = run(tmp_path, formats=("html",))
    found = {one.name: [f"{p.code} {p.span.line}" for p in one.problems] for one in outcome.built}
    assert found == {
        "joss": ["FRM007 12"],
        "quarto": ["FRM009 8", "FRM007 4"],
        "jekyll": ["FRM007 2"],
    }
    page = (tmp_path / "build" / "joss.html").read_text()
    assert re.findall(r"<li>(.*?)</li>", page[page.index('class="facts"') :])[:5] == [
        "By Ann M. Example (1, 2); Bo Example (2)",
        "(1) Example University, Country",
        "(2) Example Institute",
        "Correspondence: Ann M. Example",
        "ORCID: Ann M. Example 0000-0002-1825-0097",
    ]

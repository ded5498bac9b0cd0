"""Singular and plural: counted nouns have the right form (1 page, 2 pages)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from press.check import external as check
from press.check import review
from press.check.external import _verapdf_command
from press.check.readability import Readability
from press.core.labels import labels_for
from press.core.manifest import read_manifest
from press.core.model import Artifact, Config, Edition
from press.core.problems import Span, counted
from press.design.styles import Styles
from press.document.compose import read_sources
from press.document.editions import printed
from press.document.identity import dues
from press.output.web import library
from press.output.web.shelf import Shelf
from press.proof.epub import prove_epub
from press.proof.page import prove_page
from press.proof.pdf import prove_links
from press.proof.typography import LIMITS, _length
from press.readback.pdf import PdfPage
from press.setup.doctor import _fonts
from tests.reporting import reported

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "tests" / "projects" / "small"
NOUNS = (
    "articles cells characters columns days editions files handouts internal links items pages "
    "places problems references sheets terms times warnings words"
).split()


def test_a_number_and_what_is_counted():
    assert [counted(n, "page") for n in (0, 1, 2)] == ["0 pages", "1 page", "2 pages"]
    assert counted(1, "link is", "links are") == "1 link is"
    assert counted(3, "link is", "links are") == "3 links are"


SOURCES = sorted(path for path in (ROOT / "press").rglob("*.py") if path.stem != "labels")
"""Labels have both numbers in their table."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_plural_follows_a_figure_in_a_message(path):
    """`counted` chooses the number; names in capitals are limits, which are large."""
    figure = re.compile(rf"\{{(?!_?[A-Z]+\}})[^{{}}:]+\}} (?:{'|'.join(NOUNS)})\b")
    assert figure.findall(path.read_text(encoding="utf-8")) == []


@pytest.fixture(scope="module")
def sleep():
    return read_sources(SMALL).assembled("sleep", "")


@pytest.mark.parametrize(
    ("count", "told", "online"),
    [
        (1, "The reference of this handout is in", "You can read the reference of this handout at"),
        (
            2,
            "The 2 references of this handout are",
            "You can read the 2 references of this handout",
        ),
    ],
)
def test_references_elsewhere(sleep, count, told, online):
    some = replace(
        sleep, references=(sleep.references[0],) * count, address="https://example.org/sleep.html"
    )
    away = printed(some, Edition("apart", references="companion", page="A4"), "apart.pdf")
    text = "".join(etree.fromstring(away.parts[-1].xhtml).itertext())
    assert told in text
    assert online in text


@pytest.mark.parametrize(
    ("titles", "said", "found"),
    [
        (["A"], "1 handout", "{count} of {all} handout found"),
        (["A", "B"], "2 handouts", "{count} of {all} handouts found"),
    ],
)
def test_handouts_in_the_library(built, titles, said, found):
    folder = built("small")
    (entry,) = read_manifest(folder)["articles"].values()
    entries = {title: {**entry, "title": title} for title in titles}
    data = library.write_library(Shelf(folder, entries, "en"), Styles(ROOT))
    (search,) = (e for e in etree.fromstring(data).iter("div") if e.get("class") == "search")
    assert (search.get("data-every"), search.get("data-found")) == (said, found)


def test_days_since_a_review(sleep):
    matter = replace(sleep.matter, reviewed=date(2026, 1, 1))
    manuscript = replace(_manuscript(), matter=matter)
    for age, said in ((1, "more than 1 day ago"), (2, "more than 2 days ago")):
        assert dues(manuscript, (), (), {"reviewed": age})[-1].message.endswith(said)
        verified = dues(manuscript, _dated(sleep), (), {"verified": age})
        assert verified[0].message.endswith(said)


def _manuscript():
    from press.source.manuscript import read_manuscript

    return read_manuscript(SMALL / "source" / "sleep.md", SMALL, Config(), [])


def _dated(document):
    placement = document.placements[0]
    notice = replace(placement.notice, verified=date(2026, 1, 1))
    return (replace(placement, notice=notice),)


def test_columns_of_a_table(tmp_path):
    from press.source.manuscript import read_manuscript

    path = tmp_path / "tea.md"
    path.write_text("---\ntitle: Tea\n---\n\n| a |\n|---|\n| b | c |\n")
    problems = []
    read_manuscript(path, tmp_path, Config(), problems)
    assert [p.message for p in problems if p.code == "TXT009"] == [
        "this row has 2 cells, but its table has 1 column"
    ]


@pytest.mark.parametrize(
    ("dead", "said"),
    [(1, "page 1: 1 internal link is broken"), (2, "page 1: 2 internal links are broken")],
)
def test_links_of_a_pdf(sleep, dead, said):
    page = PdfPage(links=9, dead=dead)
    assert [p.message for p in prove_links(sleep, [page], Span("sleep.pdf"))] == [said]


@pytest.mark.parametrize(
    ("links", "said"),
    [(1, "1 of 1 internal link is missing"), (2, "2 of 2 internal links are missing"),
     (3, "3 of 3 internal links are missing")],
)  # fmt: skip
def test_links_that_are_missing_from_a_pdf(sleep, links, said):
    xhtml = '<section id="x">' + '<a href="#x">Go</a>' * links + "</section>"
    some = replace(sleep, parts=(replace(sleep.parts[0], xhtml=xhtml),))
    page = PdfPage(links=0, dead=0)
    assert [p.message for p in prove_links(some, [page], Span("sleep.pdf"))] == [said]


def test_links_that_are_missing_from_a_web_page(sleep):
    for links, said in (
        (1, "the page lacks 1 link to '#x'"),
        (2, "the page lacks 2 links to '#x'"),
    ):
        xhtml = '<section id="x">' + '<a href="#x">Go</a>' * links + "</section>"
        some = replace(sleep, parts=(replace(sleep.parts[0], xhtml=xhtml),))
        page = Artifact("sleep.html", "html", b"<html><head/><body/></html>")
        assert said in [p.message for p in reported(prove_page, some, page, ())]


def test_pages_of_a_page_list(sleep, built):
    data = (built("small") / "sleep.epub").read_bytes()
    pages = len(re.findall(b"doc-pagebreak", _chapters(data)))
    (problem,) = reported(prove_epub, sleep, Artifact("sleep.epub", "epub", data, pages=99))
    assert problem.message == f"the page list has {counted(pages, 'page')}, but the PDF has 99"


def _chapters(data):
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return b"".join(book.read(n) for n in book.namelist() if n.endswith(".xhtml"))


def test_characters_of_a_line():
    limits = LIMITS["large-print"]
    assert "has 1 character;" in _length(1, replace(limits, shortest=40))
    assert "has 2 characters;" in _length(2, replace(limits, shortest=40))


def test_how_often_a_rule_is_broken(monkeypatch, tmp_path):
    report = (
        "<r><validationReport isCompliant='false'><rule clause='7' testNumber='1' status='failed' "
        "failedChecks='{}'><description>Tags</description></rule></validationReport></r>"
    )
    for times, said in (("1", "Tags (1 time)"), ("2", "Tags (2 times)")):
        done = check.subprocess.CompletedProcess([], 1, report.format(times), "")
        monkeypatch.setattr(check, "_run", lambda *_, done=done: done)
        assert [f.message for f in _verapdf_command("verapdf", tmp_path, "ua1")] == [said]


def test_terms_and_words_of_the_readability(monkeypatch, tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "tea.md").write_text("---\ntitle: Tea\n---\n\nTea.\n")
    (tmp_path / "makebook.toml").write_text('[readability]\nterms = ["tea"]\n')
    line, _ = review._readability("tea", tmp_path)
    assert "with 1 term not counted" in line
    assert line.endswith("; 1 word")
    (tmp_path / "makebook.toml").write_text("")
    monkeypatch.setattr("press.check.readability.measure", lambda *_: Readability(2, 1, 0, 3, 3, 1))
    line, _ = review._readability("tea", tmp_path)
    assert "with 0 terms not counted" in line
    assert line.endswith("; 2 words")


def test_files_of_fonts(monkeypatch, tmp_path):
    fonts = Styles(ROOT).fonts()
    for number, said in ((1, "(1 file)"), (2, "(2 files)")):
        monkeypatch.setattr(Styles, "fonts", lambda _, number=number: list(fonts)[:number])
        assert _fonts(tmp_path).version == said


def test_labels_of_one_and_of_many():
    labels = labels_for("en")
    assert {name for name in labels if name.endswith("-one")} == {
        "references-file-one",
        "references-online-one",
        "library-found-one",
        "library-one",
        "packet-one",
    }

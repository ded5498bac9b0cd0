"""The references page: what a link opens, what is said beside an entry, and where lines break."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from press.build.run import build
from press.core.ends import mark_references
from press.core.files import is_file
from press.core.model import Request
from press.core.trees import Element
from press.document.compose import read_sources
from press.document.ranges import enclose, join_ranges, ranges_of
from press.output.epub.chapters import _part_lists
from press.proof.matching import internal_links
from tests.browser import browse

ARTICLE = """---
title: Tea
bibliography: [a.bib, b.ris]
---

# One

Tea [@k1; @k2; @k3; @k4]. Sea [@k5; @k6]. Bee [@k2; @k3; @k4; @k5]. Key [@k6; @other].
"""


def bib(key: str, number: int, more: str = "") -> str:
    return (
        f"@article{{{key},\n  author = {{Roe, Ann}},\n  title = {{Rest {number}}},\n"
        f"  journal = {{J Rest}},\n  year = {{20{number:02}}},\n  volume = {{{number}}},\n"
        f"  pages = {{{number}--{number}0}},\n  doi = {{10.1000/rest.{number}}},\n{more}}}\n"
    )


@pytest.fixture(scope="module")
def tea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of six works, of which one has two keys and one was retracted."""
    folder = tmp_path_factory.mktemp("tea")
    (folder / "source").mkdir()
    (folder / "makebook.toml").write_text('editions = ["letter"]\n')
    (folder / "source" / "tea.md").write_text(ARTICLE)
    note = "  note = {Retracted in: J Rest. 2021;4:1},\n"
    entries = [bib(f"k{number}", number, note if number == 3 else "") for number in range(1, 7)]
    (folder / "source" / "a.bib").write_text("\n".join(entries))
    (folder / "source" / "b.ris").write_text(
        "TY  - JOUR\nID  - other\nAU  - Roe, Ann\nTI  - Rest 6\nJO  - J Rest\nPY  - 2006\n"
        "VL  - 6\nSP  - 6\nEP  - 60\nDO  - 10.1000/REST.6\nER  - \n"
    )
    return folder


def test_each_work_is_printed_once(tea: Path) -> None:
    document = read_sources(tea).assembled("tea", "")
    assert [reference.key for reference in document.references] == [f"k{n}" for n in range(1, 7)]
    text = "".join(part.xhtml for part in document.parts)
    assert text.count("10.1000/rest.6<") == 1


def test_a_retraction_is_said_beside_the_entry(tea: Path) -> None:
    (part,) = (p for p in read_sources(tea).assembled("tea", "").parts if p.kind == "references")
    said = '<strong class="standing">Retracted: J Rest. 2021;4:1</strong>'
    assert part.xhtml.count(said) == 1
    before = part.xhtml.partition(said)[0]
    assert 'id="ref-k3"' in before
    assert 'id="ref-k4"' not in before


def test_the_label_of_a_number_is_part_of_its_link(tea: Path) -> None:
    (part,) = (p for p in read_sources(tea).assembled("tea", "").parts if p.kind == "references")
    assert '<a href="https://doi.org/10.1000/rest.1">doi:10.1000/rest.1</a>' in part.xhtml


def test_a_range_has_one_link_that_leads_to_all(tea: Path) -> None:
    document = read_sources(tea).assembled("tea", "")
    links = internal_links(document)
    assert {"#refs-1-4": 1, "#refs-2-5": 1}.items() <= links.items()
    assert not [href for href in links if href in ("#ref-k1", "#ref-k4")]


MARK = "<span><sup>{}</sup></span>"
NUMBERS = {"#ref-a": 2, "#ref-b": 5, "#ref-c": 3}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a href="#ref-a">2</a>–<a href="#ref-b">5</a>,', '<a href="#refs-2-5">2–5</a>,'),
        ('<a href="#ref-a">2</a>,<a href="#ref-b">5</a>', None),
        ('<a href="#ref-a">2</a>-<a href="#ref-c">3</a>', None),
        ('<a href="#ref-a">Roe 2</a>-<a href="#ref-b">5</a>', None),
    ],
)  # fmt: skip
def test_the_links_of_a_range_are_joined(before: str, after: str | None) -> None:
    mark = etree.fromstring(MARK.format(before))
    found = list(join_ranges(mark, NUMBERS))
    assert found == ([(2, 5)] if after else [])
    assert etree.tostring(mark, encoding="unicode") == MARK.format(after or before)


def listed(count: int, *ranges: tuple[int, int]) -> Element:
    body = etree.fromstring('<div><ol class="reference-list" id="reference-list"/></div>')
    for number in range(1, count + 1):
        item = etree.SubElement(body[0], "li")
        item.text = str(number)
        enclose(item, number, ranges)
    return body


@pytest.mark.parametrize(
    ("ranges", "opened"),
    [
        ([(2, 4)], {"refs-2-4": "234"}),
        ([(1, 6)], {"refs-1-6": "123456"}),
        ([(1, 3), (4, 6)], {"refs-1-3": "123", "refs-4-6": "456"}),
        ([(1, 3), (2, 5)], {"refs-1-3": "12345", "refs-2-5": "12345"}),
        ([(2, 4), (2, 5)], {"refs-2-4": "2345", "refs-2-5": "2345"}),
    ],
)
def test_in_an_e_book_a_range_is_a_list(
    ranges: list[tuple[int, int]], opened: dict[str, str]
) -> None:
    """Ranges that overlap share one list; the numbers go on."""
    body = listed(6, *ranges)
    assert set(ranges_of(body)) == set(ranges)
    _part_lists(body)
    texts = {
        e.get("id"): "".join(e.itertext()) for e in body.iter("ol", "div", "span") if e.get("id")
    }
    assert texts == opened
    lists = list(body.iter("ol"))
    assert "".join(body.itertext()) == "123456"
    assert [int(e.get("start") or 0) for e in lists] == [
        int("".join(e.itertext())[0]) for e in lists
    ]


OPENED = """(async () => {
  const shown = () => [...document.querySelectorAll(".reference-list > li")]
    .map((item, place) => item.checkVisibility({visibilityProperty: true}) &&
      getComputedStyle(item.closest("li:target, .reference-list:has(.range:target)") || item)
        .position === "fixed" ? place + 1 : 0).filter(Boolean);
  const frame = () => new Promise(done => setTimeout(done, 60));
  const said = [];
  for (const cite of document.querySelectorAll(".cite")) {
    cite.scrollIntoView();
    const before = cite.getBoundingClientRect().top;
    cite.click();
    await frame();
    said.push([cite.textContent, shown(),
      Math.abs(cite.getBoundingClientRect().top - before) < 2 || shown().length === 1]);
    document.querySelector(".close a").click();
    await frame();
  }
  return said;
})()"""


@pytest.mark.parametrize("width", [360, 1280])
def test_a_citation_opens_its_entries(tea: Path, width: int) -> None:
    request = Request(tea, tea / "build", date(2026, 1, 2), formats=("html",))
    build(request)
    page = tea / "build" / "tea.html"
    assert is_file(page)
    (said,) = browse({"url": page.as_uri(), "width": width, "height": 740, "evaluate": OPENED})
    assert said["value"] == [
        ["1–4", [1, 2, 3, 4], True],
        ["5", [5], True],
        ["6", [6], True],
        ["2–5", [2, 3, 4, 5], True],
        ["6", [6], True],
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'Roe A. <i>J Rest</i>. 2001;3:1-9. <a href="x">doi:10.1000/a-b.c</a>',
            'Roe A. <i>J Rest</i>. <span class="keep">2001;3:1-9.</span> <a href="x">doi:10.1000/'
            '<wbr/><span class="keep">a-b.c</span></a>',
        ),
        ("Roe A. Rest. Press; 2001.", "Roe A. Rest. Press;\u00a02001."),
        ('Rest. <a href="x">PMID: 123</a>', 'Rest. <a href="x">PMID:\u00a0123</a>'),
        ("Roe A. <i>Rest</i>. 2001.", "Roe A. <i>Rest</i>.\u00a02001."),
        ("A word that is long.", "A word that is\u00a0long."),
        ("An end of entirety.", "An end of entirety."),
        (
            'Rest. <span class="backlinks">Cited at <a>a</a>, <a>b</a>, <a>c</a></span>',
            'Rest. <span class="backlinks">Cited at\u00a0<a>a</a>, <a>b</a>,\u00a0<a>c</a></span>',
        ),
        (
            '<a href="x">https://example.org/one-two-three-four-five-six</a>',
            '<a href="x">https://example.<wbr/><span class="keep">org/one-two-three-four</span>'
            '<wbr/><span class="keep">-five-six</span></a>',
        ),
    ],
)  # fmt: skip
def test_where_the_lines_of_a_reference_break(before: str, after: str) -> None:
    root = etree.fromstring(f'<ol class="reference-list"><li>{before}</li></ol>')
    mark_references(root)
    text = etree.tostring(root[0], encoding="unicode")
    assert text == f"<li>{after}</li>"

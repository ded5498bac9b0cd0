"""The e-book: its content, its metadata, and that every link has a way back.

The goldens in `tests/data/goldens/small/` are the e-book of `tests/projects/small`, as text. After
a change that is meant set MAKEBOOK_REWRITE=1, run this file, and read the diff first.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from press.core.trees import has_class
from press.design import fallback
from press.design.styles import Styles
from press.document import compose
from press.output.epub import package as epub
from press.source.notices import read_notices
from press.source.project import read_project
from tests import inside
from tests.browser import browse
from tests.test_check import write_png

PROJECTS = Path(__file__).parent / "projects"
XHTML = "{http://www.w3.org/1999/xhtml}"
TYPE = "{http://www.idpf.org/2007/ops}type"


@pytest.fixture(scope="module")
def small(built):
    return inside.book((built("small") / "sleep.epub").read_bytes())


@pytest.fixture(scope="module")
def everything(built):
    return inside.book((built("features") / "everything.epub").read_bytes())


@pytest.fixture(scope="module")
def plain(built):
    return inside.book((built("features") / "plain.epub").read_bytes())


def pages(book):
    """Name and tree of every content document."""
    names = [name for name in book.namelist() if name.endswith(".xhtml")]
    return {name.removeprefix("EPUB/"): etree.fromstring(book.read(name)) for name in names}


def opf(book):
    return etree.fromstring(book.read("EPUB/content.opf"))


def said(book, name):
    """Return the package's values of a property or an element of Dublin Core."""
    metas = [e.text for e in opf(book).iter("{*}meta") if e.get("property") == name]
    return metas + [e.text for e in opf(book).iter(f"{{http://purl.org/dc/elements/1.1/}}{name}")]


# Goldens


def test_files(small, golden):
    golden("small/files.txt", "\n".join(small.namelist()))


@pytest.mark.parametrize(
    "name",
    [
        "content.opf",
        "contents.xhtml",
        "toc.ncx",
        "title.xhtml",
        "key-points.xhtml",
        "references.xhtml",
    ],
)
def test_file(small, golden, name):
    golden(f"small/{name}", inside.spread(small.read(f"EPUB/{name}").decode()))


# The container


def test_the_type_of_the_file_comes_first_and_is_not_compressed(small):
    first = small.infolist()[0]
    assert (first.filename, first.compress_type, first.extra) == ("mimetype", 0, b"")


def test_entries_are_sorted_and_carry_the_articles_day_and_nobodys_rights(small):
    entries = small.infolist()[1:]
    assert [e.filename for e in entries] == sorted(e.filename for e in entries)
    assert {e.date_time for e in entries} == {(2026, 3, 1, 0, 0, 0)}
    assert {e.external_attr >> 16 for e in entries} == {0o644}


# What the package says of the book


def test_identifiers(small, plain):
    own, document = said(small, "identifier")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", own)
    assert document == "SLEEP-1"
    assert re.fullmatch(r"2\.1 \([0-9a-f]{8}\)", said(small, "schema:version")[0])
    assert len(said(plain, "identifier")) == 1
    assert re.fullmatch(r"[0-9a-f]{8}", said(plain, "schema:version")[0])


def test_authors_by_name(everything):
    assert said(everything, "creator") == ["Ann Lee", "Bo Roe & Sons"]


def test_accessibility_is_claimed_for_what_is_there(small, plain):
    shown, words = "schema:accessibilityFeature", "schema:accessMode"
    assert {"alternativeText", "pageNavigation", "ARIA"} <= set(said(small, shown))
    assert said(small, words) == ["textual", "visual"]
    assert "alternativeText" not in said(plain, shown)
    assert said(plain, words) == ["textual"]
    assert "picture" in said(small, "schema:accessibilitySummary")[0]
    assert "picture" not in said(plain, "schema:accessibilitySummary")[0]


def test_nothing_is_claimed_that_only_a_person_can_know(small, everything):
    for book in (small, everything):
        text = book.read("EPUB/content.opf").decode()
        assert not re.search("conformsTo|certifiedBy|printPageNumbers|longDescription", text)


# Reading


def test_each_file_begins_at_level_one_and_skips_none(everything):
    for name, tree in pages(everything).items():
        levels = [int(e.tag[-1]) for e in tree.iter() if re.search(r"\}h[1-6]$", str(e.tag))]
        if name not in ("cover.xhtml", "introduction.xhtml"):  # words before the first heading
            assert levels[0] == 1, name
        for before, level in pairwise(levels):
            assert level <= before + 1, (name, levels)


def test_notices_that_open_the_work_stand_together_and_each_in_the_contents(everything):
    book = pages(everything)
    titles = ["".join(e.itertext()) for e in book["notices.xhtml"].iter(f"{XHTML}h1")]
    assert titles[:3] == ["In a crisis", "Key points", "About this handout"]
    toc = next(e for e in book["contents.xhtml"].iter(f"{XHTML}nav") if e.get(TYPE) == "toc")
    links = {a.get("href"): a.text for a in toc.iter(f"{XHTML}a")}
    assert links["notices.xhtml"] == "In a crisis"
    assert links["notices.xhtml#notice-general"] == "About this handout"


def test_a_notice_before_a_section_is_read_first(everything):
    ids = [target.partition("#")[2] for target in targets(everything)]
    for notice, heading in (("notice-limits", "tables"), ("notice-deeper", "nested")):
        assert ids.index(notice) < ids.index(heading)


def test_every_notice_has_its_role(everything):
    notices = [
        e for tree in pages(everything).values() for e in tree.iter() if e.get(TYPE) == "notice"
    ]
    assert len(notices) == 7
    assert {(e.tag, e.get("role")) for e in notices} == {(f"{XHTML}section", "doc-notice")}


def targets(book):
    """Every id of a book as `file#id`, with its element."""
    return {
        f"{name}#{e.get('id')}": e
        for name, tree in pages(book).items()
        for e in tree.iter()
        if e.get("id")
    }


def links(book, role):
    """Return the links of a role: the file each is in, the element, and its target `file#id`."""
    for name, tree in pages(book).items():
        for link in tree.iter(f"{XHTML}a"):
            if link.get("role") == role:
                href = link.get("href")
                yield name, link, name + href if href.startswith("#") else href


def test_citations_open_in_a_window_and_their_references_lead_back(everything):
    ids, back = targets(everything), {}
    for name, link, target in links(everything, "doc-backlink"):
        if name == "references.xhtml":
            words = next(link.iterancestors(f"{XHTML}li")).find(f"{XHTML}span[@id]")
            assert link not in words.iter(), "a pop-up needs no links back"
            back.setdefault(f"references.xhtml#{words.get('id')}", set()).add(target)
            assert link.get("aria-label"), "a letter alone says nothing to a screen reader"
    cites = list(links(everything, "doc-biblioref"))
    assert len(cites) > 8
    for name, link, target in cites:
        assert "noteref" in link.get(TYPE).split()
        assert target in ids
        place = next(e for e in link.iterancestors() if (e.get("id") or "").startswith("cite-"))
        assert f"{name}#{place.get('id')}" in back[target]


def test_notes_open_in_a_window_and_begin_with_the_way_back(everything):
    ids, there = targets(everything), list(links(everything, "doc-noteref"))
    assert len(there) == 4
    for _, _, target in there:
        note = ids[target]
        assert note.get("role") == "doc-footnote"
        first = next(note.iter(f"{XHTML}a"))
        assert first.get("role") == "doc-backlink"
        assert first.get("href").partition("#")[2] in {link.get("id") for _, link, _ in there}


def test_landmarks_lead_to_the_parts_of_the_book(everything):
    book = pages(everything)["contents.xhtml"]
    nav = next(e for e in book.iter(f"{XHTML}nav") if e.get(TYPE) == "landmarks")
    kinds = {a.get(TYPE): a.get("href") for a in nav.iter(f"{XHTML}a")}
    assert list(kinds) == ["cover", "titlepage", "toc", "bodymatter", "bibliography"]
    assert kinds["bodymatter"] == "notices.xhtml"


def test_a_work_without_citations_has_no_references(plain):
    assert "EPUB/references.xhtml" not in plain.namelist()
    assert b"bibliography" not in plain.read("EPUB/contents.xhtml")


def test_pictures_and_fonts_are_listed_with_their_types(everything):
    types = {e.get("href"): e.get("media-type") for e in opf(everything).iter("{*}item")}
    assert types["images/1-circle.svg"] == "image/svg+xml"
    assert types["images/2-dot.png"] == "image/png"
    assert types["fonts/AtkinsonHyperlegibleNext-Regular.ttf"] == "font/ttf"


def test_a_table_of_many_columns_is_moved_on_its_own(everything):
    """A wide table can be reached with the keyboard and has a name; others are unchanged."""
    boxes = [e for tree in pages(everything).values() for e in tree.iter() if has_class(e, "wide")]
    assert [(e.get("role"), e.get("tabindex"), e.get("aria-label")) for e in boxes] == [
        ("region", "0", "Table")
    ]
    assert [e.tag for e in boxes[0]] == [f"{XHTML}table"]


def entries(book):
    """Return where each entry of the table of contents leads, with its words."""
    contents = pages(book)["contents.xhtml"]
    toc = next(e for e in contents.iter(f"{XHTML}nav") if e.get(TYPE) == "toc")
    return [(a.get("href"), a.text) for a in toc.iter(f"{XHTML}a")]


def test_short_sections_share_a_file_and_each_is_in_the_contents(everything):
    """A file begins on a new screen; none but the last before a fixed one is short."""
    book, ids = pages(everything), targets(everything)
    listed = entries(everything)
    assert all(href in ids for href, _ in listed if "#" in href)
    titles = {words for _, words in listed}
    for name in set(book) - {"contents.xhtml", "title.xhtml"}:
        headings = book[name].findall(f".//{XHTML}section/{XHTML}h1")
        own = [e for e in headings if not has_class(e.getparent(), "notice")]
        assert {"".join(e.itertext()) for e in own} <= titles
    assert len({href.partition("#")[0] for href, _ in listed}) < len(listed) / 2
    order = list(dict.fromkeys(href.partition("#")[0] for href, _ in listed))
    words = {name: len("".join(book[name].find(f"{XHTML}body").itertext()).split())
             for name in order}  # fmt: skip
    fixed = {"title.xhtml", "notices.xhtml", "references.xhtml"}
    for name, after in pairwise(order):
        assert words[name] >= 500 or {name, after} & fixed, name


READER = """(() => {
  const style = document.createElement("style");
  style.textContent = "html body p, html body li, html body td { text-align: justify !important }";
  document.head.append(style);
  const item = document.querySelector(".reference-list li");
  const said = [getComputedStyle(item).textAlign, item.querySelector(".backlinks") !== null,
    item.querySelector(".backlinks").checkVisibility()];
  const range = document.createRange();
  range.selectNodeContents(item);
  document.body.replaceChildren(range.extractContents());
  return [...said, document.querySelector(".backlinks").checkVisibility(),
    document.querySelector("body > span[id]").checkVisibility()];
})()"""


def test_what_a_reading_system_does_to_references(everything, tmp_path):
    """Its justified text stays out; a pop-up made of a reference shows no row of links back."""
    everything.extractall(tmp_path)
    page = (tmp_path / "EPUB" / "references.xhtml").as_uri()
    (said,) = browse({"url": page, "width": 360, "evaluate": READER})
    assert said["value"] == ["start", True, True, False, True]


DIVIDED = """(() => {
  const divided = [], headings = [...document.querySelectorAll("h1, h2, h3, h4")];
  const columns = height =>
    document.documentElement.style = `columns: 5em; column-fill: auto; height: ${height}px`;
  document.body.style = "orphans: 1; widows: 1; padding: 0";
  columns(100000);
  const high = headings.map(heading => heading.getBoundingClientRect().height);
  for (let height = 150; height < 400; height += 13) {
    columns(height);
    headings.forEach((heading, at) => {
      if (high[at] < height / 2 && heading.getClientRects().length > 1)
        divided.push(heading.textContent);
    });
  }
  return divided;
})()"""


def test_a_heading_is_not_divided_between_two_screens(everything, tmp_path):
    """A reading system that turns pages lays them out as columns."""
    everything.extractall(tmp_path)
    page = (tmp_path / "EPUB" / "notices.xhtml").as_uri()
    (said,) = browse({"url": page, "width": 360, "evaluate": DIVIDED})
    assert said["value"] == []


# Right to left


@pytest.fixture(scope="module")
def hebrew():
    """The e-book of a Hebrew article, without its cover: the shipped typeface has no Hebrew."""
    root, problems = PROJECTS / "hebrew", []
    project = read_project(root, problems)
    notices = read_notices(project, problems)
    draft = compose.read_draft(project.articles[0], project, problems)
    with pytest.MonkeyPatch.context() as system:
        system.setattr(fallback, "_listed", list)
        document = compose.compose(draft, project, notices, None, problems)
    assert {p.code for p in problems} == {"TXT007", "FRM005"}
    pages = [["_title-block"], ["table"]]
    return epub.write_epub(document, pages, "letter", Styles(root), write_png(), b"{}").data


def test_a_right_to_left_book_says_so_everywhere(hebrew):
    book = inside.book(hebrew)
    package = opf(book)
    assert package.get("dir") == "rtl"
    assert package.find("{*}spine").get("page-progression-direction") == "rtl"
    for name, tree in pages(book).items():
        assert (tree.get("dir"), tree.get("lang")) == ("rtl", "he"), name


def test_a_left_to_right_word_keeps_its_direction(hebrew):
    tree = pages(inside.book(hebrew))["key-points.xhtml"]
    word = next(tree.iter(f"{XHTML}span"))
    assert (word.get("dir"), word.get("lang"), word.text) == ("ltr", "en", "English")


def test_nothing_in_the_style_knows_left_or_right_alone():
    """Only cells that their author aligned may name a side; everything else follows the script."""
    css = Styles(PROJECTS / "small").css("book.css")
    rules = [r for r in css.split("\n") if re.search(r"-(left|right)\b|: (left|right)\b", r)]
    assert all(".right" in rule for rule in rules), rules


def test_a_right_to_left_book_is_valid(hebrew, checker, tmp_path):
    from press.check import external as check

    path = tmp_path / "hebrew.epub"
    path.write_bytes(hebrew)
    found = [line for line in checker(check.epubcheck, path) if "USAGE" not in line]
    assert found == []

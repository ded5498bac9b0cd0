"""Finished pages, measured: every PDF of the projects, of every edition and imprint.

Each rule is also tried on a page that breaks it: a test that cannot fail is worth nothing.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

import pytest
from lxml import etree

from press.core.manifest import read_manifest
from press.document.units import letters
from tests import geometry, inside
from tests.paper import WORDS, paper, paragraphs

PROJECTS = ("", "features", "small")
EDGES = geometry.Margins(46, 84, 74, 84, 9)
"""The margins of `tests.paper`."""


@pytest.fixture(params=PROJECTS, ids=lambda name: name or "own")
def files(request, built):
    """Name, bytes and pages of every PDF of a project."""
    folder = built(request.param)
    return [(path, *_opened(path)) for path in sorted(folder.rglob("*.pdf"))]


@cache
def _opened(path):
    data = path.read_bytes()
    return data, geometry.pages(data, path.name)


def singles(files):
    """Without booklets: their pages stand on the sheets in another order."""
    return [file for file in files if geometry.kind(file[0].name) != "booklet"]


def told(findings):
    return "\n".join(findings)


# The pages that are made


def test_every_edition_is_measured(built):
    assert len(list(built("").rglob("*.pdf"))) >= 1
    assert geometry.margins("tea.pdf") == geometry.Margins(32, 68, 58, 68, 6)


def test_nothing_is_outside_the_margins(files):
    found = [
        f"{path.name}: {finding}"
        for path, _, pages in files
        for page in pages
        for finding in geometry.outside(page, geometry.margins(path.name))
    ]
    assert not found, told(found)


def test_no_text_is_drawn_over_other_text(files):
    found = [
        f"{path.name}: {finding}"
        for path, _, pages in files
        for page in pages
        for finding in geometry.overlaps(page)
    ]
    assert not found, told(found)


def test_no_heading_stands_at_the_foot_of_a_page(files):
    found = []
    for path, _, pages in files:
        size = body_size(path)
        edges = geometry.margins(path.name)
        found += [
            f"{path.name}: {finding}"
            for page in pages
            for finding in geometry.stranded(page, edges, size)
        ]
    assert not found, told(found)


def body_size(path):
    """Return the body size of a PDF, as its manifest gives it."""
    entries = read_manifest(path.parent)["articles"].values()
    return next(e["files"][path.name] for e in entries if path.name in e["files"])["measures"][
        "body"
    ]


def test_no_page_is_nearly_empty(files):
    found = []
    for path, data, pages in singles(files):
        edges = geometry.margins(path.name)
        found += [f"{path.name}: {finding}" for finding in hollow_pages(edges, data, pages)]
    assert not found, told(found)


def hollow_pages(edges, data, pages):
    """The page before the references may be blank; the one before that is a last page, too."""
    references = geometry.references_page(data)
    ends = {len(pages)}
    if references > 1:
        rows = pages[references - 2].body(edges)
        blank = not rows or rows[0].text.startswith("This page is blank")
        ends.add(references - 1 - blank)
    for number, page in enumerate(pages, 1):
        if number == references - 1 and number not in ends:
            continue
        yield from geometry.hollow(page, edges, last=number in ends)


def test_no_line_of_a_paragraph_is_alone_at_the_head_of_a_page(files):
    found = [
        f"{path.name}: {finding}"
        for path, _, pages in singles(files)
        for before, page in pairwise(pages)
        for finding in geometry.widows(before, page, geometry.margins(path.name))
    ]
    assert not found, told(found)


def test_boxes_are_whole(files):
    found = []
    for path, data, _ in singles(files):
        if path.stem.endswith("-references"):
            continue
        wanted = list(boxes(path))
        assert wanted
        texts = [letters(re.sub(r"\(page \d+\)", "", t)) for t in inside.page_texts(data)]
        found += [f"{path.name}: {finding}" for finding in broken(wanted, texts)]
    assert not found, told(found)


def boxes(path):
    """The first and the last words of every box, as the e-book beside a PDF has them."""
    books = [b for b in path.parent.glob("*.epub") if path.name.startswith(b.stem)]
    book = max(books, key=lambda b: len(b.stem))
    with inside.book(book.read_bytes()) as archive:
        for name in archive.namelist():
            if not name.endswith(".xhtml"):
                continue
            for element in etree.fromstring(archive.read(name)).iter("{*}section", "{*}aside"):
                classes = (element.get("class") or "").split()
                closing = any("closing" in name for name in classes)
                # In large print the key points are an open section: they are longer than page 1.
                open_ = "key-points" in classes and "large-print" in path.name
                if {"notice", "key-points"} & set(classes) and not closing and not open_:
                    leaves = list(element.iter("{*}h2", "{*}h3", "{*}p", "{*}li", "{*}td"))
                    texts = [letters("".join(leaf.itertext())) for leaf in leaves]
                    yield texts[0][:25], texts[-1][-25:]


def broken(wanted, texts):
    """Return the boxes that do not end on the page where they begin; `texts` are letters alone."""
    for first, last in wanted:
        if not any(first in text and last in text[text.find(first) :] for text in texts):
            yield f"the box '{first}' to '{last}' is on no page as a whole"


def test_the_clinics_box_is_whole(files):
    found = [path.name for path, data, _ in singles(files) if torn(inside.page_texts(data))]
    assert not found


def torn(texts):
    """Whether there is a clinic's box, and no page has it from its title to its last line."""
    there = any("Your clinic" in text for text in texts)
    return there and not any(re.search(r"Your clinic Name.* Address", text) for text in texts)


# Pages that break a rule


def broken_page(html, css=""):
    return geometry.pages(paper(html, css))


def test_a_good_page_has_nothing_to_find():
    data = paper(f"<h2>Head</h2>{paragraphs(12)}")
    pages = geometry.pages(data)
    assert len(pages) == 2
    for page in pages:
        assert not list(geometry.outside(page, EDGES))
        assert not list(geometry.overlaps(page))
        assert not list(geometry.stranded(page, EDGES, 12.5))
    assert not list(geometry.hollow(pages[0], EDGES))
    assert not list(geometry.widows(*pages, EDGES))


@pytest.mark.parametrize(
    ("html", "finding"),
    [
        ("<p style='margin-left: -9pt'>Words</p>", "'Words' is in a margin at the side"),
        ("<p style='margin-left: 420pt; white-space: nowrap'>Words on</p>", "is in a margin"),
        ("<div style='border-left: 3pt solid #ccc; margin-left: -9pt'>W</div>", "ink in a margin"),
        ("<div style='border: 3pt solid; margin-right: -9pt'>W</div>", "ink in a margin"),
        ("<div style='border: 3pt solid; margin-top: -9pt'>W</div>", "ink in the margin at the"),
        ("<p style='position: absolute; top: 662pt'>Words</p>", "body and the running foot"),
        ("<p style='position: absolute; top: 727pt'>Words</p>", "from the foot of the sheet"),
    ],
)
def test_ink_in_a_margin_is_found(html, finding):
    (page,) = broken_page(html)
    assert any(finding in line for line in geometry.outside(page, EDGES))


def test_text_over_text_is_found():
    (page,) = broken_page(f"<p>{WORDS}</p><p style='margin-top: -10pt'>{WORDS}</p>")
    assert list(geometry.overlaps(page))
    (page,) = broken_page("<p>Words<span style='margin-left: -9pt; color: red'>and</span></p>")
    assert list(geometry.overlaps(page)) == ["page 1: 'Words' and 'and' overlap"]


def test_a_heading_at_the_foot_is_found():
    html = "<h2 style='margin-top: 640pt; break-after: page'>Head</h2><p>Words</p>"
    first, second = broken_page(html)
    assert "'Head' stands at the foot" in told(geometry.stranded(first, EDGES, 12.5))
    assert not list(geometry.stranded(second, EDGES, 12.5))


def test_a_heading_over_lines_to_write_on_is_none_at_the_foot():
    rule = "<div style='border-bottom: 1pt solid; height: 20pt'></div>"
    (page,) = broken_page(f"<h2 style='margin-top: 600pt'>Notes</h2>{rule}")
    assert not list(geometry.stranded(page, EDGES, 12.5))


def test_a_page_that_is_nearly_empty_is_found():
    html = f"{paragraphs(1)}<div style='break-before: page'>{paragraphs(9, 6)}</div><p>End.</p>"
    first, second, *_ = broken_page(html)
    assert list(geometry.hollow(first, EDGES)) == ["page 1: only 12% is filled"]
    assert not list(geometry.hollow(second, EDGES))


def test_two_lines_on_the_last_page_are_found():
    data = paper("<h2>A</h2>" + paragraphs(8, 6) + "<p style='break-before: page'>End.</p>")
    pages = geometry.pages(data)
    assert "1 lines are all there is" in told(hollow_pages(EDGES, data, pages))


def test_a_blank_page_is_allowed_before_the_references_alone():
    blank = "<p style='break-before: page; height: 10pt'></p>"
    references = "<h2 style='break-before: page; bookmark-level: 1'>References</h2>" + paragraphs(3)
    css = "h2 { bookmark-level: none }"
    data = paper(paragraphs(5) + blank + references, css)
    assert not list(hollow_pages(EDGES, data, geometry.pages(data)))
    data = paper(paragraphs(5) + blank + references.replace("References", "Others"), css)
    found = told(hollow_pages(EDGES, data, geometry.pages(data)))
    assert found == "page 2: only 0% is filled"


def test_a_line_alone_at_the_head_is_found():
    """The last paragraph is moved down until only its last line is on the next page."""
    for lines in range(16, 32):
        html = f"<p style='margin-top: {16.6 * lines}pt'>{WORDS * 6}</p><p>{WORDS * 3}</p>"
        pages = broken_page(html, "p + p { margin-top: 6pt }")
        if len(pages) == 2 and (found := list(geometry.widows(*pages, EDGES))):
            assert "stands alone at the head" in found[0]
            pages = broken_page(html, "p { widows: 3 } p + p { margin-top: 6pt }")
            assert not list(geometry.widows(*pages, EDGES))
            return
    pytest.fail("no page had such a line")


def test_a_box_over_two_pages_is_found():
    words = "Do not start, stop, or change a treatment. "
    box = f"<div class='notice'>First words of it. {words * 20}Last words of it.</div>"
    wanted = [(letters("First words"), letters("Last words of it."))]
    for css, whole in (("", False), (".notice { break-inside: avoid }", True)):
        texts = inside.page_texts(paper(paragraphs(7) + box, css))
        assert len(texts) == 2
        assert bool(list(broken(wanted, [letters(text) for text in texts]))) != whole


def test_a_clinics_box_over_two_pages_is_found():
    assert torn(["Words. Your clinic Name Telephone", "Address"])
    assert torn(["Words. Your clinic", "Name Telephone Address"])
    assert not torn(["Words. Your clinic Name Telephone Hours Address", "More"])

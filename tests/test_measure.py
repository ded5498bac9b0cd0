"""Type sizes, measured on finished pages and compared with the standard of the edition."""

from __future__ import annotations

import time

import pytest

from press.core.model import Document, Edition, Matter, Part
from press.document.prose import prose
from press.proof.typography import LIMITS, check_type, lines, measure_type
from press.readback.pdf import read_halves
from tests.paper import WORDS, paper, paragraphs, spans
from tests.reporting import reported

STANDARD, LARGE = Edition("letter"), Edition("large", "large-print")
BOOKLET = Edition("booklet", "booklet")
LARGE_CSS = """@page { margin: 72pt; @bottom-left { font-size: 16pt } }
html { font-size: 18pt; line-height: 1.35 } h2 { font-size: 22pt }"""
FIGURE = """<svg xmlns="http://www.w3.org/2000/svg" width="200pt" height="100pt"
viewBox="0 0 400 200"><g transform="translate(10 20) scale(0.8)">
<text x="0" y="30" font-size="20">Each shape is</text></g></svg>"""


def codes(problems):
    return [problem.code for problem in problems]


def work(html, kind="section"):
    """Return a document of one part."""
    parts = (Part("part", kind, "", f"<section>{html}</section>"),)
    matter = Matter("A title")
    return Document(
        "tea", matter, "ltr", {}, parts, *("", (), "", "", (), (), (), ("", b""), "", "")
    )


def measured(html, css="", kind="section"):
    return measure_type(spans(paper(html, css)), prose(work(html, kind)))


def found(html, css="", edition=STANDARD, kind="section"):
    pages = spans(paper(html, css))
    measures = measure_type(pages, prose(work(html, kind)))
    return reported(check_type, pages, edition, "tea.pdf", measures)


# Spans


def test_text_has_the_size_that_is_on_the_paper():
    """A picture of half its own size, scaled once more inside: 20 units are 8 points."""
    page = spans(paper(f"<h2>Head</h2><p>Some <em>slanted</em> words.</p>{FIGURE}"))[0]
    sizes = {span.text.strip(): round(span.size, 2) for span in page}
    assert sizes["Head"] == 16
    assert sizes["Each shape is"] == 8  # drawn letter by letter, read as one run
    assert sizes["Foot of the page"] == 10
    assert [span.text.strip() for span in page if span.italic] == ["slanted"]
    assert {span.font for span in page} >= {"Atkinson-Hyperlegible-Next-Italic"}


def test_edges_are_those_of_the_ink_of_forms_too():
    page = spans(paper(FIGURE, "svg { display: block }"))[0]
    word = next(span for span in page if span.text.startswith("Each"))
    assert word.left == pytest.approx(84 + 10 / 2, abs=1)
    assert word.baseline == pytest.approx(792 - 46 - (20 + 0.8 * 30) / 2, abs=0.1)
    assert word.bottom < word.baseline < word.top < word.baseline + 8


def test_color_is_read():
    page = spans(paper("<p style='color: #804020'>Brown</p>"))[0]
    assert page[0].color == (128, 64, 32)


def test_each_half_of_a_sheet_has_its_own():
    data = paper("<p>Left</p><p style='margin-left: 250pt'>Right</p>")
    halves = [[span.text for span in page.spans] for page in read_halves(data)]
    assert halves == [["Left", "Foot of the page"], ["Right"]]


def test_no_pdf_is_told():
    with pytest.raises(ValueError, match=r"."):
        spans(b"no PDF")


def test_words_side_by_side_are_a_line_and_cells_are_not():
    page = spans(
        paper(
            "<p>A <b>bold</b> word<sup>1</sup> and more.</p><ul><li>Item</li></ul>"
            "<table><td>One</td><td style='padding-left: 40pt'>Two</td></table>",
            "sup { font-size: 9pt; line-height: 0 }",
        )
    )[0]
    texts = [line.text for line in lines(page)]
    assert texts == ["A bold word1 and more.", "Item", "One", "Two", "Foot of the page"]


# Measures


def test_the_measures_of_a_page():
    found = measured(paragraphs(6))
    assert (found.smallest, found.body, found.leading) == (10.0, 12.5, 1.33)
    assert 65 <= found.characters <= 80


def test_space_between_paragraphs_and_items_is_no_leading():
    html = paragraphs(4) + "<ul>" + "<li>It is short.</li>" * 30 + "</ul>"
    css = "p { margin-bottom: 6pt } li { margin-bottom: 2.5pt }"
    assert measured(html, css).leading == 1.33


def test_a_word_with_a_stop_is_no_marker():
    page = spans(paper("<ol type='i'><li>End.</li><li>Two</li></ol>"))[0]
    assert [line.text for line in lines(page)] == ["End.", "Two", "Foot of the page"]


def test_too_few_lines_say_nothing_of_their_length():
    assert measured(paragraphs(1)).characters == 0


def test_boxes_and_lists_do_not_shorten_the_lines_of_the_body():
    box = f"<div style='margin: 0 90pt'>{paragraphs(3)}</div>"
    plain = measured(paragraphs(8)).characters
    assert measured(paragraphs(8) + box).characters == plain


def test_a_long_bibliography_is_not_the_body():
    entries = "".join(f"<li>Smith {n}. {WORDS.lower()}</li>" for n in range(60))
    references = f"<ol class='notes' style='font-size: 10pt'>{entries}</ol>"
    assert measured(paragraphs(2) + references).body == 12.5


def test_a_table_is_not_the_body():
    """A table may have most of the letters; what a paragraph repeats of it does not count."""
    rows = f"<tr><td>{WORDS * 3}</td><td>{WORDS.upper() * 3}</td></tr>" * 9
    table = f"<table style='font-size: 10.5pt'>{rows}</table>"
    assert measured(f"<p>Take these drops each day.</p>{table}").body == 12.5
    assert measured(f"{paragraphs(1)}{table}").body == 0, "which is which cannot be said"
    assert measured(f"<ul><li>Take these drops each day.</li></ul>{table}").body == 12.5
    assert measured(f"<h2>{WORDS.title()}</h2>{table}").body == 0
    assert found(table, "@page { margin-right: 130pt }") == []


def test_small_paragraphs_beside_a_large_table_are_found():
    table = f"<table style='font-size: 14pt'><tr><td>{WORDS.upper() * 20}</td></tr></table>"
    (problem,) = found(f"<p style='font-size: 11pt'>Take these drops each day.</p>{table}")
    assert problem.message == (
        "page 1: 'Take these drops each day.': body text is 11.0 pt; the minimum is 12 pt"
    )


def test_a_foot_that_is_on_every_page_is_not_the_body():
    html = f"<p>{WORDS * 3}</p><p style='break-before: page'>{WORDS[::-1] * 3}</p>"
    foot = (
        '@page { @bottom-left { content: "This is at the foot of all the pages that there are" } }'
    )
    assert measured(html, foot).body == 12.5


def test_a_blank_file_has_no_measures():
    found = measured("", '@page { @bottom-left { content: "" } }')
    assert (found.smallest, found.body, found.leading, found.characters) == (0, 0, 0, 0)
    nothing = measure_type([], prose(work("")))
    assert reported(check_type, [], STANDARD, "tea.pdf", nothing) == []


# Judgement


@pytest.mark.parametrize("kind", LIMITS)
def test_good_type_passes(kind):
    css = LARGE_CSS if kind == "large-print" else "@page { margin-right: 130pt }"
    assert found(paragraphs(6), css, Edition(kind, kind)) == []


def test_small_type_in_a_picture_is_named():
    (problem,) = found(paragraphs(1) + FIGURE)
    assert problem.code == "TYP001"
    assert problem.severity == "error"
    assert problem.message == "page 1: 'Each shape is' is 8.0 pt; the minimum is 9 pt"
    assert str(problem.span) == "tea.pdf"
    assert "picture" in problem.hint


@pytest.mark.parametrize(("size", "wrong"), [("8.9pt", True), ("8.96pt", False), ("9pt", False)])
def test_sizes_may_be_off_by_a_twentieth_of_a_point(size, wrong):
    assert bool(found(f"{paragraphs(1)}<p style='font-size: {size}'>Small</p>")) == wrong


def test_each_size_is_told_once():
    html = paragraphs(2) + "".join(
        f"<p style='font-size: {size}pt'>Small words</p><p style='font-size: {size}pt'>More</p>"
        for size in (3, 4, 5, 6, 7, 8)
    )
    problems = found(html)
    assert codes(problems) == ["TYP001"] * 5
    assert problems[0].message.startswith(
        "page 1: 'Small words' is 3.0 pt; the minimum is 9 pt (1 more"
    )
    assert problems[4].message.endswith(" (and 1 more place)")


def test_a_body_that_is_small():
    message = found(paragraphs(4), "html { font-size: 11pt }")[0].message
    assert message.startswith("page 1: 'People who got")
    assert message.endswith("body text is 11.0 pt; the minimum is 12 pt")


def test_a_file_of_references_has_no_body():
    css = "html { font-size: 10pt }"
    assert found(paragraphs(4), css, kind="references") == []


def test_large_print_is_large_everywhere():
    """A running footer of 10 points is found, even if everything else is right."""
    css = LARGE_CSS.replace("16pt", "10pt")
    (problem,) = found(paragraphs(4), css, LARGE)
    assert problem.message == "page 1: 'Foot of the page' is 10.0 pt; the minimum is 16 pt"


def test_italics_in_large_print():
    html = paragraphs(4) + "<p>A <em>slanted</em> word.</p>"
    assert codes(found(html, LARGE_CSS, LARGE)) == ["TYP003"]
    assert codes(found(html, "@page { margin-right: 130pt }")) == []


@pytest.mark.parametrize(
    ("margin", "edition", "wrong"),
    [
        (130, STANDARD, False),
        (40, STANDARD, True),
        (250, STANDARD, True),
        (250, BOOKLET, False),
        (40, BOOKLET, True),
    ],
)
def test_length_of_lines(margin, edition, wrong):
    problems = found(paragraphs(6), f"@page {{ margin-right: {margin}pt }}", edition)
    assert codes(problems) == ["TYP002"] * wrong
    assert all(problem.severity == "warning" for problem in problems)


SHORT = [f"Take {n} small cups of tea now." for n in range(20, 50)]


@pytest.mark.parametrize(
    "html",
    [
        "".join(f"<p>{line}</p>" for line in SHORT),
        f"<ul>{''.join(f'<li>{line}</li>' for line in SHORT)}</ul>",
        f"<p>{'<br/>'.join(SHORT)}</p>",
        f"<p>{'<br/>'.join(f'<b>Take:</b> {line}' for line in SHORT)}</p>",
        f"<blockquote>{''.join(f'<p>{line}</p>' for line in SHORT)}</blockquote>",
    ],
    ids=["paragraphs", "items", "broken", "broken, with bold words", "quotation"],
)
def test_lines_that_do_not_wrap_say_nothing_of_their_length(html):
    """Each is as long as the longest, but no column makes it so."""
    css = "p, li { margin: 0 }"
    assert measured(html, css).characters == 0
    assert codes(found(html, css)) == []
    more = measured(html + paragraphs(6), css)
    assert more.characters == measured(paragraphs(6), css).characters


@pytest.mark.parametrize(("leading", "wrong"), [(1.2, True), (1.25, False)])
def test_lines_that_are_too_close(leading, wrong):
    css = f"@page {{ margin-right: 130pt }} html {{ line-height: {leading} }}"
    problems = found(paragraphs(2, 6), css)
    assert set(codes(problems)) == ({"TYP004"} if wrong else set())
    assert len(problems) <= 5
    if wrong:
        assert "line spacing is 1.20; the minimum is 1.25" in problems[0].message


def test_it_costs_next_to_nothing():
    """Next to the layout of the same pages."""
    start = time.process_time()
    data = paper(paragraphs(120))
    made = time.process_time()
    pages = spans(data)
    check_type(pages, STANDARD, "tea.pdf", measure_type(pages, prose(work(paragraphs(120)))), [])
    assert len(pages) >= 10
    assert time.process_time() - made < (made - start) / 2


def test_smaller_type_in_a_paragraph_is_not_the_body():
    html = f"<p>See <code>{'x_' * 90}</code> <sup>{WORDS.upper()}</sup> and no more.</p>"
    assert measured(html, "code, sup { font-size: 10pt }").body == 12.5

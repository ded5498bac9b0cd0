"""What a patient and a nurse must see first, measured on every edition of the article.

Text, its size, and its place are read from the finished PDFs; frames are measured in a gray
picture of the page, as a black-and-white printer draws it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from press.document.units import letters
from press.proof.typography import lines
from tests import geometry, inside
from tests.test_paper import FIGURE, ONE, printed, project
from tests.test_paper import lines as sentences

EDITIONS = ("", "-sheet", "-a4", "-large-print", "-ink-saver", "-booklet")
THIRD = 1 / 3


@pytest.fixture(params=EDITIONS, ids=lambda name: name or "letter")
def pdf(request, built) -> Path:
    """Every edition of the article."""
    path = built("") / f"ketamine-ocd{request.param}.pdf"
    assert isinstance(path, Path)
    return path


def pages_of(path: Path) -> list[geometry.Page]:
    """Return the pages of an edition in their order, those of a booklet too."""
    found = geometry.pages(path.read_bytes(), path.name)
    return sorted(found, key=lambda page: number(page) or 0)


def number(page: geometry.Page) -> int | None:
    """Return the number that a page has in its footer."""
    foot = " ".join(row.text for row in rows(page) if row.baseline < 80)
    said = re.search(r"\b(\d+) of \d+\b", foot)
    return int(said[1]) if said else None


def text_of(page: geometry.Page) -> str:
    return " ".join(row.text for row in rows(page))


def rows(page: geometry.Page) -> list:
    """Return the lines of a page, from the top."""
    return sorted(lines(page.spans), key=lambda row: (-row.baseline, row.left))


def the_row(page: geometry.Page, words: str):
    return next(row for row in rows(page) if row.text.startswith(words))


# What comes first


def test_where_to_call_is_the_first_thing_on_page_1(pdf: Path) -> None:
    first = pages_of(pdf)[0]
    crisis = the_row(first, "In a crisis").baseline
    number_ = next(row for row in rows(first) if "911" in row.text)
    assert crisis > number_.baseline > first.height / 2
    for words in ("Key points", "What is ketamine therapy?", "About this handout"):
        later = [row.baseline for row in rows(first) if row.text.startswith(words)]
        assert all(crisis > baseline for baseline in later), words


def test_numbers_to_call_can_be_read_across_a_room(pdf: Path) -> None:
    """A cap height of 5 mm is read from 2 m; the digits of this face have 0.67 of their size."""
    least = 18 if "-sheet" in pdf.name else 23
    for page in pages_of(pdf):
        found = [s for s in page.spans if s.text.strip() in ("911", "988")]
        assert all(s.size >= least and "Bold" in s.font for s in found)
    whole = " ".join(map(text_of, pages_of(pdf)))
    assert "Emergency: call 911 now" in whole


# What stays whole


def holding(pdf: Path, first: str, last: str) -> list[geometry.Page]:
    """Return the pages that have a text from its first words to its last."""
    wanted = [letters(first), letters(last)]
    found = []
    for page in pages_of(pdf):
        text = letters(text_of(page))
        if wanted[0] in text and wanted[1] in text[text.find(wanted[0]) :]:
            found.append(page)
    return found


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("In a crisis", "2 for Spanish)."),
        ("When should you get help?", "and any craving."),
        ("What can you ask your clinician?", "Is there a study I could join?"),
    ],
)
def test_boxes_to_act_on_are_whole(pdf: Path, first: str, last: str) -> None:
    if "-sheet" in pdf.name and first.startswith("What"):
        first, last = "What can you ask", "Is there a study I"
    assert len(holding(pdf, first, last)) == 1


def test_the_lists_of_who_should_not_have_it_are_whole(pdf: Path) -> None:
    if "-sheet" not in pdf.name:
        (page,) = holding(pdf, "Who should not have it?", "have liver or heart disease")
        assert "are allergic to it" in text_of(page)


def test_the_urgent_box_has_the_heaviest_frame_in_black_and_white(pdf: Path) -> None:
    """Its left side is 3 pt of dark gray or more, over its whole height."""
    (page,) = holding(pdf, "When should you get help?", "and any craving.")
    top = the_row(page, "Emergency").baseline
    scale = page.picture.width / page.width
    across = page.picture.crop(
        (
            0,
            round((page.height - top) * scale),
            page.picture.width,
            round((page.height - top) * scale) + 1,
        )
    )
    dark = [shade < 110 for shade in across.get_flattened_data()]
    run = 0
    for shade in dark[next(n for n, d in enumerate(dark) if d) :]:
        if not shade:
            break
        run += 1
    assert run / scale >= 3


# What is said, and how often


def test_a_link_inside_names_its_page(pdf: Path) -> None:
    for words, target in (("crisis box", "In a crisis"), ("questions", "What can you ask")):
        where = {number(p) for p in pages_of(pdf) if the(p, target)}
        said = re.search(rf"\b{words} \(page (\d+)\)", " ".join(map(text_of, pages_of(pdf))))
        assert said, words
        assert int(said[1]) in where


def the(page: geometry.Page, words: str) -> bool:
    return any(row.text.startswith(words) for row in rows(page))


def test_a_link_to_a_later_page_names_it_when_pages_are_made_again(tmp_path: Path) -> None:
    """The references get a sheet of their own, and pages before it are made a second time."""
    text = f"See [the end](#end) [@a].\n\n{sentences(40)}\n\n## End {{#end}}\n\n{ONE * 3}"
    for references in ("", "sheet"):
        pages = printed(project(tmp_path, text, references))
        last = next(n for n, page in enumerate(pages, 1) if "\nEnd\n" in f"\n{page}\n")
        assert f"the end (page {last})" in " ".join(pages[0].split())


TITLES = ("In a crisis", "About this handout", "Not approved for OCD", "Limits of the evidence",
          "Tell your clinician first", "Who made this handout")  # fmt: skip


def test_a_notice_is_said_once(pdf: Path) -> None:
    texts = list(map(text_of, pages_of(pdf)))
    for title in TITLES:
        assert sum(text.count(title) for text in texts) == 1, title


# Paper


def test_the_handout_has_six_pages_at_most(built) -> None:
    for edition in ("", "-a4", "-ink-saver"):
        assert len(pages_of(built("") / f"ketamine-ocd{edition}.pdf")) <= 6


def shares(pdf: Path) -> Iterator[float]:
    edges = geometry.margins(pdf.name)
    for page in pages_of(pdf):
        top, high = page.height - edges.top, page.height - edges.top - edges.bottom
        ink = page.ink(edges.bottom, top)
        yield (top - ink.bottom) / high if ink else 0.0


def test_every_page_is_used(pdf: Path) -> None:
    """No page is blank, and none but the last is less than a third full."""
    *full, last = shares(pdf)
    assert all(share > THIRD for share in full)
    assert last > 0.1


def test_columns_of_references_are_balanced(built) -> None:
    page = pages_of(built("") / "ketamine-ocd.pdf")[-1]
    edges = geometry.margins("ketamine-ocd.pdf")
    middle = page.width / 2
    under = [r for r in page.body(edges) if r.baseline < the_row(page, "References").baseline]
    left = min(row.baseline for row in under if row.left < middle - 20)
    right = min(row.baseline for row in under if row.left > middle)
    assert abs(left - right) < 100, "an entry is not divided"


def test_references_stay_under_their_heading(tmp_path: Path) -> None:
    """Whatever the length of the text, the page with the heading has entries on it."""
    for count in range(14, 20):
        pages = printed(project(tmp_path, f"{sentences(count)} [@a]"))
        (page,) = [page for page in pages if "\nReferences\n" in page]
        assert "1." in page.partition("\nReferences\n")[2]


def test_a_figure_in_the_middle_is_as_wide_as_the_text(built) -> None:
    data = (built("") / "ketamine-ocd.pdf").read_bytes()
    words = [
        s for page in geometry.pages(data) for s in page.spans if s.text.strip() == "Partly better"
    ]
    assert words
    assert min(s.size for s in words) > 12.5, "its words are larger than those of the text"


def test_where_no_figure_fits_text_comes_first(tmp_path: Path) -> None:
    text = f"## One\n\n{sentences(6)}\n\n{FIGURE}\n## Two\n\n{ONE * 3}"
    assert "Two" in printed(project(tmp_path, text))[0]


def test_the_titles_of_notices_are_those_of_the_article(built) -> None:
    """Else the test above would find nothing."""
    spoken = " ".join(inside.page_texts((built("") / "ketamine-ocd.pdf").read_bytes()))
    assert all(title in spoken for title in TITLES)

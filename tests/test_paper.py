"""No wasted paper: where references go, and how pages are filled."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from press.core.manifest import read_manifest
from press.readback.pdf import read_pdf
from tests import geometry, inside
from tests.test_editions import run, write
from tests.test_page_notes import BIB, ONE, lines

DRAWING = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='500' height='600'>"
    "<path fill='#ccc' d='M0 0h500v600H0z'/></svg>"
)
THIRD = 0.33


def project(folder: Path, text: str, references: str = "") -> Path:
    """Write a project with an article, a bibliography, and a drawing."""
    own = f'[editions.letter]\nreferences = "{references}"\n' if references else ""
    head = "title: Sheet\ndate: 2026-01-02\nbibliography: references.bib\n"
    write(
        folder,
        **{
            "makebook.toml": f'editions = ["letter"]\nformats = ["pdf"]\n{own}',
            "source__sheet_": f"---\n{head}---\n\n{text}\n",
            "source__references.bib": BIB,
        },
    )
    images = folder / "source" / "images"
    images.mkdir(exist_ok=True)
    (images / "tall.svg").write_text(DRAWING, "utf-8")
    return folder


def printed(folder: Path) -> list[str]:
    """Build a project; return the text of each page."""
    assert run(folder) == 0
    return [page.text for page in read_pdf((folder / "output" / "sheet.pdf").read_bytes())]


def shares(folder: Path) -> list[float]:
    """Return how far down each page of a build its ink reaches."""
    edges = geometry.margins("sheet.pdf")
    found = []
    for page in geometry.pages((folder / "output" / "sheet.pdf").read_bytes()):
        top, high = page.height - edges.top, page.height - edges.top - edges.bottom
        ink = page.ink(edges.bottom, top)
        found.append((top - ink.bottom) / high if ink else 0.0)
    return found


def begins(pages: list[str]) -> int:
    """Return the page on which the references begin."""
    return next(n for n, text in enumerate(pages, 1) if "References" in text)


@pytest.mark.parametrize(
    ("count", "references", "first", "pages"),
    [
        (3, "", 1, 1),  # a sheet of their own would cost a leaf
        (3, "inline", 1, 1),
        (3, "sheet", 3, 3),  # page 2 is blank
        (30, "sheet", 5, 5),
        (48, "", 5, 5),
        (52, "", 5, 5),  # the text ends on page 4: a third leaf is there anyway
    ],
)
def test_where_references_begin(
    tmp_path: Path, count: int, references: str, first: int, pages: int
) -> None:
    found = printed(project(tmp_path, f"{lines(count)} [@a]", references))
    assert (begins(found), len(found)) == (first, pages)


def test_a_blank_page_says_why_it_is_blank(tmp_path: Path) -> None:
    """Without the line, a person who prints it would think that something is missing."""
    first, blank, last = printed(project(tmp_path, "Tea [@a].", "sheet"))
    assert "This page is blank" in blank
    assert len(blank.split()) < 45
    assert last.lstrip().startswith("References")
    assert "This page is blank" not in first + last


def test_the_last_page_is_a_third_full(tmp_path: Path) -> None:
    """Whatever the length of the text, a page before gives some of its end."""
    given = 0
    for count in range(15, 25):
        project(tmp_path, lines(count))
        assert "This page is blank" not in "".join(printed(tmp_path))
        *full, last = shares(tmp_path)
        assert last > THIRD or not full, count
        assert min(full, default=1) > THIRD
        given += min(full, default=1) < 0.75
    assert given


FIGURE = "![A tall drawing](images/tall.svg)\n"


def test_a_figure_floats_within_its_section(tmp_path: Path) -> None:
    """What follows it fills the page before; it is heard where it is drawn."""
    text = f"## One\n\n{lines(7)}\n\n{FIGURE}\nAfter one. {ONE * 3}\n\nAfter two. {ONE * 3}"
    pages = printed(project(tmp_path, f"{text}\n\n## Two\n\n{ONE}"))
    assert "After one" in pages[0]
    assert "After two" in pages[0]
    assert shares(tmp_path)[0] > 0.8
    tags = inside.tags((tmp_path / "output" / "sheet.pdf").read_bytes())
    figure = next(n for n, line in enumerate(tags) if "A tall drawing" in line)
    assert "P After two" in "".join(tags[:figure])
    assert "H2 Two" in "".join(tags[figure:])


@pytest.mark.parametrize(("count", "passes"), [(6, True), (11, False)])
def test_a_figure_at_the_end_of_its_section_leaves_no_page_half_empty(
    tmp_path: Path, count: int, passes: bool
) -> None:
    """It goes on after the first paragraph of the next section, but not to fill a few lines."""
    text = f"## One\n\n{lines(count)}\n\n{FIGURE}\n## Two\n\n{ONE * 3}\n\n## Three\n\n{ONE}"
    first, *_ = printed(project(tmp_path, text))
    assert ("Two" in first) == passes
    assert "Three" not in first
    assert shares(tmp_path)[0] > 0.5
    tags = inside.tags((tmp_path / "output" / "sheet.pdf").read_bytes())
    figure = next(n for n, line in enumerate(tags) if "A tall drawing" in line)
    assert ("H2 Two" in "".join(tags[:figure])) == passes


def test_the_summary_names_sheets_and_the_emptiest_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project(tmp_path, lines(20))) == 0
    page, share = read_manifest(tmp_path / "output")["articles"]["sheet"]["files"]["sheet.pdf"][
        "emptiest"
    ]
    pages = len(shares(tmp_path))
    assert f"{pages} pages on {-(-pages // 2)} sheet" in capsys.readouterr().out
    assert abs(shares(tmp_path)[page - 1] * 100 - share) < 3
    assert share == pytest.approx(min(shares(tmp_path)) * 100, abs=3)


@pytest.mark.parametrize("edition", ["", "-a4", "-large-print", "-ink-saver"])
def test_no_page_of_the_article_is_less_than_a_third_full(built, edition: str) -> None:
    name = f"ketamine-ocd{edition}.pdf"
    edges = geometry.margins(name)
    for page in geometry.pages((built("") / name).read_bytes(), name):
        top, high = page.height - edges.top, page.height - edges.top - edges.bottom
        ink = page.ink(edges.bottom, top)
        assert ink, page.name
        assert (top - ink.bottom) / high > THIRD, page.name


def test_the_footer_of_large_print_has_two_lines(built) -> None:
    name = "ketamine-ocd-large-print.pdf"
    edges = geometry.margins(name)
    for page in geometry.pages((built("") / name).read_bytes(), name):
        feet = sorted(s.baseline for s in page.spans if s.baseline < edges.bottom - edges.gap)
        assert feet
        assert sum(low + 9 < high for low, high in pairwise(feet)) <= 1, page.name


def test_ink_saver_saves_paper(built) -> None:
    def count(edition: str) -> int:
        return len(read_pdf((built("") / f"ketamine-ocd{edition}.pdf").read_bytes()))

    def room(name: str) -> float:
        edges = geometry.margins(name)
        return (612 - edges.left - edges.right) * (792 - edges.top - edges.bottom)

    assert count("-ink-saver") <= count("")
    assert room("tea-ink-saver.pdf") > 1.05 * room("tea.pdf")

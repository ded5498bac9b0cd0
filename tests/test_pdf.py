"""The handout as a file: its text, its tags, its embedded files, and its metadata.

The goldens in `tests/data/goldens/small/` are the handout of `tests/projects/small`, as text. What
depends on where a page ends is compared only under the version of Pango that made them: it is kept
in `pango.txt`. After a change that is meant set MAKEBOOK_REWRITE=1, run this file, read the diff.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from textwrap import fill

import pypdfium2 as pdfium
import pytest

from press.build.stale import versions
from tests import inside

GOLDENS = Path(__file__).parent / "data" / "goldens" / "small"
PROJECTS = Path(__file__).parent / "projects"


@pytest.fixture(scope="module")
def small(built):
    return (built("small") / "sleep.pdf").read_bytes()


@pytest.fixture(scope="module")
def everything(built):
    return (built("features") / "everything.pdf").read_bytes()


@pytest.fixture
def same_pages(golden):
    """Skip a test of pages if another version of Pango breaks their lines."""
    here = versions()["Pango"]
    if os.environ.get("MAKEBOOK_REWRITE") != "1":
        kept = (GOLDENS / "pango.txt").read_text().strip()
        if kept != here:
            pytest.skip(f"the pages kept are those of Pango {kept}, not {here}")
    golden("small/pango.txt", here)


# Goldens


def test_text_of_each_page(small, golden, same_pages):
    pages = enumerate(inside.page_texts(small), 1)
    golden("small/pages.txt", "\n\n".join(f"page {n}\n{fill(text, 100)}" for n, text in pages))


def test_tags(small, golden, same_pages):
    golden("small/tags.txt", "\n".join(inside.tags(small)))


def test_bookmarks(small, golden, same_pages):
    golden("small/bookmarks.txt", "\n".join(inside.bookmarks(small)))


# What the file says of itself


def test_it_claims_what_it_keeps(small):
    said = inside.objects(small)
    assert re.search(r'pdfaid:part="3" pdfaid:conformance="A"', said)
    assert "<pdfuaid:part>1</pdfuaid:part>" in said
    assert re.search(r"/Lang ?\(en-US\)", said)
    assert "/DisplayDocTitle true" in said
    assert "/MarkInfo <</Marked true>>" in said


def test_it_has_the_articles_title_and_author_and_its_day(small):
    said = pdfium.PdfDocument(small).get_metadata_dict()
    assert (said["Title"], said["Author"]) == ("Sleep, in short", "A. Writer")
    assert said["CreationDate"].startswith("D:20260301")


def test_nothing_in_it_runs_or_asks(small, everything):
    for data in (small, everything):
        assert not re.search(r"/(JavaScript|JS|AcroForm|OpenAction|Launch) ", inside.objects(data))


@pytest.mark.parametrize(("name", "file"), [("small", "sleep"), ("features", "everything")])
def test_every_font_is_embedded_in_part(built, name, file):
    if not shutil.which("pdffonts"):
        assert os.environ.get("CI") != "true", "pdffonts (poppler-utils) is missing"
        pytest.skip("pdffonts (poppler-utils) is missing")
    path = built(name) / f"{file}.pdf"
    done = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True)
    fonts = done.stdout.splitlines()[2:]
    assert fonts
    for line in fonts:
        assert re.match(r"[A-Z]{6}\+Atkinson-Hyperlegible-(Next|Mono)\S* .* yes yes yes ", line), (
            line
        )


# What it carries


def test_it_carries_the_published_book_and_the_source(built, small):
    files = inside.attached(small)
    assert files["sleep.epub"] == (built("small") / "sleep.epub").read_bytes()
    assert files["sleep.md"] == (PROJECTS / "small" / "source" / "sleep.md").read_bytes()
    assert set(files) == {"sleep.epub", "sleep.md", "identity.json"}


def test_each_file_says_how_it_is_related(small):
    said = inside.objects(small)
    found = re.findall(r"/Desc ?\(([^)]*)\).*?/AFRelationship ?/(\w+)", said)
    assert found == [
        ("sleep.md", "Source"), ("sleep.epub", "Alternative"), ("identity.json", "Data"),
    ]  # fmt: skip
    for associated in re.findall(r"/AF ?\[([^]]*)\]", said):
        files = re.findall(r"\d+ 0 R", associated)
        assert len(files) == len(set(files)) == 3


# What the standards ask for, and the layout engine does not do by itself


def children(lines, parent):
    """The tags right below each tag of a name."""
    for index, line in enumerate(lines):
        depth = len(line) - len(line.lstrip())
        if line.split()[0] != parent:
            continue
        below = []
        for other in lines[index + 1 :]:
            inner = len(other) - len(other.lstrip())
            if inner <= depth:
                break
            if inner == depth + 2:
                below.append(other.split()[0])
        yield below


def test_a_list_item_holds_labels_and_bodies_alone(everything):
    """An item on two pages can have its label on one and its body on the other."""
    items = list(children(inside.tags(everything), "LI"))
    assert len(items) > 20
    assert all(set(item) <= {"Lbl", "LBody"} and item == sorted(item)[::-1] for item in items)


def test_paragraphs_of_a_list_item_are_in_its_body(everything):
    assert ["P", "P"] in list(children(inside.tags(everything), "LBody"))


def test_pictures_are_not_smoothed(everything):
    said = inside.objects(everything)
    assert "/Interpolate false" in said
    assert "/Interpolate true" not in said


def test_every_picture_has_its_words(everything):
    figures = [line.strip() for line in inside.tags(everything) if line.strip().startswith("Fig")]
    assert "Figure [A square that is grey]" in figures
    assert all(re.match(r"Figure \[.+\]", figure) for figure in figures)


# Pages


@pytest.mark.parametrize(
    ("name", "file", "size"), [("small", "sleep", (612, 792)), ("features", "plain", (595, 842))]
)
def test_sheets_are_those_of_the_edition(built, name, file, size):
    pdf = pdfium.PdfDocument((built(name) / f"{file}.pdf").read_bytes())
    assert {tuple(round(side) for side in page.get_size()) for page in pdf} == {size}


def test_every_page_says_what_a_loose_sheet_must(built, everything):
    manifest = json.loads((built("features") / "manifest.json").read_text())
    digest = manifest["articles"]["everything"]["hash"]
    pages = inside.page_texts(everything)
    for number, text in enumerate(pages, 1):
        assert "Not medical advice." in text
        assert f"Reviewed 5 April 2026 · ALL-1 · version 3 · {digest}" in text
        assert f"{number} of {len(pages)}" in text


@pytest.mark.parametrize(
    ("name", "file"), [("small", "sleep"), ("features", "everything"), ("", "ketamine-ocd")]
)
def test_nothing_runs_off_the_sheet(built, name, file):
    """All text keeps half an inch from the sides, and what printers leave blank at its ends."""
    pdf = pdfium.PdfDocument((built(name) / f"{file}.pdf").read_bytes())
    for page in pdf:
        width, height = page.get_size()
        text = page.get_textpage()
        for index in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(index)
            inside_page = left > 36 and bottom > 18 and right < width - 36 and top < height - 18
            assert inside_page, text.get_text_bounded(left, bottom, right, top)

"""Notes: wherever an author refers to them and however often, in every edition and format."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pypdfium2
import pytest

from press.core import trees
from press.readback.aloud import aloud
from press.readback.pdf import read_halves, read_pdf
from tests.conftest import ROOT
from tests.test_editions import run, write

TEXT = """---
title: Pills
bibliography: references.bib
---

## In a heading[^head] of two [@lee]

Blue pill.[^day] White pill.[^day] Red pill.[^day]

Table: A caption[^cap]

| Time | What[^cell] |
|---|---|
| Day 1[^cell] | one[^day] |

![A bed](bed.svg "In *a* figure[^fig], says [@lee]"){.wide #bed}

![A bed][bed]

### Lower[^head]

- item[^item]

> quoted[^end]

[bed]: bed.svg "By reference[^fig]"

[^head]: Of the heading.
[^day]: tablets a day at most.[^inner]

    Ask first.

[^cell]: In a `cell`.
[^cap]: In a caption.
[^fig]: In a figure.
[^item]: In an item.
[^inner]: In a note.
[^end]: Ends with a list:

    - last
"""
NOTES = [
    *("Of the heading.", "tablets a day at most.", "In a cell.", "In a figure.", "In a caption."),
    *("In an item.", "In a note.", "Ends with a list:"),
]
NOTICE = """---
id: general
title: About
place: [opening, every-page]
short: Not advice.
---
Ask your doctor.[^who] Ask again.[^who] Keep this.[^why]

[^who]: Or your nurse.
[^why]: You may need it.
"""


def spoken(path: Path) -> str:
    """Return what a screen reader says of a file."""
    return "\n".join(aloud(path.read_bytes()))


PDFS = ["", "-large-print", "-booklet", "-ink-saver"]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    toml = 'editions = ["letter", "large-print", "booklet", "ink-saver"]\n'
    toml += '[notices.required]\n"*" = ["general"]\n'
    files = {
        "makebook.toml": toml,
        "source__pills_": TEXT,
        "source__disclaimers__general_": NOTICE,
        "source__references.bib": "@article{lee, author={Lee, A.}, title={T}, year={2001}}",
    }
    root = write(tmp_path_factory.mktemp("notes"), **files)
    shutil.copy(ROOT / "tests" / "problems" / "TXT015" / "source" / "bed.svg", root / "source")
    assert run(root) == 0
    return root / "output"


@pytest.mark.parametrize("edition", PDFS)
def test_on_paper_nothing_but_its_letter_is_before_or_after_a_note(
    output: Path, edition: str
) -> None:
    read = read_halves if edition == "-booklet" else read_pdf
    pages = read((output / f"pills{edition}.pdf").read_bytes())
    said = " ".join(" ".join(page.text for page in pages).split())
    for words in (*NOTES, "Or your nurse.", "You may need it."):
        assert re.search(rf"\b[a-h]\. {re.escape(words)}", said), words
    assert not re.search(r"\d+ tablets|Ask first\. ?\d|Cited at 1", said)


def test_a_screen_reader_hears_each_note_after_its_letter(output: Path) -> None:
    heard = spoken(output / "pills.pdf")
    for words in NOTES:
        assert re.search(rf"note: \[link: [a-h]\.\] {re.escape(words)}", heard), words
    assert "[link: 2]" not in heard


@pytest.mark.parametrize("name", ["pills.epub", "pills.html"])
def test_on_a_screen_a_note_leads_back_to_each_of_its_places(output: Path, name: str) -> None:
    heard = spoken(output / name)
    back = [f"[link: Note b {place}, back to the text]" for place in range(1, 5)]
    assert "note: [link: Note b, back to the text] tablets a day at most.[link: " in heard
    assert f"Ask first. Cited at {', '.join(back)}" in heard
    assert "] In a note.\n" in heard  # nothing follows a note that has one place


def test_the_links_of_a_notice_are_its_own(output: Path) -> None:
    page = (output / "pills.html").read_text()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert 'href="#notice-general-note-1" id="notice-general-noteref-1"' in page
    places = re.findall(r'href="#(notice-general-noteref-[^"]*)"', page)
    assert places == [f"notice-general-noteref-{n}" for n in ("1", "1", "1-2", "2")]
    assert page.count('role="doc-noteref"') == page.count('<sup class="noteref">')


def test_the_mark_of_a_note_is_not_part_of_a_name(output: Path) -> None:
    with pypdfium2.PdfDocument(output / "pills.pdf") as pdf:
        names = [mark.get_title() for mark in pdf.get_toc()]
    assert names[1:3] == ["In a heading of two", "Lower"]
    with zipfile.ZipFile(output / "pills.epub") as book:
        assert b"<text>In a heading of two</text>" in book.read("EPUB/toc.ncx")
        assert b'.xhtml#in-a-heading-of-two"/>' in book.read("EPUB/toc.ncx")


def test_a_caption_is_read_as_text_is(output: Path) -> None:
    page = trees.parse(
        "<div>"
        + "".join(re.findall(r"<figure.*</figure>", (output / "pills.html").read_text()))
        + "</div>"
    )
    first, second = page.iter("figure")
    assert (first.get("id"), first.get("class")) == ("bed", "wide")
    assert trees.plain(first) == "In a figure, says"
    assert [e.tag for e in first[1].iter("em", "sup")] == ["em", "sup", "sup"]
    assert trees.plain(second) == "By reference"
    assert second.find(".//sup") is not None

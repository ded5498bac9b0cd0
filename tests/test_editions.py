"""Editions and imprints, as files: which there are, and what each must satisfy on its own pages.

Printed pages are measured on the finished bytes. How booklet pages are put on sheets is tested
in `test_booklet.py`, and type that is too small in `test_measure.py`.
"""

from __future__ import annotations

import ctypes
import functools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pypdfium2 as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFilter
from pypdfium2 import raw

from press.check import external as check
from press.cli import main
from press.core import trees
from press.core.files import CATALOG, COVERS, FEED, STATE, default_folder
from press.core.model import Document, Edition, Imprint, Part
from press.core.problems import Problem
from press.document import editions
from press.document.compose import compose, read_draft
from press.document.units import letters
from press.output.pdf.layout import sheet_size
from press.proof.typography import lines
from press.readback.pdf import TextSpan, rasters, read_pdf
from press.source.notices import read_notices
from press.source.project import effective, read_project
from tests import inside
from tests.paper import spans

LONG = (
    "In night {} most people who slept badly said that they had well-known, round-the-clock "
    "and never-to-be-forgotten trouble with "
    "un&shy;believ&shy;ably over&shy;whelm&shy;ing thoughts, and that a cup of tea at night-time "
    "did not help. "
)


def nights(*numbers: int) -> str:
    """Return a paragraph in which no two sentences are alike."""
    return "".join(LONG.format(n) for n in range(*numbers)).rstrip()


FILES = {
    "makebook.toml": """lang = "en-US"
address = "https://example.org/texts"
editions = ["letter", "big", "ink", "apart"]

[editions.big]
like = "large-print"

[editions.ink]
like = "ink-saver"

[editions.apart]
references = "companion"

[notices.required]
"*" = ["general", "crisis"]
""",
    "source/tea.md": f"""---
title: Tea and sleep
subtitle: What is known
author: A. Writer
date: 2026-01-02
abstract: On tea late in the day.
identifier: TEA-1
version: "1.0"
bibliography: references.bib
---

## Key points {{#key-points .key-points}}

Tea late in the day can keep you awake [@smith2009].
{{: .main-message}}

- It is *not* a medicine[^clock].

## What helps? {{#helps}}

{nights(9)}

Table: Cups by hour

| When | Cups | People | Sleep |
|------|-----:|:------:|-------|
| Morning | 2 | forty-one | well-rested [@jones2011] |
| Evening | none | *three* | |

| Cup | Sips |
|:----|-----:|
| Small one | 9 |
| Large | about twenty |

{nights(10, 19)}

### Who was asked?

> {nights(30, 31)}

Centred words.
{{: .center}}

{nights(20, 28)} This is the last that is known [@jones2011; @smith2009].

[^clock]: Count from *noon*.
""",
    "source/references.bib": """@article{smith2009,
  author = {Smith, Ann}, title = {Tea at night}, journal = {Journal of Tea Studies},
  year = {2009}, volume = {4}, pages = {1--9}
}
@article{jones2011,
  author = {Jones, Bo}, title = {Cups and sleep}, journal = {Annals of Sleep},
  year = {2011}, volume = {7}, pages = {11--19}
}
""",
    "source/disclaimers/general.md": """---
id: general
title: About this sheet
place: [opening, every-page]
short: Not medical advice.
---

It does not replace your nurse.
""",
    "source/disclaimers/crisis.md": """---
id: crisis
title: In a crisis
place: [opening]
---

Call someone *now*.
""",
}
REFERENCES = {
    "smith2009": "Smith A. Tea at night. Journal of Tea Studies. 2009;4:1-9",
    "jones2011": "Jones B. Cups and sleep. Annals of Sleep. 2011;7:11-19",
}
CLINIC = 'lang = "en-GB"\njurisdiction = "GB"\n\n[clinic]\nname = "Example Clinic"\n'
SHORT = "---\ntitle: Tea\ndate: 2026-01-02\n---\n\nTea late in the day can keep you awake.\n"


def write(folder: Path, **files: str) -> Path:
    """Write files; `__` in a name is a slash, `_` at its end is `.md`."""
    for name, text in files.items():
        path = folder / re.sub("_$", ".md", name.replace("__", "/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def small(folder: Path, toml: str, **files: str) -> Path:
    """Write a project of one sentence."""
    return write(folder, **{"makebook.toml": toml, "source__tea_": SHORT, **files})


def run(folder: Path, *arguments: str) -> int:
    """Run the command line on a project, into `output/`; return the exit status."""
    where = ["--project", str(folder), "--output", str(folder / "output")]
    with pytest.raises(SystemExit) as stop:
        main(["build", *arguments, *where])
    return int(stop.value.code or 0)


def published(folder: Path) -> set[str]:
    """Return the files in `output/` but the web pages and the library, which every issue has."""
    output = folder / "output"
    found = [p for p in output.rglob("*") if p.is_file() and p.suffix != ".html"]
    files = [p for p in found if p.name not in (STATE, FEED, CATALOG) and p.parent.name != COVERS]
    return {p.relative_to(output).as_posix() for p in files}


def sizes(path: Path) -> set[tuple[int, int]]:
    """The sizes of the pages of a PDF, in whole points."""
    pdf = pdfium.PdfDocument(path.read_bytes())
    found = {(round(page.get_width()), round(page.get_height())) for page in pdf}
    pdf.close()
    return found


A4, LETTER, A5 = (595, 842), (612, 792), (420, 595)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with every edition of the project above."""
    root = write(tmp_path_factory.mktemp("tea"), **FILES)
    assert run(root) == 0
    return root / "output"


@pytest.fixture(scope="module")
def letter(output: Path) -> bytes:
    return (output / "tea.pdf").read_bytes()


@pytest.fixture(scope="module")
def big(output: Path) -> bytes:
    return (output / "tea-big.pdf").read_bytes()


@pytest.fixture(scope="module")
def ink(output: Path) -> bytes:
    return (output / "tea-ink.pdf").read_bytes()


def every(data: bytes) -> list[TextSpan]:
    """All that is drawn as text."""
    return [span for page in spans(data) for span in page]


# Which editions there are, and on which paper


def test_the_first_is_the_main_one_and_the_others_say_their_names(output: Path) -> None:
    assert published(output.parent) == {
        "tea.pdf",
        "tea-big.pdf",
        "tea-ink.pdf",
        "tea-apart.pdf",
        "tea-apart-references.pdf",
        "tea.epub",
        "manifest.json",
    }


def test_a_list_selects_and_orders(tmp_path: Path) -> None:
    toml = 'editions = ["big", "letter"]\n[editions.big]\nlike = "large-print"\n[editions.other]\n'
    assert run(small(tmp_path, toml)) == 0
    wanted = {"tea.pdf", "tea-letter.pdf", "tea.epub", "manifest.json"}
    assert published(tmp_path) == wanted, "`other` is not on the list"
    first = every((tmp_path / "output" / "tea.pdf").read_bytes())
    assert min(span.size for span in first) >= 15.95, "the main edition is large print"


def test_without_a_list_there_are_those_that_are_described(tmp_path: Path) -> None:
    config = read_project(small(tmp_path, "[editions.b]\n[editions.a]\n"), []).config
    assert [edition.name for edition in config.editions] == ["b", "a"]


def test_an_edition_takes_what_it_does_not_say_from_the_one_it_is_like(tmp_path: Path) -> None:
    toml = """address = "https://example.org"
editions = ["big", "a4", "ink-saver", "plain"]
[editions.big]
like = "large-print"
page = "A4"
references = "link"
[editions.ink-saver]
references = "companion"
[editions.plain]
"""
    problems: list[Problem] = []
    assert read_project(small(tmp_path, toml), problems).config.editions == (
        Edition("big", "large-print", "A4", "link"),
        Edition("a4", "standard", "A4", "auto"),
        Edition("ink-saver", "ink-saver", "", "companion"),
        Edition("plain", "standard", "", "auto"),
    )
    assert problems == []


def papers(folder: Path, toml: str, imprint: Imprint | None = None) -> list[str]:
    """The paper of each edition."""
    problems: list[Problem] = []
    config = read_project(small(folder, toml), problems).config
    assert problems == []
    return [edition.page for edition in effective(config, imprint).editions]


@pytest.mark.parametrize(
    ("toml", "paper"),
    [
        ('editions = ["letter", "large-print", "booklet"]', ["Letter", "Letter", "Letter"]),
        ('editions = ["a4", "large-print", "letter"]', ["A4", "A4", "Letter"]),
        ('editions = ["large-print", "a4"]\nlang = "en-US"', ["Letter", "A4"]),
        ('editions = ["large-print", "letter"]\nlang = "en-GB"', ["A4", "Letter"]),
        ('editions = ["x", "ink-saver"]\n[editions.x]\npage = "A5"', ["A5", "A5"]),
    ],
)
def test_paper_that_is_not_named_is_the_main_editions(
    tmp_path: Path, toml: str, paper: list[str]
) -> None:
    """If that has none either, the country decides."""
    assert papers(tmp_path, toml) == paper


@pytest.mark.parametrize(
    ("imprint", "paper"),
    [
        (Imprint("i", "i.toml", jurisdiction="GB"), ["A4", "A4"]),
        (Imprint("i", "i.toml", jurisdiction="CA"), ["A4", "Letter"]),
        (Imprint("i", "i.toml"), ["A4", "A4"]),
        (Imprint("i", "i.toml", jurisdiction="CA", editions=(Edition("x", page="A5"),)), ["A5"]),
        (Imprint("i", "i.toml", jurisdiction="CA", editions=(Edition("x"),)), ["Letter"]),
    ],
    ids=["of one country", "of another", "of none", "with paper of its own", "with none"],
)
def test_paper_under_an_imprint_is_that_of_its_country(
    tmp_path: Path, imprint: Imprint, paper: list[str]
) -> None:
    toml = 'lang = "en-GB"\njurisdiction = "GB"\neditions = ["a4", "large-print"]\n'
    assert papers(tmp_path, toml, imprint) == paper


def test_sheets_are_cut_as_they_are_named(tmp_path: Path) -> None:
    toml = """editions = ["letter", "mine", "ink-saver", "a4"]
[editions.mine]
page = "150mm 20.5cm"
"""
    files = {"source__imprints__clinic.toml": CLINIC}
    assert run(small(tmp_path, f'lang = "en-US"\n{toml}', **files), "--format", "pdf") == 0
    assert run(tmp_path, "--imprint", "clinic", "--format", "pdf") == 0
    cut = {name: sizes(tmp_path / "output" / name) for name in published(tmp_path) if "pdf" in name}
    mine = tuple(round(side) for side in sheet_size("150mm 20.5cm"))
    assert mine == (425, 581)
    assert cut == {
        "tea.pdf": {LETTER},
        "tea-mine.pdf": {mine},
        "tea-ink-saver.pdf": {LETTER},
        "tea-a4.pdf": {A4},
        "clinic/tea.pdf": {LETTER},  # it is called letter
        "clinic/tea-mine.pdf": {mine},
        "clinic/tea-ink-saver.pdf": {A4},
        "clinic/tea-a4.pdf": {A4},
    }


# Large print


def size_of(data: bytes, words: str) -> float:
    """The size of the run of text that holds some words."""
    return next(round(span.size, 1) for span in every(data) if words in span.text)


def test_large_print_has_its_sizes(big: bytes) -> None:
    found = every(big)
    assert min(span.size for span in found) >= 15.95
    assert size_of(big, "who slept badly") == 18
    assert size_of(big, "What helps?") == 22
    assert size_of(big, "Who was asked?") == 20
    assert size_of(big, "Count from") == 18  # a note
    assert size_of(big, "Not medical advice.") == 16  # the foot of the page
    assert round(next(s.size for s in found if re.fullmatch(r"\d", s.text.strip())), 1) == 16


def test_the_standard_edition_has_others(letter: bytes) -> None:
    """The measure itself works."""
    assert min(span.size for span in every(letter)) < 10
    assert size_of(letter, "What helps?") == 16


def test_an_inch_stays_white_on_every_side_of_the_text(big: bytes) -> None:
    """The footer is below the text, in an inch and a sixth of margin."""
    width, height = LETTER
    for number, page in enumerate(spans(big), 1):
        for span in page:
            where = f"page {number}: {span.text}"
            assert span.left > 72 - 1, where
            assert span.right < width - 72 + 1, where
            assert span.top < height - 72 + 1, where
        foot = [span for span in page if round(span.size, 1) == 16 and span.baseline < 72]
        text = [span for span in page if span not in foot]
        assert any("Not medical advice" in span.text for span in foot)
        assert all(span.bottom > 76 for span in text), f"page {number}"


def test_no_letter_is_slanted_in_large_print(big: bytes, letter: bytes) -> None:
    slanted = {span.text.strip() for span in every(letter) if span.italic}
    assert {"not", "noon", "three", "Journal of Tea Studies", "Annals of Sleep"} <= slanted
    assert [span.text for span in every(big) if span.italic] == []
    assert not re.search(r"/FontName ?/\S*(Italic|Oblique)", inside.objects(big))
    assert re.search(r"/FontName ?/\S*Italic", inside.objects(letter))


def test_what_was_slanted_is_bold_in_large_print(big: bytes) -> None:
    fonts = {span.text.strip(): span.font for span in every(big)}
    assert fonts["not"].endswith("-Bold")
    journal = next(s for s in every(big) if "Journal of Tea Studies" in s.text)
    assert not journal.font.endswith("-Bold"), "names of journals are upright, and not loud"


def test_no_word_is_divided_in_large_print(big: bytes) -> None:
    """A line may end with a hyphen that the author wrote, but with no other."""
    source = FILES["source/tea.md"].replace("&shy;", "")
    ends, rows = 0, [line.text for page in spans(big) for line in lines(page)]
    for upper, lower in pairwise(rows):
        if upper.endswith(("-", "\u2010", "\u00ad")):
            ends += 1
            assert f"{upper.split()[-1]}{lower.split()[0]}" in source.replace("\n", " ")
    assert ends, "the text has so many hyphens that some line ends with one"


def test_the_standard_edition_divides_where_the_author_allows_it(letter: bytes) -> None:
    """The measure itself works: at soft hyphens."""
    rows = [line.text for page in spans(letter) for line in lines(page)]
    divided = [row.split()[-1] for row in rows if re.search(r"(un|believ|over|whelm)-$", row)]
    assert divided


def edges(data: bytes, *words: str) -> list[float]:
    """Where the lines begin that begin with some words."""
    rows = [line for page in spans(data) for line in lines(page)]
    return [round(next(r.left for r in rows if r.text.startswith(word))) for word in words]


def test_large_print_is_set_from_the_left(big: bytes, letter: bytes) -> None:
    """Columns of numbers and centered paragraphs count, too; and lines are not stretched."""
    ours = edges(big, "Sips", "9", "about twenty")
    assert max(ours) - min(ours) <= 2, ours
    assert edges(big, "Centred words.")[0] <= 74
    theirs = edges(letter, "Sips", "9", "about twenty")
    assert max(theirs) - min(theirs) > 20, "the standard edition sets figures from the right"
    assert edges(letter, "Centred words.")[0] > 200
    ends = {round(line.right) for page in spans(big) for line in lines(page) if len(line.text) > 45}
    assert len(ends) > 10, "a ragged right edge"


def test_a_table_of_many_columns_is_a_list_of_its_rows(big: bytes, letter: bytes) -> None:
    assert sum(line.split()[:1] == ["Table"] for line in inside.tags(big)) == 1
    assert sum(line.strip().split()[0] == "Table" for line in inside.tags(letter)) == 2
    text = " ".join(inside.page_texts(big))
    rows = (
        "Cups by hour",
        "When: Morning Cups: 2 People: forty-one Sleep: well-rested 2",
        "When: Evening Cups: none People: three Sleep:",
    )
    for row in rows:
        assert letters(row) in letters(text), row


WORD = st.text(st.sampled_from("abcdefgh éß<&\"'"), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]], str]:
    """Names of columns, rows of cells, a caption."""
    columns = draw(st.integers(1, 6))
    row = st.lists(WORD, min_size=columns, max_size=columns)
    return draw(row), draw(st.lists(row, min_size=1, max_size=5)), draw(WORD)


@functools.cache
def document() -> Document:
    """Return the project's article, in memory."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        problems: list[Problem] = []
        project = read_project(write(Path(folder), **FILES), problems)
        draft = read_draft(project.articles[0], project, problems)
        assert draft is not None
        made = compose(draft, project, read_notices(project, problems), None, problems)
        assert problems == []
        return made


def with_table(table: str) -> Document:
    """Return an article of one table."""
    part = Part("s", "section", "S", f'<section id="s"><h2 id="h">S</h2>{table}</section>')
    return replace(document(), parts=(part,))


def row_xml(cells: list[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def folded(text: str) -> str:
    return " ".join(text.split())


def said_of(name: str, cell: str) -> str:
    """Return a cell after the name of its column, if it has one."""
    return folded(f"{folded(name)}: {cell}" if folded(name) else cell)


@settings(max_examples=60, deadline=None)
@given(table=tables())
def test_no_cell_of_any_table_is_lost(table: tuple[list[str], list[list[str]], str]) -> None:
    head, body, caption = table
    rows = "".join(row_xml(cells, "td") for cells in body)
    xml = (
        f'<table id="t"><caption>{escape(caption)}</caption>'
        f"<thead>{row_xml(head, 'th')}</thead><tbody>{rows}</tbody></table>"
    )
    work = with_table(xml)
    for kind, columns in (("large-print", 2), ("booklet", 3)):
        made = editions.printed(work, Edition(kind, kind), "")
        root = trees.parse(made.parts[0].xhtml)
        if len(head) <= columns:
            assert made.parts[0].xhtml == work.parts[0].xhtml, "it is narrow enough"
            continue
        assert root.find(".//table") is None
        items = [["".join(p.itertext()) for p in item] for item in root.iterfind(".//li")]
        said = [[folded(text) for text in item] for item in items]
        assert said[: len(body)] == [
            [
                folded(f"{folded(name)}: {cell}" if folded(name) else cell)
                for name, cell in zip(head, cells, strict=True)
            ]
            for cells in body
        ]
        every_word = folded("".join(root.itertext()))
        assert all(folded(name) in every_word for name in [*head, caption])


def test_only_tables_that_are_too_wide_change() -> None:
    """Of the rest, only the references change: below the text they have no links back."""
    for name in ("letter", "ink-saver"):
        found = editions.printed(document(), Edition(name, name), "")
        assert [part for part in found.parts if part not in document().parts] == [
            part for part in found.parts if part.kind == "references"
        ]


def test_links_to_notes_and_references_name_no_page() -> None:
    """Only the author's own links do; a note is at the end of its section."""
    found = editions.printed(document(), Edition("letter", "letter"), "")
    links = [e for part in found.parts for e in trees.parse(part.xhtml).iter("a")]
    named = [e.get("href") or "" for e in links if trees.has_class(e, "xref")]
    marks = [h for e in links if re.match("#(ref|fn|note)-", h := e.get("href") or "")]
    assert marks
    assert not [href for href in named if href in marks]


# Ink-saver

_FILLED = 25
"""Pixels at 100 to an inch: a quarter of an inch, more than any letter or module of a QR code."""


def filled(page: Image.Image) -> bool:
    """Return whether any square of a quarter of an inch has no white pixel."""
    lightest = page.convert("L")
    for _ in range(_FILLED // 4):  # many small windows are one large one, and much quicker
        lightest = lightest.filter(ImageFilter.MaxFilter(5))
    return lightest.getextrema()[0] < 255


def is_gray(page: Image.Image) -> bool:
    red, green, blue = page.convert("RGB").split()
    return not any(
        ImageChops.difference(one, other).getbbox() for one, other in ((red, green), (green, blue))
    )


def coverage(data: bytes) -> tuple[float, float]:
    """Return the share of the paper that is not white, and the amount of the four inks on it.

    Inks as ISO 32000-1, 10.3.5 has them, with all the gray in black: the dark blue of headings
    is one part black and two of color.
    """
    area = ink = points = 0.0
    for page in rasters(data, 72):
        rgb = page.convert("RGB")
        points += rgb.width * rgb.height
        for count, color in rgb.getcolors(rgb.width * rgb.height):
            light = max(color)
            black = 1 - light / 255
            area += count * (color != (255, 255, 255))
            ink += count * (black + sum(light - c for c in color) / max(light, 1))
    return area / points, ink / points


def test_the_ink_saver_takes_less_ink(ink: bytes, letter: bytes) -> None:
    """It has more on a page, so that the whole handout is compared, not a page."""
    ours, theirs = (
        [share * len(spans(data)) for share in coverage(data)] for data in (ink, letter)
    )
    assert 0.01 < ours[0] < theirs[0]
    assert 0.01 < ours[1] < theirs[1]


def drawn(data: bytes) -> set[tuple[int, int, int]]:
    """Return the colors of all lines and areas, including those in forms."""
    pdf, found = pdfium.PdfDocument(data), set()
    parts = [ctypes.c_uint() for _ in range(4)]
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    for page in pdf:
        for item in page.get_objects([raw.FPDF_PAGEOBJ_PATH], max_depth=9):
            raw.FPDFPath_GetDrawMode(item.raw, fill, stroke)
            for used, read in (
                (fill.value, raw.FPDFPageObj_GetFillColor),
                (stroke.value, raw.FPDFPageObj_GetStrokeColor),
            ):
                if used:
                    read(item.raw, *parts)
                    found.add(tuple(part.value for part in parts[:3]))
        page.close()
    pdf.close()
    return found


def test_lines_of_the_ink_saver_are_dark_enough_to_be_copied(ink: bytes, letter: bytes) -> None:
    lines_ = drawn(ink) - {(255, 255, 255)}
    assert lines_
    assert all(len(set(color)) == 1 for color in lines_), "grey"
    assert max(max(color) for color in lines_) <= 0x59
    assert max(max(color) for color in drawn(letter) - {(255, 255, 255)}) > 0x59


def test_the_ink_saver_is_as_large_as_the_standard_edition(ink: bytes, letter: bytes) -> None:
    assert len(spans(ink)) <= len(spans(letter)), "it saves paper, too"
    assert {round(s.size, 1) for s in every(ink)} == {round(s.size, 1) for s in every(letter)}


# References in a file of their own


def test_the_handout_says_where_its_references_are(output: Path) -> None:
    text = " ".join(inside.page_texts((output / "tea-apart.pdf").read_bytes()))
    said = "The 2 references of this handout are in a separate file: tea-apart-references.pdf."
    assert letters(said) in letters(text)
    assert "Journal of Tea Studies" not in text
    assert "Cited at" not in text
    assert letters(
        "You can read the 2 references of this handout at https://example.org/texts/tea.html"
    ) in letters(text)


def test_the_file_of_references_has_every_one_and_where_it_is_cited(output: Path) -> None:
    handout = inside.page_texts((output / "tea-apart.pdf").read_bytes())
    text = " ".join(inside.page_texts((output / "tea-apart-references.pdf").read_bytes()))
    cited = {
        "smith2009": ("keep you awake.", "This is the last that is known."),
        "jones2011": ("well-rested", "This is the last that is known."),
    }
    for key, places in cited.items():
        found = [next(n for n, page in enumerate(handout, 1) if w in page) for w in places]
        assert letters(REFERENCES[key]) in letters(text)
        said = f"Cited at a (p. {found[0]}), b (p. {found[1]})"
        entry = letters(text).partition(letters(REFERENCES[key]))[2]
        assert entry.lstrip(".").startswith(letters(said)), entry[:60]
    assert len(set(re.findall(r"p\. (\d+)", text))) > 1, "not all on one page"


def test_the_file_of_references_says_what_it_belongs_to(output: Path) -> None:
    """A loose sheet of it must identify its source, too."""
    data = (output / "tea-apart-references.pdf").read_bytes()
    identity = json.loads(inside.attached(data)["identity.json"])
    for number, text in enumerate(inside.page_texts(data), 1):
        assert "Not medical advice." in text
        assert f"TEA-1 · version 1.0 · {identity['hash']}" in text
        assert number > 1 or text.startswith("Tea and sleep References for the handout")


def test_marks_of_the_handout_lead_to_where_it_says_so(output: Path) -> None:
    pages = read_pdf((output / "tea-apart.pdf").read_bytes())
    assert sum(page.dead for page in pages) == 0
    assert sum(page.links for page in pages) >= 4


def test_the_main_edition_may_have_its_references_apart(tmp_path: Path) -> None:
    toml = FILES["makebook.toml"].replace('["letter", "big", "ink", "apart"]', '["apart"]')
    root = write(tmp_path, **{**FILES, "makebook.toml": toml})
    assert run(root) == 0
    wanted = {"tea.pdf", "tea-references.pdf", "tea.epub", "manifest.json"}
    assert published(tmp_path) == wanted
    assert "tea-references.pdf" in letters_of(tmp_path / "output" / "tea.pdf")


def letters_of(path: Path) -> str:
    """Return the whole text of a PDF."""
    return "".join("".join(inside.page_texts(path.read_bytes())).split())


def test_without_references_there_is_no_second_file(tmp_path: Path) -> None:
    toml = 'editions = ["apart"]\n[editions.apart]\nreferences = "companion"\n'
    assert run(small(tmp_path, toml)) == 0
    assert published(tmp_path) == {"tea.pdf", "tea.epub", "manifest.json"}


def lose_a_reference(text: str) -> str:
    return re.sub(r"<li id=.ref-jones2011.*?</li>", "", text, flags=re.S)


def change_a_reference(text: str) -> str:
    return text.replace("2011;7", "2011;8")


@pytest.mark.parametrize("flaw", [lose_a_reference, change_a_reference])
def test_a_reference_that_is_lost_on_the_way_to_its_file(
    tmp_path: Path, monkeypatch: Any, capsys: pytest.CaptureFixture[str], flaw: Any
) -> None:
    whole = editions.references_alone

    def damaged(work: Document, pages: Any) -> Document:
        made = whole(work, pages)
        parts = tuple(replace(part, xhtml=flaw(part.xhtml)) for part in made.parts)
        assert parts != made.parts
        return replace(made, parts=parts)

    monkeypatch.setattr(editions, "references_alone", damaged)
    assert run(write(tmp_path, **FILES), "--edition", "apart") == 1
    printed = capsys.readouterr().err
    assert "tea-apart.pdf: error PRF001: reference is missing: 'Jones B. Cups and sleep." in printed
    assert published(tmp_path) == set()


def test_the_words_that_say_where_the_references_are_must_be_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = (default_folder() / "print.css").read_text()
    css = own + ".elsewhere p { display: none }"
    root = write(tmp_path, **FILES, **{"styles__print.css": css})
    assert run(root, "--edition", "apart") == 1
    printed = capsys.readouterr().err
    assert "tea-apart.pdf: error PRF001: paragraph of 'References' is missing: 'The 2 " in printed
    assert published(tmp_path) == set()


@pytest.mark.parametrize("name", ["tea-apart.pdf", "tea-apart-references.pdf"])
def test_verapdf_finds_nothing_in_either_file(
    output: Path, checker: Callable[..., list[str]], name: str
) -> None:
    assert checker(check.verapdf, output / name, flavours=("ua1", "3a")) == []


# References on the web

ON_THE_WEB = FILES["makebook.toml"].replace('"big", "ink", "apart"', '"web"') + (
    '\n[editions.web]\nreferences = "link"\n'
)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    root = write(tmp_path_factory.mktemp("web"), **{**FILES, "makebook.toml": ON_THE_WEB})
    assert run(root, "--format", "pdf") == 0
    assert published(root) == {"tea.pdf", "tea-web.pdf", "manifest.json"}
    return (root / "output" / "tea-web.pdf").read_bytes()


def test_the_address_is_printed_and_is_a_code_to_scan(web: bytes) -> None:
    said = "You can read the 2 references of this handout at https://example.org/texts/tea.html"
    text = " ".join(inside.page_texts(web))
    assert letters(said) in letters(text)
    assert "Journal of Tea Studies" not in text
    codes = [line.strip() for line in inside.tags(web) if "Figure" in line]
    assert codes == ["Figure [QR code for https://example.org/texts/tea.html]"]
    assert "(https://example.org/texts/tea.html)" in inside.objects(web)


def test_verapdf_finds_nothing_in_it(
    web: bytes, checker: Callable[..., list[str]], tmp_path: Path
) -> None:
    (tmp_path / "tea-web.pdf").write_bytes(web)
    assert checker(check.verapdf, tmp_path / "tea-web.pdf", flavours=("ua1", "3a")) == []


def test_marks_still_lead_somewhere(web: bytes) -> None:
    pages = read_pdf(web)
    assert sum(page.dead for page in pages) == 0
    assert sum(page.links for page in pages) >= 4


def test_a_text_without_references_can_be_of_that_edition(tmp_path: Path) -> None:
    assert (
        run(
            small(
                tmp_path,
                ON_THE_WEB.partition("[notices")[0] + '[editions.web]\nreferences = "link"\n',
            )
        )
        == 0
    )


def test_on_the_web_needs_an_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toml = ON_THE_WEB.replace('address = "https://example.org/texts"\n', "")
    assert run(write(tmp_path, **{**FILES, "makebook.toml": toml})) == 1
    assert re.search(r"makebook\.toml:\d+:1: error CFG004: edition 'web'", capsys.readouterr().err)
    assert published(tmp_path) == set()


# Tables that are no plain grid


def items(table: str) -> list[list[str]]:
    """The rows of a table as large print has them."""
    made = editions.printed(with_table(table), Edition("big", "large-print"), "")
    root = trees.parse(made.parts[0].xhtml)
    return [[folded("".join(p.itertext())) for p in item] for item in root.iterfind(".//li")]


HEAD = "<thead><tr><th>A</th><th>B</th><th>C</th></tr></thead>"


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (
            '<tr><td colspan="2">1</td><td>2</td></tr><tr><td>3</td><td>4</td><td>5</td></tr>',
            [["A, B: 1", "C: 2"], ["A: 3", "B: 4", "C: 5"]],
        ),
        (
            '<tr><td rowspan="2">1</td><td>2</td><td>3</td></tr><tr><td>4</td><td>5</td></tr>',
            [["A: 1", "B: 2", "C: 3"], ["A: 1", "B: 4", "C: 5"]],
        ),
    ],
    ids=["columns", "rows"],
)
def test_each_cell_has_the_name_of_its_own_column(rows: str, wanted: list[list[str]]) -> None:
    """A dose under the wrong column name would be worse than no dose."""
    assert items(f'<table id="t">{HEAD}<tbody>{rows}</tbody></table>') == wanted


@st.composite
def spanned(draw: st.DrawFn) -> tuple[str, list[list[str]]]:
    """A table with cells that span, and the text that its rows must have."""
    columns, rows = draw(st.integers(3, 5)), draw(st.integers(1, 4))
    names = "ABCDE"[:columns]
    owner: dict[tuple[int, int], int] = {}
    xml, count = "", 0
    for row in range(rows):
        xml += "<tr>"
        for column in range(columns):
            if (row, column) in owner:
                continue
            taken = (c for c in range(column, columns) if (row, c) in owner)
            wide = draw(st.integers(1, next(taken, columns) - column))
            high = draw(st.integers(1, rows - row))
            count += 1
            for place in ((r, c) for r in range(high) for c in range(wide)):
                owner[row + place[0], column + place[1]] = count
            xml += f'<td colspan="{wide}" rowspan="{high}">{count}</td>'
        xml += "</tr>"
    wanted = []
    for row in range(rows):
        cells: dict[int, list[str]] = {}
        for column, name in enumerate(names):
            cells.setdefault(owner[row, column], []).append(name)
        wanted.append([f"{', '.join(found)}: {cell}" for cell, found in cells.items()])
    head = "".join(f"<th>{name}</th>" for name in names)
    return f'<table id="t"><thead><tr>{head}</tr></thead><tbody>{xml}</tbody></table>', wanted


@settings(max_examples=100, deadline=None)
@given(table=spanned())
def test_however_cells_span(table: tuple[str, list[list[str]]]) -> None:
    xml, wanted = table
    assert items(xml) == wanted


WIDE = {
    "a reference": "| A [@smith2009] | B | C |\n|---|---|---|\n| 1 | 2 | 3 |",
    "a note": "| A[^clock] | B | C |\n|---|---|---|\n| 1 | 2 | 3 |",
    "two rows of names": "<table><thead><tr><th>A</th><th>B</th><th>C</th></tr><tr><th>D</th>"
    "<th>E</th><th>F</th></tr></thead><tbody><tr><td>1</td><td>2</td><td>3</td></tr></tbody></table>",
    "names alone": f"<table>{HEAD}</table>",
}


@pytest.mark.parametrize("table", WIDE.values(), ids=WIDE)
def test_names_of_columns_keep_what_is_in_them(tmp_path: Path, table: str) -> None:
    article = re.sub(r"Table: Cups by hour\n\n(\|.*\n)+", table + "\n", FILES["source/tea.md"])
    assert table in article
    write(tmp_path, **{**FILES, "source/tea.md": article})
    assert run(tmp_path, "--edition", "letter") == 0, "the standard edition has it"
    assert run(tmp_path, "--edition", "big") == 0


# The command line

CLINICS = {
    "source__imprints__north.toml": CLINIC,
    "source__imprints__south.toml": CLINIC.replace("Example", "Southern Example"),
}
TWO = 'lang = "en-GB"\neditions = ["a4", "large-print"]\n'


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--edition", "large-prin"), ("no edition 'large-prin'", "did you mean 'large-print'?")),
        (("--imprint", "nort"), ("no imprint 'nort'", "did you mean 'north'?")),
        (
            ("--imprint", "north", "--edition", "a5"),
            ("no edition 'a5'", "available: a4, large-print"),
        ),
    ],
    ids=["edition", "imprint", "edition of an imprint"],
)
def test_a_name_that_is_none_is_wrong_use(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: tuple[str, str],
) -> None:
    assert run(small(tmp_path, TWO, **CLINICS), *arguments) == 2
    printed = capsys.readouterr().err
    assert all(words in printed for words in said), printed
    assert "Traceback" not in printed
    assert published(tmp_path) == set()


def test_a_project_without_imprints_has_none_to_ask_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("all", "north"):
        assert run(small(tmp_path, TWO), "--imprint", name) == 2
        assert "source/imprints/NAME.toml" in capsys.readouterr().err


OUTPUTS = {"tea.pdf", "tea-large-print.pdf", "tea.epub", "manifest.json"}


def test_all_imprints_each_in_a_folder_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(small(tmp_path, TWO, **CLINICS), "--imprint", "all") == 0
    wanted = {f"{clinic}/{name}" for clinic in ("north", "south") for name in OUTPUTS}
    assert published(tmp_path) == wanted
    for clinic, words in (("north", "Example Clinic"), ("south", "Southern Example Clinic")):
        text = " ".join(inside.page_texts((tmp_path / "output" / clinic / "tea.pdf").read_bytes()))
        assert text.startswith(f"{words} Tea")
    capsys.readouterr()
    before = contents(tmp_path)
    assert run(tmp_path, "--imprint", "all", "--explain") == 0
    printed = capsys.readouterr().out
    # Manifests have no reasons, web pages have, and `contents` leaves those out.
    assert printed.count("not rebuilt: nothing that it depends on changed") == len(before)
    assert printed.count("(unchanged)") == 2
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every output, and when it was written."""
    paths = {name: folder / "output" / name for name in published(folder)}
    return {name: (path.read_bytes(), path.stat().st_mtime_ns) for name, path in paths.items()}


def test_one_imprint_that_is_asked_for_again_is_unchanged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(small(tmp_path, TWO, **CLINICS), "--imprint", "all") == 0
    for arguments in (
        ("--imprint", "south"),
        ("--imprint", "south", "--edition", "a4"),
        ("--imprint", "south", "--format", "epub"),
    ):
        capsys.readouterr()
        assert run(tmp_path, *arguments) == 0
        assert "(unchanged)" in capsys.readouterr().out


def test_an_edition_that_one_imprint_has_is_made_for_that_one(tmp_path: Path) -> None:
    north = {"source__imprints__north.toml": 'editions = ["letter"]\n' + CLINIC}
    arguments = ("--imprint", "all", "--edition", "large-print", "--format", "pdf")
    assert run(small(tmp_path, TWO, **{**CLINICS, **north}), *arguments) == 0
    assert {name for name in published(tmp_path) if "pdf" in name} == {"south/tea-large-print.pdf"}


def test_the_second_time_it_is_known_still(tmp_path: Path) -> None:
    north = {"source__imprints__north.toml": 'editions = ["letter"]\n' + CLINIC}
    small(tmp_path, TWO, **{**CLINICS, **north})
    arguments = ("--imprint", "all", "--edition", "large-print", "--format", "pdf")
    assert [run(tmp_path, *arguments) for _ in range(2)] == [0, 0]


def test_an_error_in_one_imprint_stops_that_one_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(small(tmp_path, TWO, **CLINICS), "--imprint", "all") == 0
    before = contents(tmp_path)
    write(
        tmp_path,
        **{
            "source__imprints__north.toml": CLINIC
            + 'telephon = "1"\n[colours]\naccent = "#dddd"\n',
            "source__imprints__south.toml": CLINIC.replace("Example", "Western Example"),
        },
    )
    capsys.readouterr()
    assert run(tmp_path, "--imprint", "all") == 1
    printed = capsys.readouterr().err
    assert "source/imprints/north.toml:" in printed
    assert "tea for north: not published" in printed
    assert "tea for south" not in printed
    after = contents(tmp_path)
    assert {n: after[n] for n in after if "north" in n} == {
        n: before[n] for n in before if "north" in n
    }
    text = " ".join(inside.page_texts(after["south/tea.pdf"][0]))
    assert text.startswith("Western Example Clinic")


def test_an_imprint_leaves_the_outputs_without_one_alone(tmp_path: Path) -> None:
    assert run(small(tmp_path, TWO, **CLINICS)) == 0
    before = contents(tmp_path)
    assert before.keys() == OUTPUTS
    assert run(tmp_path, "--imprint", "north") == 0
    assert contents(tmp_path).items() >= before.items()


def test_pictures_of_the_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report covers what was built now and what was left unchanged."""
    assert run(small(tmp_path, TWO, **CLINICS), "--preview") == 0
    pictures = {
        f"preview/{stem}-{which}.png"
        for stem in ("tea", "tea-large-print")
        for which in ("01", "contact-sheet")
    }
    assert published(tmp_path) == OUTPUTS | pictures
    for name in pictures:
        with Image.open(tmp_path / "output" / name) as picture:
            assert picture.convert("L").getextrema()[0] < 100, "something stands on it"
            assert "contact" in name or picture.size == (827, 1170)  # A4, 100 to an inch
    assert run(tmp_path, "--imprint", "north") == 0
    capsys.readouterr()
    assert run(tmp_path, "--imprint", "north", "--preview") == 0
    said = capsys.readouterr().out
    assert "(unchanged)" in said
    folder = tmp_path / "output" / "north" / "preview"
    assert said.splitlines()[-1] == f"pictures of the pages: {folder}"
    here = {name for name in published(tmp_path) if name.startswith("north/")}
    assert here == {f"north/{name}" for name in OUTPUTS | pictures}


def test_no_pictures_are_announced_if_there_are_none(tmp_path, capsys):
    small(tmp_path, TWO)
    assert run(tmp_path, "--format", "epub", "--preview") == 0
    (tmp_path / "source" / "tea.md").write_text("---\ntitle: Tea\n---\n\nSee [it](#nowhere).\n")
    assert run(tmp_path, "--preview") == 1
    assert "pictures of the pages" not in capsys.readouterr().out
    assert not (tmp_path / "output" / "preview").exists()


def test_pictures_of_the_edition_that_is_asked_for(tmp_path: Path) -> None:
    assert run(small(tmp_path, TWO), "--edition", "large-print", "--preview") == 0
    pictures = {name for name in published(tmp_path) if name.startswith("preview/")}
    assert pictures == {
        "preview/tea-large-print-01.png",
        "preview/tea-large-print-contact-sheet.png",
    }

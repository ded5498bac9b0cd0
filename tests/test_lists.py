"""The numbers of lists: as the author wrote them, in every format."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from press.core import speech, trees
from press.core.model import Direction
from press.document.units import Unit
from press.output.pdf.numbering import number_lists
from press.proof.reading import Reading
from tests.test_editions import every, run, write

TEXT = """---
title: Numbers
---
## Steps

3. third
4. fourth

   9. inner
   10. inner too

Between.

5. fifth
6. sixth

<ol reversed type="A"><li>C of three</li><li>B of three</li><li>A of three</li></ol>

Between.

<ol start="7" type="i"><li>vii</li><li value="28">xxviii</li><li>xxix</li></ol>

Between.

<ol start="x" type="disc"><li>plain</li><li value="-4">below zero</li><li>below</li></ol>
"""
LABELS = [
    *("3.", "4.", "9.", "10.", "5.", "6."),
    *("C.", "B.", "A.", "vii.", "xxviii.", "xxix.", "1.", "-4.", "-3."),
]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("numbers")
    toml = 'editions = ["letter", "large-print", "booklet"]\n'
    assert run(write(root, **{"makebook.toml": toml, "source__numbers_": TEXT})) == 0
    return root / "output"


@pytest.mark.parametrize("edition", ["", "-large-print", "-booklet"])
def test_a_list_is_printed_with_the_numbers_of_its_author(output: Path, edition: str) -> None:
    runs = every((output / f"numbers{edition}.pdf").read_bytes())
    labels = [r for r in runs if re.fullmatch(r"(-?\d+|[A-C]|[ivx]+)\.\s*", r.text)]
    assert sorted(r.text.strip() for r in labels) == sorted(LABELS)
    edge = min(r.left for r in runs if r.text.startswith("Between"))
    assert min(r.left for r in labels) > edge - 8, "long numbers have room"


def test_the_e_book_and_the_web_page_count_alike(output: Path) -> None:
    web = (output / "numbers.html").read_text(encoding="utf-8")
    with zipfile.ZipFile(output / "numbers.epub") as book:
        pages = [book.read(name).decode() for name in book.namelist() if name.endswith("xhtml")]
    chapter = next(page for page in pages if "fourth" in page)
    for page in (web, chapter):
        page = page[page.index("third") - 99 :]
        lists = re.findall(r"<ol\b([^>]*)>", page)
        said = [re.sub(r' ?id="[^"]*"', "", each).strip() for each in lists]
        assert said == [
            *('start="3"', 'start="9"', 'start="5"'),
            *('reversed="reversed" type="A"', 'start="7" type="i"', ""),
        ]
        assert re.findall(r'value="([^"]*)"', page) == ["28", "-4"]


def numbered(xhtml: str, direction: Direction) -> str:
    root = trees.parse(xhtml)
    number_lists(root, direction)
    return trees.serialize(root)


def test_a_plain_list_needs_no_styles() -> None:
    plain = "<section><ol><li>a</li><li>b</li></ol><ul><li>c</li></ul></section>"
    assert numbered(plain, "ltr") == plain


def test_a_list_of_a_hundred_items_has_room_for_three_digits() -> None:
    long = numbered(f"<section><ol>{'<li>x</li>' * 100}</ol></section>", "rtl")
    assert '<ol style="border-right: 0.65em solid transparent">' in long


# Items that begin together, or have no words

BEGIN_TOGETHER = [
    "- word\n- 1. word\n- last",
    "1. word\n2. 1. x\n   2. y\n3. z",
    "- word\n- a) x\n  b) y",
    "1. - x\n2. - - y",
    "- - 1. - 2. x\n- 1. 2. - - 3. y",
    "10. 10. 10. z",
    "- [ ] 1. x\n- [x] - y",
    "- 1. > quoted\n- 1. ```\n     1. code\n     ```",
    '<ol type="i" start="88"><li>eighty-eight</li></ol>',
    "1234567. x",
    "1. [ ] x\n2. [x] y\n3. - [ ] 1. z",
    "1. one 🙂\n2. 🙂\n3. x\n\n   y ✅\n4. z",
    "1. ![A square](square.svg)\n2. $$x^2$$\n3. z",
    "1. one\n2.\n3. 3. 3.\n4. -\n5. five\n\n- a\n-\n- c",
]
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9H0z"/></svg>'


def test_every_order_of_markers_is_proved_in_each_edition(tmp_path: Path) -> None:
    text = "\n\n".join(f"## Part {n}\n\n{each}" for n, each in enumerate(BEGIN_TOGETHER, 1))
    files = {
        "makebook.toml": 'editions = ["letter", "booklet"]\n',
        "source__numbers_": f"---\ntitle: Numbers\n---\n{text}\n\n## End\n\nThe last words.\n",
        "source/square.svg": SQUARE,
    }
    assert run(write(tmp_path, **files)) == 0


def faults(html: str, *pieces: str) -> list[str]:
    """Read pieces of a page as a list; return what is wrong with its items."""
    blocks = speech.speak([trees.parse(html)])
    units = [(Unit("list item", each.text, block=each), each.text) for each in blocks]
    reading = Reading(pieces)
    reading.read_all(units)
    return [what for _, what in reading.faults]


TWO = "<ol><li>word</li><li><ol><li>x</li><li>y</li></ol></li></ol>"
MIXED = "<div><ol><li>word</li></ol><ul><li><ol><li>x</li></ol></li></ul></div>"
EMPTY = "<ol><li>word</li><li></li><li>x</li></ol>"


@pytest.mark.parametrize(
    ("html", "right", "wrong"),
    [
        (TWO, "1. word 2. 1. x 2. y", "1. word 1. 2. x 2. y"),
        (TWO, "1. word 2. 1. x 2. y", "1. word 2. x 1. 2. y"),
        (TWO, "1. word 2. 1. x 2. y", "1. word 1. x 2. 2. y"),
        (TWO, "1. word 2. 1. x 2. y", "1. word 2. 1. x y 2."),
        (TWO, "1. word b) 1) x 2) y", "1. word b) 1) 1) x 2) y"),
        (MIXED, "1. word • 1. x", "1. 1. word • x"),
        (MIXED, "1. word • 1. x", "1. word • • x"),
        (EMPTY, "1. word 2. 3. x", "1. word 3. x"),
        (EMPTY, "1. word 2. 3. x", "1. word 3. 2. x"),
        (EMPTY, "1. word 2. 3. x", "1. 2. word 3. x"),
    ],
)
def test_a_number_in_a_wrong_place_is_refused(html: str, right: str, wrong: str) -> None:
    assert faults(html, *right.split()) == []
    assert faults(html, *wrong.split()) != []

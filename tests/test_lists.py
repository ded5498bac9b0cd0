"""The numbers of lists: as the author wrote them, in every format."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from press.core import trees
from press.core.model import Direction
from press.output.pdf.numbering import number_lists
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

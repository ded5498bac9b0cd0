"""Booklets: sheets that are printed on both sides, folded in the middle, and read as a book.

The page order is compared with a pile of paper: sheets are stacked, folded, and read through.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from press.cli import main
from press.core.paper import Side, booklet_sides
from press.output.pdf import booklet
from press.output.pdf import layout as pdf
from press.readback.pdf import read_halves
from tests import inside
from tests.paper import paper

A4, LETTER = (841.89, 595.28), (792.0, 612.0)
STEPS = "Take a cup. Fill it. Wait until it is cool, and drink it before noon. "
FILES = {
    "makebook.toml": """lang = "en-US"
editions = ["letter", "booklet", "a4fold", "small"]

[editions.a4fold]
like = "booklet"
page = "A4"

[editions.small]
like = "booklet"
page = "200mm 250mm"
""",
    "source/tea.md": "---\ntitle: Tea and sleep\nauthor: A. Writer\ndate: 2026-01-02\n---\n\n"
    + "".join(f"## Step {n}\n\nThis is step {n}. {STEPS * 6}\n\n" for n in range(1, 13)),
}
FOLDED = {"tea-booklet.pdf": LETTER, "tea-a4fold.pdf": A4, "tea-small.pdf": (708.66, 566.93)}


def write(folder: Path, **changes: str) -> Path:
    """Write the project; `changes` maps words of the article to their replacements."""
    for name, text in FILES.items():
        for old, new in changes.items():
            text = text.replace(old, new)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> int:
    """Run the command line on a project; return the exit status."""
    with pytest.raises(SystemExit) as stop:
        main(["build", *arguments, "--project", str(folder), "--force"])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outputs of the project."""
    root = write(tmp_path_factory.mktemp("tea"))
    assert run(root) == 0
    return root / "build"


# A pile of paper


def read_through(order: list[Side], direction: str = "ltr") -> list[int]:
    """The pages in the order in which they are met in a folded pile; 0 is a blank.

    Each sheet has a front and a back. Turned on its short edge, the back's left half lies behind
    the front's right half. The fronts face outwards. A book that is read from left to right has
    its fold at the left, so the halves at the right come first, from the outermost sheet inwards;
    on the way out the halves at the left follow, which are seen from behind first.
    """
    assert len(order) % 2 == 0
    sheets = list(zip(order[::2], order[1::2], strict=True))
    near, far = (1, 0) if direction == "ltr" else (0, 1)
    inwards = [page for front, back in sheets for page in (front[near], back[far])]
    outwards = [page for front, back in reversed(sheets) for page in (back[near], front[far])]
    return inwards + outwards


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@given(count=st.integers(1, 200))
def test_a_folded_pile_is_read_in_order(count: int, direction: str) -> None:
    read = read_through(booklet_sides(count, direction), direction)
    assert read[:count] == list(range(1, count + 1))
    assert set(read[count:]) <= {0}, "blanks stand at the end alone"
    assert len(read) - count < 4, "no sheet more than the pages need"


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("count", range(1, 41))
def test_up_to_forty_pages_each(count: int, direction: str) -> None:
    read = read_through(booklet_sides(count, direction), direction)
    assert read == [*range(1, count + 1), *[0] * (-count % 4)]


def test_a_pile_in_the_wrong_order_is_found() -> None:
    """The simulation itself works: sheets folded the other way, or swapped, are not in order."""
    order = booklet_sides(8)
    assert order == [(8, 1), (2, 7), (6, 3), (4, 5)]
    assert read_through(order) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert read_through(order, "rtl") == [8, 7, 6, 5, 4, 3, 2, 1]
    assert read_through([order[1], order[0], *order[2:]])[:2] == [7, 8]


def test_a_book_from_right_to_left_is_the_mirror() -> None:
    assert booklet_sides(4, "rtl") == [(1, 4), (3, 2)]


# The file


def folios(data: bytes) -> list[Side]:
    """Return the page numbers printed on the halves of each sheet, as a reader finds them."""
    found = [re.search(r"(?m)^(\d+) of \d+$", half.text) for half in read_halves(data)]
    numbers = [int(match[1]) if match else 0 for match in found]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


@pytest.mark.parametrize("name", FOLDED)
def test_the_printed_numbers_are_in_order_when_it_is_folded(folder: Path, name: str) -> None:
    read = read_through(folios((folder / name).read_bytes()))
    count = max(read)
    assert count > 4
    assert read == [*range(1, count + 1), *[0] * (-count % 4)]


@pytest.mark.parametrize("name", FOLDED)
def test_a_half_without_a_number_is_blank(folder: Path, name: str) -> None:
    halves = read_halves((folder / name).read_bytes())
    order = [page for side in folios((folder / name).read_bytes()) for page in side]
    texts = [half.text.strip() for half, page in zip(halves, order, strict=True) if not page]
    assert set(texts) <= {""}


@pytest.mark.parametrize(("name", "size"), FOLDED.items(), ids=FOLDED)
def test_a_sheet_is_twice_the_page(folder: Path, name: str, size: tuple[float, float]) -> None:
    with pikepdf.open(folder / name) as made:
        boxes = {tuple(float(side) for side in page.mediabox) for page in made.pages}
    assert len(boxes) == 1
    assert boxes.pop() == pytest.approx((0, 0, *size), abs=0.01)


@pytest.mark.parametrize(("name", "size"), FOLDED.items(), ids=FOLDED)
def test_no_text_crosses_the_fold(folder: Path, name: str, size: tuple[float, float]) -> None:
    halves = read_halves((folder / name).read_bytes())
    middle = size[0] / 2
    for number, half in enumerate(halves):
        left, right = (middle, size[0]) if number % 2 else (0, middle)
        for span in half.spans:
            assert left + 18 < span.left <= span.right < right - 18, span.text


def test_pages_stand_as_large_as_they_were_laid_out(folder: Path) -> None:
    """Nothing is scaled to fit: body text is 12 pt on the sheet, too."""
    spans = [
        s for half in read_halves((folder / "tea-booklet.pdf").read_bytes()) for s in half.spans
    ]
    body = {round(span.size, 2) for span in spans if "Wait until it is cool" in span.text}
    assert body == {12.0}


def test_a_file_from_right_to_left() -> None:
    """Its front cover is at the left, with the fold at its right."""
    html = "".join(f"<p style='break-after: page'>{n} of 6</p>" for n in range(1, 6))
    css = "@page { size: 396pt 612pt; margin: 36pt; @bottom-left { content: none } }"
    single = paper(f"{html}<p>6 of 6</p>", css)
    order = folios(booklet.impose(single, LETTER, "rtl", datetime(2026, 1, 2, tzinfo=UTC), []))
    assert order == [(1, 0), (0, 2), (3, 6), (5, 4)]
    assert read_through(order, "rtl") == [1, 2, 3, 4, 5, 6, 0, 0]


# What it says of itself


def test_how_it_is_printed_stands_in_it(folder: Path) -> None:
    with pikepdf.open(folder / "tea-booklet.pdf") as made:
        wishes = made.Root.ViewerPreferences
        assert str(wishes.Duplex) == "/DuplexFlipShortEdge"
        assert str(wishes.PrintScaling) == "/None"
        assert bool(wishes.DisplayDocTitle)
        assert str(made.Root.Lang) == "en-US"
        assert str(made.docinfo["/Title"]) == "Tea and sleep"
        assert str(made.docinfo["/Author"]) == "A. Writer"


def test_it_takes_along_what_tells_what_it_is(folder: Path) -> None:
    """It has the same words as the single pages, but not the e-book embedded in those."""
    single = inside.attached((folder / "tea.pdf").read_bytes())
    for name in FOLDED:
        data = (folder / name).read_bytes()
        assert inside.attached(data) == {"identity.json": single["identity.json"]}
        with pikepdf.open(folder / name) as made:
            associated = [(str(f.UF), str(f.AFRelationship)) for f in made.Root.AF]
        assert associated == [("identity.json", "/Data")]
    said = json.loads(single["identity.json"])
    assert said["hash"] in " ".join(inside.page_texts((folder / "tea-booklet.pdf").read_bytes()))


def test_the_same_bytes_twice(folder: Path) -> None:
    hashes = [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FOLDED]
    assert run(folder.parent) == 0
    again = [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FOLDED]
    assert again == hashes


# What is lost on the way to the sheets


def lose_a_page(order: list[Side]) -> list[Side]:
    return [(left, 0 if right == 3 else right) for left, right in order]


def swap_two_halves(order: list[Side]) -> list[Side]:
    (left, right), *others = order
    return [(right, left), *others]


def repeat_a_page(order: list[Side]) -> list[Side]:
    return [(left, 1 if right == 3 else right) for left, right in order]


def turn_backs_over(order: list[Side]) -> list[Side]:
    """Swap the halves of each back, as for a printer that flips on the long edge."""
    return [side if n % 2 == 0 else (side[1], side[0]) for n, side in enumerate(order)]


FLAWS = {
    "a page is lost": (lose_a_page, "PRF001"),
    "two halves are swapped": (swap_two_halves, "PRF002"),
    "a page is there twice": (repeat_a_page, "PRF006"),
    "the backs are turned": (turn_backs_over, "PRF002"),
}


@pytest.mark.parametrize(("flaw", "code"), FLAWS.values(), ids=FLAWS)
def test_the_proof_finds_it_and_nothing_is_published(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flaw: Any,
    code: str,
) -> None:
    right, impose = booklet_sides, booklet.impose

    def impose_wrong(*arguments: Any) -> bytes:
        with monkeypatch.context() as patch:
            patch.setattr(booklet, "booklet_sides", lambda *given_: flaw(right(*given_)))
            return impose(*arguments)

    monkeypatch.setattr(booklet, "impose", impose_wrong)
    root = write(tmp_path)
    assert run(root, "--edition", "booklet", "--format", "pdf") == 1
    assert f"tea-booklet.pdf: error {code}" in capsys.readouterr().err
    assert not (root / "build").exists()


def test_it_is_laid_out_for_half_a_sheet() -> None:
    """Upright pages, whichever way the size of the sheet is written."""
    assert pdf._half("Letter") == (396, 612)
    assert pdf._half("210mm 297mm") == pdf._half("297mm 210mm") == pdf._half("A4")

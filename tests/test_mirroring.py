"""Print styles for text from the right, and lines that may break where there are no spaces."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest

from press.core.files import default_folder
from press.core.model import Direction
from press.core.trees import parse, serialize
from press.document.compose import read_sources
from press.document.directions import is_mixed, turn_words, value_of
from press.output.pdf import layout
from press.output.pdf.mirroring import mirrored
from press.readback.pdf import read_pdf
from tests.trial import projects
from tests.trial.proving import prove
from tests.trial.specials import SPECIALS

SHEETS = [p.relative_to(default_folder()).as_posix() for p in default_folder().rglob("*.css")]


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("li { margin-left: 16pt }", "li { margin-right: 16pt }"),
        ("td { padding: 1pt 2pt 3pt 0; top: 0 }", "td { padding: 1pt 0 3pt 2pt; top: 0 }"),
        ("p { margin: 0 1% calc(1% + 1%) var(--a) }", "p { margin: 0 var(--a) calc(1% + 1%) 1% }"),
        (".qr { float: left; left: 1pt }", ".qr { float: right; right: 1pt }"),
        ("th.right { text-align: left !important }", "th.right { text-align: right !important }"),
        ("p { margin: 1pt 2pt; break-after: right }", "p { margin: 1pt 2pt; break-after: right }"),
        ("/* a */ .right { text-align: right; }", "/* a */ .right { text-align: right; }"),
        ("@page :left { margin-left: 1in }", "@page :left { margin-left: 1in }"),
    ],
)  # fmt: skip
def test_left_is_right(css: str, expected: str) -> None:
    assert mirrored(css) == expected


@pytest.mark.parametrize("name", SHEETS)
def test_what_is_mirrored_twice_is_as_it_was(name: str) -> None:
    css = (default_folder() / name).read_text(encoding="utf-8")
    assert mirrored(mirrored(css)) == css


CITING = """---
title: שינה
lang: he
date: 2026-01-02
references:
- id: a2020
  type: article-journal
  title: Sleep and tea
  author: [{family: Lee, given: Ann}]
  DOI: 10.1000/a2020
  issued: {date-parts: [[2020]]}
---

שינה היא טובה מאוד [@a2020].

| תה | מנה |
|---|---|
| Tea (black) | 2.5 mg |
"""


def lines_of(data: bytes) -> list[str]:
    """Return the letters of each line of the first page from left to right, without spaces."""
    lines: dict[int, list[tuple[float, str]]] = {}
    text = pypdfium2.PdfDocument(data)[0].get_textpage()
    for n, letter in enumerate(text.get_text_range()):
        left, bottom, *_ = text.get_charbox(n, loose=True)
        lines.setdefault(round(bottom / 8), []).append((left, letter.strip()))
    return ["".join(letter for _, letter in sorted(line)) for line in lines.values()]


def test_a_reference_on_a_hebrew_page_runs_in_its_own_direction() -> None:
    with projects.project(CITING, address=True, files=SPECIALS["Hebrew"].files, faces=True) as root:
        (file,) = projects.finish(root, *projects.read(root), ["letter"])
    assert prove(file) == []
    seen = lines_of(file.artifact.data)
    assert any("LeeA.Sleepandtea." in line for line in seen), seen
    assert any("doi:10.1000/a2020" in line for line in seen), seen
    assert any("2.5mg" in line for line in seen), seen


@pytest.mark.parametrize(
    ("lang", "title", "own"),
    [
        ("he", "Sleep", "ltr"),
        ("he", "2020: שינה", None),
        ("en", "שינה", "rtl"),
        ("en", "Tea", None),
    ],
)
def test_the_words_of_a_reference_have_a_direction_beside_their_number(
    lang: str, title: str, own: str | None, tmp_path: Path
) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "makebook.toml").write_text("")
    text = CITING.replace("Sleep and tea", f"'{title}'").replace("lang: he", f"lang: {lang}")
    text = text.replace("  author: [{family: Lee, given: Ann}]\n", "")
    (tmp_path / "source" / "a.md").write_text(text, encoding="utf-8")
    part = read_sources(tmp_path).assembled("a", "").parts[-1]
    item = next(parse(part.xhtml).iter("li"))
    assert item.get("dir") is None
    assert [words.get("dir") for words in item if words.get("dir")] == ([own] if own else [])


@pytest.mark.parametrize(
    ("way", "before", "after"),
    [
        ("rtl", "<td>2.5 mg</td>", '<td><span dir="ltr">2.5 mg</span></td>'),
        ("rtl", "<td>10–20</td><td>לא (no)</td><td></td>", None),
        ("ltr", "<th>שלום!</th>", '<th><span dir="rtl">שלום!</span></th>'),
        ("ltr", "<td>5 mg</td><td>שלום (hi)</td>", None),
        ("rtl", '<a href="tel:5550">55-50</a>', '<a href="tel:5550" dir="ltr">55-50</a>'),
        ("rtl", '<a href="tel:101">חייגו 101</a>', None),
        ("rtl", '<span lang="en">Stop.</span>', '<span lang="en" dir="ltr">Stop.</span>'),
        ("ltr", '<span lang="he">די.</span>', '<span lang="he" dir="rtl">די.</span>'),
        ("ltr", '<span lang="he" dir="ltr">די.</span><span lang="de">Halt.</span>', None),
    ],
)  # fmt: skip
def test_words_that_run_the_other_way(way: Direction, before: str, after: str | None) -> None:
    root = parse(f"<section>{before}</section>")
    assert is_mixed(before, way) or after is None
    turn_words(root, way)
    assert serialize(root) == f"<section>{after or before}</section>"


@pytest.mark.parametrize(
    ("text", "way", "own"),
    [("2026-10-02", "rtl", "ltr"), ("You may copy.", "rtl", "ltr"), ("שלום Ann", "rtl", None),
     ("٠١٢-٣٤", "rtl", None), ("שלום.", "ltr", "rtl"), ("2026-10-02", "ltr", None)],
)  # fmt: skip
def test_a_value_in_the_place_of_a_placeholder(text: str, way: Direction, own: str | None) -> None:
    made = value_of(text, way)
    assert made == text if isinstance(made, str) else (made.text, made.get("dir")) == (text, own)
    assert isinstance(made, str) == (own is None)


@pytest.mark.parametrize("edition", ["letter", "large-print"])
def test_a_hebrew_page_begins_at_the_right(edition: str, tmp_path: Path) -> None:
    hebrew = SPECIALS["Hebrew"]
    text = f"{hebrew.article()}\n\n- מים\n\n| טוב | לא |\n|---|---|\n| אבג | 7 |\n"
    with projects.project(text, address=False, files=hebrew.files, faces=True) as root:
        (file,) = projects.finish(root, *projects.read(root), [edition])
    assert prove(file) == []
    texts = [text for page in read_pdf(file.artifact.data) for text in page.texts]
    item, cell = (next(t for t in texts if t.text.strip() == words) for words in ("מים", "אבג"))
    assert item.right < cell.right > 500
    numbers = [t for t in texts if t.text.strip() == "of"]
    assert all(t.left > 400 for t in numbers)
    assert numbers


@pytest.mark.parametrize(
    ("text", "kept"),
    [("an end", "end"), ("电话：988）", "8）"), ("服用。", "用。"), ("服用5mg", ""), ("药", "药")],
)
def test_the_last_word_or_signs_stay_with_the_mark(text: str, kept: str) -> None:
    mark = '<sup class="noteref">a</sup>'
    found = layout._MARKED.search(f"<p>{text}{mark}")
    assert (found[1] if found else "") == kept

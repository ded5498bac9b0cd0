"""Tables on paper: sheets that are mostly tables, and tables that are too wide for their paper."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from press.core.manifest import read_manifest
from press.readback.pdf import TextSpan
from tests.tagtree import Tree
from tests.test_editions import every, run, write

EVERY = 'editions = ["letter", "a4", "large-print", "ink-saver", "booklet"]\n'


def sheet(folder: Path, text: str, toml: str = EVERY) -> Path:
    """Write a project of one article."""
    head = "---\ntitle: Sheet\ndate: 2026-01-02\nidentifier: SHEET-1\n---\n"
    return write(folder, **{"makebook.toml": toml, "source__sheet_": head + text})


def bodies(folder: Path) -> set[float]:
    """Return the body sizes measured in the PDFs of a project."""
    files = read_manifest(folder / "output")["articles"]["sheet"]["files"].values()
    return {facts["measures"]["body"] for facts in files if facts["format"] == "pdf"}


# Sheets that are mostly tables: the type of the table is not that of the body

SCORES = "| Answer | Points that you add |\n|---|---|\n" + "".join(
    f"| I have slept badly in the last {n} nights | {n} points for this answer |\n"
    for n in range(2, 14)
)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        (SCORES, {0.0}),
        (f"## Scores\n\n{SCORES}", {0.0}),
        (f"## Scores\n\n{SCORES}\nAdd your points. Ask what the sum means.\n", {12.0, 12.5, 18.0}),
        (f"Take these drops.\n\n{SCORES}\n- Ask first.\n", {12.0, 12.5, 18.0}),
    ],
    ids=["a table alone", "under a heading", "with a paragraph", "with an item"],
)
def test_a_sheet_of_a_table_is_not_refused_for_the_size_of_its_cells(
    tmp_path: Path, text: str, sizes: set[float]
) -> None:
    assert run(sheet(tmp_path, text), "--format", "pdf") == 0
    assert bodies(tmp_path) == sizes


# Tables that are too wide

NAMES = (
    "Morning Afternoon Evening Medication Clinician Appointment Temperature Concentration".split()
)
LONG = "10.1234/journal.of.the.very.long.identifiers-" + "0123456789" * 12


def table(columns: int, name: str = "", *, head: str = "{}", more: str = "") -> str:
    """Return a table in Markdown, of words that are as long as columns of numbers seldom are."""
    words = [NAMES[n % len(NAMES)] for n in range(columns)]
    rows = [[f"{word.lower()} {row}" for word in words] for row in (1, 2)]
    if more:
        rows[1][-1] = more
    lines = [list(map(head.format, words)), ["---"] * columns, *rows]
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"Table: {name}\n\n{text}" if name else text


def notes(folder: Path, edition: str = "letter") -> list[str]:
    """Return what the manifest says of the tables and pages of an edition."""
    files = read_manifest(folder / "output")["articles"]["sheet"]["files"].values()
    return next(f.get("notes", []) for f in files if f["edition"] == edition and not f["part"])


def printed(folder: Path) -> list[TextSpan]:
    """Return everything that the main edition draws as text."""
    return every((folder / "output" / "sheet.pdf").read_bytes())


def test_a_table_that_fits_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(sheet(tmp_path, f"Words.\n\n{table(3, 'Days')}", ""), "--format", "pdf") == 0
    assert "Days" not in capsys.readouterr().out
    assert {round(r.size, 1) for r in printed(tmp_path) if "Morning" in r.text} == {10.5}


def test_a_table_that_is_a_little_too_wide_is_set_smaller(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"Words.\n\n{table(9, 'Days', more='`code`')}\n{table(3)}"
    assert run(sheet(tmp_path, text, ""), "--strict") == 0
    assert "  letter: table 'Days' is too wide, so it is set in 9.5 pt\n" in capsys.readouterr().out
    runs = printed(tmp_path)
    sizes = [round(run.size, 1) for run in runs if "Clinician" in run.text or run.text == "code"]
    assert sizes == [9.5, 9.5]
    assert {round(r.size, 1) for r in runs if "Afternoon" in r.text} == {9.5, 10.5}
    assert max(run.right for run in runs) <= 612 - 68 + 1


def test_a_table_that_is_much_too_wide_is_a_list_in_that_edition_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toml = 'editions = ["letter", "wide"]\n[editions.wide]\npage = "420mm 297mm"\n'
    head = "[{}](https://example.org)[^n]"
    text = f"Words.\n\n{table(10, head=head)}\n[^n]: A note.\n"
    assert run(sheet(tmp_path, text, toml)) == 0
    said = capsys.readouterr().out
    assert (
        "\n  letter: table 'Morning | Afternoon | Evening | Medicat…' is too wide, so it is" in said
    )
    assert notes(tmp_path, "wide") == []
    rows = {round(r.baseline) for r in printed(tmp_path) if "ing 1" in r.text}
    assert len(rows) > 1, "cells are below each other"


@pytest.mark.parametrize("columns", [3, 6, 9, 14])
def test_no_table_is_refused(tmp_path: Path, columns: int) -> None:
    toml = EVERY.replace("]", ', "half"]') + '[editions.half]\npage = "5.5in 8.5in"\n'
    text = f"Words.\n\n{table(columns, more=LONG)}\n- In a list:\n\n"
    text += "".join(f"    {line}\n" for line in table(columns, "Inside").splitlines())
    assert run(sheet(tmp_path, text, toml), "--format", "pdf") == 0


@pytest.mark.parametrize(
    ("letters", "size", "said"),
    [
        (14, 18.0, []),
        (16, 16.0, ["table 'Width' is too wide, so it is set in 16 pt"]),
        (24, 18.0, ["table 'Width' is too wide, so it is printed as a list"]),
    ],
)
def test_in_large_print_a_table_keeps_large_type(
    tmp_path: Path, letters: int, size: float, said: list[str]
) -> None:
    text = (
        f"Words.\n\nTable: Width\n\n| {'M' * letters} | {'W' * letters} |\n|---|---|\n| 1 | 2 |\n"
    )
    assert run(sheet(tmp_path, text, 'editions = ["large-print"]\n'), "--format", "pdf") == 0
    assert notes(tmp_path, "large-print") == said
    assert {round(r.size, 1) for r in printed(tmp_path) if "MMM" in r.text} == {size}


def test_a_long_address_breaks_and_does_not_make_a_list_of_its_table(tmp_path: Path) -> None:
    assert run(sheet(tmp_path, f"Words.\n\n{table(3, 'Days', more=LONG)}"), "--format", "pdf") == 0
    assert notes(tmp_path) == []
    assert [r for r in printed(tmp_path) if "Morning" in r.text]


def test_a_table_of_headings_only_fits_too(tmp_path: Path) -> None:
    text = f"Words.\n\n<table><thead><tr>{'<th>Concentration</th>' * 14}</tr></thead></table>\n"
    assert run(sheet(tmp_path, text, ""), "--format", "pdf") == 0


def test_a_table_in_a_notice_fits_too(tmp_path: Path) -> None:
    notice = "---\nid: general\ntitle: About\nplace: [opening, every-page]\nshort: Ask.\n---\n\n"
    toml = '[notices.required]\n"*" = ["general"]\n'
    quoted = table(12, "Quoted").replace("\n", "\n> ")
    root = sheet(tmp_path, f"Words.\n\n> {quoted}", toml)
    write(root, source__disclaimers__general_=notice + table(10))
    assert run(root, "--format", "pdf") == 0
    names = "'Quoted' and 'Morning | Afternoon | Evening | Medicat…'"
    assert notes(tmp_path)[0] == f"tables {names} are too wide, so they are printed as lists"


# Rows that are taller than a page

TALL = "<br>".join(f"Line {n}" for n in range(150))
HEAD = "| a | b |\n|---|---|\n"
HIGH = {
    "a row": (f"{HEAD}| one | {TALL} |\n| two | end |\n", 1, 3),
    "a later row": (f"{HEAD}| one | two |\n| three | {TALL} |\n", 1, 3),
    "a long text": (f"{HEAD}| one | {'Sleep helps. ' * 900} |\n", 1, 2),
    "without a header": (f"<table><tr><th>a</th><td>{TALL}</td></tr></table>\n", 1, 1),
    "across rows": (
        "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>"
        f"<tr><td rowspan='2'>x</td><td>{TALL}</td></tr><tr><td>c</td></tr></tbody></table>\n",
        *(1, 3),
    ),
    "two tables": (f"{HEAD}| one | {TALL} |\n\nWords.\n\n{HEAD}| one | {TALL} |\n", 2, 4),
}
"""Tables, and how many there are of them, and of their rows."""


@pytest.mark.parametrize("kind", HIGH)
def test_a_row_that_is_taller_than_a_page_goes_on_overleaf(tmp_path: Path, kind: str) -> None:
    """The build proves each word and its order; the header comes before the row."""
    assert run(sheet(tmp_path, f"Words.\n\n{HIGH[kind][0]}"), "--format", "pdf") == 0
    tree = Tree((tmp_path / "output" / "sheet.pdf").read_bytes())
    kinds = Counter(str(element.S) for element in tree.elements())
    assert (kinds["/Table"], kinds["/TR"]) == HIGH[kind][1:]


def test_a_header_that_is_taller_than_a_page_makes_a_list(tmp_path: Path) -> None:
    text = f"Words.\n\nTable: Days\n\n| a | {TALL} |\n|---|---|\n| one | two |\n"
    assert run(sheet(tmp_path, text), "--format", "pdf") == 0
    said = "the header of table 'Days' is too tall, so it is printed as a list"
    assert [note for note in notes(tmp_path) if "Days" in note] == [said]

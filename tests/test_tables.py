"""Tables on paper: sheets that are mostly tables, and tables that are too wide for their paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from press.core.manifest import read_manifest
from tests.test_editions import run, write

EVERY = 'editions = ["letter", "a4", "large-print", "ink-saver", "booklet"]\n'


def sheet(folder: Path, text: str, toml: str = EVERY) -> Path:
    """Write a project of one article."""
    return write(
        folder, **{"makebook.toml": toml, "source__sheet_": f"---\ntitle: Sheet\n---\n{text}"}
    )


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

"""Notes on pages with much blank paper, in the summary of a build."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_editions import run, write
from tests.test_tables import notes

BREAK = '<div class="break">&#160;</div>'
CSS = ".break { break-before: page; height: 0; overflow: hidden }"
ONE = "Tea late in the day keeps some people awake, but most of those who were asked sleep well. "


def lines(count: int) -> str:
    """Return a paragraph of three lines for each of `count`."""
    return "\n\n".join(f"Person {n}. {ONE * 2}" for n in range(count))


BIB = "@article{a, author={Smith, Ann}, title={Tea}, journal={J}, year={2001}}\n"


def make(folder: Path, text: str, toml: str = "", head: str = "") -> Path:
    """Write a project in which `BREAK` begins a page."""
    return write(
        folder,
        **{
            "makebook.toml": toml or 'editions = ["letter"]\n',
            "source__sheet_": f"---\ntitle: Sheet\ndate: 2026-01-02\n{head}---\n\n{text}\n",
            "source__references.bib": BIB,
            "styles__editions__letter.css": CSS,
            "styles__editions__booklet.css": "/* the usual breaks */",
        },
    )


def test_a_page_that_is_more_than_half_empty_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{lines(3)}\n\n{BREAK}\n\n{lines(11)}\n\n{BREAK}\n\nThe end."
    assert run(make(tmp_path, text), "--format", "pdf", "--strict") == 0
    assert "\n  letter: page 1 is more than half empty\n" in capsys.readouterr().out
    assert run(tmp_path, "--format", "pdf") == 0
    assert "page 1 is more than half empty" in capsys.readouterr().out, "nothing was rebuilt"


def test_many_pages_are_in_one_line(tmp_path: Path) -> None:
    text = f"\n\n{BREAK}\n\n".join([lines(2)] * 9)
    assert run(make(tmp_path, text), "--format", "pdf") == 0
    assert notes(tmp_path) == ["pages 1, 2, 3, 4, 5, 6 and 2 more are more than half empty"]


def test_full_pages_and_the_last_one_are_not_named(tmp_path: Path) -> None:
    assert run(make(tmp_path, "The end."), "--format", "pdf") == 0
    assert notes(tmp_path) == []


@pytest.mark.parametrize(
    ("count", "said"),
    [(3, ["page 2 is blank, so that the references can be detached"]), (11, [])],
)
def test_a_blank_page_before_the_references_has_a_reason(
    tmp_path: Path, count: int, said: list[str]
) -> None:
    """The last page of the text, before it, is as empty as it must be."""
    text = f"{lines(count)} [@a]"
    toml = 'editions = ["letter"]\n[editions.letter]\nreferences = "sheet"\n'
    root = make(tmp_path, text, toml, head="bibliography: references.bib\n")
    assert run(root, "--format", "pdf") == 0
    assert notes(tmp_path) == said

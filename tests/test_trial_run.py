"""The command that tries the proof: what it prints, and its exit status."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from press.core.problems import Problem, Span
from tests.trial import __main__ as trial
from tests.trial import refusals
from tests.trial.naming import is_named
from tests.trial.projects import Finished
from tests.trial.run import Count
from tests.trial.tables import block


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the command try nothing; return the seeds that it gets."""
    seeds = []

    def tables(count: Count, seed: int, **_: object) -> Iterator[str]:
        seeds.append(seed)
        count.tables = 3000
        yield from ()

    def mutants(count: Count, **_: object) -> Iterator[str]:
        count.mutants, count.missed = 9, seeds[-1] % 2
        yield from ["missed: a table"] * count.missed

    monkeypatch.setattr(trial, "try_refusals", tables)
    monkeypatch.setattr(trial, "try_misses", mutants)
    return seeds


def test_the_last_line_counts(quick: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    assert trial.main(["8"]) == 0
    assert capsys.readouterr().out == "tables 3000, refused 0; mutants 9, missed 0\n"
    assert trial.main([]) == 1
    said = capsys.readouterr().out
    assert said == "missed: a table\ntables 3000, refused 0; mutants 9, missed 1\n"
    assert quick == [8, refusals.FIRST]


def test_a_seed_is_a_number(quick: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["x"], ["1", "2"], ["-1"]):
        assert trial.main(wrong) == 2
    assert "test --proof [SEED]" in capsys.readouterr().err
    assert quick == []


def test_a_refused_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text says the seed and the number of the table, and shows its Markdown."""
    wrong = Problem("PRF001", Span("doses.epub"), "it is missing", "")

    def prove(finished: Finished) -> list[Problem]:
        names = " ".join(part.xhtml for part in finished.document.parts)
        return [wrong] if finished.place == "epub" and "Add your points" in names else []

    monkeypatch.setattr(refusals, "EACH", 6)
    monkeypatch.setattr(refusals, "prove", prove)
    found = refusals.refusals(refusals.Task(7, whole=False))
    refused = [n for n in range(6) if "Add your points" in block(7, n)]
    assert refused
    assert len(found) == len(refused)
    for number, said in zip(refused, found, strict=True):
        assert said.startswith(f"refused: seed 7, table {number}: epub: doses.epub: error PRF001")
        assert all(line in said for line in block(7, number).splitlines())


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("table cell of 'Doses' is missing: '5-10'", True),
        ("page 2: table cell of 'Doses' reads '510' instead of '5-10'", True),
        ("table cell of '5-10' is missing: '7'", False),
        ("a cell of the table is missing", False),
        ("page 2: '5-10' is wide", False),
    ],
)
def test_a_fault_is_named_by_its_text_and_its_kind(message: str, named: bool) -> None:
    problem = Problem("PRF001", Span("doses.pdf"), message, "")
    assert is_named("hyphen", ("5-10", "510"), [problem]) == named

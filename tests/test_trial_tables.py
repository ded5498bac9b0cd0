"""A tenth of the trial of the proof: it refuses no good file.

All of it: `python3 makebook.py test --proof`.
"""

from __future__ import annotations

import pytest

from tests.trial.refusals import FIRST, Task, refusals, tasks
from tests.trial.run import TABLES
from tests.trial.tables import article, table

TENTH = tasks(FIRST, TABLES // 10, whole=False)


def name(task: Task) -> str:
    return task.special or f"tables {task.tables.start} to {task.tables.stop - 1}"


@pytest.mark.parametrize("task", TENTH, ids=name)
def test_no_good_file_is_refused(task: Task) -> None:
    found = refusals(task)
    assert not found, "\n".join(found)


def test_a_seed_always_gives_the_same_tables() -> None:
    assert article(1, range(30)) == article(1, range(30))
    assert table(1, 7) != table(2, 7)
    assert table(1, 7) in article(1, range(30))


def test_every_edition_and_format_gets_its_share() -> None:
    made = {place for task in TENTH for place in task.wanted}
    assert made == {"letter", "a4", "large-print", "booklet", "ink-saver", "epub", "html"}
    assert {task.address for task in TENTH if not task.special} == {True, False}

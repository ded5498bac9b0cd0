"""The whole trial, or a tenth of it.

In: a seed. Out: a line for everything that was refused or missed, and the counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from press.core import parallel
from tests.trial.misses import PARTS, Share, misses, refused_subject, subjects
from tests.trial.refusals import FIRST, refusals, tasks
from tests.trial.tables import EACH

TABLES = 3000


@dataclass
class Count:
    """What has been tried so far."""

    tables: int = 0
    refused: int = 0
    mutants: int = 0
    missed: int = 0

    def __str__(self) -> str:
        return (
            f"tables {self.tables}, refused {self.refused}; "
            f"mutants {self.mutants}, missed {self.missed}"
        )

    @property
    def failed(self) -> bool:
        return bool(self.refused or self.missed)


def try_refusals(
    count: Count, seed: int = FIRST, *, whole: bool = True, jobs: int = 1
) -> Iterator[str]:
    """Prove good files; yield a text for each refusal."""
    work = tasks(seed, TABLES if whole else TABLES // 10, whole=whole)
    with parallel.begun(refusals, work, jobs) as results:
        for task, found in zip(work, results, strict=True):
            count.tables += 0 if task.special else EACH
            count.refused += len(found)
            yield from found


def try_misses(
    count: Count, formats: tuple[str, ...] = (), *, whole: bool = True, jobs: int = 1
) -> Iterator[str]:
    """Prove bad files, of some formats or of all; yield a text for each miss."""
    files = [each for each in subjects() if not formats or each.artifact.format in formats]
    for finished in files:
        refused = refused_subject(finished)
        count.refused += bool(refused)
        yield from refused
    shares = [Share(finished, part, whole) for finished in files for part in range(PARTS)]
    with parallel.begun(misses, shares, jobs) as results:
        for number, found in results:
            count.mutants += number
            count.missed += len(found)
            yield from found

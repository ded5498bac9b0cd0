"""Bad files that the proof passes, or whose fault it names wrongly.

In: nothing, or a finished file. Out: the finished files to alter, and a text for each miss. The
files are the main edition, the booklet, the e-book, and the web page of three handouts: this
repository's article, the model project with its imprint, and a page of numbers and lists.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from press.core.model import Config, Document
from press.setup.new import new_project
from press.source.project import EDITIONS
from tests.trial.content import content_mutants
from tests.trial.markup import book_mutants, page_mutants
from tests.trial.mutant import Mutant
from tests.trial.projects import Finished, finish, project, read
from tests.trial.proving import prove
from tests.trial.saving import opened
from tests.trial.specials import SIGNS
from tests.trial.tags import tag_mutants

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = 8
"""Into how many parts the mutants of a file are divided, for processes side by side."""


@dataclass(frozen=True)
class Share:
    """A part of the mutants of a file."""

    finished: Finished
    part: int
    whole: bool = True
    """Take every mutant; if not, every tenth."""


def subjects() -> Iterator[Finished]:
    """Yield the finished files to alter."""
    yield from _files(ROOT, *read(ROOT, "ketamine-ocd"))
    with TemporaryDirectory(prefix="trial-") as name:
        root = Path(name) / "model"
        new_project(root, date(2026, 11, 23))
        yield from _files(root, *read(root, "sleeping-well", "example-clinic"))
    with project(SIGNS.article(), address=True, files=SIGNS.files) as root:
        yield from _files(root, *read(root))


def _files(root: Path, document: Document, config: Config) -> Iterator[Finished]:
    main = config.editions[0]
    booklet = replace(EDITIONS["booklet"], page=main.page)
    yield from finish(root, document, replace(config, editions=(main, booklet)))


def refused_subject(finished: Finished) -> list[str]:
    """Prove a file before it is altered; return a text for each problem."""
    problems = prove(finished)
    if not problems and finished.edition:
        data = opened(finished).save()
        problems = prove(replace(finished, artifact=replace(finished.artifact, data=data)))
    return [f"refused: {problem}" for problem in problems]


def mutants(finished: Finished) -> list[Mutant]:
    """Return every mutant of a finished file."""
    if finished.artifact.format == "epub":
        return list(book_mutants(finished))
    if finished.artifact.format == "html":
        return list(page_mutants(finished))
    pdf = opened(finished)
    units = pdf.units
    return [*content_mutants(pdf, units), *tag_mutants(pdf, units)]


def misses(share: Share) -> tuple[int, list[str]]:
    """Prove a part of the mutants of a file; return their number, and a text for each miss."""
    every = mutants(share.finished)
    if not share.whole:
        every = random.Random(share.finished.artifact.name).sample(every, len(every) // 10)
    mine = every[share.part :: PARTS]
    return len(mine), [said for mutant in mine if (said := mutant.miss())]

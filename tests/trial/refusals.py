"""Good files that the proof refuses.

In: a seed and numbers of tables, or the name of a special document. Out: a text for each refusal,
from which it can be reproduced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from press.core.model import Config, Document
from press.core.problems import ProblemsError
from tests.trial.projects import finish, front_matter, project, read
from tests.trial.proving import prove
from tests.trial.specials import SPECIALS, Special
from tests.trial.tables import EACH, article, block

FIRST = 20261
"""The seed of a run that names none."""
_OTHERS = ("a4", "large-print", "booklet", "ink-saver")
_ALWAYS = ("letter", "epub", "html")


@dataclass(frozen=True)
class Task:
    """Tables of one article, or a special document."""

    seed: int
    number: int = 0
    """The number of the article."""
    special: str = ""
    whole: bool = True
    """Make every edition; if not, the main one and another in turn."""

    @property
    def address(self) -> bool:
        """Every other article of tables has a web address."""
        return self.number % 2 == 0

    @property
    def wanted(self) -> tuple[str, ...]:
        """The editions and formats to make; if empty, all."""
        return () if self.whole else (*_ALWAYS, _OTHERS[self.number % len(_OTHERS)])

    @property
    def tables(self) -> range:
        """The numbers of the tables."""
        return range(self.number * EACH, (self.number + 1) * EACH)


def tasks(seed: int, tables: int, *, whole: bool) -> list[Task]:
    """Return the work of a run: articles with `tables` tables, and the special documents.

    Each special document is made with an address and without one.
    """
    articles = [Task(seed, number, whole=whole) for number in range(tables // EACH)]
    odd = [
        Task(seed, 2 * place + without, name, whole)
        for place, name in enumerate(SPECIALS)
        for without in ((0, 1) if whole else (place % 2,))
    ]
    return articles + odd


def refusals(task: Task) -> list[str]:
    """Make all files of a task and prove them; return a text for each refusal."""
    if task.special:
        return _refused_special(task)
    found = _refused(article(task.seed, task.tables), task.wanted, address=task.address)
    if not found:
        return []
    alone = {
        number: again
        for number in task.tables
        if (again := _refused(_one(task.seed, number), tuple(found), address=task.address))
    }
    named = [
        _said(f"seed {task.seed}, table {number}", again, _one(task.seed, number))
        for number, again in alone.items()
    ]
    together = f"seed {task.seed}, tables {task.tables.start} to {task.tables.stop - 1} together"
    return named or [_said(together, found, article(task.seed, task.tables))]


def _one(seed: int, number: int) -> str:
    return front_matter(f"{number % 10}DOSE-{number}", str(seed)) + block(seed, number)


def _refused(
    text: str, wanted: Sequence[str], *, address: bool, special: Special | None = None
) -> dict[str, list[str]]:
    """Return the problems of each file that is refused, by its edition or format."""
    extra: Mapping[str, str] = special.files if special else {}
    faces = bool(special and special.faces)
    found: dict[str, list[str]] = {}
    with project(text, address=address, files=extra, faces=faces) as root:
        try:
            document, config = read(root)
            if special and special.digit:
                document, config = _hashed(special, root / "source" / "doses.md", root)
            for finished in finish(root, document, config, wanted):
                if problems := prove(finished):
                    found[finished.place] = [str(problem) for problem in problems]
        except ProblemsError as error:
            found["letter"] = [str(problem) for problem in error.problems]
        except Exception as error:  # noqa: BLE001 - whatever it is, say for which file
            found["letter"] = [repr(error)]
    return found


def _hashed(special: Special, path: Path, root: Path) -> tuple[Document, Config]:
    """Change the version of an article until its content hash begins with the digit wanted."""
    for version in range(400):
        path.write_text(special.article(str(version)), encoding="utf-8")
        document, config = read(root)
        if document.hash.startswith(special.digit):
            return document, config
    raise AssertionError(f"no version gives a hash that begins with {special.digit}")


def _refused_special(task: Task) -> list[str]:
    special = SPECIALS[task.special]
    text = special.article()
    found = _refused(text, task.wanted, address=task.address, special=special)
    online = "with" if task.address else "without"
    place = f"special document '{task.special}', {online} an address"
    return [_said(place, found, text)] if found else []


def _said(place: str, found: Mapping[str, Sequence[str]], text: str) -> str:
    lines = [
        f"refused: {place}: {where}: {problem}"
        for where, problems in found.items()
        for problem in problems[:3]
    ]
    return "\n".join([*lines, *(f"    {line}" for line in text.splitlines())])

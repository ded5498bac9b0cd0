"""The rows of the list: one for each article or collection, from its sources and the manifest.

In: a project and an output folder. Out: `Entry`s in the order of the project. An article counts as
out of date if one of the files that it was built from has other bytes than then, or if one of its
outputs is missing. This module must not know Markdown, and opens no output.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from press.core.files import is_file, name_of, read_text, shown
from press.core.hashing import FileDigests
from press.core.manifest import ArticleEntry, read_manifest
from press.core.model import Collection, Matter, Project, Withdrawn
from press.core.problems import Problem, Span
from press.core.records import dataclass
from press.source.collections import matter_of
from press.source.front_matter import read_matter, split
from press.source.project import read_project

State = Literal["current", "not built", "out of date", "draft", "withdrawn"]


@dataclass(frozen=True)
class Entry:
    """An article, and what was last built from it."""

    name: str
    place: Span
    """Where its state stands in the project, or its file."""
    matter: Matter
    due: date | None
    """The day of its next review, or on which its last one is too old; the earlier of the two."""
    state: State
    changed: tuple[str, ...] = ()
    """For a state out of date, the sources that changed and the outputs that are missing."""
    pages: int | None = None
    """Pages of its PDF in the main edition, or in the first that was built."""
    built: ArticleEntry | None = None
    """Its entry in the manifest."""

    @property
    def file(self) -> str:
        """Its path in the project."""
        return self.place.path


def read_entries(root: Path, output: Path, problems: list[Problem]) -> list[Entry]:
    """Return a row for each article or collection; `output` is the folder of their outputs.

    Problems: those of makebook.toml and of the front matter.

    Raises:
        ProblemsError: there is no makebook.toml (CFG001), or it is not valid TOML (CFG002).
    """
    project = read_project(root, problems)
    built = read_manifest(output)["articles"]
    digests = FileDigests()
    problems += (problem for each in project.withdrawn for problem in each.problems)
    problems += project.misnamed
    rows = [
        _entry(path, project, output, built.get(name_of(path, root)), digests, problems)
        for path in project.articles
    ]
    found = dict(zip(project.articles, rows, strict=True))
    for each in project.collections:
        problems += each.problems
        own = [found[path] for path in each.articles if path in found]
        rows.append(_bound(each, project, output, built.get(each.name), digests, own))
    return sorted([*rows, *map(partial(_gone, root), project.withdrawn)], key=lambda e: e.file)


def _gone(root: Path, each: Withdrawn) -> Entry:
    place = _place(each.matter, shown(each.path, root))
    return Entry(name_of(each.path, root), place, each.matter, None, "withdrawn")


def _place(matter: Matter, file: str) -> Span:
    return matter.origin.spans.get("status") or Span(file)


def _entry(
    path: Path,
    project: Project,
    output: Path,
    built: ArticleEntry | None,
    digests: FileDigests,
    problems: list[Problem],
) -> Entry:
    file = shown(path, project.root)
    text = read_text(path, file, problems)
    fields, _, _ = split(text or "", file, problems)
    found = problems if text is not None else []  # one that cannot be read lacks no title
    matter = read_matter(fields, project.config.lang, found, project.config.article)
    changed = tuple(_changed(built, project, output, digests)) if built else ()
    return Entry(
        name_of(path, project.root),
        _place(matter, file),
        matter,
        _due(matter, project.config.max_age.get("reviewed")),
        matter.status or _state(built, changed),
        changed,
        _pages(built) if built else None,
        built,
    )


def _bound(
    collection: Collection,
    project: Project,
    output: Path,
    built: ArticleEntry | None,
    digests: FileDigests,
    articles: Sequence[Entry],
) -> Entry:
    """Return the row of a collection, whose reviews are those of its `articles`."""
    every = [entry.matter for entry in articles]
    matter = matter_of(collection, every) if every else Matter(collection.title)
    changed = tuple(_changed(built, project, output, digests)) if built else ()
    dues = [entry.due for entry in articles if entry.due and not collection.withdrawn]
    return Entry(
        collection.name,
        collection.span,
        matter,
        min(dues, default=None),
        "withdrawn" if collection.withdrawn else _state(built, changed),
        changed,
        _pages(built) if built else None,
        built,
    )


def _state(built: ArticleEntry | None, changed: Sequence[str]) -> State:
    return "not built" if not built else "out of date" if changed else "current"


def _changed(
    built: ArticleEntry, project: Project, output: Path, digests: FileDigests
) -> list[str]:
    """Name the sources of an article that are not as they were, and its outputs that are gone."""
    root, sources = project.root, built["sources"]
    found = [name for name, known in sources.items() if digests[root / name] != known]
    shared = [*project.notice_files, *(root / data.file for data in project.data)]
    found += [name for path in shared if (name := shown(path, root)) not in sources]
    return [*found, *(name for name in built["files"] if not is_file(output / name))]


def _due(matter: Matter, most: int | None) -> date | None:
    """Return when a review falls due; `most` is the number of days for which one counts."""
    days = [matter.next_review] if matter.next_review else []
    if matter.reviewed and most is not None:
        days.append(matter.reviewed + timedelta(days=min(most, (date.max - matter.reviewed).days)))
    return min(days, default=None)


def _pages(built: ArticleEntry) -> int | None:
    """Return the pages of the PDF in the main edition, or else in the first that was built."""
    pages = {
        facts["edition"]: facts["pages"]
        for facts in built["files"].values()
        if facts["format"] == "pdf" and not facts["part"]
    }
    return next((pages[edition] for edition in built["editions"] if edition in pages), None)

"""The state of the author's loop: what to build, what is in view, what to show.

In: the command line's order, saved files, what a browser has in view. Out: the message that asks
for a build, and a `Board` from which the site is served. This module must not know processes or
HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any

from press.core import gate
from press.core.files import article_files, article_name, imprint_files, name_of
from press.core.hashing import digest
from press.core.limits import NO_LIMITS, Limits
from press.core.manifest import FileEntry, read_manifest
from press.core.problems import Problem, ProblemsError, visible
from press.core.records import dataclass
from press.serve.messages import BuildMessage, ProblemMessage, View

PORT = 8377
_BEAT = 15.0
"""Seconds between comments that keep an event stream open."""


@dataclass(frozen=True)
class Order:
    """The request of the command line."""

    root: Path
    output: Path
    port: int = PORT
    articles: tuple[str, ...] = ()
    editions: tuple[str, ...] = ()
    imprints: tuple[str, ...] = ()
    """Names, or `all`; empty means without an imprint."""
    limits: Limits = NO_LIMITS
    """Of each article."""


@dataclass(frozen=True)
class Early:
    """A version of a file that is shown before it is finished."""

    number: int
    """Number of the save that it shows."""
    file: str
    """Name in the output folder."""
    over: str
    """Hash of the published file that it replaces in the browser."""
    data: bytes
    first: int = 0
    """For a PDF, the number of its first page in the finished file, from 0."""
    pages: int = 0

    def told(self) -> dict[str, Any]:
        """Return what the viewer needs to request it."""
        return {"version": self.version, "first": self.first, "pages": self.pages}

    @cached_property
    def version(self) -> str:
        """A version string that differs from every other file of that name."""
        return f"early-{self.number}-{digest(self.data)[:16]}"


class Board:
    """The state that browsers show, and the browsers that are open."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.state: dict[str, Any] = {}
        self.early: Early | None = None
        self.closed = False
        self.looks: Callable[[str, str | None, View | None], None] = lambda *_: None
        """Called with the article, imprint, and view that a browser opens."""
        self._changed: set[asyncio.Event] = set()

    def tell(self, **changes: Any) -> None:
        """Change what is shown."""
        self.state = {**self.state, **changes}
        self._wake()

    @property
    def watched(self) -> bool:
        """True if a browser is open."""
        return bool(self._changed)

    def shown_early(self, name: str, version: str | None) -> Early | None:
        """Return an unfinished version of a file by its name and version, or None."""
        early = self.early
        return early if early and (early.file, early.version) == (name, version) else None

    def close(self) -> None:
        """End every event stream."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        for event in self._changed:
            event.set()

    async def events(self) -> AsyncIterator[str]:
        """Yield the state, now and at each change, as server-sent events (HTML, 9.2)."""
        changed = asyncio.Event()
        self._changed.add(changed)
        try:
            while not self.closed:
                changed.clear()
                yield f"data: {json.dumps(self.state)}\n\n"
                while not changed.is_set():
                    try:
                        await asyncio.wait_for(changed.wait(), _BEAT)
                    except TimeoutError:
                        yield ": keep-alive\n\n"
        finally:
            self._changed.discard(changed)


@dataclass
class Work:
    """The build that is running, and the view in the browser."""

    number: int = 0
    done: int = 0
    tries: int = 0
    article: str = ""
    imprint: str = ""
    view: View | None = None
    looked_at: set[str] = field(default_factory=set)
    """Imprints that have been in view."""


class State:
    """The next build, and the board from which the result is shown."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.board = Board(order.output)
        self.work = Work()
        first = [name for name in order.imprints if name != "all"]
        self.work.imprint = first[0] if first else ""
        if "all" in order.imprints:
            self.work.imprint = min(self.known_imprints(), default="")

    def known_imprints(self) -> set[str]:
        """Return the imprints that the project has now."""
        return {path.stem for path in imprint_files(self.order.root)}

    def imprints(self) -> list[str]:
        """Return the imprints to build; an empty name means without one."""
        known = self.known_imprints()
        asked = self.order.imprints
        names = sorted(known) if "all" in asked else [n for n in asked if n in known]
        names += [n for n in sorted(self.work.looked_at) if not n or n in known]
        return list(dict.fromkeys(names or [""]))

    def imprint(self) -> str:
        """Return the imprint in view or, if it does not exist, the first that is built."""
        names = self.imprints()
        return self.work.imprint if self.work.imprint in names else names[0]

    def look(self, article: str, imprint: str | None, view: View | None) -> bool:
        """Note what is in view; return whether it still has to be built."""
        if imprint is None or (imprint and imprint not in self.known_imprints()):
            return False
        new = imprint not in self.imprints()
        if article in self.names():
            self.work.article = article
        self.work.imprint = imprint
        self.work.view = view or self.work.view
        self.work.looked_at.add(imprint)
        return new

    def names(self) -> list[str]:
        """Return the names of the articles that the project has now."""
        return [name_of(path, self.order.root) for path in self._articles()]

    def _articles(self) -> tuple[Path, ...]:
        """List the articles; none if a folder cannot be read, which the build reports."""
        with contextlib.suppress(ProblemsError):
            return article_files(self.order.root)
        return ()

    def saved(self, changed: Sequence[str]) -> None:
        """Note a save; an article just saved is built first."""
        saved = {*map(Path, changed)}.intersection(self._articles())
        if len(saved) == 1:
            self.work.article = name_of(saved.pop(), self.order.root)
        self.work.number += 1
        self.work.tries = 0

    def message(self) -> BuildMessage | None:
        """Return the message that asks for a build; None if the newest state is built."""
        order, work = self.order, self.work
        if work.done == work.number:
            return None
        names = self.names()
        asked = [*(article_name(each, names) for each in order.articles), *names]
        return {
            "id": work.number, "root": str(order.root), "output": str(order.output),
            "articles": order.articles, "editions": order.editions, "imprints": self.imprints(),
            "allow": gate.allowed(),
            "limits": {"time": order.limits.time, "memory": order.limits.memory},
            "article": work.article or next(iter(asked), ""), "imprint": self.imprint(),
            "view": self._in_view(),
        }  # fmt: skip

    def _in_view(self) -> View | None:
        """Return what is in view, with its number of pages; None if no browser is open."""
        view = self.work.view
        if not self.board.watched or not view:
            return None
        issue = self.board.state["issues"].get(self.imprint(), [])
        files = (f for a in issue if a["name"] == self.work.article for f in a["files"])
        edition = [f for f in files if f["edition"] == view["edition"] and f["format"] == "pdf"]
        if view["view"] != "print":
            return view
        return {**view, "pages": edition[0]["pages"]} if edition else None

    def show(self, **changes: Any) -> None:
        """Send the current content of the output folder to every browser."""
        issues = {n: _issue(self.order.output, n, self.board.early) for n in self.imprints()}
        self.board.tell(
            issues=issues, imprints=sorted(self.known_imprints()), imprint=self.imprint(),
            article=self.work.article, number=self.work.number, time=time.strftime("%H:%M:%S"),
            **changes,
        )  # fmt: skip


def _issue(output: Path, imprint: str, early: Early | None) -> list[dict[str, Any]]:
    """List the articles of an imprint and their files, from the manifest.

    A file with a newer version that is shown early names that version as `early`.
    """
    manifest = read_manifest(output / imprint)

    def told(name: str, facts: FileEntry) -> dict[str, Any]:
        file = {
            "name": name, "format": facts["format"], "edition": facts["edition"],
            "part": facts["part"], "kind": facts["kind"], "pages": facts["pages"],
            "sha256": facts["sha256"],
        }  # fmt: skip
        newer = early and (early.file, early.over) == (
            f"{imprint}/{name}".lstrip("/"),
            facts["sha256"],
        )
        return {**file, "early": early.told()} if early and newer else file

    return [
        {
            "name": name,
            "title": entry["title"],
            "editions": entry["editions"],
            "files": [told(file, facts) for file, facts in entry["files"].items()],
        }
        for name in manifest["order"]
        if (entry := manifest["articles"].get(name))
    ]


def problem_message(problem: Problem) -> ProblemMessage:
    """Return a problem as the viewer shows it."""
    return {
        "severity": problem.severity,
        "code": problem.code,
        "place": str(problem.span),
        "message": visible(problem.message),
        "hint": visible(problem.hint),
        "text": str(problem),
    }

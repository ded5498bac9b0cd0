"""What the author's loop knows: what to build, what somebody looks at, and what there is to see.

In: the order of the command line, what was saved, what a browser has in view. Out: the message that
asks for a build, and a `Board` from which the site is served. This module must not know processes,
files of outputs but by their manifest, or HTTP.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from press.core.files import article_name
from press.core.hashing import digest
from press.core.manifest import FileEntry, read_manifest
from press.core.problems import ERROR, Problem, visible
from press.source.project import imprint_files

PORT = 8377
_BEAT = 15.0
"""Seconds between signs of life in a stream of events."""


@dataclass(frozen=True)
class Order:
    """What the command line asks for."""

    root: Path
    output: Path
    port: int = PORT
    articles: tuple[str, ...] = ()
    editions: tuple[str, ...] = ()
    imprints: tuple[str, ...] = ()
    """Names, or `all`; empty: without an imprint."""


@dataclass(frozen=True)
class Early:
    """What is shown of a file before it is finished."""

    number: int
    """Of the save that it shows."""
    file: str
    """Its name in the output folder."""
    over: str
    """The hash of the file that stands there, and is no longer what the author wrote."""
    data: bytes
    first: int = 0
    """Of a PDF, the page that its first page is in the finished file; they count from 0."""
    pages: int = 0

    def told(self) -> dict[str, Any]:
        """What a browser must know to ask for it."""
        return {"version": self.version, "first": self.first, "pages": self.pages}

    @cached_property
    def version(self) -> str:
        """Tells it apart from every other file of that name."""
        return f"early-{self.number}-{digest(self.data)[:16]}"


class Board:
    """What there is to see, and who is looking."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.state: dict[str, Any] = {}
        self.early: Early | None = None
        self.closed = False
        self.looks: Callable[[str, str | None, dict[str, Any]], None] = lambda *_: None
        """Told the article and the imprint that somebody looks at, and what of them."""
        self._changed: set[asyncio.Event] = set()

    def tell(self, **changes: Any) -> None:
        """Change what there is to see."""
        self.state = {**self.state, **changes}
        self._wake()

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        return bool(self._changed)

    def shown_early(self, name: str, version: str | None) -> Early | None:
        """A version of a file that is not finished, by what its address says."""
        early = self.early
        return early if early and (early.file, early.version) == (name, version) else None

    def close(self) -> None:
        """End every stream."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        for event in self._changed:
            event.set()

    async def events(self) -> AsyncIterator[str]:
        """The state, now and whenever it changes, as server-sent events (HTML, 9.2)."""
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
                        yield ": still here\n\n"
        finally:
            self._changed.discard(changed)


@dataclass
class Work:
    """What is being built, and what somebody looks at."""

    number: int = 0
    done: int = 0
    tries: int = 0
    article: str = ""
    imprint: str = ""
    view: dict[str, Any] = field(default_factory=dict)
    """What somebody looks at: the view, the edition, its first and last page in view."""
    looked_at: set[str] = field(default_factory=set)
    """Imprints that somebody has looked at."""


class State:
    """What to build next, and what there is to see."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.board = Board(order.output)
        self.work = Work()
        first = [name for name in order.imprints if name != "all"]
        self.work.imprint = first[0] if first else ""
        if "all" in order.imprints:
            self.work.imprint = min(self.known_imprints(), default="")

    def known_imprints(self) -> set[str]:
        """The imprints that the project has now."""
        return {path.stem for path in imprint_files(self.order.root)}

    def imprints(self) -> list[str]:
        """The imprints to build; an empty name is the handout without one."""
        known = self.known_imprints()
        asked = self.order.imprints
        names = sorted(known) if "all" in asked else [n for n in asked if n in known]
        names += [n for n in sorted(self.work.looked_at) if not n or n in known]
        return list(dict.fromkeys(names or [""]))

    def imprint(self) -> str:
        """The one that is looked at; while there is no such imprint, the first that is built."""
        names = self.imprints()
        return self.work.imprint if self.work.imprint in names else names[0]

    def look(self, article: str, imprint: str | None, view: dict[str, Any]) -> bool:
        """Note what somebody looks at; gives whether that is not built yet."""
        if imprint is None or (imprint and imprint not in self.known_imprints()):
            return False
        new = imprint not in self.imprints()
        if any(path.stem == article for path in self.articles()):
            self.work.article = article
        self.work.imprint = imprint
        self.work.view = view or self.work.view
        self.work.looked_at.add(imprint)
        return new

    def articles(self) -> list[Path]:
        """The articles that the project has now."""
        return sorted((self.order.root / "source").glob("*.md"))

    def saved(self, changed: Sequence[str]) -> None:
        """Note a save: an article that was just saved is built first."""
        saved = [p for p in map(Path, changed) if p.suffix == ".md" and p.parent.name == "source"]
        if len(saved) == 1 and saved[0].is_file():
            self.work.article = saved[0].stem
        self.work.number += 1
        self.work.tries = 0

    def message(self) -> dict[str, Any] | None:
        """What a builder is asked for; None if the newest state is built."""
        order, work = self.order, self.work
        if work.done == work.number:
            return None
        asked = [*map(article_name, order.articles), *(path.stem for path in self.articles())]
        return {
            "id": work.number, "root": str(order.root), "output": str(order.output),
            "articles": order.articles, "editions": order.editions, "imprints": self.imprints(),
            "article": work.article or next(iter(asked), ""), "imprint": self.imprint(),
            "view": self._in_view(),
        }  # fmt: skip

    def _in_view(self) -> dict[str, Any]:
        """What is looked at, with the number of its pages; nothing if nobody looks."""
        view = self.work.view
        if not self.board.watched or not view:
            return {}
        issue = self.board.state["issues"].get(self.imprint(), [])
        files = (f for a in issue if a["name"] == self.work.article for f in a["files"])
        edition = [f for f in files if f["edition"] == view["edition"] and f["format"] == "pdf"]
        if view["view"] != "print":
            return view
        return {**view, "pages": edition[0]["pages"]} if edition else {}

    def show(self, **changes: Any) -> None:
        """Tell everybody who looks what is in the output folder now."""
        issues = {n: _issue(self.order.output, n, self.board.early) for n in self.imprints()}
        self.board.tell(
            issues=issues, imprints=sorted(self.known_imprints()), imprint=self.imprint(),
            article=self.work.article, number=self.work.number, time=time.strftime("%H:%M:%S"),
            **changes,
        )  # fmt: skip


def _issue(output: Path, imprint: str, early: Early | None) -> list[dict[str, Any]]:
    """The articles of an imprint, and their files, as the manifest has them.

    One of which something newer is shown early says what, as `early`.
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


def problem_message(problem: Problem) -> dict[str, Any]:
    """A problem as a browser is told of it."""
    return {
        "severity": problem.severity,
        "error": problem.severity == ERROR,
        "code": problem.code,
        "place": str(problem.span),
        "message": visible(problem.message),
        "hint": visible(problem.hint),
        "text": str(problem),
    }

"""The steps of a build after a save: what is in view comes first.

In: a message that says what to build, and what is in view. Out: a message for each step: what was
built and what is wrong, or pages to show before they are finished. Each step is published before
the next begins. This module must not know processes or the web.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

from press.build import run as build
from press.build.publish import locked
from press.build.run import Outcome
from press.core import gate, guarded, temporary
from press.core.faults import unforeseen
from press.core.files import article_files, imprint_files, name_of
from press.core.formats import base_name, file_of
from press.core.limits import Limits
from press.core.model import Built, Config, Document, Edition, Request, Trail
from press.core.parallel import processors
from press.core.problems import NameKind, Problem, ProblemsError, Span, UnknownName
from press.core.records import dataclass
from press.readback.epub import Book
from press.serve.messages import Answer, BuildMessage, EarlyMessage, Step, StepMessage, View
from press.serve.state import problem_message

Send = Callable[[Answer], None]
_UNKNOWN: dict[NameKind, str] = {
    "article": "CFG006", "edition": "CFG005", "imprint": "CFG008", "group": "CFG003",
}  # fmt: skip


class Trails:
    """The trails of the last layouts, as text for messages: where each page began."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], dict[str, str]] = {}
        """By article and imprint, then by edition."""

    def take(self, message: Answer) -> Answer:
        """Keep the trails of a message; return the message without them."""
        # Only the messages of steps have them.
        for article, imprint, edition, text in cast(StepMessage, message).pop("trails", ()):
            self._kept.setdefault((article, imprint), {})[edition] = text
        return message

    def give(self, message: BuildMessage) -> BuildMessage:
        """Return the message with the trails of the article in view."""
        work = message["article"], message["imprint"]
        return {**message, "trails": self._kept.get(work, {})}


def perform(message: BuildMessage, send: Send, *, alone: bool = False) -> None:
    """Build what a message asks for, in steps; publish and report each before the next.

    `alone` means that this process ends afterwards, and may lower its priority.
    """
    gate.allow(*map(Path, message["allow"]))
    gate.open_project(Path(message["root"]))
    told: list[Problem] = []
    if shown := _early(message):
        send(shown)
    for label, requests in _steps(message):
        if alone and label == "rest":
            os.nice(5)  # it is not in view
        start = time.perf_counter()
        outcomes = [_safely(request) for request in requests]
        problems = [p for o in outcomes for p in o.every_problem]
        if label == "rest":
            told = []
        told = list(dict.fromkeys([*told, *problems]))
        send(
            {
                "id": message["id"],
                "step": label,
                "ms": round((time.perf_counter() - start) * 1000),
                "failed": any(o.failed for o in outcomes),
                "made": [name for o in outcomes for name in _made(o)],
                "problems": [
                    problem_message(problem) for problem in sorted(told, key=lambda p: p.span)
                ],
                "trails": [
                    trail for o in outcomes for b in o.built for trail in _trails(b, message)
                ],
            }
        )


def rehearse(message: BuildMessage) -> None:
    """Rehearse the first step of a message in this process, and discard the result."""
    with contextlib.suppress(Exception), temporary.folder() as folder, guarded.here():
        if _early({**message, "anyway": True}):
            return
        web: View = {"view": "web", "edition": "", "first": 0, "last": 0}
        for _, requests in _steps({**message, "output": folder, "view": web}):
            build.build(replace(requests[0], formats=("html",), editions=()))
            return


# Shown before it is finished


@dataclass(frozen=True)
class _InView:
    """The view in the browser, with the current state of the sources."""

    message: BuildMessage
    asked: View
    document: Document
    config: Config
    edition: Edition
    trail: Trail | None


def _early(message: BuildMessage) -> EarlyMessage | None:
    """Return the pages or the e-book in view, as they will be.

    The message has no data if nothing changed. None if they cannot be shown early; the first step
    reports what is wrong with the sources.
    """
    start, view = time.perf_counter(), message["view"]
    if view is None or view["view"] == "web":
        return None
    told: EarlyMessage = {
        "id": message["id"], "step": "early", "article": message["article"],
        "imprint": message["imprint"], "ms": 0,
    }  # fmt: skip
    with contextlib.suppress(Exception):  # the steps will meet the error and report it
        seen = _seen(message, view)
        (_add_pages if view["view"] == "print" else _add_book)(told, seen)
        told["ms"] = round((time.perf_counter() - start) * 1000)
        return told
    return None


def _seen(message: BuildMessage, view: View) -> _InView:
    from press.document.compose import read_sources
    from press.source.groups import config_of
    from press.source.project import effective

    sources = read_sources(Path(message["root"]))
    document = sources.assembled(message["article"], message["imprint"])
    config = effective(config_of(sources.project, message["article"]), document.imprint)
    name = view["edition"]
    edition = next((e for e in config.editions if e.name == name), config.editions[0])
    kept = message.get("trails", {}).get(edition.name)
    trail = pickle.loads(b64decode(kept)) if kept else None  # noqa: S301 - we wrote it ourselves
    return _InView(message, view, document, config, edition, trail)


def _styles(seen: _InView) -> Any:
    from press.design.styles import Styles

    return Styles.for_imprint(Path(seen.message["root"]), seen.document.imprint)


def _add_pages(told: EarlyMessage, seen: _InView) -> None:
    """Lay out the pages in view; not those of a booklet, which are on sheets."""
    from press.document.editions import file_name, printed
    from press.output.pdf.partial import Window, lay_out_part

    if seen.edition.kind == "booklet":
        return
    asked, main, name = seen.asked, seen.config.editions[0], seen.document.name
    references = base_name(file_name(name, seen.edition, main, "references"))
    work = printed(seen.document, seen.edition, references)
    anyway = seen.message.get("anyway", False)
    view = Window(asked["first"], asked["last"], asked["pages"], anyway=anyway)
    found = lay_out_part(work, seen.edition, _styles(seen), view, seen.trail)
    if found is None:
        return
    told["file"] = _published(seen, file_name(name, seen.edition, main))
    told["data"] = b64encode(found.data).decode()
    told["first"], told["pages"] = found.first, found.pages


def _published(seen: _InView, file: str) -> str:
    """Return a file's name in the output folder."""
    return f"{seen.message['imprint']}/{file}".lstrip("/")


def _add_book(told: EarlyMessage, seen: _InView) -> None:
    """Write the e-book with its previous page-list and cover."""
    from press.document import identity
    from press.output.epub.package import write_epub
    from press.output.pdf.cover import draw_cover

    file = _published(seen, file_of(seen.document.name, "epub"))
    anchors = seen.trail.anchors if seen.trail else ()
    path = Path(seen.message["output"], file)
    cover = None
    with contextlib.suppress(OSError, ValueError):
        cover = Book(path.read_bytes()).cover()
    main = seen.config.editions[0].name
    styles = _styles(seen)
    cover = cover or draw_cover(seen.document, styles)
    record = identity.encode(identity.describe(seen.document))
    book = write_epub(seen.document, anchors, main, styles, cover, record)
    told["file"], told["data"] = file, b64encode(book.data).decode()


def _trails(built: Built, message: BuildMessage) -> Iterator[tuple[str, str, str, str]]:
    """Yield new trails of the main edition and of the edition in view."""
    if (built.name, built.imprint) == (message["article"], message["imprint"]):
        main = built.entry["editions"][0] if built.entry else ""
        seen = message["view"]["edition"] if message["view"] else ""
        for edition in built.trails.keys() & {main, seen}:
            text = b64encode(pickle.dumps(built.trails[edition])).decode()
            yield built.name, built.imprint, edition, text


# Built and published


def _steps(message: BuildMessage) -> Iterator[tuple[Step, list[Request]]]:
    """Yield the steps: the web page if it is in view, the main edition, the rest."""
    today = date.today()  # noqa: DTZ011 - the author's own day
    base = Request(
        Path(message["root"]),
        Path(message["output"]),
        today,
        articles=tuple(message["articles"]),
        editions=tuple(message["editions"]),
        limits=Limits(**message["limits"]),
    )
    article, imprint = message["article"], message["imprint"]
    found = _configured(base.root, article, imprint)
    if found:
        one = replace(base, articles=(article,), imprints=(imprint,) if imprint else ())
        if message["view"] and message["view"]["view"] == "web" and "html" in found.formats:
            yield "page", [replace(one, formats=("html",))]
        main = found.editions[0].name if found.editions else ""
        formats = tuple(name for name in found.formats if name != "html")
        if main and formats and (not base.editions or main in base.editions):
            yield "main", [replace(one, formats=formats, editions=(main,))]
    names = [name for name in message["imprints"] if name]
    rest = replace(base, jobs=processors())
    every = [rest] if "" in message["imprints"] else []
    yield "rest", every + ([replace(rest, imprints=tuple(names))] if names else [])


def _configured(root: Path, article: str, imprint: str) -> Config | None:
    """Return the configuration of an article or a collection; None if there is none to build.

    The build reports what cannot be read.
    """
    from press.source.collections import bound_config
    from press.source.groups import config_of
    from press.source.imprints import read_imprint
    from press.source.project import effective, read_project

    try:
        project = read_project(root, [])
        known = {path.stem for path in imprint_files(root)}
        own = read_imprint(imprint, project, []) if imprint in known else None
        config = effective(config_of(project, article), own)
        if article in {name_of(path, root) for path in article_files(root)}:
            return config
        bound = article in (each.name for each in project.collections)
        return bound_config(config) if bound else None
    except (ProblemsError, OSError, IndexError):
        return None


def _safely(request: Request) -> Outcome:
    """Build; return any failure as a problem."""
    try:
        with locked(request.output, lambda: None):
            return build.build(request)
    except ProblemsError as error:
        return Outcome(problems=error.problems)
    except UnknownName as error:
        problem = Problem(_UNKNOWN[error.kind], Span("makebook.toml"), error.message, error.hint)
        return Outcome(problems=(problem,))
    except OSError as error:
        name = os.path.relpath(str(error.filename or "makebook"), request.root)
        message = f"the file cannot be read: {error.strerror or error}"
        hint = "save it again"
        return Outcome(problems=(Problem("TXT002", Span(name), message, hint),))
    except Exception as error:  # noqa: BLE001 - an internal error must not end the server
        return Outcome(problems=(unforeseen(error, "building", Span("makebook")),))


def _made(outcome: Outcome) -> Iterator[str]:
    """Yield the files that were rebuilt, by their names in the output folder."""
    for built in outcome.built:
        for name in sorted(built.made) if built.entry else ():
            yield f"{built.imprint}/{name}" if built.imprint else name

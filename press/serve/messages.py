"""The messages between the server of `serve` and its builder: JSON, one message a line.

In: nothing. Out: the type of each message; `step` says which of the builder's messages it is.
This module must not know who sends a message, or what is done with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

from press.core.problems import Severity


class Reader:
    """Reads messages that come in pieces; an early e-book with pictures has hundreds."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def read(self, data: bytes) -> list[Any]:
        """Return the messages that end in this piece."""
        head, *lines = data.split(b"\n")
        self._parts.append(head)
        found = []
        for line in lines:
            found.append(json.loads(b"".join(self._parts)))
            self._parts = [line]
        return found


ViewName = Literal["print", "book", "web"]
"""What a browser shows: page pictures of a PDF, the e-book, or the web page."""
Step = Literal["page", "main", "rest"]
"""The web page in view, the main edition with the e-book, everything else."""


class View(TypedDict):
    """What is in view in a browser."""

    view: ViewName
    edition: str
    """For page pictures, the name of the edition; else empty."""
    first: int
    """The first page in view, from 0."""
    last: int
    pages: NotRequired[int]
    """The number of pages of the published PDF."""


class BuildMessage(TypedDict):
    """To the builder: what to build, and what to build first."""

    id: int
    """The number of the save."""
    root: str
    output: str
    articles: Sequence[str]
    editions: Sequence[str]
    imprints: Sequence[str]
    """Empty text means without an imprint."""
    allow: Sequence[str]
    """The folders outside the project that may be read."""
    limits: Mapping[str, int | None]
    """Those of each article that the command line sets."""
    article: str
    """The article in view."""
    imprint: str
    view: View | None
    """None if no browser is open."""
    trails: NotRequired[Mapping[str, str]]
    """For each edition of the article in view, its last trail, pickled, in Base64."""
    anyway: NotRequired[bool]
    """Lay out what is in view even if it did not change, as a rehearsal."""


class ProblemMessage(TypedDict):
    """A problem, as the viewer shows it."""

    severity: Severity
    code: str
    place: str
    message: str
    hint: str
    text: str


class StepMessage(TypedDict):
    """From the builder: the result of a step."""

    id: int
    step: Step
    ms: int
    """Duration in milliseconds."""
    failed: bool
    made: Sequence[str]
    """Files that were built, by their names in the output folder."""
    problems: Sequence[ProblemMessage]
    trails: NotRequired[Sequence[tuple[str, str, str, str]]]
    """New trails: article, imprint, edition, and the trail, pickled, in Base64."""


class EarlyMessage(TypedDict):
    """From the builder: what is in view, before it is finished; no `file` if it did not change."""

    id: int
    step: Literal["early"]
    ms: int
    article: str
    imprint: str
    file: NotRequired[str]
    """Name in the output folder."""
    data: NotRequired[str]
    """Its bytes in Base64: an e-book, or a PDF of the pages in view."""
    first: NotRequired[int]
    """For a PDF, the number of its first page in the finished file, from 0."""
    pages: NotRequired[int]


class LostMessage(TypedDict):
    """From the builder: a copy of it was killed while it built this."""

    id: int
    step: Literal["lost"]


class ReadyMessage(TypedDict):
    """From the builder: it has loaded everything."""

    step: Literal["ready"]


Answer = StepMessage | EarlyMessage | LostMessage | ReadyMessage
"""Any message from the builder."""

"""What can go wrong, said so that an author can mend it.

In: nothing. Out: `Span`, `Problem`, the table of codes, and the one exception.
This module must not know any other module of the program, and it prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning"]
ERROR: Final = "error"
WARNING: Final = "warning"

CODES: dict[str, tuple[Severity, str]] = {
    # code: (severity, what it is about)
    "CFG001": (ERROR, "no makebook.toml"),
    "CFG002": (ERROR, "a configuration file that is no TOML"),
    "CFG003": (ERROR, "an unknown key in a configuration file"),
    "CFG004": (ERROR, "a value in a configuration file that cannot be used"),
    "CFG005": (ERROR, "an edition that does not exist"),
    "CFG006": (ERROR, "no article, or an article that does not exist"),
    "CFG007": (ERROR, "two articles whose files would have one name"),
    "TXT001": (ERROR, "a file that is not UTF-8"),
    "TXT002": (ERROR, "a file that cannot be read"),
    "TXT003": (WARNING, "a control character, left out"),
    "TXT004": (ERROR, "an empty article"),
    "TXT005": (WARNING, "a heading that skips a level"),
    "TXT006": (ERROR, "a note that nothing refers to"),
    "TXT008": (ERROR, "a note that is written twice"),
    "TXT007": (ERROR, "a character that none of the fonts has"),
    "TXT009": (ERROR, "a table row with more cells than its table has columns"),
    "FRM001": (WARNING, "an unknown key in the front matter"),
    "FRM002": (ERROR, "front matter that is no YAML"),
    "FRM003": (ERROR, "a value in the front matter that cannot be used"),
    "FRM004": (ERROR, "no title"),
    "FRM005": (WARNING, "a language for which makebook has no words of its own"),
    "FRM006": (WARNING, "an identifier that another article has, too"),
    "HTM001": (ERROR, "an HTML element that a handout cannot hold"),
    "HTM002": (WARNING, "an HTML attribute that has no effect"),
    "HTM003": (ERROR, "a citation inside HTML, where it is not read"),
    "IMG001": (ERROR, "an image that is missing"),
    "IMG002": (ERROR, "an image without alternative text"),
    "IMG003": (ERROR, "an image outside the project"),
    "IMG004": (ERROR, "an image of an unknown kind, or a hostile one"),
    "LNK001": (ERROR, "a link to an id that is not there"),
    "LNK002": (ERROR, "a link that leads to a file or does something unsafe"),
    "LNK003": (ERROR, "an id that stands twice"),
    "CIT001": (ERROR, "a citation names a key that no bibliography has"),
    "CIT002": (WARNING, "a bibliography entry that nobody cites"),
    "CIT003": (ERROR, "a bibliography file or entry that cannot be read"),
    "CIT004": (ERROR, "a citation style that cannot be found or read"),
    "CIT005": (ERROR, "two bibliography entries with one key"),
    "CIT006": (WARNING, "a DOI, PMID or PMCID that is not well formed"),
    "CIT007": (ERROR, "an entry without the fields a reader needs to find it"),
    "NOT001": (ERROR, "a notice that must be there and has no file"),
    "NOT002": (ERROR, "a notice put in by hand where it cannot stand, or twice"),
    "NOT003": (ERROR, "a notice without text for the language or jurisdiction"),
    "NOT004": (ERROR, "a notice file that cannot be used"),
    "NOT005": (ERROR, "a notice that has nowhere to stand"),
    "NOT006": (WARNING, "a topic that looks misspelt"),
    "WRD001": (ERROR, "a word to fill in that names nothing"),
    "WRD002": (ERROR, "a word to fill in that has no value here"),
    "WRD003": (WARNING, "what looks like a word to fill in, and is none"),
    "DUE001": (WARNING, "a review that is due"),
    "DUE002": (WARNING, "a verified date that is stale"),
    "NEW001": (ERROR, "a file or folder that is there already, where a new one was to be made"),
    "DIF001": (ERROR, "an old file from which no identity can be read"),
    "STY001": (ERROR, "a style, template or font that is missing"),
    "STY002": (ERROR, "a style that uses a token nobody defines"),
    "STY005": (WARNING, "a token that nothing uses, or a rule in tokens.css that is not read"),
    "STY003": (ERROR, "a template that cannot be filled"),
    "TYP001": (ERROR, "type smaller than the standard of its edition"),
    "TYP002": (WARNING, "lines of the body that are longer or shorter than is read with ease"),
    "TYP003": (ERROR, "italics in large print"),
    "TYP004": (ERROR, "lines of the body that are too close"),
    "STY004": (ERROR, "a text too pale for its ground, or a ground too dark"),
    "PDF001": (ERROR, "the layout engine complained"),
    "PRF001": (ERROR, "text that is missing from, or not to be seen in, a finished file"),
    "PRF002": (ERROR, "the short disclaimer is missing from a page"),
    "PRF003": (ERROR, "an internal link that leads nowhere in a finished file"),
    "PRF004": (ERROR, "the page-list does not agree with the pages of the PDF"),
    "PRF005": (ERROR, "a finished file that cannot be opened again"),
    "OUT001": (WARNING, "a file of an article or edition that the project no longer has"),
    "SYS001": (ERROR, "something on this machine is missing"),
    "SYS002": (ERROR, "a folder or file that cannot be written"),
    "SYS003": (ERROR, "a process of ours that was ended from outside"),
    "SYS004": (ERROR, "a port of this machine that cannot be had"),
}
"""Every code the program can print. A code keeps its meaning for ever."""


@dataclass(frozen=True, order=True)
class Span:
    """A place in a file of the author's: 1-based line and column, 0 where unknown.

    `path` is relative to the project, with forward slashes.
    """

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        place = [self.path]
        if self.line:
            place.append(str(self.line))
            if self.column:
                place.append(str(self.column))
        return ":".join(place)


@dataclass(frozen=True)
class Problem:
    """One thing to mend: a stable code, a place, a message that quotes the value, a remedy."""

    code: str
    span: Span
    message: str
    hint: str = ""

    @property
    def severity(self) -> Severity:
        """`error` or `warning`, as the table of codes has it."""
        return CODES[self.code][0]

    def __str__(self) -> str:
        line = visible(f"{self.span}: {self.severity} {self.code}: {self.message}")
        return f"{line}\n    hint: {visible(self.hint)}" if self.hint else line


def visible(text: str) -> str:
    """One line, in which characters that steer a terminal or turn the text around are spelt out."""
    return "".join(
        c if c.isprintable() or c in "\u00a0\u202f" else c.encode("unicode_escape").decode()
        for c in text
    )


class Refused(Exception):
    """What was asked for cannot be done; carries a message and a hint, which may be empty."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = message, hint
        super().__init__(message, hint)

    def __str__(self) -> str:
        return self.message


class UnknownName(Refused):
    """A name was given that the project does not have.

    `kind` is `article`, `edition` or `imprint`; `name` is empty if the project has none at all.
    """

    def __init__(self, kind: str, name: str, hint: str) -> None:
        self.kind, self.name = kind, name
        super().__init__(
            f"there is no {kind} '{name}'" if name else f"the project has no {kind}", hint
        )

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return type(self), (self.kind, self.name, self.hint)


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number and what it counts: `1 page`, `2 pages`; `many` is the plural of `one`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


class ProblemsError(Exception):
    """Work cannot go on; carries every problem found so far."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type, tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)

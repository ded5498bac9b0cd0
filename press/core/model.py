"""The types that travel between the stages: frozen, named, without behaviour.

In: nothing. Out: one dataclass for each thing the stages hand on.
This module must not know any stage, nor any third-party library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Date  # noqa: N812 - a field is called date
from pathlib import Path
from typing import Any, Literal

from press.core.formats import EditionKind, FilePart, Format
from press.core.manifest import ArticleEntry
from press.core.problems import Problem, Span

ReferencesPlace = Literal["sheet", "companion", "link"]
"""Where an edition's references are: on a last sheet, in a file of their own, on the web."""
ContactBox = Literal["filled", "lines"]
"""A contact box is filled in, or has lines to write on."""
Direction = Literal["ltr", "rtl"]
PartKind = Literal["opening", "section", "notice", "references"]
"""A part of a work: the author's text before the first heading, the author's sections, and ours."""
PlaceKind = Literal["opening", "every-page", "before", "before-references", "closing", "by hand"]


@dataclass(frozen=True)
class Cite:
    """One key inside a citation, as Pandoc's syntax writes it."""

    key: str
    prefix: str = ""
    """Words before the key: `see` in `[see @a]`."""
    locator: str = ""
    """Where in the work: `4` in `[@a, p. 4]`."""
    label: str = ""
    """What the locator counts, as CSL names it (`page`, `chapter`, ...); empty without locator."""
    suffix: str = ""
    """Words after the locator."""
    suppress_author: bool = False
    """`[-@a]`: the author stands in the text already."""


@dataclass(frozen=True)
class Cluster:
    """A citation as it stands in the text: one or more keys in one pair of brackets."""

    cites: tuple[Cite, ...]
    narrative: bool = False
    """`@a says`: the author is part of the sentence, outside brackets."""


@dataclass(frozen=True)
class Entry:
    """One entry of a bibliography."""

    key: str
    csl: Mapping[str, Any]
    """The item in CSL-JSON 1.0.2."""
    span: Span
    evidence: str = ""
    """The kind of evidence (`randomized trial`), empty where the bibliography does not say."""


@dataclass(frozen=True)
class Reference:
    """One line of the references page."""

    key: str
    number: int
    """1-based position on the references page."""
    xhtml: str
    """The formatted entry as XHTML phrasing content, DOI and PMID linked."""
    evidence: str = ""


@dataclass(frozen=True)
class Citations:
    """What the citation style made of an article's clusters."""

    marks: tuple[str, ...]
    """For each cluster, in order, XHTML phrasing content; each cite links to `#ref-KEY`."""
    references: tuple[Reference, ...]
    numeric: bool = True
    """Whether the style numbers its entries."""
    superscript: bool = False
    """Whether marks stand above the line, close to the word before: no space goes there."""


@dataclass(frozen=True)
class Person:
    """Someone who wrote, or an organisation that did."""

    name: str
    affiliation: str = ""
    orcid: str = ""
    role: str = ""


@dataclass(frozen=True)
class Matter:
    """The front matter of an article, read and validated."""

    title: str
    subtitle: str = ""
    authors: tuple[Person, ...] = ()
    date: Date | None = None
    lang: str = "en"
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    bibliography: tuple[str, ...] = ()
    csl: str = ""
    nocite: tuple[str, ...] = ()
    rights: str = ""
    topics: tuple[str, ...] = ()
    reviewed: Date | None = None
    sources_checked: Date | None = None
    next_review: Date | None = None
    reviewer: str = ""
    funding: str = ""
    conflicts: str = ""
    version: str = ""
    identifier: str = ""
    audience: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    """For each key that was given, its line in the file."""


@dataclass(frozen=True)
class Edition:
    """A form in which an article is printed."""

    name: str
    kind: EditionKind = "standard"
    page: str = ""
    """The sheet, as CSS Paged Media 3 (7.1) writes the `size` property. A booklet's pages are half
    of it. Empty in a project's configuration: the paper of the jurisdiction."""
    references: ReferencesPlace = "sheet"


@dataclass(frozen=True)
class Config:
    """makebook.toml, read and validated."""

    lang: str = "en-US"
    jurisdiction: str = ""
    address: str = ""
    csl: str = "american-medical-association"
    bibliography: tuple[str, ...] = ()
    formats: tuple[Format, ...] = ("pdf", "epub", "html")
    editions: tuple[Edition, ...] = ()
    known_editions: Mapping[str, Edition] = field(default_factory=dict)
    """Every edition that may be asked for by name, chosen or not."""
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Topic (or `*`) to the ids of the notices that an article on it must carry."""
    required_lines: Mapping[str, int] = field(default_factory=dict)
    max_age: Mapping[str, int] = field(default_factory=dict)
    """Days after which a `verified` or `reviewed` date is called stale."""
    terms: tuple[str, ...] = ()
    """Words that the readability figure leaves out."""


@dataclass(frozen=True)
class Data:
    """A table of words by locale: `source/disclaimers/NAME.toml`."""

    name: str
    file: str
    verified: Date | None
    locales: Mapping[str, Mapping[str, str]]
    line: int = 0
    """Where `verified` stands."""


@dataclass(frozen=True)
class Image:
    """A picture that an article or an imprint shows."""

    name: str
    """Its path as the article writes it, relative to the article's folder."""
    data: bytes
    media_type: str


@dataclass(frozen=True)
class Imprint:
    """A clinic's overlay: who hands the handout out, and in whose colours."""

    name: str
    """The file name without its ending: names the folder of the outputs."""
    file: str
    clinic: Mapping[str, str] = field(default_factory=dict)
    """`name`, `telephone`, `hours`, `address` (of the house), `web`; only those that are given."""
    contact: ContactBox = "filled"
    logo: Image | None = None
    logo_alt: str = ""
    colors: Mapping[str, str] = field(default_factory=dict)
    """Names of tokens without hyphens (`accent`, `tint`) to `#rrggbb`."""
    lang: str = ""
    jurisdiction: str = ""
    address: str = ""
    """Where the library of this imprint will stand on the web."""
    editions: tuple[Edition, ...] = ()
    """In place of the project's, where given."""
    notices: tuple[Notice, ...] = ()
    """Its own, beside those of the project."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """For each key that was given (`clinic.telephone`), its line in the file."""


@dataclass(frozen=True)
class Project:
    """All that stands in a project's folder, before any article is read."""

    root: Path
    config: Config
    articles: tuple[Path, ...]
    notice_files: tuple[Path, ...]
    data: tuple[Data, ...]
    imprint_files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Manuscript:
    """One article as its author wrote it, read and validated."""

    name: str
    """The file name without its ending: names the outputs."""
    file: str
    """Path relative to the project."""
    data: bytes
    text: str
    matter: Matter
    body: str
    """One `<body>` of clean XHTML; citations and words are still tokens (see markup)."""
    clusters: tuple[Cluster, ...]
    images: tuple[Image, ...]


@dataclass(frozen=True)
class Place:
    """Where a notice goes: `closing`, or `before:#benefits` for the section of that id."""

    kind: PlaceKind
    section: str = ""
    """With the kind `before`, the id of the section."""

    def __str__(self) -> str:
        return f"before:#{self.section}" if self.kind == "before" else self.kind


@dataclass(frozen=True)
class Notice:
    """The text of a disclaimer, and the rule that says where it goes."""

    id: str
    title: str
    file: str
    body: str
    """One `<body>` of clean XHTML."""
    places: tuple[Place, ...] = ()
    short: str = ""
    required: bool = True
    topics: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    verified: Date | None = None
    text: str = ""
    """The file as it was written, to find lines in."""
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Placement:
    """A notice that applies to an article: where it goes, and which rule asked for it."""

    notice: Notice
    place: Place
    """One of the notice's places, or `by hand`."""
    rule: str
    """In words: `topic off-label, jurisdiction US (off-label.en-US.md)`."""


@dataclass(frozen=True)
class Part:
    """One stretch of the finished work."""

    id: str
    kind: PartKind
    title: str
    xhtml: str
    """One `<section>` element; every block in it has an id."""
    place: Place | None = None
    """For a notice, where it was put."""


@dataclass(frozen=True)
class Due:
    """A date after which something wants a fresh look."""

    day: Date
    code: str
    span: Span
    message: str
    hint: str


@dataclass(frozen=True)
class Document:
    """The complete work, once, for all formats."""

    name: str
    matter: Matter
    direction: Direction
    labels: Mapping[str, str]
    """The program's own words, in the article's language."""
    parts: tuple[Part, ...]
    short: str
    """The short disclaimer of every page."""
    facts: tuple[str, ...]
    """Who answers for the text, and dates: finished lines for the title block."""
    stamp: str
    """Date, identifier, version and hash: the line that identifies a loose sheet."""
    address: str
    """Where the web page will stand; empty without one."""
    placements: tuple[Placement, ...]
    references: tuple[Reference, ...]
    images: tuple[Image, ...]
    source: tuple[str, bytes]
    """Name and bytes of the article, for the PDF to carry."""
    modified: str
    """The day of the text, as ISO 8601 in UTC: the only time that outputs carry."""
    hash: str
    """First 8 hexadecimal digits of the SHA-256 of all that stands above."""
    due: tuple[Due, ...] = ()
    imprint: Imprint | None = None
    contact: tuple[tuple[str, str], ...] = ()
    """The lines of the contact box: a label, and what fills it; empty for a line to write on."""


@dataclass(frozen=True)
class Measures:
    """Type as it stands on the pages of a finished PDF; sizes in points."""

    smallest: float
    body: float
    """0 where there is too little text to say."""
    leading: float
    """Distance of the lines of the body, as a multiple of its size."""
    characters: int
    """A full line of the body, its median; 0 where there are too few lines to say."""


@dataclass(frozen=True)
class Trail:
    """Where each page of an edition began, so that some of them can be laid out by themselves."""

    text: str
    """All that decided about the pages: styles, pictures, then the work in its order."""
    sheets: tuple[str, ...]
    anchors: tuple[tuple[str, ...], ...]
    """For each page, the ids of the blocks that begin on it, top to bottom."""
    starts: tuple[Any, ...]
    """For each page, what the layout must know to begin with it; then the same for the end."""
    strings: Mapping[str, Mapping[int, list[str]]]
    """CSS named strings: name to page number to values."""
    sizes: Mapping[str, Any]
    """Of the first page, for CSS units that are parts of it."""


@dataclass(frozen=True)
class Artifact:
    """A finished file, not yet published."""

    name: str
    """File name in `build/`."""
    format: Format
    data: bytes
    edition: str = ""
    pages: int = 0
    """Of an e-book, how many pages its page-list names."""
    part: FilePart = ""
    kind: EditionKind | Literal[""] = ""
    """Of a PDF, the kind of its edition."""
    page: str = ""
    """Of a PDF, its sheet."""
    measures: Measures | None = None
    trail: Trail | None = None


@dataclass(frozen=True)
class Download:
    """A finished file that a web page offers."""

    name: str
    """File name, beside the page."""
    format: Format
    size: int
    """Bytes."""
    edition: str = ""
    kind: EditionKind | Literal[""] = ""
    """Of a PDF, the kind of its edition."""
    page: str = ""
    """Of a PDF, the sheet it is printed on: `A4`, `Letter` or as CSS writes a size."""
    part: FilePart = ""
    pages: int = 0


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    root: Path
    output: Path
    today: Date
    """The clock's only use: to say that a review is due. It changes no byte."""
    articles: tuple[str, ...] = ()
    editions: tuple[str, ...] = ()
    imprints: tuple[str, ...] = ()
    """Names, or `all`; empty: without an imprint."""
    formats: tuple[Format, ...] = ()
    force: bool = False
    strict: bool = False
    preview: bool = False
    """Pictures of the pages, too."""
    jobs: int = 1


@dataclass(frozen=True)
class Built:
    """What became of one article."""

    name: str
    entry: ArticleEntry | None = None
    """Its entry in the manifest; None if it was not published."""
    problems: tuple[Problem, ...] = ()
    made: tuple[str, ...] = ()
    """The files that this run made anew."""
    imprint: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """For each file asked for, why it was made anew, or was not."""
    trails: Mapping[str, Trail] = field(default_factory=dict)
    """For each edition that was laid out by this run."""

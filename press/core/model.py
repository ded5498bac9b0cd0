"""The types that travel between the stages: frozen, named, without behavior.

In: nothing. Out: one dataclass for each thing that the stages pass on.
This module must not know any stage, nor any third-party library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date as Date  # noqa: N812 - a field is called date
from pathlib import Path
from typing import Any, Literal

from press.core.formats import EditionKind, FilePart, Format, Standard
from press.core.limits import NO_LIMITS, Limits
from press.core.manifest import ArticleEntry
from press.core.problems import Problem, Span
from press.core.records import dataclass

ReferencesPlace = Literal["auto", "inline", "sheet", "companion", "link"]
"""The place of an edition's references: below the text, on a last sheet, in a separate file, or on
the web; `auto` is below the text if a last sheet would cost a leaf."""
HERE: tuple[ReferencesPlace, ...] = ("auto", "inline", "sheet")
"""The places within the handout itself."""
ContactBox = Literal["filled", "lines"]
"""A contact box that is filled in, or has lines to write on."""
Direction = Literal["ltr", "rtl"]
PartKind = Literal["opening", "section", "notice", "references"]
"""A part of a work: the text before the first heading, a section, a notice, the references."""
Ground = Literal["own", "none", "dark-ink", "mixed"]
"""The background of a picture: its own, or none, which shows the page. On a dark page, `dark-ink`
is inverted, and `mixed`, which has both dark and light parts, gets a gray background."""
CRISIS = ("notice-crisis", "notice-emergency")
"""The ids of the parts that say where to call; ids are in English in every language."""
StandingKind = Literal["retracted", "retraction", "concern", "corrected", "correction", "comment"]
"""`retraction` and `correction`: the work is itself the notice that retracts or corrects another.
`concern`: its journal has published an expression of concern. `comment`: others have commented."""
PlaceKind = Literal["opening", "every-page", "before", "before-references", "closing", "by hand"]


@dataclass(frozen=True)
class Cite:
    """One key inside a citation, as Pandoc's syntax writes it."""

    key: str
    prefix: str = ""
    """Words before the key: `see` in `[see @a]`."""
    locator: str = ""
    """The place in the work: `4` in `[@a, p. 4]`."""
    label: str = ""
    """The unit of the locator, in CSL terms (`page`, `chapter`, ...); empty without a locator."""
    suffix: str = ""
    """Words after the locator."""
    suppress_author: bool = False
    """`[-@a]`: the text already names the author."""


@dataclass(frozen=True)
class Cluster:
    """A citation as written in the text: one or more keys in one pair of brackets."""

    cites: tuple[Cite, ...]
    narrative: bool = False
    """`@a says`: the author is part of the sentence, outside brackets."""


@dataclass(frozen=True)
class Standing:
    """What an entry says of its own work: that it was retracted, or that a part was corrected."""

    kind: StandingKind
    notice: str = ""
    """Where that is published, in the words of the bibliography; may be empty."""


@dataclass(frozen=True)
class Entry:
    """One entry of a bibliography."""

    key: str
    csl: Mapping[str, Any]
    """The item in CSL-JSON 1.0.2."""
    span: Span
    evidence: str = ""
    """The kind of evidence (`randomized trial`); empty if the bibliography does not say."""
    standing: Standing | None = None
    unread: tuple[str, ...] = ()
    """The parts of the entry in its file that no reference has, such as keywords."""
    also: tuple[str, ...] = ()
    """Other keys by which an article may cite the entry."""


@dataclass(frozen=True)
class Reference:
    """One line of the references page."""

    key: str
    number: int
    """1-based position on the references page."""
    xhtml: str
    """The formatted entry as XHTML phrasing content, DOI and PMID linked."""
    evidence: str = ""
    work: str = ""
    """What identifies the work in every style: its DOI, PMID, or own data (`works.work_of`)."""
    standing: Standing | None = None


@dataclass(frozen=True)
class Citations:
    """The clusters and references of an article, as the citation style formats them."""

    marks: tuple[str, ...]
    """For each cluster, in order, XHTML phrasing content; each cite links to `#ref-KEY`."""
    references: tuple[Reference, ...]
    numeric: bool = True
    """The style numbers its entries."""
    superscript: bool = False
    """The marks are raised and follow the word without a space."""


@dataclass(frozen=True)
class Person:
    """An author: a person or an organization."""

    name: str
    affiliation: str = ""
    orcid: str = ""
    role: str = ""
    email: str = ""
    """Given only for an author who answers letters."""
    corresponding: bool = False
    equal: bool = False
    """Contributed as much as the others who are marked so."""


@dataclass(frozen=True)
class Origin:
    """Where the values of front matter come from, and which ones could not be read."""

    spans: Mapping[str, Span] = field(default_factory=dict)
    """The location of each given key: in the article, or in makebook.toml for a default."""
    wrong: frozenset[str] = frozenset()
    """The keys whose value is an error; it has been reported."""
    unread: Mapping[str, Span] = field(default_factory=dict)
    """The keys that have no value because of a line for which there is a warning."""


@dataclass(frozen=True)
class Defaults:
    """The table `[article]` of makebook.toml: values for articles that do not give their own."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """As YAML would give them: texts, lists, and mappings."""
    spans: Mapping[str, Span] = field(default_factory=dict)
    wrong: frozenset[str] = frozenset()


Status = Literal["", "draft", "withdrawn"]
"""The status of an article; empty for one that is published."""


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
    short: tuple[str, ...] = ()
    """Ids of what belongs on the sheet of one leaf, besides what is marked."""
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
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Codes of what it is about, by system: `icd10`, `icd10cm`, `snomed`, `rxnorm`."""
    status: Status = ""
    withdrawn_because: str = ""
    """Why readers of an old sheet should no longer use it."""
    origin: Origin = Origin()


@dataclass(frozen=True)
class Edition:
    """A form in which an article is printed."""

    name: str
    kind: EditionKind = "standard"
    page: str = ""
    """The sheet, as the CSS property `size` (CSS Paged Media 3, 7.1). The pages of a booklet are
    half of it. If empty in a configuration, it is the paper of the main edition or, for a sheet and
    without one, of the jurisdiction (`project.effective`)."""
    references: ReferencesPlace = "auto"
    standard: Standard = "a-3a+ua-1"


@dataclass(frozen=True)
class Group:
    """A table `[groups.NAME]` of makebook.toml: some articles, and what is built of them."""

    name: str
    articles: tuple[str, ...] = ()
    """Patterns of names; `*` is any text. An article with one of them is in the group."""
    topics: tuple[str, ...] = ()
    """An article with one of them is in the group as well."""
    editions: tuple[Edition, ...] = ()
    """Used instead of the project's editions, if given."""
    formats: tuple[Format, ...] = ()
    """The same for formats."""
    imprints: tuple[str, ...] = ()
    """Names, or `all`: its articles are also built for these."""


@dataclass(frozen=True)
class Config:
    """makebook.toml, read and validated."""

    lang: str = "en-US"
    jurisdiction: str = ""
    address: str = ""
    csl: str = "american-medical-association"
    bibliography: tuple[str, ...] = ()
    formats: tuple[Format, ...] = ("pdf", "epub", "html")
    of_others: tuple[Format, ...] = ("pdf", "epub", "html")
    """The formats of an article in no group."""
    editions: tuple[Edition, ...] = ()
    known_editions: Mapping[str, Edition] = field(default_factory=dict)
    """Every edition that can be requested by name, selected or not."""
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Topic (or `*`) to the ids of the notices that an article on it must carry."""
    required_lines: Mapping[str, int] = field(default_factory=dict)
    article: Defaults = Defaults()
    max_age: Mapping[str, int] = field(default_factory=dict)
    """Days after which a `verified` or `reviewed` date is stale."""
    terms: tuple[str, ...] = ()
    """Words and phrases that the SMOG grade does not count as hard words."""
    limits: Limits = NO_LIMITS
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Collection:
    """`[collections.NAME]` of makebook.toml: articles to bind in one PDF and one EPUB."""

    name: str
    """The base name of the outputs."""
    title: str
    span: Span
    articles: tuple[Path, ...] = ()
    """In reading order."""
    places: tuple[Span, ...] = ()
    """Where each is listed."""
    withdrawn: tuple[str, ...] = ()
    """Names of listed articles that are withdrawn."""
    problems: tuple[Problem, ...] = ()
    """If one is an error, the collection is not built; articles and others are."""


@dataclass(frozen=True)
class Bound:
    """What identifies an article that is bound in a collection."""

    name: str
    title: str
    identifier: str
    version: str
    hash: str
    """That of the handout by itself."""
    date: str
    """The day of its text, as ISO 8601; empty without any date."""
    source: tuple[str, bytes]
    """Name and bytes of the article, which the PDF embeds."""


@dataclass(frozen=True)
class Data:
    """A table of words by locale: `source/disclaimers/NAME.toml`."""

    name: str
    file: str
    verified: Date | None
    locales: Mapping[str, Mapping[str, str]]
    line: int = 0
    """The line of `verified`."""


@dataclass(frozen=True)
class Image:
    """A picture that an article or an imprint shows."""

    name: str
    """Its path relative to the article's folder, in Unicode's form C, as `src` in the tree."""
    data: bytes
    """As every format can show it, converted once if the file is of another kind."""
    media_type: str
    ground: Ground = "own"
    file: str = ""
    """Its path on the disk, relative to the article's folder; the system may spell it otherwise."""
    original: str = ""
    """The SHA-256 of the file, if `data` was converted from it."""
    origin: str = ""
    """The web address that `makebook fetch` brought it from."""


@dataclass(frozen=True)
class Linked:
    """A file of the project that an article links to, and that is published next to it."""

    name: str
    """Its path in the output folder: `files/form.pdf`, `files/ward/plan.pdf`."""
    file: str
    """Its path relative to the project."""
    size: int
    """Size in bytes."""
    sha256: str


@dataclass(frozen=True)
class Imprint:
    """A clinic's overlay: who distributes the handout, and in which colors."""

    name: str
    """The file name without its extension, and the name of the output folder."""
    file: str
    clinic: Mapping[str, str] = field(default_factory=dict)
    """`name`, `telephone`, `hours`, `address` (of the building), `web`; only those given."""
    contact: ContactBox = "filled"
    logo: Image | None = None
    logo_alt: str = ""
    colors: Mapping[str, str] = field(default_factory=dict)
    """Names of tokens without hyphens (`accent`, `tint`) to `#rrggbb`."""
    lang: str = ""
    jurisdiction: str = ""
    address: str = ""
    """The web address of this imprint's library."""
    editions: tuple[Edition, ...] = ()
    """Used instead of the project's editions, if given."""
    notices: tuple[Notice, ...] = ()
    """The imprint's notices, in addition to those of the project."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each given key (`clinic.telephone`) in the file."""


@dataclass(frozen=True)
class Withdrawn:
    """An article that is no longer built."""

    path: Path
    matter: Matter
    problems: tuple[Problem, ...] = ()
    """Those of its front matter, which stop no other article."""


@dataclass(frozen=True)
class Project:
    """The contents of a project's folder, before any article is read."""

    root: Path
    config: Config
    articles: tuple[Path, ...]
    notice_files: tuple[Path, ...]
    data: tuple[Data, ...]
    imprint_files: tuple[Path, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
    """Articles that are no longer built; they are not among `articles`."""
    collections: tuple[Collection, ...] = ()
    misnamed: tuple[Problem, ...] = ()
    """Those of articles that are not read because of their names: TXT002."""


@dataclass(frozen=True)
class NoticeLink:
    """A link to a notice of another article; which notices that has is known only later."""

    article: str
    """The name of the other article."""
    notice: str
    """The id of the part: `notice-crisis`."""
    span: Span


@dataclass(frozen=True)
class Manuscript:
    """One article as its author wrote it, read and validated."""

    name: str
    """The path below `source/` without its ending, and the base name of the outputs."""
    file: str
    """Path relative to the project."""
    data: bytes
    text: str
    matter: Matter
    body: str
    """One `<body>` of clean XHTML; citations and placeholders are still tokens (see `trees`)."""
    clusters: tuple[Cluster, ...]
    images: tuple[Image, ...]
    linked: tuple[Linked, ...] = ()
    to_notices: tuple[NoticeLink, ...] = ()


@dataclass(frozen=True)
class Place:
    """The place of a notice: `closing`, or `before:#benefits` for the section with that id."""

    kind: PlaceKind
    section: str = ""
    """For the kind `before`, the id of the section."""

    def __str__(self) -> str:
        return f"before:#{self.section}" if self.kind == "before" else self.kind


@dataclass(frozen=True)
class Notice:
    """The text of a disclaimer, and the rule for its place."""

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
    """The content of the file, to find the lines of its parts."""
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Placement:
    """A notice that applies to an article, with its place and the rule that requires it."""

    notice: Notice
    place: Place
    """One of the notice's places, or `by hand`."""
    rule: str
    """The rule in words: `topic off-label, jurisdiction US`."""


@dataclass(frozen=True)
class Part:
    """One section of the finished work."""

    id: str
    kind: PartKind
    title: str
    xhtml: str
    """One `<section>` element; every block in it has an id."""
    place: Place | None = None
    """The place of a notice."""


@dataclass(frozen=True)
class Due:
    """A date after which something must be reviewed again."""

    day: Date
    code: str
    span: Span
    message: str
    hint: str


@dataclass(frozen=True)
class Face:
    """A font for characters that the text fonts lack."""

    family: str
    path: Path
    index: int = 0
    """Its number in a collection."""
    weight: int = 400
    italic: bool = False
    sha256: str = ""
    """The hash of its file, if it is one of this system; empty for one of the styles."""


@dataclass(frozen=True)
class Document:
    """The complete work, once, for all formats."""

    name: str
    matter: Matter
    direction: Direction
    labels: Mapping[str, str]
    """Words that the program adds, in the article's language."""
    parts: tuple[Part, ...]
    short: str
    """The short disclaimer of every page."""
    facts: tuple[str, ...]
    """Lines for the title block: who is responsible for the text, and dates."""
    stamp: str
    """Date, identifier, version, and hash: the line that identifies a loose sheet."""
    address: str
    """The address of the web page; empty if it has none."""
    placements: tuple[Placement, ...]
    references: tuple[Reference, ...]
    images: tuple[Image, ...]
    source: tuple[str, bytes]
    """File name and bytes of the article, which the PDF embeds."""
    modified: str
    """The day of the text, as ISO 8601 in UTC; the only time in the outputs.

    Without any date it is the first day that an archive can store, which no reader is shown.
    """
    hash: str
    """First 8 hexadecimal digits of the SHA-256 of the words (`identity.content_hash`)."""
    due: tuple[Due, ...] = ()
    imprint: Imprint | None = None
    contact: tuple[tuple[str, str], ...] = ()
    """The lines of the contact box: a label and its text, which is empty for a line to write on."""
    dated: bool = True
    """`modified` is a day that the author or SOURCE_DATE_EPOCH gives."""
    linked: tuple[Linked, ...] = ()
    faces: tuple[Face, ...] = ()
    """The faces for characters that the text fonts lack."""
    clusters: tuple[Cluster, ...] = ()
    """The citations as written; the one with the id `cite-1` is the first."""
    bound: tuple[Bound, ...] = ()
    """For a collection, its articles; `source` is then all of theirs in one."""
    above: str = ""
    """The address of the project's library, if the imprint has another one."""


@dataclass(frozen=True)
class Measures:
    """Type measured on the pages of a finished PDF; sizes in points."""

    smallest: float
    body: float
    """The size of paragraphs and list items; 0 without any."""
    leading: float
    """Line spacing of the body, as a multiple of its type size."""
    characters: int
    """Median of a full line of the body; 0 if there are too few lines to measure."""


@dataclass(frozen=True)
class Move:
    """A figure or table printed after a block that is written after it."""

    id: str
    after: str
    """The id of that block, which has the same parent or is in the next section."""


@dataclass(frozen=True)
class Trail:
    """The start of each page of an edition, so that single pages can be laid out again."""

    text: str
    """Everything that determines the pages: styles, images, and then the work in its order."""
    sheets: tuple[str, ...]
    anchors: tuple[tuple[str, ...], ...]
    """For each page, the ids of the blocks that begin on it, top to bottom."""
    starts: tuple[Any, ...]
    """For each page, the state with which the layout begins it; then the state at the end."""
    strings: Mapping[str, Mapping[int, list[str]]]
    """CSS named strings: name to page number to values."""
    sizes: Mapping[str, Any]
    """Sizes of the first page, for CSS units relative to it."""
    lists: frozenset[str] = frozenset()
    """The ids of tables printed as lists, because they are too wide."""
    moves: tuple[Move, ...] = ()
    """Figures and tables that are printed later in their section than they are written."""
    rules: tuple[str, ...] = ()
    """Style sheets with the page breaks that fill the pages after them."""


@dataclass(frozen=True)
class Attached:
    """A file embedded in a PDF."""

    name: str
    data: bytes
    relationship: Literal["Source", "Alternative", "Data"]
    """Its relationship to the handout (`AFRelationship`; ISO 32000-2, 7.11.3)."""


@dataclass(frozen=True)
class Artifact:
    """A finished file, not yet published."""

    name: str
    """Its path in the output folder."""
    format: Format
    data: bytes
    edition: str = ""
    pages: int = 0
    """For an e-book, the number of pages in its page-list."""
    part: FilePart = ""
    kind: EditionKind | Literal[""] = ""
    """For a PDF, the kind of its edition."""
    page: str = ""
    """For a PDF, its sheet."""
    standard: Standard | Literal[""] = ""
    """For a PDF, what it claims to conform to; empty for a booklet."""
    measures: Measures | None = None
    notes: tuple[str, ...] = ()
    """For a PDF, what the summary says of its tables and pages."""
    emptiest: tuple[int, int] = (0, 0)
    """For a PDF, the page with the least on it, from 1, and how full it is, in percent."""
    trail: Trail | None = None


@dataclass(frozen=True)
class Enclosed:
    """A handout in a packet: a finished PDF, as it was published."""

    name: str
    title: str
    lang: str
    stamp: str
    """The line at the foot of its pages."""
    pages: int
    data: bytes
    identity: bytes
    """Its `identity.json`."""


@dataclass(frozen=True)
class Packet:
    """The handouts that a patient takes home, with a cover sheet."""

    lang: str
    """The language of the cover sheet."""
    handouts: tuple[Enclosed, ...]
    edition: Edition
    note: str = ""
    """Lines for the patient. They can be personal data, and are on the cover sheet only."""
    imprint: Imprint | None = None


@dataclass(frozen=True)
class Download:
    """A finished file that a web page offers."""

    name: str
    """File name, in the same folder as the page."""
    format: Format
    size: int
    """Size in bytes."""
    edition: str = ""
    kind: EditionKind | Literal[""] = ""
    """For a PDF, the kind of its edition."""
    page: str = ""
    """For a PDF, the sheet that it is printed on: `A4`, `Letter`, or a size as in CSS."""
    part: FilePart = ""
    pages: int = 0


@dataclass(frozen=True)
class Request:
    """A request from the command line."""

    root: Path
    output: Path
    today: Date
    """Used only to report that a review is due; it does not change the outputs."""
    articles: tuple[str, ...] = ()
    editions: tuple[str, ...] = ()
    imprints: tuple[str, ...] = ()
    """Names, or `all`; if empty, the build is without an imprint."""
    formats: tuple[Format, ...] = ()
    force: bool = False
    strict: bool = False
    preview: bool = False
    """Also write pictures of the pages."""
    drafts: bool = False
    """List drafts in the library as well."""
    group: str = ""
    """The name of a group, to which the build is limited."""
    matrix: bool = False
    """Without imprints asked for, build also for those of the groups."""
    jobs: int = 1
    limits: Limits = NO_LIMITS
    cache: Path | None = None
    """The folder that machines share; None: the build uses none."""
    scheduler: str = ""
    """The address of the Dask scheduler whose workers build; empty: this machine builds."""


@dataclass(frozen=True)
class Built:
    """The result of building one article."""

    name: str
    entry: ArticleEntry | None = None
    """Its entry in the manifest; None if it was not published."""
    problems: tuple[Problem, ...] = ()
    made: tuple[str, ...] = ()
    """The files that this run built."""
    imprint: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """For each requested file, why it was built or not."""
    trails: Mapping[str, Trail] = field(default_factory=dict)
    """The trail of each edition that this run laid out."""
    outdated: frozenset[str] = frozenset()
    """Sheets that this run was not asked for, and that its changes make out of date."""

"""The contents of `manifest.json`: for each article its files, their inputs, and due dates.

A run appends what it publishes to a journal, a line of JSON for each article, and writes it into
the manifest once, at its end; after a kill the journal is still there, and is read as well.

In: an output folder. Out: its manifest, typed. `diff` has a separate reader for manifests of any
version (`currency.snapshots`). This module must not know how files are made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path, PurePath
from types import UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    TypedDict,
    Union,
    cast,
    final,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from press.core import gate
from press.core.files import INDEX, JOURNAL, MANIFEST, is_name
from press.core.formats import EditionKind, FilePart, Format, Standard


class MeasuresEntry(TypedDict, total=False):
    """Type measured on the pages of a PDF, as in `model.Measures`; empty for other files."""

    smallest: float
    body: float
    leading: float
    characters: int


class _FileFacts(TypedDict):
    """What every published file has."""

    format: Format
    edition: str
    part: FilePart
    kind: EditionKind | Literal[""]
    page: str
    standard: NotRequired[Standard | Literal[""]]
    """What a PDF claims to conform to; absent in older manifests."""
    pages: int
    measures: MeasuresEntry
    bytes: int
    sha256: str
    inputs: Mapping[str, str]
    """Everything that determines its bytes: names to digests. In the file, those that many outputs
    share are named by `shared`; `inputs_of` returns all."""
    key: str
    """The hash of what its article depended on when the file was last found current."""


class FileEntry(_FileFacts, total=False):
    """One published file."""

    notes: list[str]
    """What the summary of a build says of its tables and pages."""
    emptiest: list[int]
    """The page with the least on it, and how full it is, in percent."""
    outdated: bool
    """A sheet that was not asked for when its article changed: no page offers it."""
    cover: str
    """The hash of what the cover of an e-book was drawn from."""


class NoticeEntry(TypedDict):
    """A notice that an article contains."""

    id: str
    file: str
    place: str
    rule: str


class ProblemEntry(TypedDict):
    """A warning, kept so that it can be repeated as long as nothing changes."""

    code: str
    place: tuple[str, int, int]
    """Path, line, column."""
    message: str
    hint: str


class DueEntry(ProblemEntry):
    """A warning that applies from a certain day."""

    day: str
    """The first day, as ISO 8601."""


class LinkedEntry(TypedDict):
    """A file of the project that was published because an article links to it."""

    file: str
    """Its path in the project."""
    bytes: int
    sha256: str


class _ArticleFacts(TypedDict):
    """What every published article has."""

    title: str
    subtitle: str
    abstract: str
    keywords: list[str]
    date: str
    facts: list[str]
    stamp: str
    identifier: str
    version: str
    lang: str
    hash: str
    identity: Mapping[str, Any]
    """As in the `identity.json` of each PDF and e-book; format 1."""
    sources: Mapping[str, str]
    """Path in the project to SHA-256."""
    notices: list[NoticeEntry]
    formats: list[Format]
    editions: list[str]
    outputs: list[str]
    """All files that the project builds from it, requested or not."""
    files: Mapping[str, FileEntry]
    warnings: list[ProblemEntry]
    due: list[DueEntry]


@final
class ArticleEntry(_ArticleFacts, total=False):
    """One article and its published files."""

    linked: Mapping[str, LinkedEntry]
    """The files that it links to, by their names in the output folder."""
    pictures: Mapping[str, str]
    """The web address of each picture that was fetched."""
    fonts: Mapping[str, str]
    """Fonts of the system that it uses: name to SHA-256."""
    vocabulary: str
    """Its words, for the search of the library; absent in older manifests."""
    authors: list[str]
    """Their names; absent in older manifests, as are topics and codes."""
    topics: list[str]
    codes: Mapping[str, list[str]]
    """Codes of what it is about, by system: `icd10`, `icd10cm`, `snomed`, `rxnorm`."""
    parts: list[str]
    """For a collection, the names of its articles; absent for an article."""
    status: Literal["draft"]
    """Absent for a handout that is published."""
    bibliography: list[str]
    """The sources of which only the entries count that it cites."""
    cites: list[str]
    """The keys that it cites."""
    cited: str
    """The hash of those entries, and of what was said of their files."""
    shown: str
    """The hash of what a library may show of it."""
    mentioned: list[str]
    """The keys that its text seems to cite, for other articles."""
    bibliographies: list[str]
    """Those that its front matter names, as it does."""
    mentions: str
    """The hash of what all articles cited when its warnings were written."""
    project: str
    """The hash of the files that are checked once for all articles, and of their problems."""
    found: str


class CoverEntry(TypedDict):
    """A small cover on the library page."""

    sha256: str
    of: str
    """The hash of what the cover of its e-book was drawn from; the e-book's own if it is unknown.
    """


@final
class WithdrawnEntry(TypedDict):
    """What is withdrawn, and answers the line of an old sheet: an article, or a collection."""

    title: str
    identifier: str
    because: str
    hashes: list[str]
    """Those of its builds in this folder, as far as they are known."""
    place: tuple[str, int, int]
    """Path, line, and column of its status."""
    source: NotRequired[str]
    """The SHA-256 of its file, unless there is a problem in it; absent in older manifests."""
    parts: NotRequired[list[str]]
    """The articles of a collection that are withdrawn."""


@final
class RecalledEntry(TypedDict):
    """A work that was withdrawn, and has no article any more or is made of another text."""

    name: str
    title: str
    identifier: str
    because: str
    hashes: list[str]
    """The codes that stay withdrawn."""


Shelved = ArticleEntry | WithdrawnEntry | RecalledEntry
"""What a library shows, or answers only."""


class LibraryEntry(TypedDict):
    """The library page."""

    sha256: str
    key: str
    """Hash of everything that determines its bytes."""
    of: str
    """Hash of the entries that it lists."""
    beside: NotRequired[dict[str, str]]
    """The SHA-256 of the files that list the same for programs; absent in older manifests."""
    covers: NotRequired[Mapping[str, CoverEntry]]
    """The covers beside it, by their names in the output folder."""


class Manifest(TypedDict):
    """The whole file."""

    versions: Mapping[str, str]
    articles: dict[str, ArticleEntry]
    order: list[str]
    """The articles in the order of the project."""
    left: NotRequired[dict[str, str]]
    """Files that are no longer built, with their SHA-256."""
    library: NotRequired[LibraryEntry]
    withdrawn: NotRequired[dict[str, WithdrawnEntry]]
    """Articles that are no longer built, by name."""
    recalled: NotRequired[list[RecalledEntry]]
    """What was withdrawn in earlier builds, and is not in `withdrawn` any more."""
    shared: NotRequired[dict[str, Mapping[str, str]]]
    """Inputs that many files have, by their hash."""


class Record(TypedDict):
    """A line of the journal: an article that was published."""

    name: str
    entry: ArticleEntry
    left: dict[str, str]
    """Files that it no longer has, with their SHA-256."""
    versions: Mapping[str, str]
    recalled: NotRequired[list[RecalledEntry]]
    """That of the manifest, when this is a collection; its earlier entry may be one of them."""


def linked_of(entry: ArticleEntry) -> Mapping[str, LinkedEntry]:
    """Return the files that an article links to; most link to none."""
    return entry.get("linked", {})


def shelved(manifest: Manifest, *, drafts: bool = False) -> dict[str, Shelved]:
    """Return what a library shows or answers: handouts, and withdrawn ones; drafts if asked for.

    A recalled one is under a name that no article can have, and has no identifier of another.
    """
    articles, withdrawn = manifest["articles"], manifest.get("withdrawn", {})
    shown = {name: e for name, e in articles.items() if drafts or e.get("status") != "draft"}
    used = {entry["identifier"] for entry in (*articles.values(), *withdrawn.values())}
    old: dict[str, Shelved] = {
        f"/{number}": {**entry, "identifier": ""} if entry["identifier"] in used else entry
        for number, entry in enumerate(lapsed(manifest))
    }
    return {**shown, **withdrawn, **old}


def lapsed(manifest: Manifest) -> list[RecalledEntry]:
    """Return what was withdrawn in earlier builds, without the codes of what is published now."""
    now = {code for entry in manifest["articles"].values() for code in codes_of(entry)}
    every = manifest.get("recalled", [])
    left = [(entry, [code for code in entry["hashes"] if code not in now]) for entry in every]
    return [{**entry, "hashes": codes} for entry, codes in left if codes]


def reasons(gone: Iterable[tuple[str, str]]) -> str:
    """Return why a collection is withdrawn: title and reason of each of its withdrawn articles."""
    return "; ".join(f"{title}: {because}" for title, because in gone)


def codes_of(entry: ArticleEntry) -> list[str]:
    """Return the codes of a handout: today's, and that of an earlier kind for the same text."""
    return [code for code in (entry["hash"], entry["identity"].get("earlier", "")) if code]


def recalled(manifest: Manifest) -> list[RecalledEntry]:
    """Return everything that is or was withdrawn, with its codes."""
    now: list[RecalledEntry] = [
        {
            "name": name,
            "title": entry["title"],
            "identifier": entry["identifier"],
            "because": entry["because"],
            "hashes": entry["hashes"],
        }
        for name, entry in manifest.get("withdrawn", {}).items()
    ]
    return [*now, *lapsed(manifest)]


def without_files(manifest: Manifest) -> Manifest | None:
    """Return only what a manifest says of withdrawn works; None if it says nothing of any."""
    kept = _empty()
    if withdrawn := manifest.get("withdrawn"):
        kept["withdrawn"] = withdrawn
    if old := manifest.get("recalled"):
        kept["recalled"] = old
    return kept if withdrawn or old else None


def inputs_of(manifest: Manifest, facts: FileEntry) -> dict[str, str]:
    """Return all inputs of a file, those that it shares with others as well."""
    own = dict(facts["inputs"])
    shared = manifest.get("shared", {}).get(own.pop("shared", ""), {})
    return {**shared, **own}


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the last build; an empty one if it is missing or damaged.

    It includes what the journal of a killed run tells.
    """
    manifest = _sound(folder) or _empty()
    for record in _journal(folder):
        add(manifest, record)
    return manifest


def is_damaged(folder: Path) -> bool:
    """Say if there is a manifest that `read_manifest` has to take for an empty one."""
    return (folder / MANIFEST).is_file() and _sound(folder) is None


def _sound(folder: Path) -> Manifest | None:
    """Return the manifest, without the journal; None if it is missing or damaged."""
    content = _read(folder / MANIFEST)
    sound = _fits(Manifest)(content) and _is_sound(content)
    return cast(Manifest, content) if sound else None


def _empty() -> Manifest:
    return {"versions": {}, "articles": {}, "order": []}


def add(manifest: Manifest, record: Record) -> None:
    """Add a published article to a manifest."""
    manifest["articles"][record["name"]] = record["entry"]
    manifest["versions"] = record["versions"]
    if record["name"] not in manifest["order"]:
        manifest["order"].append(record["name"])
    if record["left"]:
        manifest["left"] = {**manifest.get("left", {}), **record["left"]}
    if "recalled" in record:
        manifest["recalled"] = record["recalled"]


def _journal(folder: Path) -> Iterator[Record]:
    """Yield what the journal tells; a line that a kill cut short is passed over."""
    path = folder / JOURNAL
    if path.is_symlink():
        return
    try:
        lines = gate.read(path, "manifest", anywhere=True).split(b"\n")
    except (OSError, ValueError):
        return
    for line in lines:
        if record := record_of(line):
            yield record


def record_of(line: bytes) -> Record | None:
    """Return a record from its JSON; None if it is damaged or names a file outside its folder."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not _fits(Record)(record):
        return None
    articles = {record["name"]: record["entry"]}
    sound = _is_sound({**_empty(), "articles": articles, "left": record["left"]})
    return cast(Record, record) if sound else None


def _read(path: Path) -> Any:
    """Return the value in a file of JSON; None if it cannot be read."""
    try:
        return json.loads(gate.read(path, "manifest", anywhere=True))
    except (OSError, ValueError, RecursionError):
        return None


def _is_sound(manifest: Manifest) -> bool:
    """Return whether all names are of files in the output folder, and all days are dates."""
    entries = manifest["articles"].values()
    names = {name for e in entries for name in (*e["files"], *linked_of(e))}
    try:
        for due in (due for entry in entries for due in entry["due"]):
            date.fromisoformat(due["day"])
    except ValueError:
        return False
    library = manifest.get("library", {})
    names |= {*manifest["articles"], *manifest.get("left", {})}
    names |= {*library.get("covers", {}), *library.get("beside", {})}
    return all(map(_is_inside, names))


def _is_inside(name: str) -> bool:
    """Return whether a name leads to a file below the folder in which it is looked up."""
    path = PurePath(name)
    return is_name(name) and bool(path.parts) and not path.anchor and ".." not in path.parts


@cache
def _fits(kind: Any) -> Callable[[Any], bool]:
    """Return what says whether a value from JSON has a type of this module, with all within it."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        return _fits_typed(kind)
    if origin is list:
        each = _fits(inner[0])
        return lambda value: isinstance(value, list) and all(map(each, value))
    if origin is tuple:
        ones = [_fits(one) for one in inner]
        return lambda value: (
            isinstance(value, list)
            and len(value) == len(ones)
            and all(fits(part) for fits, part in zip(ones, value, strict=True))
        )
    if origin in (dict, Mapping):
        inside = _fits(inner[1])
        return lambda value: isinstance(value, dict) and all(map(inside, value.values()))
    if origin is Literal:
        return lambda value: isinstance(value, str) and value in inner
    if origin in (Union, UnionType):
        some = [_fits(one) for one in inner]
        return lambda value: any(fits(value) for fits in some)
    return _fits_plain(kind)


def _fits_plain(kind: Any) -> Callable[[Any], bool]:
    if kind is Any:
        return lambda _: True
    if kind in (int, float):
        numbers = (int, float) if kind is float else int
        return lambda value: isinstance(value, numbers) and not isinstance(value, bool)
    return lambda value: isinstance(value, kind)


def _fits_typed(kind: Any) -> Callable[[Any], bool]:
    hints, required = _keys(kind)
    fits = {key: _fits(hint) for key, hint in hints.items()}
    return lambda value: (
        isinstance(value, dict)
        and value.keys() >= required
        and all(fits[key](part) for key, part in value.items() if key in fits)
    )


@cache
def _keys(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the types of a typed dictionary, and its required keys.

    Python sees no `NotRequired` in annotations that it has not evaluated.
    """
    every = get_type_hints(kind, include_extras=True)
    optional = {key for key, type_ in every.items() if get_origin(type_) is NotRequired}
    return get_type_hints(kind), frozenset(kind.__required_keys__ - optional)


def manifests(output: Path) -> list[Path]:
    """Return where the manifests of an output folder and of its imprints' folders are."""
    return [output / MANIFEST, *sorted(output.glob(f"*/{MANIFEST}"))]


def published_hashes(folder: Path) -> dict[str, str] | None:
    """Return the names and SHA-256 of all files published in a folder.

    Returns None if makebook left no manifest there. A manifest of an earlier version counts too,
    because only names and hashes are read. A link in place of the manifest does not count.
    """
    path = folder / MANIFEST
    if path.is_symlink():
        return None
    manifest = _read(path)
    try:
        records = list(_journal(folder))
        if records and not path.exists():  # the first run was killed
            manifest = _empty()
        entries = [*manifest["articles"].values(), *(record["entry"] for record in records)]
        every = [(n, f) for e in entries for n, f in (*e["files"].items(), *linked_of(e).items())]
        files = {name: str(facts["sha256"]) for name, facts in every}
        library = manifest.get("library") or {}
        index = {INDEX: str(library["sha256"])} if "sha256" in library else {}
        index |= {name: str(sha) for name, sha in (library.get("beside") or {}).items()}
        covers = (library.get("covers") or {}).items()
        index |= {name: str(facts["sha256"]) for name, facts in covers}
        left = {name: str(sha) for name, sha in (manifest.get("left") or {}).items()}
        left |= {name: sha for record in records for name, sha in record["left"].items()}
        ours = isinstance(manifest["versions"], dict)
    except (AttributeError, KeyError, TypeError):
        return None
    found = {**left, **files, **index}
    return found if ours and all(map(_is_inside, found)) else None

"""The contents of `manifest.json`: for each article its files, their inputs, and due dates.

In: an output folder. Out: its manifest, typed. `diff` has a separate reader for manifests of any
version (`currency.snapshots`). This module must not know how files are made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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
from press.core.files import INDEX, MANIFEST, is_name
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
    """Everything that determines its bytes: names to digests."""
    key: str
    """The hash of the whole project when the file was last found current."""


class FileEntry(_FileFacts, total=False):
    """One published file."""

    notes: list[str]
    """What the summary of a build says of its tables and pages."""
    emptiest: list[int]
    """The page with the least on it, and how full it is, in percent."""
    outdated: bool
    """A sheet that was not asked for when its article changed: no page offers it."""


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
    """As in the `identity.json` of each PDF; format 1."""
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
    """Codes of what it is about, by system: `icd10`, `snomed`, `rxnorm`."""
    status: Literal["draft"]
    """Absent for a handout that is published."""


@final
class WithdrawnEntry(TypedDict):
    """An article that is withdrawn: what answers the line of an old sheet."""

    title: str
    identifier: str
    because: str
    hashes: list[str]
    """Those of its builds in this folder, as far as they are known."""
    place: tuple[str, int, int]
    """Path, line, and column of its status."""


class LibraryEntry(TypedDict):
    """The library page."""

    sha256: str
    key: str
    """Hash of everything that determines its bytes."""
    of: str
    """Hash of the entries that it lists."""
    beside: NotRequired[dict[str, str]]
    """The SHA-256 of the files that list the same for programs; absent in older manifests."""


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


def linked_of(entry: ArticleEntry) -> Mapping[str, LinkedEntry]:
    """Return the files that an article links to; most link to none."""
    return entry.get("linked", {})


def shelved(
    manifest: Manifest, *, drafts: bool = False
) -> dict[str, ArticleEntry | WithdrawnEntry]:
    """Return what a library shows or answers: handouts, and withdrawn ones; drafts if asked for."""
    entries = manifest["articles"].items()
    shown = {name: e for name, e in entries if drafts or e.get("status") != "draft"}
    return {**shown, **manifest.get("withdrawn", {})}


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the last build; an empty one if it is missing or damaged."""
    manifest = _read(folder / MANIFEST)
    if not (_fits(manifest, Manifest) and _is_sound(manifest)):
        return {"versions": {}, "articles": {}, "order": []}
    return cast(Manifest, manifest)


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
    return all(map(_is_inside, {*names, *manifest["articles"], *manifest.get("left", {})}))


def _is_inside(name: str) -> bool:
    """Return whether a name leads to a file below the folder in which it is looked up."""
    path = PurePath(name)
    return is_name(name) and bool(path.parts) and not path.anchor and ".." not in path.parts


def _fits(value: Any, kind: Any) -> bool:
    """Return whether a value from JSON has a type of this module, with all that is within it."""
    if kind is Any:
        return True
    origin = get_origin(kind)
    if is_typeddict(kind):
        hints, required = _keys(kind)
        return (
            isinstance(value, dict)
            and value.keys() >= required
            and all(_fits(value[key], hints[key]) for key in value.keys() & hints.keys())
        )
    if origin in (list, tuple):
        inner = get_args(kind)
        each = inner * (len(value) if origin is list else 1) if isinstance(value, list) else ()
        return isinstance(value, list) and len(value) == len(each) and all(map(_fits, value, each))
    if origin in (dict, Mapping):
        inside = get_args(kind)[1]
        return isinstance(value, dict) and all(_fits(v, inside) for v in value.values())
    if origin is Literal:
        return isinstance(value, str) and value in get_args(kind)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in get_args(kind))
    if kind is float:
        return _fits(value, int) or isinstance(value, float)
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


@cache
def _keys(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the types of a typed dictionary, and its required keys.

    Python sees no `NotRequired` in annotations that it has not evaluated.
    """
    every = get_type_hints(kind, include_extras=True)
    optional = {key for key, type_ in every.items() if get_origin(type_) is NotRequired}
    return get_type_hints(kind), frozenset(kind.__required_keys__ - optional)


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
        entries = list(manifest["articles"].values())
        every = [(n, f) for e in entries for n, f in (*e["files"].items(), *linked_of(e).items())]
        files = {name: str(facts["sha256"]) for name, facts in every}
        library = manifest.get("library") or {}
        index = {INDEX: str(library["sha256"])} if "sha256" in library else {}
        index |= {name: str(sha) for name, sha in (library.get("beside") or {}).items()}
        left = {name: str(sha) for name, sha in (manifest.get("left") or {}).items()}
        ours = isinstance(manifest["versions"], dict)
    except (AttributeError, KeyError, TypeError):
        return None
    found = {**left, **files, **index}
    return found if ours and all(map(_is_inside, found)) else None

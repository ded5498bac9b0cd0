"""The contents of `manifest.json`: for each article its files, their inputs, and due dates.

In: an output folder. Out: its manifest, typed. `diff` has a separate reader for manifests of any
version (`currency.snapshots`). This module must not know how files are made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict, cast

from press.core.files import INDEX, MANIFEST
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


class LibraryEntry(TypedDict):
    """The library page."""

    sha256: str
    key: str
    """Hash of everything that determines its bytes."""
    of: str
    """Hash of the entries that it lists."""


class Manifest(TypedDict):
    """The whole file."""

    versions: Mapping[str, str]
    articles: dict[str, ArticleEntry]
    order: list[str]
    """The articles in the order of the project."""
    left: NotRequired[dict[str, str]]
    """Files that are no longer built, with their SHA-256."""
    library: NotRequired[LibraryEntry]


def linked_of(entry: ArticleEntry) -> Mapping[str, LinkedEntry]:
    """Return the files that an article links to; most link to none."""
    return entry.get("linked", {})


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the last build; an empty one if it is missing or damaged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        manifest = None
    if not _is_ours(manifest):
        return {"versions": {}, "articles": {}, "order": []}
    return cast(Manifest, manifest)


def _is_ours(manifest: Any) -> bool:
    """Return whether a manifest is complete and has this version's format."""
    try:
        articles = manifest["articles"].values()
        files = [facts for entry in articles for facts in entry["files"].values()]
        whole = all(facts.keys() >= FileEntry.__required_keys__ for facts in files)
        ordered = isinstance(manifest["order"], list)
        return (
            whole and ordered and all(e.keys() >= ArticleEntry.__required_keys__ for e in articles)
        )
    except (AttributeError, KeyError, TypeError):
        return False


def published_hashes(folder: Path) -> dict[str, str] | None:
    """Return the names and SHA-256 of all files published in a folder.

    Returns None if makebook left no manifest there. A manifest of an earlier version counts too,
    because only names and hashes are read. A link in place of the manifest does not count.
    """
    path = folder / MANIFEST
    if path.is_symlink():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        entries = list(manifest["articles"].values())
        every = [(n, f) for e in entries for n, f in (*e["files"].items(), *linked_of(e).items())]
        files = {name: str(facts["sha256"]) for name, facts in every}
        library = manifest.get("library") or {}
        index = {INDEX: str(library["sha256"])} if "sha256" in library else {}
        left = {name: str(sha) for name, sha in (manifest.get("left") or {}).items()}
        return {**left, **files, **index} if isinstance(manifest["versions"], dict) else None
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return None

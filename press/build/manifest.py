"""The writer of an output folder's manifest: what is current, and what it was made from.

In: a Task, its Artifacts, and their inputs. Out: entries of `manifest.json`, and that file.
This module must not know how files are made, nor which are stale.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from press.build.publish import replace_files
from press.core.files import INDEX, MANIFEST
from press.core.hashing import digest, source_digest
from press.core.manifest import (
    ArticleEntry,
    DueEntry,
    FileEntry,
    LibraryEntry,
    LinkedEntry,
    Manifest,
    MeasuresEntry,
    ProblemEntry,
    WithdrawnEntry,
    linked_of,
    read_manifest,
)
from press.core.model import Artifact, Built, Config, Due, Measures, Project
from press.core.problems import Problem, Span

if TYPE_CHECKING:
    from press.build.make import Task


def write_manifest(folder: Path, manifest: Manifest, files: Mapping[str, bytes] = {}) -> None:
    """Replace the manifest if it differs, together with the files of which it tells."""
    data = (json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
    path = folder / MANIFEST
    same = path.is_file() and path.read_bytes() == data
    replace_files(folder, {**files, **({} if same else {MANIFEST: data})})


def warnings(entry: ArticleEntry) -> list[Problem]:
    """Return the warnings of an earlier build."""
    return [Problem(*_fields(kept)) for kept in entry["warnings"]]


def recorded_dues(entry: ArticleEntry) -> list[Due]:
    """Return the due dates that an earlier build recorded."""
    return [Due(date.fromisoformat(d["day"]), *_fields(d)) for d in entry["due"]]


def _fields(kept: ProblemEntry | DueEntry) -> tuple[str, Span, str, str]:
    return kept["code"], Span(*kept["place"]), kept["message"], kept["hint"]


def _kept(code: str, span: Span, message: str, hint: str) -> ProblemEntry:
    place = (span.path, span.line, span.column)
    return {"code": code, "place": place, "message": message, "hint": hint}


def entry(
    task: Task,
    files: Mapping[str, FileEntry],
    names: Collection[str],
    config: Config,
    sources: Mapping[str, Path],
    problems: Sequence[Problem],
) -> ArticleEntry:
    """Return the manifest's entry for an article; `sources` maps file names to paths.

    `names` are the names of all its files, requested or not.
    """
    from press.document.vocabulary import vocabulary

    document = task.document
    matter = document.matter
    made: ArticleEntry = {
        "title": matter.title,
        "subtitle": matter.subtitle,
        "abstract": matter.abstract,
        "keywords": list(matter.keywords),
        "date": document.modified[:10] if document.dated else "",
        "facts": list(document.facts),
        "stamp": document.stamp,
        "identifier": matter.identifier,
        "version": matter.version,
        "lang": matter.lang,
        "hash": document.hash,
        "identity": task.identity,
        "vocabulary": vocabulary(document),
        "sources": {name: source_digest(path) for name, path in sources.items()},
        "notices": [
            {"id": p.notice.id, "file": p.notice.file, "place": str(p.place), "rule": p.rule}
            for p in document.placements
        ],
        "formats": list(config.formats),
        "editions": [edition.name for edition in config.editions],
        "outputs": sorted(names),
        "files": dict(files),
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
    if matter.authors:
        made["authors"] = [person.name for person in matter.authors]
    if matter.topics:
        made["topics"] = list(matter.topics)
    if matter.codes:
        made["codes"] = {system: list(codes) for system, codes in matter.codes.items()}
    if matter.status == "draft":
        made["status"] = "draft"
    if document.linked:
        made["linked"] = {
            linked.name: {"file": linked.file, "bytes": linked.size, "sha256": linked.sha256}
            for linked in document.linked
        }
    if pictures := {i.name: i.origin for i in document.images if i.origin}:
        made["pictures"] = pictures
    if fonts := {face.path.name: face.sha256 for face in document.faces if face.sha256}:
        made["fonts"] = fonts
    return made


def file_entry(artifact: Artifact, inputs: Mapping[str, str], key: str) -> FileEntry:
    """Return the manifest's entry for a file."""
    facts: FileEntry = {
        "format": artifact.format,
        "edition": artifact.edition,
        "part": artifact.part,
        "kind": artifact.kind,
        "page": artifact.page,
        "standard": artifact.standard,
        "pages": artifact.pages,
        "measures": _measures(artifact.measures),
        "bytes": len(artifact.data),
        "sha256": digest(artifact.data),
        "inputs": dict(inputs),
        "key": key,
    }
    if artifact.emptiest[0]:
        facts["emptiest"] = list(artifact.emptiest)
    if artifact.notes:
        facts["notes"] = list(artifact.notes)
    return facts


def _measures(measures: Measures | None) -> MeasuresEntry:
    if measures is None:
        return {}
    return {
        "smallest": measures.smallest,
        "body": measures.body,
        "leading": measures.leading,
        "characters": measures.characters,
    }


def publish(
    output: Path,
    built: Built,
    new: Mapping[str, bytes],
    project: Project,
    engine: Mapping[str, str],
    gone: Collection[str] = (),
) -> None:
    """Write the new files of an article, and the manifest that tells of them.

    The files in `gone` are removed next.

    Raises:
        ProblemsError: a file cannot be written (SYS002); all are as they were.
    """
    assert built.entry
    manifest = read_manifest(output)
    order = [path.stem for path in project.articles]
    articles = {name: kept for name, kept in manifest["articles"].items() if name in order}
    others: list[Mapping[str, FileEntry | LinkedEntry]] = [
        {**entry["files"], **linked_of(entry)}
        for name, entry in manifest["articles"].items()
        if name not in order
    ]
    if built.name in articles:
        others.append(linked_of(articles[built.name]))
    before = articles[built.name]["files"] if built.name in articles else {}
    files = {**before, **built.entry["files"]}
    ours = {name: facts for name, facts in files.items() if name in built.entry["outputs"]}
    others.append({name: facts for name, facts in files.items() if name not in ours})
    there = {
        name: _dated(facts, outdated=name in built.outdated)
        for name, facts in ours.items()
        if name in new or (output / name).is_file()
    }
    articles[built.name] = {**built.entry, "files": there}
    now = {name for e in articles.values() for name in (*e["files"], *linked_of(e))}
    left = {
        **manifest.get("left", {}),
        **{name: facts["sha256"] for each in others for name, facts in each.items()},
    }
    now |= set(gone)
    left = {n: sha for n, sha in left.items() if n not in now and (output / n).is_file()}
    content: Manifest = {"versions": dict(engine), "articles": articles, "order": order}
    if left:
        content["left"] = left
    if "library" in manifest:
        content["library"] = manifest["library"]
    if withdrawn := _withdrawn(manifest, project):
        content["withdrawn"] = withdrawn
    write_manifest(output, content, new)


def _dated(facts: FileEntry, *, outdated: bool) -> FileEntry:
    """Record whether a file is out of date."""
    known = facts.copy()
    known.pop("outdated", None)
    if outdated:
        known["outdated"] = True
    return known


def withdraw(output: Path, project: Project) -> None:
    """Record which articles are withdrawn; the files of their last build are left over."""
    manifest = read_manifest(output)
    now = _withdrawn(manifest, project)
    if not now and "withdrawn" not in manifest:
        return
    gone = [manifest["articles"].pop(name) for name in now if name in manifest["articles"]]
    left = {n: f["sha256"] for e in gone for n, f in (*e["files"].items(), *linked_of(e).items())}
    kept = {name for e in manifest["articles"].values() for name in (*e["files"], *linked_of(e))}
    left = {n: sha for n, sha in left.items() if n not in kept and (output / n).is_file()}
    if left := {**manifest.get("left", {}), **left}:
        manifest["left"] = left
    manifest["order"] = [path.stem for path in project.articles]
    manifest.pop("withdrawn", None)
    if now:
        manifest["withdrawn"] = now
    write_manifest(output, manifest)


def _withdrawn(manifest: Manifest, project: Project) -> dict[str, WithdrawnEntry]:
    """Return an entry for each withdrawn article, with the hashes of its builds in a folder."""
    found: dict[str, WithdrawnEntry] = {}
    for path, matter in ((each.path, each.matter) for each in project.withdrawn):
        name = path.stem
        before = manifest.get("withdrawn", {}).get(name)
        hashes = list(before["hashes"]) if before else []
        if entry_ := manifest["articles"].get(name):
            hashes += [entry_["hash"], entry_["identity"].get("earlier", "")]
        span = matter.origin.spans["status"]
        found[name] = {
            "title": matter.title,
            "identifier": matter.identifier,
            "because": matter.withdrawn_because,
            "hashes": sorted({one for one in hashes if one}),
            "place": (span.path, span.line, span.column),
        }
    return found


def report_withdrawn(output: Path, problems: list[Problem]) -> None:
    """Say which articles are not built because they are withdrawn: FRM011."""
    hint = "delete the line to build it again"
    for name, facts in sorted(read_manifest(output).get("withdrawn", {}).items()):
        message = f"'{name}' is withdrawn, so it is not built"
        problems.append(Problem("FRM011", Span(*facts["place"]), message, hint))


def list_library(output: Path, library: LibraryEntry) -> None:
    """Record in the manifest which library page was written."""
    manifest = read_manifest(output)
    for name in (INDEX, *library.get("beside", {})):
        manifest.get("left", {}).pop(name, None)
    manifest["library"] = library
    write_manifest(output, manifest)


def unlist(output: Path) -> None:
    """Record that a project without web pages has no library; an earlier one is left over."""
    manifest = read_manifest(output)
    if "library" in manifest:
        library = manifest.pop("library")
        beside = library.get("beside", {})
        manifest["left"] = {**manifest.get("left", {}), **beside, INDEX: library["sha256"]}
        write_manifest(output, manifest)


def left(output: Path, name: str, problems: list[Problem]) -> None:
    """Report the files of articles or editions that the project no longer has: OUT001.

    `name` is that of the folder, as an author knows it.
    """
    hint = "run `makebook clean` to remove it and everything else that makebook made here"
    for file in sorted(read_manifest(output).get("left", {})):
        if (output / file).is_file():
            message = "the project no longer makes this file"
            problems.append(Problem("OUT001", Span(f"{name}/{file}"), message, hint))

"""The writer of an output folder's manifest: what is current, and what it was made from.

In: a Task, its Artifacts, and their inputs. Out: entries of `manifest.json`, and that file.
This module must not know how files are made, nor which are stale.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from press.build.inputs import shown_digest
from press.build.publish import append, replace_files
from press.core.files import COVERS, INDEX, JOURNAL, MANIFEST, by_name, folded, name_of, writable
from press.core.hashing import digest, json_digest
from press.core.manifest import (
    ArticleEntry,
    CoverEntry,
    DueEntry,
    FileEntry,
    LibraryEntry,
    Manifest,
    MeasuresEntry,
    ProblemEntry,
    RecalledEntry,
    Record,
    WithdrawnEntry,
    add,
    codes_of,
    is_damaged,
    linked_of,
    manifests,
    read_manifest,
    reasons,
    recalled,
)
from press.core.model import Artifact, Built, Config, Document, Due, Measures
from press.core.problems import Problem, ProblemsError, Span
from press.core.records import dataclass

if TYPE_CHECKING:
    from press.build.make import Task
    from press.build.state import State
    from press.core.model import Project


def warnings(entry: ArticleEntry) -> list[Problem]:
    """Return the warnings of an earlier build."""
    return [Problem(*_fields(each)) for each in entry["warnings"]]


def recorded_dues(entry: ArticleEntry) -> list[Due]:
    """Return the due dates that an earlier build recorded."""
    return [Due(date.fromisoformat(d["day"]), *_fields(d)) for d in entry["due"]]


def _fields(kept: ProblemEntry | DueEntry) -> tuple[str, Span, str, str]:
    return kept["code"], Span(*kept["place"]), kept["message"], kept["hint"]


def kept(problem: Problem) -> ProblemEntry:
    """Return a warning as an entry keeps it."""
    return _kept(problem.code, problem.span, problem.message, problem.hint)


def _kept(code: str, span: Span, message: str, hint: str) -> ProblemEntry:
    place = (span.path, span.line, span.column)
    return {"code": code, "place": place, "message": message, "hint": hint}


def _day(document: Document) -> str:
    """Return the day of a work, which for a collection is the oldest of its articles."""
    matter = document.matter
    oldest = matter.reviewed or matter.sources_checked or matter.date
    if document.bound:
        return oldest.isoformat() if oldest else ""
    return document.modified[:10] if document.dated else ""


def entry(
    task: Task,
    files: Mapping[str, FileEntry],
    names: Collection[str],
    config: Config,
    sources: Mapping[str, str],
    problems: Sequence[Problem],
) -> ArticleEntry:
    """Return the manifest's entry for an article; `sources` maps file names to digests.

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
        "date": _day(document),
        "facts": list(document.facts),
        "stamp": document.stamp,
        "identifier": matter.identifier,
        "version": matter.version,
        "lang": matter.lang,
        "hash": document.hash,
        "identity": task.identity,
        "vocabulary": vocabulary(document),
        "sources": dict(sources),
        "notices": [
            {"id": p.notice.id, "file": p.notice.file, "place": str(p.place), "rule": p.rule}
            for p in document.placements
        ],
        "formats": list(config.formats),
        "editions": [edition.name for edition in config.editions],
        "outputs": sorted(names),
        "files": dict(files),
        "warnings": [kept(p) for p in problems if not p.code.startswith("DUE")],
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
        made["codes"] = {system: list(codes) for system, codes in sorted(matter.codes.items())}
    if matter.status == "draft":
        made["status"] = "draft"
    for facts in made["files"].values():
        if facts["format"] == "epub" and task.cover_key:
            facts["cover"] = task.cover_key
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


@dataclass
class Ledger:
    """The manifest of an output folder during a run, which writes it once, at the end."""

    output: Path
    content: Manifest
    changed: bool = False
    """True if `content` is not what the file tells."""


def opened(output: Path) -> Ledger:
    """Return the ledger of a folder, with what a killed run could not write into the manifest."""
    return Ledger(output, read_manifest(output), (output / JOURNAL).is_file())


def set_aside(ledger: Ledger, name: str, problems: list[Problem]) -> None:
    """Keep a manifest that could not be read under another name, and report it: OUT002.

    `name` is that of the folder, as an author knows it.

    Raises:
        ProblemsError: the file cannot be moved (SYS002).
    """
    was_read = ledger.content["versions"] and not ledger.changed  # it is not from the journal
    if was_read or not is_damaged(ledger.output):
        return
    path = ledger.output / MANIFEST
    with writable(f"{name}/{MANIFEST}", "it was left as it is"):
        day = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        kept = path.with_name(f"manifest-{day:%Y%m%d-%H%M%S-%f}.json")
        path.replace(kept)
    message = f"is not a manifest that this version can read; it is now {kept.name}"
    hint = "restore it from a backup: it has the codes of withdrawn handouts, and lists old files"
    problems.append(Problem("OUT002", Span(f"{name}/{MANIFEST}"), message, hint))


def publish(
    ledger: Ledger,
    built: Built,
    new: Mapping[str, bytes],
    engine: Mapping[str, str],
    digests: State,
    gone: Collection[str] = (),
) -> None:
    """Write the new files of an article, and tell of them in the journal.

    If the run is killed between the two, the next one finds by the hashes that the files are not
    those of which it knows, and makes them again.

    The files in `gone` are removed next.

    Raises:
        ProblemsError: a file cannot be written (SYS002); all are as they were.
    """
    assert built.entry
    output, entry = ledger.output, built.entry
    before = ledger.content["articles"].get(built.name)
    files = {**(before["files"] if before else {}), **entry["files"]}
    ours = {name: facts for name, facts in files.items() if name in entry["outputs"]}
    there = {
        name: _dated(facts, outdated=name in built.outdated)
        for name, facts in ours.items()
        if name in new or (output / name).is_file()
    }
    whole: ArticleEntry = {**entry, "files": there}
    whole["shown"] = shown_digest(whole)
    now = there.keys() | linked_of(entry).keys() | set(gone)
    old = {**files, **(linked_of(before) if before else {})}
    record: Record = {
        "name": built.name,
        "entry": whole,
        "left": {name: facts["sha256"] for name, facts in old.items() if name not in now},
        "versions": dict(engine),
    }
    if "parts" in entry and (past := ledger.content.get("recalled")):
        record["recalled"] = past

    def tell() -> None:
        append(output / JOURNAL, json.dumps(record, sort_keys=True).encode())
        shas = {**entry["files"], **linked_of(entry)}
        for name in new:
            digests.note(output / name, shas[name]["sha256"])

    replace_files(output, new, tell)
    add(ledger.content, record)
    ledger.changed = True


def check_linked(content: Manifest, built: Built, names: Collection[str]) -> None:
    """Refuse a linked file that would replace one of another article; `names` are the articles.

    Raises:
        ProblemsError: LNK006.
    """
    linked = linked_of(built.entry) if built.entry else {}
    own = {folded(name): facts["file"] for name, facts in linked.items()}
    if not own:
        return
    for other in (name for name in names if name != built.name and name in content["articles"]):
        for name, facts in linked_of(content["articles"][other]).items():
            file = own.get(folded(name), facts["file"])
            if file != facts["file"]:
                message = f"file '{file}' would have the same name in the output as "
                message += f"'{facts['file']}', to which '{other}' links"
                span = Span(f"source/{built.name}.md")
                raise ProblemsError([Problem("LNK006", span, message, "rename one of the two")])


def _dated(facts: FileEntry, *, outdated: bool) -> FileEntry:
    """Record whether a file is out of date."""
    known = facts.copy()
    known.pop("outdated", None)
    if outdated:
        known["outdated"] = True
    return known


def finish(ledger: Ledger, order: Sequence[str]) -> None:
    """Write the manifest, if it changed, and remove the journal.

    `order` has the names of the project's articles, those that are withdrawn as well.

    Raises:
        ProblemsError: the manifest cannot be written (SYS002); the journal stays.
    """
    output, content = ledger.output, ledger.content
    withdrawn = content.get("withdrawn", {})
    order = [name for name in order if name not in withdrawn]
    if content["order"] != order or content["articles"].keys() - set(order):
        ledger.changed = True
    if not all((output / name).is_file() for name in content.get("left", {})):
        ledger.changed = True  # someone removed it
    if not ledger.changed or not (content["articles"] or withdrawn or content.get("recalled")):
        return
    known = content["articles"]
    content["articles"] = {name: known[name] for name in order if name in known}
    content["order"] = order
    gone = [entry for name, entry in known.items() if name not in content["articles"]]
    left = content.pop("left", {})
    for entry in gone:
        files = {**entry["files"], **linked_of(entry)}
        left |= {name: facts["sha256"] for name, facts in files.items()}
    entries = content["articles"].values()
    now = {name for entry in entries for name in (*entry["files"], *linked_of(entry))}
    library = content.get("library", {})
    now |= library.get("covers", {}).keys() | library.get("beside", {}).keys()
    left = {n: sha for n, sha in left.items() if n not in now and (output / n).is_file()}
    if left:
        content["left"] = left
    _share(content)
    replace_files(output, {MANIFEST: encoded(content)})
    with contextlib.suppress(OSError):
        (output / JOURNAL).unlink(missing_ok=True)
    ledger.changed = False


def _share(content: Manifest) -> None:
    """Keep the inputs that many files share only once."""
    before, shared = content.get("shared", {}), dict[str, Mapping[str, str]]()
    for entry in content["articles"].values():
        for facts in entry["files"].values():
            inputs = facts["inputs"]
            if "shared" not in inputs:
                common = {n: said for n, said in inputs.items() if not _is_own(n)}
                key = json_digest(common)
                own = {n: said for n, said in inputs.items() if _is_own(n)}
                facts["inputs"] = {**own, "shared": key}
                shared[key] = common
            elif inputs["shared"] in before:
                shared[inputs["shared"]] = before[inputs["shared"]]
    content["shared"] = shared


def _is_own(name: str) -> bool:
    """Say if an input is one that few files share."""
    return name in ("work", "source", "settings", "downloads") or name.startswith("font ")


def encoded(content: Manifest) -> bytes:
    """Return the bytes of a manifest, with a line for each article."""

    def line(value: Any) -> str:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)

    def table(values: Mapping[str, Any]) -> str:
        lines = (f"  {line(name)}: {line(values[name])}" for name in sorted(values))
        return "{\n" + ",\n".join(lines) + "\n }"

    tables: Mapping[str, Mapping[str, Any]] = {
        "articles": content["articles"],
        "shared": content.get("shared", {}),
    }
    parts = [
        f" {line(key)}: {table(tables[key]) if key in tables else line(value)}"
        for key, value in sorted(content.items())
    ]
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def covers(ledger: Ledger, digests: State) -> dict[str, CoverEntry]:
    """Return the covers beside the library page that are as they were written."""
    known = ledger.content.get("library", {}).get("covers", {}).items()
    return {n: c for n, c in known if digests.of_output(f"{ledger.output}/{n}") == c["sha256"]}


def withdraw(ledger: Ledger, project: Project, digests: State) -> None:
    """Record what is withdrawn, and keep the record of what was; call this before publishing.

    `finish` leaves over the files of its last build, and those of a collection whose files would
    replace others (CFG007).
    """
    now = _withdrawn(ledger.content, project, digests)
    past = _recalled(ledger.content, now)
    for collection in project.collections:
        before = ledger.content["articles"]
        over = collection.withdrawn or any(p.code == "CFG007" for p in collection.problems)
        if over and "parts" in before.get(collection.name, ()):
            gone = before.pop(collection.name)
            files = {**gone["files"], **linked_of(gone)}
            left = {name: facts["sha256"] for name, facts in files.items()}
            ledger.content["left"] = {**ledger.content.get("left", {}), **left}
            ledger.changed = True
    content = ledger.content
    if (now, past) == (content.get("withdrawn", {}), content.get("recalled", [])):
        return
    content["withdrawn"], content["recalled"] = now, past
    for key, said in (("withdrawn", now), ("recalled", past)):
        if not said:
            content.pop(key)  # type: ignore[misc]
    ledger.changed = True


def record_withdrawn(root: Path, output: Path) -> None:
    """Record what the project has withdrawn since the last build; call this before `clean`.

    Does nothing if the project cannot be read.
    """
    from press.build.keys import Keys
    from press.build.state import State
    from press.source.project import read_project

    with contextlib.suppress(ProblemsError):
        project, state = read_project(root, []), State(root, output)
        names = Keys(root, {}, state).names
        for ledger in (opened(path.parent) for path in manifests(output)):
            if project.withdrawn and ledger.content["articles"]:
                withdraw(ledger, project, state)
                finish(ledger, names)


def _recalled(manifest: Manifest, now: Mapping[str, WithdrawnEntry]) -> list[RecalledEntry]:
    """Return what was withdrawn, except for the works in `now`.

    A collection that is published with an article in `now` is one of them, also if makebook.toml
    does not list the article any more.
    """
    before = {n: e for n, e in manifest.get("withdrawn", {}).items() if n not in now}
    past = [e for e in recalled({**manifest, "withdrawn": before}) if e["hashes"]]
    for name, entry in manifest["articles"].items():
        gone = [now[part] for part in entry.get("parts", ()) if part in now]
        if gone and name not in now:
            because = reasons((each["title"], each["because"]) for each in gone)
            past.append({
                "name": name, "title": entry["title"], "identifier": entry["identifier"],
                "because": because, "hashes": codes_of(entry),
            })  # fmt: skip
    return past


def _withdrawn(manifest: Manifest, project: Project, digests: State) -> dict[str, WithdrawnEntry]:
    """Return an entry for each withdrawn work, with the hashes of its builds in a folder.

    A work that is withdrawn and renamed at once is known by its identifier.
    """
    from press.source.collections import withdrawn_works

    articles = {name_of(each.path, project.root): each for each in project.withdrawn}
    collections = {each.name: each for each in project.collections}
    found: dict[str, WithdrawnEntry] = {}
    works = withdrawn_works(project)
    names = by_name(project.articles, project.root) if works else {}
    moved = {e["identifier"]: e for n, e in manifest["articles"].items() if n not in names}
    for name, matter in works.items():
        before = manifest.get("withdrawn", {}).get(name)
        hashes = list(before["hashes"]) if before else []
        same = moved.get(matter.identifier) if matter.identifier else None
        if entry_ := manifest["articles"].get(name, same):
            hashes += codes_of(entry_)
        span = matter.origin.spans["status"] if name in articles else collections[name].span
        found[name] = {
            "title": matter.title,
            "identifier": matter.identifier,
            "because": matter.withdrawn_because,
            "hashes": sorted(set(hashes)),
            "place": (span.path, span.line, span.column),
        }
        if name in articles:
            each = articles[name]
            found[name]["source"] = "" if each.problems else digests[each.path]
        else:
            found[name]["parts"] = list(collections[name].withdrawn)
    return found


def report_withdrawn(withdrawn: Mapping[str, WithdrawnEntry], problems: list[Problem]) -> None:
    """Say which articles are not built because they are withdrawn: FRM011."""
    hint = "to build it again, delete 'status' and 'withdrawn-because'"
    for name, facts in sorted(withdrawn.items()):
        if "parts" not in facts:  # COL001 tells of a collection
            message = f"'{name}' is withdrawn, so it is not built"
            problems.append(Problem("FRM011", Span(*facts["place"]), message, hint))


def list_library(ledger: Ledger, library: LibraryEntry, digests: State) -> None:
    """Record which library page was written, and the covers beside it."""
    now = library.get("covers", {})
    for name, cover in now.items():
        digests.note(ledger.output / name, cover["sha256"])
    listed = {INDEX: library["sha256"], **library.get("beside", {})}
    for name, sha in listed.items():
        digests.note(ledger.output / name, sha)
        ledger.content.get("left", {}).pop(name, None)
    _uncover(ledger, now, digests)
    ledger.content["library"] = library
    ledger.changed = True


def unlist(ledger: Ledger, digests: State) -> None:
    """Record that a project without web pages has no library; an earlier one is left over."""
    if "library" in ledger.content:
        _uncover(ledger, (), digests)
        library = ledger.content.pop("library")
        beside = library.get("beside", {})
        left = {**ledger.content.get("left", {}), **beside, INDEX: library["sha256"]}
        ledger.content["left"] = left
        ledger.changed = True


def _uncover(ledger: Ledger, now: Collection[str], digests: State) -> None:
    """Remove the covers that no page shows any more, unless someone changed them."""
    for name in covers(ledger, digests):
        if name not in now:
            with contextlib.suppress(OSError):
                (ledger.output / name).unlink()
    for place, *_ in os.walk(ledger.output / COVERS, topdown=False):
        with contextlib.suppress(OSError):
            Path(place).rmdir()  # if it is empty


def left(ledger: Ledger, name: str, problems: list[Problem]) -> None:
    """Report the files of articles or editions that the project no longer has: OUT001.

    `name` is that of the folder, as an author knows it.
    """
    hint = "run `makebook clean --leftovers` to remove it and other files like it"
    for file in sorted(ledger.content.get("left", {})):
        if (ledger.output / file).is_file():
            message = "the project no longer makes this file"
            problems.append(Problem("OUT001", Span(f"{name}/{file}"), message, hint))

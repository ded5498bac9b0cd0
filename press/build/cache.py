"""A folder that machines share: what one of them has built and proved, the others take from it.

In: the folder, and the keys of a run. Out: for an article, the entry and the bytes that a build
would give, or nothing; and a problem if the folder cannot be used. An entry is found by a digest of
what every article depends on, of the machine's libraries, and of the article's text. It is taken if
the key of everything else is as this machine computes it, and if all bytes have their hashes. An
entry is JSON that is checked, never code. This module must not know how files are made.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from press.build import machine, plan, stale
from press.core import gate
from press.core.hashing import digest, json_digest
from press.core.manifest import ArticleEntry, Record, linked_of, record_of
from press.core.problems import ERROR, Problem, Span, counted
from press.core.records import dataclass

if TYPE_CHECKING:
    from press.build.keys import Keys
    from press.build.plan import Issue
    from press.build.state import State
    from press.core.model import Built, Request

_FORM = 1
_ENTRIES, _FILES = "entries", "files"
"""The folders of the cache: `entries/ab/ab…/HASH.json` and `files/cd/cd…`, by SHA-256."""
_OURS = re.compile(r"(?:entries/[0-9a-f]{2}/[0-9a-f]{64}/[0-9a-f]{64}\.json)"
                   r"|(?:files/[0-9a-f]{2}/[0-9a-f]{64})")  # fmt: skip
_PASSING = re.compile(r"\.makebook-\w+\.tmp")
_MOST = 50
"""Entries for one text that are looked at, the newest first."""
_DAY = 24 * 60 * 60
_MAY = "ask for the right to read and write there, or leave out --cache"
_FREE = "free space there: makebook clean --cache --older-than 90"
_REMEDIES = {
    errno.ENOENT: "make the folder or mount it, or leave out --cache",
    errno.ENOTDIR: "name a folder",
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _MAY),
    **dict.fromkeys((errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)), _FREE),
}
"""What to do if the folder cannot be used, by the number of the error."""


@dataclass
class Cache:
    """The cache of a run."""

    folder: Path
    keys: Keys
    state: State
    problems: list[Problem] = field(default_factory=list)
    """CCH001 if the folder cannot be read or written, each once; CCH002 for what is damaged."""
    _readable: bool = True
    _writable: bool = True
    _damaged: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        try:
            os.listdir(self.folder)  # noqa: PTH208 - only whether it can be read
        except OSError as error:
            self._readable = self._writable = False
            self._report("read", error)

    def take(
        self, issue: Issue, name: str, before: ArticleEntry | None, found: str
    ) -> tuple[Built, dict[str, bytes]] | None:
        """Return an article as a build would, with the bytes of its files; None if it is not there.

        Args:
            issue: What it is built for.
            name: Its name.
            before: What the manifest of the output folder tells of it.
            found: The hash of the problems that were found in the project.
        """
        request = issue.request
        if not self._readable or request.force or not _fits(request, before):
            return None
        try:
            for path in self._candidates(issue, name):
                built = self._accepted(path, issue, name, found)
                if built and (files := self._bytes(request, built)) is not None:
                    return built, files
        except OSError as error:
            self._readable = False
            self._report("read", error)
        return None

    def keep(
        self, issue: Issue, built: Built, before: ArticleEntry | None, new: Mapping[str, bytes]
    ) -> None:
        """Add an article that was just published; `new` has the bytes of the files that are new."""
        entry = built.entry
        if not self._writable or not entry or not _fits(issue.request, before):
            return
        if any(p.severity == ERROR for p in built.problems) or not self._is_as_read(issue, entry):
            return
        try:
            for name, facts in entry["files"].items():
                data = new.get(name) or (issue.request.output / name).read_bytes()
                if digest(data) != facts["sha256"]:
                    return
                self._write(self._home(facts["sha256"]), data)
            with_ = {**machine.facts(), "fonts": machine.fonts(entry)}
            record: Record = {"name": built.name, "entry": entry, "left": {}, "versions": with_}
            data = json.dumps(record, sort_keys=True).encode()
            self._write(self._place(issue, built.name) / f"{digest(data)}.json", data)
        except OSError as error:
            self._writable = False
            self._report("written", error)

    def _place(self, issue: Issue, name: str) -> Path:
        """Return the folder with the entries for the text of an article."""
        request = issue.request
        asked = [sorted(request.formats), sorted(request.editions)]
        common = [_FORM, machine.facts(), self.keys.common(issue.name), asked]
        key = json_digest([common, issue.name, name, self.keys.of_article(name)])
        return self.folder / _ENTRIES / key[:2] / key

    def _candidates(self, issue: Issue, name: str) -> list[Path]:
        try:
            found = [path for path in self._place(issue, name).iterdir() if path.suffix == ".json"]
        except FileNotFoundError:
            return []
        return sorted(found, key=lambda path: -_used(path))[:_MOST]

    def _accepted(self, path: Path, issue: Issue, name: str, found: str) -> Built | None:
        """Return the article of an entry, if its files are what a build would make now."""
        try:
            data = _read(path, "manifest")
        except FileNotFoundError:  # another machine removed it meanwhile
            return None
        record = record_of(data) if digest(data) == path.stem else None
        if record is None or record["name"] != name or not _is_own(record, issue):
            self._discard(path)
            return None
        entry = record["entry"]
        if entry.get("found") != found or record["versions"]["fonts"] != machine.fonts(entry):
            return None
        key = self.keys.key(issue.name, entry)
        built = stale.current(name, issue.request, entry, key, self.keys)
        if built is None or not built.entry:
            return None
        _touch(path)
        now: ArticleEntry = {**built.entry, "project": self.keys.project(issue.name)}
        reasons = dict.fromkeys(now["files"], stale.TAKEN)
        return replace(built, entry=now, imprint=issue.name, reasons=reasons)

    def _bytes(self, request: Request, built: Built) -> dict[str, bytes] | None:
        """Return the files that the output folder lacks; None if one is missing or damaged."""
        assert built.entry
        found: dict[str, bytes | None] = {}
        every = [(name, facts["sha256"], None) for name, facts in built.entry["files"].items()]
        linked = linked_of(built.entry).items()
        for name, sha, source in [*every, *((n, f["sha256"], f["file"]) for n, f in linked)]:
            if self.state.of_output(request.output / name) != sha:
                found[name] = self._file(sha, request.root / source if source else None)
        whole = {name: data for name, data in found.items() if data is not None}
        return whole if len(whole) == len(found) else None

    def _file(self, sha: str, linked: Path | None) -> bytes | None:
        """Return the bytes with a hash, from the cache or a linked file; None if there are none."""
        path = linked or self._home(sha)
        try:
            data = gate.read(path, "file") if linked else _read(path, "file")
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            if linked:  # the build reports it
                return None
            raise
        if digest(data) == sha:
            if not linked:
                _touch(path)
            return data
        if not linked:
            self._discard(path)
        return None

    def _home(self, sha: str) -> Path:
        return self.folder / _FILES / sha[:2] / sha

    def _is_as_read(self, issue: Issue, entry: ArticleEntry) -> bool:
        """Say if no source was edited while the article was built: it may be in the files."""
        sources = {self.keys.root / name: sha for name, sha in entry["sources"].items()}
        return all(self.keys.digests[path] == sha for path, sha in sources.items()) and all(
            self.state.is_as_read(path) for path in (*sources, *self.keys.common_files(issue.name))
        )

    def _write(self, path: Path, data: bytes) -> None:
        """Write a file, unless it is there, under a name of its own first."""
        with contextlib.suppress(OSError):
            facts = path.lstat()
            whole = stat.S_ISREG(facts.st_mode) and facts.st_size == len(data)
            if path not in self._damaged and whole:
                _touch(path)
                return
        mode = stat.S_IMODE(self.folder.stat().st_mode)
        self._make_folder(path.parent, mode)
        handle, name = tempfile.mkstemp(prefix=".makebook-", suffix=".tmp", dir=path.parent)
        passing = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            passing.chmod(mode & 0o666)  # whoever may read the folder may read the file
            passing.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                passing.unlink(missing_ok=True)
            raise

    def _make_folder(self, folder: Path, mode: int) -> None:
        """Make a folder in the cache, in which others may write as in the cache itself."""
        if folder == self.folder or folder.is_dir():
            return
        self._make_folder(folder.parent, mode)
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            with contextlib.suppress(OSError):
                folder.chmod(mode)

    def _discard(self, path: Path) -> None:
        """Remove a damaged file, and say so."""
        self._damaged.add(path)
        hint = "it was removed, and the article is built again"
        try:
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
        except OSError:
            hint = "the article is built again; remove the file if you may"
        message = "a file in the cache is damaged: its hash is not that of its name"
        self.problems.append(Problem("CCH002", Span(str(path)), message, hint))

    def _report(self, what: str, error: OSError) -> None:
        hint = _REMEDIES.get(error.errno or 0, "check the folder, or leave out --cache")
        message = f"the cache cannot be {what}: {error.strerror or error}"
        hint = f"{hint}; the build went on without it"
        self.problems.append(Problem("CCH001", Span(str(self.folder)), message, hint))


def _fits(request: Request, before: ArticleEntry | None) -> bool:
    """Say if the outputs depend on nothing that is in the output folder.

    A page lists the files that are there, whether or not a request asks for them.
    """
    return before is None or not (request.formats or request.editions)


def _is_own(record: Record, issue: Issue) -> bool:
    """Say if an entry names only files that its article may have, and fonts."""
    entry, formats = record["entry"], (*issue.config.formats, *issue.request.formats)
    own = {*plan.file_names(record["name"], replace(issue.config, formats=formats))}
    return "fonts" in record["versions"] and entry["files"].keys() <= own & {*entry["outputs"]}


def _read(path: Path, kind: gate.Kind) -> bytes:
    """Return the bytes of a file of the cache; none if it is a link, or not a file: it is damaged.

    Raises:
        OSError: it is missing or unreadable.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        return b""
    return gate.read(path, kind, anywhere=True)


def _used(path: Path) -> float:
    """Return the time at which a file was last used; 0 if it is no longer there."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _touch(path: Path) -> None:
    """Note that a file was used, if this user may."""
    with contextlib.suppress(OSError):
        os.utime(path)


@dataclass
class Trimmed:
    """What was removed from a cache, and what stays."""

    removed: int = 0
    freed: int = 0
    """Bytes."""
    left: int = 0
    held: int = 0
    failed: list[Problem] = field(default_factory=list)

    def count(self, size: int, *, removed: bool) -> None:
        """Count a file that was removed, or is left."""
        if removed:
            self.removed += 1
            self.freed += size
        else:
            self.left += 1
            self.held += size

    def lines(self, folder: Path, *, dry_run: bool) -> list[str]:
        """Return the report."""
        did = "would remove" if dry_run else "removed"
        gone = f"{counted(self.removed, 'file')} ({self.freed / 2**20:.1f} MB)"
        return [
            f"{did} {gone} from {folder}",
            f"{counted(self.left, 'file')} ({self.held / 2**20:.1f} MB) left",
        ]


def trim(folder: Path, days: int, *, dry_run: bool = False) -> Trimmed:
    """Remove what no build has used for so many days, and what killed builds left; nothing else.

    What could not be removed is in `failed` (SYS002).

    Raises:
        OSError: the folder cannot be read.
    """
    trimmed = Trimmed()
    os.listdir(folder)  # noqa: PTH208 - only whether it can be read
    refused: dict[str, list[Path]] = {}
    now = time.time()
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        passing = _PASSING.fullmatch(path.name)
        if path.is_symlink() or not (passing or _OURS.fullmatch(name)):
            continue
        size = 0
        try:
            facts = path.stat()
            size = facts.st_size
            old = now - facts.st_mtime >= (_DAY if passing else days * _DAY)
            if old and not dry_run:
                path.unlink()
        except FileNotFoundError:  # another machine removed it
            continue
        except OSError as error:
            old = False
            refused.setdefault(error.strerror or str(error), []).append(path)
        trimmed.count(size, removed=old)
    trimmed.failed += (_unremoved(paths, reason) for reason, paths in refused.items())
    if not dry_run:
        _remove_empty(folder / _ENTRIES)
    return trimmed


def _unremoved(paths: Sequence[Path], reason: str) -> Problem:
    """Report files that cannot be removed for one reason, which can be all of a cache."""
    more = f" (and {counted(len(paths) - 1, 'more file')})" if paths[1:] else ""
    hint = "check the permissions of the cache, then run makebook clean --cache again"
    message = f"cannot be removed: {reason}{more}"
    return Problem("SYS002", Span(str(paths[0])), message, hint)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a cache."""
    for part in (_ENTRIES, _FILES):
        for place, _, names in os.walk(folder / part):
            yield from (Path(place, name) for name in names)


def _remove_empty(folder: Path) -> None:
    """Remove the folders of entries that are all gone."""
    for place, _, _ in os.walk(folder, topdown=False):
        if Path(place) != folder:
            with contextlib.suppress(OSError):
                Path(place).rmdir()

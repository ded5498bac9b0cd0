"""Cleanup of the output folder: removes what makebook made, and nothing else.

In: the output folder. Out: what was removed and what was kept, with the reason. A file counts as
ours if a manifest lists it and its bytes are those that were published, or if its name is one that
only the program gives. Files that someone else added or changed stay; links are never followed. The
manifest stays if it has works that were withdrawn, and then tells of these alone.
This module must not know any source.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from press.build.manifest import encoded
from press.build.publish import replace_files
from press.core.files import INDEX, JOURNAL, MANIFEST, PACKET, PREVIEW, STATE
from press.core.hashing import digest_of
from press.core.manifest import published_hashes, read_manifest, without_files
from press.core.problems import Problem, ProblemsError, Span, visible
from press.core.records import dataclass
from press.core.temporary import FILE, is_running

_KEEPERS = frozenset({".gitignore"})
"""Files of a new project's output folder; they stay and are not listed."""
_STATE = b'{"form": '
_GENERATOR = re.compile(rb"<meta name=\"generator\" content=\"makebook[ \"]")
_PACKET = re.compile(rb"<xmp:CreatorTool>makebook [^<\s]+ \(packet\)<")
"""In the metadata of a packet, which are not compressed."""


@dataclass
class Swept:
    """The result for each file; paths are relative to the output folder, folders end in `/`."""

    removed: list[str] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    """Each file or folder that stays, and why."""
    failed: list[Problem] = field(default_factory=list)


def sweep(output: Path, *, leftovers: bool = False, dry_run: bool = False) -> Swept:
    """Remove what makebook made in an output folder, and the folders that this empties.

    With `leftovers`, only files that the project no longer makes. With `dry_run`, nothing is
    removed and the report is the same. What could not be removed is in `failed` (SYS002); the rest
    was removed.
    """
    swept = Swept()
    try:
        if output.is_dir():
            sweeper = _Sweeper(output, swept, dry_run=dry_run)
            empty = not leftovers and sweeper.folder(output, issue=True)
            if leftovers:
                sweeper.leftovers()
            elif empty and swept.removed and _is_folder(output):
                sweeper.remove(output)
    except OSError as error:
        swept.failed.append(_problem(str(output), error))
    return swept


def is_packet(path: Path) -> bool:
    """Return whether a file is a packet of makebook, which no manifest lists."""
    return path.name == PACKET and bool(_PACKET.search(path.read_bytes()))


def report_lines(swept: Swept, output: Path, *, dry_run: bool) -> list[str]:
    """Return a line for each file: removed, or kept and why."""
    said = [
        visible(f"{'would remove' if dry_run else 'removed'} {output / n}") for n in swept.removed
    ]
    said += [visible(f"kept {output / name}: {reason}") for name, reason in swept.kept]
    return said or [f"nothing to remove in {output}"]


class _Sweeper:
    """A walk through an output folder."""

    def __init__(self, output: Path, swept: Swept, *, dry_run: bool) -> None:
        self.output, self.swept, self.dry_run = output, swept, dry_run
        self.locked: set[Path] = set()
        """Folders with a file that was changed or could not be removed; their manifest stays."""

    def folder(self, folder: Path, *, issue: bool) -> bool:
        """Sweep a folder of outputs; return whether it is empty afterwards.

        `issue` says whether the folder may contain the folders of imprints.
        """
        hashes = published_hashes(folder)
        left = []
        for path in _listed(folder):
            gone = (
                self.subfolder(path, hashes or {}, issue=issue)
                if _is_folder(path)
                else (self.file(path, hashes or {}, known=hashes is not None))
            )
            left += [] if gone else [path]
        return not left

    def leftovers(self) -> None:
        """Remove what the manifests here and in the folders of imprints list as left."""
        for home in [self.output, *filter(_is_folder, _listed(self.output))]:
            left = (read_manifest(home) or {}).get("left", {})
            for path in sorted(path for name in left if (path := home / name).is_file()):
                gone = self.file(path, left, known=True, home=home)
                for folder in path.parents[: path.relative_to(home).as_posix().count("/")]:
                    gone = gone and not any(folder.iterdir()) and self.remove(folder)

    def subfolder(self, path: Path, hashes: Mapping[str, str], *, issue: bool) -> bool:
        """Sweep previews, covers, files of articles, or an imprint; keep any other folder."""
        ours = any(name.startswith(f"{path.name}/") for name in hashes)
        if ours:
            return self.linked(path, hashes, path.parent)
        if path.name == PREVIEW:
            stems = {name.removesuffix(".pdf") for name in hashes if name.endswith(".pdf")}
            return self.pictures(path, stems, path)
        if issue and (published_hashes(path) is not None or _interrupted(path)):
            empty = self.folder(path, issue=False)
        elif issue and not any(path.iterdir()):
            return self.keep(path, "an empty folder that makebook did not make")
        else:
            return self.keep(path, "makebook did not make it")
        return empty and self.remove(path)

    def linked(self, folder: Path, hashes: Mapping[str, str], home: Path) -> bool:
        """Remove outputs in a folder, or copies of linked files, and folders emptied by that."""
        gone = [
            self.linked(path, hashes, home)
            if _is_folder(path)
            else self.file(path, hashes, known=True, home=home)
            for path in _listed(folder)
        ]
        return all(gone) and self.remove(folder)

    def file(
        self, path: Path, hashes: Mapping[str, str], *, known: bool, home: Path | None = None
    ) -> bool:
        """Remove an output; return whether it is gone. `home` is the output folder around it."""
        home = home or path.parent
        name = path.relative_to(home).as_posix()
        if name in _KEEPERS:
            return False
        if path.is_symlink() or not path.is_file():
            return self.keep(path, "a link or a special file")
        if name in hashes:
            if digest_of(path) == hashes[name]:
                return self.remove(path)
            self.locked.add(home)
            return self.keep(path, "changed since it was built")
        if name == STATE and path.read_bytes().startswith(_STATE):
            return self.remove(path)
        if name in (MANIFEST, JOURNAL):
            return self.record(path, known=known)
        if is_packet(path) or (name == INDEX and _GENERATOR.search(path.read_bytes()[:4096])):
            return self.remove(path)
        return self.leftover(path)

    def record(self, path: Path, *, known: bool) -> bool:
        """Remove a manifest or journal, unless files of which it tells stay, or withdrawn works."""
        if path.parent in self.locked:
            return self.keep(path, "it lists files that were not removed")
        if not known:
            return self.keep(path, "damaged or not from makebook")
        withdrawn = without_files(read_manifest(path.parent)) if path.name == MANIFEST else None
        if withdrawn is None:
            return self.remove(path)
        try:
            if not self.dry_run:
                replace_files(path.parent, {path.name: encoded(withdrawn)})
        except ProblemsError as error:  # it stays as it was
            self.swept.failed += error.problems
            return False
        return self.keep(path, "it has the codes of what was withdrawn")

    def leftover(self, path: Path) -> bool:
        """Remove what an interrupted build left, unless that build is still running."""
        found = FILE.fullmatch(path.name)
        if not found:
            return self.keep(path, "makebook did not make it")
        if is_running(int(found[2]), path):
            return self.keep(path, "a running build is writing it")
        return self.remove(path)

    def pictures(self, folder: Path, stems: set[str], home: Path) -> bool:
        """Remove previews, and folders emptied by that; `home` is the folder of all of them."""
        gone = [
            self.pictures(path, stems, home)
            if _is_folder(path)
            else self.picture(path, stems, path.relative_to(home).as_posix())
            for path in _listed(folder)
        ]
        return all(gone) and self.remove(folder)

    def picture(self, path: Path, stems: set[str], name: str) -> bool:
        """Remove a page picture or the contact sheet of one of our files."""
        found = re.fullmatch(r"(.+)-(?:\d{2,}|contact-sheet)\.png", name, re.S)
        if path.is_symlink() or not path.is_file():
            return self.keep(path, "a link, a folder, or a special file")
        if found and found[1] in stems:
            return self.remove(path)
        return self.leftover(path)

    def remove(self, path: Path) -> bool:
        """Remove a file or an empty folder; return whether it is gone."""
        is_folder = _is_folder(path)
        try:
            if not self.dry_run:
                path.rmdir() if is_folder else path.unlink()
        except OSError as error:
            self.swept.failed.append(_problem(self.name(path), error))
            self.locked.add(path.parent)
            return False
        self.swept.removed.append(self.name(path) + "/" * is_folder)
        return True

    def keep(self, path: Path, reason: str) -> bool:
        """Record what stays, and why."""
        self.swept.kept.append((self.name(path) + "/" * _is_folder(path), reason))
        return False

    def name(self, path: Path) -> str:
        return path.relative_to(self.output).as_posix()


def _interrupted(folder: Path) -> bool:
    """Say if a first build may have ended here before it published anything."""
    return any(FILE.fullmatch(path.name) for path in folder.iterdir())


def _listed(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder, the manifest last, so that an interrupted sweep can resume.

    After it comes the journal, which may tell it of withdrawn works.
    """
    last = {MANIFEST: 1, JOURNAL: 2}
    yield from sorted(folder.iterdir(), key=lambda path: (last.get(path.name, 0), path.name))


def _is_folder(path: Path) -> bool:
    """Say if this is a folder itself, not a link to one."""
    return stat.S_ISDIR(path.lstat().st_mode)


def _problem(name: str, error: OSError) -> Problem:
    reason = error.strerror or str(error)
    hint = "check its permissions and close programs that use it, then run makebook clean again"
    return Problem("SYS002", Span(name), f"cannot be removed: {reason}", hint)

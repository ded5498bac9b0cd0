"""Publishing: no file of an article is replaced before all its new files are written.

In: the names and bytes of files that passed the proof. Out: files. Only this module
writes files into the output folder. It must not know how they are made.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from press.core import parallel, temporary
from press.core.files import COVERS, LINKED, PREVIEW, shown
from press.core.problems import Problem, ProblemsError, Span
from press.core.records import dataclass


def check_home(place: Path, folder: Path) -> None:
    """Refuse a place in an output folder that a link leads out of it (SYS002)."""
    if not place.resolve().is_relative_to(folder.resolve()):
        name = place.relative_to(folder.parent).as_posix()
        hint = "remove the link, or choose another folder with --output"
        raise ProblemsError([Problem("SYS002", Span(name), "is a link that leads away", hint)])


def replace_files(
    folder: Path, files: Mapping[str, bytes], then: Callable[[], None] = lambda: None
) -> None:
    """Replace files of an output folder, all of them or none.

    Every file is written under a temporary name and read again; when all are, they are moved into
    place. If a move fails, or `then`, which is called last, those before it are taken back.

    Raises:
        ProblemsError: a file cannot be written (SYS002); it says which files are new, if any.
    """
    if folder.exists() and not folder.is_dir():
        hint = "move it, or choose another folder with --output"
        raise ProblemsError([Problem("SYS002", Span(folder.name), "is a file, not a folder", hint)])
    moves = [_Move(folder / name, data) for name, data in files.items()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for move in moves:
            move.path.parent.mkdir(parents=True, exist_ok=True)
            _check_place(move.path, folder)
        for move in moves:
            move.write()
        with parallel.undisturbed():
            for move in moves:
                move.do()
            then()
            while moves:  # what is in its place and clean is not taken back by an interruption
                moves.pop().clean()
    except OSError as error:
        new = [move.path.name for move in moves if not move.take_back()]
        raise ProblemsError([_failure(error, folder, new)]) from None
    except BaseException:
        for move in moves:
            move.take_back()
        raise
    finally:
        with parallel.undisturbed():
            for move in moves:
                move.clean()


def _check_place(path: Path, folder: Path) -> None:
    """Refuse a place that a link leads away or where a folder stands (SYS002)."""
    check_home(path.parent, folder)
    if path.is_dir() and not path.is_symlink():
        name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        hint = "move it away, then build again; existing files are intact"
        raise ProblemsError([Problem("SYS002", Span(name), "is a folder", hint)])


def _failure(error: OSError, folder: Path, new: Sequence[str]) -> Problem:
    """Return the problem of a file that cannot be written; `new` could not be taken back."""
    path = Path(error.filename or folder)
    if passing := temporary.FILE.fullmatch(path.name):  # report the file, not its temporary name
        path = path.with_name(passing[1])
    inside = folder in path.parents
    place = Span(shown(path, folder.parent) if inside else path.as_posix())
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        hint = "move it away, then build again; existing files are intact"
        return Problem("SYS002", place, "is a file, not a folder", hint)
    reason = error.strerror or str(error)
    but = f", except {', '.join(new)}, which {'is' if len(new) == 1 else 'are'} new" if new else ""
    hint = f"free disk space or fix permissions, then build again; existing files are intact{but}"
    return Problem("SYS002", place, f"cannot be written: {reason}", hint)


@dataclass
class _Move:
    """A file on its way to its place."""

    path: Path
    data: bytes
    done: bool = False

    @property
    def temporary(self) -> Path:
        return self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")

    @property
    def before(self) -> Path:
        """The earlier file, until all are moved."""
        return self.path.with_name(f".before-{self.path.name}.{os.getpid()}.tmp")

    def write(self) -> None:
        """Write the new file under its temporary name, and keep the earlier one under another."""
        with self.temporary.open("wb") as stream:
            stream.write(self.data)
            stream.flush()
            os.fsync(stream.fileno())
        _compare(self.temporary, self.data)
        if self.path.is_file() or self.path.is_symlink():
            try:
                os.link(self.path, self.before, follow_symlinks=False)
            except (OSError, NotImplementedError):  # a file system without hard links
                shutil.copy2(self.path, self.before, follow_symlinks=False)

    def do(self) -> None:
        """Move the new file into its place."""
        self.temporary.replace(self.path)
        self.done = True

    def take_back(self) -> bool:
        """Put the earlier file back, if the new one was moved; return whether it is there."""
        try:
            if self.done and os.path.lexists(self.before):
                self.before.replace(self.path)
            elif self.done:
                self.path.unlink()
        except OSError:
            return False
        self.done = False
        return True

    def clean(self) -> None:
        """Remove the temporary files that are left."""
        for path in (self.temporary, self.before):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def append(path: Path, line: bytes) -> None:
    """Add a whole line to a file, or nothing.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("ab") as stream:
        size = stream.seek(0, os.SEEK_END)
        try:
            # A line that a kill cut short is ended first.
            stream.write(b"\n" + line + b"\n" if size else line + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        except BaseException:
            with contextlib.suppress(OSError):
                os.truncate(path, size) if size else path.unlink()
            raise


def write_aside(path: Path, content: Callable[[int], bytes]) -> None:
    """Replace a file that only saves time; if that fails, there is none.

    `content` gets the time of the file system's clock just before, in nanoseconds.
    """
    passing = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with passing.open("wb") as stream:
            stream.write(content(os.fstat(stream.fileno()).st_mtime_ns))
        passing.replace(path)
    except OSError:
        for each in (passing, path):
            with contextlib.suppress(OSError):
                each.unlink(missing_ok=True)


def sweep_temporary(folder: Path, folders: Iterable[str] = ()) -> None:
    """Remove what a killed build left in an output folder; other builds are locked out of it.

    `folders` are those of articles in it.
    """
    below = [
        Path(place) for name in (COVERS, LINKED, PREVIEW) for place, *_ in os.walk(folder / name)
    ]
    temporary.sweep_files(folder, *below, *(folder / name for name in folders if name))


def remove_files(folder: Path, names: Iterable[str]) -> None:
    """Remove files that would be taken for current.

    Raises:
        ProblemsError: a file cannot be removed (SYS002).
    """
    for name in names:
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            hint = "remove it yourself: it is out of date"
            place = Span(f"{folder.name}/{name}")
            problem = Problem("SYS002", place, f"cannot be removed: {reason}", hint)
            raise ProblemsError([problem]) from None


def _compare(path: Path, data: bytes) -> None:
    """Open a written file again and compare it.

    Raises:
        OSError: it is not as it was written.
    """
    if path.read_bytes() != data:
        raise OSError(errno.EIO, "it reads otherwise than it was written", str(path))


_TRIES = 9
"""Times that a folder is locked which was removed meanwhile, or seems to be, as on some shares."""


@contextlib.contextmanager
def locked(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Keep other builds out of a folder; call `waiting` if one is running there already.

    The lock is on the folder, which is made for it, and removed if nothing comes into it. If it
    cannot be made, the lock is on the nearest folder above it. It ends with the process that holds
    it. If the system has no such locks, nothing is locked.
    """
    with contextlib.ExitStack() as held:
        try:
            for _ in range(_TRIES):
                held.close()
                if _lock(folder, waiting, held):
                    break
        except (ImportError, OSError):
            held.close()
        yield


def _lock(folder: Path, waiting: Callable[[], None], held: contextlib.ExitStack) -> bool:
    """Lock a folder; return False if it was removed, or is another one, since it was opened."""
    import fcntl

    new = [path for path in (folder, *folder.parents) if not path.exists()]
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    place = next((path for path in (folder, *folder.parents) if path.is_dir()), folder)
    handle = os.open(place, os.O_RDONLY)
    held.callback(os.close, handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting()
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:  # a file system without locks
        pass
    held.callback(_remove_empty, new)
    try:
        return os.path.samestat(os.fstat(handle), place.stat())
    except FileNotFoundError:
        return False


def _remove_empty(folders: Iterable[Path]) -> None:
    """Remove folders in which nothing is, the inner ones first."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()

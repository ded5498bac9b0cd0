"""Publishing: no file of an article is replaced before all its new files are written.

In: Artifacts that passed the proof, or the names and bytes of files. Out: files. Only this module
writes files into the output folder. It must not know how they are made.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from press.core.model import Artifact
from press.core.problems import Problem, ProblemsError, Span


def publish(folder: Path, artifacts: Sequence[Artifact], copies: Mapping[str, bytes]) -> None:
    """Write all artifacts of one article and copies of the files it links to, then move them.

    Raises:
        ProblemsError: a file cannot be written (SYS002); each existing file is complete.
    """
    replace_files(folder, {**copies, **{artifact.name: artifact.data for artifact in artifacts}})


def check_home(place: Path, folder: Path) -> None:
    """Refuse a place in an output folder that a link leads out of it (SYS002)."""
    if not place.resolve().is_relative_to(folder.resolve()):
        name = place.relative_to(folder.parent).as_posix()
        hint = "remove the link, or choose another folder with --output"
        raise ProblemsError([Problem("SYS002", Span(name), "is a link that leads away", hint)])


def replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write every file under a temporary name; when all are written, move them into place."""
    waiting: list[tuple[Path, Path]] = []
    if folder.exists() and not folder.is_dir():
        hint = "move it, or choose another folder with --output"
        problem = Problem("SYS002", Span(folder.name), "is a file, not a folder", hint)
        raise ProblemsError([problem])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            check_home(path.parent, folder)
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            waiting.append((temporary, path))
            with temporary.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            _compare(temporary, data)
        while waiting:
            waiting[0][0].replace(waiting[0][1])
            waiting.pop(0)
    except OSError as error:
        file = Path(str(error.filename or "")).name
        # Report the file, not its temporary name.
        temporary_ = re.fullmatch(r"\.(.+)\.\d+\.tmp", file)
        place = Span(f"{folder.name}/{temporary_[1] if temporary_ else file}".rstrip("/"))
        reason = error.strerror or str(error)
        hint = "free disk space or fix permissions, then build again; existing files are intact"
        problem = Problem("SYS002", place, f"cannot be written: {reason}", hint)
        raise ProblemsError([problem]) from None
    finally:
        for temporary, _ in waiting:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _compare(path: Path, data: bytes) -> None:
    """Open a written file again and compare it.

    Raises:
        OSError: it is not as it was written.
    """
    if path.read_bytes() != data:
        raise OSError(errno.EIO, "it reads otherwise than it was written", str(path))


@contextlib.contextmanager
def locked(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Keep other builds out of a folder; call `waiting` if one is running there already.

    The lock is on the folder itself, or on the nearest existing folder above it; it ends with the
    process that holds it. If the system has no such locks, nothing is locked.
    """
    place = next((path for path in (folder, *folder.parents) if path.is_dir()), folder)
    try:
        import fcntl

        handle = os.open(place, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(handle)

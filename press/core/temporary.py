"""Temporary files and folders, and the removal of those that a killed run left.

In: a folder. Out: what in it was ours, and in use by no process, is removed. Names carry the number
of the process that made them. This module must not know what they are for.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

FILE = re.compile(r"\.(?:before-)?(.+)\.(\d{1,10})\.tmp", re.S)
"""The name of a file that is being written: what it becomes, and the process that writes it."""
_FOLDER = re.compile(r"makebook-(\d{1,10})-\w+")
_OLD = 24 * 60 * 60  # seconds; used if the system cannot say whether a process is running


def folder() -> TemporaryDirectory[str]:
    """Make a folder that is removed when it is no longer used, or at the latest when Python ends.

    Signals are delayed until Python has recorded that it must be removed.
    """
    from tempfile import TemporaryDirectory

    from press.core.parallel import undisturbed

    sweep_folders()
    with undisturbed():
        prefix = f"makebook-{os.getpid()}-"
        return TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)


def sweep_folders() -> None:
    """Remove the temporary folders of this user's processes that were killed."""
    with contextlib.suppress(OSError):
        for path in list(_home().iterdir()):
            found = _FOLDER.fullmatch(path.name)
            if found and _is_own_folder(path) and not is_running(int(found[1]), path):
                from shutil import rmtree

                rmtree(path, ignore_errors=True)


def _home() -> Path:
    """Return the folder for temporary folders, as `tempfile` does, which takes long to load."""
    if os.name != "nt":
        return Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - nothing is made here
    import tempfile

    return Path(tempfile.gettempdir())


def sweep_files(*folders: Path) -> None:
    """Remove the temporary files that killed runs left in folders."""
    for place in folders:
        with contextlib.suppress(OSError):
            for path in list(place.iterdir()):
                found = FILE.fullmatch(path.name)
                if found and not is_running(int(found[2]), path):
                    path.unlink()


def _is_own_folder(path: Path) -> bool:
    """Return whether this is a folder of this user, not a link to one."""
    facts = path.lstat()
    return stat.S_ISDIR(facts.st_mode) and (os.name == "nt" or facts.st_uid == os.getuid())


def is_running(process: int, path: Path) -> bool:
    """Return whether a process is running that may still use a file or folder."""
    if sys.platform == "win32":  # there, os.kill would end the process
        return time.time() - path.stat().st_mtime < _OLD
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # another user's process, or an impossible number
        return process < 1 << 31
    return True

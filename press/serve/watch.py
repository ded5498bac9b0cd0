"""The watcher: reports files as soon as they are saved. Owner of watchfiles.

In: a project's folder. Out: the paths that changed, once for each save. The folders may come and
go. This module must not know what follows from a change.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from press.references.bibliography import ENDINGS

_QUIET, _LONGEST = 20, 200
"""Milliseconds without a change that end a save, and the longest wait."""

_FOLDERS = ("source", "styles")
_NAMES = ("makebook.toml", *_FOLDERS)
_ENDINGS = (*ENDINGS, ".csl")
"""Endings of files next to makebook.toml that count; a log file there does not."""

Told = Callable[[Sequence[str]], None]


async def watch(root: Path, output: Path, told: Told) -> None:
    """Report every change to makebook.toml, the sources, and the styles; never return."""
    polling: bool | None = None
    again = False
    while True:
        there = _folders(root)
        stop = asyncio.Event()
        kinds = [([root], False), *([(there, True)] if there else [])]
        tasks = [
            asyncio.create_task(
                _watch(_Watched(paths, root, output, deep=deep, polling=polling), told, stop)
            )
            for paths, deep in kinds
            if root.is_dir()
        ]
        await asyncio.sleep(0)  # each task now watches
        if again:
            told([])  # something may have changed between two watches
        try:
            while not tasks and not root.is_dir():
                await asyncio.sleep(0.3)
            if tasks and _folders(root) == there:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        if any(isinstance(end, OSError) and root.is_dir() for end in ends):
            polling = True  # the system's limit of watches is reached: poll instead
        await asyncio.sleep(0.1)
        again = True


def _folders(root: Path) -> list[Path]:
    return [folder for name in _FOLDERS if (folder := root / name).is_dir()]


class _Watched:
    """Folders to watch, with or without their subfolders."""

    def __init__(
        self, paths: Sequence[Path], root: Path, output: Path, *, deep: bool, polling: bool | None
    ) -> None:
        self.paths, self.root, self.deep, self.polling = paths, root, deep, polling
        self.filter = _Filter(root, output)
        self.there = _folders(root)


async def _watch(watched: _Watched, told: Told, stop: asyncio.Event) -> None:
    """Watch until one of the folders appears, disappears, or is replaced."""
    folders = {str(watched.root / name) for name in ("", *_FOLDERS)}
    async for changes in awatch(
        *watched.paths, watch_filter=watched.filter, recursive=watched.deep, stop_event=stop,
        debounce=_LONGEST, step=_QUIET, ignore_permission_denied=True,
        force_polling=watched.polling,
    ):  # fmt: skip
        moved = {path for change, path in changes if change != Change.modified}
        if moved & folders or _folders(watched.root) != watched.there:
            return
        told(sorted({path for _, path in changes}))


class _Filter(DefaultFilter):
    """A filter that skips editors' temporary files, outputs, and files that are not sources."""

    def __init__(self, root: Path, output: Path) -> None:
        super().__init__()
        self.root, self.output = str(root), str(output)

    def __call__(self, change: Change, path: str) -> bool:
        """Return whether a change counts."""
        folder, name = os.path.split(path)
        if path == self.output or path.startswith(self.output + os.sep):
            return False
        if name.startswith(".") or name.endswith((".tmp", "~")) or name == "4913":
            return False
        if folder == self.root and name not in _NAMES and not name.endswith(_ENDINGS):
            return False
        return super().__call__(change, path)

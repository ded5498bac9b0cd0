"""A process beside a worker of a cluster: it works on article after article, and can be killed.

In: on standard input, what a worker was sent. Out: on standard output, the result. The work itself
is done in a helper process with limits, as on every machine. It ends with the worker. This module
must not know what the work is, or how it came here.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal

from press.build import machine
from press.build.parcels import pack, places, unpack
from press.core import gate, guarded, parallel, quiet, temporary
from press.core.records import dataclass


@dataclass(frozen=True)
class Work:
    """What a process is asked to do."""

    project: Path
    """The folder with the files of the project, on this machine."""
    common: bytes
    """What all parcels of a run have in common."""
    parcel: bytes
    """A function and its argument."""
    outputs: Mapping[str, bytes]
    """What the output folder of the project holds, as far as it concerns the work."""
    environment: Mapping[str, str | None]
    facts: Mapping[str, str]
    """Those of the machine for which the work is done."""


Answer = tuple[Literal["done", "unlike", "error"], Any]
"""The packed result; or what this machine has otherwise; or an exception."""


def main() -> None:
    """Answer until the input ends."""
    parent = int(sys.argv[1])
    parallel.follow(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker decides
    given, said = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    quiet.all_output()
    if parallel.START != "fork":  # only Linux ends a process with the one that started it
        given = _watched(given)
    output = temporary.folder()
    known: dict[bytes, Sequence[object]] = {}
    while True:
        try:
            work = pickle.load(given)  # noqa: S301 - the worker wrote it
        except EOFError:
            break
        try:
            answer: Answer = _answer(work, Path(output.name), known)
        except BaseException as error:  # noqa: BLE001 - it is raised where the work came from
            answer = "error", parallel.portable(error)
        pickle.dump(answer, said)
        said.flush()
    output.cleanup()


def _answer(work: Work, output: Path, known: dict[bytes, Sequence[object]]) -> Answer:
    here = machine.facts()
    if here != work.facts:
        return "unlike", here
    for name, value in work.environment.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    where = places(work.project, output)
    _fill(output, work.outputs)
    gate.open_project(work.project)
    if work.common not in known:
        known.clear()
        known[work.common] = unpack(work.common, where)
    function, call = unpack(work.parcel, where, known[work.common])
    assert function is guarded.perform, "only this is sent"
    return "done", pack(function(call), where)


def _fill(output: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder hold these files, and nothing else."""
    for path in output.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    write(output, files)


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, by their names in it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def link(folder: Path, links: Mapping[str, str]) -> None:
    """Make links to folders in a folder, by their names in it."""
    for name, target in links.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # Windows may not allow it
            path.symlink_to(os.path.relpath(folder / target, path.parent), target_is_directory=True)


def _watched(stream: BinaryIO) -> Any:
    """Return what can be read like a stream; this process ends when the stream does."""
    from queue import SimpleQueue

    pieces: SimpleQueue[bytes] = SimpleQueue()

    def listen() -> None:
        while piece := stream.read1(1 << 16):  # type: ignore[attr-defined]
            pieces.put(piece)
        os._exit(143)

    threading.Thread(target=listen, daemon=True).start()
    return _Pieces(pieces)


class _Pieces:
    """The pieces of a stream, in the order in which they came (as `pickle.load` reads them)."""

    def __init__(self, pieces: Any) -> None:
        self.pieces, self.rest = pieces, b""

    def read(self, size: int) -> bytes:
        while len(self.rest) < size:
            self.rest += self.pieces.get()
        found, self.rest = self.rest[:size], self.rest[size:]
        return found

    def readline(self) -> bytes:
        while b"\n" not in self.rest:
            self.rest += self.pieces.get()
        return self.read(self.rest.index(b"\n") + 1)


if __name__ == "__main__":
    main()

"""Work that is sent to another machine: the places in it are named, not written out.

In: a value, and the folders of this machine. Out: bytes in which a path below one of the folders
has the folder's name; and on the other machine the value again, with the folders there. What many
values have in common is sent once. This module must not know what the work is.
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from press.core.files import PROGRAM, default_folder

Places = Mapping[str, str]
"""Names of folders, and where they are on this machine."""


def places(root: Path | str, output: Path | str) -> Places:
    """Return the folders of a project and of the program on this machine."""
    return {
        "output": str(output),
        "root": str(root),
        "styles": str(default_folder()),
        "program": str(PROGRAM),
    }


def pack(value: Any, where: Places, common: Sequence[object] = ()) -> bytes:
    """Return a value as bytes; of objects that are `common`, only the number is in it."""
    stream = io.BytesIO()
    _Packer(stream, where, common).dump(value)
    return stream.getvalue()


def unpack(data: bytes, where: Places, common: Sequence[object] = ()) -> Any:
    """Return the value of bytes that this program packed, here or on another machine."""
    return _Unpacker(io.BytesIO(data), where, common).load()


class _Packer(pickle.Pickler):
    def __init__(self, stream: io.BytesIO, where: Places, common: Sequence[object]) -> None:
        super().__init__(stream, protocol=5)
        self.where = sorted(where.items(), key=lambda place: -len(place[1]))
        self.common = {id(value): number for number, value in enumerate(common)}

    def persistent_id(self, value: Any) -> tuple[str, Any, str] | None:
        """Return the name of a place, or the number of an object (`pickle.Pickler`)."""
        if isinstance(value, str | PurePath):
            text = str(value)
            for name, folder in self.where:
                if text == folder or text.startswith(folder + os.sep):
                    kind = "text" if isinstance(value, str) else "path"
                    return kind, name, text[len(folder) :].replace(os.sep, "/")
        elif id(value) in self.common:
            return "common", self.common[id(value)], ""
        return None


class _Unpacker(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, where: Places, common: Sequence[object]) -> None:
        super().__init__(stream)
        self.where, self.common = where, common

    def persistent_load(self, known: Any) -> Any:
        """Return what a name means here (`pickle.Unpickler`)."""
        kind, name, rest = known
        if kind == "common":
            return self.common[name]
        text = self.where[name] + rest.replace("/", os.sep)
        return text if kind == "text" else Path(text)

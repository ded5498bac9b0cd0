"""The web addresses of pictures that were brought in: `sources.toml` in their folder.

In: a folder, or a picture and its address. Out: the address of each picture. This module must not
know how pictures are fetched, or who shows their sources.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from press.core import gate

FILE = "sources.toml"
_HEAD = "# The address of each picture that makebook fetch brought in.\n"


def read_origins(folder: Path) -> dict[str, str]:
    """Return the address of each picture of a folder that has one, by its name."""
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(gate.read(path).decode())
    except (
        OSError,
        ValueError,
        RecursionError,
    ):  # an author's own file of this name is not ours to judge
        return {}
    return {name: address for name, address in table.items() if isinstance(address, str)}


def is_ours(folder: Path) -> bool:
    """Return whether a folder's file, if any, was written by makebook and may be replaced."""
    path = folder / FILE
    return not path.exists() or path.read_bytes().startswith(_HEAD.encode())


def origins_text(origins: Mapping[str, str]) -> str:
    """Return the content of the file; a string of JSON is also one of TOML (1.0.0, string)."""
    lines = (f"{_string(name)} = {_string(origins[name])}\n" for name in sorted(origins))
    return _HEAD + "".join(lines)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

"""Files as people save them: read as UTF-8, named as authors know them.

In: paths. Out: text or bytes, a problem where there is none. Must not know what a file is for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import press
from press.core.problems import Problem, Span

MANIFEST = "manifest.json"
"""In every folder of outputs: what was built, from what."""
INDEX = "index.html"
"""The library page of a folder of outputs."""
PROGRAM = Path(press.__file__).resolve().parent
"""The folder of the program."""


def read_text(path: Path, file: str, problems: list[Problem], code: str = "") -> str | None:
    """Read a text file as UTF-8, with line ends as LF and without a byte order mark.

    Returns None, with problem TXT001 (not UTF-8) or TXT002 (cannot be read), where it cannot; with
    `code` as the problem's code, where one is given.
    """
    data = read_bytes(path, file, problems, code)
    return None if data is None else decode(data, file, problems, code)


def read_bytes(path: Path, file: str, problems: list[Problem], code: str = "") -> bytes | None:
    """Read a file; None, with TXT002 or `code`, where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        hint = "check that the file is there and may be read"
        message = f"cannot be read: {error.strerror or type(error).__name__}"
        problems.append(Problem(code or "TXT002", Span(file), message, hint))
        return None


def decode(data: bytes, file: str, problems: list[Problem], code: str = "") -> str | None:
    """Turn the bytes of a text file into text; None, with TXT001 or `code`, if not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        message = f"not UTF-8: byte 0x{data[error.start]:02x} is not part of any character"
        hint = "save the file as UTF-8 in your editor"
        problems.append(Problem(code or "TXT001", Span(file, line, column), message, hint))
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def shown(path: Path, root: Path) -> str:
    """A path as problems and the manifest print it: relative to the project where it can be."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def is_file(path: Path) -> bool:
    """Whether there is such a file; a name that can be none is no file."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def files_below(folder: Path) -> Iterator[Path]:
    """Every file in a folder and those in it, also where one of them is a link to a folder."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(place, name) for name in names)


def article_name(argument: str) -> str:
    """Return the name of the article that an argument means: `source/sleep.md` is `sleep`."""
    return Path(argument).name.removesuffix(".md")

"""This system: the commands that start makebook and install dependencies, and shared libraries.

In: the operating system. Out: commands to print, libraries, versions. It imports no third-party
package, so that it can report missing ones. This module must not know what anything is for.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import press

if TYPE_CHECKING:
    import ctypes

SYSTEMS = {
    "apt": ("Debian, Ubuntu", "sudo apt-get install {}"),
    "dnf": ("Fedora", "sudo dnf install {}"),
    "brew": ("macOS", "brew install {}"),
    "msys2": ("Windows", "in the MSYS2 shell: pacman -S {}"),
    "winget": ("Windows", "winget install {}"),
}
"""Package managers: the name of the system, and the install command."""
_MSYS2 = "mingw-w64-ucrt-x86_64-"

PACKAGES: dict[str, dict[str, str]] = {
    "Pango": {
        "apt": "libpango-1.0-0 libpangoft2-1.0-0",
        "dnf": "pango",
        "brew": "pango",
        "msys2": f"{_MSYS2}pango",
    },
    "HarfBuzz": {
        "apt": "libharfbuzz0b libharfbuzz-subset0",
        "dnf": "harfbuzz",
        "brew": "harfbuzz",
        "msys2": f"{_MSYS2}harfbuzz",
    },
    "Fontconfig": {
        "apt": "fontconfig",
        "dnf": "fontconfig",
        "brew": "fontconfig",
        "msys2": f"{_MSYS2}fontconfig",
    },
    "Python": {
        "apt": "python3 python3-venv",
        "dnf": "python3",
        "brew": "python",
        "winget": "Python.Python.3.13",
    },
    "Java": {
        "apt": "default-jre-headless",
        "dnf": "java-latest-openjdk-headless",
        "brew": "openjdk",
        "winget": "EclipseAdoptium.Temurin.21.JRE",
    },
    "Node": {"apt": "nodejs", "dnf": "nodejs", "brew": "node", "winget": "OpenJS.NodeJS.LTS"},
    "Chromium": {
        "apt": "chromium",
        "dnf": "chromium",
        "brew": "--cask google-chrome",
        "winget": "Google.Chrome",
    },
    "LibreOffice": {
        "apt": "libreoffice-writer-nogui",
        "dnf": "libreoffice-writer",
        "brew": "--cask libreoffice",
        "winget": "TheDocumentFoundation.LibreOffice",
    },
    "Pandoc": {
        "apt": "pandoc",
        "dnf": "pandoc",
        "brew": "pandoc",
        "winget": "JohnMacFarlane.Pandoc",
    },
    "Poppler": {
        "apt": "poppler-utils",
        "dnf": "poppler-utils",
        "brew": "poppler",
        "msys2": f"{_MSYS2}poppler",
    },
}
"""Packages that provide a dependency, by package manager; makebook.py repeats those of Debian."""
_LIKE = {"debian": "apt", "ubuntu": "apt", "fedora": "dnf", "rhel": "dnf"}


def package_managers() -> tuple[str, ...]:
    """Return the package managers of this system, keys of `SYSTEMS`; empty if not known."""
    if sys.platform == "darwin":
        return ("brew",)
    if sys.platform == "win32":
        return ("msys2", "winget")
    try:
        told = platform.freedesktop_os_release()
    except OSError:
        return ()
    names = [told.get("ID", ""), *told.get("ID_LIKE", "").split()]
    return next(((_LIKE[name],) for name in names if name in _LIKE), ())


def remedy(*things: str) -> str:
    """Return the command that installs some of `PACKAGES`; on an unknown system, all commands."""
    here = _commands(package_managers(), things)
    if here:
        return here[0]
    named = dict.fromkeys(SYSTEMS[source][0] for source in SYSTEMS)
    told = []
    for name in named:
        of_it = [source for source, (system, _) in SYSTEMS.items() if system == name]
        told += [f"{name}: {command}" for command in _commands(of_it, things)[:1]]
    return "; ".join(told)


def _commands(sources: Iterable[str], things: Iterable[str]) -> list[str]:
    """Return a command for each source that has all of the things."""
    found = []
    for source in sources:
        if all(source in PACKAGES[thing] for thing in things):
            names = " ".join(PACKAGES[thing][source] for thing in things)
            found.append(_as_who(SYSTEMS[source][1]).format(names))
    return found


def _as_who(command: str) -> str:
    """Return the command, without `sudo` for root, who may not have it."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return command.removeprefix("sudo ") if root else command


def script() -> Path | None:
    """Return the build script of the checkout that holds this program; None if it is installed."""
    path = Path(press.__file__).parent.parent / "makebook.py"
    return path if path.is_file() else None


def program() -> str:
    """Return the command that starts makebook: the build script in a checkout, else `makebook`."""
    path = script()
    if path is None:
        return "makebook"
    with contextlib.suppress(ValueError):
        path = path.relative_to(Path.cwd())
    return f"{'python' if sys.platform == 'win32' else 'python3'} {quoted(path)}"


_where: dict[str, str] = {}
"""The folders that this run was given, as options."""


def given(option: str, folder: Path | None) -> None:
    """Note a folder that the command line gives, or not: `command` repeats it."""
    _where.pop(option, None)
    if folder is not None and folder != Path():
        _where[option] = f"{option} {quoted(folder)}"


def command(*words: str) -> str:
    """Return a command for the project and the output folder of this run, as it can be typed."""
    return " ".join([program(), *words, *_where.values()])


def quoted(path: Path | str) -> str:
    """Return a path, or the name of an article, quoted for a shell."""
    text = str(path)
    if text.startswith("-"):  # it would be taken for an option
        text = f"./{text}"
    if sys.platform != "win32" and re.search(r'["$`\\!]', text):
        return shlex.quote(text)
    return text if re.fullmatch(r"[\w./\\:+-][\w./\\:~+-]*", text) else f'"{text}"'


def shared_library(name: str, number: int) -> ctypes.CDLL | None:
    """Load a shared library by its names on Linux, macOS, and Windows; return None if missing."""
    import ctypes

    files = (f"lib{name}.so.{number}", f"lib{name}.{number}.dylib", f"lib{name}-{number}.dll")
    for file in files:
        with contextlib.suppress(OSError):
            return ctypes.CDLL(file)
    if sys.platform != "linux":
        from ctypes.util import find_library

        if file := find_library(name):
            with contextlib.suppress(OSError):
                return ctypes.CDLL(file)
    return None


def told_version(library: ctypes.CDLL, function: str) -> str:
    """Return the version that a library reports: a text, or a number like 21402."""
    import ctypes

    call = getattr(library, function, None)
    if call is None:
        return ""
    if function.endswith("_string"):
        call.restype = ctypes.c_char_p
        return str(call().decode())
    number = int(call())
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"

"""This system: the command that starts makebook on it, and those that install dependencies.

In: the operating system. Out: commands to print. It imports no third-party library, so that it can
report missing ones. This module must not know what anything is for.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import press

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
    "Poppler": {
        "apt": "poppler-utils",
        "dnf": "poppler-utils",
        "brew": "poppler",
        "msys2": f"{_MSYS2}poppler",
    },
}
"""Packages that provide a dependency, by package manager; makebook.py repeats those of Debian."""
_LIKE = {"debian": "apt", "ubuntu": "apt", "fedora": "dnf", "rhel": "dnf"}


def sources() -> tuple[str, ...]:
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
    here = _commands(sources(), things)
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


def quoted(path: Path) -> str:
    """Return a path quoted for a shell."""
    text = str(path)
    return text if re.fullmatch(r"[\w./\\:~+-]+", text) else f'"{text}"'

"""Other programs that read what makebook does not: Pandoc and LibreOffice.

In: a file. Out: the bytes of a .docx with its content. Pandoc runs in its sandbox, and LibreOffice
with a fresh profile that blocks links and macros, so neither fetches anything. Must not know what
is in the file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from press.core import temporary, watch
from press.core.problems import Problem, ProblemsError, Span
from press.core.system import remedy
from press.importing.draft import Unreadable

PANDOC = {".odt": "odt", ".rtf": "rtf", ".rst": "rst", ".tex": "latex", ".org": "org"}
"""Endings that Pandoc reads, and its names for them."""
LIBREOFFICE = frozenset((".odt", ".rtf", ".doc"))
_TIME = 120  # seconds
_SECURITY = "/org.openoffice.Office.Common/Security/Scripting"
_SETTINGS = {
    "DisableActiveContent": "true",
    "BlockUntrustedRefererLinks": "true",
    "MacroSecurityLevel": "3",
}
"""Settings of LibreOffice: no active content, no links to other files, no macros."""


def as_word(path: Path, shown: str) -> tuple[bytes, str]:
    """Convert a file to .docx; return its bytes and the name of the program that did it.

    LibreOffice comes first: Pandoc leaves the notes of an .rtf file out.

    Raises:
        ProblemsError: no program that reads it is installed (SYS001).
        Unreadable: the program could not read it.
    """
    ending = path.suffix.lower()
    pandoc, office = shutil.which("pandoc"), office_program()
    with temporary.folder() as place:
        folder = Path(place)
        source, made = folder / f"in{ending}", folder / "out" / "in.docx"
        shutil.copyfile(path, source)
        if office and ending in LIBREOFFICE:
            return libreoffice(office, source, "docx"), "LibreOffice"
        if pandoc and ending in PANDOC:
            made.parent.mkdir()
            name = PANDOC[ending]
            command = [pandoc, "--sandbox", "-f", name, "-t", "docx", "-o", str(made), str(source)]
            return _run(command, folder, made, "Pandoc"), "Pandoc"
    programs = ["LibreOffice"] * (ending in LIBREOFFICE) + ["Pandoc"] * (ending in PANDOC)
    message = f"reading a {ending} file needs {' or '.join(programs)}, which is not installed"
    hint = f"install it: {remedy(programs[0])}"
    raise ProblemsError([Problem("SYS001", Span(shown), message, hint)])


def office_program() -> str | None:
    """Return the path of LibreOffice, if it is installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def libreoffice(program: str, source: Path, ending: str) -> bytes:
    """Convert a file, which is alone in its folder, with a fresh profile.

    Raises:
        Unreadable: LibreOffice could not read it.
    """
    folder = source.parent
    profile, made = folder / "profile" / "user", folder / "out" / f"{source.stem}.{ending}"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(_registry(), encoding="utf-8")
    options = ["--headless", "--norestore", "--convert-to", ending, "--outdir"]
    home = f"-env:UserInstallation={profile.parent.as_uri()}"
    command = [program, home, *options, str(made.parent), str(source)]
    return _run(command, folder, made, "LibreOffice")


def _registry() -> str:
    """Return a profile's settings as LibreOffice stores them."""
    items = "".join(
        f'<item oor:path="{_SECURITY}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for name, value in _SETTINGS.items()
    )
    space = 'xmlns:oor="http://openoffice.org/2001/registry"'
    return f'<?xml version="1.0" encoding="UTF-8"?><oor:items {space}>{items}</oor:items>'


def _run(command: list[str], folder: Path, made: Path, program: str) -> bytes:
    """Run a program and return the file that it makes."""
    dead = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), dead)
    environment = {**os.environ, **proxies, "HOME": str(folder)}
    hint = "save it as .docx or .html in the program that made it, and import that"
    try:
        with watch.lifted():
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, timeout=_TIME,
                check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        message = f"{program} did not finish within {_TIME} seconds"
        raise Unreadable(message, hint) from None
    if done.returncode or not made.is_file():
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Unreadable(
            f"{program} cannot read it{': ' if told else ''}{' '.join(told)[:200]}", hint
        )
    return made.read_bytes()

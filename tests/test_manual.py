"""The manual: built by makebook without a warning, its commands run, its tables true.

The samples of `manual.md` are one story: files that it shows ("In `styles/tokens.css`:") are
written, and commands run, in the order of the text, in a new project. A line below a command is
some line of what it prints, with `…` for what differs; `$ echo $?` shows another status than 0.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from press.build.run import build
from press.check import external as check
from press.core.model import Request
from press.core.problems import CODES
from press.source.front_matter import ARTICLE_KEYS, NOTICE_KEYS, PERSON_KEYS
from press.source.imprints import KEYS as IMPRINT_KEYS
from press.source.project import EDITION_KEYS, EDITIONS, GROUP_KEYS, KEYS, REFERENCES
from tests.waiting import LIMIT

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MANUAL = (DOCS / "source" / "manual.md").read_text(encoding="utf-8")
ARTICLES = ("clinic", "manual")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
FILE = re.compile(r"In `([^`\s]+)`:\s*\Z")

ENDLESS = {"makebook serve": "runs until it is interrupted: on a free port, ended by Ctrl-C"}
NOT_RUN: dict[str, str] = {}
"""Commands that need a network or root: the command, and the reason. So far there is none."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The manual, built; returns the folder of outputs."""
    output = tmp_path_factory.mktemp("docs")
    outcome = build(Request(DOCS, output, date(2026, 11, 23)))
    problems = [*outcome.problems, *(p for b in outcome.built for p in b.problems)]
    assert not problems, "\n".join(map(str, problems))
    return output


def test_the_manual_is_built_in_every_format_without_a_warning(made):
    for name in ARTICLES:
        for end in (".pdf", "-a4.pdf", ".epub", ".html"):
            assert (made / f"{name}{end}").is_file()
    assert {path.stem for path in (DOCS / "source").glob("*.md")} == set(ARTICLES)


@pytest.mark.parametrize("name", ARTICLES)
def test_epubcheck_has_nothing_to_say(made, checker, name):
    found = checker(check.epubcheck, made / f"{name}.epub")
    assert [line for line in found if " USAGE CSS-028:" not in line] == []


@pytest.mark.parametrize("name", ["clinic", "manual", "manual-a4"])
def test_verapdf_finds_nothing(made, checker, name):
    assert checker(check.verapdf, made / f"{name}.pdf", flavours=("ua1", "3a")) == []


# What it says


def rows() -> list[list[str]]:
    """The cells of every row of every table."""
    bar = re.compile(r"(?<!\\)\|")
    lines = [line for line in BLOCK.sub("", MANUAL).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in bar.split(line)[1:-1]] for line in lines]


def test_every_code_is_listed_with_its_severity_and_meaning():
    told = {row[0]: (row[1], row[2]) for row in rows() if re.fullmatch(r"[A-Z]{3}\d{3}", row[0])}
    assert told == CODES
    assert all(len(row) == 4 and row[3] for row in rows() if row[0] in CODES)


def test_codes_of_one_kind_stand_in_one_list():
    """WRD003, which is about placeholders, was once listed under dates."""
    lists = re.split(r"^### ", MANUAL[MANUAL.index("{#messages}") :], flags=re.M)[1:]
    kinds = [{*re.findall(r"^\| ([A-Z]{3})\d{3} ", part, re.M)} for part in lists]
    assert sorted(kind for found in kinds for kind in found) == sorted({c[:3] for c in CODES})


def test_every_key_is_in_the_manual():
    first = {word for row in rows() for word in re.findall(r"`\[?([\w.-]+)\]?`", row[0])}
    assert set(ARTICLE_KEYS) <= first
    assert set(NOTICE_KEYS) <= first
    assert set(EDITION_KEYS) <= first
    assert set(EDITIONS) <= first
    assert {"notices.required", "groups.NAME", "collections.NAME"} <= first
    assert set(KEYS) - {"notices", "groups", "collections"} <= first
    assert set(GROUP_KEYS) <= first
    named = set(re.findall(r"[\w-]+", MANUAL))
    assert {*PERSON_KEYS, *REFERENCES, *IMPRINT_KEYS} - {"colors"} <= named


def test_tables_are_narrow_and_lists_short():
    assert max(map(len, rows())) <= 4
    for text in (path.read_text() for path in (DOCS / "source").glob("*.md")):
        lists = re.findall(r"(?:^(?:-|\d\.) .*\n)+", BLOCK.sub("", text), re.M)
        assert max(found.count("\n") for found in lists) <= 7


# What it shows


def story() -> Iterator[tuple[str, str, list[str]]]:
    """Every step of the manual: `file`, its name and lines; or `command`, itself and its output."""
    for found in BLOCK.finditer(MANUAL):
        language, text = found.groups()
        if language == "console":
            for step in re.split(r"^\$ ", text, flags=re.M)[1:]:
                command, *printed = step.splitlines()
                yield "command", command, printed
        elif language != "text":
            named = FILE.search(MANUAL[: found.start()])
            assert named, f"no file is named for the sample: {text[:60]}"
            yield "file", named[1], text.splitlines()


class Reader:
    """Do what the manual says, in a separate folder, as a shell would."""

    def __init__(self, folder: Path) -> None:
        self.place, self.status = folder, 0
        programs = folder / "programs"
        programs.mkdir()
        script = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m press "$@"\n'
        (programs / "makebook").write_text(script)
        (programs / "makebook").chmod(0o755)
        paths = f"{programs}{os.pathsep}{os.environ['PATH']}"
        home = {"HOME": str(folder), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        self.environment = {**os.environ, **home, "PATH": paths}

    def write(self, name: str, lines: list[str]) -> None:
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run(self, command: str) -> str:
        """Return what a command prints, and keep its status."""
        if command.startswith("cd "):
            place = command.removeprefix("cd ").replace("~", self.environment["HOME"])
            self.place = (self.place / place).resolve(strict=True)
            self.status = 0
            return ""
        if command == "echo $?":
            before, self.status = self.status, 0
            return f"{before}\n"
        if command in ENDLESS:
            return self.interrupted(f"{command} --port 0")
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=self.place, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=LIMIT, check=False,
        )  # fmt: skip
        self.status = done.returncode
        return done.stdout

    def interrupted(self, command: str) -> str:
        """Run a command that never ends until it has reported a build; then send Ctrl-C."""
        with subprocess.Popen(
            shlex.split(command), cwd=self.place, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            first = process.stdout.readline() + process.stdout.readline()
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=LIMIT)
        self.status = process.returncode
        return first + rest


def test_the_manual_does_what_it_says(tmp_path):
    reader = Reader(tmp_path)
    steps = [step for step in story() if step[1] not in NOT_RUN]
    assert len(steps) > 30
    assert set(ENDLESS) | set(NOT_RUN) <= {text for _, text, _ in story()}
    for number, (kind, text, lines) in enumerate(steps):
        if kind == "file":
            reader.write(text, lines)
            continue
        said = reader.run(text)
        for line in lines:
            pattern = ".*".join(map(re.escape, line.split("…")))
            assert re.search(rf"^{pattern}$", said, re.M), f"$ {text}: no '{line}' in\n{said}"
        shown = steps[number + 1][1:] if number + 1 < len(steps) else ("", [])
        if shown[0] != "echo $?":
            assert reader.status == 0, f"$ {text}: status {reader.status}\n{said}"
        assert "error " not in said or reader.status, said
        assert "Traceback" not in said


def test_every_status_is_told():
    told = {row[0] for row in rows() if row[0].isdigit()}
    assert told == {"0", "1", "2", "3", "130"}

"""Shared fixtures, and the rule for checkers that are not installed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from press.build.run import build
from press.check.external import CheckerMissing
from press.core import gate
from press.core.model import Request

settings.register_profile("any machine", deadline=None)  # however slow or busy it is
settings.load_profile("any machine")

ROOT = Path(__file__).resolve().parent.parent

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts a command in the background so; the tests' own processes must hear Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


_OPEN = gate.state()


_LONGEST = (
    "manual",
    "long_words",
    "trial_mutants",
    "partial",
    "serve",
    "parallel",
    "faults",
    "speak",
)
"""Files of tests that take minutes: they begin first, so that no process is left with one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    names = [f"test_{name}" for name in _LONGEST]
    place = {name: number for number, name in enumerate(names)}
    items.sort(key=lambda item: place.get(item.path.stem, len(names)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Open every folder again before any fixture: a test may have left a project open."""
    gate.restore(_OPEN)


@pytest.fixture(autouse=True)
def _reports_are_not_kept(tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any) -> None:
    """Keep reports of faults out of the home of whoever runs the tests."""
    folder = str(tmp_path_factory.getbasetemp() / "state")
    monkeypatch.setenv("XDG_STATE_HOME", folder)
    monkeypatch.setenv("LOCALAPPDATA", folder)


@contextmanager
def needed() -> Iterator[None]:
    """Skip a test if its checker is not installed; fail it if CI=true."""
    try:
        yield
    except CheckerMissing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def checker() -> Callable[..., list[str]]:
    """Run a function of `press.check.external` on a file: `checker(epubcheck, path)`.

    Returns the findings as lines of text, so that a failing test shows them.
    """

    def run(check: Callable[..., list[object]], path: Path, **options: object) -> list[str]:
        with needed():
            return [str(finding) for finding in check(path, **options)]
        raise AssertionError("unreachable")

    return run


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Build a project once per session: `built("small")`; `built("")` is the repository itself.

    Returns the folder with its outputs. The projects are in `tests/projects/`.
    """
    done: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in done:
            root = ROOT / "tests" / "projects" / name if name else ROOT
            output = tmp_path_factory.mktemp("built")
            outcome = build(Request(root, output, date(2026, 11, 23)))
            problems = [*outcome.problems, *(p for b in outcome.built for p in b.problems)]
            assert not problems, "\n".join(map(str, problems))
            done[name] = output
        return done[name]

    return make


@pytest.fixture(scope="session")
def golden() -> Callable[[str, str], None]:
    """Compare a text with the one kept: `golden("small/book.opf", text)`.

    With MAKEBOOK_REWRITE=1 the text is kept instead: read the diff before you commit it.
    """

    def agree(name: str, text: str) -> None:
        path = ROOT / "tests" / "data" / "goldens" / name
        text = text.rstrip("\n") + "\n"
        if os.environ.get("MAKEBOOK_REWRITE") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"not as in {path}"

    return agree

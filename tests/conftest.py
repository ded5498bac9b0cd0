"""Shared fixtures, and the rule for checkers that are not installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from press.check import CheckerMissing

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def needed() -> Iterator[None]:
    """A checker that is missing is a skip on a developer's own machine, a failure where CI=true."""
    try:
        yield
    except CheckerMissing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def checker() -> Callable[..., list[str]]:
    """Runs a function of `press.check` on a file: `checker(epubcheck, path)`.

    Returns the findings as lines of text, so that a failing test shows them.
    """

    def run(judge: Callable[..., list[object]], path: Path, **options: object) -> list[str]:
        with needed():
            return [str(finding) for finding in judge(path, **options)]
        raise AssertionError("unreachable")

    return run

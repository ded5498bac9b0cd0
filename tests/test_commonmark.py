"""CommonMark: the examples of its specification, and where makebook reads otherwise on purpose."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import commonmark

SPEC = Path(sys.prefix) / "ace" / "node_modules" / "commonmark-spec" / "spec.txt"

ON_PURPOSE = {
    "an address without brackets is a link": ["< https://foo.bar >", "https://example.com"],
    "a backslash and a space are a space that does not break": ["\\\t\\A\\a\\ \\3\\φ\\«"],
    "a key after @ is a citation": ["<foo\\+@bar.example.com>"],
    "blank space in a table's cell is cleaned": ["<table><tr><td>\n<pre>\n**Hello**,\n\n_world_."],
}
"""The beginnings of the examples that differ, and why."""


def test_the_examples_of_the_specification(capsys: pytest.CaptureFixture[str]) -> None:
    if not SPEC.exists():
        pytest.skip("the specification is not installed: python3 makebook.py test")
    assert commonmark.main([str(SPEC)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "same 647 of 652, text lost 0"
    differ = [
        source
        for _, source, wanted in commonmark.examples(SPEC.read_text(encoding="utf-8"))
        if not commonmark.compare(source, wanted)[0]
    ]
    known = [start for starts in ON_PURPOSE.values() for start in starts]
    assert [source for source in differ if not source.startswith(tuple(known))] == []

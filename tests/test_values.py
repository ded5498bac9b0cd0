"""Code paths are chosen by values that exceptions and problems carry, never by their wording."""

from __future__ import annotations

import ast
import logging
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from press import cli
from press.build.run import build
from press.core.model import Image, Request
from press.core.problems import Problem, ProblemsError, Span, UnknownName
from press.document.compose import read_sources
from press.output.pdf import typeset
from press.serve.steps import _safely

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "tests" / "projects" / "small"
WORDS = {"message", "hint", "reason", "why"}
"""Names of what is printed."""


@pytest.mark.parametrize("path", sorted((ROOT / "press").rglob("*.py")), ids=lambda path: path.stem)
def test_no_code_looks_into_a_message(path):
    found = [ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if _looks(node)]
    assert found == []


def _looks(node):
    """Return whether a node searches or changes the words of a message, or unpacks an exception."""
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        return any(_is_message(part) for part in node.comparators)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        searches = "count endswith find index partition replace split startswith".split()
        return bool(node.args) and node.func.attr in searches and _is_message(node.func.value)
    return isinstance(node, ast.Attribute) and node.attr == "args" and _name(node.value) == "error"


def _name(node):
    return getattr(node, "id", "")


def _is_message(node):
    if isinstance(node, ast.Call) and _name(node.func) == "str":
        return _name(node.args[0]) in ("error", "problem")
    return _name(node) in WORDS or (isinstance(node, ast.Attribute) and node.attr in WORDS)


@pytest.mark.parametrize(
    ("asked", "kind", "name", "code"),
    [
        ({"articles": ("second-edition",)}, "article", "second-edition", "CFG006"),
        ({"editions": ("article",)}, "edition", "article", "CFG005"),
        ({"imprints": ("edition",)}, "imprint", "edition", "CFG008"),
        ({"imprints": ("all",)}, "imprint", "", "CFG008"),
    ],
)
def test_a_name_that_there_is_not(tmp_path, asked, kind, name, code):
    request = Request(SMALL, tmp_path, date(2026, 3, 2), **asked)
    with pytest.raises(UnknownName) as caught:
        build(request)
    error = caught.value
    assert (error.kind, error.name) == (kind, name)
    assert error.hint
    assert name in str(error)
    (problem,) = _safely(request).problems
    assert (problem.code, problem.message, problem.hint) == (code, str(error), error.hint)


@pytest.fixture
def pictured():
    picture = Image("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    return replace(read_sources(SMALL).assembled("sleep", ""), images=(picture,))


@pytest.mark.parametrize(
    ("words", "values", "code"),
    [
        ("Failed to load image at %r: %s", (f"{typeset._BASE}a.svg", "torn"), "IMG004"),
        ("Failed to render SVG image %s", (f"{typeset._BASE}a.svg",), "IMG004"),
        ("Failed to load image at %r: %s", (f"{typeset._BASE}data.svg", "none"), "PDF001"),
        ("Ignored `%s` at %d:%d, %s.", ("background: a.svg", 1, 1, "invalid value"), "PDF001"),
    ],
)
def test_a_picture_is_blamed_by_its_address(pictured, words, values, code):
    with pytest.raises(ProblemsError) as caught, typeset.listening(pictured):
        logging.getLogger("weasyprint").error(words, *values)
    (problem,) = caught.value.problems
    assert problem.code == code


def test_the_severity_is_marked_where_it_stands(monkeypatch):
    lines = []
    monkeypatch.setattr(cli.click, "echo", lambda line, err: lines.append(line))
    monkeypatch.setattr(cli, "_styled", lambda text, **_: f"<{text}>")
    name = "source/no error CIT001.md"
    cli._print_problems([Problem("CIT001", Span(name, 3, 1), "no entry", "add one")])
    assert lines == [f"{name}:3:1:< error CIT001>: no entry", "    hint: add one"]

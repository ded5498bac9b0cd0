"""Plain English: phrases that read as if translated stay out of every text that people read.

They are looked for in messages, hints, help, README, documents, the article, and the model project.
A phrase counts as a whole; `there is no` and `is no longer` are plain English and stay.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PHRASES = {
    # Phrase: what to write instead.
    r"(?<!there )(?<!There )\bis no (?!longer\b|more than\b)": "is not a …",
    r"(?<!there )(?<!There )\bis none\b": "is not one, there is none",
    r"\bnobody's\b": "reserved, not used, without an owner",
    r"\bto be had\b": "available",
    r"\bmade anew\b": "rebuilt, made again",
    r"\bstands? behind\b": "comes after, is loaded after",
    r"\bstands? in the way\b": "name the problem: missing library, full disk, no permission",
    r"\bwhat stood\b": "existing files",
    r"\bis told of\b": "is reported",
    r"\bgoes along\b": "is embedded",
    r"\bwithout a word\b": "say what happened: was killed",
    r"\blook now and then\b": "check from time to time",
    r"\bhas nowhere to stand\b": "cannot be placed",
}
"""Each is a regular expression for text on one line."""

PROSE = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *ROOT.glob("source/**/*.md"),
    *ROOT.glob("press/setup/**/*.md"),
]
PROGRAM = [ROOT / "makebook.py", *ROOT.glob("press/**/*.py")]
PRINTED = sorted(ROOT.glob("tests/problems/*/printed.txt"))


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yields each text of a file with its line, folded to one line: of Python code, its strings."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        for number, block in enumerate(re.split(r"\n\s*\n", source), 1):
            yield number, " ".join(block.split())
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            parts = (v.value if isinstance(v, ast.Constant) else "…" for v in node.values)
            yield node.lineno, " ".join("".join(map(str, parts)).split())
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, " ".join(node.value.split())


def found(path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}, {number}: {hit[0]!r} in {text[:80]!r}; write: {instead}"
        for number, text in texts(path)
        for phrase, instead in PHRASES.items()
        if (hit := re.search(phrase, text))
    ]


@pytest.mark.parametrize("path", [*PROSE, *PROGRAM], ids=lambda p: str(p.relative_to(ROOT)))
def test_no_stilted_phrase(path):
    assert not found(path), "\n".join(found(path))


def test_no_stilted_phrase_is_printed():
    assert not [line for path in PRINTED for line in found(path)]


@pytest.mark.parametrize(
    "text",
    ["'x' is no word to fill in", "what stood in build/ is untouched", "none is to be had"],
)
def test_a_stilted_phrase_is_found(text):
    assert any(re.search(phrase, text) for phrase in PHRASES)


@pytest.mark.parametrize(
    "text", ["there is no article 'tea'", "there is none", "it is no longer made"]
)
def test_plain_english_passes(text):
    assert not any(re.search(phrase, text) for phrase in PHRASES)

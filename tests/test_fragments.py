"""HTML of any quality, through the whole pipeline: a clear problem, or sound outputs.

A hundredth of the fragments run here. All of them: `python -m tests.test_fragments`, which prints
the number of each fragment that ends in another way.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import tempfile
from pathlib import Path

import pytest

from press.cli import main
from tests.trial.fragments import FRAGMENTS, fragment

SEED = 12
_PROBLEM = re.compile(r"source/a\.md(:\d+:\d+)?: error (HTM|LNK|IMG|TXT|FRM)\d{3}: ")


def outcome(root: Path, number: int) -> str:
    """Build an article with a fragment in it; return what is wrong with how the build ended."""
    (root / "source").mkdir(exist_ok=True)
    (root / "makebook.toml").write_text('editions = ["letter"]\n')
    text = f"---\ntitle: A fragment\n---\n\nBefore it.\n\n{fragment(SEED, number)}\n\nAfter it.\n"
    (root / "source" / "a.md").write_text(text, encoding="utf-8")
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            main(["build", "--project", str(root), "--output", str(root / "output")])
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
    errors = [line for line in said.getvalue().splitlines() if ": error " in line]
    if status == 0:  # it was proved, block by block
        return "" if not errors else f"ends well after {errors}"
    other = [line for line in errors if not _PROBLEM.match(line)]
    if status != 1 or other or not errors:
        return f"status {status}: {other or said.getvalue()}"
    return ""


@pytest.mark.parametrize("number", range(FRAGMENTS // 100))
def test_a_fragment_is_refused_clearly_or_comes_out_whole(number: int, tmp_path: Path) -> None:
    assert outcome(tmp_path, number) == ""


def test_a_seed_always_gives_the_same_fragments() -> None:
    assert fragment(1, 7) == fragment(1, 7) != fragment(1, 8)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for each in range(*map(int, sys.argv[1:3] or ("0", str(FRAGMENTS)))):
            if wrong := outcome(Path(folder), each):
                sys.stdout.write(f"{each} {wrong}\n")

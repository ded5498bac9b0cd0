"""Shell completion: the program lists what could follow when the Tab key is pressed."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = "import sys; sys.argv[0] = 'makebook'; from press.cli import main; main()"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("makebook --exp", ["--explain"]),
        ("makebook ke", ["ketamine-ocd"]),
        ("makebook ser", ["serve"]),
        ("makebook imp", ["import"]),
        ("makebook --imprint u", ["uk-example", "us-example"]),
        ("makebook ketamine-ocd --edition la", ["large-print"]),
        ("makebook build --format e", ["epub"]),
        ("makebook serve --edition ink", ["ink-saver"]),
        ("makebook --project docs cl", ["clinic"]),
        ("makebook build --project tests/projects/bound ni", ["nights"]),
        ("makebook --project none --edition a", []),
    ],
)
def test_what_could_stand_there(line, wanted):
    words = shlex.split(line)
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1), "_MAKEBOOK_COMPLETE": "bash_complete",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stderr == ""
    found = [said.partition(",")[2] for said in done.stdout.split()]
    assert found == wanted

"""The benchmarks still find what they time, however the program is arranged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


def test_the_comparison_times_each_part_of_a_cold_build(tmp_path: Path) -> None:
    script = BENCHMARKS / "compare.py"
    run = subprocess.run(
        [sys.executable, script, "inside", tmp_path], check=True, stdout=subprocess.PIPE
    )
    seconds = json.loads(run.stdout)
    whole = seconds.pop("all")
    assert list(seconds) == ["import", "layout", "writing", "cover", "proof"]
    assert 0 < min(seconds.values()) < sum(seconds.values()) < whole


def test_a_library_is_built_edited_and_left_alone() -> None:
    run = subprocess.run(
        [sys.executable, BENCHMARKS / "library.py", "--articles", "3", "--format", "html"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    heads = [line.partition("  ")[0] for line in run.stdout.splitlines()]
    assert heads[:-1] == [
        "3 articles as html", "one article alone", "all articles", "one article edited",
        "nothing changed",
    ]  # fmt: skip
    assert heads[-1].startswith("an edit costs ")

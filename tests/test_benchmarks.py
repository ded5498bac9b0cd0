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

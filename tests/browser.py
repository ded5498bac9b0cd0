"""Chromium, driven by the puppeteer that Ace includes; axe comes from there, too."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from press.check import external as check
from tests.conftest import needed
from tests.waiting import LIMIT


def browse(*jobs: dict[str, Any]) -> list[dict[str, Any]]:
    """Run each job in turn (see browser.cjs) and return the result of each."""
    script, node, chromium = check.ace_script(), check.node(), check.browser()
    with needed():
        if not (script.is_file() and node and chromium):
            raise check.CheckerMissing("Chromium with axe", "python3 makebook.py test")
    modules = next(p for p in script.parents if p.name == "node_modules")
    axe = modules / "@daisy" / "axe-core-for-ace" / "axe.min.js"
    done = subprocess.run(
        [node, Path(__file__).with_name("browser.cjs"), modules / "puppeteer-core", chromium, axe],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)

"""A library of handouts that consist of a few facts, without building any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from press.design.styles import Styles
from press.output.web.library import write_library
from press.output.web.shelf import Shelf

ROOT = Path(__file__).resolve().parent.parent


def library(folder: Path, handouts: list[dict[str, Any]]) -> Path:
    """Write a library page; each handout has a title, and any other facts of a manifest's entry."""
    entries = {}
    for number, facts in enumerate(handouts):
        name = f"{number}.html"
        (folder / name).write_text("A page.")
        file = {"format": "html", "edition": "", "part": "", "kind": "", "page": "", "pages": 0,
                "bytes": 7}  # fmt: skip
        entries[str(number)] = {
            "subtitle": "", "abstract": "", "keywords": [], "facts": [], "lang": "en-US",
            "editions": ["letter"], "identifier": "", "version": "2.1", "hash": "", "stamp": "",
            "files": {name: file}, **facts,
        }  # fmt: skip
    page = folder / "index.html"
    page.write_bytes(write_library(Shelf(folder, entries, "en-US"), Styles(ROOT)))
    return page

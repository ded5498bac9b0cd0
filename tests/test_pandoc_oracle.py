"""Pandoc as an independent check of how entries are read and citations are printed.

Every difference is written, with its reason, into `data/citations/pandoc-differences.txt`; a new
one fails the test, and so does one that is gone. `REWRITE=1` writes the file again and keeps the
reasons: read the diff, and give each new difference its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from press.core.model import Entry
from press.references.bibliography import read_bibliography
from press.references.csl.citations import find_style, format_citations
from tests.citing import clusters, written

DATA = Path(__file__).parent / "data" / "citations"
LISTED = DATA / "pandoc-differences.txt"
STYLES = ("american-medical-association", "nlm-citation-sequence", "apa")
UNEXPLAINED = "?"

Difference = tuple[str, str, str]  # what differs, ours, Pandoc's


def pandoc() -> str:
    """Return the path of Pandoc; without it, skip the test unless CI=true."""
    try:
        import pypandoc
    except ImportError:
        if os.environ.get("CI") == "true":
            pytest.fail("pypandoc-binary is not installed")
        pytest.skip("pypandoc-binary is not installed: pip install makebook[test]")
    return str(pypandoc.get_pandoc_path())


def run(*arguments: str | Path, text: str = "") -> str:
    done = subprocess.run(
        [pandoc(), *map(str, arguments)],
        input=text,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def entries() -> dict[str, Entry]:
    problems: list[Any] = []
    found = read_bibliography([(DATA / "sample.bib", "sample.bib")], problems)
    assert problems == []
    return found


def readable(content: Any) -> str:
    """Phrasing content as text: `_italic_`, `^high^`, `~low~`, `*bold*`; links are not compared."""
    signs = {"i": "_", "em": "_", "sup": "^", "sub": "~", "b": "*", "strong": "*"}

    def walk(element: Any) -> Iterator[str]:
        sign = signs.get(element.tag, "") if element is not content else ""
        if element.get("class") == "csl-left-margin":
            yield element.tail or ""
            return
        yield sign + (element.text or "")
        for child in element:
            yield from walk(child)
        yield sign + ((element.tail or "") if element is not content else "")

    text = "".join(walk(content))
    return re.sub(r"\s+", " ", text).strip()


def printed_differences(style: str, entries: dict[str, Entry]) -> Iterator[Difference]:
    """Compare marks and references made of the same items by the same style."""
    source = (DATA / "sample.md").read_text("utf-8")
    csl = find_style(style, DATA)
    ours = format_citations(clusters(source), entries, csl, "en-US")
    items = json.dumps([dict(entry.csl) for entry in entries.values()])
    html = run(
        "--from=markdown", "--to=html", "--wrap=none", "--citeproc", f"--csl={csl}",
        "--metadata=lang:en-US", f"--bibliography={bibliography_file(items)}", text=source,
    )  # fmt: skip
    tree = etree.fromstring(f"<div>{html}</div>")
    marks = [span for span in tree.iter("span") if span.get("class") == "citation"]
    references = [d for d in tree.iter("div") if d.get("class") == "csl-entry"]
    sources = written(source)
    assert (len(ours.marks), len(ours.references)) == (len(marks), len(references))
    for where, mine, theirs in zip(sources, ours.marks, marks, strict=True):
        yield f"{style}: {where}", readable(parse(mine)), readable(theirs)
    by_key = {entry.get("id").removeprefix("ref-"): entry for entry in references}
    yield f"{style}: order", " ".join(r.key for r in ours.references), " ".join(by_key)
    for reference in ours.references:
        mine, theirs = parse(reference.xhtml), by_key[reference.key]
        yield f"{style}: entry {reference.key}", readable(mine), readable(theirs)


def parse(xhtml: str) -> Any:
    return etree.fromstring(f"<p>{xhtml}</p>")


_FILES: list[Path] = []


def bibliography_file(items: str) -> Path:
    (path := _FILES[0] / "items.json").write_text(items, "utf-8")
    return path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> None:
    _FILES[:] = [tmp_path]


def read_differences(entries: dict[str, Entry]) -> Iterator[Difference]:
    """Compare our reading of the BibTeX file with Pandoc's, field by field."""
    theirs = {
        item["id"]: item
        for item in json.loads(run("--from=bibtex", "--to=csljson", DATA / "sample.bib"))
    }
    assert list(theirs) == list(entries)
    for key, entry in entries.items():
        for field in sorted({*entry.csl, *theirs[key]}):
            mine, other = entry.csl.get(field), theirs[key].get(field)
            yield f"reading: {key} {field}", dumped(mine), dumped(other)


def dumped(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Pandoc writes protected words as they are; only what they are is compared here.
    return re.sub(r'<span class="nocase">(.*?)</span>', r"\1", text)


def listed() -> dict[str, list[str]]:
    """Read the list: for each difference its two sides, and why."""
    found: dict[str, list[str]] = {}
    if LISTED.exists():
        for block in LISTED.read_text("utf-8").split("\n\n"):
            lines = [line for line in block.splitlines() if not line.startswith("#")]
            if lines:
                found[lines[0]] = [line.split(": ", 1)[1] for line in lines[1:]]
    return found


HEAD = """\
# Where makebook and Pandoc differ, on the same bibliography and the same CSL files.
# `_italic_`, `^superscript^`, `~subscript~`. Each block: what, ours, Pandoc's, and why.
"""


def test_every_difference_from_pandoc_is_listed_with_its_reason(
    entries: dict[str, Entry],
) -> None:
    found = [d for d in read_differences(entries) if d[1] != d[2]]
    for style in STYLES:
        found += [d for d in printed_differences(style, entries) if d[1] != d[2]]
    known = listed()
    if os.environ.get("REWRITE"):
        blocks = [
            f"{what}\n  ours:   {mine}\n  pandoc: {theirs}\n"
            f"  why:    {known.get(what, [''] * 3)[2].strip() or UNEXPLAINED}"
            for what, mine, theirs in found
        ]
        LISTED.write_text("\n\n".join([HEAD.strip(), *blocks]) + "\n", "utf-8")
        known = listed()
    assert {what: (mine, theirs) for what, mine, theirs in found} == {
        what: (sides[0].strip(), sides[1].strip()) for what, sides in known.items()
    }
    assert [what for what, sides in known.items() if sides[2].strip() == UNEXPLAINED] == []

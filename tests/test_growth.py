"""What is done for a text grows with the text, and no faster: steps are counted, never times.

A step is a line of the program, or of the part of WeasyPrint that finds the targets of links.
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from press.build import run
from press.core import gate
from press.core.model import Request
from press.core.trees import free_id
from press.document.compose import read_sources
from press.output.epub import chapters
from press.output.pdf import engine, tags
from press.readback.pdf import read_pdf
from tests.here import build_here

COUNTED = (str(Path(run.__file__).parent.parent), "css/targets.py")
FEW = 4000
"""Steps that a function may take more, such as those of filling a last page."""

TEXTS = {
    "headings": lambda n: "## A\n\n" * n,
    "subheadings": lambda n: "## One\n\n" + "### A\n\nText.\n\n" * n,
    "rows": lambda n: "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * n,
    "links": lambda n: "## Target {#t}\n\n" + "See [there](#t) now.\n\n" * n,
    "notes": lambda n: "".join(f"Text[^{k}].\n\n[^{k}]: Note {k}.\n\n" for k in range(n)),
    "pages": lambda n: "".join(f"## Part {k}\n\nSee @sec-p{(k + 1) % n}.\n\n### P {{#sec-p{k}}}\n\n"
                               for k in range(n)),
}  # fmt: skip


def write(root, text):
    (root / "source").mkdir(parents=True)
    (root / "makebook.toml").write_text('lang = "en-US"\neditions = ["letter"]\n', encoding="utf-8")
    (root / "source" / "a.md").write_text(f"---\ntitle: A\n---\n\n{text}", encoding="utf-8")


def steps(root, text, monkeypatch) -> Counter:
    """Build an article; return how many lines of each function ran."""
    write(root, text)
    build_here(monkeypatch)
    counts: Counter = Counter()

    def line(frame, event, _):
        if event == "line":
            counts[frame.f_code.co_filename, frame.f_code.co_qualname] += 1
        return line

    def call(frame, *_):
        return line if frame.f_code.co_filename.startswith(COUNTED[0]) or (
            frame.f_code.co_filename.endswith(COUNTED[1])) else None  # fmt: skip

    before = sys.gettrace()
    sys.settrace(call)
    try:
        outcome = run.build(Request(root, root / "build", date(2026, 1, 1)))
    finally:
        sys.settrace(before)
    assert [built.entry for built in outcome.built if built.entry], list(outcome.every_problem)
    return counts


@pytest.mark.parametrize("kind", TEXTS)
def test_three_times_the_text_takes_three_times_the_steps(tmp_path, monkeypatch, kind):
    engine.start()
    steps(tmp_path / "first", TEXTS[kind](2), monkeypatch)  # what is done only once
    short = steps(tmp_path / "short", TEXTS[kind](60), monkeypatch)
    long = steps(tmp_path / "long", TEXTS[kind](180), monkeypatch)
    grown = {name: (short[name], n) for name, n in long.items() if n > 4.5 * short[name] + FEW}
    assert grown == {}


def test_equal_names_are_not_counted_from_one_each_time():
    class Taken(set):
        asked = 0

        def __contains__(self, name):
            Taken.asked += 1
            return super().__contains__(name)

    taken, last = Taken(), {}
    names = []
    for _ in range(100):
        names.append(free_id("a", taken, last))
        taken.add(names[-1])
    assert names[:3] == ["a", "a-1", "a-2"]
    assert names[-1] == "a-99"
    assert Taken.asked < 300


def test_the_words_of_a_section_are_counted_once(tmp_path, monkeypatch):
    write(tmp_path, "".join(f"## Part {n}\n\nA few words.\n\n" for n in range(50)))
    gate.open_project(tmp_path)
    document = read_sources(tmp_path).assembled("a", "")
    counted, whole = [], chapters._count_words

    def count(body):
        counted.append(len(list(body.iter())))
        return whole(body)

    monkeypatch.setattr(chapters, "_count_words", count)
    title = chapters.etree.fromstring("<body/>")
    made = chapters.make_chapters(document, title, [], {})
    assert len(made) < 10
    assert sum(counted) == 4 * 50  # the body, the section, and the two blocks of each


def test_destinations_are_in_leaves_in_which_a_reader_finds_them(tmp_path, monkeypatch):
    ids = [f"{letter}{n}" for n in range(50) for letter in ("a", "é", "z", "ω")]
    text = "".join(f"[See](#{ids[-n]})\n\n## Part {{#{id_}}}\n\n" for n, id_ in enumerate(ids))
    write(tmp_path, text)
    monkeypatch.setattr(tags, "_FEW", 100)
    build_here(monkeypatch)
    run.build(Request(tmp_path, tmp_path / "build", date(2026, 1, 1), formats=("pdf",)))
    data = (tmp_path / "build" / "a.pdf").read_bytes()
    pages = read_pdf(data)
    assert sum(page.links for page in pages) >= len(ids)
    assert sum(page.dead for page in pages) == 0
    raw = pypdfium2.raw
    pdf = pypdfium2.PdfDocument(data)
    assert raw.FPDF_CountNamedDests(pdf.raw) > 2 * len(ids)
    with pikepdf.open(io.BytesIO(data)) as opened:
        assert len(opened.Root.Names.Dests.Kids) > 2 * len(ids) / 64
    assert raw.FPDF_GetNamedDestByName(pdf.raw, b"a7")
    pdf.close()

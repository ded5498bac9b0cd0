"""Pages shown before the handout is finished are the pages that will be printed, to the pixel."""

from __future__ import annotations

import pickle
import random
import re
import shutil
from functools import cache
from pathlib import Path

import pytest
from PIL import ImageChops

from press.design.styles import Styles
from press.document import editions
from press.document.compose import read_sources
from press.output.pdf import layout as pdf
from press.output.pdf.partial import Window, lay_out_part
from press.readback.pdf import page_sizes, raster
from press.source.project import effective

ROOT = Path(__file__).resolve().parent.parent
HEADERS = """
@page { @top-right { content: string(where); font-size: 9pt; } }
h2 { string-set: where content(); }
"""
"""The heading of the section stands on every page, also where it began on an earlier one."""


class Work:
    """A copy of this repository's project, as it is edited."""

    def __init__(self, root: Path, name: str = "letter") -> None:
        for folder in ("source", "styles"):
            shutil.copytree(ROOT / folder, root / folder)
        shutil.copy(ROOT / "makebook.toml", root)
        self.root, self.name = root, name
        self.article = root / "source" / "ketamine-ocd.md"
        # What leads to a later page keeps its old number until the handout is finished.
        self.text = self.article.read_text("utf-8").replace("[questions](#questions)", "questions")
        self.edit(lambda text: text)

    def laid(self):
        """The whole edition as it is now, laid out."""
        document, edition = self._work()
        return pdf.lay_out(document, edition, Styles(self.root))

    def pulled(self, trail, first=0, last=1, **options):
        document, edition = self._work()
        view = Window(first, last, len(trail.anchors) if trail else 9, **options)
        return lay_out_part(document, edition, Styles(self.root), view, trail)

    def _work(self):
        sources = read_sources(self.root)
        document = sources.assembled("ketamine-ocd", "")
        config = effective(sources.project.config, None)
        edition = next(e for e in config.editions if e.name == self.name)
        name = editions.file_name(document.name, edition, config.editions[0], "references")
        return editions.printed(document, edition, name), edition

    def edit(self, change) -> None:
        self.article.write_text(change(self.text), "utf-8")


@pytest.fixture
def work(tmp_path):
    return Work(tmp_path / "project")


def differences(partial, layout, total=None) -> list[int]:
    """The pages of a partial layout that are not those of the finished layout.

    `total`: how many pages there were. If there are more now, the footer does not know it yet.
    """
    whole = total in (None, len(layout.anchors))
    data = layout.rendered.write_pdf()
    assert len(page_sizes(partial.data)) == partial.pages

    @cache
    def picture(early, number):
        page = raster(partial.data if early else data, number, 500).convert("RGB")
        return page if whole else page.crop((0, 0, page.width, page.height * 4 // 5))

    return [
        partial.first + number
        for number in range(partial.pages)
        if ImageChops.difference(
            picture(True, number), picture(False, partial.first + number)
        ).getbbox()
    ]


def blocks(text: str) -> list[int]:
    """Where paragraphs of running text begin."""
    return [m.end() for m in re.finditer(r"\n\n(?=[A-Z][^|{}]*\n\n)", text)]


@pytest.mark.parametrize("edition", ["letter", "a4", "large-print", "ink-saver"])
def test_what_is_shown_is_what_will_be_printed(tmp_path, edition):
    """Paragraphs that grow, come and go, here and there: pages after them move."""
    work = Work(tmp_path / "project", edition)
    trail = pickle.loads(pickle.dumps(work.laid().trail))
    chance = random.Random(f"{edition} 1")
    for at in chance.sample(blocks(work.text), 3):
        end = work.text.index("\n\n", at)
        kind = chance.choice(["grow", "come", "go"])
        new = {
            "grow": work.text[at:end] + " More words, and again more words." * 9,
            "come": "A new paragraph of some length. " * 12 + "\n\n" + work.text[at:end],
            "go": "Gone.",
        }[kind]
        work.edit(lambda text, at=at, end=end, new=new: text[:at] + new + text[end:])
        partial = work.pulled(trail, 0, 30 if kind == "go" else 1)
        assert partial, (kind, at)
        assert differences(partial, work.laid(), len(trail.anchors)) == [], (kind, at)


def test_a_change_far_behind_costs_no_more_pages(work):
    trail = work.laid().trail
    work.edit(
        lambda text: text.replace("## Summary {#summary}\n", "## Summary {#summary}\n\nNew.\n")
    )
    page = next(n for n, ids in enumerate(trail.anchors) if "summary" in ids)
    assert page > 1
    partial = work.pulled(trail, page, page)
    assert partial.first in (page - 1, page)
    assert partial.pages <= 3
    assert differences(partial, work.laid()) == []


def test_links_back_have_their_page(work):
    """References name the pages that cite them, of which most are not laid out."""
    trail = work.laid().trail
    file = work.root / "source" / "references.bib"
    file.write_text(file.read_text("utf-8").replace("Analysis", "Analyses", 1), "utf-8")
    text = file.read_text("utf-8")
    file.write_text(re.sub(r"(title\s*=\s*\{)(?=Obsessive)", r"\1New: ", text, count=1), "utf-8")
    layout = work.laid()
    first = next(n for n, ids in enumerate(trail.anchors) if "references" in ids)
    partial = work.pulled(trail, first, first + 2)
    assert partial.first >= first - 1
    assert partial.first + partial.pages == len(layout.anchors)
    assert differences(partial, layout) == []


def test_running_headers_and_a_long_foot(work):
    """Earlier pages leave named strings, the footer, and a margin that has grown."""
    (work.root / "styles" / "editions" / "letter.css").write_text(HEADERS, "utf-8")
    notice = work.root / "source" / "disclaimers" / "general.md"
    text = notice.read_text("utf-8")
    notice.write_text(re.sub(r"(short: .*)", r"\1 " + "Long words. " * 40, text), "utf-8")
    trail = work.laid().trail
    assert len(trail.sheets) == 3
    work.edit(
        lambda text: text.replace("## Summary {#summary}\n", "## Summary {#summary}\n\nNew.\n")
    )
    partial = work.pulled(trail, 9, 12)
    assert partial.first > 1
    assert differences(partial, work.laid()) == []


def test_without_an_earlier_layout_it_begins_at_the_first_page(work):
    partial = work.pulled(None, 1, 2)
    layout = work.laid()
    assert (partial.first, partial.pages) == (0, 3)
    # The foot names the number of pages that there were said to be.
    assert differences(partial, layout) == [0, 1, 2]


def test_nothing_changed_nothing_shown(work):
    layout = work.laid()
    assert work.pulled(layout.trail) is None
    assert work.pulled(layout.trail, anyway=True).pages == 2


def test_a_change_that_is_not_looked_at(work):
    trail = work.laid().trail
    work.edit(
        lambda text: text.replace("## Summary {#summary}\n", "## Summary {#summary}\n\nNew.\n")
    )
    page = next(n for n, ids in enumerate(trail.anchors) if "summary" in ids)
    partial = work.pulled(trail, 0, 1)
    assert partial.first >= page - 1
    assert partial.pages <= 3


@pytest.mark.parametrize("what", ["style", "title", "picture"])
def test_what_may_change_every_page_begins_at_the_first(work, what):
    trail = work.laid().trail
    if what == "style":
        (work.root / "styles" / "editions" / "letter.css").write_text("h2 { color: #333; }")
    elif what == "title":
        work.edit(lambda text: re.sub(r"title: \"?", r"\g<0>New ", text, count=1))
    else:
        file = work.root / "source" / "images" / "three-studies.svg"
        file.write_text(file.read_text("utf-8").replace("</svg>", "<!-- new --></svg>"), "utf-8")
    assert work.pulled(trail, 4, 4).first == 0


def test_a_table_that_became_a_list_stays_one(tmp_path):
    work = Work(tmp_path / "project")
    names = "Morning Afternoon Evening Medication Clinician Appointment Temperature Concentration"
    row = f"| {names.replace(' ', ' | ')} | Observation | Tolerability |\n"
    table = f"\n{row}{'|---' * 10}|\n{row.lower()}\n"
    work.edit(
        lambda text: text.replace("## Summary {#summary}\n", f"## Summary {{#summary}}\n{table}")
    )
    work.text = work.article.read_text("utf-8")
    trail = pickle.loads(pickle.dumps(work.laid().trail))
    assert len(trail.lists) == 1
    page = next(n for n, ids in enumerate(trail.anchors) if "summary" in ids)
    work.edit(lambda text: text.replace("| evening |", "| evening again |"))
    partial = work.pulled(trail, page, page + 1)
    assert differences(partial, work.laid()) == []

"""Whole outputs: accepted by the checkers, reproducible, and consistent with each other.

The inputs are the repository's own handout, a fixture with every form of Markdown once, and one
with only a title and a sentence.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import date
from itertools import pairwise, takewhile
from pathlib import Path

import pytest
from lxml import etree

from press.build.run import build
from press.build.stale import versions
from press.check import external as check
from press.core import trees
from press.core.files import STATE
from press.core.model import Request
from press.proof.pdf import letters
from tests import inside
from tests.waiting import LIMIT

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = Path(__file__).parent / "projects"
XHTML = "{http://www.w3.org/1999/xhtml}"
TYPE = "{http://www.idpf.org/2007/ops}type"

BLOCKS = {f"{XHTML}{name}" for name in trees.BLOCKS}

OUTPUTS = (
    ("", "ketamine-ocd"),
    ("features", "everything"),
    ("features", "plain"),
    ("syntax", "constructs"),
)
USAGES = {
    "CSS-028": "a face is declared: the book brings its own typeface, on purpose",
}
"""What EPUBCheck may remark: usages, each with its reason. Nothing else is allowed."""


def names(outputs=OUTPUTS):
    return pytest.mark.parametrize(("project", "name"), outputs, ids=[name for _, name in outputs])


# The checkers


@names()
def test_epubcheck_has_nothing_to_say(built, checker, project, name):
    found = checker(check.epubcheck, built(project) / f"{name}.epub")
    assert [f for f in found if not any(f" USAGE {usage}:" in f for usage in USAGES)] == []


@names(OUTPUTS[:2])
def test_ace_finds_no_violation(built, checker, project, name):
    assert checker(check.ace, built(project) / f"{name}.epub") == []


EDITIONS = tuple(
    ("", f"ketamine-ocd-{name}") for name in ("sheet", "a4", "large-print", "ink-saver")
)


@names((*OUTPUTS, *EDITIONS))
def test_verapdf_finds_nothing_against_ua_1_and_a_3a(built, checker, project, name):
    assert checker(check.verapdf, built(project) / f"{name}.pdf", flavours=("ua1", "3a")) == []


def test_verapdf_finds_nothing_in_the_handout_of_a_clinic(checker, tmp_path):
    """The imprint has a logo, colors, notices, and a filled-in contact box."""
    request = Request(ROOT, tmp_path, date(2026, 11, 23), editions=("a4",), formats=("pdf",))
    assert not build(replace(request, imprints=("uk-example",))).failed
    path = tmp_path / "uk-example" / "ketamine-ocd.pdf"
    assert checker(check.verapdf, path, flavours=("ua1", "3a")) == []


@names((*OUTPUTS, *EDITIONS))
def test_a_second_opinion_finds_nothing_that_is_so(built, project, name):
    """outloud asks what a validator does not: whether the alternatives and the order make sense."""
    pdf = str(built(project) / f"{name}.pdf")
    command = [sys.executable, "-P", "-m", "outloud.cli", "--json", "-", "--fail-on", "never", pdf]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (result,) = json.loads(told)["results"]
    assert result["error"] is None
    assert result["stats"]["tagged"]
    assert [f for f in result["findings"] if f["rule"] not in OUTLOUD] == []


OUTLOUD = {
    # It takes all the text of a paragraph before that of its links; the proof holds the order.
    "ORD-001": "text and links of a paragraph are drawn in turn",
    # A page that is blank, so that the references can be detached, has only its running foot.
    "TAG-002": "the foot is the only text of a page",
    # It expects more data than headers, which a small table with cells over two columns has not.
    "TBL-010": "a table with spans has few cells",
}
"""What outloud reports of files that are right, each with its reason. Nothing else is allowed."""


def test_every_edition_is_checked_but_the_booklet(built):
    """Sheets to be folded have no reading order for a screen reader."""
    made = {path.stem for path in built("").glob("*.pdf")} - {"ketamine-ocd-booklet"}
    assert made == {name for project, name in (*OUTPUTS, *EDITIONS) if not project}


# On a narrow screen

WIDTH = 320

MEASURE = """<!DOCTYPE html><meta charset="utf-8"><body><pre></pre>{frames}<script>
onload = () => document.querySelector("pre").textContent = [...document.querySelectorAll("iframe")]
  .map(f => f.title + " " + f.contentDocument.documentElement.scrollWidth).join("\\n")
</script>"""


def widths(folder):
    """How wide each page of an unpacked book is on a screen of 320 pixels, as Chromium lays it out.

    Chromium's own window is wider than that, so the pages are in frames.
    """
    browser = next(filter(None, map(shutil.which, check.CHROMIUM)), None)
    if not browser:
        assert os.environ.get("CI") != "true", "Chromium is missing"
        pytest.skip("Chromium is missing: sudo apt-get install chromium")
    files = sorted(path.name for path in folder.glob("*.xhtml"))
    frame = '<iframe title="{0}" src="{0}" width="{1}" height="600" style="border:0"></iframe>'
    page = folder / "measure.html"
    page.write_text(MEASURE.format(frames="".join(frame.format(f, WIDTH) for f in files)))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = "--headless --no-sandbox --disable-gpu --no-first-run --dump-dom"
        quiet = "--disable-background-networking --allow-file-access-from-files"
        command = [browser, *options.split(), *quiet.split(), f"--user-data-dir={profile}"]
        done = subprocess.run(
            [*command, page.as_uri()], capture_output=True, text=True, timeout=LIMIT, check=True
        )
    said = re.search(r"<pre>(.*?)</pre>", done.stdout, re.S)
    return {line.split()[0]: int(line.split()[1]) for line in said[1].splitlines()}


@names(OUTPUTS[:2])
def test_no_page_of_the_book_is_wider_than_a_phone(built, tmp_path, project, name):
    inside.book((built(project) / f"{name}.epub").read_bytes()).extractall(tmp_path)
    measured = widths(tmp_path / "EPUB")
    assert len(measured) > 4
    assert {file: wide for file, wide in measured.items() if wide > WIDTH} == {}


def test_a_page_that_is_too_wide_is_found(tmp_path):
    """The measure itself works."""
    xhtml = (
        '<html xmlns="http://www.w3.org/1999/xhtml"><body><p style="width:{}px">a</p></body></html>'
    )
    for width in (200, 700):
        (tmp_path / f"{width}.xhtml").write_text(xhtml.format(width))
    assert [wide > WIDTH for wide in widths(tmp_path).values()] == [False, True]


# The same everywhere

ELSEWHERE = """
import os, sys
from datetime import date
from pathlib import Path
os.umask(0o077)
from press.build.run import build
from press.core.model import Request
outcome = build(Request(Path(sys.argv[1]), Path(sys.argv[2]), date(2026, 11, 23)))
assert not outcome.failed, outcome
"""


def build_elsewhere(source, folder, *, day="", **environment):
    """Build a copy of a project in another folder by another process; return its outputs."""
    root = folder / "a folder elsewhere, with spaces é"
    root.mkdir()
    for name in ("makebook.toml", "source", "styles"):
        if (source / name).is_dir():
            shutil.copytree(source / name, root / name)
        elif (source / name).is_file():
            shutil.copy(source / name, root / name)
    script = ELSEWHERE.replace("2026, 11, 23", day) if day else ELSEWHERE
    done = subprocess.run(
        [sys.executable, "-c", script, root, folder / "out"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "out"


def digests(folder):
    """The files of a folder and the hashes of their bytes."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != STATE]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def test_the_same_bytes_in_another_folder_on_another_day(built, tmp_path):
    """The second build has another hash seed, time zone, language, and umask, years later."""
    away = build_elsewhere(
        ROOT,
        tmp_path,
        day="2031, 5, 6",
        PYTHONHASHSEED="77",
        TZ="Pacific/Kiritimati",
        LC_ALL="C",
        COLUMNS="40",
    )
    here = digests(built(""))
    editions = ("a4", "booklet", "ink-saver", "large-print", "sheet")
    others = [f"ketamine-ocd-{name}.pdf" for name in editions]
    assert sorted(here) == [
        "index.html", *others, "ketamine-ocd.epub", "ketamine-ocd.html", "ketamine-ocd.pdf",
        "ketamine-ocd.png", "library.json", "manifest.json", "opds.json",
    ]  # fmt: skip
    assert digests(away) == here


def test_a_text_without_dates_takes_the_time_it_is_given(tmp_path):
    """SOURCE_DATE_EPOCH (reproducible-builds.org), in the book, its entries and the handout."""
    seen = []
    for epoch, day, entries in (
        ("1700000000", "2023-11-14T22:13:20Z", (2023, 11, 14, 22, 13, 20)),
        ("1800000000", "2027-01-15T08:00:00Z", (2027, 1, 15, 8, 0, 0)),
    ):
        folder = tmp_path / epoch
        folder.mkdir()
        out = build_elsewhere(PROJECTS / "features", folder, SOURCE_DATE_EPOCH=epoch)
        seen.append(digests(out))
        book = inside.book((out / "plain.epub").read_bytes())
        assert day in book.read("EPUB/content.opf").decode()
        assert {e.date_time for e in book.infolist()} == {entries}
        assert re.sub(r"\D", "", day) in inside.objects((out / "plain.pdf").read_bytes())
    assert seen[0]["plain.epub"] != seen[1]["plain.epub"]
    assert seen[0]["everything.epub"] == seen[1]["everything.epub"], "it has dates of its own"
    assert seen[0]["everything.pdf"] == seen[1]["everything.pdf"]


# The manifest


def test_the_manifest_says_what_each_output_is_made_of(built):
    folder = built("")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    entry = manifest["articles"]["ketamine-ocd"]
    for name, facts in entry["files"].items():
        data = (folder / name).read_bytes()
        assert facts["sha256"] == hashlib.sha256(data).hexdigest()
        assert facts["bytes"] == len(data)
    for name, digest in entry["sources"].items():
        assert digest == hashlib.sha256((ROOT / name).read_bytes()).hexdigest(), name
    assert {
        "source/ketamine-ocd.md",
        "source/references.bib",
        "source/images/three-studies.svg",
        "source/disclaimers/crisis.toml",
    } <= set(entry["sources"])
    assert manifest["versions"] == versions()
    assert {"makebook", "weasyprint", "ebooklib", "Pango"} <= set(manifest["versions"])


def test_the_manifest_says_which_notices_are_in_and_why(built):
    manifest = json.loads((built("") / "manifest.json").read_text(encoding="utf-8"))
    placed = {(n["id"], n["place"]): n for n in manifest["articles"]["ketamine-ocd"]["notices"]}
    assert {id_ for id_, _ in placed} == {
        "general", "off-label", "crisis", "evidence", "before-side-effects", "closing",
    }  # fmt: skip
    off_label = placed["off-label", "opening"]
    assert off_label["file"] == "source/disclaimers/off-label.en-US.md"
    assert "topic ketamine" in off_label["rule"]
    assert ("off-label", "every-page") in placed


# The e-book's pages are the handout's


def markers(book):
    """Return the number of each page of the page-list, and the text after its marker."""
    contents = etree.fromstring(book.read("EPUB/contents.xhtml"))
    nav = next(e for e in contents.iter(f"{XHTML}nav") if e.get(TYPE) == "page-list")
    for link in nav.iter(f"{XHTML}a"):
        file, _, id_ = link.get("href").partition("#")
        tree = etree.fromstring(book.read(f"EPUB/{file}"))
        marker = next(e for e in tree.iter() if e.get("id") == id_)
        assert (marker.get("role"), marker.get(TYPE)) == ("doc-pagebreak", "pagebreak")
        yield int(link.text), letters(block_behind(marker))[:40]


def block_behind(marker):
    """Return the text of the first block after a marker, up to the first block in it."""

    def home(text):
        element = text.getparent().getparent() if text.is_tail else text.getparent()
        return next(e for e in (element, *element.iterancestors()) if e.tag in BLOCKS)

    texts = [text for text in marker.xpath("following::text()") if text.strip()]
    return "".join(takewhile(lambda text: home(text) is home(texts[0]), texts))


@names((*OUTPUTS, ("small", "sleep")))
def test_each_page_of_the_list_begins_where_the_handouts_page_begins(built, project, name):
    """The text after a marker is on that page of the PDF.

    A page on which nothing of the book begins (a blank back, lines to write on) shares the marker's
    place with the next page on which something does.
    """
    folder = built(project)
    pages = [letters(t) for t in inside.page_texts((folder / f"{name}.pdf").read_bytes())]
    found = list(markers(inside.book((folder / f"{name}.epub").read_bytes())))
    assert [number for number, _ in found] == list(range(1, len(pages) + 1))
    texts = [text for _, text in found]
    for (number, text), after in zip(found, [*texts[1:], ""], strict=True):
        assert text in pages[number - 1] or text == after, (number, text)


@names(OUTPUTS[:2])
def test_markers_stand_in_the_order_of_the_pages(built, project, name):
    book = inside.book((built(project) / f"{name}.epub").read_bytes())
    spine = etree.fromstring(book.read("EPUB/content.opf"))
    files = {e.get("id"): e.get("href") for e in spine.iter("{*}item")}
    order = [files[e.get("idref")] for e in spine.iter("{*}itemref")]
    seen = [
        int(e.get("id").removeprefix("page-"))
        for file in order
        for e in etree.fromstring(book.read(f"EPUB/{file}")).iter(f"{XHTML}span")
        if e.get(TYPE) == "pagebreak"
    ]
    assert len(seen) >= 4
    assert all(before + 1 == number for before, number in pairwise(seen))

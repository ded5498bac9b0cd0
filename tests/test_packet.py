"""Packets: finished handouts behind a cover sheet, bound without loss, and a note kept private."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pikepdf
import pytest

from press.build.run import build
from press.check.external import verapdf
from press.check.review import review
from press.cli import main
from press.core.model import Edition, Enclosed, Packet, Request
from press.core.problems import ProblemsError
from press.design.styles import Styles
from press.output.pdf.binding import Part, bind
from press.output.pdf.packet import cover_sheet, paragraphs
from press.proof.packet import prove_packet
from press.readback.pdf import read_pdf
from tests import inside

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 23)
NOTE = "One zopiclone tablet at 22:15.\nDo not drive.\n\nRing Dr Quillfeather."
PRIVATE = ("zopiclone", "Quillfeather")
TOML = """editions = ["letter", "new", "booklet"]
[editions.new]
standard = "a-4f+ua-2"
"""
TEA = """---
title: Tea before bed
lang: en-GB
identifier: TEA-1
version: 2
---

## Steps {#steps}

See [the times](#times), and a note[^n].

[^n]: A short note.

## Times {#times}

| Tea | Minutes |
|---|---|
| Green | 3 |
| Black | 5 |
"""
LONG = "---\ntitle: Sleep & dreams\nidentifier: SLEEP-1\n---\n\n" + "".join(
    f"## Step {n} {{#steps-{n}}}\n\n{'Sleep helps. ' * 60}\n\nSee [the end](#steps-9).\n\n"
    for n in range(1, 10)
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with two handouts in three editions: of one page, and of several."""
    root = tmp_path_factory.mktemp("packet")
    (root / "source").mkdir()
    (root / "makebook.toml").write_text(TOML)
    (root / "source" / "tea.md").write_text(TEA)
    (root / "source" / "sleep.md").write_text(LONG)
    outcome = build(Request(root, root / "build", TODAY))
    assert not outcome.every_problem, "\n".join(map(str, outcome.every_problem))
    return root


@pytest.fixture
def desk(made, tmp_path):
    """A copy of that project, to change."""
    return Path(shutil.copytree(made, tmp_path / "project"))


@pytest.fixture
def run(capsys):
    def call(root: Path, *arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["packet", "--project", str(root), *arguments])
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out + printed.err

    return call


def pdf_of(root: Path, name: str) -> bytes:
    return (root / "build" / name).read_bytes()


# What is in it


@pytest.fixture(scope="module", params=["letter", "new"])
def packet(made, request, tmp_path_factory):
    """The packet in an edition, and the files of the handouts in it."""
    folder = tmp_path_factory.mktemp(request.param)
    options = ["--edition", request.param, "--output", str(folder)]
    with pytest.raises(SystemExit) as end:
        main(["packet", "--project", str(made), "tea", "sleep", "--note", NOTE, *options])
    assert not end.value.code
    suffix = "" if request.param == "letter" else "-new"
    return folder / "packet.pdf", [pdf_of(made, f"{name}{suffix}.pdf") for name in ("tea", "sleep")]


def starts(parts: list[bytes]) -> list[int]:
    """The first page of each part, from 0: an even number is a right-hand page."""
    found, at = [], 2
    for part in parts:
        found.append(at)
        at += len(read_pdf(part))
        at += at % 2
    return found


def test_each_handout_begins_on_a_right_hand_page_and_every_page_is_its_own(packet):
    path, parts = packet
    texts = inside.page_texts(path.read_bytes())
    blank = "This page is blank so that the next part begins on a new sheet."
    assert texts[1] == texts[3] == blank
    assert starts(parts) == [2, 4]
    assert texts[2:3] == inside.page_texts(parts[0])
    assert texts[4:] == inside.page_texts(parts[1])
    assert len(texts[4:]) > 2


def test_the_cover_has_a_line_for_the_name_the_note_and_a_checklist(packet):
    path, parts = packet
    cover = inside.page_texts(path.read_bytes())[0]
    assert cover.startswith("Your handouts Name Date Note for you One zopiclone tablet at 22:15.")
    hashes = [json.loads(inside.attached(part)["identity.json"])["hash"] for part in parts]
    assert f"Tea before bed TEA-1 · version 2 · {hashes[0]} 1" in cover
    assert f"Sleep & dreams SLEEP-1 · {hashes[1]} {len(read_pdf(parts[1]))}" in cover


def tags_of(data: bytes) -> list[list[str]]:
    """The tags on each page, as lines."""
    pages = re.split(r"^page \d+\n?", "\n".join(inside.tags(data)), flags=re.M)[1:]
    return [page.splitlines() for page in pages]


def test_tags_say_what_they_said_in_the_language_of_each_handout(packet):
    path, parts = packet
    bound = tags_of(path.read_bytes())
    for start, part in zip(starts(parts), parts, strict=True):
        for number, (top, *own) in enumerate(tags_of(part)):
            outer, around, *here = bound[start + number]
            assert (top, outer, around) == ("  Document", "  Document", "    Part")
            assert here == [f"  {line}" for line in own]
    with pikepdf.open(path) as pdf:
        (top,) = pdf.Root.StructTreeRoot.K
        assert [str(part.get("/Lang", "")) for part in top.K] == ["", "en-GB", "en-US"]


def test_bookmarks_and_page_labels_are_those_of_each_handout(packet):
    path, parts = packet
    data = path.read_bytes()
    expected = ["Your handouts > page 1"]
    for start, part in zip(starts(parts), parts, strict=True):
        for line in inside.bookmarks(part):
            words, _, page = line.rpartition(" > page ")
            expected.append(f"{words} > page {int(page) + start}")
    assert inside.bookmarks(data) == expected
    with pikepdf.open(path) as pdf:
        labels = [page.label for page in pdf.pages]
    assert labels[:5] == ["Cover", "", "1", "", "1"]
    assert labels[-1] == str(len(read_pdf(parts[1])))


def places(data: bytes) -> list[list[tuple[int, list[str]]]]:
    """Where the links of each page lead: a page, from 0, and a place on it."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        names = pdf.Root.get("/Names", {}).get("/Dests")
        known = dict(pikepdf.NameTree(names).items()) if names is not None else {}
        found = []
        for page in pdf.pages:
            here = []
            for note in page.obj.get("/Annots", []):
                place = note.get("/Dest", note.get("/A", {}).get("/D"))
                if place is not None:
                    array = known[str(place)] if isinstance(place, pikepdf.String) else place
                    here.append((numbers[array[0].objgen], [str(each) for each in array[1:]]))
            found.append(here)
        return found


def test_links_lead_to_the_same_place_of_their_own_handout(packet):
    path, parts = packet
    bound = places(path.read_bytes())
    for start, part in zip(starts(parts), parts, strict=True):
        own = [[(page + start, at) for page, at in links] for links in places(part)]
        assert bound[start : start + len(own)] == own
        assert any(own)


def test_only_what_identifies_each_handout_stays_embedded(packet):
    path, parts = packet
    files = inside.attached(path.read_bytes())
    assert sorted(files) == ["1-tea.json", "2-sleep.json"]
    assert files["1-tea.json"] == inside.attached(parts[0])["identity.json"]


def test_verapdf_finds_nothing(packet, checker):
    path, _ = packet
    newer = b'pdfaid:part="4"' in path.read_bytes()
    flavours = ("ua2", "4f", "wt1a", "wt1r") if newer else ("ua1", "3a")
    assert checker(verapdf, path, flavours=flavours) == []


def test_a_printer_is_asked_to_print_on_both_sides(packet):
    with pikepdf.open(packet[0]) as pdf:
        assert pdf.Root.ViewerPreferences.Duplex == pikepdf.Name.DuplexFlipLongEdge


# The note


def test_the_note_is_nowhere_but_in_the_packet(desk, run):
    status, printed = run(desk, "tea", "--note", NOTE)
    assert status == 0
    assert "packet.pdf: 1 handout, 3 pages on 2 sheets" in printed
    build(Request(desk, desk / "build", TODAY))
    data = pdf_of(desk, "packet.pdf")
    assert all(words in inside.page_texts(data)[0] for words in PRIVATE)
    with pikepdf.open(desk / "build" / "packet.pdf") as pdf:
        about = f"{pdf.Root.Metadata.read_bytes()!r}{dict(pdf.docinfo)}"
    others = [path for path in desk.rglob("*") if path.is_file() and path.name != "packet.pdf"]
    texts = [path.read_bytes().decode("latin-1") for path in others]
    assert not [
        words for words in PRIVATE if any(words in text for text in (*texts, about, printed))
    ]
    assert not any("packet" in text for path, text in zip(others, texts, strict=True)
                   if path.name in ("manifest.json", "library.json", "opds.json", "index.html")
                   and "packet.pdf" in text)  # fmt: skip


def test_a_note_can_come_from_standard_input(desk):
    done = subprocess.run(
        [sys.executable, "-m", "press", "packet", "tea", "--project", str(desk), "--note", "-"],
        cwd=ROOT, input=NOTE, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Quillfeather" in inside.page_texts(pdf_of(desk, "packet.pdf"))[0]
    assert "Quillfeather" not in done.stdout + done.stderr


def test_without_a_note_there_are_lines_to_write_on(desk, run):
    assert run(desk, "tea")[0] == 0
    assert "Your notes and questions" in inside.page_texts(pdf_of(desk, "packet.pdf"))[0]


STRANGE = """5-10 mg, 37.5 °C, ½ cup, 10² – “naïve” cafe\u0301; \U0001f600
\u2764\ufe0f 1\ufe0f\u20e3 \u00a9\ufe0f o\u200b\u0308
non\u2011breaking; a\u00adb <b>&amp; \x07 {{ x }} [link](#x) {% raw %}
\ufb01t \u200b| https://example.org/LONG

\u202eend  \t two  spaces""".replace("LONG", "long-word" * 30)


def test_a_note_of_any_letters_is_on_the_cover_as_it_is(desk, run):
    status, printed = run(desk, "tea", "--note", STRANGE)
    assert (status, "error" in printed) == (0, False), printed
    cover = inside.page_texts(pdf_of(desk, "packet.pdf"))[0]
    for words in ("5-10 mg, 37.5 °C", "<b>&amp;", "{{ x }} [link](#x) {% raw %}", "two spaces"):
        assert words in cover


def test_lines_and_paragraphs_of_a_note_stay():
    assert paragraphs("a  b\n c\n\n \nd\n") == [["a  b", "c"], ["d"]]
    assert paragraphs(" \n\t\n") == []


def test_a_note_that_does_not_fit_is_refused_and_not_quoted(desk, run):
    status, printed = run(desk, "tea", "--note", "quillfeather " * 1500)
    assert status == 1
    assert "--note: error PKT002: the note does not fit on the cover sheet" in printed
    words = int(re.search(r"shorten it to about (\d+) words", printed)[1])
    assert 300 < words < 1500
    assert "quill" not in printed
    assert not (desk / "build" / "packet.pdf").exists()
    assert run(desk, "tea", "--note", "quillfeather " * words)[0] == 0


def test_a_note_of_any_length_is_answered(desk, run):
    status, printed = run(desk, "tea", "--note", "x" * 3_000_000)
    assert (status, "PKT002" in printed) == (1, True)


def test_a_character_that_no_font_has_is_named_by_its_number(desk, run):
    status, printed = run(desk, "tea", "--note", "Take \U0001d800 now.")
    assert status == 1
    assert "--note: error TXT007: no font has 1 character of the note: U+1D800" in printed


# The checklist


def enclosed(count: int) -> tuple[Enclosed, ...]:
    return tuple(
        Enclosed(f"h{n}", f"Handout {n}: a title of two lines or more, as long titles often have "
                 "if they say what to do", "en", f"H-{n} · 1a2b3c4d", 2, b"", b"{}")
        for n in range(count)
    )  # fmt: skip


def test_a_long_checklist_goes_on_on_the_back_of_the_sheet():
    letter = Edition("letter", page="Letter")
    pages = read_pdf(cover_sheet(Packet("en", enclosed(20), letter), Styles(ROOT)))
    assert len(pages) == 3  # the last one is blank
    with pytest.raises(ProblemsError) as failed:
        cover_sheet(Packet("en", enclosed(80), letter), Styles(ROOT))
    assert "PKT002: the checklist of 80 handouts does not fit" in str(failed.value)


# What is refused


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 2\n", "version: 2\nstatus: draft\n", "'tea' is a draft"),
        ("version: 2\n", "status: withdrawn\nwithdrawn-because: It is wrong.\n",
         "'tea' is withdrawn: do not use"),
        ("short note", "longer note", "'tea' is out of date: source/tea.md changed"),
    ],
)  # fmt: skip
def test_only_what_is_published_and_current_is_bound(desk, run, old, new, said):
    source = desk / "source" / "tea.md"
    source.write_text(source.read_text().replace(old, new))
    status, printed = run(desk, "sleep", "tea")
    assert status == 1
    assert re.search(rf"source/tea\.md(:\d+)*: error PKT001: {said}", printed)
    assert not (desk / "build" / "packet.pdf").exists()


def test_a_file_that_was_changed_is_refused(desk, run):
    (desk / "build" / "tea.pdf").write_bytes(pdf_of(desk, "sleep.pdf"))
    status, printed = run(desk, "tea")
    assert status == 1
    assert "PKT001: 'tea' is not as it was published: tea.pdf was changed" in printed


def test_an_edition_of_an_earlier_text_is_refused(desk, run):
    source = desk / "source" / "tea.md"
    source.write_text(source.read_text().replace("short note", "longer note"))
    build(Request(desk, desk / "build", TODAY, ("tea",), ("letter",)))
    assert run(desk, "tea")[0] == 0
    status, printed = run(desk, "tea", "--edition", "new")
    assert status == 1
    assert "'tea' is out of date: tea-new.pdf is of an earlier text" in printed
    assert f"tea --edition new --project {desk}, and make the packet again" in printed


def test_handouts_on_different_paper_are_refused_by_its_name(desk, run):
    groups = '[groups.a]\narticles = ["tea"]\neditions = ["a4"]\n'
    (desk / "makebook.toml").write_text(TOML + groups)
    build(Request(desk, desk / "build", TODAY))
    status, printed = run(desk, "sleep", "tea")
    said = "'tea' is in the edition 'a4' on A4 paper, but 'sleep' is in 'letter' on Letter paper"
    assert said in printed
    assert status == 1


def test_a_booklet_and_an_edition_that_was_not_built_are_refused(desk, run):
    status, printed = run(desk, "tea", "--edition", "booklet")
    assert (status, "PKT001: 'tea' is a booklet" in printed) == (1, True)
    status, printed = run(desk, "tea", "--edition", "a4")
    assert (status, "'tea' is not built in the edition 'a4'" in printed) == (1, True)
    assert "hint: choose one that it has with --edition: letter, " in printed


def test_names_that_the_project_does_not_have(desk, run):
    status, printed = run(desk, "tea", "sleeep")
    assert (status, "did you mean 'sleep'?" in printed) == (2, True)
    status, printed = run(desk, "tea", "--edition", "lettr")
    assert (status, "did you mean 'letter'?" in printed) == (2, True)
    assert run(desk, "tea", "--imprint", "north")[0] == 2
    assert run(desk)[0] == 2


# The file


def test_a_name_given_twice_is_bound_once(desk, run):
    assert "1 handout, " in run(desk, "tea", "source/tea.md")[1]


def test_a_packet_is_replaced_and_another_file_is_not(desk, run):
    assert run(desk, "tea")[0] == 0
    assert run(desk, "sleep")[0] == 0
    (desk / "build" / "packet.pdf").write_bytes(pdf_of(desk, "tea.pdf"))
    status, printed = run(desk, "sleep")
    assert status == 1
    assert "build/packet.pdf: error NEW001: is not a packet of makebook" in printed
    assert pdf_of(desk, "packet.pdf") == pdf_of(desk, "tea.pdf")


def test_clean_removes_a_packet_and_keeps_another_file(desk, run, capsys):
    other = desk / "build" / "other"
    assert run(desk, "tea")[0] == 0
    with pytest.raises(SystemExit):
        main(["clean", "--project", str(desk)])
    assert "removed" in capsys.readouterr().out
    assert not (desk / "build" / "packet.pdf").exists()
    assert not other.exists()


def test_check_looks_at_a_packet(desk, run):
    assert run(desk, "tea")[0] == 0
    lines, _ = review(desk, desk / "build", ())
    assert [line for line in lines if line.startswith("packet.pdf: ")]


def test_another_folder_for_the_packet_or_for_all(desk, run, tmp_path):
    assert run(desk, "tea", "--output", str(tmp_path / "visit"))[0] == 0
    assert [path.name for path in (tmp_path / "visit").iterdir()] == ["packet.pdf"]
    shutil.move(desk / "build", tmp_path / "elsewhere")
    assert run(desk, "tea", "--output", str(tmp_path / "elsewhere"))[0] == 0
    assert (tmp_path / "elsewhere" / "packet.pdf").is_file()


# The proof


def proved(packet: Packet, data: bytes) -> list[str]:
    problems = []
    prove_packet(packet, data, "packet.pdf", problems)
    return [f"{problem.code} {problem.message}" for problem in problems]


def test_the_proof_finds_what_is_missing_or_changed(made):
    letter = Edition("letter", page="Letter")
    handouts = tuple(
        Enclosed(name, title, "en", "", len(read_pdf(pdf_of(made, f"{name}.pdf"))),
                 pdf_of(made, f"{name}.pdf"), b"{}")
        for name, title in (("tea", "Tea before bed"), ("sleep", "Sleep & dreams"))
    )  # fmt: skip
    packet = Packet("en", handouts, letter, NOTE)
    cover = cover_sheet(packet, Styles(ROOT))
    parts = [Part(one.title, one.lang, one.data) for one in handouts]
    data = bind(cover, parts, "Cover")
    assert proved(packet, data) == []
    for other in ("Other words.", NOTE.replace("22:15", "2:15"), NOTE.replace("One", "On-e")):
        assert proved(replace(packet, note=other), data) == [
            "PRF001 the note is not on the cover sheet as it was given"
        ]
    renamed = replace(handouts[0], title="Coffee")
    assert proved(replace(packet, handouts=(renamed, handouts[1])), data) == [
        "PRF001 the line of 'tea' is not on the cover sheet"
    ]
    other = replace(handouts[0], data=pdf_of(made, "tea-new.pdf"))
    assert "PRF001 the tags of 'tea'" in "".join(
        proved(replace(packet, handouts=(other, handouts[1])), data)
    )
    swapped = proved(packet, bind(cover, parts[::-1], "Cover"))
    assert any("of 'tea'" in message for message in swapped)
    assert proved(packet, bind(cover, parts[:1], "Cover")) == ["PRF001 has the tags of 1 handout"]
    assert proved(packet, b"%PDF-1.7 broken")[0].startswith("PRF005 cannot be opened")

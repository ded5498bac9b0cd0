"""What a screen reader says of a finished file: the same in all formats, block by block.

The goldens are the article, the model project, and a project with everything in it, read aloud.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from press.cli import main
from press.core import speech, trees
from press.core.model import Edition
from press.document.compose import read_sources
from press.document.editions import printed
from press.readback.aloud import aloud
from press.readback.pdf import read_pdf
from press.readback.tags import read_tags
from press.setup.new import new_project
from tests.conftest import ROOT


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the outputs of the model project that `makebook new` makes."""
    folder = tmp_path_factory.mktemp("new") / "handouts"
    new_project(folder, date(2026, 1, 2))
    with pytest.raises(SystemExit) as stop:
        main(["build", "--project", str(folder), "--edition", "letter"])
    assert not stop.value.code
    return folder / "build"


def test_the_article_as_it_is_heard(built, golden):
    for ending in ("pdf", "epub", "html"):
        data = (built("") / f"ketamine-ocd.{ending}").read_bytes()
        golden(f"speech/ketamine-ocd.{ending}.txt", "\n".join(aloud(data)))


def test_the_model_as_it_is_heard(model, golden):
    golden("speech/model.pdf.txt", "\n".join(aloud((model / "sleeping-well.pdf").read_bytes())))


def test_everything_as_it_is_heard(built, golden):
    data = (built("features") / "everything.pdf").read_bytes()
    golden("speech/everything.pdf.txt", "\n".join(aloud(data)))


@pytest.mark.parametrize("ending", ["pdf", "epub", "html"])
def test_every_format_says_the_text_of_the_document(built, ending):
    document = read_sources(ROOT).assembled("ketamine-ocd", "")
    if ending == "pdf":  # its references have no links back
        document = printed(document, Edition("letter"), "")
    blocks = speech.speak(trees.parse(part.xhtml) for part in document.parts)
    if ending == "pdf":  # its links have no names of their own, only words
        blocks = [
            replace(block, pieces=tuple(_without_name(piece) for piece in block.pieces))
            for block in blocks
        ]
    said = [_bare(line) for line in aloud((built("") / f"ketamine-ocd.{ending}").read_bytes())]
    place = 0
    for line in map(_bare, speech.lines(blocks)):
        assert line in said[place:], f"'{line}' is not heard after '{said[place - 1]}'"
        place = said.index(line, place) + 1


def _without_name(piece):
    return replace(piece, text="") if piece.kind == "link" else piece


def _bare(line: str) -> str:
    """Return a line without what differs by format: levels in an e-book, page numbers on paper."""
    role, _, words = line.strip().partition(": ")
    words = re.sub(r" \((?:p\.|page) \d+\)", "", words)
    return f"{re.sub(' [0-9]$', '', role)}: {''.join(words.split())}"


def speak(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run `makebook speak`; return its status and what it printed."""
    with pytest.raises(SystemExit) as stop:
        main(["speak", *arguments])
    printed = capsys.readouterr()
    return int(stop.value.code or 0), printed.out, printed.err


def test_a_file_may_be_among_the_outputs(built, capsys):
    status, out, _ = speak(capsys, "sleep.pdf", "--output", str(built("small")))
    assert (status, out.split(":")[0]) == (0, "heading 1")


def test_files_that_say_nothing(built, capsys, tmp_path):
    (tmp_path / "text.txt").write_text("Words.")
    (tmp_path / "deep.html").write_text("<i>" * 9000 + "x" + "</i>" * 9000)
    for name, said in (
        ("text.txt", "is not a PDF, an EPUB, or a web page"),
        ("deep.html", "its elements are nested too deeply"),
        ("none.pdf", "the file cannot be read: No such file or directory"),
        (str(built("") / "ketamine-ocd-booklet.pdf"), "it has no tags"),
        (".", "is a folder"),
    ):
        status, out, err = speak(capsys, str(tmp_path / name))
        assert (status, out) == (1, "")
        assert f"error SPK001: {said}\n" in err


POPPLER = shutil.which("pdfinfo")


@pytest.mark.skipif(POPPLER is None, reason="Poppler's pdfinfo is not installed")
@pytest.mark.parametrize(("project", "name"), [("", "ketamine-ocd"), ("features", "everything")])
def test_poppler_reads_the_same_words_from_the_tags(built, project, name):
    """A second opinion on the reader of tags: another library finds the same words, in order."""
    path = built(project) / f"{name}.pdf"
    command = [POPPLER, "-struct-text", str(path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.findall(r'^ *"(.*?)"$', printed, re.MULTILINE | re.DOTALL)
    pages = read_pdf(path.read_bytes())
    tags = read_tags(path.read_bytes(), pages)
    texts = (tags.drawn.get(element, ()) for element in tags.root.iter("t", "img"))
    words = [text.text for drawn in texts for text in drawn]
    assert re.sub(r"[\s\u200b]", "", "".join(found)) == re.sub(r"[\s\u200b]", "", "".join(words))

"""The proof fails as it should: for content that is hidden, dropped, cut off, or mislinked.

Each test builds the small project below for real, with one fault: from a custom style or
template, as a user could write, or from a renderer that loses something.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pikepdf
import pytest

from press.build import make as making
from press.build import run as story
from press.cli import main
from press.core.files import default_folder
from press.core.model import Artifact, Document
from press.output.epub import chapters
from press.output.pdf import layout as pdf
from press.output.pdf import marking, typeset
from press.proof import epub as proofbook
from press.proof import pdf as proof
from press.readback import pdf as readback
from press.source.project import EDITIONS
from tests.here import build_here
from tests.reporting import reported
from tests.trial import projects
from tests.trial.proving import prove
from tests.trial.specials import SPECIALS

FILES = {
    "makebook.toml": 'lang = "en-US"\n[notices.required]\n"*" = ["general"]\n',
    "source/tea.md": """---
title: Tea and sleep
date: 2026-01-02
identifier: TEA-1
version: "1"
---

## Key points {#key-points .key-points}

Tea late in the day can keep you awake.

## What helps? {#helps}

A first step that helps many people[^clock].

- Drink it early.
- Drink less of it.

| When | Cups |
|---|---|
| Morning | 2 |
| Evening | none |

See [what helps](#helps).

[^clock]: Count from noon.
""",
    "source/disclaimers/general.md": """---
id: general
title: About this sheet
place: [opening, every-page]
short: Not medical advice.
---

It does not replace your nurse.
""",
}


def write(folder: Path, extra: dict[str, str] | None = None) -> Path:
    """Write the project, with custom files."""
    for name, text in {**FILES, **(extra or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> int:
    """Run the command line on a project; return the exit status."""
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--project", str(folder)])
    return int(stop.value.code or 0)


DEFAULT = default_folder()


def default(name: str) -> str:
    """Return a built-in style or template."""
    return (DEFAULT / name).read_text(encoding="utf-8")


def test_a_good_project_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(tmp_path)) == 0
    assert "proved" in capsys.readouterr().out
    assert {p.name for p in (tmp_path / "build").iterdir()} == {
        "tea.pdf",
        "tea.epub",
        "tea.html",
        "index.html",
        "covers",
        "library.json",
        "opds.json",
        "manifest.json",
        ".state.json",
    }


HIDING = {
    "not displayed": "#helps { display: none }",
    "invisible": "#helps ul { visibility: hidden }",
    "white on white": "#helps li { color: white }",
    "transparent": "#helps td { color: transparent }",
    "no size": "#helps p { font-size: 0 }",
    "see-through": "#helps { opacity: 0 }",
    "moved off the page": "#helps { position: absolute; left: -9999px }",
    "cut off": "#helps { height: 0; overflow: hidden }",
    "indented away": "#helps p { text-indent: -9999px; white-space: nowrap }",
    "covered": "#helps { position: relative } #helps::after { content: ''; position: absolute; "
    "top: 0; left: 0; width: 100%; height: 100%; background: white }",
    "a notice": "#notice-general { display: none }",
    "the title": "h1 { display: none }",
}


@pytest.mark.parametrize("rule", HIDING.values(), ids=HIDING.keys())
def test_a_style_that_hides_something_in_the_pdf(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rule: str
) -> None:
    write(tmp_path, {"styles/print.css": default("print.css") + rule})
    before = {"tea.pdf": b"the PDF of yesterday", "tea.epub": b"the e-book of yesterday"}
    (tmp_path / "build").mkdir()
    for name, data in before.items():
        (tmp_path / "build" / name).write_bytes(data)
    assert run(tmp_path) == 1
    printed = capsys.readouterr().err
    assert re.search("tea.pdf: error PRF00[16]", printed)
    assert {p.name: p.read_bytes() for p in (tmp_path / "build").glob("[!.]*.*")} == before


@pytest.mark.parametrize("edition", ["letter", "booklet"])
@pytest.mark.parametrize("word", ["עם", "Vitamin"])
def test_a_white_word_in_black_text_that_runs_from_right_to_left(edition: str, word: str) -> None:
    hebrew = SPECIALS["Hebrew"]
    css = default("print.css") + ".gone { color: white }"
    files = {**hebrew.files, "styles/print.css": css}
    for gone in (word, f'<span class="gone">{word}</span>'):
        text = hebrew.article().replace("עם Vitamin", f"עם {gone} Vitamin", 1)
        with projects.project(text, address=False, files=files, faces=True) as root:
            (file,) = projects.finish(root, *projects.read(root), [edition])
            problems = [problem.message for problem in prove(file)]
        assert bool(problems) is ("gone" in gone)
    assert re.search(f"is hidden.*: '{word}'|'{word}' is hidden", problems[0])


@pytest.mark.parametrize("text", ["בגיל < 5", "(טוב > Tea (1", "« טוב", "(5: **988)** כן"])
def test_a_sign_that_is_mirrored_in_text_that_runs_from_right_to_left(text: str) -> None:
    """It is heard as the author wrote it, and drawn as its mirror image."""
    hebrew = SPECIALS["Hebrew"]
    article = f"{hebrew.article()}\n\n{text}\n"
    with projects.project(article, address=False, files=hebrew.files, faces=True) as root:
        for file in projects.finish(root, *projects.read(root), ["letter", "booklet"]):
            assert prove(file) == []


def test_a_text_that_pdfium_reads_twice_is_drawn_once() -> None:
    """Of two fonts in a text from the right, each is read as the whole if others are between."""
    box = (0.0, 0.0, 9.0, 9.0)
    one = readback.TextSpan(". לא טוב", 9.0, "A", False, 0.0, *box, (0, 0, 0))
    assert readback._said(". לא טוב", [replace(one, text="בוט אל ."), one]).drawn == "בוט אל ."
    assert readback._said("טוב לא", [replace(one, text="לא "), replace(one, text="טוב")]).drawn == (
        "לא טוב"
    )


def test_thai_is_read_as_it_is_written() -> None:
    """Its font has the text of a syllable for one glyph, which is also drawn in others."""
    box = SimpleNamespace(text="ป้า", style={"direction": "ltr"})
    assert "ป้า".encode("utf-16-be").hex() in marking._is_turned(box)


def test_a_white_note_beside_its_black_mark() -> None:
    """It begins with a space, which the line under the mark `b.` touches."""
    note = "It is listed in the ClinicalTrials.gov register."
    text = f"{projects.front_matter()}One^[Small.] and two^[{note}]\n"
    css = f"{default('print.css')} .notes * {{ color: white }} .notes a {{ color: black }}"
    with projects.project(text, address=False, files={"styles/print.css": css}) as root:
        (file,) = projects.finish(root, *projects.read(root), ["letter"])
    hidden = "page 1: note is hidden or runs off the page: "
    said = [problem.message for problem in prove(file)]
    assert said == [f"{hidden}'Small.' in 'a. Small.'", f"{hidden}'{note}'"]


@pytest.mark.parametrize(
    "heard", ["deleted: 5 mg", "deleted: 10 mg", "5 mg", None], ids=["right", "other", "not", "no"]
)
def test_deleted_text_is_heard_as_deleted(heard: str | None) -> None:
    """A dose that no longer holds must not be heard as one that does."""
    with projects.project(
        f"{projects.front_matter()}Take ~~5 mg~~ 10 mg.\n", address=False
    ) as root:
        (file,) = projects.finish(root, *projects.read(root), ["letter"])
    with pikepdf.open(io.BytesIO(file.artifact.data)) as pdf:
        (span,) = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/A" in o
                   and o.get("/S") == "/Span"]  # fmt: skip
        assert str(span.ActualText) == "deleted: 5 mg"
        if heard is None:
            del span["/A"]
        else:
            span.ActualText = pikepdf.String(heard)
        pdf.save(changed := io.BytesIO())
    problems = prove(replace(file, artifact=replace(file.artifact, data=changed.getvalue())))
    assert codes(problems) == (set() if heard == "deleted: 5 mg" else {"PRF006"})


def test_a_style_that_hides_what_a_link_leads_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    css = default("print.css") + ".notes { display: none }"
    assert run(write(tmp_path, {"styles/print.css": css})) == 1
    assert "error PDF001: No anchor #note-1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "rule",
    [
        "#helps { display: none }",
        "@media screen { #helps li { visibility: hidden } }",
        "#helps li { color: white }",
        "#helps { background: #111; color: #121212 }",
        "#helps li { text-indent: -9999px }",
        "#helps li { clip-path: inset(100%) }",
        "@media (prefers-color-scheme: dark) { #helps li { display: none } }",
        """@namespace e "http://www.idpf.org/2007/ops";
        body[e|type~="bodymatter"] li { display: none }""",
    ],
)
def test_a_style_that_hides_something_in_the_epub(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rule: str
) -> None:
    write(tmp_path, {"styles/book.css": default("book.css") + rule})
    assert run(tmp_path) == 1
    printed = capsys.readouterr().err
    where = " in dark mode" if "dark" in rule else ""
    said = f"list item of 'What helps?' is hidden{where}: 'Drink it"
    assert f"tea.epub: error PRF001: {said}" in printed


def test_a_renderer_that_drops_a_paragraph(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pdf.handout_html
    monkeypatch.setattr(
        pdf,
        "handout_html",
        lambda *a: re.sub(r"<p[^>]*>Tea late.*?</p>", "", whole(*a)),
    )
    assert run(write(tmp_path)) == 1
    assert (
        "tea.pdf: error PRF001: paragraph of 'Key points' is missing: 'Tea late in the day can "
        "keep you awake.'" in capsys.readouterr().err
    )


def test_a_renderer_that_drops_a_chapter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = chapters._groups
    monkeypatch.setattr(chapters, "_groups", lambda parts: list(whole(parts))[:-1])
    assert run(write(tmp_path)) == 1
    assert "tea.epub: error PRF001: table cell of 'What helps?'" in capsys.readouterr().err


def test_a_template_that_leaves_out_a_notice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = default("templates/handout.html").replace(
        "{{ part.xhtml | safe }}",
        "{% if part.kind != 'notice' %}{{ part.xhtml | safe }}{% endif %}",
    )
    assert run(write(tmp_path, {"styles/templates/handout.html": template})) == 1
    printed = capsys.readouterr().err
    assert "tea.pdf: error PRF001: notice 'general' is missing: 'It does not" in printed


def test_a_page_without_the_short_disclaimer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    css = default("print.css") + "#helps { break-before: page }"
    css += "@page :nth(2) { @bottom-left { content: none } }"
    assert run(write(tmp_path, {"styles/print.css": css})) == 1
    printed = capsys.readouterr().err
    assert "tea.pdf: error PRF002: page 2: the short disclaimer is missing" in printed
    assert "tea.pdf: error PRF002: page 2: the page number is missing" in printed


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Document, Artifact, Artifact]:
    """The project's Document, its PDF and its EPUB, as the build makes them."""
    seen: list[tuple[Document, list[Artifact]]] = []
    make, patch = making.make_files, pytest.MonkeyPatch()

    def kept(plan: making.Plan, problems: list[story.Problem]) -> list[Artifact]:
        seen.append((plan.document, make(plan, problems)))
        return seen[0][1]

    patch.setattr(making, "make_files", kept)
    build_here(patch)
    assert run(write(tmp_path_factory.mktemp("tea"))) == 0
    patch.undo()
    document, artifacts = seen[0]
    by_format = {artifact.format: artifact for artifact in artifacts}
    return document, by_format["pdf"], by_format["epub"]


def prove_pdf(document: Document, printed: Artifact) -> list[story.Problem]:
    """Open a PDF and prove it."""
    problems: list[story.Problem] = []
    proof.prove_pdf(document, EDITIONS["letter"], printed, problems)
    return problems


def codes(problems: list[story.Problem]) -> set[str]:
    """The codes of some problems."""
    return {problem.code for problem in problems}


def test_a_link_that_was_lost(finished: tuple[Document, Artifact, Artifact]) -> None:
    document, printed, _ = finished
    last = document.parts[-1]
    more = replace(last, xhtml=last.xhtml.replace("Count from", '<a href="#x">Count</a> from'))
    assert codes(prove_pdf(document, printed)) == set()
    changed = replace(document, parts=(*document.parts[:-1], more))
    assert codes(prove_pdf(changed, printed)) == {"PRF003", "PRF006"}


def test_a_link_of_the_epub_that_leads_nowhere(
    finished: tuple[Document, Artifact, Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    document, _, book = finished
    assert codes(reported(proofbook.prove_epub, document, book)) == set()
    whole = proofbook._dead_links
    monkeypatch.setattr(
        proofbook,
        "_dead_links",
        lambda trees, names: whole(trees, set(names) - {"EPUB/title.xhtml"}),
    )
    assert "PRF003" in codes(reported(proofbook.prove_epub, document, book))


def test_a_page_list_that_does_not_agree(finished: tuple[Document, Artifact, Artifact]) -> None:
    document, _, book = finished
    assert codes(reported(proofbook.prove_epub, document, replace(book, pages=book.pages + 1))) == {
        "PRF004"
    }


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\nbroken", b"PK\x03\x04broken"])
def test_files_that_cannot_be_opened(
    finished: tuple[Document, Artifact, Artifact], data: bytes
) -> None:
    document, printed, book = finished
    assert codes(prove_pdf(document, replace(printed, data=data))) == {"PRF005"}
    assert codes(reported(proofbook.prove_epub, document, replace(book, data=data))) == {"PRF005"}


@pytest.mark.parametrize("size", ["letter", "a4"])
@pytest.mark.parametrize("length", [60, 74, 88, 102])
def test_wherever_the_text_ends_the_proof_holds(tmp_path: Path, size: str, length: int) -> None:
    more = "\n\n".join(["A line of it."] * length)
    article = FILES["source/tea.md"] + f"\n\n## More {{#more}}\n\n{more}\n\n{'End. ' * 60}\n"
    toml = f'address = "https://example.org/x"\neditions = ["{size}"]\n' + FILES["makebook.toml"]
    assert run(write(tmp_path, {"source/tea.md": article, "makebook.toml": toml})) == 0


def test_a_template_that_is_no_xml_gives_the_same_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(write(tmp_path)) == 0
    quick = (tmp_path / "build/tea.pdf").read_bytes()
    monkeypatch.setattr(typeset, "_parse", lambda _: None)
    assert run(tmp_path, "--force") == 0
    assert (tmp_path / "build/tea.pdf").read_bytes() == quick


_TEXT = '<text x="{}" y="40" font-size="14">Do NOT take with alcohol</text>'
LOST = {
    "off the drawing": _TEXT.format(900),
    "behind another shape": _TEXT.format(9) + '<path d="M0 0H300V80H0Z" fill="white"/>',
    "white on white": _TEXT.format(9).replace("<text", '<text fill="white"'),
}


@pytest.mark.parametrize("words", LOST.values(), ids=LOST)
def test_words_of_a_drawing_that_are_not_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 80" width="300" height="80">'
        f"{words}</svg>"
    )
    article = FILES["source/tea.md"].replace("See [what", "![A warning.](warning.svg)\n\nSee [what")
    write(tmp_path, {"source/tea.md": article, "source/warning.svg": drawing})
    assert run(tmp_path, "--format", "pdf") == 1
    printed = capsys.readouterr().err
    assert "tea.pdf: error PRF001: drawing 'warning.svg' lacks its words: 'Do NOT take" in printed

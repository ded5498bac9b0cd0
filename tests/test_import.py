"""`makebook import`: whole documents become articles that build, and bad ones do no harm.

The goldens in `tests/data/goldens/import/` are the articles made of the documents below, each
followed by what is printed. Word files are made by hand (`tests/importing.py`); a few more are
written by LibreOffice or Pandoc, if they are installed.
"""

from __future__ import annotations

import io
import random
import re
import shutil
import socket
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from press.build.run import build
from press.cli import main
from press.core.files import IMPORTED
from press.core.model import Request
from press.core.problems import ERROR
from press.core.trees import fragment, plain
from press.importing import run as importing
from press.importing import word
from press.importing.draft import Draft, words
from press.importing.shape import regular
from press.importing.writer import _facts, write
from press.source import markup
from press.source.manuscript import read_manuscript
from press.source.project import read_project
from tests.importing import docx, emf, link, note, p, packed, picture, png, run, table

TODAY = date(2027, 5, 4)

WORD = docx(
    p("Sleeping well", style="Title"),
    p("For tired people", style="Subtitle"),
    p("Sleep ", run("helps", "<w:b/>"), run(" most ", "<w:i/>"), "people", note(1), " [1, 2]. See ",
      link("web", "the page"), " or ", link("bad", "run this"), ". Do not write {{ clinic.fax }},"
      " @ann, *stars*, 5 ~ 6 ~ 7, or &lt;b&gt;."),
    p("Water: H", run("2", '<w:vertAlign w:val="subscript"/>'), "O", run("1-2",
      '<w:vertAlign w:val="superscript"/>'), ".", note(1, "endnote")),
    p("Contents", style="Toc1"),
    p("First steps", style="Heading1"),
    p("Get up early.", item=(1, 0)),
    p("Every day.", item=(1, 1)),
    p("Go out.", item=(1, 0)),
    p("One", item=(2, 0)),
    p("Two", item=(2, 0)),
    table(("Dose", "Effect | size"), ("5 mg", "none"), ("10 mg", "some"), head=True),
    p("Table of doses", style="Caption"),
    table(('<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>' + p("Wide") + "</w:tc>",), ("a", "b")),
    p(picture("pic", "A red box")),
    p("The box", style="Caption"),
    p(picture("pic2"), picture("emf", "A chart"), picture("linked", attribute="link")),
    p("Rest is work.", style="Quote"),
    p("Formula: ", "<m:oMath><m:r><m:t>a+b</m:t></m:r></m:oMath>", ", as shown in Figure ",
      '<w:fldSimple w:instr="SEQ">' + run("7") + "</w:fldSimple>", "."),
    p("New", '<w:del w:author="A"><w:r><w:delText>old</w:delText></w:r></w:del>', " words.",
      '<w:r><w:commentReference w:id="1"/></w:r>'),
    p('<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent>'
      + p("In a box.") + "</w:txbxContent></wps:txbx></w:drawing></mc:Choice></mc:AlternateContent>"
      "</w:r>"),
    p("<w:r><w:drawing><wp:inline><wp:docPr id='2' name='Chart 3'/></wp:inline></w:drawing></w:r>"),
    p("1. Not a list, \uf0b7 nor \uf0e0 this."),
    p("References", style="Heading1"),
    p("[1] Walker A. Sleep. 2013. https://example.org/a_b(c)."),
    p("[2] Jones B. Beds."),
    targets={
        "web": "https://example.org/a b", "bad": "javascript:alert(1)", "pic": "media/a.png",
        "pic2": "media/b.png", "emf": "media/c.emf", "linked": "http://127.0.0.1:9/x.png",
    },
    parts={
        "word/media/a.png": png(), "word/media/b.png": png("blue"), "word/vbaProject.bin": b"x",
        "word/media/c.emf": bytes(40) + b" EMF" + bytes(40),
    },
    notes={"footnote": [p("Not ", run("all", "<w:i/>"), ".") + p("Says Ann.")],
           "endnote": [p("At the end.")], "comment": [p("Is this so?")]},
)  # fmt: skip

PAGE = """<!DOCTYPE html><html lang="de-AT"><head><meta charset="utf-8"><title>Site: Rest</title>
<script>alert(1)</script><style>p {}</style></head><body><nav>Menu <a href="/">Home</a></nav>
<main><h1>Rest &amp; sleep</h1><p onclick="x()">See <a href="#t">the table</a>, <a href="#gone">
gone</a>, <a href="file:///etc/passwd">a file</a>, <b>bold</b>ness and a note<sup><a href="#fn1"
id="r1">1</a></sup>.<br>Next line.</p><h4 id="t">Table</h4>
<table><colgroup><col></colgroup><tr><th>A<th>B</tr><tr><td align="right">1<td>x<br>y</tr></table>
<table><tr><td><ul><li>In a cell</ul></td><td>b</td></tr></table>
<ol start="3"><li>Three<li>Four<pre>code {{ a.b }}</pre></ol><ul><li>a</ul><ul><li>b</ul>
<dl><dt>Term<dd>Meaning</dl><blockquote><p>One<p>Two</blockquote>
<form>Your name <input name="n"></form><iframe src="https://example.org/v"></iframe>
<figure><img src="box.png" alt="Box"><figcaption>The box</figcaption></figure>
<p><img src="https://example.org/p.png" alt="Web"> <img src="../secret.png" alt="Up">
<img alt="Inline" src="data:image/png;base64,iVBORw0KGgo="></p>
<p>Call 1 &lt; 2 &amp;amp; say `no` # or [this](that).</p>
<section><ol><li id="fn1">The note. <a href="#r1">↩</a></li></ol></section></main></body></html>
"""

PASTED = """How to rest

By Ann Walker

Rest is work, as https://example.org/rest says [1,2]. It helps in these ways:

Less noise

Close the window [4].

Less light

Draw the curtain.

What to do

• Go out
• Sleep

1. First one.
2. Then two.

Day\tHours
Mon\t8
Tue\t7

read more about light

\u2013 Never alone

Ask someone

References

1. Walker A. Rest. 2013.
2. Jones B. Beds.
"""

DOCUMENTS = {"sleep.docx": WORD, "page.html": PAGE.encode(), "pasted.txt": PASTED.encode()}


@pytest.fixture
def project(tmp_path, monkeypatch, capsys):
    """An empty project and a command that imports into it; the network is out of reach."""

    def refuse(*_, **__):
        raise AssertionError("import opens a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "source").mkdir()
    (tmp_path / "makebook.toml").write_text("")

    def command(*files, **contents):
        for name, data in contents.items():
            name = name.replace("__", ".")
            Path(name).write_bytes(data if isinstance(data, bytes) else data.encode())
            files = (*files, name)
        capsys.readouterr()
        try:
            main(["import", *map(str, files)])
        except SystemExit as end:
            return end.code or 0, *capsys.readouterr()
        raise AssertionError("unreachable")

    return command


def codes(printed: str) -> list[str]:
    return re.findall(r": (?:error|warning|note) ([A-Z]{3}\d{3}): ", printed)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_becomes_an_article(name, project, golden):
    Path("box.png").write_bytes(png("green"))
    Path(name).write_bytes(DOCUMENTS[name])
    status, said, warned = project(name)
    assert status == 0
    article = Path("source", name).with_suffix(".md").read_text()
    said = re.sub("next: .*makebook[.py]*", "next: makebook", said)
    golden(f"import/{name}.txt", f"{article}\n=====\n{said}{warned}")
    for line, comment in enumerate(article.split("\n"), 1):
        if comment.startswith("<!-- import: "):
            assert f".md:{line}: warning IMP003: " in warned, comment
    assert warned.count("IMP003") == article.count("<!-- import: ")


def test_what_was_imported_is_built_and_proved(tmp_path_factory):
    """Every format, without [article] and with notices that demand nothing."""
    root = tmp_path_factory.mktemp("built")
    (root / "source").mkdir()
    (root / "makebook.toml").write_text("")
    (root / "box.png").write_bytes(png("green"))
    for name, data in DOCUMENTS.items():
        (root / name).write_bytes(data)
        importing.import_file(root / name, root, root)
    outcome = build(Request(root, root / "build", TODAY))
    problems = [*outcome.problems, *(p for b in outcome.built for p in b.problems)]
    assert not [p for p in problems if p.severity == ERROR], "\n".join(map(str, problems))
    names = {path.name for path in (root / "build").iterdir()}
    for name in DOCUMENTS:
        assert {f"{Path(name).stem}.{kind}" for kind in ("pdf", "epub", "html")} <= names


def test_two_pictures_that_follow_each_other_are_proved(tmp_path):
    """Without text between them, the reader of a PDF once took both for one block."""
    (tmp_path / "source").mkdir()
    (tmp_path / "makebook.toml").write_text('formats = ["pdf"]\n')
    for color in ("red", "blue"):
        (tmp_path / "source" / f"{color}.png").write_bytes(png(color))
    text = "---\ntitle: T\n---\n\nOne.\n\n![A red box](red.png)\n\n![A blue box](blue.png)\n"
    (tmp_path / "source" / "two.md").write_text(text)
    outcome = build(Request(tmp_path, tmp_path / "build", TODAY))
    assert not outcome.failed, outcome.built[0].problems


# Names and files


def test_nothing_is_replaced(project):
    assert project(rest__txt="Rest\n\nSleep helps.\n")[0] == 0
    before = Path("source/rest.md").read_text()
    status, _, warned = project(rest__html="<h1>Other</h1><p>Text.</p>")
    assert (status, codes(warned)) == (1, ["NEW001"])
    assert Path("source/rest.md").read_text() == before


def test_pictures_get_names_that_are_free(project):
    Path("source/images").mkdir()
    Path("source/images/box-1.svg").write_text("mine")
    status, said, _ = project(box__docx=docx(p("Box", style="Title"), p("Text."),
        p(picture("a", "A box")), targets={"a": "media/a.png"},
        parts={"word/media/a.png": png()}))  # fmt: skip
    assert (status, "created source/images/box-2.png" in said) == (0, True)
    assert Path("source/images/box-1.svg").read_text() == "mine"


def test_one_bad_file_does_not_stop_the_others(project):
    status, said, warned = project(bad__docx=b"no", good__txt="Good\n\nText.\n")
    assert (status, codes(warned)) == (1, ["IMP002"])
    assert "created source/good.md" in said


def test_names_and_identifiers_are_valid_and_unique(project):
    old = "---\ntitle: Old\nidentifier: schlaf-ruhe-v2\n---\n\nText.\n"
    Path("source/old.md").write_text(old)
    assert project(**{"Schlaf & Ruhe (v2)__txt": "Ruhe\n\nSchlaf hilft.\n"})[0] == 0
    text = Path("source/schlaf-ruhe-v2.md").read_text()
    assert text.startswith('---\ntitle: "Ruhe"\nidentifier: SCHLAF-RUHE-V2-2\n---\n')
    assert project(build__txt="Build\n\nText.\n", 睡眠__txt="睡眠\n\nText.\n")[0] == 0
    assert Path("source/about-build.md").is_file()
    assert Path("source/article.md").is_file()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("<h1>One</h1><p>Text.</p><h2>Part</h2><p>Text.</p>", "One"),
        ("<title>Own</title><h1>One</h1><p>x.</p><h1>Two</h1><p>x.</p>", "Own"),
        ("<title>Untitled document</title><h2>One</h2><p>x.</p><h2>Two</h2>", "One"),
        ("<p>Only text.</p>", "My-page"),
        ('<h1>A "quoted": <i>title</i> \\ #1</h1><p>x.</p>', 'A "quoted": title \\ #1'),
    ],
)
def test_the_title(project, text, title):
    project(my_page__html=text)
    path = Path("source/my_page.md")
    problems = []
    project_ = read_project(Path.cwd(), [])
    made = read_manuscript(path.resolve(), Path.cwd(), project_.config, problems)
    assert made.matter.title == title.replace("-", " ")
    assert [p for p in problems if p.severity == ERROR] == []


@pytest.mark.parametrize("name", ["a.xyz", "a.pdf", "a.md", "a.qmd"])
def test_a_kind_that_cannot_be_imported(project, name):
    Path(name).write_text("x")
    status, _, warned = project(name)
    assert (status, codes(warned)) == (1, ["IMP001"])


@pytest.mark.parametrize("name", ["gone.docx", "folder.docx", "empty.txt", "empty.docx", "t.txt"])
def test_a_file_that_is_not_there_or_empty(project, name):
    Path("folder.docx").mkdir()
    Path("empty.txt").write_text("  \n")
    Path("t.txt").write_text("Only a title\n")
    Path("empty.docx").write_bytes(docx())
    status, _, warned = project(name)
    assert (status, codes(warned)) == (1, ["IMP002"])
    assert list(Path("source").iterdir()) == []


@pytest.mark.parametrize("ending", [".odt", ".rtf", ".doc", ".rst", ".tex"])
def test_a_missing_program_is_named_with_its_installation(project, ending, monkeypatch):
    monkeypatch.setenv("PATH", "")
    Path(f"a{ending}").write_text("x")
    status, _, warned = project(f"a{ending}")
    assert (status, codes(warned)) == (3, ["SYS001"])
    assert re.search("(Pandoc|LibreOffice), which is not installed\n    hint: install it: ", warned)


@pytest.mark.parametrize("ending", [*sorted(IMPORTED), ".qmd", ".pdf"])
def test_a_document_given_to_build_is_reported_with_the_command(ending, project, capsys):
    Path("source/sleep.md").write_text("---\ntitle: Sleep\n---\n\nText.\n")
    with pytest.raises(SystemExit) as end:
        main(["build", f"rest{ending}"])
    printed = capsys.readouterr().err
    assert end.value.code == 2
    hint = f"import rest{ending}" if ending in IMPORTED else "save it "
    assert f"hint: {'import it first: ' if ending in IMPORTED else ''}" in printed
    assert hint in printed


def test_a_link_to_a_note_that_is_not_raised_becomes_text(project):
    note = '<ol><li id="f">Note. <a href="#r">↩</a></li></ol>'
    see = '<a href="#f">See it</a>'
    page = f'<h1>T</h1><p>One<sup><a href="#f" id="r">1</a></sup> {see}.</p>{note}'
    assert project(page__html=page)[0] == 0
    text = Path("source/page.md").read_text()
    assert "One[^1] See it.\n\n<!-- import: the link to #f leads nowhere -->" in text


# What other programs write


def converted(tool: str, folder: Path, *options: str) -> None:
    found = shutil.which(tool)
    if tool == "pandoc":
        pypandoc = pytest.importorskip("pypandoc")
        found = pypandoc.get_pandoc_path()
    if not found:
        pytest.skip(f"{tool} is not installed")
    subprocess.run([found, *options], cwd=folder, check=True, capture_output=True, timeout=120)


SOURCE = (
    "---\ntitle: Resting\n---\n\n# Why\n\nRest^[A *note*.] helps.\n\n- one\n- two\n\n"
    "| Who | Hours |\n|---|---|\n| all | 8 |\n\n![Box](box.png){alt='A box'}\n\n# How\n\nSleep.\n"
)


def test_what_pandoc_writes_and_reads(project, monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    Path("box.png").write_bytes(png())
    Path("in.txt").write_text(SOURCE)
    for name in ("pan.docx", "odt.odt"):
        converted("pandoc", tmp_path, "-f", "markdown", "in.txt", "-o", name)
    import pypandoc

    folder = Path(pypandoc.get_pandoc_path()).parent
    monkeypatch.setenv("PATH", str(folder))
    assert project("pan.docx", "odt.odt")[0] == 0
    for name in ("pan", "odt"):
        text = Path(f"source/{name}.md").read_text()
        assert "\n## Why\n" in text
        assert "Rest[^1] helps." in text
        assert "\n[^1]: A *note*.\n" in text
        assert re.search(r"\| Who +\| Hours +\|", text)
        assert f"](images/{name}-1.png" in text
        assert "- one\n- two\n" in text


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A folder with an .odt file, and the same as LibreOffice writes it in .docx."""
    if not shutil.which("soffice"):
        pytest.skip("soffice is not installed (in Debian, libreoffice-writer-nogui)")
    folder = tmp_path_factory.mktemp("office")
    (folder / "box.png").write_bytes(png())
    (folder / "in.md").write_text(SOURCE)
    converted("pandoc", folder, "in.md", "-o", "odt.odt")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    converted("soffice", folder, profile, "--headless", "--convert-to", "docx", "odt.odt")
    (folder / "odt.docx").rename(folder / "word.docx")
    return folder


def test_what_libreoffice_writes_and_reads(office, project, monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert project(office / "word.docx", office / "odt.odt")[0] == 0
    for name in ("word", "odt"):
        text = Path(f"source/{name}.md").read_text()
        assert 'title: "Resting"' in text
        assert "Rest[^1] helps." in text
        assert "\n[^1]: A *note*.\n" in text
        assert "| Who | Hours |\n|---|---|\n" in text
        assert f"](images/{name}-1.png" in text
        assert "- one\n- two\n" in text


def test_libreoffice_fetches_nothing(office, project, monkeypatch, tmp_path):
    """Without the settings of its profile, it asks for the picture three times."""
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f'xlink:href="http://127.0.0.1:{server.getsockname()[1]}/x.png"'.encode()
        with zipfile.ZipFile(office / "odt.odt") as given:
            parts = {name: given.read(name) for name in given.namelist()}
        linked, number = re.subn(rb'xlink:href="Pictures/[^"]*"', address, parts["content.xml"])
        assert number
        Path("linked.odt").write_bytes(packed({**parts, "content.xml": linked}))
        status, _, warned = project("linked.odt")
        assert status == 0
        assert "a picture outside the document was not fetched" in warned
        with pytest.raises(BlockingIOError):
            server.accept()


# Bad documents

_DTD = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">'
    '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
)
_BODY = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'


def entity(encoding: str) -> bytes:
    text = f"{_DTD}{_BODY}<w:body><w:p><w:r><w:t>&e;&b;</w:t></w:r></w:p></w:body></w:document>"
    return docx(parts={"word/document.xml": text.encode(encoding)})


def bomb() -> bytes:
    return docx(p("x"), parts={"word/media/a.bin": bytes(5 * 2**20)})


def long_text() -> bytes:
    return docx(p("x"), parts={"word/document.xml": _BODY + " " * 2 * 2**20 + "</w:document>"})


def deep() -> bytes:
    inner = p("in")
    for _ in range(60):
        inner = f"<w:tbl><w:tr><w:tc>{inner}</w:tc></w:tr></w:tbl>"
    return docx(inner)


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def damaged() -> bytes:
    data = bytearray(WORD)
    data[200:260] = bytes(60)
    return bytes(data)


REFUSED = {
    "entities": lambda: entity("utf-8"),
    "entities in UTF-16": lambda: entity("utf-16"),
    "a bomb": bomb,
    "a long text": long_text,
    "10,001 parts": lambda: packed({f"{n}.bin": b"" for n in range(10_001)}),
    "tables in tables": deep,
    "half a file": lambda: cut(WORD),
    "a damaged file": damaged,
    "no document": lambda: packed({"word/other.xml": "<a/>"}),
    "XML that is not well-formed": lambda: docx(parts={"word/document.xml": "<a>"}),
    "a password": lambda: b"\xd0\xcf\x11\xe0" + bytes(600),
    "text": lambda: b"Sleep helps.",
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_a_hostile_document_is_refused(project, make, monkeypatch):
    monkeypatch.setattr(word, "_LARGEST", 4 * 2**20)
    monkeypatch.setattr(word, "_LARGEST_XML", 2**20)
    status, _, warned = project(bad__docx=make())
    assert (status, codes(warned)) == (1, ["IMP002"])
    assert len(warned.splitlines()) == 2
    assert list(Path("source").iterdir()) == []


@pytest.mark.parametrize("limit", ["_LARGEST_TEXT", "_LARGEST_ARTICLE"])
def test_a_text_too_long_for_an_article_is_refused(limit, project, monkeypatch):
    monkeypatch.setattr(importing, limit, 1_000)
    status, _, warned = project(long__txt="Title\n\n" + f"{'word ' * 100}\n\n" * 4)
    assert (status, codes(warned)) == (1, ["IMP002"])
    assert "is larger than 0" in warned


def test_a_zip_that_lies_about_its_size_is_not_unpacked(project, monkeypatch):
    """Python stops at the declared size, and the check of the content then fails."""
    data = docx(p("x"), parts={"word/media/a.bin": bytes(2**20)})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo("word/media/a.bin").file_size
    lie = data.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert codes(project(bad__docx=lie)[2]) == ["IMP002"]


def test_pictures_that_are_bombs_or_damaged_are_marked(project):
    huge = png(size=(11_000, 2))
    parts = {"word/media/a.png": huge, "word/media/b.png": b"\x89PNG\r\n\x1a\nxx"}
    targets = {"a": "media/a.png", "b": "media/b.png", "c": "media/../../../etc/passwd"}
    data = docx(p("T", style="Title"), p("Text.", picture("a", "Wide"), picture("b"),
                picture("c"), picture("gone")), targets=targets, parts=parts)  # fmt: skip
    status, _, warned = project(bad__docx=data)
    assert status in (0, 1)
    assert "root:" not in "".join(path.read_text("latin-1") for path in Path("source").rglob("*.*"))
    assert warned.count("is not in a format for handouts") == 2 or codes(warned) == ["IMP002"]


@pytest.mark.parametrize("office", [True, False])
def test_a_drawing_of_windows_is_converted_or_marked(project, monkeypatch, office):
    if office and not shutil.which("soffice"):
        pytest.skip("soffice is not installed (in Debian, libreoffice-writer-nogui)")
    if not office:
        monkeypatch.setattr(shutil, "which", lambda _: None)
    parts = {"word/media/a.emf": emf()}
    data = docx(p("Text.", picture("a", "A blue box")), targets={"a": "media/a.emf"}, parts=parts)
    _, said, warned = project(box__docx=data)
    text = Path("source/box.md").read_text()
    if office:
        shown = Image.open("source/images/box-1.png")
        assert shown.getpixel((800, 400)) == (0x40, 0x80, 0xC0)
        assert shown.size == (1600, 801)
        assert "![A blue box](images/box-1.png)" in text
        assert "LibreOffice converted source/images/box-1.png from EMF" in said + warned
    else:
        assert "<!-- import: the picture source/images/box-1.emf (A blue box) is not in" in text
        assert "save it as PNG where it was made, or import again with LibreOffice" in warned
        assert Path("source/images/box-1.emf").read_bytes() == parts["word/media/a.emf"]


def test_other_picture_formats_become_png(project, tmp_path):
    Image.new("CMYK", (9, 9)).save("a.tif")
    Image.new("RGB", (9, 9)).save("b.bmp")
    status, said, _ = project(
        pics__html="<h1>T</h1><p>x <img src=a.tif alt=One> <img src=b.bmp alt=Two></p>"
    )
    assert status == 0
    assert re.findall(r"pics-\d\.\w+", said) in (
        ["pics-1.png", "pics-2.png"],
        ["pics-1.tif", "pics-2.png"],
    )


# What is written is read back

TRICKY = [
    "plain", "words", "Sleep", "*", "**", "_a_", "`", "``", "[a](b)", "![x](y)", "[^1]", "[@key]",
    "@ann", "{{ a.b }}", "{#id}", "{.c}", "<b>", "</p>", "<!--", "-->", "&amp;", "&#65;", "#", "1.",
    "2)", "-", "+", ">", "|", "a|b", "~~x~~", "H~2~O", "x^2^", "$a$", "$$", "\\", "\\*", ":::",
    ": x", "---", "===", "***", "(c)", "https://example.org/a_(b)*c", "a@example.org",
    "• x", "“quoted”", "'", '"', "...", "–", "é", "\u00a0", "==x==", "[ ]", "[x]", "*[A]:", "^[n]",
    "snake_case_name", "__init__", "5*3*2", "C:\\temp\\", "10^9/L", "a<b>c", "%", "[1]", "[2-3]",
]  # fmt: skip


def inline(chance: random.Random, depth: int = 0) -> str:
    made = []
    for _ in range(chance.randint(1, 6)):
        text = "".join(
            {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(c, c) for c in chance.choice(TRICKY)
        )
        kind = chance.choice(["", "", "", "b", "i", "strong", "em", "sup", "sub", "code", "a", "s"])
        if kind and depth < 2:
            href = ' href="https://example.org/x?a=1&amp;b=(2)"' if kind == "a" else ""
            inside = inline(chance, depth + 1) if kind not in ("code", "a") else text
            text = f"<{kind}{href}>{inside}</{kind}>"
        made.append(text)
    return chance.choice([" ", " ", ""]).join(made)


def block(chance: random.Random, depth: int = 0) -> str:
    kind = chance.choice("p p p h2 h3 ul ol table blockquote pre dl hr wide".split())
    inner = block if depth < 2 else lambda chance, _: inline(chance)
    if kind in ("ul", "ol"):
        items = (
            f"<li>{chance.choice([inline(chance), inner(chance, depth + 1)])}</li>"
            for _ in range(chance.randint(1, 3))
        )
        return f"<{kind}>{''.join(items)}</{kind}>"
    if kind in ("table", "wide"):
        span = ' rowspan="2"' if kind == "wide" else ""
        cell = "th" if chance.random() < 0.5 else "td"
        head = f"<tr><{cell}{span}>{inline(chance)}</{cell}><{cell}>{inline(chance)}</{cell}></tr>"
        rows = (f"<tr><td>{inline(chance)}</td><td>{inline(chance)}</td></tr>" for _ in range(2))
        return f"<table>{head}{''.join(rows)}</table>"
    if kind == "blockquote":
        return f"<blockquote>{inner(chance, depth + 1)}{inner(chance, depth + 1)}</blockquote>"
    if kind == "dl":
        return f"<dl><dt>{inline(chance)}</dt><dd>{inline(chance)}</dd></dl>"
    if kind == "pre":
        return f"<pre>{chance.choice(TRICKY).replace('<', '&lt;')}\n  code\n\nmore</pre>"
    return "<hr>" if kind == "hr" else f"<{kind}>{inline(chance)}</{kind}>"


def letters(text: str) -> str:
    """The text without what Markdown makes prettier: spaces, quotes, dashes, and dots."""
    text = re.sub(r"[\"'“”‘’„‚«»]|\s", "", text.replace("…", "..."))
    return re.sub("[-–—]+", "-", text)


@pytest.mark.parametrize("seed", range(60))
def test_any_document_is_read_back_as_it_was(seed, project):
    chance = random.Random(seed)
    body = "".join(block(chance) for _ in range(8))
    html = f"<h1>Own title</h1><p>{inline(chance)}</p>{body}"
    status, _, warned = project(any__html=html)
    assert status == 0, warned
    path = Path("source/any.md").resolve()
    problems = []
    read = read_manuscript(path, Path.cwd(), read_project(Path.cwd(), []).config, problems)
    text = path.read_text()
    assert [str(p) for p in problems if p.severity == ERROR] == [], text
    draft = importing.read_page(html, None)
    wanted, found = words(draft.body), plain(fragment(read.body[6:-7]))
    assert letters(f"Own title {found}") == letters(wanted), text


def test_each_block_is_written_as_markdown_where_it_can_be():
    draft = Draft(fragment("<p>One <b>bold</b> (<i>x</i>) word</p><ul><li>a</li></ul>"))
    regular(draft, "name")
    assert write(draft, 1).text == "One **bold** (*x*) word\n\n- a\n"
    body = markup.convert(write(draft, 1).text, "", 1, []).body
    assert _facts(body) == _facts(draft.body)


def test_limits_are_those_of_the_manual():
    manual = (Path(__file__).parent.parent / "docs/source/manual.md").read_text()
    assert f"{word._LARGEST // 2**20} MB" in manual

"""The tags of a PDF: read aloud, it says each block once, in order, with its role.

Each golden in `tests/data/goldens/tags/` is the structure tree of a tiny document.
"""

from __future__ import annotations

import shutil
from datetime import date
from types import SimpleNamespace

import pytest

from press.build.run import build
from press.check.external import verapdf
from press.check.review import review
from press.core.model import Request
from press.design.styles import Styles
from press.output.pdf.typeset import render
from tests.paper import PAGE, ROOT, WORDS
from tests.tagtree import FORM, Tree

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgAB"
    "SK+kcQAAAABJRU5ErkJggg=="
)
SHORT = "@page { size: 400px 300px; margin: 40px; @bottom-left { content: 'Foot' } }"
"""A page of few lines."""


def tagged(body: str, css: str = "", lang: str = "en", direction: str = "ltr") -> Tree:
    """The tree of an HTML body."""
    head = "<head><title>Paper</title></head>"
    text = f"<html lang='{lang}' dir='{direction}'>{head}<body>{body}</body></html>"
    document = SimpleNamespace(images=(), faces=())
    laid = render(text, [PAGE, "ul ul { list-style: square }", css], document, Styles(ROOT))
    return Tree(laid.write_pdf(pdf_variant="pdf/a-3a"))


CASES = {
    "blocks": (
        "<header><h1>One</h1></header><section><h2>Two</h2><p>Text</p><div></div><p> </p>"
        "<blockquote>Said <b>by</b> them<p>Twice</p></blockquote></section><div>Loose "
        "<i>words</i> <u>here</u><h3>Three</h3> and more</div>",
        "",
    ),
    "lists": (
        "<ul><li>One<ul><li><p>In</p><p>Two parts</p></li></ul></li><li>Two</li></ul>"
        "<ol style='list-style-type: upper-roman'><li>First</li></ol>"
        "<ol style='list-style-type: lower-alpha'><li>Alpha</li></ol>"
        "<ul style='list-style: none'><li>Bare</li></ul><ul><li></li></ul>"
        "<ul style='list-style-type: \"- \"'><li>Dash</li></ul>",
        "",
    ),
    "definitions": (
        "<dl><dt>Term</dt><dd>Meaning</dd><dt>One</dt><dt>Two</dt><dd>First</dd><dd>Second</dd>"
        "</dl><dl><div><dt>Held</dt><dd>In a box</dd></div></dl>",
        "",
    ),
    "table": (
        "<table><caption>Doses</caption><thead><tr><th>Drug</th><th colspan='2'>Dose</th></tr>"
        "</thead><tbody><tr><th rowspan='2' scope='row'>A</th><td>1</td><td></td></tr>"
        "<tr><td>2</td><td>3</td></tr></tbody><tfoot><tr><td colspan='3'>All</td></tr></tfoot>"
        "</table>"
        "<table><tr><th></th><th>X</th></tr><tr><th>Y</th><td>xy</td></tr></table>",
        "caption { caption-side: bottom }",
    ),
    "over-pages": (
        "<ul><li>" + "<p>Word after word. </p>" * 8 + "</li><li>Last</li></ul>"
        "<table><thead><tr><th>Head</th></tr></thead><tbody>"
        + "<tr><td>Cell</td></tr>" * 12
        + "</tbody><tfoot><tr><td>Sum</td></tr></tfoot></table><p>"
        + WORDS * 6
        + "</p>",
        SHORT,
    ),
    "links": (
        f"<p>{WORDS * 3}<a href='https://example.org/'>{WORDS * 4}</a> End.</p>"
        f"<p id='here'>See <a href='#here'>here</a><a href='#here'><b>and</b> there</a>.</p>"
        f"<div><a href='#here'>Alone</a></div><p><a>No link</a></p>",
        SHORT,
    ),
    "notes": (
        "<p>Text<sup class='noteref'><a href='#note-1' id='noteref-1'>a</a></sup> on</p>"
        "<section class='notes'><div class='note' id='note-1'><p>"
        "<a class='note-back' href='#noteref-1'>a.</a> The note.</p><p>Its end.</p></div>"
        "</section>",
        "",
    ),
    "phrases": (
        "<p><code>x = 1</code> <abbr title='World'>W</abbr> <abbr>No</abbr> "
        "<span lang='fr'>oui</span> <em lang='en'>yes</em></p><pre>one\n  two</pre>"
        "<pre><code>three</code></pre><p lang='de'>Ja <b>doch</b></p><ul>"
        "<li lang='fr'>Oui</li></ul>",
        "",
    ),
    "figures": (
        f"<figure><img src='{PIXEL}' alt='A dot'/><figcaption>The dot <a href='#x' id='x'>x</a>"
        f"</figcaption></figure><figure><img src='{PIXEL}' alt='Alone'/></figure>"
        f"<p>In a <img src='{PIXEL}' alt='small'/> line</p>"
        f"<p>Decoration <img src='{PIXEL}' alt=''/></p>"
        f"<p><a href='#x'><img src='{PIXEL}' alt='Linked'/></a></p>",
        "figure img { display: block; width: 20px; height: 20px }",
    ),
    "order": (
        "<p>Before</p><div style='float: left'>Float</div><p>After <span style='display:"
        "inline-block'>box</span> text</p><div style='position: relative'>Moved</div>"
        "<p>Between</p><div style='opacity: 0.5'>Pale</div><p>End</p><ul><li>Item</li></ul>",
        "",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def trees():
    return {name: tagged(*case) for name, case in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_each_block_once_with_its_role(trees, name, golden):
    golden(f"tags/{name}.txt", "\n".join(trees[name].lines()))


@pytest.mark.parametrize("name", CASES)
def test_every_mark_leads_to_its_element_and_back(trees, name):
    check_parents(trees[name])


@pytest.mark.parametrize("name", CASES)
def test_it_is_drawn_in_the_order_of_the_tags(trees, name):
    check_order(trees[name])


def check_parents(tree: Tree) -> None:
    """Check the parent tree (ISO 32000-1, 14.7.4.4) of pages, forms, and annotations."""
    numbers = tree.number_tree()
    homes = {}
    for element in tree.elements():
        for kid in tree.kids(element):
            if isinstance(kid, tuple) and kid[0] != FORM:
                assert kid not in homes
                homes[kid] = element.objgen
        if element.S != "/Document":
            assert element.P.S
    for number, page in enumerate(tree.pdf.pages):
        found = numbers[int(page.StructParents)]
        drawn = {name for name in tree.drawn(number) if name.startswith("MCID")}
        assert drawn == {f"MCID {mcid}" for mcid in range(len(found))}
        for mcid, element in enumerate(found):
            assert homes.pop((number, mcid)) == element.objgen
        for annotation in page.get("/Annots", ()):
            assert numbers[int(annotation.StructParent)].S == "/Link"
    assert not homes


def check_order(tree: Tree) -> None:
    """Check that each page draws in the order of the tags, and nothing but that and artifacts."""
    marks = tree.marks()
    for number in range(len(tree.pdf.pages)):
        drawn = tree.drawn(number)
        assert "bare" not in drawn
        found = [name for name in dict.fromkeys(drawn) if name.startswith("MCID")]
        assert found == [f"MCID {mcid}" for page, mcid in marks if page == number]


def test_feet_and_repeated_heads_are_artifacts(trees):
    tree = trees["over-pages"]
    assert len(tree.pdf.pages) > 2
    for page in range(len(tree.pdf.pages)):
        assert "Artifact Footer" in tree.drawn(page)
    texts = [line.strip() for line in tree.lines()]
    assert sum(line.startswith("Table") for line in texts) == 1
    assert sum("'Head'" in line for line in texts) == sum("'Sum'" in line for line in texts) == 1
    assert any("Artifact Pagination" in tree.drawn(page) for page in range(len(tree.pdf.pages)))


def test_a_link_over_lines_and_pages_is_one_link(trees):
    link = next(line for line in trees["links"].lines() if "Link" in line)
    assert link.count(" link") > 3
    assert link.endswith("'")


def test_letters_from_right_to_left_are_read_in_their_order():
    words = "שלום עולם"
    tree = tagged(f"<p>{words} abc</p><p>abc</p>", lang="he", direction="rtl")
    said = tree.pdf.pages[0].Contents.read_bytes()
    assert f"/ActualText <feff{(words + ' abc').encode('utf-16-be').hex()}>".encode() in said
    assert said.count(b"/ActualText") == 3  # a number, too, may change places with its unit
    check_order(tree)


@pytest.mark.parametrize(
    ("project", "name"),
    [("", "ketamine-ocd"), ("", "ketamine-ocd-large-print"), ("features", "everything")],
)
def test_handouts_are_drawn_in_order(built, project, name):
    tree = Tree((built(project) / f"{name}.pdf").read_bytes())
    check_parents(tree)
    check_order(tree)


# The standards


@pytest.fixture(scope="module")
def in_pdf_2(tmp_path_factory):
    """The project with everything in it, as PDF 2.0."""
    root, output = tmp_path_factory.mktemp("two") / "features", tmp_path_factory.mktemp("out")
    shutil.copytree(ROOT / "tests" / "projects" / "features", root)
    config = root / "makebook.toml"
    config.write_text(config.read_text() + '\n[editions.a4]\nstandard = "a-4f+ua-2"\n')
    outcome = build(Request(root, output, date(2026, 11, 23), ("everything",), formats=("pdf",)))
    assert not outcome.problems
    assert not [problem for each in outcome.built for problem in each.problems]
    return root, output, Tree((output / "everything.pdf").read_bytes())


@pytest.mark.parametrize("flavour", ["ua2", "4f", "wt1a", "wt1r"])
def test_verapdf_accepts_pdf_2(in_pdf_2, checker, flavour):
    assert checker(verapdf, in_pdf_2[1] / "everything.pdf", flavours=(flavour,)) == []


@pytest.mark.parametrize("flavour", ["ua1", "3a"])
def test_verapdf_accepts_pdf_1_7(built, checker, flavour):
    assert checker(verapdf, built("features") / "everything.pdf", flavours=(flavour,)) == []


def test_pdf_2_is_drawn_in_order(in_pdf_2):
    check_parents(in_pdf_2[2])
    check_order(in_pdf_2[2])


def test_notes_and_their_marks_refer_to_each_other_in_pdf_2(in_pdf_2):
    tree = in_pdf_2[2]
    elements = list(tree.elements())
    notes = [each for each in elements if each.S == "/FENote"]
    links = [each for each in elements if each.S == "/Link" and "/Ref" in each]
    assert len(notes) == 2 < len(links)
    assert all(link.Ref[0].S == "/FENote" for link in links)
    assert sum(len(note.Ref) for note in notes) == len(links)
    assert not [each for each in elements if each.S in ("/Note", "/Reference")]


def test_links_and_bookmarks_lead_to_elements_in_pdf_2(in_pdf_2):
    tree = in_pdf_2[2]
    inner = [
        annotation.A
        for page in tree.pdf.pages
        for annotation in page.get("/Annots", ())
        if annotation.A.S == "/GoTo"
    ]
    heading = tree.pdf.Root.Outlines.First
    assert heading.A.SD[0].S == "/H1"
    assert heading.First.A.SD[0].S == "/H2"
    assert len(inner) > 5
    assert all(action.SD[0].get("/S") for action in inner)
    assert any(action.SD[0].S == "/FENote" for action in inner)


def test_check_asks_for_what_each_edition_claims(in_pdf_2, monkeypatch):
    asked = []

    def verdict(path, flavours):
        asked.append((path.name, flavours))
        return []

    monkeypatch.setattr("press.check.external.verapdf", verdict)
    review(*in_pdf_2[:2], ["everything"])
    assert asked == [("everything.pdf", ("ua2", "4f", "wt1a", "wt1r"))]

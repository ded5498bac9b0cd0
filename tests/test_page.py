"""The web page and the library: their content, and how they work in a real browser.

The goldens in `tests/data/goldens/small/` are those of `tests/projects/small`, without style and
pictures. After a change that is meant set MAKEBOOK_REWRITE=1, run this file, read the diff first.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
import urllib.request
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
import tinyhtml5
from lxml import etree

from press.build.manifest import file_entry
from press.core.files import default_folder
from press.core.model import Artifact, Download
from press.core.trees import has_class
from press.design import color
from press.design.faces import lettered
from press.design.styles import Styles
from press.document.compose import read_sources
from press.document.semantics import hold_tables, stack_tables
from press.document.units import letters, units
from press.output.web.library import covers_of, small_covers, write_library
from press.output.web.offers import downloads, offers, size
from press.output.web.page import css_text, write_page
from press.output.web.shelf import Shelf
from press.proof.page import prove_page
from press.readback.pdf import read_pdf
from tests import inside
from tests.browser import browse
from tests.reporting import reported

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = Path(__file__).parent / "projects"
HOSTILE = "</title><script>alert(1)</script>\"' & <b onclick='x'> ]]> </style>"


def styles_of(root, document):
    return Styles(root, document.imprint.colors if document.imprint else {})


def downloads_of(entry):
    files = {n: f for n, f in entry["files"].items() if f["format"] != "html"}
    return downloads(files, entry["editions"])


def make(root, name, folder=None, imprint=""):
    """The Document, its downloads and its page; the files are those of a built folder."""
    document = read_sources(root).assembled(name, imprint)
    manifest = json.loads((folder / "manifest.json").read_text()) if folder else None
    downloads = downloads_of(manifest["articles"][name]) if manifest else []
    return document, downloads, write_page(document, downloads, styles_of(root, document))


@pytest.fixture(scope="module")
def small(built):
    return make(PROJECTS / "small", "sleep", built("small"))


@pytest.fixture(scope="module")
def ketamine(built):
    return make(ROOT, "ketamine-ocd", built(""))


@pytest.fixture(scope="module")
def everything(built):
    return make(PROJECTS / "features", "everything", built("features"))


@pytest.fixture(scope="module")
def clinic():
    return make(ROOT, "ketamine-ocd", imprint="uk-example")


def listed(folder, entries):
    """The library of a folder that has the covers."""
    covers, new = small_covers(folder, entries, {})
    assert all((folder / name).read_bytes() == data for name, data in new.items())
    return write_library(Shelf(folder, entries, "en-US"), Styles(ROOT), covers_of(entries, covers))


@pytest.fixture(scope="module")
def site(built, ketamine, everything, clinic, tmp_path_factory):
    """A published folder: files, pages, and the library."""
    folder, entries = tmp_path_factory.mktemp("site"), {}
    for project, (document, _, page) in (("", ketamine), ("features", everything)):
        shutil.copytree(built(project), folder, dirs_exist_ok=True)
        (folder / page.name).write_bytes(page.data)
        entry = json.loads((built(project) / "manifest.json").read_text())["articles"][
            document.name
        ]
        entry["files"][page.name] = file_entry(page, {}, "")
        more = {"abstract": document.matter.abstract, "keywords": list(document.matter.keywords)}
        entries[document.name] = {**entry, **more, "stamp": document.stamp}
    (folder / "index.html").write_bytes(listed(folder, entries))
    (folder / "empty").mkdir()
    empty = write_library(Shelf(folder, {}, "en"), Styles(ROOT))
    (folder / "empty" / "index.html").write_bytes(empty)
    (folder / "clinic").mkdir()
    (folder / "clinic" / clinic[2].name).write_bytes(clinic[2].data)
    return folder, entries


@pytest.fixture(scope="module")
def clustered(small, tmp_path_factory):
    """The address of a page in which marks stand close together in a sentence and in a table."""
    document = small[0]
    cite = '<a class="cite" role="doc-biblioref" href="#ref-a">{}</a>'
    cites = ["", cite.format(1), *(",".join(map(cite.format, n)) for n in ((1, 2), (1, 2, 5, 16)))]
    marks = [f'<span class="citation"><sup>{one}</sup></span>' for one in cites[1:]]
    note = '<sup class="noteref"><a href="#note-a">a</a></sup>'
    text = f"Much is known.{marks[0]} " + f"More of it.{marks[1]} " * 9 + f"A few.{marks[2]} " * 9
    text += f"Two notes.{note}{note} A note{marks[0]}{note}{marks[1]} and so on. " * 5
    cells = f"<tr><td>{marks[2]}<br/>{marks[2]}</td><td>Word {marks[1]}<br/>or {marks[1]}</td></tr>"
    targets = '<p id="ref-a">A.</p><p id="note-a">B.</p>'
    xhtml = f"<section><p>{text}</p><table>{cells}</table>{targets}</section>"
    part = replace(document.parts[0], xhtml=xhtml)
    page = tmp_path_factory.mktemp("clustered") / "page.html"
    page.write_bytes(write_page(replace(document, parts=(part,)), [], Styles(ROOT)).data)
    return page.as_uri()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server(site):
    handler = partial(Quiet, directory=site[0])
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        thread = threading.Thread(target=served.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()
        thread.join()


PAGES = ("ketamine-ocd.html", "everything.html", "clinic/ketamine-ocd.html", "index.html",
         "empty/index.html")  # fmt: skip


def readable(data):
    """A page without its style, script, and pictures, each block on a line of its own."""
    text = re.sub(r"(?s)(<(style|script)>).*?(</\2>)", r"\1…\3", data.decode())
    text = re.sub(r"(data:[a-z+/]+(?:;base64)?,)[^\"]+", r"\1…", text)
    text = re.sub(r"\d+ KB", "… KB", text)
    return inside.spread(text)


# What is in them


def test_the_page_in_words(small, golden):
    golden("small/page.html", readable(small[2].data))


def test_the_library_in_words(built, golden, tmp_path):
    entries = json.loads((built("small") / "manifest.json").read_text())["articles"]
    covers, _ = small_covers(built("small"), entries, {})
    shelf = Shelf(built("small"), entries, "en-US", "A Clinic")
    data = write_library(shelf, Styles(ROOT), covers_of(entries, covers))
    golden("small/library.html", readable(data))


def test_the_same_work_gives_the_same_bytes(ketamine, site):
    document, downloads, page = ketamine
    assert write_page(document, list(downloads), Styles(ROOT)) == page
    turned = dict(reversed(site[1].items()))
    made = listed(site[0], turned)
    assert made == (site[0] / "index.html").read_bytes()


def test_the_pages_are_small(site):
    """With fonts and pictures inside, and the search, they still load fast on a phone."""
    assert (site[0] / "ketamine-ocd.html").stat().st_size < 151_000
    assert (site[0] / "index.html").stat().st_size < 130_000


@pytest.mark.parametrize("name", PAGES)
def test_xml_and_html_parsers_read_the_same(site, name):
    data = (site[0] / name).read_bytes()
    as_html = tinyhtml5.parse(data.decode(), namespace_html_elements=False)
    as_xml = etree.fromstring(data)

    def shape(root):
        return [(e.tag, dict(e.attrib)) for e in root.iter() if isinstance(e.tag, str)]

    assert shape(as_html) == shape(as_xml)
    ids = [e.get("id") for e in as_xml.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert as_xml.get("lang")
    assert as_xml.get("dir") == "ltr"


def test_every_id_of_the_work_is_kept_and_the_pages_own_give_way(small):
    document, downloads, page = small
    ids = {e.get("id") for e in etree.fromstring(page.data).iter() if e.get("id")}
    for part in document.parts:
        assert {e.get("id") for e in etree.fromstring(part.xhtml).iter() if e.get("id")} <= ids
    part = document.parts[0]
    taken = replace(
        part, xhtml=part.xhtml.replace("<h2 id=", '<p id="page-downloads">x</p><h2 id=')
    )
    other = replace(document, parts=(taken, *document.parts[1:]))
    assert reported(prove_page, other, write_page(other, downloads, Styles(ROOT)), downloads) == []


def test_an_author_sees_nothing_of_hers_run(small, site):
    document = small[0]
    matter = replace(document.matter, title=HOSTILE, subtitle=HOSTILE, abstract=HOSTILE,
                     keywords=(HOSTILE,))  # fmt: skip
    hostile = replace(document, matter=matter, short=HOSTILE, stamp=HOSTILE)
    bad = Download(f"a&b {'x' * 3}#?.pdf", "pdf", 10, "<i>", "odd", '"A4"')
    page = write_page(hostile, [bad], Styles(ROOT))
    texts = dict.fromkeys(("title", "subtitle", "abstract", "identifier", "stamp"), HOSTILE)
    entry = {**site[1]["everything"], **texts, "keywords": [HOSTILE], "facts": [HOSTILE]}
    library = write_library(Shelf(site[0], {"x": entry}, "en", HOSTILE), Styles(ROOT))
    for data, scripts in ((page.data, 0), (library, 1)):
        root = tinyhtml5.parse(data.decode(), namespace_html_elements=False)
        assert len([e for e in root.iter() if e.tag == "script"]) == scripts
        assert not [e for e in root.iter() if any(str(k).startswith("on") for k in e.attrib)]
        assert "".join(root.find(".//h1").itertext()) in (HOSTILE, "Handouts")
        assert "".join(root.find(".//head/title").itertext()) in (HOSTILE, f"Handouts – {HOSTILE}")
        etree.fromstring(data)
    assert reported(prove_page, hostile, page, [bad]) == []


def test_a_drawing_has_the_face_of_its_words_inside(ketamine):
    """Shown by itself it cannot use the page's fonts, and words in another font would overlap."""
    (image,) = (image for image in ketamine[0].images if image.name.endswith(".svg"))
    drawn = lettered(image, Styles(ROOT), ())
    assert drawn.count(b"@font-face") == 2
    assert len(drawn) - len(image.data) < 30_000
    root = etree.fromstring(drawn)
    assert root[0].tag == "{http://www.w3.org/2000/svg}style"
    assert [e.text for e in root.iter("{*}text")] == [
        e.text for e in etree.fromstring(image.data).iter("{*}text")
    ]
    other = replace(image, data=b'<svg xmlns="http://www.w3.org/2000/svg"><text>A</text></svg>')
    assert lettered(other, Styles(ROOT), ()) == other.data
    page = ketamine[2].data.decode()
    (shown,) = re.findall(r"src=\"data:image/svg\+xml,([^\"]+)", page)
    assert unquote(shown).encode() == drawn


@pytest.mark.parametrize(
    ("heads", "stacked"),
    [
        ("<tr><th>A <b>b</b></th><th></th><th>C</th><th>D</th></tr>", True),
        ("<tr><th colspan='2'>A</th><th>C</th><th>D</th></tr>", False),
        ("<tr><th>A</th></tr><tr><th>a</th><th>b</th><th>c</th><th>d</th></tr>", False),
    ],
)
def test_a_narrow_screen_reads_a_table_row_by_row(heads, stacked):
    """Each cell follows the name of its column; roles restore what the style removes."""
    cells = "<tr><th>1</th><td>2</td><td>3</td><td>4</td></tr>"
    html = f"<div><table><thead>{heads}</thead><tbody>{cells}</tbody></table></div>"
    body = etree.fromstring(html)
    hold_tables(body, 4, "Table")
    stack_tables(body)
    (holder,) = body.iterfind("div")
    assert holder.get("class") == ("wide stacked" if stacked else "wide")
    assert holder.get("tabindex") == "0"
    row = [(c.get("role"), c.get("data-label")) for c in body.iterfind(".//tbody/tr/*")]
    wanted = [("rowheader", "A b: "), ("cell", None), ("cell", "C: "), ("cell", "D: ")]
    assert row == (wanted if stacked else [(None, None)] * 4)


def test_a_work_of_one_sentence():
    document, _, page = make(PROJECTS / "features", "plain")
    assert reported(prove_page, document, page, ()) == []


def test_downloads_are_told_of_in_plain_words(small):
    labels = small[0].labels
    made = offers(
        [
            Download("a.epub", "epub", 900),
            Download("a-b.pdf", "pdf", 1500000, "booklet", "booklet", "A4", "", 12),
            Download("a-large.pdf", "pdf", 270_000, "large-print", "large-print", "A4", "", 1),
            Download("a.pdf", "pdf", 260_000, "letter", "standard", "Letter", "", 9),
            Download("a-a4.pdf", "pdf", 260_000, "a4", "standard", "A4", "", 9),
            Download(
                "a-references.pdf", "pdf", 3000, "letter", "standard", "Letter", "references", 2
            ),
        ],
        labels,
    )
    assert [(o.file, o.title, o.facts) for o in made] == [
        ("a.pdf", "Handout (Letter), 9 pages", "PDF, Letter paper, 254 KB"),
        ("a-a4.pdf", "Handout (A4), 9 pages", "PDF, A4 paper, 254 KB"),
        ("a-large.pdf", "Large print, 1 page", "PDF, A4 paper, 264 KB"),
        ("a-b.pdf", "Booklet, 12 pages on 3 sheets", "PDF, A4 paper, 1.4 MB"),
        ("a-references.pdf", "References, 2 pages", "PDF, Letter paper, 3 KB"),
        ("a.epub", "E-book", "EPUB, 1 KB"),
    ]
    assert made[2].purpose == "18-point type, for readers with low vision."
    assert "flip on the short edge" in made[3].purpose


def test_sizes():
    assert [size(n) for n in (0, 1023, 1024 * 999, 1024 * 1024)] == [
        "1 KB", "1 KB", "999 KB", "1.0 MB",
    ]  # fmt: skip


def test_text_in_a_style_sheet_ends_nothing():
    assert css_text('a "b" \\ </style>\n') == '"a \\22 b\\22  \\5c  \\3c \\2f style\\3e \\a "'


def test_the_library_lists_by_title_what_is_there(site, tmp_path):
    folder, entries = site
    entry = entries["everything"]
    listed = {t: {**entry, "title": t} for t in ("zebra", "Élan", "apple", "Elbow")}
    listed["gone"] = {
        **entry,
        "title": "gone",
        "files": {"gone.pdf": {"format": "pdf", "bytes": 1}},
    }
    root = etree.fromstring(write_library(Shelf(folder, listed, "en"), Styles(ROOT)))
    titles = [e.findtext("a") for e in root.iter("h2") if e.find("a") is not None]
    assert titles == ["apple", "Élan", "Elbow", "zebra"]


def test_a_broken_book_has_no_cover(site, tmp_path):
    (tmp_path / "a.epub").write_bytes(b"no book")
    entry = site[1]["everything"]
    entry = {**entry, "files": {"a.epub": entry["files"]["everything.epub"]}}
    covers, new = small_covers(tmp_path, {"a": entry}, {})
    assert covers.keys() == new.keys() == {"covers/plain.gif"}
    data = write_library(Shelf(tmp_path, {"a": entry}, "en"), Styles(ROOT))
    assert b"<img" not in data
    assert b'href="a.epub"' in data


@pytest.mark.parametrize("name", ["au-example", "uk-example", "us-example"])
def test_an_imprints_accent_has_a_hue_for_dark_screens(name):
    document = make(ROOT, "ketamine-ocd", imprint=name)
    css = document[2].data.decode()
    dark = css[css.index("prefers-color-scheme:dark") :]
    accent = re.search(r"h6,a,ul > li::marker\{color:(#\w+)", dark)[1]
    grounds = ("--dark-paper", "--dark-tint")
    tokens = Styles(ROOT).tokens
    for ground in grounds:
        assert color.passes(color.parse_hex(accent), color.parse_hex(tokens[ground]))
    if "accent" in document[0].imprint.colors:
        assert accent != tokens["--dark-accent"]


# The proof


def test_the_proof_is_content(small, ketamine, everything, clinic):
    for document, offered, page in (small, ketamine, everything, clinic):
        assert reported(prove_page, document, page, offered) == []


WRONG = {
    "a paragraph is gone": (
        r"<p id=\"b\d+\">Ask your.*?</p>|<li id=\"b\d+\">Ask if pills fit you\.</li>", "",
        "PRF001", "Ask",
    ),
    "hidden": ("/*]]>*/", ".key-points li { display: none }/*]]>*/", "PRF001", "Get up at one"),
    "white on white": ("/*]]>*/", "li { color: white }/*]]>*/", "PRF001", "Get up at one hour"),
    "the colour of its box": (
        "/*]]>*/", ".key-points { background: #16191d !important }/*]]>*/", "PRF001", "Get up",
    ),
    "black in the dark": (
        "/*]]>*/", "@media (prefers-color-scheme: dark) { main p { color: #14181c } }/*]]>*/",
        "PRF001", "hidden in dark mode",
    ),
    "not on paper": (
        "/*]]>*/", "@media print { .key-points { display: none } }/*]]>*/",
        "PRF001", "hidden when printed",
    ),
    "far away": ("/*]]>*/", "li { text-indent: -9999px }/*]]>*/", "PRF001", "Get up at one hour"),
    "no size": ("/*]]>*/", "li { font-size: 0 }/*]]>*/", "PRF001", "Get up at one hour"),
    "hidden by hand": ("<h1 ", '<h1 style="visibility:hidden" ', "PRF001", "title"),
    "hidden by attribute": ("<h1 ", '<h1 hidden="until-found" ', "PRF001", "title"),
    "folded for good": (
        r"\.fold\{content-visibility:visible;?\}", "", "PRF001", "reference",
    ),
    "a heading is only in the contents": (
        r"<h2 id=\"found-title\">.*?</h2>", "", "PRF001", "heading",
    ),
    "the short disclaimer": (r'<p class="short">.*?</p>', "", "PRF002", "short"),
    "the stamp": (r'<p class="stamp">.*?</p>', "", "PRF001", "identifying line"),
    "a dead link": ('href="#cite-1"', 'href="#cite-99"', "PRF003", "'#cite-99' is broken"),
    "a link less": (r'<a class="backlink".*?>(.*?)</a>', r"\1", "PRF003", "1 link to '#cite-1'"),
    "an id twice": ('id="cite-1"', 'id="cite-2"', "PRF003", "occurs 2 times"),
    "a file is not offered": (r'href="sleep\.epub"', 'href="sleep.pdf"', "PRF003", "sleep.epub"),
    "a file without a name": (
        r'<span class="file">sleep\.epub</span>', "", "PRF003", "sleep.epub",
    ),
    "a picture from outside": (
        r'src="data:image/svg[^"]*"', 'src="https://example.org/a.svg"', "PRF005", "example.org",
    ),
    "a script from outside": (
        "</main>", '<script src="//example.org/a.js"></script></main>', "PRF005", "example.org",
    ),
    "a style from outside": (
        "<style>", '<link rel="stylesheet" href="a.css"/><style>', "PRF005", "a.css",
    ),
    "an import": ("/*]]>*/", "@import 'b.css';/*]]>*/", "PRF005", "b.css"),
    "a ground from outside": (
        "/*]]>*/", "p { background: url(https://example.org/c.png) }/*]]>*/", "PRF005", "c.png",
    ),
    "no page": ("</main>", "", "PRF005", "cannot be opened"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "style", "said"),
    [
        (
            "Call us if a page is missing from it.",
            "@media print { p { display: none } }",
            " when printed: 'Call us if a page is missing from it.'",
        ),
        (
            "What is missing: sleep.",
            "@media (prefers-color-scheme: dark) { p { display: none } }",
            " in dark mode: 'What is missing: sleep.'",
        ),
        (
            "Nothing is missing here.",
            "p { display: none }",
            ": 'Nothing is missing here.'",
        ),
    ],
)
def test_text_that_speaks_of_missing_is_quoted_as_it_is(small, text, style, said):
    document, _, _ = small
    xhtml = f'<section id="{document.parts[0].id}"><p id="y">{text}</p></section>'
    part = replace(document.parts[0], xhtml=xhtml, title="What is missing?")
    some = replace(document, parts=(part,))
    page = f"<html><head><style>{style}</style></head><body>{xhtml}</body></html>"
    found = reported(prove_page, some, Artifact("sleep.html", "html", page.encode()), ())
    assert [p.message for p in found if p.message.startswith("paragraph")] == [
        f"paragraph of 'What is missing?' is hidden{said}"
    ]


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_found(small, what):
    document, downloads, page = small
    pattern, put, code, words = WRONG[what]
    pattern = re.escape(pattern) if pattern.startswith("/*") else pattern
    text, count = re.subn(pattern, put, page.data.decode(), flags=re.S)
    assert count
    found = reported(prove_page, document, Artifact(page.name, "html", text.encode()), downloads)
    assert [p for p in found if p.code == code and words in p.message], found


@pytest.mark.parametrize("name", ["page.css", "book.css", "print.css"])
def test_a_class_for_the_sheet_has_no_look_elsewhere(name):
    """Only the short disclaimer, which has the same class, has one."""
    css = (default_folder() / name).read_text(encoding="utf-8")
    assert ".short" in css
    assert not re.search(r"(?m)(?:^|[,}]) *\.short\b", css)


# In a browser


def test_nobody_is_asked_for_anything_and_nothing_complains(server):
    said = browse(*({"url": f"{server}/{name}"} for name in PAGES))
    covers = {f"{server}/covers/{name}.png" for name in ("everything", "ketamine-ocd")}
    wanted = [{f"{server}/{name}"} | (covers if name == "index.html" else set()) for name in PAGES]
    assert [set(one["requests"]) for one in said] == wanted
    assert [one["console"] for one in said] == [[]] * len(PAGES)


COVERS = """Promise.all([...document.querySelectorAll(".cover img")].map(async (image) => {
  const box = [image.width, image.height];
  image.scrollIntoView();
  await image.decode();
  return [...box, image.naturalWidth, image.naturalHeight];
}))"""


def test_covers_are_shown_from_a_file_and_keep_their_place_until_then(site):
    """Under the page's Content-Security-Policy; most folders are opened from a disk."""
    (said,) = browse({"url": (site[0] / "index.html").as_uri(), "evaluate": COVERS})
    assert [natural for *_, wide, high in said["value"] for natural in [(wide, high)]] == [
        (240, 360)
    ] * 2
    assert all(high == pytest.approx(wide * 1.5, abs=1) for wide, high, *_ in said["value"])
    assert said["console"] == []


def test_only_covers_in_view_are_loaded(tmp_path, site):
    """A page of hundreds asks for those that a reader comes to."""
    (tmp_path / "covers").mkdir()
    entries, covers = {}, []
    for number in range(60):
        name = f"h{number:02}"
        shutil.copy(site[0] / "covers/everything.png", tmp_path / f"covers/{name}.png")
        (tmp_path / f"{name}.html").write_text("A page.")
        html = next(f for f in site[1]["everything"]["files"].values() if f["format"] == "html")
        entries[name] = {**site[1]["everything"], "title": name, "files": {f"{name}.html": html}}
        covers.append(f"covers/{name}.png")
    page = tmp_path / "index.html"
    shown = covers_of(entries, covers)
    page.write_bytes(write_library(Shelf(tmp_path, entries, "en"), Styles(ROOT), shown))
    (said,) = browse({"url": page.as_uri()})
    loaded = [url for url in said["requests"] if "/covers/" in url]
    assert 0 < len(loaded) < len(covers)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 820, 1280])
def test_axe_finds_nothing_and_nothing_runs_over(server, dark, width):
    jobs = [{"url": f"{server}/{n}", "axe": 1, "width": width, "dark": dark} for n in PAGES]
    said = browse(*jobs)
    assert {n: one["axe"] for n, one in zip(PAGES, said, strict=True)} == {n: [] for n in PAGES}
    assert [one["width"] for one in said] == [width] * len(PAGES)


LINKS = """[...document.querySelectorAll("a[href], input, [tabindex='0']")]
  .filter(e => e.checkVisibility()).map(e => e.id || e.getAttribute("href") || e.className)"""


@pytest.mark.parametrize("name", PAGES[:4])
@pytest.mark.parametrize("width", [320, 1280])
def test_keys_reach_everything_in_order_and_show_where_they_are(server, name, width):
    (said,) = browse({"url": f"{server}/{name}", "tab": 1, "evaluate": LINKS, "width": width})
    assert said["tab"][0]["what"].startswith("#")
    assert [one["what"] for one in said["tab"]] == said["value"]
    assert [one for one in said["tab"] if not one["seen"]] == []
    assert ("search" in said["value"]) == (name == "index.html")


def test_the_skip_link_leads_to_the_text(server):
    script = """(() => { document.querySelector(".skip").click();
      return document.activeElement.tagName })()"""
    for one in browse(*({"url": f"{server}/{n}", "evaluate": script} for n in PAGES)):
        assert one["value"] == "MAIN"


OPENED = """(async () => {
  const frame = () => new Promise(done => setTimeout(done, 60));
  const list = document.querySelector(".reference-list"), before = list.checkVisibility();
  const cite = document.querySelectorAll(".cite")[3];
  cite.scrollIntoView({block: "center"});
  const at = scrollY, go = async link => { link.click(); await frame(); };
  await go(cite);
  const sheet = document.querySelector(":target"), box = sheet.getBoundingClientRect();
  const close = document.querySelector(".close a");
  const hit = document.elementFromPoint(box.left + 30, box.top + 30);
  const said = [before, scrollY - at, sheet.contains(hit), box.top > innerHeight * 0.3,
    close.checkVisibility(), "#" + sheet.id === cite.getAttribute("href")];
  await go(close);
  said.push(scrollY - at, document.querySelector("li:target") === null, close.checkVisibility());
  await go(cite);
  await go(sheet.querySelector(".backlink"));
  const back = document.querySelector(".citation:target").getBoundingClientRect();
  return [...said, back.top > 0 && back.bottom < innerHeight];
})()"""


@pytest.mark.parametrize(("width", "folded"), [(360, True), (800, False)])
def test_a_citation_opens_where_it_stands(server, width, folded):
    """The reference lies over the foot of the window; the text does not move when it closes."""
    job = {"url": f"{server}/ketamine-ocd.html", "width": width, "height": 740}
    (said,) = browse({**job, "evaluate": OPENED})
    opened = [0, True, True, True, True]
    assert said["value"] == [not folded, *opened, 0, True, False, True]


CLOSED = """(async () => {
  const frame = () => new Promise(done => setTimeout(done, 60));
  const cites = [...document.querySelectorAll(".cite")], said = [];
  for (const [cite, y] of [[cites[0], 0], [cites.at(-1), 1e6]]) {
    scrollTo(0, y);
    cite.click();
    await frame();
    const close = document.querySelector(".close a"), box = close.getBoundingClientRect();
    const sheet = document.querySelector("li:target"), link = sheet.querySelector("a");
    const at = link.getClientRects()[0];
    const hit = (x, y) => document.elementFromPoint(x, y);
    said.push(box.top >= 0 && box.bottom <= innerHeight,
      hit(box.left + box.width / 2, box.top + box.height / 2) === close,
      hit(at.left + 3, at.top + 5) === link);
    hit(innerWidth / 2, 20).click();
    await frame();
    said.push(document.querySelector("li:target") === null);
  }
  return said;
})()"""


@pytest.mark.parametrize(("width", "height"), [(360, 740), (360, 320), (1280, 800)])
def test_a_reference_closes_from_the_top_to_the_end_of_the_page(server, width, height):
    """Close is in the window, and a click beside the reference closes it, too."""
    job = {"url": f"{server}/ketamine-ocd.html", "width": width, "height": height}
    (said,) = browse({**job, "evaluate": CLOSED})
    assert said["value"] == [True] * 8


TARGETS = """[...document.querySelectorAll(".jump a, .contents a, .urgent-calls a, .unfold a," +
    ".downloads a, .backlink, .note-back, .end a, .cite, .noteref a")]
  .filter(e => e.checkVisibility()).filter(e => {
    const after = getComputedStyle(e, "::after"), box = e.getBoundingClientRect();
    const size = side => after.content === "none" ? 0 : parseFloat(after[side]) || 0;
    return Math.min(Math.max(box.width, size("width")), Math.max(box.height, size("height"))) < 24;
  }).map(e => e.outerHTML)"""


@pytest.mark.parametrize("width", [320, 800])
def test_a_finger_meets_every_link(server, width):
    """Links outside sentences, and the numbers of citations, measure 24 pixels or more."""
    for name in PAGES[:3]:
        (said,) = browse({"url": f"{server}/{name}", "width": width, "evaluate": TARGETS})
        assert said["value"] == [], name


ALONE = """[...document.querySelectorAll(".cite, .noteref a")].filter(e => e.checkVisibility())
  .filter(e => {
    e.scrollIntoView({block: "center"});
    const {left, right, top, bottom} = e.getBoundingClientRect();
    const hits = (x, y) => e.contains(document.elementFromPoint(x, y));
    for (let x = left - 24; x <= right; x++) for (let y = top - 24; y <= bottom; y++)
      if ([[1, 1], [23, 1], [12, 12], [1, 23], [23, 23]].every(([h, v]) => hits(x + h, y + v)))
        return false;
    return true;
  }).map(e => e.parentElement.textContent)"""


@pytest.mark.parametrize("width", [360, 800])
def test_a_citation_has_its_own_24_pixels(server, clustered, width):
    """Also where several follow each other: no target covers another (WCAG 2.2, 2.5.8)."""
    for url in (f"{server}/ketamine-ocd.html", f"{server}/everything.html", clustered):
        (said,) = browse({"url": url, "width": width, "evaluate": ALONE})
        assert said["value"] == [], url
        assert said["width"] == width


STACKED = """[...document.querySelectorAll(".stacked table")].map(t => {
  const cells = [...t.querySelectorAll("tbody > tr:first-child > *")];
  const boxes = cells.map(e => e.getBoundingClientRect());
  const rows = boxes.every(b => b.width > 0.9 * t.getBoundingClientRect().width);
  return [rows, cells.slice(1).map(e => getComputedStyle(e, "::before").content !== "none")];
})"""


@pytest.mark.parametrize("width", [320, 360, 800])
def test_a_table_is_a_list_of_its_rows_on_a_phone(server, built, tmp_path, width):
    """Web page and e-book alike: each cell has the whole width and follows its heading's words."""
    book = built("") / "ketamine-ocd.epub"
    inside.book(book.read_bytes()).extractall(tmp_path)
    files = [f for f in (tmp_path / "EPUB").glob("*.xhtml") if "stacked" in f.read_text()]
    urls = [f"{server}/ketamine-ocd.html", *(f.as_uri() for f in files)]
    assert len(urls) > 1
    for said in browse(*({"url": u, "width": width, "evaluate": STACKED} for u in urls)):
        assert said["width"] == width
        assert said["value"] == [[width < 800, [width < 800] * 2]] * len(said["value"])
        assert said["value"]


def test_the_crisis_numbers_come_first(ketamine, server):
    root = etree.fromstring(ketamine[2].data)
    first = root.find(".//header")[0]
    assert [a.get("href") for a in first.iter("a")] == ["#notice-crisis", "tel:911", "tel:988"]


SHOWN = """[document.querySelector(".count").textContent,
  ...[...document.querySelectorAll(".handouts > li")].filter(e => e.offsetHeight > 0)
    .map(e => e.querySelector("h2").textContent.split(":")[0])]"""


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", ["2 handouts", "Everything once", "Ketamine and OCD"]),
        ("KÉTAMINE  studies", ["1 of 2 handouts found", "Ketamine and OCD"]),
        ("off-label", ["1 of 2 handouts found", "Ketamine and OCD"]),
        ("many forms", ["1 of 2 handouts found", "Everything once"]),
        ("all-1", ["1 of 2 handouts found", "Everything once"]),
        ("<qqq>$&", ["No handouts found. Try another word."]),
    ],
)
def test_the_search_shows_what_was_looked_for(server, typed, shown):
    (said,) = browse({"url": f"{server}/index.html", "type": ["#search", typed], "evaluate": SHOWN})
    assert said["value"] == shown


def test_without_script_all_is_listed_and_no_search_is_shown(server):
    script = SHOWN[:-1] + ', document.querySelector("#search").offsetHeight]'
    (said,) = browse({"url": f"{server}/index.html", "script": False, "evaluate": script})
    assert said["value"] == ["2 handouts", "Everything once", "Ketamine and OCD", 0]


@pytest.mark.parametrize("name", ["ketamine-ocd.html", "everything.html", "index.html"])
def test_every_file_that_is_offered_arrives_whole(server, site, name):
    root = etree.fromstring((site[0] / name).read_bytes())
    links = {a.get("href") for a in root.iter("a")}
    files = [href for href in links if not re.match("#|[a-z]+:", href)]
    assert len(files) >= 2
    for href in files:
        with urllib.request.urlopen(f"{server}/{href}") as answer:
            assert answer.read() == (site[0] / unquote(href)).read_bytes()


def on_paper(block):
    """Return what paper shows of a block: no descriptions of pictures, no links back."""
    pieces = [piece for piece in block.pieces if piece.kind == "text"]
    around = [[piece.owner, *piece.owner.iterancestors()] for piece in pieces]
    return "".join(
        piece.text
        for piece, elements in zip(pieces, around, strict=True)
        if not any(has_class(element, "backlinks") for element in elements)
    )


@pytest.mark.parametrize("name", ["ketamine-ocd.html", "everything.html"])
def test_on_paper_all_is_there_and_every_sheet_says_what_it_is(
    server, tmp_path, ketamine, everything, name
):
    document = (ketamine if name.startswith("k") else everything)[0]
    path = tmp_path / "printed.pdf"
    browse({"url": f"{server}/{name}", "pdf": str(path), "dark": True})
    pages = read_pdf(path.read_bytes())
    texts = [letters(page.text) for page in pages]
    for number, text in enumerate(texts, 1):
        assert letters(document.short) in text, number
        assert letters(document.stamp) in text, number
        assert letters(f"{number} of {len(texts)}") in text, number
    for said in (document.short, document.stamp):
        texts = [text.replace(letters(said), "", 1) for text in texts]
    for number, text in enumerate(texts):  # a paragraph may go on after the page's number
        texts[number] = "".join(text.rsplit(letters(f"{number + 1} of {len(texts)}"), 1))
    seen = [unit.text if unit.block is None else on_paper(unit.block) for unit in units(document)]
    assert [text for text in seen if letters(text) not in "".join(texts)] == []
    assert [text.text for page in pages for text in page.texts if not text.seen] == []


def test_a_clinic_stands_at_the_head(clinic):
    page = clinic[2]
    root = etree.fromstring(page.data)
    text = "".join(root.find(".//header").itertext())
    assert "Meadowgate Example Clinic" in text
    assert "01632 960 123" in text
    assert "tel:01632960123" in {a.get("href") for a in root.iter("a")}
    assert root.find(".//header//img").get("alt") == "Logo: a gate in a meadow"

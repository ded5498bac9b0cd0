"""Imprints: what a clinic adds to a work, where it shows, and what it may not do.

Files with errors are in `tests/problems/`, each with the output of the command line.
"""

from __future__ import annotations

import io
import random
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from press.core.model import Document, Imprint, Manuscript, Matter
from press.core.problems import Problem, Span
from press.design import color
from press.design.styles import Styles
from press.document.compose import compose, read_draft
from press.output.epub.package import write_epub
from press.output.pdf.layout import handout_html
from press.source.images import read_image
from press.source.imprints import LOGO, for_readers, read_imprint, source_paths
from press.source.notices import read_notices
from press.source.placeholders import telephone_link
from press.source.project import EDITIONS, effective, imprint_files, read_project

ROOT = Path(__file__).resolve().parent.parent
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>\n'
CLINIC = """lang = "en-GB"
jurisdiction = "GB"

[clinic]
name = "Example & Sons Clinic"
telephone = "01632 960 123"
web = "https://example.org/clinic"

[logo]
file = "logo.svg"
alt = "Logo: a square"
"""
ARTICLE = """---
title: Sleep
date: 2026-01-02
lang: en-US
---

Call {{ clinic.telephone }}, {{ clinic.hours }}. Set on {{ article.date }}.

![A bed](bed.svg)
"""


def project(folder: Path, **files: str) -> Path:
    """Write a project with one article and one imprint, `clinic`."""
    given_files = {
        "makebook.toml": 'lang = "en-US"\naddress = "https://example.org/texts"\n',
        "source/sleep.md": ARTICLE,
        "source/bed.svg": SVG,
        "source/imprints/clinic.toml": CLINIC,
        "source/imprints/logo.svg": SVG.replace("9z", "8z"),
        **files,
    }
    for name, text in given_files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def issue(root: Path, name: str = "clinic") -> tuple[Document, list[Problem]]:
    """Composes the article of a project for one imprint, or with an empty name without."""
    problems: list[Problem] = []
    found = read_project(root, problems)
    imprint = read_imprint(name, found, problems) if name else None
    notices = read_notices(found, problems)
    draft = read_draft(found.articles[0], found, problems)
    assert draft is not None
    return compose(draft, found, notices, imprint, problems), problems


def words(document: Document) -> str:
    """Return the text of all parts of an article."""
    return re.sub(r"<[^>]+>", "", "".join(part.xhtml for part in document.parts))


def files_of(document: Document, root: Path) -> dict[str, str]:
    """The text files of the e-book, by name."""
    book = write_epub(document, [], "letter", Styles(root), b"", b"{}")
    with zipfile.ZipFile(io.BytesIO(book.data)) as package:
        names = [n for n in package.namelist() if n.endswith((".xhtml", ".opf"))]
        return {name.rpartition("/")[2]: package.read(name).decode() for name in names}


# What an imprint says


def test_words_dates_and_pictures(tmp_path: Path) -> None:
    document, problems = issue(project(tmp_path))
    assert problems == []
    assert "Call 01632 960 123, " in words(document)
    assert "Set on 2 January 2026." in words(document)
    assert 'class="write-in"' in document.parts[0].xhtml
    assert document.matter.lang == "en-GB"
    assert document.address == "https://example.org/texts/clinic/sleep.html"
    assert [image.name for image in document.images] == ["bed.svg", f"{LOGO}logo.svg"]
    assert document.contact == (
        ("Name", "Example & Sons Clinic"),
        ("Telephone", "01632 960 123"),
        ("Hours", ""),
        ("Address", ""),
        ("Website", "https://example.org/clinic"),
    )


def test_lines_to_write_on(tmp_path: Path) -> None:
    text = CLINIC.replace("[clinic]", 'contact = "lines"\n\n[clinic]')
    document, _ = issue(project(tmp_path, **{"source/imprints/clinic.toml": text}))
    assert [value for _, value in document.contact] == [""] * 4
    assert issue(tmp_path, "")[0].contact == document.contact


def test_without_an_imprint_nothing_of_it(tmp_path: Path) -> None:
    document, problems = issue(project(tmp_path), "")
    assert problems == []
    assert document.imprint is None
    assert document.matter.lang == "en-US"
    html = handout_html(document, read_project(tmp_path, []).config.editions[0], Styles(tmp_path))
    assert "Example" not in html
    assert 'class="imprint"' not in html


def test_on_paper(tmp_path: Path) -> None:
    document, _ = issue(project(tmp_path))
    edition = read_project(tmp_path, []).config.editions[0]
    html = handout_html(document, edition, Styles(tmp_path))
    head, box = html.index('class="imprint"'), html.index('id="_your-clinic"')
    assert head < html.index("<h1") < box
    assert f'<img src="{LOGO}logo.svg" alt="Logo: a square"/>' in html[head:box]
    assert "<p>Example &amp; Sons Clinic</p>" in html[head:box]
    assert "Telephone: <strong>01632 960 123</strong>" in html[box:]
    assert '<p class="row">Hours</p>' in html[box:]
    assert "tel:" not in html


def test_in_the_book(tmp_path: Path) -> None:
    document, _ = issue(project(tmp_path))
    files = files_of(document, tmp_path)
    title, package = files["title.xhtml"], files["content.opf"]
    assert '<p class="clinic-name">Example &amp; Sons Clinic</p>' in title
    assert '<img src="images/2-imprint-logo.svg" alt="Logo: a square"/>' in title
    assert '<a href="tel:01632960123">01632 960 123</a>' in title
    assert '<a href="https://example.org/clinic">' in title
    assert "Hours" not in title
    assert "<dc:publisher>Example &amp; Sons Clinic</dc:publisher>" in package
    plain = files_of(issue(tmp_path, "")[0], tmp_path)["content.opf"]
    assert "dc:publisher" not in plain
    ids = [re.findall(r'id="pub-id">([^<]+)', text) for text in (package, plain)]
    assert ids[0] != ids[1]


def test_names_of_the_files_it_is_made_of(tmp_path: Path) -> None:
    notice = "---\nid: closed\ntitle: Closed\nplace: closing\n---\n\nCall {{ clinic.name }}.\n"
    project(tmp_path, **{"source/imprints/clinic/closed.md": notice})
    document, problems = issue(tmp_path)
    assert problems == []
    assert "ClosedCall Example &amp; Sons Clinic." in words(document)
    assert document.imprint is not None
    paths = source_paths(document.imprint, tmp_path)
    assert [path.relative_to(tmp_path / "source/imprints").as_posix() for path in paths] == [
        "clinic.toml",
        "clinic/closed.md",
        "logo.svg",
    ]
    assert all(path.is_file() for path in paths)


@pytest.mark.parametrize(
    ("number", "link"),
    [
        ("(202) 555-0142", "tel:2025550142"),
        ("+44 1632 960123", "tel:+441632960123"),
        ("01632 960 123 (reception)", ""),
        ("555-0100 or 555-0101", ""),
    ],
)
def test_telephone_links(number: str, link: str) -> None:
    assert telephone_link(number) == link


@pytest.mark.parametrize(
    ("article", "imprint", "becomes"),
    [
        ("en-US", "en-GB", "en-GB"),
        ("en", "en-GB", "en-GB"),
        ("en-US", "en", "en-US"),
        ("de", "en-GB", "de"),
        ("en-US", "", "en-US"),
        ("zh-Hant", "zh-CN", "zh-Hant"),
        ("sr-Latn", "sr-Latn-ME", "sr-Latn-ME"),
    ],
)
def test_the_language_of_the_readers(article: str, imprint: str, becomes: str) -> None:
    made = Manuscript("a", "a.md", b"", "", Matter("A", lang=article), "<body/>", (), ())
    assert for_readers(made, Imprint("i", "i.toml", lang=imprint)).matter.lang == becomes


# The examples


def test_the_examples_are_sound_and_plainly_invented() -> None:
    names = [path.stem for path in imprint_files(ROOT)]
    assert names == ["au-example", "uk-example", "us-example"]
    for name in names:
        problems: list[Problem] = []
        imprint = read_imprint(name, read_project(ROOT, []), problems)
        assert problems == []
        assert imprint is not None
        assert "Example" in imprint.clinic["name"]
        assert imprint.clinic["web"].startswith("https://example.org/")
        digits = re.sub(r"\D", "", imprint.clinic["telephone"])
        # Numbers that are nobody's: NANP 555-01XX, Ofcom's for drama, ACMA's for fiction.
        assert re.fullmatch(r"\d{3}55501\d\d|01632960\d{3}|025550\d{4}", digits)


CRISIS = {"us-example": "chat with 988", "uk-example": "116 123", "au-example": "13 11 14"}


@pytest.mark.parametrize("name", CRISIS)
def test_each_example_gives_the_lines_of_its_own_country(name: str, tmp_path: Path) -> None:
    for part in ("source", "makebook.toml"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    document, problems = issue(tmp_path, name)
    assert problems == []
    for other, line in CRISIS.items():
        assert (line in words(document)) == (other == name)


def test_paper_of_the_country(tmp_path: Path) -> None:
    found = read_project(project(tmp_path), [])
    imprint = read_imprint("clinic", found, [])
    assert [e.page for e in effective(found.config, imprint).editions] == ["Letter"]
    listed = CLINIC.replace("[clinic]", 'editions = ["booklet", "a4"]\n\n[clinic]')
    (tmp_path / "source/imprints/clinic.toml").write_text(listed)
    own = effective(found.config, read_imprint("clinic", found, []))
    assert [(e.name, e.page) for e in own.editions] == [("booklet", "A4"), ("a4", "A4")]


# What it may not do


def test_whatever_is_typed_is_said_in_words(tmp_path: Path) -> None:
    root = project(tmp_path)
    path = root / "source/imprints/clinic.toml"
    scraps = ["[", "]", '"', "=", "\n", "\\u0007", "{}", "5", "../", "#fff", "é", "[colours]\n"]
    for seed in range(300):
        chance = random.Random(seed)
        text = CLINIC
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(scraps) + text[at + chance.choice([0, 0, 1, 9]) :]
        path.write_text(text)
        problems: list[Problem] = []
        imprint = read_imprint("clinic", read_project(root, []), problems)
        assert imprint or problems, text
        assert len(set(problems)) == len(problems), text


def test_markup_in_what_is_printed_is_a_warning(tmp_path: Path) -> None:
    toml = (
        '[clinic]\nname = "The **Example** Clinic"\ntelephone = "*555* 555-0100"\n'
        'hours = """\n9 to 5, $20 to $30,\nor `later`"""\naddress = "1 Example St<br>Springfield"\n'
        'web = "https://example.org/_a_"\n'
    )
    problems: list[Problem] = []
    root = project(tmp_path, **{"source/imprints/clinic.toml": toml})
    assert read_imprint("clinic", read_project(root, []), problems)
    assert [(p.code, p.span.line, p.message.split("'")[1]) for p in problems] == [
        ("TXT011", 2, "name"), ("TXT011", 3, "telephone"), ("TXT011", 6, "hours"),
        ("TXT011", 7, "address"),
    ]  # fmt: skip


def test_two_names_that_are_one_folder(tmp_path: Path) -> None:
    root = project(tmp_path, **{"source/imprints/Clinic.toml": CLINIC})
    if len(imprint_files(root)) < 2:
        pytest.skip("one folder on this machine")
    problems: list[Problem] = []
    assert read_imprint("clinic", read_project(root, []), problems) is None
    assert [p.code for p in problems] == ["CFG004"]


# Colours


def rgb(text: str) -> color.Rgb:
    found = color.parse_hex(text)
    assert found
    return found


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000", "#fff", 21.0), ("#777777", "#ffffff", 4.48), ("#767676", "#ffffff", 4.54)],
)
def test_contrast_as_wcag_has_it(one: str, other: str, ratio: float) -> None:
    assert color.contrast(rgb(one), rgb(other)) == pytest.approx(ratio, abs=0.005)


TOKENS = Styles(ROOT).tokens
HEX = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
LIGHT = st.tuples(*[st.integers(236, 255)] * 3).map("#{0[0]:02x}{0[1]:02x}{0[2]:02x}".format)


@settings(deadline=None)
@given(text=HEX, ground=LIGHT)
def test_the_suggested_text_passes(text: str, ground: str) -> None:
    found = color.nearest_text(rgb(text), [rgb(ground), rgb("#ffffff")])
    assert found
    assert color.passes(rgb(found), rgb(ground))
    assert color.passes(rgb(found), rgb("#ffffff"))
    if color.passes(rgb(text), rgb(ground)) and color.passes(rgb(text), rgb("#ffffff")):
        assert found == text


@settings(deadline=None)
@given(tint=HEX)
def test_the_suggested_tint_passes(tint: str) -> None:
    found = color.nearest_tint(rgb(tint))
    assert 1 - color.gray(rgb(found))[0] <= color.DARKEST_TINT
    if 1 - color.gray(rgb(tint))[0] <= color.DARKEST_TINT:
        assert found == tint


@settings(deadline=None)
@given(accent=HEX, tint=HEX)
def test_what_is_suggested_is_accepted(accent: str, tint: str) -> None:
    tokens = {**TOKENS, "--accent": accent, "--tint": tint}
    problems: list[Problem] = []
    color.check_tokens(tokens, Span, problems, ("--accent", "--tint"))
    for problem in problems:
        tokens[problem.span.path] = problem.hint.split()[1].strip(",")
    again: list[Problem] = []
    color.check_tokens(tokens, Span, again, ("--accent", "--tint"))
    assert again == []


def test_our_own_tokens_pass() -> None:
    problems: list[Problem] = []
    for edition in EDITIONS.values():
        color.check_styles(Styles(ROOT), edition, problems)
    assert problems == []


def test_a_token_of_the_project_is_placed(tmp_path: Path) -> None:
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles/tokens.css").write_text(":root {\n  --ink-soft: #8a8a8a;\n}\n")
    problems: list[Problem] = []
    color.check_styles(Styles(tmp_path), EDITIONS["a4"], problems)
    assert [str(p) for p in problems] == [
        "styles/tokens.css:2:1: error STY004: --ink-soft #8a8a8a on --paper #ffffff has a contrast "
        "of 3.45:1 (3.45:1 in gray); the minimum is 4.5:1\n"
        "    hint: try #767676, the nearest color that passes"
    ]


def test_every_pair_of_the_style_sheets_is_measured() -> None:
    texts, grounds = set(), set()
    for sheet in ("print.css", "cover.css", "page.css"):
        css = (ROOT / "styles" / sheet).read_text()
        texts |= set(re.findall(r"[{;]\s*color: var\((--[\w-]+)\)", css))
        grounds |= set(re.findall(r"background: var\((--[\w-]+)\)", css))
    assert texts == {text for text, _, _ in color.PAIRS}
    # The band of the cover is drawn in the accent; there is no text on it.
    assert grounds - {"--accent"} == {ground for _, ground, _ in color.PAIRS}


def test_the_cover_has_tones_of_the_accent() -> None:
    tones = [color.luminance(rgb(tone)) for tone in color.tones("#1f5a2e")]
    assert tones == sorted(tones, reverse=True)


HOSTILE = {
    "an address in escapes": '<rect width="9" height="9" style="fill:u\\72l(https://example.org/a)"/>',
    "a set of pictures": "<style>rect{background:image-set('https://example.org/a' 1x)}</style>"
    '<rect width="9" height="9"/>',
    "an import in escapes": "<style>@im\\70ort 'https://example.org/a';</style><path d='M0 0h9'/>",
    "an image without a picture": '<image width="9" height="9"/>',
    "a shape that holds itself": '<g id="a"><use href="#a"/></g>',
    "nothing": "",
}


@pytest.mark.parametrize("inside", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_drawing_is_refused(tmp_path, inside):
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside}</svg>'
    (tmp_path / "a.svg").write_text(svg)
    problems = []
    assert read_image("a.svg", tmp_path, Span("a.toml", 1), problems) is None
    assert [problem.code for problem in problems] == ["IMG004"]


@pytest.mark.parametrize("before", ["<?xml-stylesheet href='https://example.org/a.css'?>"])
def test_a_style_from_elsewhere_is_refused(tmp_path, before):
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9"/></svg>'
    (tmp_path / "a.svg").write_text(before + svg)
    problems = []
    assert read_image("a.svg", tmp_path, Span("a.toml", 1), problems) is None

"""Characters: signs, other scripts, and emoji are printed, named, and proved in every format."""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from press.build.run import build
from press.check import external
from press.core import trees
from press.core.emoji import name_emoji
from press.core.model import Artifact, Request
from press.design import fallback, fonts
from press.design.styles import Styles
from press.document.compose import read_sources
from press.proof.page import prove_page
from press.readback.aloud import aloud
from press.readback.pdf import read_pdf
from tests.reporting import reported

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "styles" / "fonts"
EMOJI = FONTS / "fallback" / "NotoEmoji-Regular.ttf"
TEXT = """---
title: At most 5 µg → 2× 📞
subtitle: For a 👩‍⚕️
author: Ann Example
---

## When to call ⚠️

Take 5 µg of a TNF-α blocker → 2×. **Never β**, *δ Привет*, Tiếng Việt. Tick ☐, ☑, or ✓.

⚠️ Stop at once. 📞 Call a 👩‍⚕️ now 👋🏽 and press 1️⃣.

| Sign | Done |
|---|---|
| ← ↑ ↓ ≤ ≥ ± × ✗ ⚠ γ ₂ ⁴ ⅓ ′ ″ ℃ | ✅ |
"""
SIGNS = "µ→×αβδПриветếệ☐☑✓←↑↓≤≥±✗⚠γ₂⁴⅓′″℃"
TODAY = date(2026, 11, 23)


def project(root, text, toml='editions = ["letter", "booklet"]\n'):
    (root / "source").mkdir(parents=True, exist_ok=True)
    (root / "makebook.toml").write_text(toml)
    (root / "source" / "a.md").write_text(text, encoding="utf-8")
    return root


def made(root, output, **options):
    """Build a project; return the problems, as text, of what was built."""
    return [str(p) for p in build(Request(root, output, TODAY, **options)).every_problem]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    root = project(tmp_path_factory.mktemp("signs"), TEXT)
    assert made(root, root / "build") == []
    return root / "build"


def test_every_sign_is_on_paper(out):
    text = "".join(page.text for page in read_pdf((out / "a.pdf").read_bytes()))
    assert [c for c in SIGNS if c not in text] == []
    assert [e for e in ("⚠", "📞", "👩\u200d⚕", "👋🏽", "1\u20e3", "✅") if e not in text] == []


@pytest.mark.parametrize("name", ["a.pdf", "a.epub", "a.html"])
def test_emoji_are_named(out, name):
    said = "\n".join(aloud((out / name).read_bytes()))
    assert "[figure: warning] Stop at once. [figure: telephone receiver] Call a" in said
    assert "[figure: woman health worker] now [figure: waving hand medium skin tone]" in said
    assert "press [figure: keycap 1]" in said
    assert re.search(r"heading [12]: When to call \[figure: warning\]", said)
    assert "Done: check mark button" in said
    assert "heading 1: At most 5 µg → 2× [figure: telephone receiver]\n" in said
    assert "paragraph: For a [figure: woman health worker]\n" in said
    assert re.search(r"Sign: ← .* ⚠ γ", said), "a sign without a variation selector is text"


def test_a_custom_template_may_have_the_title_as_it_is(tmp_path):
    project(tmp_path, TEXT)
    for name in ("title.html", "page.html", "book-title.xhtml"):
        text = (ROOT / "styles" / "templates" / name).read_text(encoding="utf-8")
        (tmp_path / "styles" / "templates").mkdir(parents=True, exist_ok=True)
        (tmp_path / "styles" / "templates" / name).write_text(
            text.replace(" | emoji(matter.lang)", ""), encoding="utf-8"
        )
    assert made(tmp_path, tmp_path / "build") == []
    assert "2× 📞" in "\n".join(aloud((tmp_path / "build" / "a.pdf").read_bytes()))


def test_names_are_in_the_language_of_the_article():
    root = trees.parse("<p>Appelez 📞, <b>⚠️</b> ⚠</p>")
    name_emoji(root, "fr-CA")
    names = [span.get("aria-label") for span in root.iter("span")]
    assert names == ["combiné téléphonique", "symbole d’avertissement"]
    name_emoji(root := trees.parse("<p>Bel 📞</p>"), "nl")
    assert [(s.get("aria-label"), s.get("lang")) for s in root] == [("telephone receiver", "en")]


def test_an_author_may_use_the_class_of_emoji(tmp_path):
    text = ARTICLE.replace("In Thai: นอน.", 'It is <span class="emoji">not</span> lost.')
    assert made(project(tmp_path, text), tmp_path / "out") == []
    for name in ("a.pdf", "a.html"):
        assert "It is not lost." in "\n".join(aloud((tmp_path / "out" / name).read_bytes()))


def test_the_files_are_valid(out, checker):
    assert checker(external.verapdf, out / "a.pdf") == []
    found = checker(external.epubcheck, out / "a.epub")
    assert [line for line in found if "USAGE" not in line] == []


def test_faces_come_with_a_page_and_before_the_text_font(out):
    css = (out / "a.html").read_text(encoding="utf-8")
    rules = re.findall(r"@font-face \{[^}]*\}", css)
    ranges = ["unicode-range" in rule for rule in rules]
    assert ranges.index(False) > 0
    assert not any(ranges[-3:]), "a reader that does not know ranges takes the last face"
    assert '.emoji { font-family: "Noto Emoji"' in css


WRONG = {"✅": "❌", "⚠️</span> Stop": "📞</span> Stop"}


@pytest.mark.parametrize("sign", WRONG)
def test_an_emoji_that_is_another_one_is_found(out, sign):
    document = read_sources(out.parent).assembled("a", "")
    page = (out / "a.html").read_text(encoding="utf-8")
    wrong = page.replace(f">{sign}", f">{WRONG[sign]}")
    assert wrong != page
    found = reported(prove_page, document, Artifact("a.html", "html", wrong.encode()), [])
    assert [p for p in found if p.code == "PRF006" and "instead of" in p.message]


def test_emoji_may_share_a_picture():
    assert fonts.alike(EMOJI, "👌", "👌🏿")
    assert not fonts.alike(EMOJI, "✅", "❌")
    assert not fonts.alike(EMOJI, "✅", "")


def test_plain_text_needs_no_other_face(monkeypatch):
    monkeypatch.setattr(fallback, "_shipped", None)
    monkeypatch.setattr(fallback, "_listed", None)
    assert fallback.choose("At most 5 mg – “twice” a day; é, ≤ 2 µg", Styles(ROOT)) == ((), "")


@pytest.mark.parametrize("face", ["Regular", "Bold", "Italic", "BoldItalic"])
def test_the_zero_has_no_stroke(face):
    font = TTFont(FONTS / f"AtkinsonHyperlegibleNext-{face}.ttf")
    zero, o = font["glyf"]["zero"], font["glyf"]["O"]
    assert (zero.numberOfContours, o.numberOfContours) == (2, 2)
    assert zero.xMax - zero.xMin < o.xMax - o.xMin, "it is narrower than the letter"


def test_each_font_has_its_license():
    licenses = [path.read_text(encoding="utf-8") for path in FONTS.rglob("OFL*.txt")]
    assert len(licenses) == 6
    for text in licenses:
        assert "SIL OPEN FONT LICENSE Version 1.1" in text
        assert "Reserved Font Name" not in text.partition("-----")[0]
    for path in FONTS.rglob("*.ttf"):
        assert "SIL Open Font License" in TTFont(path)["name"].getDebugName(13), path.name


# Faces of the system


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system with one font, which has two letters of Thai; a project must not change it."""
    if not shutil.which("fc-list"):
        assert os.environ.get("CI") != "true", "fc-list (fontconfig) is missing"
        pytest.skip("fc-list (fontconfig) is missing")
    folder = tmp_path / "system"
    folder.mkdir()
    config = tmp_path / "fonts.conf"
    config.write_text(
        f'<?xml version="1.0"?><fontconfig><dir>{folder}</dir>'
        f"<cachedir>{tmp_path / 'cache'}</cachedir></fontconfig>"
    )
    monkeypatch.setenv("FONTCONFIG_FILE", str(config))
    return folder


def thai(folder, version="1"):
    """Write a font in which two letters of Thai look like A and B."""
    font = TTFont(FONTS / "AtkinsonHyperlegibleNext-Regular.ttf")
    for table in font["cmap"].tables:
        table.cmap = {0x20: "space", 0x0E19: "A", 0x0E2D: "B"}
    for record in font["name"].names:
        if record.nameID in (1, 16):
            record.string = "Noto Sans Thai"
        elif record.nameID in (3, 4, 6):
            record.string = f"NotoSansThai-{version}"
    font.save(folder / "NotoSansThai-Regular.ttf")


ARTICLE = "---\ntitle: Sleep\nauthor: Ann Example\n---\n\n## One\n\nIn Thai: นอน.\n"


def test_a_face_of_the_system_is_used_and_recorded(tmp_path, system):
    root, output = project(tmp_path / "p", ARTICLE), tmp_path / "out"
    thai(system)
    (note,) = made(root, output, strict=True)
    assert "note TXT013: the font 'Noto Sans Thai' of this system is used for 'น อ'" in note
    entry = json.loads((output / "manifest.json").read_text())["articles"]["a"]
    first = dict(entry["fonts"])
    assert list(first) == ["NotoSansThai-Regular.ttf"]
    assert "นอน" in "".join(page.text for page in read_pdf((output / "a.pdf").read_bytes()))
    assert str(system) not in json.dumps(entry), "no path of this machine"
    request = Request(root, output, TODAY)
    assert not [built.made for built in build(request).built if built.made]
    thai(system, "2")
    (built,) = build(request).built
    assert set(built.made) >= {"a.pdf", "a.epub", "a.html"}
    assert built.entry["fonts"] != first
    assert "NotoSansThai-Regular.ttf changed" in built.reasons["a.pdf"]
    (system / "NotoSansThai-Regular.ttf").unlink()
    (problem,) = made(root, output)
    assert "TXT007" in problem
    assert "fonts-noto-core" in problem
    assert (output / "a.pdf").exists()


def test_a_project_names_no_face(tmp_path, system):
    root = project(tmp_path / "p", ARTICLE)
    (root / "source" / "fonts").mkdir()
    thai(root / "source" / "fonts")
    (problem,) = made(root, tmp_path / "out")
    assert "no font has 2 characters: 'น' (U+0E19, line 8); 'อ' (U+0E2D, line 8)" in problem
    (root / "styles" / "fonts").mkdir(parents=True)
    thai(root / "styles" / "fonts")
    assert made(root, tmp_path / "out") == []


def test_a_face_that_forbids_to_be_embedded_is_left_alone(tmp_path, system):
    thai(system)
    path = system / "NotoSansThai-Regular.ttf"
    font = TTFont(path)
    font["OS/2"].fsType = 2
    font.save(path)
    (problem,) = made(project(tmp_path / "p", ARTICLE), tmp_path / "out")
    assert "TXT007" in problem


def test_many_characters_are_one_problem(tmp_path, system):
    words = "กขคงจฉชซ\n\nฌญดตถ\n\nกข\n"
    (problem,) = made(project(tmp_path / "p", ARTICLE.replace("In Thai: นอน.", words)), tmp_path)
    assert "no font has 13 characters: 'ก ข ค ง จ ฉ ช ซ ฌ ญ ด ต ถ' (lines 8, 10, 12)" in problem

"""Each checker accepts a small good file and rejects a deliberately bad one."""

from __future__ import annotations

import struct
import sys
import zipfile
import zlib
from datetime import date
from pathlib import Path

import pytest
import weasyprint
from _pytest.outcomes import Failed, Skipped

from press.build.run import build
from press.check import external as check
from press.core.model import Request

CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">
<rootfiles><rootfile full-path="EPUB/book.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""

OPF = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:8f0a4bdc-2d4b-5c1e-9f6e-0e3f0a8d4b11</dc:identifier>
<dc:title>A small book</dc:title><dc:language>en</dc:language>
<meta property="dcterms:modified">2026-01-01T00:00:00Z</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityHazard">none</meta>
<meta property="schema:accessibilitySummary">All of it is text.</meta>
</metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="one" href="one.xhtml" media-type="application/xhtml+xml"/>
<item id="dot" href="dot.png" media-type="image/png"/>
</manifest>
<spine><itemref idref="one"/></spine></package>"""

PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"
 lang="en" xml:lang="en"><head><title>A small book</title></head><body>{}</body></html>"""

NAV = PAGE.format(
    '<nav epub:type="toc" role="doc-toc"><h1>Contents</h1>'
    '<ol><li><a href="one.xhtml">One</a></li></ol></nav>'
)


def write_png() -> bytes:
    """Return a picture of one gray dot."""
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0),
        b"IDAT": zlib.compress(b"\0\x80"),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )


def write_epub(
    path: Path, *, opf: str = OPF, image: str = '<img src="dot.png" alt="a dot"/>'
) -> Path:
    """Write a small EPUB by hand, by its specification, and return its path."""
    page = PAGE.format(f"<h1>One</h1><p>A word and a picture: {image}</p>")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("EPUB/book.opf", opf)
        archive.writestr("EPUB/nav.xhtml", NAV)
        archive.writestr("EPUB/one.xhtml", page)
        archive.writestr("EPUB/dot.png", write_png())
    return path


def test_epubcheck_accepts_a_good_book(checker, tmp_path):
    assert checker(check.epubcheck, write_epub(tmp_path / "good.epub")) == []


def test_epubcheck_rejects_a_book_without_nav(checker, tmp_path):
    path = write_epub(tmp_path / "bad.epub", opf=OPF.replace(' properties="nav"', ""))
    found = checker(check.epubcheck, path)
    assert any("EPUBCheck ERROR RSC-005" in line and "nav" in line for line in found), found
    assert any(line.startswith("EPUB/book.opf:") for line in found), found


def test_epubcheck_rejects_what_is_no_book(checker, tmp_path):
    path = tmp_path / "no.epub"
    path.write_text("not a zip archive")
    assert any("EPUBCheck FATAL" in line for line in checker(check.epubcheck, path))


def test_ace_accepts_a_good_book(checker, tmp_path):
    assert checker(check.ace, write_epub(tmp_path / "good.epub")) == []


def test_ace_rejects_a_picture_without_words(checker, tmp_path):
    path = write_epub(tmp_path / "bad.epub", image='<img src="dot.png"/>')
    found = checker(check.ace, path)
    assert any("Ace CRITICAL image-alt" in line for line in found), found


def test_ace_without_a_report_is_no_verdict(checker, tmp_path):
    path = tmp_path / "no.epub"
    path.write_text("not a zip archive")
    assert any("Ace FATAL no-report" in line for line in checker(check.ace, path))


@pytest.fixture(scope="module")
def claims_ua(tmp_path_factory):
    """Return a PDF that claims to be PDF/UA, and is."""
    path = tmp_path_factory.mktemp("pdf") / "good.pdf"
    html = weasyprint.HTML(string="<html lang=en><title>A claim</title><p>A word.")
    html.write_pdf(path, pdf_variant="pdf/ua-1", uncompressed_pdf=True)
    return path


def test_verapdf_accepts_a_good_file(checker, claims_ua):
    assert checker(check.verapdf, claims_ua, flavours=("ua1",)) == []


def test_verapdf_rejects_a_claim_without_tags(checker, claims_ua, tmp_path):
    whole = claims_ua.read_bytes()
    assert b"/StructTreeRoot" in whole
    path = tmp_path / "bad.pdf"
    path.write_bytes(whole.replace(b"/StructTreeRoot", b"/NothingOfAnUse"))
    found = checker(check.verapdf, path, flavours=("ua1",))
    assert any("veraPDF ERROR ua1:7.1-11" in line for line in found), found


def test_verapdf_checks_each_flavour_by_itself(checker, claims_ua):
    found = checker(check.verapdf, claims_ua)
    assert found
    assert all("veraPDF ERROR 3a:" in line for line in found), found


def test_verapdf_rejects_what_is_no_pdf(checker, tmp_path):
    path = tmp_path / "no.pdf"
    path.write_text("not a PDF")
    assert any("veraPDF FATAL ua1:unreadable" in line for line in checker(check.verapdf, path))


COMMAND = """#!{python}
import sys
assert sys.argv[1:4] == ["--format", "xml", "--flavour"], sys.argv
print({text!r})
"""

BROKEN_RULE = """<report><jobs><job><validationReport isCompliant="false"><details failedRules="1">
<rule clause="7.1" testNumber="3" status="failed" failedChecks="2">
<description>Content shall be tagged</description>
<check status="failed"><context>root/document[0]</context></check></rule>
</details></validationReport></job></jobs></report>"""

NO_VERDICT = "veraPDF FATAL ua1:no-report: ended with status 0 and no verdict."


@pytest.mark.skipif(sys.platform == "win32", reason="the command that stands in needs a shebang")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<report><validationReport isCompliant="true"/></report>', []),
        (
            BROKEN_RULE,
            ["root/document[0]: veraPDF ERROR ua1:7.1-3: Content shall be tagged (2 times)"],
        ),
        (
            '<report><validationReport isCompliant="false"/></report>',
            ["veraPDF FATAL ua1:incomplete: not compliant"],
        ),
        (
            "<report><taskException/></report>",
            [f"{NO_VERDICT} <report><taskException/></report>"],
        ),
        ("", [NO_VERDICT]),
    ],
)
def test_an_installed_verapdf_is_used(monkeypatch, tmp_path, text, expected):
    command = tmp_path / "verapdf"
    command.write_text(COMMAND.format(python=sys.executable, text=text))
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = check.verapdf(tmp_path / "any.pdf", flavours=("ua1",))
    assert [str(finding) for finding in found] == expected


def test_a_missing_checker_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(check, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    for run in (check.epubcheck, check.verapdf, check.ace):
        with pytest.raises(check.CheckerMissing, match=r"is not available\. Install it: "):
            run(tmp_path / "any")


@pytest.mark.parametrize(("ci", "outcome"), [("true", Failed), ("", Skipped)])
def test_a_missing_checker_fails_in_ci_alone(monkeypatch, checker, tmp_path, ci, outcome):
    def missing(path):
        raise check.CheckerMissing("Checker", "Install it.")

    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="Checker is not available"):
        checker(missing, tmp_path)


def test_a_checker_that_hangs_gives_no_result(monkeypatch):
    monkeypatch.setattr(check, "TIMEOUT", 0.2)
    done = check._run([sys.executable, "-c", "import threading; threading.Event().wait()"])
    assert "no answer" in check._last_words(done)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("de", "readability is measured for English only; the article is in 'de'"),
        ("es-MX", "readability is measured for English only; the article is in 'es-MX'"),
        ("enm", "readability is measured for English only; the article is in 'enm'"),
        ("en-GB", "SMOG "),
        ("EN", "SMOG "),
    ],
)
def test_readability_is_measured_for_english_only(tmp_path, lang, said):
    from press.check import review

    hard = "Rehabilitationsmaßnahmen Krankenversicherungen Aufmerksamkeitsdefizit. " * 9
    (tmp_path / "source").mkdir()
    (tmp_path / "makebook.toml").write_text("")
    (tmp_path / "source" / "tea.md").write_text(f"---\ntitle: Tea\nlang: {lang}\n---\n\n{hard}\n")
    build(Request(tmp_path, tmp_path / "build", date(2026, 3, 2), formats=("html",)))
    lines, clean = review.review(tmp_path, tmp_path / "build", ["tea"])
    assert len(lines) == 1
    assert lines[0].startswith(f"tea: {said}")
    assert clean is (said != "SMOG ")


def test_an_article_is_named_by_its_file_and_may_be_gone(tmp_path):
    from press.check import review

    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "makebook.toml").write_text("")
    (source / "tea.md").write_text("---\ntitle: Tea\nlang: de\n---\n\nTee.\n")
    build(Request(tmp_path, tmp_path / "build", date(2026, 3, 2), formats=("html",)))
    _, clean = review.review(tmp_path, tmp_path / "build", ["source/tea.md"])
    assert clean
    (source / "tea.md").unlink()
    lines, clean = review.review(tmp_path, tmp_path / "build", ["tea"])
    assert lines == [
        "tea: source/tea.md changed after it was built; run makebook first",
        "tea: source/tea.md is missing; readability is not measured",
    ]
    assert not clean

"""The library for programs: the OPDS 2.0 catalog and the list with codes, and codes in articles."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image

from press.build.cleanup import sweep
from press.build.run import build
from press.core.manifest import read_manifest
from press.core.model import Request
from press.readback.epub import Book
from press.serve.showing import published
from press.source import codes
from press.source.front_matter import read_matter, split

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 23)
TOML = 'address = "https://example.org/handouts"\neditions = ["letter", "large-print"]\n'
TEA = """---
title: Tea & sleep
author: [Ann Example, Bo Example]
date: 2026-03-01
lang: en-GB
identifier: TEA-1
version: 2
abstract: A cup before bed.
topics: [sleep]
keywords: [tea, sleep]
codes:
  snomed:
    - 193462001
  icd10: [F51.0, G47.0]
---

Tea is warm.
"""
LANG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
COVER_TYPES = {"image/jpeg", "image/avif", "image/png", "image/gif"}


def project(root: Path, **articles: str) -> Path:
    (root / "source").mkdir(parents=True)
    (root / "makebook.toml").write_text(TOML)
    for name, text in articles.items():
        (root / "source" / f"{name}.md").write_text(text)
    return root


def make(root: Path):
    outcome = build(Request(root, root / "build", TODAY))
    assert not outcome.failed, "\n".join(map(str, outcome.every_problem))
    return root / "build"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    gone = TEA.replace("TEA-1", "OLD-1").replace("title: Tea & sleep", "title: Old").replace(
        "topics:", "status: withdrawn\nwithdrawn-because: It is wrong.\ntopics:"
    )  # fmt: skip
    draft = "---\ntitle: New\nstatus: draft\n---\n\nText.\n"
    plain = "---\ntitle: A plain one\n---\n\nText.\n"
    files = {"tea": TEA, "old": gone, "new": draft, "plain one": plain}
    return make(project(tmp_path_factory.mktemp("feed"), **files))


def read(folder: Path, name: str):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def check_link(link: dict, folder: Path) -> None:
    """OPDS 2.0, 2: a link has a URI, a relation, and the type of what it leads to."""
    assert {"href", "rel", "type", "title"} == link.keys()
    assert link["rel"] == "http://opds-spec.org/acquisition/open-access"
    assert re.fullmatch(r"[!#$%&'()*+,/:;=?@\[\]A-Za-z0-9._~-]+", link["href"])
    assert not urlsplit(link["href"]).scheme
    path = folder / unquote(link["href"])
    types = {".pdf": "application/pdf", ".epub": "application/epub+zip", ".html": "text/html"}
    assert path.is_file()
    assert link["type"] == types[path.suffix]


def test_the_feed_obeys_the_specification(made):
    feed = read(made, "opds.json")
    # 1.1: metadata with a title, a link to itself, and at least one collection.
    assert feed["metadata"]["title"] == "Handouts"
    assert feed["metadata"]["numberOfItems"] == len(feed["publications"]) == 2
    assert feed["links"] == [{
        "rel": "self", "href": "https://example.org/handouts/opds.json",
        "type": "application/opds+json",
    }]  # fmt: skip
    for publication in feed["publications"]:
        # 3.1 to 3.3: metadata with a title, links with an acquisition, images with a cover.
        assert publication.keys() == {"metadata", "links", "images"}
        about = publication["metadata"]
        assert about["@type"] == "http://schema.org/Book"
        assert re.fullmatch(
            r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", about["identifier"]
        )
        assert about["title"]
        assert LANG.fullmatch(about["language"])
        if "modified" in about:
            assert datetime.fromisoformat(about["modified"]).tzinfo
        itself, *links = publication["links"]
        # "All publications … must provide a `self` link": here, the web page.
        page = unquote(itself["href"])
        assert itself == {"rel": "self", "href": itself["href"], "type": "text/html"}
        assert (made / page).is_file()
        for link in links:
            check_link(link, made)
        titles = [link["title"] for link in links]
        assert len(titles) == len(set(titles)) == 4
        assert {image["type"] for image in publication["images"]} <= COVER_TYPES
        assert all(value not in ("", [], None) for value in about.values())
    identifiers = [each["metadata"]["identifier"] for each in feed["publications"]]
    assert len(set(identifiers)) == 2


def test_a_handout_to_print_has_the_cover_of_the_e_book_in_it(made, tmp_path):
    root = project(tmp_path, tea=TEA)
    (root / "makebook.toml").write_text(f'formats = ["pdf", "html"]\n{TOML}')
    folder = make(root)
    (publication,) = read(folder, "opds.json")["publications"]
    assert publication["images"] == [{"href": "covers/tea.png", "type": "image/png"}]
    assert (folder / "covers/tea.png").read_bytes() == (made / "covers/tea.png").read_bytes()


def test_handouts_of_which_nothing_is_drawn_share_a_picture(tmp_path):
    root = project(tmp_path, tea=TEA, nap=TEA.replace("TEA-1", "NAP-1"))
    for formats, wanted in (("html", "gif"), ("html", "gif"), ("html epub", "png")):
        (root / "makebook.toml").write_text(f"formats = {formats.split()}\n{TOML}")
        folder = make(root)
        images = [each["images"] for each in read(folder, "opds.json")["publications"]]
        assert {image["type"] for (image,) in images} == {f"image/{wanted}"}
        for (image,) in images:
            with Image.open(folder / image["href"]) as picture:
                assert (picture.format, picture.size) == (wanted.upper(), (240, 360))
        assert ("<img" in (folder / "index.html").read_text()) == (wanted == "png")
    assert sorted(path.name for path in (folder / "covers").iterdir()) == ["nap.png", "tea.png"]


def test_the_feed_says_what_the_article_says(made):
    about = read(made, "opds.json")["publications"][1]["metadata"]
    package = Book((made / "tea.epub").read_bytes())
    opf = next(name for name in package.names if name.endswith(".opf"))
    assert about.pop("identifier") in package.read(opf).decode()
    assert about == {
        "@type": "http://schema.org/Book", "title": "Tea & sleep", "language": "en-GB",
        "author": [{"name": "Ann Example"}, {"name": "Bo Example"}],
        "description": "A cup before bed.", "subject": ["sleep", "tea"],
        "modified": "2026-03-01T00:00:00Z",
    }  # fmt: skip


def test_the_list_has_topics_codes_and_what_is_withdrawn(made):
    listed = read(made, "library.json")
    assert [each["name"] for each in listed["handouts"]] == ["plain one", "tea"]
    tea = listed["handouts"][1]
    assert tea["codes"] == {"icd10": ["F51.0", "G47.0"], "snomed": ["193462001"]}
    assert set(tea["codes"]) <= listed["systems"].keys()
    assert (tea["topics"], tea["version"], tea["language"]) == (["sleep"], "2", "en-GB")
    for file in tea["files"]:
        assert (made / file["href"]).stat().st_size == file["bytes"]
    assert listed["withdrawn"] == [
        {"name": "old", "title": "Old", "identifier": "OLD-1", "because": "It is wrong."}
    ]


def test_both_files_are_ours_and_shown_by_serve(made):
    for name in ("opds.json", "library.json"):
        assert published(made, name) == (made / name).resolve()
    assert published(made, "manifest.json") is None
    assert read_manifest(made)["library"]["beside"].keys() == {"opds.json", "library.json"}


def test_an_article_that_is_kept_is_listed_as_when_it_was_built(tmp_path):
    """Its facts come from the manifest, or from a cache, whose keys are sorted."""
    root = project(tmp_path, tea=TEA)
    listed = make(root) / "library.json"
    before = listed.read_bytes()
    listed.unlink()
    make(root)
    assert listed.read_bytes() == before


def test_a_damaged_file_is_written_again_and_clean_removes_both(tmp_path, made):
    root = tmp_path / "p"
    shutil.copytree(made.parent, root)
    before = (root / "build" / "opds.json").read_bytes()
    (root / "build" / "opds.json").write_text("{}")
    make(root)
    assert (root / "build" / "opds.json").read_bytes() == before
    removed = sweep(root / "build").removed
    assert {"opds.json", "library.json", "index.html"} <= set(removed)


def test_without_web_pages_there_is_no_library(tmp_path):
    root = project(tmp_path, tea=TEA)
    (root / "makebook.toml").write_text('formats = ["html"]\n')
    output = make(root)
    (root / "makebook.toml").write_text('formats = ["epub"]\n')
    make(root)
    assert {"opds.json", "library.json", "index.html"} <= read_manifest(output)["left"].keys()


# Codes in the front matter


def flaws(typed: str) -> tuple[dict, list[str]]:
    problems = []
    fields, _, _ = split(f"---\ntitle: T\n{typed}\n---\n", "a.md", problems)
    matter = read_matter(fields, "en", problems)
    return dict(matter.codes), [f"{p.code} {p.span.line}: {p.message} / {p.hint}" for p in problems]


@pytest.mark.parametrize("code", ["F42", "F42.2", "U07.1", "M54.56"])
@pytest.mark.parametrize("system", ["icd10", "icd10cm"])
def test_a_form_of_icd_10(system, code):
    assert flaws(f"codes: {{{system}: [{code}]}}") == ({system: (code,)}, [])


@pytest.mark.parametrize("code", ["C4A.0", "S52.521A", "M54.50X"])
def test_a_form_of_icd_10_cm_only(code):
    assert flaws(f"codes: {{icd10cm: [{code}]}}") == ({"icd10cm": (code,)}, [])
    _, (problem,) = flaws(f"codes: {{icd10: [{code}]}}")
    assert problem.endswith("a code of the WHO's ICD-10 / if it is ICD-10-CM, use 'icd10cm'")


@pytest.mark.parametrize(
    ("code", "hint"),
    [("F422", "write F42.2"), ("f42.2", "write F42.2"), ("F42.", "write F42"),
     ("OCD", "write F42 or F42.2, for example"), ("F42-F48", "write F42 or F42.2, for example")],
)  # fmt: skip
@pytest.mark.parametrize("system", ["icd10", "icd10cm"])
def test_not_a_form_of_icd_10(system, code, hint):
    found, (problem,) = flaws(f"codes: {{{system}: [{code}]}}")
    assert found == {}
    assert problem.startswith(f"FRM003 3: '{code}' in 'codes.{system}' is not in the form")
    assert problem.endswith(hint)


@pytest.mark.parametrize("code", ["22298006", "73211009", "191736004", "900000000000207008"])
def test_verhoeffs_digit_finds_each_wrong_and_each_swapped_digit(code):
    assert codes.check_digit_holds(code)
    for at, digit in enumerate(code):
        for other in set("0123456789") - {digit}:
            assert not codes.check_digit_holds(code[:at] + other + code[at + 1 :])
        swapped = code[:at] + code[at + 1 : at + 2] + digit + code[at + 2 :]
        assert swapped == code or not codes.check_digit_holds(swapped)


def test_each_wrong_code_is_reported_in_its_line():
    found, problems = flaws(
        "codes:\n  snomed:\n    - 191736004\n    - 191736005\n    - 0191736004\n"
        "    - 680946014\n  rxnorm: [6130, RX6130]\n  icd11: [6B20]\n  icd10: F42"
    )
    assert found == {"snomed": ("191736004",), "rxnorm": ("6130",), "icd10": ("F42",)}
    assert [problem.partition(" in '")[0] for problem in problems] == [
        "FRM003 6: '191736005'", "FRM003 7: '0191736004'", "FRM003 8: '680946014'",
        "FRM003 9: 'RX6130'",
        "FRM003 10: 'icd11' is not a system of codes / did you mean 'icd10' or 'icd10cm'?",
    ]  # fmt: skip
    assert "its last digit does not fit" in problems[0]
    assert "of a description, not of a concept" in problems[2]


@pytest.mark.parametrize("typed", ["codes: F42", "codes: [F42]", "codes: {icd10: [[F42]]}"])
def test_codes_in_another_shape_are_an_error(typed):
    found, (problem,) = flaws(typed)
    assert found == {}
    assert problem.startswith("FRM003 3: ")


def test_no_codes_are_none():
    assert flaws("codes:") == ({}, [])
    assert flaws("codes: {icd10: }") == ({}, [])

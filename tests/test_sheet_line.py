"""The library answers the line that is printed on a sheet, in a browser and without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from press.design.styles import Styles
from press.output.web.library import write_library
from tests.conftest import needed
from tests.devtools import chromium

ROOT = Path(__file__).resolve().parent.parent
ENTRY = {"subtitle": "", "abstract": "", "keywords": [], "facts": [], "lang": "en-US",
         "editions": ["letter"]}  # fmt: skip
SHEETS = [("Rest", "REST-1", "85093c82", "0123abcd"), ("Rest at night", "REST-1-B", "aaaa1111", ""),
          ("Tea", "", "bbbb2222", "")]  # fmt: skip
TYPE = """(() => { const field = document.querySelector("input[type=search]");
  field.value = %s; field.dispatchEvent(new Event("input"));
  return [document.querySelector(".count").textContent,
    ...Array.from(document.querySelectorAll(".handouts > li")).filter((e) => e.offsetHeight > 0)
      .map((e) => e.querySelector("h2").textContent)]; })()"""
NONE = ["No handouts found. Try another word."]
ANSWERS = {
    "REST-1 85093c82": ["REST-1 85093c82: this is the current version.", "Rest"],
    "85093c82": ["REST-1 85093c82: this is the current version.", "Rest"],
    "85093C82, rest-1": ["REST-1 85093c82: this is the current version.", "Rest"],
    "Sources checked March 1, 2026 · REST\u20111 · version 2.1 · 85093c82": [
        "REST-1 85093c82: this is the current version.", "Rest"],
    "REST-1 0123abcd": ["REST-1 0123abcd: this is the current version.", "Rest"],
    "BBBB2222": ["bbbb2222: this is the current version.", "Tea"],
    "REST-1 12345678": ["REST-1 12345678 is out of date: print this one.", "Rest"],
    "REST-1-B · version 1 · 85093c82": [
        "REST-1-B 85093c82 is out of date: print this one.", "Rest at night"],
    "12345678": NONE,
    "TEA-9 85093c82": NONE,
    "REST-1": ["2 of 3 handouts found", "Rest", "Rest at night"],
    "REST-1 85093c": NONE,
    "": ["3 handouts", "Rest", "Rest at night", "Tea"],
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder, entries = tmp_path_factory.mktemp("library"), {}
    for title, identifier, digest, earlier in SHEETS:
        file = f"{digest}.html"
        (folder / file).write_text("A page.")
        facts = {"format": "html", "edition": "", "part": "", "kind": "", "page": "", "pages": 0,
                 "bytes": 7}  # fmt: skip
        entries[digest] = {**ENTRY, "title": title, "identifier": identifier, "version": "2.1",
                           "hash": digest, "stamp": f"{identifier} · {digest}",
                           "identity": {"earlier": earlier}, "files": {file: facts}}  # fmt: skip
    page = folder / "index.html"
    page.write_bytes(write_library(folder, entries, Styles(ROOT), "en-US"))
    return page


@pytest.fixture(scope="module")
def browser(library):
    with needed(), chromium(library.as_uri()) as page:
        page.until("document.querySelector('.search:not([hidden])') !== null")
        yield page


@pytest.mark.parametrize("typed", ANSWERS)
def test_a_line_is_answered(browser, typed):
    assert browser.run(TYPE % json.dumps(typed)) == ANSWERS[typed]


def test_neither_answer_is_on_the_page_before(browser):
    said = browser.run(TYPE % '""' + ".length && document.body.textContent")
    assert "current version" not in said
    assert "out of date" not in said

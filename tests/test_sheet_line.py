"""The library answers the line that is printed on a sheet, in a browser and without a server."""

from __future__ import annotations

import json

import pytest

from tests.conftest import needed
from tests.devtools import chromium
from tests.shelf import library

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
def page(tmp_path_factory):
    handouts = [
        {"title": title, "identifier": identifier, "hash": digest,
         "stamp": f"{identifier} · {digest}", "identity": {"earlier": earlier}}
        for title, identifier, digest, earlier in SHEETS
    ]  # fmt: skip
    return library(tmp_path_factory.mktemp("library"), handouts)


@pytest.fixture(scope="module")
def browser(page):
    with needed(), chromium(page.as_uri()) as shown:
        shown.until("document.querySelector('.search:not([hidden])') !== null")
        yield shown


@pytest.mark.parametrize("typed", ANSWERS)
def test_a_line_is_answered(browser, typed):
    assert browser.run(TYPE % json.dumps(typed)) == ANSWERS[typed]


def test_neither_answer_is_on_the_page_before(browser):
    said = browser.run(TYPE % '""' + ".length && document.body.textContent")
    assert "current version" not in said
    assert "out of date" not in said

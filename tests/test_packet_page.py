"""The library page prints a cover sheet and opens the handouts that are ticked, from a file."""

from __future__ import annotations

import json

import pytest

from press.readback.pdf import read_pdf
from tests.browser import browse
from tests.shelf import library

NAMES = ("Tea & sleep", "النوم", "Rest <b>", "Draft")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A library of three handouts with PDFs in two forms, and a draft."""
    folder = tmp_path_factory.mktemp("packet-page")
    (folder / "cover.html").write_text("A page.")
    handouts = []
    for number, title in enumerate(NAMES):
        files = {}
        for kind in ("standard", "large-print") if number != 2 else ("standard",):
            name = f"h{number} {kind}.pdf"
            (folder / name).write_bytes(b"%PDF-1.7")
            files[name] = {"format": "pdf", "edition": kind, "part": "", "kind": kind,
                           "page": "Letter", "pages": number + 1, "bytes": 8}  # fmt: skip
        handouts.append(
            {"title": title, "lang": "ar" if number == 1 else "en-US", "files": files,
             "stamp": f"H-{number} · 0000000{number}", "hash": f"0000000{number}",
             "identifier": f"H-{number}", **({"status": "draft"} if number == 3 else {})}
        )  # fmt: skip
    return library(folder, handouts).as_uri()


TICK = """const boxes = Array.from(document.querySelectorAll(".tick input"));
const tick = (title) => boxes.find((box) => box.closest("li").querySelector("h2").textContent
  === title).click();
const text = (names) => Array.from(document.querySelectorAll(names), (e) =>
  e.checkVisibility() ? e.textContent.trim() : "(hidden)");
const asked = [];
window.open = (url) => { asked.push(url.split("/").at(-1)); return opens ? {} : null; };
window.print = () => { asked.push(document.documentElement.className);
  dispatchEvent(new Event("afterprint")); };
"""


def run(page, script, *, opens=True, **job):
    """Return the value of a script on the page; it may tick handouts, and print."""
    script = f"(() => {{ const opens = {json.dumps(opens)}; {TICK} {script} }})()"
    (said,) = browse({"url": page, "evaluate": script, **job})
    assert said["console"] == []
    return said


def test_ticked_handouts_are_listed_and_can_be_unticked(page):
    said = run(
        page,
        """const before = text(".choices, .chosen");
      tick("Tea & sleep"); tick("النوم");
      const two = text(".chosen, .all-ticked li");
      document.querySelector(".clear").click();
      return [before, two, text(".chosen"), document.activeElement === boxes[0], boxes.length];""",
    )
    hint = "Tick handouts in the list to print them with a cover sheet."
    ticked = ["2 handouts ticked", "Tea & sleep", "النوم"]
    assert said["value"] == [[hint, "(hidden)"], ticked, [hint], True, 3]


def test_the_cover_sheet_is_printed_and_each_file_is_opened(page):
    said = run(
        page,
        """tick("Rest <b>"); tick("Tea & sleep");
      document.querySelector("#packet-note").value = "Rest.\\nNo <i>driving</i>.\\n\\nCall us.";
      document.querySelector(".print").click();
      return [asked, document.documentElement.className, text(".to-open p"),
        Array.from(document.querySelectorAll(".cover-sheet .words p"), (e) => e.textContent),
        Array.from(document.querySelectorAll(".cover-sheet tbody tr"), (e) =>
          Array.from(e.querySelectorAll("p, td"), (each) => each.textContent)),
        document.activeElement.textContent];""",
    )
    asked, after, told, words, rows, focus = said["value"]
    assert asked == ["packet-only", "h2%20standard.pdf", "h0%20standard.pdf"]
    assert after == ""
    assert told == ["The handouts were opened in other tabs. Print each one:"]
    assert words == ["Rest.\nNo <i>driving</i>.", "Call us."]
    assert rows == [["Rest <b>", "H-2 · 00000002", "3"], ["Tea & sleep", "H-0 · 00000000", "1"]]
    assert focus == "Rest <b>"
    assert said["requests"] == [page]


def test_a_paragraph_of_the_note_runs_in_its_own_direction(page):
    said = run(
        page,
        """tick("Tea & sleep");
      document.querySelector("#packet-note").value = "Rest.\\n\\nנוחו (היום)!";
      document.querySelector(".print").click();
      return Array.from(document.querySelectorAll("#packet-note, .cover-sheet .words p"),
        (e) => [e.dir, e.matches(":dir(rtl)")]);""",
    )
    assert said["value"] == [["auto", False], ["auto", False], ["auto", True]]


def test_another_form_is_opened_where_there_is_one(page):
    said = run(
        page,
        """tick("Rest <b>"); tick("Tea & sleep");
      const form = document.querySelector("#packet-form");
      form.value = "Large print"; form.dispatchEvent(new Event("change"));
      document.querySelector(".print").click();
      return [Array.from(form.options, (e) => e.value), asked];""",
    )
    assert said["value"] == [
        ["Handout", "Large print"], ["packet-only", "h2%20standard.pdf", "h0%20large-print.pdf"],
    ]  # fmt: skip


def test_what_a_browser_does_not_open_is_offered_as_links(page):
    said = run(page, """tick("Tea & sleep"); document.querySelector(".print").click();
      const link = document.activeElement;
      return [text(".to-open p"), link.textContent, link.target, link.href.split("/").at(-1)];""",
      opens=False)  # fmt: skip
    assert said["value"] == [
        ["Your browser did not open these handouts. Open and print each one:"],
        "Tea & sleep", "_blank", "h0%20standard.pdf",
    ]  # fmt: skip


def test_ticks_stay_while_the_list_is_searched(page):
    said = run(
        page,
        """tick("Tea & sleep");
      const field = document.querySelector("#search");
      field.value = "rest"; field.dispatchEvent(new Event("input"));
      tick("Rest <b>");
      return text(".chosen");""",
    )
    assert said["value"] == ["2 handouts ticked"]


def test_only_the_cover_sheet_is_printed(page, tmp_path):
    path = tmp_path / "printed.pdf"
    run(
        page,
        """tick("Tea & sleep"); tick("النوم");
      window.print = () => {}; document.querySelector(".print").click();""",
        pdf=str(path),
    )
    (sheet,) = read_pdf(path.read_bytes())
    words = " ".join(sheet.text.split())
    for said in ("Your handouts", "Name", "Date", "Your notes and questions", "In this packet",
                 "Tea & sleep", "H-0 · 00000000", "H-1 · 00000001"):  # fmt: skip
        assert said in words
    assert "Rest" not in words
    assert "Search" not in words
    assert all(text.seen for text in sheet.texts)


def test_printed_without_ticks_the_page_is_the_list(page, tmp_path):
    path = tmp_path / "printed.pdf"
    run(page, "", pdf=str(path))
    words = "".join(sheet.text for sheet in read_pdf(path.read_bytes()))
    assert "Rest <b>" in words
    assert "Print for a patient" not in words
    assert "Your handouts" not in words


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_with_handouts_ticked(page, dark, width):
    script = 'tick("Tea & sleep"); document.querySelector(".print").click();'
    said = run(page, script, opens=False, axe=1, width=width, dark=dark)
    assert (said["axe"], said["width"]) == ([], width)


def test_keys_reach_everything(page):
    said = run(page, 'tick("Tea & sleep");', tab=1)
    reached = [one["what"] for one in said["tab"]]
    assert [one for one in said["tab"] if not one["seen"]] == []
    assert reached.count("ticks") == 3
    at = reached.index("packet-note")
    assert reached[at : at + 4] == ["packet-note", "packet-form", "print", "clear"]
    assert at < reached.index("ticks")


def test_without_script_nothing_of_it_is_shown(page):
    script = """Array.from(document.querySelectorAll(".packet, .tick, .to-packet, .cover-sheet"))
      .filter((e) => e.checkVisibility()).length"""
    (said,) = browse({"url": page, "script": False, "evaluate": script})
    assert said["value"] == 0

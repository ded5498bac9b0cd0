"""The edition `sheet`: one leaf with two sides, of what an article marks.

Most tests read the two pages of one built project, as a person holds them. What is chosen from an
article is tested on the Document, without a layout.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from press.check import external as check
from press.cli import main
from press.core.model import Document, Edition
from press.document import sheet
from press.document.compose import read_sources
from press.proof.sheet import prove_sheet
from press.readback.pdf import read_pdf
from press.source.project import effective, read_project

FILES = {
    "makebook.toml": """address = "https://example.org/texts"
editions = ["letter", "sheet"]

[notices.required]
"*" = ["crisis", "general", "driving", "closing"]
""",
    "source/tea.md": """---
title: Tea and sleep
subtitle: For people who like both
author: A. Writer
date: 2026-01-02
identifier: TEA-1
bibliography: references.bib
---

## Key points {.key-points}

Tea late in the day can keep you awake [@smith2009]; @smith2009 says so.
{: .main-message}

- It is not a medicine[^clock]. See [the history](#history).

[^clock]: Count from noon.

## A long history {#history}

People have been drinking it for many years.

{{ notice.driving }}

## When to call {#call .urgent}

### Now {#now}

Call if you cannot be woken:

- Call [911](tel:911).

### Today {#today}

- Call if you have not slept for two nights.

### At your next visit {#visit}

- Say how you sleep.

## Ask us {#ask .questions}

1. Is there tea without caffeine?
2. When should I drink it?
""",
    "source/references.bib": """@article{smith2009,
  author = {Smith, Ann}, title = {Tea at night}, journal = {Journal of Tea Studies},
  year = {2009}, volume = {4}, pages = {1--9}
}
""",
    "source/disclaimers/general.md": """---
id: general
title: About this sheet
place: [opening, every-page]
short: Not medical advice.
---

It does not replace your nurse.
""",
    "source/disclaimers/crisis.md": """---
id: crisis
title: In a crisis
place: [opening]
---

Call someone [988](tel:988).
""",
    "source/disclaimers/driving.md": """---
id: driving
title: Tired at the wheel
---

Do not drive when you are sleepy.
""",
    "source/disclaimers/closing.md": """---
id: closing
title: Who wrote this
place: closing
---

- Written at home.
- Paid for by nobody.
""",
    "source/imprints/clinic.toml": 'lang = "en-GB"\njurisdiction = "GB"\n\n'
    '[clinic]\nname = "Example Clinic"\ntelephone = "01632 960000"\n',
}
NOTICES = ("crisis", "general", "driving", "closing")
LONG = "\n".join(f"- Night {n}: write down when you went to bed." for n in range(1, 75))


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write a project."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> int:
    """Build a project into `output/`; return the exit status."""
    where = ["--project", str(folder), "--output", str(folder / "output")]
    with pytest.raises(SystemExit) as stop:
        main(["build", *arguments, *where])
    return int(stop.value.code or 0)


def document(folder: Path, text: str, matter: str = "") -> Document:
    """Read an article of this text, with the notices of the project above."""
    article = f"---\ntitle: Tea\n{matter}---\n\n{text}"
    plain = {**FILES, "source/tea.md": article}
    return read_sources(write(folder, plain)).assembled("tea", "")


def chosen(found: Document) -> list[str]:
    """Return the group and the words of each part that a sheet takes from an article."""
    return [
        f"{sheet.group_of(part)}: {' '.join(re.sub('<[^>]+>', ' ', part.xhtml).split())}"
        for part in sheet.view(found).parts
        if part.kind == "section"
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project above, built for itself and for a clinic in another country."""
    root = write(tmp_path_factory.mktemp("tea"), FILES)
    assert run(root) == 0
    assert run(root, "--imprint", "clinic", "--edition", "sheet", "--format", "pdf") == 0
    return root


@pytest.fixture(scope="module")
def sides(project: Path) -> list[str]:
    """The text of the two sides."""
    pages = read_pdf((project / "output/tea-sheet.pdf").read_bytes())
    return [" ".join(page.text.split()) for page in pages]


def in_order(text: str, *words: str) -> bool:
    """Say if a text has these words, each after the one before."""
    return re.search(".*".join(map(re.escape, words)), text) is not None


# The two sides


def test_side_1_says_what_to_know_and_where_to_call(sides: list[str]) -> None:
    assert len(sides) == 2
    assert in_order(sides[0], "Tea and sleep", "In a crisis", "988", "Key points",
                    "Tea late in the day", "About this sheet", "Tired at the wheel",
                    "Who wrote this", "Written at home", "1 of 2", "Not medical advice.",
                    "TEA-1")  # fmt: skip


def test_side_2_says_when_to_call_what_to_ask_and_who_helps(sides: list[str]) -> None:
    assert in_order(sides[1], "When to call", "Now", "911", "Today", "At your next visit",
                    "Ask us", "Is there tea", "Your notes", "Your clinic", "https://example.org/",
                    "By A. Writer", "Not yet reviewed", "2 of 2", "Not medical")  # fmt: skip


def test_what_is_not_marked_and_its_marks_are_not_on_it(sides: list[str]) -> None:
    both = " ".join(sides)
    assert "A long history" not in both
    assert "for many years" not in both
    assert "awake; Smith" in both, "the number of a reference is gone, and its author's name stays"
    assert "See the history." in both, "a link to what is not there is plain words"
    assert "Count from noon" in both, "a note is where it is needed"


def test_numbers_to_call_and_the_most_urgent_rung_are_the_largest(project: Path) -> None:
    pages = read_pdf((project / "output/tea-sheet.pdf").read_bytes())
    size = {span.text.strip(): span.size for page in pages for span in page.spans}
    assert size["988"] >= 20
    assert size["911"] >= 18
    assert size["Now"] > size["Today"] >= 13


def test_lines_to_write_on_fill_the_second_side(project: Path) -> None:
    pages = read_pdf((project / "output/tea-sheet.pdf").read_bytes(), shapes=True)
    rules = {round(s.box[1]) for s in pages[1].shapes if s.box[2] - s.box[0] > 400}
    assert len(rules) > 8


def test_type_is_measured_by_limits_of_its_own(project: Path) -> None:
    facts = json.loads((project / "output/manifest.json").read_text())
    made = facts["articles"]["tea"]["files"]["tea-sheet.pdf"]
    assert (made["kind"], made["pages"]) == ("sheet", 2)
    assert made["measures"]["body"] >= 11.5
    assert made["measures"]["smallest"] >= 9


def test_an_imprint_prints_its_name_telephone_and_paper(project: Path) -> None:
    folder = project / "output/clinic"
    pages = read_pdf((folder / "tea-sheet.pdf").read_bytes())
    assert "Example Clinic" in pages[0].text
    assert "01632 960000" in pages[1].text
    facts = json.loads((folder / "manifest.json").read_text())
    assert facts["articles"]["tea"]["files"]["tea-sheet.pdf"]["page"] == "A4"


def test_the_paper_is_that_of_the_country_or_its_own(tmp_path: Path) -> None:
    toml = 'lang = "en-GB"\neditions = ["letter", "sheet", "legal"]\n[editions.legal]\n'
    root = write(tmp_path, {"makebook.toml": f'{toml}like = "sheet"\npage = "Letter"\n'})
    found = effective(read_project(root, []).config, None).editions
    assert [edition.page for edition in found] == ["Letter", "A4", "Letter"]
    assert found[2] == Edition("legal", "sheet", "Letter")


def test_a_sheet_is_as_valid_as_any_other_file(
    project: Path, checker: Callable[..., list[str]]
) -> None:
    path = project / "output/tea-sheet.pdf"
    assert checker(check.verapdf, path, flavours=("ua1", "3a")) == []


def test_diff_knows_a_sheet(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["diff", "--project", str(project), str(project / "output/tea-sheet.pdf")])
    assert stop.value.code in (0, None)
    assert "current" in capsys.readouterr().out


def test_the_web_page_offers_it(project: Path) -> None:
    page = (project / "output/tea.html").read_text()
    assert 'href="tea-sheet.pdf"' in page
    assert "One sheet" in page


# What is chosen


def test_without_a_mark_classes_say_what_belongs_to_it(tmp_path: Path) -> None:
    text = (
        "## Was man wissen muss {.key-points}\n\nSchlaf.\n\n## Key points\n\nNo.\n\n"
        "## Wann {#wann}\n\nNo.\n\n### Jetzt {.urgent}\n\nRuf an.\n\n### Spät\n\nNo.\n\n"
        "::: questions\nWarum?\n:::\n"
    )
    found = ["main: Was man wissen muss Schlaf.", "ladder: Jetzt Ruf an."]
    assert chosen(document(tmp_path, text)) == [*found, "questions: Wann Warum?"]


def test_marks_choose_sections_headings_paragraphs_lists_and_items(tmp_path: Path) -> None:
    text = (
        "## Key points {.key-points}\n\nNo.\n\n## One {.short}\n\nAll of it.\n\n"
        "## Two\n\nNo.\n\nThis.\n{: .short}\n\nNo.\n\n- No.\n- and this\n{: .short}\n\n"
        "::: short\n- and\n- these\n:::\n\nAnd [marked]{.short} words.\n\n"
        "| In |\n|---|\n| a [table]{.short} |\n\n"
        "## Three\n\n### Four {.short}\n\nThat.\n\n#### Five\n\nToo.\n\n### Six\n\nNo.\n"
    )
    found = [
        "more: One All of it.",
        "more: Two This. and this and these And marked words. In a table",
    ]
    assert chosen(document(tmp_path, text)) == [*found, "more: Four That. Five Too."]


def test_front_matter_names_more(tmp_path: Path) -> None:
    text = "## Key points {.key-points}\n\nTea.\n\n## Beds {#beds}\n\nSoft.\n\n## No\n\nNo.\n"
    found = document(tmp_path, text, "short: [beds]\n")
    assert chosen(found) == ["main: Key points Tea.", "more: Beds Soft."]
    assert found.hash == document(tmp_path, text).hash, "a choice for print is not the text"


def test_the_proof_holds_the_sheet_against_the_marks_and_the_notices(tmp_path: Path) -> None:
    whole = document(tmp_path, "## Key points {.key-points}\n\nTea.\n\n- *More* tea.\n")
    view = sheet.view(whole)
    assert prove_sheet(whole, view, "tea-sheet.pdf") == []
    lost = {}
    for part in view.parts[:-1]:
        rest = replace(view, parts=tuple(p for p in view.parts if p != part))
        lost[part.id] = {p.message.split(":")[0] for p in prove_sheet(whole, rest, "x.pdf")}
    assert lost == {
        "key-points": {"marked text is missing"},
        **{f"notice-{id_}": {f"notice '{id_}' is missing"} for id_ in NOTICES},
    }


# What cannot be a sheet


def test_a_sheet_that_does_not_fit_keeps_nothing_else_back(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write(tmp_path, FILES)
    assert run(root) == 0
    output, article = root / "output", root / "source/tea.md"
    text = article.read_text()
    article.write_text(text.replace("It is not a medicine", f"Sleep\n{LONG}\n- No medicine"))
    capsys.readouterr()
    for removed in (True, False):  # a later run says it again
        assert run(root) == 1
        said = capsys.readouterr().err
        assert ("the earlier sheet was removed" in said) == removed
        assert not (output / "tea-sheet.pdf").exists(), "nobody can take it for current"
        assert re.search(r"SHT001: edition 'sheet' is \d+ lines too long", said)
        assert re.search(r"longest blocks are 'Key points' \(\d\d+ lines\), 'When to call' ", said)
    assert "No medicine" in (output / "tea.html").read_text(), "the others are published"
    for name in ("tea.html", "index.html"):
        assert "tea-sheet.pdf" not in (output / name).read_text(), "no page offers the older sheet"
    article.write_text(text)
    assert run(root) == 0
    assert "tea-sheet.pdf" in (output / "index.html").read_text()


def test_a_sheet_that_is_out_of_date_is_not_offered(tmp_path: Path) -> None:
    root = write(tmp_path, FILES)
    assert run(root) == 0
    output, article = root / "output", root / "source/tea.md"
    text = article.read_text()

    def offered() -> list[bool]:
        return ["tea-sheet.pdf" in (output / n).read_text() for n in ("tea.html", "index.html")]

    for words, others in ((text.replace("keep you awake", "keep you up"), False), (text, True)):
        article.write_text(words)
        assert run(root, "--edition", "letter") == 0
        assert offered() == [others, others], "only a sheet with the words of today"
    article.write_text(text.replace("keep you awake", "keep you up"))
    assert run(root, "--edition", "letter") == run(root) == 0
    assert offered() == [True, True]


def test_without_anything_to_print_there_is_no_sheet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = {**FILES, "source/tea.md": "---\ntitle: Tea\n---\n\n## Key points\n\nDrink.\n"}
    root = write(tmp_path, plain)
    assert run(root, "--strict") == 0, "a note is no warning"
    assert "note SHT003: edition 'sheet' was not made" in capsys.readouterr().err
    assert not (root / "output/tea-sheet.pdf").exists()
    assert run(root, "--explain") == 0
    assert "rebuilt:" not in capsys.readouterr().out.replace("not rebuilt:", "")
    assert run(root, "--edition", "sheet") == 1
    assert "error SHT002" in capsys.readouterr().err

"""Long words and addresses: they break inside their place, in every edition and on every screen."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from press.core import trees
from press.core.breaks import mark_long_words
from tests.browser import browse
from tests.test_editions import run, write

WORD = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 3
LINK = "https://example.org/" + "very-long-path/" * 3 + "x" * 160
SHEET = f"""---
title: A title with {WORD}
subtitle: A subtitle with {WORD}
author: {WORD}
date: 2026-01-02
identifier: {"ID-" * 40}X
version: "{"1.0-" * 20}"
abstract: About {LINK}
bibliography: references.bib
---

Words {WORD} and {LINK} and <{LINK}> here[^n], with {WORD}[@long; @other].

## Heading {WORD}

### Lower {WORD}

- item {WORD}

  1. inner {LINK}

> quotation {WORD}

Term {WORD}
: Definition {WORD}

Code `{"_".join("x" * 90)}` and `{"a b " * 40}`.

- ```
  line = "{"y" * 140}"
  {"tab" + chr(9) * 2}{("tab" + chr(9)) * 14}end
  ```

Table: Caption {WORD}

| Head | {WORD} |
|---|---|
| {WORD} | `{"z" * 100}` |
| **{LINK}** | a |

**{WORD}** and *{WORD}* and <sup>{WORD}</sup>.

[^n]: A note {WORD} and {LINK}.
"""
NOTICE = f"""---
id: general
title: About {WORD}
place: [opening, every-page]
short: Not {WORD} advice.
---

It {WORD} does not.
"""
BIB = f"""@article{{long, author={{Smith{WORD}, Ann}}, title={{Title {WORD}}}, journal={{J}},
  year={{2001}}, doi={{10.1234/{"y" * 150}}}}}
@article{{other, author={{Jones, Bo}}, title={{Title}}, journal={{J}}, year={{2002}},
  url={{{LINK}}}}}
"""
CLINIC = f"""lang = "en-US"
[clinic]
name = "Clinic {WORD}"
telephone = "{"555-0100-" * 8}"
hours = "{WORD}"
address = "Street {WORD}"
web = "https://example.org/{"x" * 120}"
"""
TOML = """address = "https://example.org/a-very-long-address/that-goes-on-and-on/handouts"
editions = ["letter", "large-print", "booklet", "half", "apart", "link"]
[editions.half]
page = "5.5in 8.5in"
[editions.apart]
references = "companion"
[editions.link]
references = "link"
[notices.required]
"*" = ["general"]
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file of a sheet, without a clinic and for one."""
    root = write(
        tmp_path_factory.mktemp("words"),
        **{
            "makebook.toml": TOML,
            "source__sheet_": SHEET,
            "source__references.bib": BIB,
            "source__disclaimers__general_": NOTICE,
            "source__imprints__clinic.toml": CLINIC,
        },
    )
    assert run(root) == 0
    assert run(root, "--imprint", "clinic", "--edition", "letter", "--edition", "booklet") == 0
    return root / "output"


def test_nothing_runs_off_a_page(output: Path) -> None:
    """The proof finds what is hidden or runs off, in each PDF."""
    assert len(list(output.glob("*.pdf"))) == 7
    assert len(list(output.glob("clinic/*.pdf"))) == 2


@pytest.mark.parametrize("width", [320, 800])
def test_nothing_is_wider_than_the_screen(output: Path, tmp_path: Path, width: int) -> None:
    pages = [output / "sheet.html", output / "clinic" / "sheet.html"]
    for book in (output / "sheet.epub", output / "clinic" / "sheet.epub"):
        folder = tmp_path / book.parent.name
        with zipfile.ZipFile(book) as opened:
            opened.extractall(folder)
        for number, page in enumerate(sorted(folder.rglob("*.xhtml"))):
            short = page.with_name(f"{number}.xhtml")  # a name of 200 letters is no address
            shutil.move(page, short)
            pages.append(short)
    said = browse(*({"url": page.as_uri(), "width": width} for page in pages))
    wide = {page.name: one["width"] for page, one in zip(pages, said, strict=True)}
    assert wide == dict.fromkeys(wide, width)


@pytest.mark.parametrize(
    ("cell", "marked"),
    [
        ("Otorhinolaryngological", []),
        ("well-known-and-never-to-be-forgotten", []),
        (f"see {WORD}, too", [f"{WORD},"]),
        ("10.1234/journal.pone.0123456789-ab", ["10.1234/journal.pone.0123456789-ab"]),
    ],
)
def test_only_long_words_of_cells_may_break_anywhere(cell: str, marked: list[str]) -> None:
    root = trees.parse(
        f"<section><p>{cell}</p><table><tr><td><b>{cell}</b></td></tr></table></section>"
    )
    mark_long_words(root)
    assert [e.text for e in root.iter("span")] == marked
    assert "".join(root.itertext()) == cell * 2

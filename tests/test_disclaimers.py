"""Which notices go into an article, where, and by which rule: a readable table.

Each case is a tiny project in text: notice files, makebook.toml, an article. The expectation
is the manifest's record of its notices, or the problem that stops the build.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from press.core.model import Document, Placement
from press.core.problems import Problem
from press.document import assemble
from press.document.placement import Need, place_notices
from press.source.manuscript import read_manuscript
from press.source.notices import read_notices
from press.source.placeholders import CLINIC
from press.source.project import read_project

ARTICLE = """---
title: T
lang: {lang}
topics: [{topics}]
---

## Key points {{#key .key-points}}

Point.

## Benefits {{#benefits}}

Good.

### Fast {{#fast}}

Soon.

## Side effects {{#side-effects}}

Bad. {extra}
"""


def notice(id_: str, rules: str = "", short: str = "", text: str = "Words of it.") -> str:
    """A notice file."""
    line = f"short: {short}\n" if short else ""
    return f"---\nid: {id_}\ntitle: Title of {id_}\n{rules}\n{line}---\n\n{text}\n"


def place(
    folder: Path,
    files: dict[str, str],
    *,
    topics: str = "",
    lang: str = "en-US",
    toml: str = "",
    extra: str = "",
) -> tuple[list[str], list[str], Document]:
    """Write a project; return its placements and problems as text, and the Document."""
    (folder / "source/disclaimers").mkdir(parents=True)
    (folder / "makebook.toml").write_text(toml or 'lang = "en-US"\n')
    (folder / "source/a.md").write_text(ARTICLE.format(lang=lang, topics=topics, extra=extra))
    for name, text in files.items():
        (folder / "source/disclaimers" / name).write_text(text)
    problems: list[Problem] = []
    project = read_project(folder, problems)
    manuscript = read_manuscript(project.articles[0], folder, project.config, problems)
    assert manuscript is not None
    notices = read_notices(project, problems)
    by_hand = assemble.notices_by_hand(manuscript, problems)
    sections = assemble.section_ids(manuscript)
    need = Need(manuscript.matter, manuscript.file, project.config, by_hand, sections)
    placements = place_notices(notices, need, problems)
    citations = assemble.Citations((), ())
    materials = assemble.Materials(manuscript, project.config, citations, placements, project.data)
    document = assemble.assemble(materials, problems)
    return [_line(p) for p in placements], [f"{p.code} {p.span}" for p in problems], document


def _line(placement: Placement) -> str:
    file = placement.notice.file.rpartition("/")[2]
    return f"{file} {placement.place}: {placement.rule}"


def order(document: Document) -> list[str]:
    """Return the parts of an article, in reading order."""
    return [part.id for part in document.parts]


def test_opening_stands_after_the_key_points(tmp_path: Path) -> None:
    files = {"b.md": notice("b"), "a.md": notice("a", "place: opening")}
    placed, problems, document = place(tmp_path, files)
    assert placed == ["a.md opening: for every article", "b.md opening: for every article"]
    assert problems == []
    assert order(document) == ["key", "notice-a", "notice-b", "benefits", "side-effects"]


def test_notices_of_one_place_stand_as_makebook_toml_lists_them(tmp_path: Path) -> None:
    """A crisis box comes first because its project says so; without a list, it is by id."""
    files = {
        "a.md": notice("a", "place: [opening, every-page]", short="Not advice."),
        "z.md": notice("z"),
    }
    _, _, document = place(tmp_path / "one", files)
    assert order(document)[1:3] == ["notice-a", "notice-z"]
    toml = 'lang = "en-US"\n[notices.required]\n"*" = ["z", "a"]\n'
    _, problems, document = place(tmp_path / "two", files, toml=toml)
    assert problems == []
    assert order(document)[1:3] == ["notice-z", "notice-a"]
    assert document.short == "Not advice."


def test_every_place(tmp_path: Path) -> None:
    files = {
        "a.md": notice("a", "place: 'before:#side-effects'"),
        "b.md": notice("b", "place: 'before:#fast'"),
        "c.md": notice("c", "place: closing"),
        "d.md": notice("d", "place: before-references"),
    }
    _, problems, document = place(tmp_path, files)
    assert problems == []
    assert order(document) == [
        "key", "benefits", "notice-a", "side-effects", "notice-c", "notice-d"
    ]  # fmt: skip
    benefits = document.parts[1].xhtml
    assert benefits.index("notice-b") < benefits.index('id="fast"')


def test_by_hand_and_not_repeated(tmp_path: Path) -> None:
    files = {"a.md": notice("a", "place: opening")}
    placed, problems, document = place(tmp_path, files, extra="\n\n{{ notice.a }}\n\nAfter it.")
    assert placed == ["a.md by hand: for every article"]
    assert problems == []
    assert order(document) == ["key", "benefits", "side-effects"]
    text = document.parts[2].xhtml
    assert text.index("Bad.") < text.index("Words of it.") < text.index("After it.")


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("Inside {{ notice.a }} a sentence.", ["NOT002 source/a.md:21:13"]),
        ("\n\n{{ notice.a }}\n\n{{ notice.a }}", ["NOT002 source/a.md:25:1"]),
        ("\n\n{{ notice.nope }}", ["NOT001 source/a.md:23:1"]),
    ],
)
def test_by_hand_where_it_cannot_stand(tmp_path: Path, extra: str, expected: list[str]) -> None:
    _, problems, _ = place(tmp_path, {"a.md": notice("a")}, extra=extra)
    assert problems == expected


WHEN = "when:\n  topics: [ketamine]\n  jurisdictions: [{}]\n  languages: [en]"
VARIANTS = {
    "off.en-US.md": notice("off", WHEN.format("US")),
    "off.en-GB.md": notice("off", WHEN.format("GB")),
}


@pytest.mark.parametrize(
    ("toml", "lang", "expected"),
    [
        ('jurisdiction = "US"', "en-US", "off.en-US.md"),
        ('jurisdiction = "GB"', "en-GB", "off.en-GB.md"),
        ('jurisdiction = "GB"', "en", "off.en-GB.md"),
    ],
)
def test_the_variant_of_the_jurisdiction(
    tmp_path: Path, toml: str, lang: str, expected: str
) -> None:
    placed, problems, _ = place(tmp_path, VARIANTS, topics="ketamine", lang=lang, toml=toml)
    country = toml[-3:-1]
    assert placed == [f"{expected} opening: for topic ketamine, jurisdiction {country}"]
    assert problems == []


@pytest.mark.parametrize(
    ("toml", "lang"),
    [
        ('jurisdiction = "FR"', "en-US"),
        ('jurisdiction = "US"', "de"),
        ('lang = "en"', "en"),
    ],
)
def test_a_notice_without_words_for_the_reader_is_an_error(
    tmp_path: Path, toml: str, lang: str
) -> None:
    placed, problems, _ = place(tmp_path, VARIANTS, topics="ketamine", lang=lang, toml=toml)
    assert placed == []
    assert "NOT003 source/a.md:4:1" in problems


def test_a_text_without_a_language_is_in_the_language_of_the_project(tmp_path: Path) -> None:
    _, problems, _ = place(tmp_path, {"a.md": notice("a")}, lang="de")
    assert "NOT003 source/a.md:4:1" in problems


def test_a_notice_that_is_not_required_may_be_absent(tmp_path: Path) -> None:
    files = {"a.md": notice("a", "required: false\nwhen: {languages: [de]}")}
    assert place(tmp_path, files)[:2] == ([], [])


def test_another_topic_asks_for_nothing(tmp_path: Path) -> None:
    assert place(tmp_path, VARIANTS, topics="tea")[:2] == ([], [])


def test_a_topic_that_looks_misspelled(tmp_path: Path) -> None:
    _, problems, _ = place(tmp_path, VARIANTS, topics="ketamin")
    assert problems == ["NOT006 source/a.md:4:1"]


def test_required_notices_whose_file_is_gone(tmp_path: Path) -> None:
    toml = '[notices.required]\n"*" = ["general"]\nketamine = ["off", "evidence"]\n'
    _, problems, _ = place(tmp_path, VARIANTS, topics="ketamine", toml=toml + "")
    assert problems[:2] == ["NOT001 makebook.toml:2:1", "NOT001 makebook.toml:3:1"]


def test_required_by_the_project_wins_over_the_topics_of_the_notice(tmp_path: Path) -> None:
    files = {"a.md": notice("a", "when: {topics: [tea]}")}
    toml = '[notices.required]\nketamine = ["a"]\n'
    placed, problems, _ = place(tmp_path, files, topics="Ketamine", toml=toml)
    assert placed == ["a.md opening: makebook.toml requires it for topic ketamine"]
    assert problems == []


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    _, problems, _ = place(tmp_path, {"a.md": notice("a", "place: 'before:#side-effect'")})
    assert problems == ["NOT005 source/a.md:1:1"]


@pytest.mark.parametrize(("last", "said"), [("closing", ["4:1"]), ("before:#nowhere", [])])
def test_a_notice_is_printed_once(tmp_path: Path, last: str, said: list[str]) -> None:
    files = {"a.md": notice("a", f"place: [opening, opening, '{last}']")}
    _, problems, _ = place(tmp_path, files)
    assert problems == [f"NOT005 source/disclaimers/a.md:{where}" for where in said]


def test_words_by_locale(tmp_path: Path) -> None:
    files = {
        "crisis.md": notice("crisis", text="Call {{ crisis.line }} or {{ clinic.telephone }}."),
        "crisis.toml": 'verified = 2026-01-01\n[en-US]\nline = "988"\n[en-GB]\nline = "116 123"\n',
    }
    _, problems, document = place(tmp_path, files)
    assert problems == []
    text = document.parts[0].xhtml
    assert "Call 988 or <span" in text
    assert "116" not in text
    assert 'aria-label="blank line for telephone"' in text


def test_words_that_are_not_there(tmp_path: Path) -> None:
    files = {
        "crisis.md": notice("crisis", text="Call {{ crisis.line }}, {{ crisis.lin }}."),
        "crisis.toml": '[en-GB]\nline = "116 123"\n',
    }
    _, problems, _ = place(tmp_path, files, extra="`{{ crisis.lin }}` {{ nothing.at-all }} {{x}}")
    assert problems == [
        "WRD003 source/a.md:21:46",
        "WRD002 source/disclaimers/crisis.md:7:6",
        "WRD001 source/disclaimers/crisis.md:7:25",
        "WRD001 source/a.md:21:25",
    ]


def test_a_number_in_a_table_can_be_called(tmp_path: Path) -> None:
    table = '[en-US]\nline = "text [988](tel:988), free"\nodd = "[988](https://example.org)"\n'
    text = "Now {{ crisis.line }}. {{ crisis.odd }}"
    crisis = notice("crisis", "place: [opening, every-page]", "'Or {{ crisis.line }}!'", text)
    files = {"crisis.md": crisis, "crisis.toml": f"verified = 2026-01-01\n{table}"}
    _, problems, document = place(tmp_path, files)
    assert problems == []
    assert 'text <a href="tel:988">988</a>, free' in document.parts[0].xhtml
    assert document.short == "Or text 988, free!"
    assert "[988](https://example.org)" in document.parts[0].xhtml  # as it stands: no number


def test_a_clinic_has_five_words() -> None:
    assert CLINIC == ("name", "telephone", "hours", "address", "web")

"""Is a sheet still current? One edit at a time, and the answer that a clinician gets."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from functools import partial
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from press.cli import main
from press.core.files import CATALOG, FEED
from press.core.problems import ProblemsError
from press.currency.diff import Today, UnknownSheet, compare
from press.document import identity
from press.document.binding import assembled, names_of
from press.document.compose import read_sources
from press.readback.pdf import attachments

SMALL = Path(__file__).parent / "projects" / "small"
CRISIS = "---\ntitle: In a crisis\nplace: closing\n---\n\nCall {{ crisis.line }}.\n"
OFF_LABEL = "---\ntitle: Not approved\nplace: opening\n---\n\nIt is **not approved** for sleep.\n"
POE = """@article{poe2021, author = {Poe, Ann}, title = {Beds and sleep}, journal = {Rest},
  year = {2021}, volume = {2}, pages = {1--3}}
"""
TEA = "---\ntitle: Tea\nauthor: A. Writer\nidentifier: TEA-1\nversion: 1.0\n---\n\n"
CLINIC = """[clinic]
name = "River Clinic"
telephone = "555 0100"
[logo]
file = "river.svg"
alt = "A river"
"""
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


class Desk:
    """A project on a writer's desk, and the sheets that were printed from it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        shutil.copytree(SMALL, self.root)
        self.write("source/disclaimers/crisis.md", CRISIS)
        self.write("source/disclaimers/off-label.md", OFF_LABEL)
        table = '[en-US]\nline = "988"\n[en-GB]\nline = "116 123"\n'
        self.write("source/disclaimers/crisis.toml", table)
        self.edit("makebook.toml", '["general"]', '["general", "off-label", "crisis"]')

    def write(self, name, text):
        (self.root / name).write_text(text, encoding="utf-8")

    def edit(self, name, old, new):
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def article(self, old, new):
        self.edit("source/sleep.md", old, new)

    def assembled(self, name="sleep", imprint=""):
        return read_sources(self.root).assembled(name, imprint)

    def record(self, imprint="", name="sleep"):
        return identity.describe(self.assembled(name, imprint))

    def pdf(self, name="old.pdf", content=None, imprint=""):
        """Return a PDF with an embedded identity: today's, or any bytes."""
        data = identity.encode(self.record(imprint)) if content is None else content
        pdf = pdfium.PdfDocument.new()
        pdf.new_page(100, 100)
        pdf.new_attachment("identity.json").set_data(data)
        path = self.root.parent / name
        pdf.save(path)
        return str(path)

    def epub(self, content=None):
        """Return an e-book with an identity: today's, or any bytes."""
        data = identity.encode(self.record()) if content is None else content
        path = self.root.parent / "old.epub"
        with zipfile.ZipFile(path, "w") as book:
            book.writestr("META-INF/identity.json", data)
        return str(path)

    def manifest(self, articles, folder=""):
        path = self.root / "build" / folder / "manifest.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"articles": articles, "order": list(articles)}
        path.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")
        return str(path)

    def compare(self, old):
        sources = read_sources(self.root)
        today = Today(sources.names, sources.imprints, sources.assembled)
        return compare(old, today, self.root / "build")

    def told(self, old):
        """Return the answer, with every hash as a row of dots."""
        return re.sub(r"\b[0-9a-f]{8}\b", "........", "\n".join(self.compare(old)))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


# One edit each


HEAD = (
    "out of date: Sleep, in short (SLEEP-1 · version 2.1): "
    "printed code ........, current code ........\n"
)
EDITS = {
    "a notice": (
        [("source/disclaimers/off-label.md", "not approved", "still not approved")],
        '  reprint: the notice "Not approved" changed',
    ),
    "the number of a crisis line": (
        [("source/disclaimers/crisis.toml", "988", "112"),
         ("source/disclaimers/off-label.md", "not approved", "still not approved")],
        '  reprint: the notice "In a crisis" changed\n'
        '  reprint: the notice "Not approved" changed',
    ),
    "a crisis line elsewhere": (
        [("source/disclaimers/crisis.toml", "116 123", "117"), ("source/sleep.md", "2.1", "2.2")],
        '  reprint: the notice "Who made this handout" changed\n'  # it says the version
        "  version: was 2.1, now 2.2",
    ),
    "the words of every page": (
        [("source/disclaimers/general.md", "Not medical advice.", "No medical advice.")],
        '  reprint: the notice "About this handout" changed\n'
        "  reprint: the short disclaimer on every page changed",
    ),
    "a section": (
        [("source/sleep.md", "40 people", "41 people")],
        '  reprint: the section "What was found?" changed',
    ),
    "a section renamed": (
        [("source/sleep.md", "What was found? {#found}", "What did they find? {#find}")],
        '  reprint: the section "What was found?" is now called "What did they find?"',
    ),
    "a section new": (
        [("source/sleep.md", "## What was found?", "## Before\n\nText.\n\n## What was found?")],
        '  reprint: the section "Before" is new',
    ),
    "a paragraph before the others": (
        [("source/sleep.md", "Most people sleep", "Sleep matters.\n\nMost people sleep")],
        '  reprint: the section "Key points" changed',
    ),
    "a note before the others": (
        [("source/sleep.md", "hour.\n", "hour.[^h]\n"),
         ("source/sleep.md", "[^year]: ", "[^h]: Not by alarm.\n\n[^year]: ")],
        '  reprint: the section "Key points" changed',
    ),
    "another work": (
        [("source/sleep.bib", "get up", "get up early"), ("source/sleep.bib", "rest.3", "rest.4")],
        "  the text is the same; the list of references changed\n"
        "  references: \"Lee, A., & Roe, B. (2020). A fixed hour to get up early. Journal of Rest, "
        '3, 1–9." changed',
    ),
    "a picture": (
        [("source/bars.svg", "<svg", "<!-- -->\n<svg")],
        "  reprint: the picture bars.svg changed",
    ),
    "the title": (
        [("source/sleep.md", "title: Sleep, in short", "title: Sleep")],
        '  title: now "Sleep"',
    ),
    "the summary": (
        [("source/sleep.md", "one study", "a study")],
        "  title: the subtitle, summary, or audience changed",
    ),
    "the date": (
        [("source/sleep.md", "2026-03-01", "2026-04-01")],
        "  details: a date, an author, the reviewer, or the identifier changed",
    ),
    "the address": (
        [("makebook.toml", 'lang = "en-US"', 'lang = "en-US"\naddress = "https://example.org"')],
        "  address: the web address of the handout changed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_one_edit_is_named(desk, name):
    edits, expected = EDITS[name]
    old = desk.pdf()
    for edit in edits:
        desk.edit(*edit)
    head, _, told = desk.told(old).partition("\n")
    assert head.startswith("out of date: Sleep")
    assert told == expected


SAME = {
    "a topic": [("source/sleep.md", "topics: [sleep]", "topics: [sleep, rest]")],
    "line breaks": [("source/sleep.md", "@lee2020 waited", "@lee2020\nwaited")],
    "the title of a work": [("source/sleep.bib", "get up", "get up early")],
    "the citation style": [("makebook.toml", '"apa"', '"american-medical-association"')],
    "the name of a picture": [("source/sleep.md", "bars.svg", "bars-2.svg")],
}


@pytest.mark.parametrize("name", SAME)
def test_what_a_reader_does_not_see_leaves_a_sheet_current(desk, name):
    shutil.copy(desk.root / "source/bars.svg", desk.root / "source/bars-2.svg")
    old = desk.pdf()
    for edit in SAME[name]:
        desk.edit(*edit)
    assert desk.told(old).startswith("current: Sleep")


# Sheets of versions that hashed markup


def earlier(desk, **other):
    """Return the record of an earlier version: its hash is of the markup."""
    record = {**desk.record(), **other}
    record["hash"] = record.pop("earlier")
    for kind in ("sections", "notices", "references"):
        for piece in record[kind].values():
            del piece["words"]
    return record


EARLIER = "\n  the printed code ........ is of an earlier kind"


def test_a_sheet_of_an_earlier_version_stays_current(desk):
    record = earlier(desk)
    assert record["hash"] != desk.record()["hash"]
    for old in (stamp(record), record["hash"], desk.pdf(content=identity.encode(record)),
                desk.manifest({"sleep": {"identity": record}}, "old")):  # fmt: skip
        answer = desk.told(old)
        assert answer.startswith("current: Sleep, in short (SLEEP-1")
        assert answer.endswith(EARLIER)


@pytest.mark.parametrize("how", ["by line", "by manifest"])
def test_a_manifest_of_an_earlier_version_answers(desk, how):
    """Its markup is no longer what it was, so only the manifest knows the hash on the sheet."""
    record = earlier(desk, earlier="0123abcd")
    path = desk.manifest({"sleep": {"identity": record}}, "old")
    old = stamp(record) if how == "by line" else path
    assert desk.told(old).endswith(EARLIER)
    desk.article("40 people", "41 people")
    assert desk.told(old) == HEAD + '  reprint: the section "What was found?" changed'


def test_an_e_book_names_what_changed_also_without_an_identifier(desk):
    desk.article("identifier: SLEEP-1\n", "")
    desk.edit("source/disclaimers/closing.md", "{{ article.identifier }}, ", "")
    old = desk.epub()
    assert desk.told(old).startswith("current: Sleep, in short (sleep · version 2.1")
    desk.article("40 people", "41 people")
    expected = HEAD.replace("SLEEP-1", "sleep") + '  reprint: the section "What was found?" changed'
    assert desk.told(old) == expected


def test_nothing_changed(desk):
    today = desk.record()["hash"]
    expected = f"current: Sleep, in short (SLEEP-1 · version 2.1 · {today})"
    assert desk.compare(desk.pdf()) == [expected]


def test_a_notice_comes_and_goes(desk):
    old = desk.pdf()
    (desk.root / "source/disclaimers/off-label.md").unlink()
    desk.edit("makebook.toml", '"off-label", ', "")
    assert desk.told(old) == HEAD + '  reprint: the notice "Not approved" was removed'
    old = desk.pdf()
    desk.write("source/disclaimers/off-label.md", OFF_LABEL)
    assert desk.told(old) == HEAD + '  reprint: the notice "Not approved" was added'


def test_a_notice_by_hand_is_no_part_of_its_section(desk):
    desk.edit("source/disclaimers/off-label.md", "place: opening\n", "")
    desk.article("## What was found?", "{{ notice.off-label }}\n\n## What was found?")
    before = desk.record()
    desk.edit("source/disclaimers/off-label.md", "not approved", "still not approved")
    after = desk.record()
    assert before["sections"] == after["sections"]
    assert before["notices"]["off-label"] != after["notices"]["off-label"]


def test_a_section_that_is_gone(desk):
    desk.article("[^year]: From", "## Last\n\nEnd.\n\n[^year]: From")
    old = desk.pdf()
    desk.article("## Last\n\nEnd.\n\n", "")
    assert '  reprint: the section "Last" was removed' in desk.told(old).splitlines()


def test_sections_in_another_order(desk):
    first, second = "## One {#one}\n\nText.\n\n", "## Two {#two}\n\nWords.\n\n"
    desk.article("## What was found?", f"{first}{second}## What was found?")
    old = desk.pdf()
    desk.article(first + second, second + first)
    assert desk.told(old) == HEAD + "  reprint: the order of the sections and notices changed"


def test_everything_at_once_begins_with_what_matters_most(desk):
    old = desk.pdf()
    desk.edit("source/disclaimers/crisis.toml", "988", "112")
    desk.edit("source/sleep.bib", "rest.3", "rest.4")
    desk.article("40 people", "41 people")
    desk.article("title: Sleep, in short", "title: Sleep")
    assert [line.split('"')[0] for line in desk.told(old).splitlines()[1:]] == [
        "  reprint: the notice ",
        "  reprint: the section ",
        "  title: now ",
        "  references: ",
    ]


@pytest.mark.parametrize("style", ["apa", "american-medical-association", "ieee"])
def test_a_reference_more_changes_only_the_section_that_cites_it(desk, style):
    desk.edit("makebook.toml", '"apa"', f'"{style}"')
    bib = (desk.root / "source/sleep.bib").read_text()
    desk.write("source/sleep.bib", bib + POE)
    desk.article("topics:", "nocite: '@poe2021'\ntopics:")
    desk.article("Ask if pills", "See [@lee2020, p. 4; @poe2021]. Ask if pills")
    desk.article("## What was found?", "## First {#first}\n\nNew.\n\n## What was found?")
    before = desk.record()
    desk.article("Most people", "[@poe2021] Most people")  # poe2021 is now number 1
    after = desk.record()
    changed = [k for k in after["sections"] if after["sections"][k] != before["sections"][k]]
    assert changed == ["key-points"]
    assert before["references"] == after["references"]


def test_a_new_reference_that_renumbers_the_others(desk):
    desk.edit("makebook.toml", '"apa"', '"american-medical-association"')
    old = desk.pdf()
    bib = (desk.root / "source/sleep.bib").read_text()
    desk.write("source/sleep.bib", bib + POE)
    desk.article("one hour.", "one hour [@poe2021].")
    assert desk.told(old) == (
        HEAD + '  reprint: the section "Key points" changed\n'
        '  references: "Poe A. Beds and sleep. Rest. 2021;2:1-3." was added'
    )


@pytest.mark.parametrize("style", ["apa", "american-medical-association", "ieee"])
@pytest.mark.parametrize("words", ["@lee2020, p. 5", "@lee2020", "see @lee2020, p. 4"])
def test_a_citation_of_another_page_changes_its_section(desk, style, words):
    desk.edit("makebook.toml", '"apa"', f'"{style}"')
    before = desk.record()["sections"]
    desk.article("[@lee2020, p. 4]", f"[{words}]")
    after = desk.record()["sections"]
    assert [k for k in after if after[k] != before[k]] == ["found"]


def test_a_letter_at_the_year_changes_no_section(desk):
    """`Lee & Roe, 2020` becomes `Lee & Roe, 2020a` when another one of 2020 is cited elsewhere."""
    one = (desk.root / "source/sleep.bib").read_text()
    twin = one.replace("lee2020", "lee2").replace("fixed", "long").replace("rest.3", "rest.4")
    desk.write("source/sleep.bib", one + twin.replace("12345", "12346"))
    desk.article("topics:", "nocite: []\ntopics:")
    before = desk.record()["sections"]
    desk.article("nocite: []", "nocite: '@lee2'")
    assert "2020a" in "".join(part.xhtml for part in desk.assembled().parts if part.id == "found")
    assert desk.record()["sections"] == before


def test_references_in_another_order_are_the_same(desk):
    desk.edit("makebook.toml", '"apa"', '"american-medical-association"')
    bib = (desk.root / "source/sleep.bib").read_text()
    desk.write("source/sleep.bib", bib + POE + POE.replace("poe2021", "poe2"))
    desk.article("topics:", "nocite: '@poe2021, @poe2'\ntopics:")
    old = desk.pdf()
    desk.article("'@poe2021, @poe2'", "'@poe2, @poe2021'")
    assert desk.told(old).startswith("current: ")


def test_a_range_of_numbers_names_its_middle(desk):
    """1,2,4 becomes 1-3 when a section before it cites them in another order."""
    desk.edit("makebook.toml", '"apa"', '"american-medical-association"')
    bib = (desk.root / "source/sleep.bib").read_text()
    more = "".join(POE.replace("poe2021", f"poe{i}").replace("Beds", f"Beds {i}") for i in "123")
    desk.write("source/sleep.bib", bib + more)
    desk.article("one hour.", "one hour [@poe1] [@lee2020] [@poe2] [@poe3].")
    desk.article("Nobody looked", "Nobody looked [@poe1; @lee2020; @poe3]")
    before = desk.record()["sections"]
    desk.article("[@lee2020] [@poe2] [@poe3].", "[@lee2020] [@poe3] [@poe2].")
    xhtml = "".join(part.xhtml for part in desk.assembled().parts)
    assert ">1–3</a>" in xhtml
    after = desk.record()["sections"]
    assert before["found"] == after["found"]
    assert before["key-points"] != after["key-points"]


def clinic(desk):
    (desk.root / "source/imprints").mkdir()
    desk.write("source/imprints/river.toml", CLINIC)
    desk.write("source/imprints/river.svg", LOGO)
    return desk.pdf(imprint="river")


def test_the_sheet_of_a_clinic(desk):
    plain, old = desk.record(), clinic(desk)
    digest = desk.record("river")["hash"]
    line = f"current: Sleep, in short (SLEEP-1 · version 2.1 · {digest}, imprint river)"
    assert (desk.record(), plain["hash"] != digest) == (plain, True)
    assert desk.compare(old) == desk.compare(digest) == [line]
    desk.write("source/imprints/river.toml", f'{CLINIC}[colours]\naccent = "#1f5a2e"\n')
    assert desk.compare(old) == [line]
    (desk.root / "source/imprints/river.toml").unlink()
    with pytest.raises(UnknownSheet, match="there is no imprint 'river'"):
        desk.compare(old)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("river.toml", "555 0100", "555 0199"),
        ("river.toml", "A river", "The river"),
        ("river.toml", "[clinic]", 'contact = "lines"\n[clinic]'),
        ("river.svg", "M0 0", "M1 1"),
    ],
)
def test_what_a_clinic_says_of_itself(desk, name, before, after):
    old = clinic(desk)
    desk.edit(f"source/imprints/{name}", before, after)
    assert desk.told(old) == (
        HEAD.replace("):", ", imprint river):")
        + "  reprint: the clinic's name, contact details, or logo changed"
    )
    assert desk.told(desk.pdf()).startswith("current")


def test_a_clinic_in_a_notice(desk):
    desk.edit("source/disclaimers/crisis.md", "line }}", "line }} or {{ clinic.telephone }}")
    old = clinic(desk)
    desk.edit("source/imprints/river.toml", "555 0100", "555 0199")
    assert desk.told(old).splitlines()[1:] == [
        '  reprint: the notice "In a crisis" changed',
        "  reprint: the clinic's name, contact details, or logo changed",
    ]


# The code printed on a sheet


def stamp(record):
    return f"Sources checked March 1, 2026 · SLEEP-1 · version 2.1 · {record['hash']}"


@pytest.mark.parametrize(
    "typed",
    [
        "{stamp}",
        "{hash}",
        "  {hash} ",
        "SLEEP-1 {hash}",
        "{hash}, sleep-1",
        "the sheet Sleep\u20111 v. 2.1 of {HASH}!",
        "sleep {hash}",
    ],
)
def test_what_stands_printed_may_be_typed_in_many_ways(desk, typed):
    record = desk.record()
    digest = record["hash"]
    told = desk.compare(
        typed.format(stamp=stamp(record), hash=digest, HASH=digest.upper()).strip("\n")
    )
    assert told == [f"current: Sleep, in short (SLEEP-1 · version 2.1 · {digest})"]


def test_an_old_hash_tells_only_that_it_is_old(desk):
    line = stamp(desk.record())
    desk.article("40 people", "41 people")
    unknown = (
        "  the code alone does not show what changed: give the PDF of the sheet, "
        "or the manifest.json of its build"
    )
    assert desk.told(line) == HEAD + unknown


@pytest.mark.parametrize("folder", ["", "river"])
def test_the_manifest_of_the_last_build_knows_an_old_hash(desk, folder):
    record = desk.record()
    desk.manifest({"sleep": {"identity": record}}, folder)
    desk.article("40 people", "41 people")
    expected = HEAD + '  reprint: the section "What was found?" changed'
    assert desk.told(stamp(record)) == expected
    assert desk.told(record["hash"]) == expected
    (desk.root / "source/sleep.md").rename(desk.root / "source/night.md")
    assert desk.told(stamp(record)) == desk.told(record["hash"]) == expected


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ("SLEEP-1", "'SLEEP-1' identifies a handout but lacks", "add the 8"),
        ("nonsense", "'nonsense' is neither a file nor the identifier", "use an identifier"),
        ("0123abcd", "no article in this project has the code", "use an identifier"),
        ("TEA-1 · 0123abcd", "no article in this project has the identifier", "use an identifier"),
        ("old.pdf", "'old.pdf' is neither a file", "use an identifier"),
        ("a\x1b[31m", r"'a\x1b[31m' is neither", "use an identifier"),
        ("x" * 5000, "'xxxxxx", "use an identifier"),
        ("a\0b", "'a\\x00b' is neither", "use an identifier"),
        ("", "'' is neither", "use an identifier"),
    ],
)
def test_what_names_nothing(desk, typed, message, hint):
    with pytest.raises(UnknownSheet) as caught:
        desk.compare(typed)
    assert caught.value.message.startswith(message)
    assert caught.value.hint.startswith(hint)


def test_the_hash_of_one_and_the_identifier_of_another_are_not_current(desk):
    with pytest.raises(UnknownSheet, match="identifier 'TEA-1'"):
        desk.compare(f"TEA-1 · {desk.record()['hash']}")


def test_errors_of_today_are_told(desk):
    line, old = stamp(desk.record()), desk.pdf()
    desk.article("[@lee2020].", "[@nobody].")
    for given_ in (line, old):
        with pytest.raises(ProblemsError, match="CIT001"):
            desk.compare(given_)


def test_errors_of_another_article_are_not(desk):
    desk.write("source/tea.md", "---\ntitle: Tea\n---\n\nText [@nobody].\n")
    record = desk.record()
    current = f"current: Sleep, in short (SLEEP-1 · version 2.1 · {record['hash']})"
    assert desk.compare(stamp(record)) == [current]
    assert desk.compare(record["hash"]) == [current]
    assert desk.told("SLEEP-1 · 0123abcd").startswith(HEAD)


# Manifests


def test_a_manifest_of_several_articles(desk):
    desk.write("source/tea.md", f"{TEA}Drink it.\n")
    entries = {name: {"identity": desk.record(name=name)} for name in ("sleep", "tea")}
    path = desk.manifest(entries)
    assert desk.told(path) == (
        "current: all 2 articles\n\n"
        "current: Sleep, in short (SLEEP-1 · version 2.1 · ........)\n\n"
        "current: Tea (TEA-1 · version 1.0 · ........)"
    )
    desk.write("source/tea.md", f"{TEA}Drink less.\n")
    assert desk.told(path) == (
        "out of date: 1 of 2 articles\n\n"
        "current: Sleep, in short (SLEEP-1 · version 2.1 · ........)\n\n"
        "out of date: Tea (TEA-1 · version 1.0): printed code ........, current code ........\n"
        "  reprint: the text before the first heading changed"
    )
    (desk.root / "source/tea.md").unlink()
    assert desk.told(path) == (
        "out of date: 1 of 2 articles\n\n"
        "current: Sleep, in short (SLEEP-1 · version 2.1 · ........)\n\n"
        "out of date: Tea (TEA-1 · version 1.0 · ........): "
        "there is no article 'tea' in this project"
    )


def test_a_manifest_of_an_early_version_has_hashes(desk):
    record = desk.record()
    entry = {key: record[key] for key in ("hash", "title", "identifier", "version")}
    path = desk.manifest({"sleep": entry})
    assert desk.told(path).startswith("current: Sleep")
    desk.article("40 people", "41 people")
    assert desk.told(path).splitlines()[1].startswith("  the code alone does not show")


# Collections


LIST = '[collections.nights]\ntitle = "Nights"\narticles = [{}]\n'


@pytest.fixture
def nights(tmp_path):
    """A collection of four articles, and an earlier sheet of it."""
    desk = Desk(tmp_path)
    for name in ("tea", "walk", "milk"):
        head = TEA.replace("TEA-1", f"{name.upper()}-1").replace("Tea", f"On {name}")
        desk.write(f"source/{name}.md", f"{head}## Why\n\nFor {name}.\n\n![{name}](dot.svg)\n")
    desk.write("source/dot.svg", LOGO)
    desk.toml = (desk.root / "makebook.toml").read_text(encoding="utf-8")
    bind(desk, "sleep", "tea", "walk", "milk")
    return desk, desk.pdf(content=identity.encode(whole(desk)))


def bind(desk, *names):
    desk.write("makebook.toml", desk.toml + LIST.format(", ".join(f'"{n}"' for n in names)))


def whole(desk):
    return identity.describe(assembled(read_sources(desk.root), "nights", ""))


def lines(desk, old):
    sources = read_sources(desk.root)
    today = Today(names_of(sources), sources.imprints, partial(assembled, sources))
    head, *rest = compare(old, today, desk.root / "build")
    assert head.startswith("out of date: Nights (nights)")
    return [line.removeprefix("  reprint: the ") for line in rest]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("tea walk milk", ['article "Sleep, in short" was removed']),
        ("sleep tea walk", ['article "On milk" was removed']),
        ("tea walk milk sleep", ['article "Sleep, in short" was moved']),
        ("sleep walk tea milk", ['article "On walk" was moved']),
        ("milk tea sleep", ['article "On milk" was moved', 'article "On tea" was moved',
                            'article "On walk" was removed']),
    ],
)  # fmt: skip
def test_an_article_of_a_collection_is_named(nights, names, expected):
    desk, old = nights
    bind(desk, *names.split())
    found = [line for line in lines(desk, old) if "references: " not in line]
    assert [line for line in found if "article" in line] == expected
    removed = sum("was removed" in line for line in expected)
    assert found.count('notice "Who made this handout" was removed') == removed
    assert len(found) == len(expected) + removed


def test_an_article_is_added_to_a_collection_and_another_changes(nights):
    desk, _ = nights
    bind(desk, "sleep", "tea")
    old = desk.pdf(content=identity.encode(whole(desk)))
    bind(desk, "milk", "sleep", "tea")
    desk.edit("source/tea.md", "For tea", "For two")
    assert lines(desk, old) == [
        'notice "Who made this handout" was added',
        'article "On milk" was added',
        'article "On tea" changed',
    ]
    desk.edit("source/tea.md", "title: On tea", "title: On two")
    assert lines(desk, old)[-1] == 'article "On tea" is now called "On two"'


def test_an_article_whose_file_has_another_name(desk):
    old = desk.pdf()
    (desk.root / "source/sleep.md").rename(desk.root / "source/night.md")
    assert desk.told(old).startswith("current: Sleep")
    desk.edit("source/night.md", "identifier: SLEEP-1", "identifier: NIGHT-1")
    with pytest.raises(UnknownSheet, match="there is no article 'sleep'"):
        desk.compare(old)


# Files that are not ours, or not as they were


def unreadable(desk, path):
    with pytest.raises(ProblemsError) as caught:
        desk.compare(str(path))
    (problem,) = caught.value.problems
    assert (problem.code, problem.span.path) == ("DIF001", str(path))
    assert problem.hint
    return problem.message


def test_a_folder(desk):
    assert unreadable(desk, desk.root) == "is a folder"


def test_a_huge_file(desk):
    path = desk.root / "huge.pdf"
    with path.open("wb") as stream:
        stream.truncate(300 * 2**20)
    assert unreadable(desk, path) == "is too large to be from makebook: 300 MB"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a PDF, an EPUB, or a manifest.json"),
        (b"# a text", "is not a PDF, an EPUB, or a manifest.json"),
        (b"[" * 100_000, "is not a PDF, an EPUB, or a manifest.json"),
        (b"\xff\xfe\x00", "is not a PDF, an EPUB, or a manifest.json"),
        (b"[]", "identifies no sheet, or is damaged"),
        (b'{"articles": {}}', "identifies no sheet, or is damaged"),
        (b'{"articles": {"a": {"hash": 1}}}', "identifies no sheet, or is damaged"),
        (b"%PDF-1.7 but no more", "cannot be opened: Failed to load document"),
        (b"PK\x03\x04 but no more", "is damaged, or not from makebook"),
    ],
)
def test_a_file_that_says_nothing(desk, content, message):
    path = desk.root / "old"
    path.write_bytes(content)
    assert unreadable(desk, path).startswith(message)


def test_a_pdf_that_is_not_ours(desk):
    path = desk.root / "other.pdf"
    pdf = pdfium.PdfDocument.new()
    pdf.new_page(100, 100)
    pdf.save(path)
    assert unreadable(desk, path).startswith("contains no identity.json")


def test_a_pdf_cut_short(desk):
    """PDFium repairs what it can."""
    whole = Path(desk.pdf()).read_bytes()
    path = desk.root / "short.pdf"
    for size in range(20, len(whole), 97):
        path.write_bytes(whole[:size])
        try:
            assert desk.told(str(path)).startswith("current")
        except ProblemsError as error:
            assert "DIF001" in str(error)  # noqa: PT017 - either is right


def test_a_pdf_with_a_password(desk):
    path = desk.root / "locked.pdf"
    with pikepdf.open(desk.pdf()) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="a", user="b"))
    assert unreadable(desk, path).startswith("cannot be opened: ")


def test_an_ebook_made_to_keep_the_reader_busy(desk):
    path = desk.root / "busy.epub"
    for page in ("<p " * 500_000, "<p " + 'id="stamp" ' * 100_000, '<p id="stamp">' * 100_000):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
            book.writestr("EPUB/title.xhtml", page)
        assert unreadable(desk, path).startswith("is damaged, or not from makebook")


@pytest.mark.parametrize("content", [b"{", b"[]", b"[" * 50_000, b"\xff", b"1" * 9_000, b"{}"])
def test_an_identity_that_is_damaged(desk, content):
    assert unreadable(desk, desk.pdf(content=content)) == "its identity.json is damaged"
    assert unreadable(desk, desk.epub(content)) == "its identity.json is damaged"


def test_nothing_hostile_reaches_the_terminal(desk):
    record = desk.record()
    record["hash"] = "\x1b[2J"
    record["sections"]["found"]["title"] = "\u202eevil\x1b]0;\ud800"
    record["notices"]["evil"] = {"title": "\x07" + "x" * 9_000, "hash": ""}
    told = "\n".join(desk.compare(desk.pdf(content=json.dumps(record).encode())))
    assert all(c.isprintable() for c in told.replace("\n", ""))
    assert max(map(len, told.splitlines())) < 400


def test_a_record_of_another_format_gives_its_hash(desk):
    record = {**desk.record(), "makebook": 2, "sections": "new"}
    assert desk.told(desk.pdf(content=identity.encode(record))).startswith("current: ")
    desk.article("40 people", "41 people")
    told = desk.told(desk.pdf(content=identity.encode(record)))
    assert told.splitlines()[1].startswith("  the code alone does not show")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = "makebook name title identifier version hash imprint lang sections notices references rest"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    whole=JSON,
    some=st.dictionaries(st.sampled_from(KEYS.split()), JSON, max_size=4),
    inner=st.dictionaries(st.sampled_from(["found", "pictures", "title", "short"]), JSON),
    place=st.sampled_from(["sections", "notices", "references", "rest"]),
)
def test_any_json_as_identity_is_a_sheet_or_a_clean_problem(whole, some, inner, place, told_once):
    sources, folder, record = told_once
    altered = {**record, **some}
    nested = {**record, "hash": "00000000", place: {**record[place], **inner}}
    for content in (whole, altered, nested, {"articles": {"sleep": {"identity": altered}}}):
        path = folder / "old.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        for line in lines_or_problem(path, sources):
            assert all(c.isprintable() for c in line.replace("\xa0", "")), line


def lines_or_problem(path, sources):
    try:
        return compare(str(path), sources, path.parent)
    except UnknownSheet as error:
        return [error.message, error.hint]
    except ProblemsError as error:
        if {problem.code for problem in error.problems} != {"DIF001"}:
            raise
        return str(error).splitlines()


@pytest.fixture(scope="module")
def told_once(tmp_path_factory):
    """A project of one article, read once."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    document = desk.assembled()
    sources = Today(["sleep"], [], lambda _name, _imprint: document)
    return sources, desk.root, identity.describe(document)


# The record itself


def test_a_record_is_json_that_a_person_can_read(desk, golden):
    golden("small/identity.json", identity.encode(desk.record()).decode())


def test_a_record_is_the_same_every_time(desk):
    assert identity.encode(desk.record()) == identity.encode(desk.record())


def test_what_a_pdf_carries(desk):
    path = Path(desk.pdf(content=b"{}"))
    assert attachments(path.read_bytes()) == {"identity.json": b"{}"}
    with pytest.raises(ValueError, match="load document"):
        attachments(b"%PDF-")


# The command


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(["diff", *arguments])
    out, err = capsys.readouterr()
    return stop.value.code or 0, out, err


def test_the_command_ends_with_0_either_way(desk, capsys):
    record = desk.record()
    project = ("--project", str(desk.root))
    status, out, err = run(capsys, "SLEEP-1", record["hash"], *project)
    assert (status, out[:15], err) == (0, "current: Sleep,", "")
    desk.article("40 people", "41 people")
    status, out, err = run(capsys, stamp(record), *project)
    assert (status, out[:12], err) == (0, "out of date:", "")


def test_the_command_ends_with_2_for_what_names_nothing(desk, capsys):
    status, out, err = run(capsys, "TEA-1", "--project", str(desk.root))
    assert (status, out) == (2, "")
    assert err.endswith(
        "Error: 'TEA-1' is neither a file nor the identifier and code of a sheet\n"
        "    hint: use an identifier of this project: SLEEP-1\n"
    )


def test_the_command_ends_with_1_for_a_file_that_says_nothing(desk, capsys):
    status, out, err = run(capsys, str(desk.root), "--project", str(desk.root))
    assert (status, out) == (1, "")
    assert err == (
        f"{desk.root}: error DIF001: is a folder\n"
        "    hint: give the PDF or the manifest.json itself\n"
    )


def test_the_command_ends_with_1_for_errors_of_today(desk, capsys):
    old = desk.pdf()
    desk.article("[@lee2020].", "[@nobody].")
    status, out, err = run(capsys, old, "--project", str(desk.root))
    assert (status, out) == (1, "")
    assert re.match(r"source/sleep\.md:\d+:\d+: error CIT001: no entry for 'nobody'", err)


def test_what_is_built_is_current(built):
    """PDF, booklet, e-book and manifest of a real build, each against its sources."""
    sources = read_sources(SMALL)
    today = Today(sources.names, sources.imprints, sources.assembled)
    folder = built("small")
    names = {path.name for path in folder.glob("[!.]*.*") if path.suffix != ".html"}
    for name in sorted(names - {FEED, CATALOG}):
        (line,) = compare(str(folder / name), today, folder)
        assert line.startswith("current: Sleep, in short (SLEEP-1")

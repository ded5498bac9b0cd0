"""Collections: several articles bound in one PDF and one EPUB.

The goldens in `tests/data/goldens/bound/` are the collection of `tests/projects/bound`, as it is
read and heard. Its articles have the same ids and picture names, one work under two keys, two works
under one key, notices that all of them share, that two share, and that differ in their words. After
a change that is meant set MAKEBOOK_REWRITE=1, run this file, and read the diff first.
"""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from press.build import run
from press.build.run import build
from press.catalog.entries import read_entries
from press.catalog.listing import chosen
from press.catalog.record import record
from press.check.external import epubcheck, verapdf
from press.cli import main
from press.core import labels
from press.core.files import default_folder
from press.core.manifest import read_manifest
from press.core.model import Request
from press.core.problems import ERROR
from press.document import binding
from press.document.binding import assembled
from press.document.compose import read_sources
from press.readback.aloud import aloud
from press.readback.pdf import read_pdf
from press.serve import steps
from tests import inside

TODAY = date(2026, 11, 23)
BOUND = Path(__file__).parent / "projects" / "bound"
NOTICE = "---\ntitle: Ask\nshort: Ask first.\nplace: [closing, every-page]\n---\n\nAsk us.\n"
TOML = 'editions = ["letter", "sheet"]\n[collections.all-of-it]\ntitle = "All of it"\n'


@pytest.fixture(scope="module")
def nights(built) -> Path:
    folder = built("bound")
    assert isinstance(folder, Path)
    return folder


@pytest.fixture(scope="module")
def bound():
    return assembled(read_sources(BOUND), "nights", "")


def write(root: Path, **files: str) -> Path:
    """Write a project; `__` in a name is a slash, and a name without an ending gets `.md`."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path = path if path.suffix else path.with_name(f"{path.name}.md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def two(root: Path, **files: str) -> Path:
    """Write a project of two articles and a collection of both."""
    articles = 'articles = ["tea", "milk"]\n'
    tea = "---\ntitle: Tea\n---\n\n## How\n\nHot.\n"
    return write(
        root,
        **{
            "makebook.toml": TOML + articles,
            "source__disclaimers__ask": NOTICE,
            "source__tea": tea,
            "source__milk": "---\ntitle: Milk\n---\n\n## How\n\nCold.\n",
            **files,
        },
    )


def make(root: Path, *articles: str, **options):
    return build(Request(root, root / "build", TODAY, articles, **options))


def rebuilt(root: Path) -> dict[str, tuple[str, ...]]:
    """Build, and return what was made of each article and collection."""
    outcome = make(root)
    assert not outcome.failed, "\n".join(map(str, outcome.every_problem))
    return {built.name: built.made for built in outcome.built}


def said(outcome) -> list[str]:
    return [str(problem) for problem in outcome.every_problem if problem.severity == ERROR]


# What is bound


def test_a_call_for_help_looks_the_same_in_a_collection(tmp_path):
    editions = 'editions = ["letter", "large-print"]'
    toml = TOML.replace('editions = ["letter", "sheet"]', editions) + 'articles = ["tea", "milk"]\n'
    text = "---\ntitle: Tea\n---\n\n## Help {.urgent}\n\n### Now\n\n- Pain.\n\n### Today\n\nCall.\n"
    root = two(tmp_path, source__tea=text, **{"makebook.toml": toml})
    assert not said(make(root))
    for edition in ("", "-large-print"):
        alone, bound = (
            {
                text.text.strip(): (text.size, text.color)
                for page in read_pdf((root / "build" / f"{name}{edition}.pdf").read_bytes())
                for text in page.texts
            }
            for name in ("tea", "all-of-it")
        )
        for words in ("Help", "Now", "Today", "Call."):
            assert alone[words] == bound[words], words


def test_the_pdf_as_it_is_heard(nights, golden):
    golden("bound/nights.pdf.txt", "\n".join(aloud((nights / "nights.pdf").read_bytes())))


def test_the_bookmarks_lead_to_the_articles_and_their_sections(nights, golden):
    golden("bound/bookmarks.txt", "\n".join(inside.bookmarks((nights / "nights.pdf").read_bytes())))


@pytest.mark.parametrize("name", ["contents.xhtml", "part-2.xhtml", "references.xhtml"])
def test_the_e_book(nights, golden, name):
    book = inside.book((nights / "nights.epub").read_bytes())
    golden(f"bound/{name}", inside.spread(book.read(f"EPUB/{name}").decode()))


def test_each_article_has_a_file_of_the_e_book(nights):
    names = inside.book((nights / "nights.epub").read_bytes()).namelist()
    files = [name.removeprefix("EPUB/") for name in names if name.endswith(".xhtml")]
    assert [name for name in files if name.startswith("part-")] == [
        "part-1.xhtml", "part-2.xhtml", "part-3.xhtml",
    ]  # fmt: skip


def test_only_a_pdf_and_an_e_book_are_made(nights):
    assert {path.name for path in nights.glob("nights*")} == {"nights.pdf", "nights.epub"}


@pytest.mark.parametrize(("check", "name"), [(epubcheck, "nights.epub"), (verapdf, "nights.pdf")])
def test_the_checkers_find_nothing(nights, checker, check, name):
    assert [line for line in checker(check, nights / name) if " USAGE " not in line] == []


def test_the_pdf_says_what_each_part_is(nights):
    identity = read_manifest(nights)["articles"]["nights"]["identity"]
    articles = read_manifest(nights)["articles"]
    assert identity["parts"] == [
        {"name": name, "title": title, "identifier": f"{name.upper()}-1", "version": version,
         "hash": articles[name]["hash"], "date": day}
        for name, title, version, day in [
            ("sleep", "Sleep", "1.2", "2026-05-01"),
            ("worry", "Worry", "2", "2026-04-01"),
            ("tea", "Tea", "", "2026-06-01"),
        ]
    ]  # fmt: skip
    embedded = inside.attached((nights / "nights.pdf").read_bytes())
    assert sorted(embedded) == ["identity.json", "nights.epub", "sleep.md", "tea.md", "worry.md"]
    book = inside.book((nights / "nights.epub").read_bytes())
    assert book.read("META-INF/identity.json") == embedded["identity.json"]


def test_an_article_with_another_name_has_it_in_both_files(tmp_path):
    root = two(tmp_path)
    rebuilt(root)
    (root / "source/tea.md").rename(root / "source/cup.md")
    write(root, **{"makebook.toml": TOML + 'articles = ["cup", "milk"]\n'})
    assert rebuilt(root)["all-of-it"] == ("all-of-it.epub", "all-of-it.pdf")
    book = inside.book((root / "build/all-of-it.epub").read_bytes())
    assert [part["name"] for part in json.loads(book.read("META-INF/identity.json"))["parts"]] == [
        "cup", "milk",
    ]  # fmt: skip


def test_a_part_has_the_hash_of_the_handout_by_itself(nights, bound):
    articles = read_manifest(nights)["articles"]
    for part, name in zip(bound.parts[2:5], ("sleep", "worry", "tea"), strict=True):
        dated, line = articles[name]["stamp"].split(" · ", 1)
        assert f">{line}</p>" in part.xhtml
        assert dated.removeprefix("Reviewed ") in part.xhtml


def test_the_words_of_the_program_do_not_change_the_hash(bound, monkeypatch):
    for name in ("contents", "reviewed-by", "version", "by"):
        monkeypatch.setitem(labels._ENGLISH, name, f"Zz {labels._ENGLISH[name]}")
    again = assembled(read_sources(BOUND), "nights", "")
    assert (again.hash, again.parts != bound.parts) == (bound.hash, True)


def test_works_are_printed_once_and_numbered_through(bound):
    assert [(each.number, each.key) for each in bound.references] == [
        (1, "light"), (2, "bed"), (3, "noise"), (4, "bed-1"),
    ]  # fmt: skip
    assert [[cite.key for cite in each.cites] for each in bound.clusters] == [
        ["light", "bed", "noise"], ["noise"], ["light"], ["bed-1"],
    ]  # fmt: skip


NOISE = """@article{noise, author={Jones, Ann}, title={Noise at night},
journal={J Sleep}, year=2020,
volume=4, number=1, pages={110--119}}"""


@pytest.mark.parametrize(
    ("change", "times"),
    [
        (("Noise at night", "{{Noise} at Night.}"), 1),
        (("J Sleep", "Journal of Sleep"), 1),
        (("110--119", "110-9"), 1),
        (("}}", "}, doi={10.1000/noise}}"), 1),
        (("}}", "}, pmid={123}}"), 1),
        (("Jones, Ann", "Jones, A."), 1),
        (("Noise at night", "Noise at noon"), 2),
        (("Jones, Ann", "Smith, Ann"), 2),
        (("volume=4", "volume=5"), 2),
        (("110--119", "210--219"), 2),
        (("number=1", "number=2"), 2),
        (("year=2020", "year=2021"), 2),
        (("@article", "@phdthesis"), 2),
        (("J Sleep", "J Rest"), 2),
        (("volume=4, ", ""), 2),
        (("Noise at night", "Noise < night"), 2),
        (("Jones, Ann", "Jones, Zed"), 2),
        (("Jones, Ann", "Jones, Ann and Roe, Jo"), 2),
    ],
    ids=lambda value: str(value[1])[:12] if isinstance(value, tuple) else "",
)
def test_a_work_that_is_written_in_two_ways_is_printed_once(tmp_path, change, times):
    """But what may be two works is printed twice: nothing is lost."""
    text = "---\ntitle: {0}\nbibliography: {0}.bib\n---\n\n## How\n\nText [@{1}].\n"
    root = two(
        tmp_path,
        source__tea=text.format("tea", "noise"),
        source__milk=text.format("milk", "other"),
        **{"source__tea.bib": NOISE, "source__milk.bib": NOISE.replace("{noise", "{other")},
    )
    path = root / "source" / "milk.bib"
    assert change[0] in path.read_text()
    path.write_text(path.read_text().replace(*change))
    document = assembled(read_sources(root), "all-of-it", "")
    assert len(document.references) == times
    assert ("10.1000" in document.references[0].xhtml) == ("doi" in change[1])


PAGE = (
    "@online{{{0}, title={{Insomnia}}, url={{https://{1}.example.org}}, urldate={{2026-01-0{2}}}}}"
)
PART = """@incollection{{{0}, title={{Treatment of {1}}}, author={{Roe, Jo}}, booktitle={{Sleep}},
year=2020, publisher={{Press}}, pages={{{2}}}, doi={{10.1000/book}}}}"""
SHORT = (
    "@article{{{0}, title={{Reply}}, author={{Lee, Ann}}, journal={{J}}, year=2017, month={1}{2}}}"
)


@pytest.mark.parametrize(
    ("entry", "one", "other"),
    [
        (PAGE, ("north", 1), ("south", 1)),
        (PAGE, ("north", 1), ("north", 2)),
        (PART, ("depression", "1--9"), ("delusions", "20--29")),
        (PART, ("worry", "1--9"), ("worry in children", "20--29")),
        (SHORT, ("jan", ""), ("feb", "")),
        (SHORT, ("jan", ""), ("jan", ", note={a}, number=3")),
    ],
)
def test_works_that_only_look_alike_are_all_printed(tmp_path, entry, one, other):
    """To take two works for one would lose a reference."""
    text = "---\ntitle: {0}\nbibliography: {0}.bib\n---\n\n## How\n\nText [@{0}].\n"
    root = two(tmp_path, source__tea=text.format("tea"), source__milk=text.format("milk"))
    (root / "source" / "tea.bib").write_text(entry.format("tea", *one))
    (root / "source" / "milk.bib").write_text(entry.format("milk", *other))
    assert len(assembled(read_sources(root), "all-of-it", "").references) == 2


def test_no_id_is_used_twice_and_every_link_leads_somewhere(bound):
    text = "".join(part.xhtml for part in bound.parts)
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(set(ids)) == len(ids)
    assert set(re.findall(r' href="#([^"]+)"', text)) <= set(ids)
    assert "worry.html" not in text  # a link to an article that is bound leads to it


def test_diff_knows_a_collection(nights, capsys):
    for old in (str(nights / "nights.pdf"), "nights 00000000"):
        with pytest.raises(SystemExit):
            main(["diff", "--project", str(BOUND), "--output", str(nights), old])
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert first.startswith("current: Better nights (nights · ")
    assert second.startswith("out of date: Better nights (nights): printed code 00000000")


def test_a_notice_in_the_text_of_two_articles_is_printed_in_the_first(tmp_path):
    text = "---\ntitle: {0}\n---\n\n## How\n\n{0}.\n\n{{{{ notice.ask }}}}\n"
    root = two(tmp_path, source__tea=text.format("Tea"), source__milk=text.format("Milk"))
    document = assembled(read_sources(root), "all-of-it", "")
    contents, tea, milk = document.parts
    assert [part.xhtml.count("Ask us.") for part in (contents, tea, milk)] == [0, 1, 0]
    assert '<a href="#notice-ask">Ask</a>' in milk.xhtml
    assert document.short == "Ask first."


def test_articles_in_two_languages_are_not_bound(tmp_path):
    root = two(tmp_path, source__milk="---\ntitle: Milk\nlang: en-GB\n---\n\nCold.\n")
    (problem,) = said(make(root, "all-of-it"))
    assert problem.startswith(
        "makebook.toml:4:1: error COL001: collection 'all-of-it' has articles"
    )
    assert "'tea' in en-US and 'milk' in en-GB" in problem


# The citation style


def test_authors_and_years_are_told_apart_across_articles(tmp_path):
    book = "@book{{x, author={{Smith, Jane}}, title={{{0}}}, year=2020, publisher={{P}}}}\n"
    article = "---\ntitle: {0}\nbibliography: {0}.bib\n---\n\nSo it is [@x].\n"
    root = two(
        tmp_path,
        **{
            "makebook.toml": 'csl = "apa"\n' + TOML + 'articles = ["tea", "milk"]\n',
            "source__tea": article.format("tea"),
            "source__milk": article.format("milk"),
            "source__tea.bib": book.format("On Tea"),
            "source__milk.bib": book.format("On Milk"),
        },
    )
    document = assembled(read_sources(root), "all-of-it", "")
    text = "".join(part.xhtml for part in document.parts)
    assert re.findall(r"2020[ab]?", "".join(re.findall(r'class="cite"[^>]*>([^<]+)', text))) == [
        "2020b", "2020a",
    ]  # fmt: skip
    assert len(document.references) == 2


# The incremental build


def test_a_collection_follows_its_articles(tmp_path):
    root = two(tmp_path)
    files = {"all-of-it.epub", "all-of-it.pdf"}
    assert set(rebuilt(root)["all-of-it"]) == files
    assert not any(rebuilt(root).values())
    (root / "source" / "tea.md").write_text("---\ntitle: Tea\n---\n\n## How\n\nVery hot.\n")
    made = rebuilt(root)
    assert (set(made["all-of-it"]), made["milk"]) == (files, ())
    toml = root / "makebook.toml"
    toml.write_text(toml.read_text().replace("All of it", "All of them"))
    made = rebuilt(root)
    assert (set(made["all-of-it"]), made["tea"], made["milk"]) == (files, (), ())
    (root / "source" / "disclaimers" / "ask.md").write_text(NOTICE.replace("Ask us", "Ask all"))
    assert set(rebuilt(root)["all-of-it"]) == files
    assert not any(rebuilt(root).values())


def test_the_library_offers_a_collection(tmp_path):
    root = two(tmp_path)
    rebuilt(root)
    for name in ("index.html", "opds.json"):
        assert "all-of-it.pdf" in (root / "build" / name).read_text()


def test_a_collection_is_found_by_the_codes_of_its_articles(tmp_path):
    text = "---\ntitle: {0}\ncodes: {{{1}}}\n---\n\nText.\n"
    root = two(
        tmp_path,
        source__tea=text.format("Tea", "icd10: [F42, F51.0]"),
        source__milk=text.format("Milk", "snomed: [193462001], icd10: [F42, G47.0]"),
    )
    for change, icd10 in (
        ("F51.0", ["F42", "F51.0", "G47.0"]),
        ("F51.1", ["F42", "F51.1", "G47.0"]),
    ):
        path = root / "source" / "tea.md"
        path.write_text(path.read_text().replace("F51.0", change))
        rebuilt(root)
        listed = json.loads((root / "build" / "library.json").read_text())["handouts"]
        (codes,) = [each["codes"] for each in listed if each["name"] == "all-of-it"]
        assert codes == {"icd10": icd10, "snomed": ["193462001"]}


def test_a_collection_that_is_deleted_is_no_longer_offered(tmp_path):
    root = two(tmp_path)
    rebuilt(root)
    (root / "makebook.toml").write_text('editions = ["letter", "sheet"]\n')
    outcome = make(root)
    left = {p.span.path for p in outcome.every_problem if p.code == "OUT001"}
    assert left == {"build/all-of-it.epub", "build/all-of-it.pdf"}
    assert "all-of-it" not in (root / "build" / "index.html").read_text()


def test_a_withdrawn_article_is_not_bound(tmp_path, capsys):
    """And the library and `diff` answer for what was printed of the collection."""
    root = two(tmp_path)
    rebuilt(root)
    digest = read_manifest(root / "build")["articles"]["all-of-it"]["hash"]
    old = (root / "build" / "all-of-it.pdf").rename(root / "old.pdf")
    manifest = (root / "build" / "manifest.json").read_text()
    gone = "---\ntitle: Tea\nstatus: withdrawn\nwithdrawn-because: Wrong.\n---\n\n## How\n\nHot.\n"
    (root / "source" / "tea.md").write_text(gone)
    answer = "withdrawn: do not use All of it (all-of-it): Tea: Wrong.\n"
    for built in (False, True, True):
        if built:
            assert said(make(root)) == [
                "makebook.toml:4:1: error COL001: 'tea' is withdrawn, so collection 'all-of-it' "
                "cannot be bound\n    hint: remove it from the list; the library no longer offers "
                "the earlier files"
            ]
            assert "all-of-it" not in read_manifest(root / "build")["articles"]
            page = (root / "build" / "index.html").read_text()
            assert re.search(f'data-hashes="[^"]*{digest}[^"]*" data-because="Tea: Wrong."', page)
            assert "all-of-it" not in page
        for sheet in (str(old), f"Reviewed · {digest}", "all-of-it"):
            with pytest.raises(SystemExit):
                main(["diff", "--project", str(root), sheet])
            assert capsys.readouterr().out == answer
    (root / "old.json").write_text(manifest)
    with pytest.raises(SystemExit):
        main(["diff", "--project", str(root), str(root / "old.json")])
    printed = capsys.readouterr().out
    assert answer in printed
    assert "withdrawn: do not use Tea (tea): Wrong.\n" in printed
    assert "current: Milk" in printed
    with pytest.raises(SystemExit):
        main(["diff", "--project", str(root), "deadbeef"])
    assert "no article in this project has the code 'deadbeef'" in capsys.readouterr().err
    toml = (root / "makebook.toml").read_text()
    (root / "makebook.toml").write_text(toml.replace('"tea", ', ""))
    assert not make(root).failed
    for sheet in (str(old), digest):
        with pytest.raises(SystemExit):
            main(["diff", "--project", str(root), sheet])
        assert capsys.readouterr().out == answer, "what was printed still contains it"
    page = (root / "build" / "index.html").read_text()
    assert re.search(f'data-hashes="[^"]*{digest}[^"]*" data-because="Tea: Wrong."', page)


DATES = "reviewer: Dr. Reed\nreviewed: 2026-0{0}-05\nnext-review: 2027-0{0}-05\ndate: {1}-01-01"


def test_a_collection_is_as_old_as_its_oldest_article(tmp_path):
    text = "---\ntitle: {}\n{}\n---\n\n## How\n\nHot.\n"
    root = two(tmp_path, source__milk=text.format("Milk", DATES.format(3, 2025)))
    tea, pdf = root / "source" / "tea.md", root / "build" / "all-of-it.pdf"
    tea.write_text(text.format("Tea", DATES.format(2, 2024)))
    assert not make(root, formats=("pdf",)).failed
    heard = list(aloud(pdf.read_bytes()))
    assert heard[1] == "paragraph: Reviewed February 5, 2026 · Published January 1, 2024"
    line = "paragraph: Reviewed by Dr. Reed, {} 5, 2026 · Published January 1, {}"
    assert {line.format("February", 2024), line.format("March", 2025)} < set(heard)
    digest = read_manifest(root / "build")["articles"]["tea"]["hash"]
    assert f"paragraph: {digest}" in heard  # its dates are in the line above
    entries = read_entries(root, root / "build", [])
    (row,) = (entry for entry in entries if entry.name == "all-of-it")
    assert (row.matter.reviewed, row.due) == (date(2026, 2, 5), date(2027, 2, 5))
    assert record(row).endswith(" · All of it · en-US · 2026-02-05")
    assert {entry.name for entry in chosen(entries, (), 80, TODAY)} == {"all-of-it", "tea"}

    tea.write_text(text.format("Tea", "date: 2024-01-01"))
    assert not make(root, formats=("pdf",)).failed
    (page, *_) = read_pdf(pdf.read_bytes())
    text = page.text.replace("\xa0", " ")
    assert re.search("Published January 1, 2024 · [0-9a-f]{8}", text)
    assert "Reviewed" not in text


def test_a_draft_is_not_bound(tmp_path):
    root = two(tmp_path, source__tea="---\ntitle: Tea\nstatus: draft\n---\n\nHot.\n")
    (problem,) = said(make(root, "all-of-it"))
    assert problem == (
        "makebook.toml:4:1: error COL001: 'tea' is a draft, so collection 'all-of-it' cannot be "
        "bound\n    hint: remove it from the list, or delete 'status: draft' in source/tea.md"
    )


def test_an_error_in_one_article_stops_the_collection_and_no_other_article(tmp_path):
    root = two(tmp_path, source__tea="---\ntitle: Tea\n---\n\nSee [@nobody].\n")
    outcome = make(root)
    assert {built.name: bool(built.entry) for built in outcome.built} == {
        "all-of-it": False, "milk": True, "tea": False,
    }  # fmt: skip


def test_what_is_current_is_neither_read_nor_composed(tmp_path, monkeypatch):
    root = two(tmp_path, source__cup="---\ntitle: Cup\n---\n\nRound.\n")
    rebuilt(root)
    (root / "source" / "cup.md").write_text("---\ntitle: Cup\n---\n\nSquare.\n")
    monkeypatch.setattr(binding, "bind", None)
    made = rebuilt(root)
    assert (bool(made["cup"]), made["all-of-it"]) == (True, ())
    toml = root / "makebook.toml"
    toml.write_text(f"# Of this clinic\n{toml.read_text()}")
    assert not any(rebuilt(root).values())


def test_a_request_for_web_pages_is_current_with_a_collection(tmp_path, monkeypatch):
    root = two(tmp_path)
    assert not make(root).failed
    monkeypatch.setattr(run, "_make", None)
    assert not make(root, formats=("html",)).failed


# Folders, names, groups, and the cache

FOLDERS = {
    "makebook.toml": 'address = "https://example.org/h"\n'
    + TOML.replace(', "sheet"', "")
    + 'articles = ["tea", "ward/tea"]\n',
    "source__tea": "---\ntitle: Tea\nbibliography: own.bib\n---\n\n"
    "[There](ward/tea.md) and [far](ward/far.md) [@x].\n\n![A cup](cup.png)\n",
    "source__ward__tea": "---\ntitle: Ward tea\nbibliography: own.bib\n---\n\n## More\n\n"
    "[Here](../tea.md), [far](far.md), and [a form](../files/form.txt) [@x].\n\n"
    "![A pot](cup.png)\n",
    "source__ward__far": "---\ntitle: Far\n---\n\nFar.\n",
    "source__files__form.txt": "A form.\n",
    "source__own.bib": "@book{x, author={Smith, Jane}, title={On Tea}, year=2020, publisher={P}}\n",
    "source__ward__own.bib": "@book{x, author={Ng, Lee}, title={On Wards}, year=2021, "
    "publisher={P}}\n",
}


def folders(root):
    root = two(root, **FOLDERS)
    for number, name in enumerate(("source/cup.png", "source/ward/cup.png")):
        Image.new("RGB", (40, 40), (number * 200, 90, 90)).save(root / name, dpi=(150, 150))
    return root


def test_each_article_has_what_is_in_its_own_folder(tmp_path):
    root = folders(tmp_path)
    document = assembled(read_sources(root), "all-of-it", "")
    assert [each.name for each in document.bound] == ["tea", "ward/tea"]
    assert [each.source[0] for each in document.bound] == ["tea.md", "tea-1.md"]
    assert len({image.data for image in document.images}) == 2
    assert [each.key for each in document.references] == ["x", "x-1"]
    text = "".join(part.xhtml for part in document.parts)
    links = re.findall(r'<a href="((?!#)[^"]+)"', text)
    assert links == ["ward/far.html", "ward/far.html", "files/form.txt"]
    assert '<a href="#part-2">There</a>' in text
    assert '<a href="#part-1">Here</a>' in text


def test_a_collection_of_articles_in_folders_is_built(tmp_path):
    root = folders(tmp_path)
    outcome = make(root, "all-of-it")
    assert said(outcome) == []
    data = (root / "build" / "all-of-it.pdf").read_bytes()
    assert {"tea.md", "tea-1.md"} <= set(inside.attached(data))
    book = inside.book((root / "build" / "all-of-it.epub").read_bytes())
    assert 'href="https://example.org/h/ward/far.html"' in book.read("EPUB/part-2.xhtml").decode()
    (root / "source" / "ward" / "own.bib").write_text(
        FOLDERS["source__ward__own.bib"].replace("On Wards", "On Beds")
    )
    assert make(root, "all-of-it").built[0].made


def test_an_article_takes_the_name_of_a_collection(tmp_path):
    root = two(tmp_path)
    rebuilt(root)
    write(root, **{"source__all-of-it": "---\ntitle: All\n---\n\nAll.\n"})
    for _ in range(2):
        outcome = make(root)
        (problem,) = said(outcome)
        assert problem.startswith("makebook.toml:2:1: error CFG007: file all-of-it.")
        assert "would replace a file of all-of-it.md" in problem
        entry = read_manifest(root / "build")["articles"]["all-of-it"]
        assert entry["title"] == "All"
        assert "All." in "\n".join(aloud((root / "build" / "all-of-it.pdf").read_bytes()))


def test_an_article_takes_a_file_of_a_collection(tmp_path):
    root = two(tmp_path)
    toml = root / "makebook.toml"
    toml.write_text(toml.read_text().replace("sheet", "a4"))
    rebuilt(root)
    write(root, **{"source__all-of-it-a4": "---\ntitle: New\n---\n\nNew.\n"})
    for _ in range(2):
        (problem,) = said(make(root))
        assert "all-of-it-a4.pdf of collection 'all-of-it' would replace a file of" in problem
        articles = read_manifest(root / "build")["articles"]
        assert ("all-of-it" in articles, "all-of-it-a4" in articles) == (False, True)
    assert "New." in "\n".join(aloud((root / "build" / "all-of-it-a4.pdf").read_bytes()))


def test_a_group_selects_a_collection_by_its_name(tmp_path):
    group = '[groups.big]\narticles = ["all-*"]\neditions = ["a4"]\nimprints = ["north"]\n'
    clinic = '[clinic]\nname = "The Clinic"\n'
    root = two(tmp_path, **{"source__imprints__north.toml": clinic})
    toml = root / "makebook.toml"
    toml.write_text(f"{toml.read_text()}{group}")
    outcome = make(root, matrix=True, group="big")
    assert said(outcome) == []
    assert [(b.name, b.imprint) for b in outcome.built] == [
        ("all-of-it", ""), ("all-of-it", "north"),
    ]  # fmt: skip
    entry = read_manifest(root / "build")["articles"]["all-of-it"]
    assert entry["editions"] == ["a4"]
    assert not any(built.made for built in make(root, matrix=True, group="big").built)


def test_the_cache_has_collections(tmp_path):
    (shared := tmp_path / "shared").mkdir()
    first, second = two(tmp_path / "one"), two(tmp_path / "two")
    assert not make(first, cache=shared).failed
    outcome = make(second, cache=shared)
    (built,) = [built for built in outcome.built if built.name == "all-of-it"]
    assert (built.made, built.problems) == ((), ())
    for name in ("all-of-it.pdf", "all-of-it.epub"):
        data = (second / "build" / name).read_bytes()
        assert data == (first / "build" / name).read_bytes()
    toml = second / "makebook.toml"
    toml.write_text(toml.read_text().replace("All of it", "All of them"))
    outcome = make(second, cache=shared)
    assert [bool(b.made) for b in outcome.built if b.name == "all-of-it"] == [True]


# What is asked for


def test_a_collection_is_built_by_its_name(tmp_path):
    outcome = make(two(tmp_path), "all-of-it")
    assert [built.name for built in outcome.built] == ["all-of-it"]
    assert not outcome.failed


@pytest.mark.parametrize(
    "options", [{"formats": ("html",)}, {"formats": ("pdf",), "editions": ("sheet",)}]
)
def test_what_is_not_made_of_collections(tmp_path, options):
    root = two(tmp_path)
    assert "all-of-it" not in [built.name for built in make(root, **options).built]
    for _ in range(2):
        (problem,) = said(make(root, "all-of-it", **options))
        assert "nothing that was asked for is made of the collection 'all-of-it'" in problem


def test_an_imprint_binds_its_own(tmp_path):
    clinic = '[clinic]\nname = "The Clinic"\n'
    root = two(tmp_path, **{"source__imprints__north.toml": clinic})
    assert not make(root, "all-of-it", imprints=("north",)).failed
    words = "\n".join(aloud((root / "build" / "north" / "all-of-it.pdf").read_bytes()))
    assert "The Clinic" in words


def test_the_preview_builds_a_collection_in_view(tmp_path):
    root, told = two(tmp_path), []
    order = {"id": 1, "root": str(root), "output": str(root / "build"), "articles": [], "allow": [],
             "editions": [], "imprints": [""], "article": "all-of-it", "imprint": "",
             "limits": {}}  # fmt: skip
    order["view"] = {"view": "print", "edition": "letter", "first": 0, "last": 0, "pages": 1}
    steps.perform(order, told.append)
    assert [(m["step"], m["failed"]) for m in told] == [("main", False), ("rest", False)]
    assert (root / "build" / "all-of-it.pdf").is_file()


@pytest.mark.parametrize("command", ["packet", "record"])
def test_other_commands_take_a_collection(nights, capsys, command):
    output = ["--output", str(nights)]
    with pytest.raises(SystemExit) as end:
        main([command, "nights", "--project", str(BOUND), *output])
    assert not end.value.code
    assert {"packet": "1 handout", "record": "Better nights"}[command] in capsys.readouterr().out


def test_the_contents_name_the_page_of_each_article(tmp_path):
    """Of the one on their own page, too; and the proof misses it there."""
    root = two(tmp_path)
    assert not make(root, "all-of-it", formats=("pdf",)).failed
    heard = "".join(aloud((root / "build/all-of-it.pdf").read_bytes()))
    assert "[link: Tea (page 1)]" in heard
    css = (default_folder() / "print.css").read_text()
    (root / "styles").mkdir()
    (root / "styles/print.css").write_text(css.replace(".xref::after", ".xref:not(.entry)::after"))
    said = [str(problem) for problem in make(root, "all-of-it", formats=("pdf",)).every_problem]
    assert any("has a cross-reference that does not name page 1: 'Tea'" in each for each in said)


def test_a_title_from_right_to_left_in_english_contents(tmp_path):
    """Programs turn the signs around it."""
    good = "\u05d8\u05d5\u05d1"
    milk = f"---\ntitle: Milk “{good}”\n---\n\n## How\n\n[Tea](tea.md) ({good}).\n"
    root = two(tmp_path, source__milk=milk)
    outcome = make(root, formats=("pdf",))
    assert not outcome.failed, outcome.every_problem
    heard = "".join(aloud((root / "build/all-of-it.pdf").read_bytes()))
    assert f"[link: Milk “{good}” (page 2)]" in heard

"""Groups of articles: what each selects, the matrix that a build makes, and mistakes."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from press.build import run as runs
from press.build.run import build
from press.cli import main
from press.core.manifest import read_manifest
from press.core.model import Config, Document, Edition, Group, Matter, Part, Request
from press.core.problems import UnknownName
from press.document.crosslinks import beyond
from press.source.groups import config_of, grouped, groups_of
from press.source.project import read_project
from tests.here import build_here

TODAY = date(2026, 11, 23)
BASE = 'editions = ["letter"]\nformats = ["html"]\n'
WARD = """
[groups.ward]
articles = ["ward/*"]
editions = ["a4"]
formats = ["epub"]
imprints = ["north"]
"""
SLEEP = """
[groups.sleep]
topics = ["Sleep"]
formats = ["html", "epub"]
"""
TEXT = "---\ntitle: {0}\nidentifier: {1}\ndate: 2026-03-01\ntopics: [{2}]\n---\n\nText.\n"
NAMES = {"plain": "tea", "nap": "sleep", "ward/bed": "beds", "ward/deep/rest": "sleep"}


def write(root: Path, name: str, topic: str) -> None:
    path = root / "source" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEXT.format(name, name.replace("/", "-").upper(), topic))


def project(root: Path, toml: str) -> Path:
    for name, topic in NAMES.items():
        write(root, name, topic)
    (root / "source/imprints").mkdir()
    (root / "source/imprints/north.toml").write_text('[clinic]\nname = "North"\n')
    (root / "makebook.toml").write_text(BASE + toml)
    return root


def run(root: Path, **options):
    return build(Request(root, root / "build", TODAY, matrix=True, **options))


def made(outcome) -> set[str]:
    return {f"{b.imprint}:{name}".lstrip(":") for b in outcome.built for name in b.made}


def told(outcome) -> list[str]:
    return [str(problem).partition("\n")[0] for problem in dict.fromkeys(outcome.every_problem)]


@pytest.fixture
def root(tmp_path, monkeypatch):
    build_here(monkeypatch)
    return project(tmp_path / "project", WARD + SLEEP)


ALL = {
    "plain.html", "nap.html", "nap.epub", "ward/bed.epub", "north:ward/bed.epub",
    "ward/deep/rest.html", "ward/deep/rest.epub",
    "north:ward/deep/rest.html", "north:ward/deep/rest.epub",
}  # fmt: skip


def test_a_build_makes_the_matrix(root):
    outcome = run(root)
    assert not outcome.failed, told(outcome)
    assert made(outcome) == ALL
    assert (root / "build/north/index.html").is_file()
    again = run(root)
    assert made(again) == set()
    assert {(b.imprint, b.name) for b in again.built} == {
        (b.imprint, b.name) for b in outcome.built
    }


def test_the_second_run_looks_at_no_article(root, monkeypatch):
    run(root)

    def never(*_):
        raise AssertionError("an untouched project needs no plan")

    monkeypatch.setattr(runs, "_brought_up_to_date", never)
    assert made(run(root)) == set()


def test_what_no_group_makes_for_an_imprint_does_not_grow_old_in_silence(root):
    said = [
        "build/north/ward/deep/rest.epub: warning OUT003: it may be out of date: "
        "no group makes 'ward/deep/rest' for the imprint 'north'"
    ]
    run(root)
    toml, path = root / "makebook.toml", root / "source/ward/deep/rest.md"
    toml.write_text(toml.read_text().replace('"ward/*"', '"ward/bed"'))
    assert told(run(root)) == told(run(root)) == said
    assert told(run(root, imprints=("north",))) == told(run(root)) == []
    path.write_text(path.read_text().replace("Text.", "Other."))
    assert told(run(root)) == told(run(root)) == said
    assert told(run(root, articles=("plain",))) == told(run(root, group="sleep")) == []
    path.unlink()
    assert {line.split()[2] for line in told(run(root))} == {"OUT001:"}


def test_one_edit_is_made_in_each_of_its_places(root):
    run(root)
    path = root / "source/ward/bed.md"
    path.write_text(path.read_text().replace("Text.", "Other."))
    assert made(run(root)) == {"ward/bed.epub", "north:ward/bed.epub"}


def test_a_topic_decides_when_it_changes(root):
    run(root)
    write(root, "plain", "tea, sleep")
    assert made(run(root)) == {"plain.html", "plain.epub"}
    write(root, "plain", "tea")
    outcome = run(root)
    assert "build/plain.epub: warning OUT001: the project no longer makes this file" in told(
        outcome
    )


def test_one_group(root):
    assert made(run(root, group="ward")) == {name for name in ALL if "ward/" in name}
    assert read_manifest(root / "build")["articles"].keys() == {"ward/bed", "ward/deep/rest"}
    assert made(run(root, group="sleep")) == {"nap.html", "nap.epub"}


def test_imprints_that_are_asked_for_are_for_all(root):
    every = made(run(root, imprints=("north",)))
    assert every == {f"north:{name}" for name in ALL if ":" not in name}


def test_chosen_articles_keep_their_places(root):
    assert made(run(root, articles=("source/ward/bed.md", "plain"))) == {
        "plain.html", "ward/bed.epub", "north:ward/bed.epub",
    }  # fmt: skip


def test_an_article_in_no_group_is_as_the_project_says(root):
    config = read_project(root, []).config
    assert grouped(config, ()) is config
    read = read_project(root, [])
    assert config_of(read, "plain") == config
    assert [e.name for e in config_of(read, "ward/bed").editions] == ["a4"]


def test_an_article_in_two_groups_has_the_editions_of_both():
    letter, a4, large = (Edition(name) for name in ("letter", "a4", "large"))
    config = Config(editions=(letter,), formats=("pdf",))
    first = Group("first", articles=("a*",), editions=(a4, large), formats=("html",))
    second = Group("second", topics=("TEA",), formats=("epub",))
    assert groups_of("ab", lambda _: ("tea",), (first, second)) == (first, second)
    assert groups_of("ba", lambda _: ("coffee",), (first, second)) == ()
    assert groups_of("ba", lambda _: None, (first, second)) == ()
    assert grouped(config, (first, second)) == replace(
        config, editions=(a4, large, letter), formats=("epub", "html")
    )


def test_the_topics_of_an_article_are_read_once() -> None:
    asked: list[str] = []
    many = [Group(str(n), topics=(f"{n}", f"{n + 1}")) for n in range(3)]
    assert groups_of("a", lambda name: asked.append(name) or ("3",), many) == tuple(many[2:])
    assert asked == ["a"]
    text = "".join(f'<p><a href="{to}">B</a></p>' for to in ("b.html", "b.html#x", "b.pdf"))
    parts = (Part("p", "section", "", f"<section>{text}</section>"),)
    document = Document(
        "a", Matter("A"), "ltr", {}, parts, *("", (), "", "", (), (), (), ("", b""), "", "")
    )
    away = beyond(document, lambda name: bool(asked.append(name)))
    assert asked == ["a", "b"]
    assert away.parts[0].xhtml.count('href="../b.') == 3


def test_a_link_leads_to_the_file_that_there_is(root):
    """`ward/bed` has no web page."""
    path = root / "source/nap.md"
    path.write_text(path.read_text() + "\n[Bed](ward/bed.md#x), [rest](ward/deep/rest.md#x).\n")
    for name in ("ward/bed", "ward/deep/rest"):
        with (root / f"source/{name}.md").open("a") as text:
            text.write("\n## There {#x}\n\nText.\n")
    outcome = run(root)
    assert not outcome.failed, told(outcome)
    page = (root / "build/nap.html").read_text()
    assert 'href="ward/bed.epub"' in page
    assert 'href="ward/deep/rest.html#x"' in page
    assert "source/ward/bed.md" in read_manifest(root / "build")["articles"]["nap"]["sources"]


def test_the_printed_address_is_that_of_a_file_that_there_is(root):
    toml = root / "makebook.toml"
    toml.write_text('address = "https://example.org/h"\n' + toml.read_text())
    assert not run(root).failed
    assert 'href="https://example.org/h/nap.html"' in (root / "build/nap.html").read_text()
    with zipfile.ZipFile(root / "build/ward/bed.epub") as book:
        text = "".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xhtml"))
    assert 'href="https://example.org/h/ward/bed.epub"' in text
    assert "bed.html" not in text


def test_a_fresh_sheet_of_a_group_is_current_also_in_a_collection(root, capsys):
    pair = '[collections.pair]\ntitle = "Both"\narticles = ["plain", "ward/bed"]\n'
    group = '[groups.pair]\narticles = ["pair"]\nformats = ["epub"]\n'
    toml = root / "makebook.toml"
    toml.write_text(f'address = "https://example.org"\n{toml.read_text()}{group}{pair}')
    assert not run(root).failed
    articles = read_manifest(root / "build")["articles"]
    bound = zipfile.ZipFile(root / "build/pair.epub")
    pages = "".join(bound.read(n).decode() for n in bound.namelist() if n.endswith(".xhtml"))
    for name in ("plain", "ward/bed", "pair"):
        with pytest.raises(SystemExit):
            main(["diff", "--project", str(root), articles[name]["hash"]])
        assert capsys.readouterr().out.startswith("current: "), name
        assert articles[name]["hash"] in pages


def test_a_link_leads_to_a_format_of_the_project(root):
    only = 'address = "https://example.org/h"\neditions = ["letter"]\nformats = ["epub"]\n'
    (root / "makebook.toml").write_text(only)
    path = root / "source/nap.md"
    path.write_text(path.read_text() + "\n[Bed](ward/bed.md).\n")
    assert not run(root).failed
    with zipfile.ZipFile(root / "build/nap.epub") as book:
        text = "".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xhtml"))
    assert 'href="https://example.org/h/ward/bed.epub"' in text


BOTH = """
[collections.both]
title = "Both"
articles = ["ward/bed", "ward/deep/rest"]
"""


def test_a_link_of_an_imprint_leads_out_of_its_folder_where_it_has_to(root):
    """Of the articles, the group makes only those of the ward for the imprint."""
    links = "[nap](../nap.md#x), [rest](deep/rest.md), [a plan](plan.txt)."
    (root / "source/ward/plan.txt").write_text("The plan.")
    with (root / "source/ward/bed.md").open("a") as text:
        text.write(f"\n{links}\n")
    with (root / "source/nap.md").open("a") as text:
        text.write("\n## There {#x}\n\nText.\n")
    ward = WARD.replace('"ward/*"', '"ward/*", "both"').replace('"epub"', '"html", "epub"')
    web = "https://example.org/h"
    (root / "makebook.toml").write_text(f'address = "{web}"\n{BASE}{ward}{SLEEP}{BOTH}')
    outcome = run(root)
    assert not outcome.failed, told(outcome)
    for page, out in (("ward/bed.html", ""), ("north/ward/bed.html", "../")):
        text = (root / "build" / page).read_text()
        found = re.findall(r'<a [^>]*href="([^"#:]+)[#"]', text)
        assert {f"{out}../nap.html", "deep/rest.html", "../files/ward/plan.txt"} <= set(found)
        folder = (root / "build" / page).parent
        assert [link for link in found if not (folder / link).is_file()] == []
    north = read_manifest(root / "build/north")["articles"]
    assert north.keys() == {"ward/bed", "ward/deep/rest", "both"}
    assert "source/nap.md" in north["ward/bed"]["sources"]
    for name in ("ward/bed", "both"):
        with zipfile.ZipFile(root / "build/north" / f"{name}.epub") as book:
            text = "".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xhtml"))
        assert f'href="{web}/nap.html#x"' in text
        assert f'href="{web}/north/nap.html' not in text
        assert (f'href="{web}/north/ward/deep/rest.html"' in text) == (name == "ward/bed")


@pytest.mark.parametrize("address", ["https://example.org/h", ""])
def test_a_link_of_an_imprint_that_is_published_elsewhere(root, address):
    """It leads to the project's library, if that has an address."""
    with (root / "source/ward/bed.md").open("a") as text:
        text.write("\n[nap](../nap.md), [rest](deep/rest.md).\n")
    own = "https://north.example.org"
    (root / "source/imprints/north.toml").write_text(f'address = "{own}"\n[clinic]\nname = "N"\n')
    head = f'address = "{address}"\n' if address else ""
    ward = WARD.replace('"epub"', '"html", "epub"')
    (root / "makebook.toml").write_text(f"{head}{BASE}{ward}{SLEEP}")
    outcome = run(root)
    assert not outcome.failed, told(outcome)
    page = (root / "build/north/ward/bed.html").read_text()
    with zipfile.ZipFile(root / "build/north/ward/bed.epub") as book:
        text = "".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xhtml"))
    for each in (page, text):
        assert (f'href="{address}/nap.html"' in each) == bool(address)
        assert len(re.findall(r'href="[^"]*nap\.html', each)) == bool(address)
    assert 'href="deep/rest.html"' in page
    assert f'href="{own}/ward/deep/rest.html"' in text
    assert "source/nap.md" in read_manifest(root / "build/north")["articles"]["ward/bed"]["sources"]


def test_one_that_fails_stops_no_other(root):
    path = root / "source/nap.md"
    path.write_text(path.read_text().replace("title: nap", "title: [nap"))
    outcome = run(root)
    assert made(outcome) == {name for name in ALL if "nap" not in name}
    assert [built.name for built in outcome.built if not built.entry] == ["nap"]


def test_an_article_that_cannot_be_read_may_have_any_topic(root):
    """Otherwise one mistake in the only article on a topic would stop all others."""
    (root / "makebook.toml").write_text(BASE + '[groups.a]\ntopics = ["beds"]\n')
    path = root / "source/ward/bed.md"
    path.write_text(path.read_text().replace("date: 2026", "date: [2026"))
    assert {name for name in made(run(root)) if "plain" in name} == {"plain.html"}


def test_a_group_that_is_not_there(root, capsys):
    with pytest.raises(UnknownName, match="there is no group 'wrad'") as caught:
        run(root, group="wrad")
    assert caught.value.hint == "did you mean 'ward'?"
    with pytest.raises(SystemExit) as end:
        main(["plain", "--group", "ward", "--project", str(root)])
    assert end.value.code == 2
    assert "give either articles or --group" in capsys.readouterr().err


WRONG = {
    'articles = ["wrad/*"]': ["makebook.toml:4:1: error CFG006: group 'a': no article is named "
                              "'wrad/*'"],
    'articles = [\n  # "wrad"\n  "*",\n  "wrad",\n]': [
        "makebook.toml:7:1: error CFG006: group 'a': no article is named 'wrad'"
    ],
    'topics = ["sleeep"]': ["makebook.toml:4:1: error CFG006: group 'a': no article has the topic "
                            "'sleeep'"],
    'articles = ["*"]\neditions = ["a5"]': ["makebook.toml:5:1: error CFG005: there is no edition "
                                            "'a5'"],
    'articles = ["*"]\nformats = ["doc"]': ["makebook.toml:5:1: error CFG004: 'doc' is not a valid "
                                            "format"],
    'articles = ["*"]\nimprints = ["south"]': ["makebook.toml:5:1: error CFG008: there is no "
                                               "imprint 'south'"],
    'articles = ["*"]\ncolor = "red"': ["makebook.toml:5:1: error CFG003: unknown key 'color' in "
                                        "[groups.a]"],
    'editions = ["a4"]': ["makebook.toml:3:1: error CFG004: group 'a' selects no article"],
    'articles = []': ["makebook.toml:4:1: error CFG004: 'articles' of group 'a' is empty"],
    'articles = ["*"]\neditions = ["sheet"]': [
        "makebook.toml:5:1: error CFG004: edition 'sheet' cannot be the first one: it is not the "
        "whole text"
    ],
}  # fmt: skip


@pytest.mark.parametrize(("toml", "said"), WRONG.items(), ids=range(len(WRONG)))
def test_mistakes_in_a_group(root, toml, said):
    (root / "makebook.toml").write_text(BASE + "[groups.a]\n" + toml + "\n")
    outcome = run(root)
    assert told(outcome) == said
    assert not made(outcome)


def test_a_group_that_is_no_table(root):
    (root / "makebook.toml").write_text(BASE + 'groups = {a = "ward/*"}\n')
    assert told(run(root)) == ["makebook.toml:3:1: error CFG004: group 'a' must be a table"]


@pytest.mark.parametrize(
    ("names", "edition", "available"),
    [
        (("nap",), "a4", "available: letter"),
        (("ward/bed",), "letter", "available: a4"),
        (("ward/bed", "nap"), "booklet", "available: a4, letter"),
    ],
)
def test_an_edition_that_no_chosen_article_has(root, names, edition, available):
    """It was passed over: nothing was built, and the summary said "unchanged"."""
    assert not run(root).failed
    with pytest.raises(UnknownName, match=f"no edition '{edition}'") as stop:
        run(root, articles=names, editions=(edition,))
    assert stop.value.hint == available


def test_an_edition_that_some_articles_have(root):
    toml = root / "makebook.toml"
    toml.write_text(toml.read_text().replace('formats = ["epub"]', 'formats = ["pdf", "epub"]'))
    assert made(run(root, editions=("a4",))) >= {"ward/bed.pdf", "north:ward/bed.pdf"}

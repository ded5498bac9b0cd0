"""Articles in folders of `source/`: their names, their files, their paths, and names that clash."""

from __future__ import annotations

import errno
import io
import json
import os
import re
from datetime import date
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from press.build import plan
from press.build.cleanup import sweep
from press.build.run import build
from press.catalog.entries import read_entries
from press.catalog.record import record
from press.cli import main
from press.core.files import STATE, article_files, article_name, name_of
from press.core.manifest import read_manifest
from press.core.model import Config, Request
from press.core.nearest import nearest_article
from press.core.problems import ProblemsError, UnknownName
from press.readback.epub import Book
from press.serve.showing import published
from press.serve.state import Order, State
from press.source.project import read_project

TODAY = date(2026, 11, 23)
TOML = """address = "https://example.org/handouts"
formats = ["pdf", "epub", "html"]
[editions.letter]
[editions.plain]
like = "letter"
references = "companion"
"""
ONE = """---
title: One
date: 2026-03-01
identifier: ONE-1
---

Go on with [two](ward/two.md#first).
"""
TWO = """---
title: Two
date: 2026-03-01
identifier: TWO-1
bibliography: works.bib
---

## First {#first}

See [the first](../one.md), [three](deep/three.md), and [a plan](files/plan.txt) [@lee2020].

![Here](images/dot.png)

![Above](../images/dot.png)
"""
THREE = "---\ntitle: Three\ndate: 2026-03-01\n---\n\nBack to [two](../two.md).\n"
BIB = """@article{lee2020, title={Sleep}, author={Lee, Ann}, year={2020}, journal={Journal of Rest},
volume={3}, pages={1--2}}
"""


def dot(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 60), color).save(out, "PNG")
    return out.getvalue()


FILES: dict[str, str | bytes] = {
    "one.md": ONE,
    "ward/two.md": TWO,
    "ward/works.bib": BIB,
    "ward/deep/three.md": THREE,
    "ward/files/plan.txt": "the plan of the ward",
    "ward/files/read-me.md": "not an article",
    "ward/images/dot.png": dot("#aa0000"),
    "images/dot.png": dot("#0000aa"),
    "images/notes.md": "not an article",
    "words/list.md": "not an article",
    "ward/.trash/old.md": "not an article",
}


def project(root: Path, files: dict[str, str | bytes], toml: str = TOML) -> Path:
    root.mkdir(exist_ok=True)
    (root / "makebook.toml").write_text(toml)
    for name, content in files.items():
        path = root / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def run(root: Path, **options):
    return build(Request(root, root / "build", TODAY, **options))


def files_in(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def codes(outcome) -> list[str]:
    return [f"{problem.span}: {problem.code}: {problem.message}"
            for problem in dict.fromkeys(outcome.every_problem)]  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = project(tmp_path_factory.mktemp("folders") / "project", FILES)
    outcome = run(root, preview=True)
    assert not outcome.failed, codes(outcome)
    return root


def test_only_articles_are_listed(root):
    assert [name_of(path, root) for path in article_files(root)] == [
        "one", "ward/deep/three", "ward/two",
    ]  # fmt: skip


def test_the_outputs_keep_the_folder(root):
    found = files_in(root / "build")
    assert {"one.pdf", "ward/two.pdf", "ward/two-plain.pdf", "ward/two-plain-references.pdf",
            "ward/two.epub", "ward/two.html", "ward/deep/three.pdf", "covers/ward/two.png",
            "files/ward/files/plan.txt", "preview/ward/two-01.png"} <= found  # fmt: skip
    assert not {name for name in found if "note" in name or "list" in name or "old" in name}


def links(root: Path, page: str) -> set[str]:
    return set(re.findall(r'<a [^>]*href="([^"#][^"]*)"', (root / "build" / page).read_text()))


PAGES = ["index.html", "one.html", "ward/two.html", "ward/deep/three.html"]


def test_a_bibliography_in_source_is_suggested_to_an_article_in_a_folder(tmp_path):
    toml = '[article]\nbibliography = "works.bib"\n'
    (problem,) = run(
        project(tmp_path, {"a/tea.md": "---\ntitle: T\n---\n\nT.\n", "works.bib": ""}, toml)
    ).every_problem
    assert (problem.code, problem.hint) == ("CIT003", "did you mean 'source/works.bib'?")


@pytest.mark.parametrize("page", PAGES)
def test_each_link_of_a_page_leads_to_a_file(root, page):
    own = [link.partition("#")[0] for link in links(root, page) if "://" not in link]
    assert own
    for link in own:
        assert (root / "build" / page).parent.joinpath(link).is_file(), link


def test_a_page_offers_the_files_beside_it(root):
    assert {"two.pdf", "two-plain.pdf", "two-plain-references.pdf", "two.epub", "../index.html",
            "../one.html", "deep/three.html", "../files/ward/files/plan.txt",
            } <= links(root, "ward/two.html")  # fmt: skip


def test_links_from_paper_and_the_book_lead_to_the_web(root):
    home = "https://example.org/handouts"
    wanted = {f"{home}/one.html", f"{home}/ward/deep/three.html",
              f"{home}/files/ward/files/plan.txt", f"{home}/ward/two.html"}  # fmt: skip
    book = Book((root / "build/ward/two.epub").read_bytes())
    text = "".join(book.read(name).decode() for name in book.spine)
    assert wanted <= set(re.findall(r'href="(https://[^"]+)"', text))
    with pikepdf.open(root / "build/ward/two.pdf") as pdf:
        found = {str(note.A.URI) for page in pdf.pages for note in page.get("/Annots", [])
                 if "/A" in note and "/URI" in note.A}  # fmt: skip
        assert wanted <= found
        assert set(pdf.attachments) >= {"two.md", "two.epub", "identity.json"}


def test_two_pictures_of_one_name_are_two(root):
    """The layout knows pictures by their addresses, which must not fall together."""
    with pikepdf.open(root / "build/ward/two.pdf") as pdf:
        every = [x for page in pdf.pages for x in page.resources.get("/XObject", {}).values()]
        assert len([x for x in every if x.get("/Width") == 60]) == 2


def test_catalogs_and_list_name_articles_with_their_folder(root):
    handouts = json.loads((root / "build/library.json").read_text())["handouts"]
    assert [one["name"] for one in handouts] == ["one", "ward/deep/three", "ward/two"]
    feed = json.loads((root / "build/opds.json").read_text())["publications"]
    assert "ward/two.pdf" in [link["href"] for one in feed for link in one["links"]]
    entries = {entry.name: entry for entry in read_entries(root, root / "build", [])}
    assert entries["ward/two"].state == "current"
    assert record(entries["ward/two"]).startswith("TWO-1 · ")


def test_nothing_changed_and_one_edit(root):
    before = (root / "build/manifest.json").read_bytes()
    assert not any(built.made for built in run(root, preview=True).built)
    path = root / "source/ward/deep/three.md"
    text = path.read_text()
    path.write_text(text.replace("Back", "Return"))
    made = {built.name for built in run(root, preview=True).built if built.made}
    path.write_text(text)
    run(root, preview=True)
    assert made == {"ward/deep/three"}
    assert (root / "build/manifest.json").read_bytes() == before


def test_commands_take_the_name_with_its_folder(root, capsys):
    for argument in ("ward/two", "source/ward/two.md", str(root / "source/ward/two.md")):
        with pytest.raises(SystemExit) as end:
            main(["record", argument, "--project", str(root)])
        assert not end.value.code
    with pytest.raises(SystemExit) as end:
        main(["build", "two", "--project", str(root)])
    assert end.value.code == 2
    assert "did you mean 'ward/two'?" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["diff", str(root / "build/ward/two.pdf"), "--project", str(root)])
    assert capsys.readouterr().out.startswith("current:")


def test_a_folder_before_a_name_counts():
    known = ["two", "ward/two"]
    assert article_name("source/two.md", known) == "two"
    assert article_name("./ward/two.md", known) == "ward/two"
    assert article_name("other/two", known) == "other/two"
    assert nearest_article("other/two", known) == "did you mean 'two' or 'ward/two'?"
    assert nearest_article("ward", known) == "did you mean 'ward/two'?"


@pytest.mark.parametrize("command", ["build", "packet", "record"])
@pytest.mark.parametrize("file", ["build/ward/two.pdf", "two.epub", "ward"])
def test_an_output_or_a_folder_leads_to_its_articles(root, command, file, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, file, "--project", str(root)])
    assert end.value.code == 2
    assert "hint: did you mean 'ward/" in capsys.readouterr().err


def test_the_preview_shows_them(root):
    assert published(root / "build", "ward/two.pdf") == (root / "build/ward/two.pdf").resolve()
    assert published(root / "build", "covers/ward/two.png")
    assert published(root / "build", "../makebook.toml") is None
    state = State(Order(root, root / "build"))
    state.saved([str(root / "source/ward/two.md")])
    assert state.work.article == "ward/two"
    state.saved([str(root / "source/images/notes.md")])
    assert state.work.article == "ward/two"


def test_a_bibliography_has_one_name_from_every_folder(tmp_path):
    text = "---\ntitle: A\nbibliography: {}\n---\n\nText.\n"
    files = {"a.md": text.format("r.bib"), "ward/deep/b.md": text.format("../../r.bib"),
             "r.bib": "@book{one, author={Lee, Kim}, title={Tea}, year={2001}}\n"}  # fmt: skip
    root = project(tmp_path / "project", files, 'formats = ["html"]\n')
    assert codes(run(root)) == ["source/r.bib:1: CIT002: the entry 'one' is not cited"]


def test_clean_removes_all_of_it(tmp_path):
    root = project(tmp_path / "project", {"ward/two.md": THREE.replace("[two](../two.md)", "two")})
    assert not run(root, preview=True).failed
    (root / "build/ward/mine.txt").write_text("kept")
    swept = sweep(root / "build")
    assert files_in(root / "build") == {"ward/mine.txt"}
    assert swept.kept == [("ward/mine.txt", "makebook did not make it")]


def test_a_temporary_file_of_a_killed_build_is_removed(tmp_path):
    root = project(tmp_path / "project", {"ward/two.md": THREE.replace("[two](../two.md)", "two")})
    left = root / "build/ward/.two.pdf.999999999.tmp"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    assert not run(root, formats=("html",)).failed
    assert files_in(root / "build") >= {"ward/two.html", STATE}
    assert not left.exists()


def found(tmp_path: Path, names: list[str], toml: str = TOML) -> list[str]:
    """Return what is wrong with a project whose articles have these names."""
    files = {f"{name}.md": f"---\ntitle: {name}\n---\n\nText.\n" for name in names
             if not name.startswith("imprints/")}  # fmt: skip
    files |= {name: 'clinic.name = "A"\n' for name in names if name.startswith("imprints/")}
    root = project(tmp_path, files, toml)
    problems = []
    told = read_project(root, problems)
    plan.check_files(told, plan.issues({"": Request(root, root / "build", TODAY)}, told), problems)
    return [str(problem).partition("\n")[0] for problem in problems]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["north/two", "imprints/North.toml"],
         "source/north/two.md: error CFG007: its folder 'north' would be that of the imprint "
         "'North'"),
        (["ward/a", "ward/a-plain"],
         "source/ward/a.md: error CFG007: its file ward/a-plain.pdf would replace a file of "
         "ward/a-plain.md"),
        (["Ward/a", "ward/A"],
         "source/ward/A.md: error CFG007: its file ward/A.pdf would replace a file of Ward/a.md"),
        (["cafe\u0301", "caf\u00e9"],
         "source/caf\u00e9.md: error CFG007: its file caf\u00e9.pdf would replace a file of "
         "cafe\u0301.md"),
        (["a", "A.PDF/b"],
         "source/A.PDF/b.md: error CFG007: its folder A.PDF would replace a file of a.md"),
        (["a", "A.png/b"],
         "source/A.png/b.md: error CFG007: its folder A.png would replace a file of a.md"),
        (["covers/a"],
         "source/covers/a.md: error CFG007: 'covers' is the name of a folder of makebook"),
        (["Opds.json/a"],
         "source/Opds.json/a.md: error CFG007: 'Opds.json' is the name of a file of makebook"),
        (["Index"],
         "source/Index.md: error CFG007: its file Index.html would replace the library page"),
        (["packet"],
         "source/packet.md: error CFG007: 'packet' is a name that makebook's own files have"),
        (["opds"],
         "source/opds.md: error CFG007: 'opds' is a name that makebook's own files have"),
    ],
    ids=["imprint", "edition", "case", "accent", "folder", "cover", "covers", "feed", "index",
         "packet", "opds"],
)  # fmt: skip
def test_names_that_clash(tmp_path, names, said):
    assert said in found(tmp_path, names)


@pytest.mark.parametrize(("other", "alike"), [("cafe\u0301", True), ("Caf\u00e9", False)])
def test_names_that_look_the_same_are_said_to(other, alike):
    (told,) = plan._shared(dict.fromkeys([other, "caf\u00e9"], Config(formats=("html",))), {})
    assert ("their names look the same" in told[2]) == alike


def test_names_that_only_look_alike(tmp_path):
    names = ["north", "imprints/north.toml", "ward/index", "ward/packet", "all/a", "a", "b/a"]
    assert found(tmp_path, names) == []


def test_a_page_that_is_only_asked_for_is_not_the_library(tmp_path):
    root = project(tmp_path / "project", {"index.md": "---\ntitle: A\n---\n\nText.\n"},
                   'formats = ["epub"]\n')  # fmt: skip
    assert codes(run(root)) == []
    assert codes(run(root, formats=("html",))) == [
        "source/index.md: CFG007: its file index.html would replace the library page"
    ]


def test_nothing_is_written_over(tmp_path):
    """The files of both articles stay as they were."""
    text = "---\ntitle: A\n---\n\nText.\n"
    root = project(tmp_path / "project", {"ward/a.md": text}, 'formats = ["html"]\n')
    assert not run(root).failed
    before = (root / "build/ward/a.html").read_bytes()
    project(root, {"Ward/A.md": text.replace("Text", "Other")}, 'formats = ["html"]\n')
    assert run(root).failed
    assert files_in(root / "build") >= {"ward/a.html"}
    assert not [name for name in files_in(root / "build") if name.startswith("Ward")]
    assert (root / "build/ward/a.html").read_bytes() == before


def test_no_linked_file_is_written_over(tmp_path):
    """A file outside `source/` is published by its name alone."""
    article = "---\ntitle: {0}\n---\n\n[Read](../{0}/plan.txt).\n"
    files = {f"{name}.md": article.format(name) for name in ("a", "b")}
    root = project(tmp_path / "project", dict(files), 'formats = ["html"]\n')
    for name in ("a", "b"):
        (root / name).mkdir()
        (root / name / "plan.txt").write_text(name)
    outcome = run(root)
    assert codes(outcome) == [
        "source/b.md: LNK006: file 'b/plan.txt' would have the same name in the output as "
        "'a/plan.txt', to which 'a' links"
    ]
    assert (root / "build/files/plan.txt").read_text() == "a"
    assert [built.name for built in outcome.built if built.entry] == ["a"]


def test_an_article_that_moved_leaves_its_files_to_be_removed(tmp_path):
    text = "---\ntitle: A\n---\n\nText.\n"
    root = project(tmp_path / "project", {"a.md": text}, 'formats = ["html"]\n')
    run(root)
    (root / "source/ward").mkdir()
    (root / "source/a.md").rename(root / "source/ward/a.md")
    said = codes(run(root))
    assert said == ["build/a.html: OUT001: the project no longer makes this file"]
    assert read_manifest(root / "build")["order"] == ["ward/a"]


def test_a_new_article_in_a_folder(tmp_path, capsys):
    root = project(tmp_path / "project", {"imprints/north.toml": 'clinic.name = "A"\n'})
    with pytest.raises(SystemExit) as end:
        main(["new", "--article", "ward/my-tea", "--project", str(root)])
    assert not end.value.code
    text = (root / "source/ward/my-tea.md").read_text()
    assert 'title: "My tea"\n' in text
    assert "identifier: WARD-MY-TEA\n" in text
    assert f" ward/my-tea --project {root}\n" in capsys.readouterr().out
    with pytest.raises(SystemExit) as end:
        main(["new", "--article", "north/tea", "--project", str(root)])
    assert end.value.code == 2
    assert "would be that of an imprint" in capsys.readouterr().err


def test_sources_are_added_beside_the_only_article(tmp_path, capsys):
    root = project(tmp_path / "project", {"ward/a.md": "---\ntitle: A\n---\n\nText.\n"}, "")
    (tmp_path / "new.bib").write_text(BIB)
    with pytest.raises(SystemExit) as end:
        main(["cite", str(tmp_path / "new.bib"), "--project", str(root)])
    assert not end.value.code
    assert "lee2020" in (root / "source/ward/references.bib").read_text()
    assert "in the front matter of source/ward/a.md" in capsys.readouterr().out


def test_an_unknown_name(tmp_path):
    root = project(tmp_path / "project", {"ward/a.md": "---\ntitle: A\n---\n\nText.\n"})
    with pytest.raises(UnknownName, match="there is no article 'b'"):
        run(root, articles=("b",))


def test_two_articles_may_link_to_one_file(tmp_path):
    texts = {"a.md": "files/plan.txt", "ward/b.md": "../files/plan.txt"}
    files = {name: f"---\ntitle: {name}\n---\n\n[Read]({link}).\n" for name, link in texts.items()}
    root = project(tmp_path / "project", {**files, "files/plan.txt": "A"}, 'formats = ["html"]\n')
    assert codes(run(root)) == []
    found = read_manifest(root / "build")["articles"]
    assert {entry["linked"]["files/plan.txt"]["file"] for entry in found.values()} == {
        "source/files/plan.txt"
    }


@pytest.mark.parametrize("folder", ["ward", "disclaimers"])
def test_a_folder_that_cannot_be_read_is_not_taken_for_empty(tmp_path, monkeypatch, folder):
    """Its articles would leave the library, and its notices the handouts."""
    notice = "---\nid: tea\ntitle: Tea\nplace: opening\n---\n\nNot in the evening.\n"
    files = {"a.md": "---\ntitle: A\n---\n\nText.\n", "ward/b.md": "---\ntitle: B\n---\n\nText.\n"}
    root = project(tmp_path / "project", {**files, "disclaimers/tea.md": notice})
    assert codes(run(root)) == []
    before = {path: path.read_bytes() for path in (root / "build").rglob("*") if path.is_file()}
    closed, scan = str(root / "source" / folder), os.scandir

    def refuse(path):
        if str(path) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", closed)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    (root / "source" / "a.md").write_text("---\ntitle: A\n---\n\nOther text.\n")
    with pytest.raises(ProblemsError) as stop:
        run(root)
    (problem,) = stop.value.problems
    assert (problem.code, str(problem.span)) == ("TXT002", f"source/{folder}")
    assert problem.message == "the folder cannot be read: Permission denied"
    assert all(path.read_bytes() == data for path, data in before.items())
    if folder == "ward":  # the loop of an author reports it with the next build
        assert State(Order(root, root / "build")).names() == []

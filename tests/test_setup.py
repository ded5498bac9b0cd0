"""The build script on machines that lack something; nothing here needs the network."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import venv
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.waiting import LIMIT

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["requirements.txt", "requirements-test.txt", "press/check/checkers/package-lock.json"]

CLI = """
import sys

def main():
    print(*sys.argv)
    return 7
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout with a program of three lines."""
    folder = tmp_path / "checkout"
    (folder / "press").mkdir(parents=True)
    (folder / "press" / "cli.py").write_text(CLI)
    (folder / "press" / "__init__.py").touch()
    for name in ["makebook.py", *LOCKS, "press/check/checkers/package.json"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def script(checkout, monkeypatch):
    """The build script of the checkout; it downloads nothing and stops at the handover."""
    spec = importlib.util.spec_from_file_location("makebook_under_test", checkout / "makebook.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    create = venv.create
    module.calls = []
    monkeypatch.setattr(
        venv, "create", lambda folder, with_pip, **options: create(folder, **options)
    )
    monkeypatch.setattr(module, "pip", lambda *arguments: module.calls.append(arguments[0]))
    monkeypatch.setattr(module, "attempt", lambda command, **settings: "")
    monkeypatch.setattr(module, "hand_over", lambda command, **_: module.calls.append(command) or 0)
    return module


@pytest.fixture
def ready(script, checkout):
    """A checkout that has been set up."""
    assert script.main([]) == 0
    return checkout


def test_an_old_python_is_told_so(script, monkeypatch, capsys):
    old = SimpleNamespace(
        version_info=(3, 9, 2), version="3.9.2 (main)", executable="python3", stderr=sys.stderr
    )
    monkeypatch.setattr(script, "sys", old)
    assert script.main(["--help"]) == 3
    said = capsys.readouterr().err
    assert "Python 3.11 or newer is needed; this is 3.9.2" in said


def test_an_old_python_can_read_the_script():
    ast.parse((ROOT / "makebook.py").read_text(encoding="utf-8"), feature_version=(3, 8))


def test_the_first_run_sets_up_and_later_ones_do_not(script, checkout, capsys):
    assert script.main(["--quiet"]) == 0
    assert script.calls[0] == "install"
    assert script.calls[1][0] == str(checkout / ".venv" / "bin" / "python")
    assert script.calls[1][-1] == "--quiet"
    assert "creating .venv" in capsys.readouterr().err
    assert script.main([]) == 0
    assert len(script.calls) == 3
    assert capsys.readouterr() == ("", "")


def test_an_interrupted_set_up_is_repaired(script, checkout, monkeypatch, capsys):
    def interrupted(*arguments):
        (checkout / ".venv" / "half").touch()
        raise KeyboardInterrupt

    working = script.pip
    monkeypatch.setattr(script, "pip", interrupted)
    assert script.main([]) == 130
    assert "Traceback" not in capsys.readouterr().err
    assert not (checkout / ".venv" / "ready").exists()
    monkeypatch.setattr(script, "pip", working)
    assert script.main([]) == 0
    assert not (checkout / ".venv" / "half").exists()


def test_new_requirements_are_installed_into_the_same_environment(script, ready):
    (ready / ".venv" / "mark").touch()
    with (ready / "requirements.txt").open("a") as file:
        file.write("# a new line\n")
    script.calls.clear()
    assert script.main([]) == 0
    assert script.calls[0] == "install"
    assert (ready / ".venv" / "mark").exists()


def test_an_environment_without_its_python_is_made_anew(script, ready):
    (ready / ".venv" / "bin" / "python").unlink()
    (ready / ".venv" / "mark").touch()
    assert script.main([]) == 0
    assert not (ready / ".venv" / "mark").exists()
    assert (ready / ".venv" / "bin" / "python").exists()


def test_missing_libraries_and_no_permission(script, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(script, "LIBRARIES", {"libnowhere.so.9": "libnowhere9"})
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert script.main([]) == 3
    said = capsys.readouterr().err
    assert "missing packages: libnowhere9" in said
    for command in [
        "sudo apt-get install python3-venv libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz0b "
        "libharfbuzz-subset0 fontconfig\n",
        "sudo dnf install python3 pango",
        "brew install python pango",
        "pacman -S mingw-w64-ucrt-x86_64-pango",
    ]:
        assert command in said
    assert script.calls == []


def test_a_python_without_venv_asks_for_its_own_package(script, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert script.missing_packages() == [f"python3.{sys.version_info.minor}-venv"]


@pytest.fixture
def apt(script, monkeypatch, tmp_path):
    """Commands apt-get, dpkg and sudo that write down how they are called; `fail` says when."""
    log = tmp_path / "log"
    log.touch()
    state = SimpleNamespace(log=log, fail=lambda line: False)

    def attempt(command, **settings):
        line = " ".join(command)
        with log.open("a") as file:
            file.write(line + "\n")
        return "E: it failed" if state.fail(line) else ""

    monkeypatch.setattr(script, "attempt", attempt)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(script.os, "geteuid", lambda: 0)
    return state


def test_root_installs_debian_packages(script, apt):
    assert script.apt_install(["libone", "libtwo"]) == ""
    assert apt.log.read_text() == (
        "apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends libone libtwo\n"
    )


def test_the_lists_are_fetched_where_an_install_fails(script, apt):
    apt.fail = lambda line: "install" in line and "update" not in apt.log.read_text()
    assert script.apt_install(["libone"]) == ""
    lines = [line.split() for line in apt.log.read_text().splitlines()]
    assert [words[-1] for words in lines] == ["libone", "-a", "update", "libone"]


def test_an_install_that_fails_twice_says_why(script, apt):
    apt.fail = lambda line: "install" in line
    assert script.apt_install(["libone"]) == "E: it failed"


def test_sudo_without_a_password(script, apt, monkeypatch):
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000)
    assert script.apt_install(["libone"]) == ""
    assert apt.log.read_text().splitlines()[1].startswith("sudo -n apt-get")


def test_sudo_with_a_password_needs_a_terminal(script, apt, monkeypatch):
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000)
    apt.fail = lambda line: line.startswith("sudo -n")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    assert script.apt_install(["libone"]) == "This user is not allowed to install packages."
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    assert script.apt_install(["libone"]) == ""
    assert apt.log.read_text().splitlines()[-1].startswith("sudo apt-get")


def test_weasyprint_without_its_libraries(script, monkeypatch, capsys):
    monkeypatch.setattr(script, "attempt", lambda command, **settings: "cannot load library")
    assert script.main([]) == 3
    said = capsys.readouterr().err
    assert "cannot load library" in said
    assert "brew install" in said


def test_without_a_network(checkout, capsys, tmp_path):
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "makebook.py"],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "No matching distribution found" in done.stderr
    assert "The first run needs the network" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_file_where_the_environment_should_be(script, checkout, capsys):
    (checkout / ".venv").write_text("")
    assert script.main([]) == 3
    assert "Not a directory" in capsys.readouterr().err


def test_two_first_runs_wait_for_each_other(script, checkout):
    fcntl = pytest.importorskip("fcntl")
    folder = os.open(checkout, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    done = []
    second = threading.Thread(target=script.alone, args=(lambda: done.append(1),))
    second.start()
    second.join(0.3)
    assert not done
    os.close(folder)
    second.join(10)
    assert done


def run(folder: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "makebook.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_the_program_gets_its_arguments_and_gives_its_status(ready):
    done = run(ready, "--jobs", "2", "a b")
    assert (done.stdout, done.stderr, done.returncode) == ("makebook --jobs 2 a b\n", "", 7)


def test_the_current_folder_is_never_searched(ready, tmp_path):
    (ready / "press" / "cli.py").write_text("import colorsys" + CLI)
    for name in ("press", "colorsys"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported by mistake')")
    done = run(ready, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert (done.stdout, done.returncode) == ("makebook\n", 7)


def test_a_moved_checkout_still_works(ready, tmp_path):
    moved = ready.rename(tmp_path / "moved")
    assert run(moved).returncode == 7


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_control_c(ready):
    (ready / "press" / "cli.py").write_text(
        "import time\nprint('started', flush=True)\ntime.sleep(3600)\n"
    )
    program = subprocess.Popen(
        [sys.executable, str(ready / "makebook.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout.readline() == "started\n"
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=LIMIT)
    assert (program.returncode, said) == (130, "")


INTERRUPTED = """
import os, runpy, signal, sys

left, begun = int(sys.argv[1]), False

def trace(frame, event, argument):
    global left, begun
    if frame.f_code.co_filename.endswith("makebook.py") and event == "line":
        begun = begun or frame.f_code.co_name == "stop" or signal.getsignal(2) is not before
        left -= begun
        if begun and not left:
            os.kill(os.getpid(), signal.SIGINT)
    return trace

before = signal.getsignal(signal.SIGINT)
sys.argv = ["makebook.py"]
sys.settrace(trace)
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs the build script and interrupts it at a line; counts from where it first can."""


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_control_c_at_every_line(ready):
    """From the first instruction to the last: status 130, and no word of Python's."""
    for line in range(1, 500):
        done = subprocess.run(
            [sys.executable, "-c", INTERRUPTED, str(line)],
            cwd=ready, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode == 7:  # that line does not exist: the program ran to its end
            break
        assert (done.returncode, done.stderr) == (130, ""), line
    assert 20 < line < 400


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(
    ("cli", "status"),
    [
        ("import os\nos.kill(os.getpid(), 2)\ndef main(): return 7", 130),
        ("import os\ndef main():\n    os.kill(os.getpid(), 2)\n    return 7", 130),
        ("import atexit, os\natexit.register(os.kill, os.getpid(), 2)\ndef main(): return 7", 7),
    ],
    ids=["while it loads", "while it works", "while Python ends, when the work is done"],
)
def test_control_c_in_the_program(ready, cli, status):
    (ready / "press" / "cli.py").write_text(cli + "\n")
    done = run(ready)
    assert (done.returncode, done.stderr) == (status, "")


def test_a_ready_machine_imports_nothing(ready):
    code = (
        "import sys; before = set(sys.modules); import makebook; "
        "makebook.hand_over = lambda command, **_: 0; makebook.main([]); "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ready, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["__future__", "makebook"]


@pytest.mark.skipif(os.name == "nt", reason="CPU time of other processes is not told there")
def test_a_ready_machine_costs_little(ready):
    """Less than to start Python twice more; CPU time, in turns, so other programs matter little."""
    import resource

    def used(command: list[str]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return sum(after[:2]) - sum(before[:2])  # of user and system

    python = str(ready / ".venv" / "bin" / "python")
    commands = (
        [python, "-I", "-c", "pass"],
        [python, "-I", "-c", "from press.cli import main; main()"],
        [sys.executable, str(ready / "makebook.py")],
    )
    rounds = [[used(command) for command in commands] for _ in range(20)]
    start, alone, through = map(sum, zip(*rounds, strict=True))
    assert through - alone < 2 * start


def test_the_tests_get_what_they_need(script, ready, monkeypatch, capsys):
    monkeypatch.chdir(ready)
    monkeypatch.setattr(script, "TEST_TOOLS", {"nowhere": ("no-such-command",)})
    monkeypatch.setattr(script, "apt_install", lambda packages: "This user may not.")
    script.calls.clear()
    assert script.main(["test", "-k", "word"]) == 0
    assert script.calls[:2] == ["install", "download"]
    assert script.calls[2][-4:] == ["-m", "pytest", "-k", "word"]
    assert "nowhere is missing; tests that need it cannot run." in capsys.readouterr().err
    assert script.main(["test"]) == 0
    assert script.calls[3][-3:] == ["--dist", "loadfile", "--no-loadscope-reorder"]
    assert script.main(["test", "--proof", "7"]) == 0
    assert script.calls[4][-3:] == ["-m", "tests.trial", "7"]
    assert script.main(["test", "--faults"]) == 0
    assert script.calls[5][-2:] == ["-m", "tests.faults"]


def test_ace_that_cannot_be_installed_is_tried_again(script, ready, monkeypatch, capsys):
    monkeypatch.chdir(ready)
    monkeypatch.setattr(script, "TEST_TOOLS", {})
    monkeypatch.setattr(script, "install_ace", lambda: "no network")
    assert script.main(["test"]) == 0
    assert "Ace is missing" in capsys.readouterr().err
    assert not script.is_ready("ready-for-tests", script.TESTING)


@pytest.mark.parametrize(
    "name", [*LOCKS, "press/check/checkers/package.json", "makebook.py", ".ci/run"]
)
def test_no_download_address(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    remedy = "npm install --omit-lockfile-registry-resolved, and without the `funding` entries"
    assert not re.search(r"://|\bresolved\b|index-url|find-links|registry\.", text), remedy


@pytest.mark.parametrize("name", LOCKS[:2])
def test_every_requirement_is_pinned_and_hashed(name):
    pins = requirements(name)
    assert len(pins) > 30
    for pin, lines in pins.items():
        assert re.match(r"[a-z0-9-]+==[\w.]+( ; .+)?$", pin), pin
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", lines), pin


def test_the_tests_use_the_versions_of_the_program():
    """A package may be asked for on more systems by the tests than by the program."""
    program, tests = ({r.split(" ;")[0] for r in requirements(name)} for name in LOCKS[:2])
    assert not program - tests


def requirements(name: str) -> dict[str, str]:
    """Return the requirements of a file, each with the lines of its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {re.split(r"\s+--hash", line)[0].strip(): line for line in lines}


def test_every_package_of_ace_is_hashed():
    lock = json.loads((ROOT / LOCKS[2]).read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(packages) > 100
    for name, entry in packages.items():
        assert entry.get("integrity", "").startswith("sha512-"), name


def test_ci_runs_what_the_readme_says():
    assert "python3 makebook.py test\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")

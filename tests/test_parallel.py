"""Work beside other work: in order, ended at once, and never lost in silence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from press import parallel
from press.parallel import begun, processors
from press.problems import ProblemsError

ROOT = Path(__file__).resolve().parent.parent


def square(number: int) -> int:
    return number * number


def end_itself(number: int) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("at_once", [0, 1, 2, 9])
def test_results_come_in_order(at_once):
    with begun(square, [3, 1, 2], at_once) as done:
        assert list(done) == [9, 1, 4]


def test_nothing_to_do_starts_nothing():
    with begun(square, [], 4) as done:
        assert list(done) == []


def test_there_is_a_processor():
    assert processors() >= 1


def test_a_process_that_is_killed_is_told():
    with (
        pytest.raises(ProblemsError, match="SYS003: a process that was building ended"),
        begun(end_itself, [0, 1, 2, 3], 2) as done,
    ):
        list(done)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
@pytest.mark.parametrize("seconds", [0.8, 2.5])
def test_an_interrupted_build_ends_soon_and_leaves_nothing(tmp_path, seconds):
    """No process, no temporary file; exit 130; what is in the folder is whole."""
    command = [sys.executable, "-m", "press", "build", "--project", str(ROOT), "--force"]
    command += ["--imprint", "all", "--output", str(tmp_path / "out")]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True, start_new_session=True,
    ) as process:  # fmt: skip
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)
        begun_at = time.monotonic()
        _, said = process.communicate(timeout=60)
        waited = time.monotonic() - begun_at
    assert process.returncode == 130, said
    assert "interrupted" in said
    assert "Traceback" not in said
    assert waited < 20, "it went on working"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".tmp"]
    assert not list(tmp_path.glob("makebook-fonts-*"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are started otherwise there")
def test_a_helper_that_is_told_to_end_while_it_starts_ends_in_silence():
    """The pool would print what its first step raises."""
    parent = os.getpid()
    helper = os.fork()
    if not helper:
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            os.kill(os.getpid(), signal.SIGTERM)
            parallel._quietly(parent)
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(helper, 0)[1]) == 143


@pytest.mark.skipif(sys.platform != "linux", reason="processes follow their parent on Linux")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_who_ends_the_build_alone_ends_its_helpers(tmp_path, number):
    """A helper that lived on would hold the folder, and every later build would wait for it."""
    output = str(tmp_path / "out")
    command = [sys.executable, "-m", "press", "build", "--project", str(ROOT), "--jobs", "2"]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*command, "--output", output], env=environment, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        end = time.monotonic() + 60
        while not children.read_text().split():
            assert time.monotonic() < end
            time.sleep(0.01)
        process.send_signal(number)
        try:
            _, said = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert "Traceback" not in said
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        os.killpg(process.pid, signal.SIGKILL)
        raise AssertionError("a helper lives on")
    done = subprocess.run(
        [*command, "--output", output, "--edition", "a4", "--format", "pdf"], env=environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "another build" not in done.stderr

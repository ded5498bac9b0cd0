"""Parallel work: results in order, ended at once, and never lost silently."""

from __future__ import annotations

import contextlib
import copyreg
import logging
import multiprocessing
import multiprocessing.util
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from press.core import parallel
from press.core.parallel import begun, processors
from press.core.problems import ProblemsError
from tests.waiting import LIMIT, alive, children, until

ROOT = Path(__file__).resolve().parent.parent
BUILD = [sys.executable, "-m", "press", "build", "--project", str(ROOT)]


def square(number: int) -> int:
    return number * number


def end_itself(number: int) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def leave(number: int) -> int:
    os._exit(0)


def touch(path: Path) -> bytes:
    path.touch()
    return bytes(1_000_000)


def await_file(path: Path) -> str:
    until(path.exists)
    return path.name


def wait_for_ever(number: int) -> int:
    """Do the first, and nothing more."""
    if number:
        threading.Event().wait()
    return number


def refuse_to_end(number: int) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return wait_for_ever(number)


class OddError(Exception):
    """One that cannot be unpickled."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def fail(kind: str) -> object:
    if kind == "plain":
        raise ValueError("a plain fault")
    if kind == "odd":
        copyreg.dispatch_table.pop(OddError, None)  # Dask pickles all that it finds in another way
        raise OddError("an odd", "fault")
    return threading.Lock()  # no other process can be given it


@pytest.fixture(autouse=True)
def no_helper_is_left():
    yield
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("at_once", [0, 1, 2, 9])
def test_results_come_in_order(monkeypatch, start, at_once):
    if start not in multiprocessing.get_all_start_methods():
        pytest.skip("not on this system")
    monkeypatch.setattr(parallel, "START", start)
    with begun(square, [3, 1, 2], at_once) as done:
        assert list(done) == [9, 1, 4]


def test_nothing_to_do_starts_nothing():
    with begun(square, [], 4) as done:
        assert list(done) == []


def test_there_is_a_processor():
    assert processors() >= 1


def test_a_result_comes_before_the_next_is_done(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.touch()
    with begun(await_file, [first, second], 2) as done:
        assert next(done) == "first"
        second.touch()
        assert next(done) == "second"


def test_all_is_done_while_nobody_asks(tmp_path):
    """A helper goes on, even if its results are larger than a pipe can hold."""
    paths = [tmp_path / str(number) for number in range(6)]
    with begun(touch, paths, 2) as done:
        until(lambda: all(path.exists() for path in paths))
        assert [len(data) for data in done] == [1_000_000] * 6


@pytest.mark.parametrize("work", [end_itself, leave])
def test_a_process_that_is_killed_is_told(work):
    with (
        pytest.raises(ProblemsError, match="SYS003: a build process was killed"),
        begun(work, [0, 1, 2, 3], 2) as done,
    ):
        list(done)


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [("plain", ValueError, "a plain fault"), ("odd", RuntimeError, "an odd fault"),
     ("lock", TypeError, "cannot pickle")],
)  # fmt: skip
def test_a_fault_in_a_helper_is_raised_here(kind, error, words):
    with pytest.raises(error, match=words) as raised, begun(fail, [kind], 2) as done:
        list(done)
    said = [str(raised.value), *getattr(raised.value, "__notes__", ())]
    assert "in another process" in "".join(said)


def test_who_asks_for_no_more_waits_for_nothing():
    with begun(refuse_to_end, [0, 1, 2], 2) as done:
        assert next(done) == 0


def test_who_fails_waits_for_nothing():
    with pytest.raises(KeyError), begun(refuse_to_end, [1, 1, 1], 2):
        raise KeyError


def interrupt_at(line: int, *, blocked: bool) -> int:
    """Get a signal at a line of what begins, hears and ends helpers; return how many there were.

    Not `blocked`: a thread of a library gets it, so Python calls the handler whatever is blocked.
    """
    seen, pid = 0, os.getpid()
    places = parallel.__file__, contextlib.__file__, logging.__file__  # it has hooks at a fork

    def trace(frame, event, _):
        nonlocal seen
        if os.getpid() != pid or frame.f_code.co_filename not in places:
            return None
        seen += event == "line"
        if seen == line and event == "line":
            os.kill(pid, signal.SIGTERM) if blocked else parallel.interrupt()
        return trace

    signal.signal(signal.SIGTERM, parallel.interrupt)
    sys.settrace(trace)
    try:
        with begun(wait_for_ever, [0, 1, 2], 2) as done:
            assert next(done) == 0
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(None)
    return seen


def ends_when_interrupted_at(line: int, *, blocked: bool) -> bool:
    """Interrupt a process at a line; it and its helpers have ended when their pipe has."""
    inner, outer = os.pipe()
    if not os.fork():
        try:
            os.close(inner)
            os.dup2(outer, sys.stderr.fileno())  # for exceptions that Python ignores in a hook
            os.write(outer, b"+" if interrupt_at(line, blocked=blocked) >= line else b"-")
            multiprocessing.util._exit_function()  # as at every end of a process
        finally:
            os._exit(0)
    os.close(outer)
    with os.fdopen(inner, "rb") as pipe:
        said = pipe.read()
    os.wait()
    assert said in (b"+", b"-"), (line, said.decode())
    return said == b"+"


@pytest.mark.skipif(sys.platform != "linux", reason="processes are started otherwise there")
@pytest.mark.parametrize("blocked", [True, False])
def test_a_process_ends_with_its_helpers_wherever_it_is_interrupted(blocked):
    line = 1
    while ends_when_interrupted_at(line, blocked=blocked):
        line += 1
    assert line > 100


@contextlib.contextmanager
def building(folder: Path, *options: str):
    """A build in a process of its own; `done` says when it and all its helpers have ended."""
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*BUILD, "--output", str(folder / "out"), "--jobs", "2", *options], env=environment,
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def done(process: subprocess.Popen) -> str:
    """What was printed up to the end of the last process that could have printed."""
    return process.communicate(timeout=LIMIT)[1]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("moment", ["helpers start", "a file is published"])
def test_an_interrupted_build_ends_and_leaves_nothing(tmp_path, moment):
    """No process and no temporary file is left; exit 130; files in the folder are complete."""
    output = tmp_path / "out"
    with building(tmp_path, "--imprint", "all", "--edition", "letter") as process:
        helpers = until(lambda: children(process.pid))
        if moment == "a file is published":
            until(lambda: list(output.rglob("*.pdf")))
        os.killpg(process.pid, signal.SIGINT)
        process.send_signal(signal.SIGTERM)  # a second signal changes nothing
        said = done(process)
    assert process.returncode == 130, said
    assert "interrupted" in said
    assert "Traceback" not in said
    assert not [pid for pid in helpers if alive(pid)]
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".tmp"]
    assert not [path for path in tmp_path.iterdir() if path != output]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are started otherwise there")
def test_a_helper_that_is_told_to_end_while_it_starts_ends_in_silence():
    parent = os.getpid()
    helper = os.fork()
    if not helper:
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            os.kill(os.getpid(), signal.SIGTERM)
            parallel.begin(parent)
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(helper, 0)[1]) == -signal.SIGTERM


@pytest.mark.skipif(sys.platform != "linux", reason="processes follow their parent on Linux")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_who_ends_the_build_alone_ends_its_helpers(tmp_path, number):
    """A helper that lived on would hold the folder, and every later build would wait for it."""
    with building(tmp_path) as process:
        helpers = until(lambda: children(process.pid))
        process.send_signal(number)
        said = done(process)
    assert "Traceback" not in said
    until(lambda: not [pid for pid in helpers if alive(pid)])  # nobody waits for an orphan
    with building(tmp_path, "--edition", "a4", "--format", "pdf") as process:
        said = done(process)
    assert process.returncode == 0, said
    assert "another build" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["out"]

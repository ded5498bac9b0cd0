"""New projects and new articles: a model to replace, which builds without changes.

In: the folder of a new project, or the name of a new article, and the day. Out: files, all of them
or none, and the lines that say what was made. Existing files are never replaced. This module must
not know how a handout is made.
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

from press.core.files import FOLDERS, RESERVED, holds_articles, name_of
from press.core.formats import base_name
from press.core.model import Project
from press.core.problems import Problem, ProblemsError, Refused, Span
from press.core.system import program, quoted
from press.source.project import FILE, read_project

_STARTER = Path(__file__).parent / "starter"
_ARTICLE = Path(__file__).parent / "starter-article.md"

COMMANDS = frozenset(
    "build check cite clean diff doctor fetch help import list new packet record serve speak"
    " test".split()
)
"""Commands; no article can have their names: `makebook check` would not build it."""
_DEVICES = frozenset("aux con nul prn".split()) | {
    f"{d}{n}" for d in ("com", "lpt") for n in "0123456789"
}
"""Names that Windows reserves, with any ending."""
_LONGEST = 80  # characters: the name of an edition and an ending are added to it

_WHAT = {
    FILE: "the settings",
    "source/sleeping-well.md": "the model article, to be replaced by yours",
    "source/references.bib": "its references",
    "source/disclaimers": "the notices, one file each",
    "source/images": "images",
    "source/imprints": "a clinic that hands out the articles",
    "build": "the outputs",
}


class BadName(Refused):
    """A name that cannot be used."""


def new_project(folder: Path, today: date) -> list[str]:
    """Create a project in a folder that is new, or contains only hidden files.

    Returns the lines to print; the last one is the next command.

    Raises:
        BadName: the name of the folder is not valid on every system.
        ProblemsError: something already exists (NEW001), or cannot be written (SYS002).
    """
    place = Path(os.path.abspath(folder))  # noqa: PTH100 - a link must not be followed
    _check_folder_name(place.name)
    files = {name: _dated(data, today) for name, data in _starter()}
    _check_free(place, folder, files)
    _write_all(place, folder, files)
    lines = [f"created a project in {folder}:"]
    width = max(map(len, _WHAT))
    lines += [f"  {name:{width}}  {what}" for name, what in _WHAT.items()]
    lines.append("The model shows the main features. It is not reviewed: do not hand it out.")
    where = "" if place.samefile(Path()) else f" --project {quoted(folder)}"
    return [*lines, f"next: {program()}{where}"]


def new_article(root: Path, shown_root: Path, name: str, today: date) -> list[str]:
    """Add an article to a project, from a short template; returns the lines to print.

    Raises:
        BadName: the name cannot be that of an article.
        ProblemsError: there is no project (CFG001), makebook.toml cannot be read (CFG002), the
            article already exists (NEW001), or it cannot be written (SYS002).
    """
    project = read_project(root, [])
    stem = new_name(project, name)
    file = f"source/{stem}.md"
    path = root / file
    words = {
        "TITLE": base_name(stem).replace("-", " ").replace("_", " ").capitalize(),
        "LANG": project.config.lang,
        "IDENTIFIER": stem.replace("/", "-").upper(),
    }
    text = _ARTICLE.read_text(encoding="utf-8")
    for word, value in words.items():
        text = re.sub(rf"\b{word}\b", value, text, count=1)
    for key in project.config.article.values:
        text = re.sub(rf"(?m)^{key}: .*$", f"# {key}: …  # {FILE} gives a default", text)
    with _writable(file):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(path, _dated(text.encode(), today))
    where = "" if root.samefile(Path()) else f" --project {quoted(shown_root)}"
    shown = (shown_root / file).as_posix()
    return [
        f"created {shown}",
        "It is marked as not reviewed.",
        f"next: {program()} {stem}{where}",
    ]


def new_name(project: Project, name: str) -> str:
    """Return the name of a new article, without its ending.

    Raises:
        BadName: the name cannot be that of an article.
        ProblemsError: the article already exists (NEW001).
    """
    stem = _article_name(name)
    taken = {name_of(path, project.root).casefold(): path for path in project.articles}
    path = project.root / "source" / f"{stem}.md"
    there = taken.get(stem.casefold()) or (path if os.path.lexists(path) else None)
    if there:
        hint = "give the new article another name; nothing was written"
        raise _there(there.relative_to(project.root).as_posix(), "already exists", hint)
    imprints = {path.stem.casefold() for path in project.imprint_files}
    if stem.partition("/")[0].casefold() in imprints and "/" in stem:
        message = f"the folder of '{stem}' would be that of an imprint"
        raise BadName(message, "give the folder another name")
    _check_editions(stem, taken, project.config.known_editions)
    return stem


def proper_name(text: str) -> str:
    """Return the name of an article that is made from any text, such as the name of a file."""
    try:
        return _article_name(text)
    except BadName:
        plain = _letters(text)
        return f"about-{plain}" if plain in COMMANDS | _DEVICES | RESERVED else plain or "article"


def add_files(root: Path, files: Mapping[str, bytes]) -> None:
    """Write new files into a project, all or none; no existing file is replaced.

    Raises:
        ProblemsError: a file exists (NEW001) or cannot be written (SYS002).
    """
    written: list[Path] = []
    done = False
    try:
        for name, data in files.items():
            path = root / name
            with _writable(name):
                path.parent.mkdir(parents=True, exist_ok=True)
                if os.path.lexists(path):
                    raise _there(name, "already exists", "give the file another name")
                _write_new(path, data)
            written.append(path)
        done = True
    finally:
        for path in () if done else written:
            _remove(path)


def _starter() -> Iterator[tuple[str, bytes]]:
    for path in sorted(_STARTER.rglob("*")):
        if path.is_file():
            yield path.relative_to(_STARTER).as_posix(), path.read_bytes()


def _dated(data: bytes, today: date) -> bytes:
    """Fill in today's date, and a date a year later for the next review."""
    later = date(today.year + 1, today.month, min(today.day, 28))
    data = data.replace(b"\ndate: TODAY\n", f"\ndate: {today.isoformat()}\n".encode())
    return data.replace(
        b"\nnext-review: NEXT-REVIEW", f"\nnext-review: {later.isoformat()} ".encode()
    )


def _check_folder_name(name: str) -> None:
    """Refuse a name that is not valid on some system, or hides the folder."""
    reason = ""
    if name.startswith("."):
        reason = "begins with a dot, which hides the folder"
    elif not name.isprintable() or set(name) & set('<>:"|?*\\') or name != name.strip(" ."):
        reason = "is not a valid folder name on some systems"
    elif name.partition(".")[0].lower() in _DEVICES:
        reason = "is a name that Windows reserves"
    if reason:
        hint = "use letters a to z, digits, and hyphens, for example: makebook new handouts"
        raise BadName(f"'{name}' {reason}", hint)


def _article_name(name: str) -> str:
    """Return the name of an article without its ending; refuse one that is not valid.

    It may be in folders: `ward/two`.
    """
    stem = name.removeprefix("source/").removesuffix(".md")
    better = _letters(base_name(stem))
    *folders, last = stem.split("/")
    reason = ""
    if not all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", part) for part in (*folders, last)):
        reason = "is not a valid article name: it becomes part of file names and addresses"
    elif len(stem) > _LONGEST:
        reason = f"is longer than {_LONGEST} characters"
    elif last.lower() in (_DEVICES if folders else COMMANDS | _DEVICES | RESERVED):
        reason, better = "is a reserved name", "/".join((*folders, f"about-{last.lower()}"))
    elif (
        not all(holds_articles(folder, top=not depth) for depth, folder in enumerate(folders))
        or any(folder.lower() in _DEVICES for folder in folders)
        or (folders and folders[0].lower() in FOLDERS)
    ):
        reason = "is in a folder that holds no articles"
    if not reason:
        return stem
    better = better if better not in COMMANDS | _DEVICES | RESERVED | {""} else "sleeping-well"
    raise BadName(f"'{name}' {reason}", f"use letters a to z, digits, and hyphens: {better}")


def _letters(text: str) -> str:
    """Return text as lower-case letters, digits, and hyphens; empty if it has none of them."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-").lower()


def _check_editions(stem: str, articles: Iterable[str], editions: Iterable[str]) -> None:
    """Refuse a name whose files could be those of another article's edition, or the reverse."""
    for ending in (*editions, "references"):
        for name in articles:
            if f"{name}-{ending}" == stem.casefold() or name == f"{stem.casefold()}-{ending}":
                message = (
                    f"'{stem}' and '{name}' would share file names, because makebook adds -{ending}"
                )
                raise BadName(message, "give the new article another name")


def _check_free(place: Path, shown: Path, files: Mapping[str, bytes]) -> None:
    """Refuse a folder that contains a visible file, or one that we would write."""
    if not os.path.lexists(place):
        return
    if not place.is_dir():
        raise _there(str(shown), "already exists and is not a folder", "choose another folder")
    with _writable(str(shown)):
        names = sorted(os.listdir(place))  # noqa: PTH208 - only names are needed
    ours = {name.partition("/")[0] for name in files}
    if FILE in names:
        hint = f"choose a new folder, or add an article: {program()} new --article NAME"
        raise _there((shown / FILE).as_posix(), "already exists: the folder is a project", hint)
    clash = [name for name in names if name in ours or not name.startswith(".")]
    if clash:
        hint = "choose a new or empty folder; nothing was written"
        raise _there((shown / clash[0]).as_posix(), "already exists", hint)


def _there(place: str, message: str, hint: str) -> ProblemsError:
    return ProblemsError([Problem("NEW001", Span(place), message, hint)])


def _write_all(place: Path, shown: Path, files: Mapping[str, bytes]) -> None:
    """Write every file into a temporary folder; when all are written, move them into place."""
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
            # makebook.toml comes last: without it, the folder is not a project.
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
    """Write a file that must not exist yet; remove it if it cannot be written completely."""
    with path.open("xb") as stream:
        try:
            stream.write(data)
        except BaseException:
            _remove(path)
            raise


@contextlib.contextmanager
def _writable(shown: str) -> Iterator[None]:
    """Report why a file or folder cannot be written (SYS002)."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "free disk space, or choose a writable folder; nothing was written"
        problem = Problem("SYS002", Span(shown), f"cannot be written: {reason}", hint)
        raise ProblemsError([problem]) from None

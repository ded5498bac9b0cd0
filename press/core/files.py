"""Files: reading them, listing them, and naming them as authors know them.

In: paths. Out: text, bytes, or names, and a problem if a file cannot be read or written. It also
has the names and folders that several stages need. Must not know what is in a file.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import unicodedata
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

import press
from press.core import gate
from press.core.problems import Problem, ProblemsError, Span

MANIFEST = "manifest.json"
"""Name of the file in every output folder that records what was built from which inputs."""
JOURNAL = ".manifest.jsonl"
"""Name of the file that holds what a run has published and `MANIFEST` does not tell yet."""
STATE = ".state.json"
"""Name of the file by which a run knows what is untouched since the one before."""
INDEX = "index.html"
"""Name of the library page of an output folder."""
FEED = "opds.json"
"""Name of the library's catalog for reading apps, beside its page."""
CATALOG = "library.json"
"""Name of the library's list for portals and record systems, beside its page."""
IDENTITY = "identity.json"
"""Name of the record in each PDF and e-book that says of which text it is."""
PACKET = "packet.pdf"
"""Name of the file that `makebook packet` writes; no manifest lists it."""
LINKED = "files"
"""The folder of the output folder that holds the files to which articles link."""
COVERS = "covers"
"""The folder of the output folder that holds the small covers of the library page."""
PREVIEW = "preview"
"""The folder of the output folder that holds pictures of pages."""
FOLDERS = frozenset((COVERS, PREVIEW, LINKED, INDEX, FEED, CATALOG, MANIFEST, PACKET))
"""Names that no folder of articles can have: makebook's own in the output folder."""
RESERVED_FOLDERS = FOLDERS | {"all"}
"""Names that no imprint can have: these, and an option's value."""
OWN = frozenset(("index", "library", "opds", "manifest", "packet"))
"""Names of makebook's own files in the output folder, without their endings."""
RESERVED = RESERVED_FOLDERS | OWN | {"references"}
"""Names that no new article can have: files and endings of makebook's own as well."""
_OTHERS = frozenset(("images", LINKED))
"""Folders in `source/`, at any depth, that hold no articles."""
_OTHERS_ON_TOP = frozenset(("disclaimers", "imprints", "words"))
"""The same, but only directly in `source/`."""
IMPORTED = frozenset(".docx .doc .odt .rtf .html .htm .xhtml .txt .text .rst .tex .org".split())
"""The endings of files that `makebook import` turns into articles."""
PROGRAM = Path(press.__file__).resolve().parent
"""Folder of the program."""


def default_folder() -> Path:
    """Return the folder of the default styles, in a checkout or in the installed package."""
    installed = PROGRAM / "styles"
    return installed if installed.is_dir() else PROGRAM.parent / "styles"


def read_text(
    path: Path, file: str, problems: list[Problem], code: str = "", kind: gate.Kind = "text"
) -> str | None:
    """Read a text file as UTF-8, with line ends as LF and without a byte order mark.

    Returns None if this fails, and adds problem TXT001 (not UTF-8) or TXT002 (cannot be read), or
    a problem with the given `code`.
    """
    data = read_bytes(path, file, problems, code, kind)
    return None if data is None else decode(data, file, problems, code)


def read_bytes(
    path: Path, file: str, problems: list[Problem], code: str = "", kind: gate.Kind = "text"
) -> bytes | None:
    """Read a file; return None, with problem TXT002 or `code`, if it cannot be read."""
    try:
        return gate.read(path, kind)
    except (OSError, ValueError) as error:
        problems.append(_unreadable(error, file, code))
        return None


def check_file(path: Path, file: str, problems: list[Problem], kind: gate.Kind) -> None:
    """Check a file that another library will read; problem TXT002 if it cannot be read."""
    try:
        gate.check(path, kind)
    except (OSError, ValueError) as error:
        problems.append(_unreadable(error, file, ""))


def _unreadable(error: Exception, file: str, code: str) -> Problem:
    if isinstance(error, gate.Refused):
        return Problem(code or "TXT002", Span(file), f"the file {error.strerror}", error.hint)
    hint = "check that the file exists and is readable"
    reason = getattr(error, "strerror", "") or type(error).__name__
    return Problem(code or "TXT002", Span(file), f"the file cannot be read: {reason}", hint)


def decode(data: bytes, file: str, problems: list[Problem], code: str = "") -> str | None:
    """Decode the bytes of a text file; return None, with TXT001 or `code`, if not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        byte = data[error.start]
        message = f"the file is not valid UTF-8: byte 0x{byte:02x} is not part of any character"
        hint = "save the file as UTF-8 in your editor"
        problems.append(Problem(code or "TXT001", Span(file, line, column), message, hint))
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


_LARGEST = 256 * 2**20


def read_given(path: Path) -> bytes:
    """Return the bytes of a finished file that a user names.

    Raises:
        ValueError: it is not a regular file, larger than 256 MB, or unreadable.
    """
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise ValueError(
                "is a folder" if stat.S_ISDIR(facts.st_mode) else "is not a regular file"
            )
        if facts.st_size > _LARGEST:
            raise ValueError(f"is too large to be from makebook: {facts.st_size // 2**20} MB")
        return gate.read(path, "file", anywhere=True)
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror or error}") from None


def replace_file(path: Path, data: bytes, name: str, unchanged: str) -> None:
    """Replace a file at once, with its permissions, or make a new one.

    Raises:
        ProblemsError: SYS002, whose hint says what is `unchanged`.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with writable(name, unchanged):
        try:
            temporary.write_bytes(data)
            if path.exists():
                shutil.copymode(path, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def writable(name: str, unchanged: str) -> Iterator[None]:
    """Report why a file cannot be written (SYS002)."""
    try:
        yield
    except OSError as error:
        hint = f"free disk space or fix permissions; {unchanged}"
        message = f"cannot be written: {error.strerror or error}"
        raise ProblemsError([Problem("SYS002", Span(name), message, hint)]) from None


def shown(path: Path, root: Path) -> str:
    """Return a path as problems and the manifest print it: if possible, relative to the project."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def is_file(path: Path | str) -> bool:
    """Return whether there is such a file; False for a name that no file can have."""
    return os.path.isfile(path)  # noqa: PTH113 - `Path.is_file` raises errors for some names


def beside(name: str, folders: Sequence[Path]) -> Path:
    """Find a file in the article's folder, else in the project's; default to the first folder.

    A file has one name, from whichever folder it is found.
    """
    found = next((f / name for f in folders if is_file(f / name)), folders[0] / name)
    plain = Path(os.path.normpath(found)) if ".." in name and is_file(found) else found
    return found if plain == found or plain.resolve() != found.resolve() else plain


def present(paths: Iterable[Path], root: Path) -> list[tuple[Path, str]]:
    """Return the files that exist, each with its name in problems."""
    return [(path, shown(path, root)) for path in paths if is_file(path)]


def files_below(folder: Path) -> Iterator[Path]:
    """Yield every file in a folder and its subfolders, following links; not Python's bytecode.

    A folder outside the project is passed over.

    Raises:
        ProblemsError: a folder cannot be read (TXT002).
    """
    return map(Path, names_below(folder))


def names_below(folder: Path) -> Iterator[str]:
    """Do what `files_below` does, with names for paths: for thousands, a Path each costs much."""
    for place, _, names in _walked(folder):
        yield from (f"{place}{os.sep}{name}" for name in names)


def _walked(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield what `os.walk` does; folders that are taken out of its list are not visited."""
    seen = set()
    for place, folders, names in os.walk(folder, onerror=_unread, followlinks=True):
        real = os.path.realpath(place)
        # One visited already would loop; one outside may be the whole disk.
        if real in seen or not gate.is_inside(Path(real)):
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield place, folders, names


def _unread(error: OSError) -> None:
    """Report a folder that cannot be read: what is in it must not be taken for deleted."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return
    root = gate.state()[0]
    place = shown(Path(error.filename), Path(root)) if root else error.filename
    message = f"the folder cannot be read: {error.strerror or error}"
    hint = "fix its permissions, or move it out of the project; existing files are intact"
    raise ProblemsError([Problem("TXT002", Span(place), message, hint)])


def article_files(root: Path) -> tuple[Path, ...]:
    """List the articles of a project, in `source/` and its folders, sorted.

    Hidden files and folders are left out, and folders for files of other kinds.

    Raises:
        ProblemsError: a folder cannot be read (TXT002).
    """
    source = root / "source"
    found: list[Path] = []
    for place, folders, names in _walked(source):
        every = (name for name in (*names, *folders) if name.endswith(".md"))
        found += (Path(place, name) for name in every if _is_plain(name))
        top = place == str(source)
        folders[:] = [name for name in folders if holds_articles(name, top=top)]
    return tuple(sorted(found))


def holds_articles(folder: str, *, top: bool) -> bool:
    """Return whether a folder may hold articles, by its name; `top`: it is directly in `source/`.

    One whose name ends like an article's is taken for a mistake.
    """
    name = folder.lower()
    others = _OTHERS | _OTHERS_ON_TOP if top else _OTHERS
    return _is_plain(folder) and name not in others and not name.endswith(".md")


def _is_plain(name: str) -> bool:
    return not name.startswith(".") and is_name(name)


def name_of(path: Path, root: Path) -> str:
    """Return the name of an article: `source/ward/two.md` is `ward/two`.

    `path` is one of those that `article_files` returns for `root`.
    """
    return next(iter(by_name([path], root)))


def by_name(paths: Iterable[Path], root: Path) -> dict[str, Path]:
    """Return articles by their names; `paths` are of those that `article_files` returns."""
    below = len(str(root / "source")) + 1
    return {str(p)[below:].removesuffix(".md").replace(os.sep, "/"): p for p in paths}


def folded(name: str) -> str:
    """Return what is the same for two names that are one file on some systems."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def imprint_files(root: Path) -> tuple[Path, ...]:
    """List the files of a project's imprints."""
    return listed(root / "source" / "imprints", "*.toml")


def listed(folder: Path, pattern: str) -> tuple[Path, ...]:
    """List the files in a folder, sorted by name, without hidden ones, which editors leave.

    Files whose names cannot be used are left out; `misnamed` reports them.
    """
    found = folder.glob(pattern)
    return tuple(sorted(p for p in found if not p.name.startswith(".") and is_name(p.name)))


def is_name(name: str) -> bool:
    """Return whether a name is UTF-8 (Python reads other bytes as surrogates) without controls."""
    return name.isprintable() or not any(unicodedata.category(c) in ("Cc", "Cs") for c in name)


def misnamed(root: Path) -> Iterator[tuple[Problem, bool]]:
    """Yield a problem (TXT002) for each file of `source/` whose name cannot be used.

    With each, say if it is an article, so that nothing else needs it.
    """
    source = root / "source"
    for path in names_below(source):
        if is_name(path[len(str(source)) :]):
            continue
        file = Path(path)
        if not file.name.startswith("."):
            message = (
                "the file cannot be read: its name is not valid UTF-8 or has a control character"
            )
            folders = enumerate(file.relative_to(source).parts[:-1])
            read = all(holds_articles(folder, top=not level) for level, folder in folders)
            problem = Problem("TXT002", Span(shown(file, root)), message, "rename the file")
            yield problem, read and file.suffix == ".md"


def article_name(argument: str, known: Container[str]) -> str:
    """Return the name of the article that an argument means: `source/ward/two.md` is `ward/two`.

    `known` are the names of the articles: a folder before one of them is left out only if the
    argument is a path into a folder `source`.
    """
    parts = Path(argument.removesuffix(".md")).parts
    names = ["/".join(parts[n:]) for n in range(len(parts)) if not n or parts[n - 1] == "source"]
    return next((name for name in names if name in known), names[-1] if names else argument)


def document_hint(argument: str) -> str:
    """Return what to do with a file that is not an article but is named like one; '' if it isn't.

    `argument` is what the user gave as an article.
    """
    from press.core.system import program, quoted

    ending = Path(argument).suffix.lower()
    if ending in IMPORTED:
        return f"import it first: {program()} import {quoted(Path(argument))}"
    if ending in (".qmd", ".rmd", ".markdown", ".mdown", ".mkd"):
        return "save it in source/ as a file whose name ends in .md"
    if ending in (".pdf", ".epub", ".pages", ".ipynb", ".adoc", ".wpd", ".pptx"):
        return "save it as .docx, .html, or .txt in the program that made it, and import that"
    return ""


def spelled(folder: Path, path: str) -> Path:
    """Return the file that a path in an article means, as the disk spells its name.

    A space may be written `%20`, as CommonMark does, and a letter with an accent may be one
    character or two (Unicode, forms C and D): systems and editors differ. Without such a file,
    returns the path with its escapes resolved.
    """
    plain = folder / path
    if is_file(plain):
        return plain
    for name in (path, unquote(path)):
        place: Path | None = folder
        for part in Path(name).parts:
            place = _entry(place, part) if place is not None else None
        if place is not None and is_file(place):
            return place
    return folder / unquote(path)


def _entry(folder: Path, name: str) -> Path | None:
    """Return a folder's entry of this name, in any form of Unicode; None if it has none."""
    if name == ".." or os.path.lexists(folder / name):
        return folder / name
    wanted = unicodedata.normalize("NFC", name)
    try:
        entries = list(folder.iterdir())
    except (OSError, ValueError):
        return None
    return next((e for e in entries if unicodedata.normalize("NFC", e.name) == wanted), None)

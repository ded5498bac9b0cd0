"""Links to other files of the project: articles, which have pages, and files to download.

In: a link as an article writes it. Out: the address that it has in the output folder, the name of
what it leads to, and the file to publish there; or a problem. This module must not know how the
formats show a link.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from press.core import gate
from press.core.files import LINKED, article_files, files_below, name_of, read_text, shown, spelled
from press.core.formats import base_name, file_of, shown_online
from press.core.hashing import source_digest
from press.core.model import Config, Linked
from press.core.nearest import did_you_mean, near, nearest
from press.core.problems import Problem, Span
from press.core.records import dataclass
from press.source.collections import names_in
from press.source.front_matter import split
from press.source.groups import formats_of
from press.source.project import read_table

_LARGEST = 100 * 2**20


@dataclass(frozen=True)
class Target:
    """What a link leads to."""

    address: str
    """Relative to the folder of the article's web page."""
    name: str
    """The title of an article, the name of a file."""
    article: Path | None = None
    part: str = ""
    """The id after `#`."""
    file: Linked | None = None


def read_target(
    link: str, folder: Path, root: Path, config: Config, place: Span, problems: list[Problem]
) -> Target | None:
    """Find what a link leads to; `folder` is that of the article, `root` that of the project.

    The output folder has the folders of `source/`. If groups have other formats, an article may
    have no web page, but a PDF or an e-book. Problems: LNK004 missing, LNK006 not to be
    published. The part of an article is not checked.
    """
    given, _, part = link.partition("#")
    path = spelled(folder, given)
    try:
        home = path.resolve()
        inside = gate.is_inside(path)
        is_file, is_folder = path.is_file(), path.is_dir()
    except (OSError, RuntimeError, ValueError):  # a name too long, or links in a circle
        inside, is_file, is_folder = True, False, False
    articles, source = article_files(root), root / "source"
    if not inside or is_folder:
        hint = "link to a file in the project, for example (files/form.pdf)"
        message = f"link to '{link}' leads {'to a folder' if inside else 'outside the project'}"
        problems.append(Problem("LNK006", place, message, hint))
        return None
    if not is_file:
        problems.append(_missing(link, path, folder, root, place))
        return None
    plain = Path(os.path.normpath(path))  # one name for a file, however a link leads to it
    path = plain if plain.resolve() == home else path
    article = next((a for a in articles if a == path), None)
    article = article or next((a for a in articles if a.resolve() == home), None)
    if article is not None:
        fields = _fields(article, root)
        if fields.get("status") == "withdrawn":
            message = f"link to '{link}': this article is withdrawn"
            problems.append(Problem("LNK004", place, message, "delete the link"))
            return None
        own = name_of(article, root)
        shows = shown_online(formats_of(article, root, config))
        address = _from(folder, source, file_of(own, shows))
        address += f"#{part}" if part and shows == "html" else ""
        title = fields.get("title")
        name = title if isinstance(title, str) and title else base_name(own)
        return Target(address, name, article, unquote(part))
    file = _file(link, path, source, root, place, problems)
    if file is None:
        return None
    return Target(_from(folder, source, file.name), base_name(file.name), file=file)


def _from(folder: Path, source: Path, name: str) -> str:
    """Return the address of a file in the output folder, from the page of an article."""
    return quote(os.path.relpath(source / name, folder).replace(os.sep, "/"))


def _missing(link: str, path: Path, folder: Path, root: Path, place: Span) -> Problem:
    """Return the problem of a link that leads to a collection, or to nothing (LNK004)."""
    name = path.stem if path.suffix.lower() in _MADE else path.name
    if name in names_in(read_table(root) or {}):
        message = f"link to '{link}': '{name}' is a collection, which has no web page"
        hint = "link to one of its articles, or to the web address of its PDF or e-book"
        return Problem("LNK004", place, message, hint)
    message = f"link to '{link}': there is no such article or file"
    return Problem("LNK004", place, message, _hint(path, folder, root, root / place.path))


_MADE = frozenset((".md", ".pdf", ".epub", ".html"))
"""The endings of a work's source and of its outputs, with which an author may name it."""


def _hint(path: Path, folder: Path, root: Path, own: Path) -> str:
    """Return the addresses from a folder of the files with the most similar names, except `own`.

    A file whose name has other letters, or which is in another folder, is the nearest. None is an
    article that is withdrawn.
    """
    articles = [p for p in article_files(root) if p != own and not _is_withdrawn(p, root)]
    others = [p for p in files_below(root / "source") if p.suffix not in (".md", ".toml")]
    files = [p for p in (*articles, *others) if not p.name.startswith(".")]
    named = [p for p in files if p.name.casefold() == path.name.casefold()]
    if same := named or [p for p in files if p.stem.casefold() == path.stem.casefold()]:
        return did_you_mean([_way(folder, p) for p in same[:3]])
    wanted = _way(folder, path)
    similar = near(wanted, [_way(folder, p) for p in files])
    if not articles and not similar:
        return "add that file, or delete the link"
    return did_you_mean(similar) or nearest(wanted, [_way(folder, p) for p in articles])


def _way(folder: Path, path: Path) -> str:
    """Return the address of a path, as an article in a folder writes it."""
    return os.path.relpath(path, folder).replace(os.sep, "/").replace(" ", "%20")


def _fields(article: Path, root: Path) -> Mapping[str, Any]:
    """Return the front matter of another article as written; empty if it cannot be read."""
    file = shown(article, root)
    fields, _, _ = split(read_text(article, file, []) or "", file, [])
    return fields.values


def _is_withdrawn(article: Path, root: Path) -> bool:
    text = read_text(article, "", []) or ""
    return "withdrawn" in text and _fields(article, root).get("status") == "withdrawn"


def _file(
    link: str, path: Path, folder: Path, root: Path, place: Span, problems: list[Problem]
) -> Linked | None:
    """Return a file to publish; `folder` is `source/`."""
    inner = path.resolve().relative_to(folder.resolve()) if _is_below(path, folder) else None
    parts = (inner or Path(path.name)).parts
    parts = parts[1:] if parts[0] == LINKED and len(parts) > 1 else parts
    twin = folder.joinpath(LINKED, *parts)
    reason, hint = "", "copy it to source/files/ and link to that file"
    if any(name.startswith(".") for name in parts):
        reason = "is hidden, so it is not published"
    elif path.suffix.lower() in _ACTIVE:
        reason = "could run a program on the reader's device, so it is not published"
        hint = "save it as a PDF or a picture, or link to a web page"
    elif twin.is_file() and not twin.samefile(path):
        reason = f"would have the same name in the output as '{shown(twin, folder)}'"
        hint = "rename one of the two"
    elif path.stat().st_size > _LARGEST:
        reason = f"is {path.stat().st_size / 2**20:.0f} MB; the maximum is {_LARGEST >> 20} MB"
        hint = "make it smaller, or link to a web page that offers it"
    if reason:
        problems.append(Problem("LNK006", place, f"file '{link}' {reason}", hint))
        return None
    name = unicodedata.normalize("NFC", "/".join((LINKED, *parts)))
    return Linked(name, shown(path, root), path.stat().st_size, source_digest(path))


_ACTIVE = frozenset(
    ".html .htm .xhtml .xht .shtml .svg .svgz .xml .xsl .xslt .mht .mhtml .js .mjs .hta .exe .bat "
    ".cmd .com .msi .scr .ps1 .vbs .vbe .wsf .lnk .sh .command .jar .app .apk .dmg .pkg .reg "
    ".url .desktop .swf".split()
)
"""The endings of files that act when a reader opens them: programs, and what a browser runs."""


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


_OUTSIDE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|[\\#]")


def may_be_file(link: str) -> bool:
    """Return whether a link may be a path in the project: it has no scheme and no host."""
    return bool(link) and not _OUTSIDE.match(link)

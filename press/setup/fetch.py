"""The pictures that an article shows from the web, brought into the project.

In: an article, and how to download. Out: files in `source/images/`, their addresses in its
`sources.toml`, and the article with paths in place of addresses, otherwise unchanged. This module
must not know how a download works, nor how an article is built.
"""

from __future__ import annotations

import html
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from press.core.files import (
    article_files,
    article_name,
    by_name,
    decode,
    read_bytes,
    replace_file,
    shown,
    writable,
)
from press.core.nearest import nearest_article
from press.core.problems import Problem, ProblemsError, Span, UnknownName
from press.setup.download import Failed, Forbidden, Network, download
from press.source import origins
from press.source.citation_syntax import without_code
from press.source.front_matter import split
from press.source.images import usable_image
from press.source.markup import convert, locate
from press.source.pixels import Unusable
from press.source.project import require_project

IMAGES = "images"
_UNCHANGED = "the article was not changed"
_REMOTE = re.compile(r"(https?:)?//", re.I)
_LONGEST = 60  # characters of a file's name
_ENDINGS = (
    (re.compile(rb"\x89PNG"), "png"),
    (re.compile(rb"\xff\xd8"), "jpg"),
    (re.compile(rb"GIF8"), "gif"),
    (re.compile(rb"RIFF"), "webp"),
    (re.compile(rb"....ftypavi", re.S), "avif"),
    (re.compile(rb"II\*|MM\0"), "tiff"),
    (re.compile(rb"BM"), "bmp"),
)
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\Z", re.I)
_HTML = re.compile(r"<img\b[^<>]*\bsrc\s*=\s*[\"']?\s*\Z", re.I)
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*<?\Z", re.M)


def fetch(root: Path, article: str, network: Network, problems: list[Problem]) -> list[str]:
    """Bring in the pictures that an article shows from the web; return the lines to print.

    A picture that cannot be brought in is reported (FET001, FET002, FET003); the others are.

    Raises:
        UnknownName: the project has no such article.
        ProblemsError: there is no project (CFG001), the article cannot be read (TXT001, TXT002),
            or a file cannot be written (SYS002).
    """
    require_project(root)
    known = by_name(article_files(root), root)
    name = article_name(article, known)
    if name not in known:
        raise UnknownName("article", name, nearest_article(name, known))
    work = _Work(known[name], root, problems)
    wanted = work.addresses()
    if not wanted:
        return [f"{work.file} shows no picture from the web"]
    for address in wanted:
        work.bring(address, network)
    work.save()
    return work.lines


class _Work:
    """One article, and what was brought in for it."""

    def __init__(self, path: Path, root: Path, problems: list[Problem]) -> None:
        self.path, self.root, self.problems = path.resolve(), root, problems
        self.file = shown(path, root)
        self.folder = path.parent / IMAGES
        unread: list[Problem] = []
        self.data = read_bytes(path, self.file, unread) or b""
        text = decode(self.data, self.file, unread)
        if text is None or unread:
            raise ProblemsError(unread)
        self.text = text
        self.raw = self.data.decode()  # its line ends and its mark stay
        if not origins.is_ours(self.folder):
            hint = "rename it: makebook keeps the addresses of pictures in a file of this name"
            span = Span(shown(self.folder / origins.FILE, root))
            raise ProblemsError([Problem("FET003", span, "is not from makebook fetch", hint)])
        self.origins = origins.read_origins(self.folder)
        self.files: dict[str, bytes] = {}
        self.lines: list[str] = []

    def addresses(self) -> list[str]:
        """Return the addresses of pictures, as the article writes them, in order."""
        unheard: list[Problem] = []
        _, body, first = split(self.text, self.file, unheard)
        made = convert(body, self.file, first, unheard)
        every = (image.get("src") or "" for image in made.body.iter("img"))
        return [address for address in dict.fromkeys(every) if _REMOTE.match(address)]

    def bring(self, written: str, network: Network) -> None:
        """Download a picture, and put its path in place of its address."""
        address = re.sub(r"\A(http:)?//", "https://", written, flags=re.I)
        spans = list(self._spans(written))
        if not spans:
            hint = "write the address in one piece, as ![words](https://…)"
            self._report("FET003", written, "is not written in a way that can be replaced", hint)
            return
        try:
            data, _ = download(address, network)
            usable_image(data)
        except Forbidden as error:
            hint = "save the picture in source/images/ yourself, and use the path of that file"
            self._report("FET001", written, str(error), hint)
        except Failed as error:
            hint = "check the address in a browser, and try again"
            self._report("FET002", written, str(error), hint)
        except Unusable as error:
            hint = "open the address in a browser, and use the address of the picture itself"
            self._report("FET003", written, str(error), hint)
        else:
            name = self._name(address, data)
            self.files[name], self.origins[name] = data, address
            for start, end in reversed(spans):
                self.raw = f"{self.raw[:start]}{IMAGES}/{name}{self.raw[end:]}"
            size = max(1, round(len(data) / 1024))
            self.lines.append(f"{shown(self.folder / name, self.root)}  {size} KB  from {address}")

    def _report(self, code: str, written: str, what: str, hint: str) -> None:
        place = locate(self.text, re.escape(written), 1)
        span = Span(self.file, *place)
        self.problems.append(Problem(code, span, f"'{written}' {what}", hint))

    def _spans(self, address: str) -> Iterator[tuple[int, int]]:
        """Yield where the article writes the address of a picture; a link to it is left alone."""
        blank = without_code(self.raw)
        forms = {address, html.escape(address, quote=False)}
        pattern = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        for found in re.finditer(rf"(?:{pattern})(?=[\s)>\"']|\Z)", blank):
            before = blank[: found.start()]
            if _of_image(before) or _HTML.search(before) or _DEFINITION.search(before):
                yield found.span()

    def _name(self, address: str, data: bytes) -> str:
        """Return a name for the file that is safe on every system and not yet taken."""
        last = unquote(urlsplit(address).path).rpartition("/")[2]
        stem = last.rpartition(".")[0] or last
        plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-_")[:_LONGEST].lower() or "picture"
        stem = f"picture-{stem}" if _RESERVED.match(stem) else stem
        ending = next((end for magic, end in _ENDINGS if magic.match(data)), "svg")
        number, name = 1, f"{stem}.{ending}"
        while not self._is_free(name, data):
            number += 1
            name = f"{stem}-{number}.{ending}"
        return name

    def _is_free(self, name: str, data: bytes) -> bool:
        """Return whether a name can be used: nothing has it, or the same picture."""
        path = self.folder / name
        if name in self.files or os.path.lexists(path):
            there = self.files.get(name) or (path.read_bytes() if path.is_file() else None)
            return there == data
        return True

    def save(self) -> None:
        """Write the pictures, then where they are from, then the article."""
        if not self.files:
            return
        with writable(shown(self.folder, self.root), _UNCHANGED):
            self.folder.mkdir(parents=True, exist_ok=True)
        text = origins.origins_text(self.origins)
        for name, data in {**self.files, origins.FILE: text.encode()}.items():
            replace_file(self.folder / name, data, shown(self.folder / name, self.root), _UNCHANGED)
        if self.path.read_bytes() != self.data:
            hint = "save it in your editor, then run the command again"
            message = "the article changed while pictures were fetched; its links are as they were"
            raise ProblemsError([Problem("FET003", Span(self.file), message, hint)])
        replace_file(self.path, self.raw.encode(), self.file, _UNCHANGED)


def _of_image(before: str) -> bool:
    """Return whether a text ends within `![words](`, where the address of a picture follows."""
    if not (found := re.search(r"\]\([ \t\n]*<?\Z", before)):
        return False
    depth = 0
    for index in range(found.start(), -1, -1):
        if before[index - 1 : index] == "\\":
            continue
        depth += {"]": 1, "[": -1}.get(before[index], 0)
        if depth == 0:
            return before[index - 1 : index] == "!"
    return False

"""The inputs of each output, as digests: they decide whether it is rebuilt.

In: a Document, an edition, the styles. Out: for each output, names and digests of everything that
affects its bytes. The work counts by its content, not by the files it was read from: an entry that
is not cited, or a notice that is not used, changes nothing. This module must not know renderers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from press.core.files import PROGRAM, files_below
from press.core.formats import FORMATS, PACKET_STYLES
from press.core.hashing import FileDigests, digest, file_digest, json_digest
from press.core.model import Config, Document, Download, Edition

if TYPE_CHECKING:
    from press.design.styles import Styles

Inputs = dict[str, str]
"""Names mapped to digests. `work` is the Document, `settings` the settings of an edition."""

_NOT_OF_PAPER = (*FORMATS["html"].styles, *PACKET_STYLES)
"""Styles that neither a PDF nor an e-book needs; each of the two depends on the other's styles."""
_NOT_OF_THE_WEB = (*FORMATS["pdf"].styles, *FORMATS["epub"].styles, *PACKET_STYLES)


_APART = ("lines", "origin", "source")
"""Fields that say where something is written, because a line added above it changes no output; and
the bytes of an article, which have a separate digest."""


class Needs:
    """The inputs of the outputs of one issue of an article."""

    def __init__(
        self,
        document: Document,
        config: Config,
        styles: Styles,
        versions: Mapping[str, str],
        digests: FileDigests,
    ) -> None:
        self.main = config.editions[0]
        self.styles = styles
        self.source = digest(document.source[1])
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        self.common = {
            "work": _work(document),
            **versions,
            "program": program_digest(),
            "epoch": epoch,
            **{f"font {face.path.name}": face.sha256 for face in document.faces if face.sha256},
        }
        self.files = _styles(styles, digests)

    def book(self) -> Inputs:
        """Return the inputs of the e-book; its page numbers come from the main edition."""
        return {
            **self.common,
            **self._styles(_NOT_OF_PAPER, [self.main]),
            "settings": _digest_of(self.main),
        }

    def sheet(self, edition: Edition) -> Inputs:
        """Return the inputs of an edition's files; most PDFs embed the e-book and the article."""
        styles = self._styles(_NOT_OF_PAPER, [self.main, edition])
        settings = _digest_of((self.main, edition))
        return {**self.common, **styles, "source": self.source, "settings": settings}

    def cover(self, document: Document, page: tuple[str, list[str]]) -> str:
        """Return one hash of what the cover of the e-book is drawn from; `page` is drawn."""
        rest = {name: said for name, said in self.common.items() if name != "work"}
        faces = [(face.family, face.path.name) for face in document.faces]
        return _digest_of([page, rest, self.files, faces])

    def page(self, downloads: Sequence[Download]) -> Inputs:
        """Return the inputs of the web page, which offers the other files."""
        styles = self._styles(_NOT_OF_THE_WEB, [])
        return {**self.common, **styles, "downloads": _digest_of(tuple(downloads))}

    def _styles(self, without: Sequence[str], editions: Sequence[Edition]) -> Inputs:
        """Return all styles except those known to be for other outputs."""
        sheets = {f"editions/{name}.css" for e in editions for name in (e.kind, e.name)}
        return {
            f"styles/{name}": listing_digest
            for name, listing_digest in self.files.items()
            if name not in without and (not name.startswith("editions/") or name in sheets)
        }


def shelf(said: str, styles: Styles, more: Sequence[str], digests: FileDigests) -> str:
    """Return one hash of what the library shows, of which `said` is the hash, and of its look."""
    files = _styles(styles, digests).items()
    look = {name: said for name, said in files if name not in _NOT_OF_THE_WEB}
    return _digest_of([said, look, styles.colors, list(more), program_digest()])


def _styles(styles: Styles, digests: FileDigests) -> dict[str, str]:
    return {name: digests[path] for name, path in styles.files().items()}


def listing_digest(entries: Mapping[str, Mapping[str, object]]) -> str:
    """Return one hash of what the library shows of each handout."""
    said = (f"{name}\n{e.get('shown') or shown_digest(e)}" for name, e in sorted(entries.items()))
    return digest("\n".join(said).encode(errors="surrogatepass"))


def shown_digest(entry: Mapping[str, Any]) -> str:
    """Return the hash of what the library may show of a handout; its entry keeps it as `shown`."""
    return _digest_of(_told(entry))


def _told(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the library may show of a handout, or of one that is withdrawn."""
    files = {
        name: {key: said for key, said in facts.items() if key not in ("inputs", "key")}
        for name, facts in entry.get("files", {}).items()
    }
    return {**{key: entry.get(key) for key in _TOLD}, "files": files}


_TOLD = ("title", "subtitle", "abstract", "keywords", "date", "facts", "stamp", "identifier",
         "version", "lang", "hash", "identity", "vocabulary", "status",
         "because", "hashes", "authors", "topics", "codes")  # fmt: skip


@cache
def program_digest() -> str:
    """Return one hash of all the program's code as it was started, whichever folder it is in."""
    code = [path for path in files_below(PROGRAM) if path.suffix in (".py", ".xml", ".js")]
    return digest("".join(map(file_digest, sorted(code, key=str))).encode())


def _work(document: Document) -> str:
    """Return a digest of what the Document says; the article's bytes have a separate one."""
    said = (f.name for f in fields(document) if f.name not in (*_APART, "due", "faces"))
    return _digest_of({name: getattr(document, name) for name in said})


def _digest_of(value: Any) -> str:
    return json_digest(value, _jsonable)


def _jsonable(value: Any) -> Any:
    if isinstance(value, bytes):
        return digest(value)
    if is_dataclass(value):
        return {f.name: getattr(value, f.name) for f in fields(value) if f.name not in _APART}
    return dict(value) if isinstance(value, Mapping) else str(value)


def changed(before: Mapping[str, str], now: Mapping[str, str], sources: Sequence[str]) -> list[str]:
    """Return the names of what changed, as an author knows them.

    `sources` are the author's files that differ from those of the earlier build.
    """
    names: list[str] = []
    for name in sorted({*before, *now}):
        if before.get(name) == now.get(name):
            continue
        if name in ("work", "source", "settings"):
            names += sources or ["the text"]
        elif name == "program":
            names.append("makebook itself")
        elif name == "downloads":
            names.append("the list of files that it offers")
        elif name == "epoch":
            names.append("SOURCE_DATE_EPOCH")
        elif name.startswith(("styles/", "font ")):
            names.append(name)
        else:
            names.append(f"{name} ({before.get(name, 'none')} to {now.get(name, 'none')})")
    return list(dict.fromkeys(names))

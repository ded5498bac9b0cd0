"""An earlier state of an article, read from a PDF, a manifest, or an e-book.

In: a file that anyone may have made or damaged. Out: Snapshots, checked piece by piece.
This module must not know today's sources.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from press.core.files import IDENTITY, read_given
from press.core.problems import Problem, ProblemsError, Span
from press.core.records import dataclass
from press.document.identity import FORMAT
from press.readback.epub import Book

_TEXT_LIMIT = 8 * 2**20
"""Maximum bytes of a file, and of a text within it: far more than makebook writes."""
_STAMP = re.compile(r'<p\b(?>[^<>]*?\bid="_?stamp")[^<>]*+>([^<]*+)</p>')
"""Atomic and possessive, so that a hostile text cannot make it backtrack."""
_PRINTED = "or the line printed on the sheet: its identifier and the 8 digits and letters after it"


@dataclass(frozen=True)
class Piece:
    """A section, a notice, or a reference: its title, and the hash of its content."""

    title: str
    hash: str
    words: str = ""
    """The hash of its words; empty in the records of earlier versions."""

    def same_as(self, other: Piece) -> bool:
        """Say if a reader finds the same in both: by their words, if both have that hash."""
        if self.words and other.words:
            return self.words == other.words
        return self.hash == other.hash


@dataclass(frozen=True)
class Snapshot:
    """One state of an article, as `identity.describe` records it."""

    hash: str
    earlier: str = ""
    """The hash of the same state in versions that hashed markup; empty in their records."""
    name: str = ""
    title: str = ""
    identifier: str = ""
    version: str = ""
    imprint: str | None = None
    """Empty: without an imprint. None: not known."""
    detailed: bool = False
    """True if the pieces are known, not only the hash."""
    lang: str = ""
    sections: Mapping[str, Piece] = field(default_factory=dict)
    notices: Mapping[str, Piece] = field(default_factory=dict)
    references: Mapping[str, Piece] = field(default_factory=dict)
    rest: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, Piece] = field(default_factory=dict)
    """The articles of a collection, in order, by identifier, or else by name.

    Such a Snapshot has no sections: they have only numbers, which change with the order.
    """


def from_identity(record: Any) -> Snapshot:
    """Return a Snapshot from a record of `identity.describe`, checking arbitrary JSON.

    A record of another format gives a Snapshot without its pieces.

    Raises:
        ValueError: it is not such a record.
    """
    record = _mapping(record)
    earlier = _text(record.get("earlier", ""))
    sheet = replace(_named(record), name=_text(record.get("name")), earlier=earlier)
    sheet = replace(sheet, imprint=_text(record.get("imprint")), lang=_text(record.get("lang")))
    sheet = replace(sheet, parts=dict(_parts(record.get("parts", []))))
    if record.get("makebook") != FORMAT:
        return sheet
    rest = dict(_mapping(record.get("rest")))
    pictures = _mapping(rest.pop("pictures", {}))
    return replace(
        sheet,
        detailed=True,
        sections={} if sheet.parts else _pieces(record.get("sections"), "title"),
        notices=_pieces(record.get("notices"), "title"),
        references=_pieces(record.get("references"), "text"),
        rest={key: _text(value) for key, value in rest.items()},
        pictures={name: _text(value) for name, value in pictures.items()},
    )


def _parts(value: Any) -> Iterator[tuple[str, Piece]]:
    if not isinstance(value, list):
        raise ValueError("not a list")  # noqa: TRY004 - the input is wrong, not the program
    for part in map(_mapping, value):
        name = _text(part.get("identifier")) or _text(part.get("name"))
        yield name, Piece(_text(part.get("title")), _text(part.get("hash")))


def _named(record: Mapping[str, Any]) -> Snapshot:
    """Read the fields that a record and an entry of a manifest share."""
    digest, title = _text(record.get("hash")), _text(record.get("title"))
    if not digest:
        raise ValueError("no hash")
    identifier, version = _text(record.get("identifier")), _text(record.get("version"))
    return Snapshot(digest, title=title, identifier=identifier, version=version)


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("not a table")  # noqa: TRY004 - the input is wrong, not the program
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 - the input is wrong, not the program
    return value


def _pieces(value: Any, title: str) -> dict[str, Piece]:
    pieces = {name: _mapping(piece) for name, piece in _mapping(value).items()}
    return {
        name: Piece(
            _text(piece.get(title)), _text(piece.get("hash")), _text(piece.get("words", ""))
        )
        for name, piece in pieces.items()
    }


def read_file(path: Path) -> list[Snapshot] | str:
    """Return the Snapshots in a file, or the line printed in an e-book of an early version.

    Raises:
        ProblemsError: DIF001, the file cannot be read or identifies no sheet.
    """
    data = _bytes(path)
    if b"%PDF-" in data[:1024]:
        return [_from_pdf(data, path)]
    if data.startswith(b"PK\x03\x04"):
        found = _from_epub(data, path)
        return found if isinstance(found, str) else [found]
    content = _json(data, path, "is not a PDF, an EPUB, or a manifest.json")
    try:
        if isinstance(content, dict) and "makebook" in content:
            return [from_identity(content)]
        return _from_manifest(content)
    except ValueError:
        message = "identifies no sheet, or is damaged"
        raise _unreadable(path, message, f"give the PDF of the sheet, {_PRINTED}") from None


def _bytes(path: Path) -> bytes:
    try:
        return read_given(path)
    except ValueError as error:
        raise _unreadable(path, str(error), "give the PDF or the manifest.json itself") from None


def _unreadable(path: Path, message: str, hint: str) -> ProblemsError:
    return ProblemsError([Problem("DIF001", Span(str(path)), message, hint)])


def _json(data: bytes, path: Path, message: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise _unreadable(path, message, f"give one of these, {_PRINTED}") from None


def _from_pdf(data: bytes, path: Path) -> Snapshot:
    from press.readback.pdf import attachments

    try:
        files = attachments(data)
    except ValueError as error:
        message = f"cannot be opened: {error}"
        hint = f"give the file as it was built, without a password, {_PRINTED}"
        raise _unreadable(path, message, hint) from None
    if IDENTITY not in files:
        message = f"contains no {IDENTITY}: it is not from makebook, or is from an early version"
        raise _unreadable(path, message, f"give the manifest.json of its build, {_PRINTED}")
    return _from_record(files[IDENTITY], path)


def _from_record(content: bytes, path: Path) -> Snapshot:
    """Return the Snapshot in the record that a PDF or an e-book has."""
    said = f"its {IDENTITY} is damaged"
    try:
        return from_identity(_json(content, path, said) if len(content) < _TEXT_LIMIT else None)
    except ValueError:
        hint = f"give the manifest.json of its build, {_PRINTED}"
        raise _unreadable(path, said, hint) from None


def _from_manifest(manifest: Any) -> list[Snapshot]:
    """Return the articles of a manifest, in the order of the project."""
    articles = _mapping(_mapping(manifest).get("articles"))
    order = manifest.get("order")
    names = [n for n in order if isinstance(n, str)] if isinstance(order, list) else []
    known = [n for n in dict.fromkeys([*names, *articles]) if n in articles]
    sheets = [_from_entry(name, _mapping(articles[name])) for name in known]
    if not sheets:
        raise ValueError("no article")
    return sheets


def _from_entry(name: str, entry: Mapping[str, Any]) -> Snapshot:
    if "identity" in entry:
        return from_identity(entry["identity"])
    return replace(_named(entry), name=name)


def _from_epub(data: bytes, path: Path) -> Snapshot | str:
    """Return the Snapshot in an e-book, or else the line on its title page."""
    with contextlib.suppress(ValueError):
        book = Book(data)
        if (name := f"META-INF/{IDENTITY}") in book.names:
            return _from_record(book.read(name, _TEXT_LIMIT), path)
        for name in book.names:
            if name.endswith("title.xhtml"):
                found = _STAMP.search(book.read(name, _TEXT_LIMIT).decode(errors="replace"))
                if found:
                    return html.unescape(found[1])
    message = "is damaged, or not from makebook: no line on a title page identifies it"
    raise _unreadable(path, message, f"give the PDF, {_PRINTED}")

"""The files of one issue of an article: laid out, written, reopened, proved, and measured.

In: a Document and the effective configuration. Out: Artifacts, and problems. The main edition is
laid out first; the e-book takes its page numbers from it and is embedded in every PDF except
booklets and separate references. This module must not publish anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from press.build.inputs import Inputs, Needs
from press.core import gate, parallel, progress
from press.core.files import IDENTITY
from press.core.formats import FORMATS, FilePart, base_name, file_of
from press.core.hashing import digest, file_digest
from press.core.model import Artifact, Attached, Config, Document, Download, Edition, Request
from press.core.problems import Problem, ProblemsError, Span, counted
from press.core.records import dataclass
from press.design.color import check_styles
from press.design.styles import Styles
from press.document import crosslinks, editions, identity
from press.document.binding import without_contents
from press.document.prose import prose
from press.document.sheet import taken, unknown
from press.output.epub.package import write_epub
from press.output.pdf.cover import draw_cover
from press.output.pdf.layout import Layout, lay_out
from press.output.pdf.sheet import lay_out_sheet
from press.proof.epub import prove_epub
from press.proof.pdf import prove_pdf, prove_together
from press.proof.sheet import prove_sheet
from press.proof.typography import check_type, measure_type


@dataclass(frozen=True)
class _Print:
    """One edition to print."""

    root: Path
    document: Document
    edition: Edition
    main: Edition
    carried: Sequence[Attached]
    """Files to embed. The last one, the identity of the sheet, goes into every PDF."""

    @property
    def styles(self) -> Styles:
        imprint = self.document.imprint
        return Styles.for_imprint(self.root, imprint)

    def name(self, part: FilePart = "") -> str:
        return editions.file_name(self.document.name, self.edition, self.main, part)


@dataclass(frozen=True)
class Task:
    """The files to make of one issue of an article."""

    document: Document
    config: Config
    request: Request
    identity: Mapping[str, Any]
    """What `identity.describe` says of the document: it goes into every PDF and e-book."""
    stale: frozenset[str]
    """Names of the files to make."""
    book: bytes | None = None
    """The existing e-book, if it is current."""
    cover_key: str = ""
    """What its cover is drawn from, in one hash."""
    cover: bytes | None = None
    """The cover of the existing e-book, if it would be the same."""


def outputs(
    document: Document, config: Config, request: Request, needs: Needs
) -> dict[str, tuple[str, Inputs]]:
    """Return the name, edition, and inputs of each file asked for, except the web page."""
    formats = request.formats or config.formats
    found = {}
    if "epub" in formats:
        found[file_of(document.name, "epub")] = "", needs.book()
    if "pdf" in formats:
        for edition in printable(document, asked_editions(config, request)):
            needed = needs.sheet(edition)
            for part in _parts(document, edition):
                name = editions.file_name(document.name, edition, config.editions[0], part)
                found[name] = edition.name, needed
    return found


def names(document: Document, config: Config) -> frozenset[str]:
    """Return the names of all files that a project makes of an article."""
    main = config.editions[0]
    found: set[str] = set()
    for format_ in config.formats:
        if FORMATS[format_].has_editions:
            every = printable(document, config.editions)
            found.update(*(_names(document, edition, main) for edition in every))
        else:
            found.add(file_of(document.name, format_))
    return frozenset(found)


def asked_editions(config: Config, request: Request) -> list[Edition]:
    """Return the editions that a request asks for."""
    return [e for e in config.editions if not request.editions or e.name in request.editions]


def printable(document: Document, wanted: Sequence[Edition]) -> list[Edition]:
    """Return the editions for which an article has something to print."""
    return [e for e in wanted if e.kind != "sheet" or taken(document)]


def sheet_problems(document: Document, config: Config, request: Request) -> list[Problem]:
    """Say what is wrong with the choice of text for a sheet.

    Problems: SHT004 an id that the article does not have; without anything to print SHT002 if the
    edition was asked for by name, or else SHT003.
    """
    if "pdf" not in (request.formats or config.formats):
        return []
    asked = asked_editions(config, request)
    span = document.matter.origin.spans.get("short") or Span(f"source/{document.name}.md")
    hint = "correct the id, or give it to a section: {#my-id}"
    message = "'short' names '{}', which is not an id of this article"
    found = [Problem("SHT004", span, message.format(id_), hint) for id_ in unknown(document)]
    for edition in asked if found else []:
        if edition.kind == "sheet":
            return found
    hint = "mark sections or blocks with {.short}, or list their ids in the front matter as `short`"
    for edition in asked:
        if edition not in printable(document, asked):
            message = f"edition '{edition.name}' was not made: nothing in this article is marked"
            code = "SHT002" if request.editions else "SHT003"
            found.append(Problem(code, Span(span.path), message, hint))
    return found


def _parts(document: Document, edition: Edition) -> tuple[FilePart, ...]:
    away = edition.references == "companion" and document.references
    return ("", "references") if away else ("",)


def make_files(task: Task, problems: list[Problem]) -> list[Artifact]:
    """Make the stale PDFs and e-book; other editions are made in parallel with the main one.

    Raises:
        ProblemsError: something cannot be laid out.
    """
    document, main = crosslinks.alone(task.document), task.config.editions[0]
    said = Attached(IDENTITY, identity.encode(task.identity), "Data")
    first = _Print(task.request.root, document, main, main, (said,))
    for edition in task.config.editions:
        check_styles(first.styles, edition, problems)
    stale = [
        e
        for e in asked_editions(task.config, task.request)
        if _names(document, e, main) & task.stale
    ]
    layout, data, artifacts = None, task.book, []
    if data is None:
        progress.say(f"{document.name}: laying out {main.name}")
        layout = _lay_out(first)
        progress.say(f"{document.name}: writing the e-book")
        progress.enter("writing")
        picture = task.cover or draw_cover(document, first.styles)
        work = without_contents(document)
        book = write_epub(work, layout.anchors, main.name, first.styles, picture, said.data)
        progress.enter("proof")
        prove_epub(work, book, problems)
        artifacts, data = ([book] if book.name in task.stale else []), book.data
    written = [each.source for each in document.bound] or [document.source]
    carried = (
        *(Attached(*source, "Source") for source in written),
        Attached(base_name(file_of(document.name, "epub")), data, "Alternative"),
        said,
    )
    prints = [replace(first, edition=edition, carried=carried) for edition in stale]
    rest = [each for each in prints if each.edition != main]
    with parallel.begun(_print, rest, task.request.jobs) as others:
        first_ones = [_print(each, layout) for each in prints if each.edition == main]
        every = counted(len(prints), "edition")
        for number, (files, found) in enumerate(chain(first_ones, others), 1):
            progress.say(f"{document.name}: {number} of {every} finished")
            artifacts += files
            problems += found
    return artifacts


def _names(document: Document, edition: Edition, main: Edition) -> frozenset[str]:
    parts = _parts(document, edition)
    return frozenset(editions.file_name(document.name, edition, main, part) for part in parts)


def _lay_out(one: _Print) -> Layout:
    progress.enter("layout")
    view = editions.printed(one.document, one.edition, base_name(one.name("references")))
    if one.edition.kind == "sheet":
        return lay_out_sheet(view, one.edition, one.styles)
    return lay_out(view, one.edition, one.styles)


def _print(one: _Print, laid: Layout | None = None) -> tuple[list[Artifact], list[Problem]]:
    """Return the files of one edition, and their problems."""
    problems: list[Problem] = []
    try:
        laid = laid or _lay_out(one)
        return _files(one, laid, problems), problems
    except ProblemsError as error:
        return [], [*problems, *error.problems]


def _files(one: _Print, laid: Layout, problems: list[Problem]) -> list[Artifact]:
    document, edition = one.document, one.edition
    progress.enter("writing")
    artifact = replace(laid.write(one.name(), one.carried), trail=laid.trail)
    files = [_proved(laid.document, edition, artifact, problems)]
    views = [laid.document]
    if edition.references == "companion" and document.references:
        alone = editions.references_alone(document, laid.anchors)
        page = replace(edition, kind="standard") if edition.kind == "booklet" else edition
        progress.enter("layout")
        made = lay_out(alone, page, one.styles).write(one.name("references"), one.carried[-1:])
        files.append(_proved(alone, page, replace(made, part="references"), problems))
        views.append(alone)
    if edition.kind == "sheet":
        problems += prove_sheet(document, laid.document, artifact.name)
    elif laid.document != document:
        problems += prove_together(document, edition, artifact.name, views)
    return files


def _proved(
    document: Document, edition: Edition, artifact: Artifact, problems: list[Problem]
) -> Artifact:
    """Reopen and prove a finished PDF and measure its type; return it with the measures."""
    progress.enter("proof")
    pages = prove_pdf(document, edition, artifact, problems)
    if pages:
        spans = [page.spans for page in pages]
        measures = measure_type(spans, prose(document))
        check_type(spans, edition, artifact.name, measures, problems)
        artifact = replace(artifact, measures=measures)
    return artifact


def copies(document: Document, request: Request, problems: list[Problem]) -> dict[str, bytes]:
    """Return the files that an article links to, unless the output folder has them already.

    Problem PRF001: a file is not as it was when the article was read.
    """
    found = {}
    for linked in document.linked:
        if file_digest(request.output / linked.name) == linked.sha256:
            continue
        path = request.root / linked.file
        try:
            data = gate.read(path, "file")
        except OSError:
            data = b""
        if digest(data) != linked.sha256:
            message = "the file changed while the article was built"
            problems.append(Problem("PRF001", Span(linked.file), message, "build again"))
        found[linked.name] = data
    return found


def make_page(
    document: Document, downloads: Sequence[Download], styles: Styles, problems: list[Problem]
) -> Artifact:
    """Make and prove the web page, which offers the other files."""
    from press.output.web.page import write_page
    from press.proof.page import prove_page

    progress.enter("writing")
    document = crosslinks.published(document)
    artifact = write_page(document, downloads, styles)
    progress.enter("proof")
    prove_page(document, artifact, downloads, problems)
    return artifact

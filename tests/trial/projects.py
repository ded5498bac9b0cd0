"""Projects for the trial, and their finished files, made in this process.

In: Markdown. Out: a `Document` and its finished files in every edition and format. The stages are
called one by one, as `press.build.make` does, but no cover is drawn and nothing is embedded.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from press.core.model import Artifact, Config, Document, Download, Edition
from press.design.styles import Styles
from press.document import editions
from press.document.compose import read_sources
from press.output.epub.package import write_epub
from press.output.pdf.layout import lay_out
from press.output.web.page import write_page
from press.source.project import effective

FACES = Path(__file__).resolve().parent.parent / "data" / "fonts"
"""A face with Hebrew and Arabic letters, and its license."""
SHORT = "Not medical advice."
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJg"
    "gg=="
)
_NOTICE = f"""---
id: general
title: About this sheet
place: [opening, every-page]
short: {SHORT}
---

It does not replace your nurse.
"""


@dataclass(frozen=True)
class Finished:
    """A finished file, and everything that it is proved against."""

    document: Document
    artifact: Artifact
    edition: Edition | None = None
    downloads: tuple[Download, ...] = ()

    @property
    def place(self) -> str:
        """The edition of a PDF, else the format."""
        return self.edition.name if self.edition else self.artifact.format


def front_matter(identifier: str = "DOSE-8", version: str = "1", lang: str = "en-US") -> str:
    """Return front matter for an article of the trial."""
    return (
        f'---\ntitle: Dose plan\nlang: {lang}\ndate: 2026-01-02\nidentifier: "{identifier}"\n'
        f'version: "{version}"\n---\n\n'
    )


@contextmanager
def project(
    article: str, *, address: bool, files: Mapping[str, str] | None = None, faces: bool = False
) -> Iterator[Path]:
    """Write a project with one article, `doses`, into a temporary folder."""
    with TemporaryDirectory(prefix="trial-") as name:
        root = Path(name)
        online = 'address = "https://example.org/x"\n' if address else ""
        names = '["letter", "a4", "large-print", "booklet", "ink-saver"]'
        written = {
            "makebook.toml": f'lang = "en-US"\n{online}editions = {names}\n'
            '[notices.required]\n"*" = ["general"]\n',
            "source/doses.md": article,
            "source/disclaimers/general.md": _NOTICE,
            **(files or {}),
        }
        for path, text in written.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        if faces:
            shutil.copytree(FACES, root / "styles" / "fonts")
        yield root


def read(root: Path, name: str = "doses", imprint: str = "") -> tuple[Document, Config]:
    """Read a project's article.

    Raises:
        ProblemsError: it has errors.
    """
    sources = read_sources(root)
    return sources.assembled(name, imprint), effective(sources.project.config, None)


def finish(
    root: Path, document: Document, config: Config, wanted: Sequence[str] = ()
) -> Iterator[Finished]:
    """Make the files of a document; `wanted` limits them to editions, `epub`, and `html`.

    Raises:
        ProblemsError: something cannot be laid out.
    """
    styles, main, offered = Styles.for_imprint(root, document.imprint), config.editions[0], []
    for edition in config.editions:
        if wanted and edition.name not in wanted and edition != main:
            continue
        name = editions.file_name(document.name, edition, main)
        view = editions.printed(document, edition, f"{name}-references")
        layout = lay_out(view, edition, styles)
        if edition == main:
            anchors = layout.anchors
        if not wanted or edition.name in wanted:
            artifact = layout.write(name, ())
            offered.append(Download(name, "pdf", len(artifact.data), edition.name, edition.kind))
            yield Finished(layout.document, artifact, edition)
    if not wanted or "epub" in wanted:
        book = write_epub(document, anchors, main.name, styles, _PIXEL, b"{}")
        offered.append(Download(book.name, "epub", len(book.data)))
        yield Finished(document, book)
    if not wanted or "html" in wanted:
        files = tuple(replace(each, page="Letter") if each.edition else each for each in offered)
        yield Finished(document, write_page(document, files, styles), None, files)

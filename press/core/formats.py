"""The table of formats: what each is called, needs, makes and says, and who checks it.

In: nothing. Out: `FORMATS`. What every other module knows of a format, it looks up here. How the
formats depend on each other is told in `build.make`. This module must not know any stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Format = Literal["pdf", "epub", "html"]
"""What an article is built as."""
EditionKind = Literal["standard", "large-print", "ink-saver", "booklet"]
"""What an edition must satisfy."""
FilePart = Literal["", "references"]
"""Which part of an edition a PDF holds: the whole, or its references alone."""
Checker = Literal["EPUBCheck", "Ace", "veraPDF"]
"""An outside program that checks finished files."""


@dataclass(frozen=True)
class Facts:
    """What is known of a format."""

    ending: str
    media_type: str
    styles: tuple[str, ...]
    """Files of `styles/` that this format alone needs; all others are for every format."""
    summary: str
    """What the summary of a build calls it; a PDF is called by its pages."""
    checkers: tuple[Checker, ...] = ()


FORMATS: dict[Format, Facts] = {
    "pdf": Facts(
        ".pdf",
        "application/pdf",
        (
            "print.css",
            "templates/handout.html",
            "templates/title.html",
            "templates/contact.html",
        ),
        "",
        ("veraPDF",),
    ),
    "epub": Facts(
        ".epub",
        "application/epub+zip",
        (
            "book.css",
            "cover.css",
            "templates/cover.html",
            "templates/book-title.xhtml",
            "templates/chapter.xhtml",
            "templates/nav.xhtml",
            "templates/toc.ncx",
        ),
        "e-book",
        ("EPUBCheck", "Ace"),
    ),
    "html": Facts(
        ".html",
        "text/html",
        ("page.css", "templates/page.html", "templates/library.html"),
        "web page",
    ),
}
"""In the order in which a summary lists them."""


def file_of(article: str, format_: Format) -> str:
    """Return the name of an article's file: of its e-book, its web page, or its main PDF."""
    return f"{article}{FORMATS[format_].ending}"

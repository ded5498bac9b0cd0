"""The table of formats: the name, styles, and checkers of each.

In: nothing. Out: `FORMATS`, where every other module looks up the facts about a format; how the
formats depend on each other is in `build.make`. This module must not know any stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote

from press.core.records import dataclass

Format = Literal["pdf", "epub", "html"]
"""A format in which an article is built."""
EditionKind = Literal["standard", "large-print", "ink-saver", "booklet", "sheet"]
"""The requirements that an edition must meet."""
Standard = Literal["a-3a+ua-1", "a-4f+ua-2"]
"""PDF/A-3a and PDF/UA-1 on PDF 1.7, or PDF/A-4f, PDF/UA-2, and Well-Tagged PDF on
PDF 2.0."""
FLAVORS: dict[Standard, tuple[str, ...]] = {
    "a-3a+ua-1": ("ua1", "3a"),
    "a-4f+ua-2": ("ua2", "4f", "wt1a", "wt1r"),
}
"""What veraPDF calls the parts of a standard."""
FilePart = Literal["", "references"]
"""The part of an edition that a PDF holds: all of it, or only its references."""
Checker = Literal["EPUBCheck", "Ace", "veraPDF"]
"""An outside program that checks finished files."""


@dataclass(frozen=True)
class Facts:
    """The facts about one format."""

    ending: str
    media_type: str
    styles: tuple[str, ...]
    """Files in `styles/` that only this format needs; all formats need the others."""
    summary: str
    """Its name in the summary of a build; a PDF is listed by its number of pages."""
    checkers: tuple[Checker, ...] = ()
    has_editions: bool = False
    """There is a file for each edition, not one for all."""


FORMATS: dict[Format, Facts] = {
    "pdf": Facts(
        ".pdf",
        "application/pdf",
        (
            "print.css",
            "templates/handout.html",
            "templates/sheet.html",
            "templates/running.html",
            "templates/title.html",
            "templates/contact.html",
        ),
        "",
        ("veraPDF",),
        has_editions=True,
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
        ("page.css", "library.css", "ranges.css", "templates/page.html", "templates/library.html"),
        "web page",
    ),
}
"""The formats, in the order in which a summary lists them."""


PACKET_STYLES = ("packet.css", "templates/packet.html")
"""Files in `styles/` that only the cover sheet of a packet needs."""


def base_name(name: str) -> str:
    """Return the name of an article or of its file without its folder."""
    return name.rpartition("/")[2]


def way_home(article: str) -> str:
    """Return the way from an article's files to the output folder: `../` for `ward/two`."""
    return "../" * article.count("/")


def shown_online(formats: Sequence[Format]) -> Format:
    """Return the format to which an address of an article leads: the web page, or else the first.

    `formats` are those in which it is made.
    """
    return "html" if "html" in formats else formats[0]


def address_of(home: str, name: str, formats: Sequence[Format]) -> str:
    """Return where a work is on the web; nothing without the address `home` of the project."""
    return home and f"{home}/{quote(file_of(name, shown_online(formats)))}"


def file_of(article: str, format_: Format) -> str:
    """Return the name in the output folder of an article's e-book, web page, or main PDF."""
    return f"{article}{FORMATS[format_].ending}"

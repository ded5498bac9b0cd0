"""The downloads of a page: the name, purpose, and size of each file.

In: the files of an article, and labels. Out: `Download`s, then `Offer`s, in words for readers.
This module must not know pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from press.core.formats import FORMATS
from press.core.manifest import FileEntry
from press.core.model import Download
from press.core.paper import booklet_sheets
from press.core.records import dataclass

_ORDER = ("html", "standard", "sheet", "large-print", "ink-saver", "booklet", "references", "epub")


@dataclass(frozen=True)
class Offer:
    """A file as described to readers."""

    file: str
    href: str
    type: str
    """Media type."""
    title: str
    """`Large print, 25 pages`."""
    purpose: str
    """A sentence that says what it is for."""
    facts: str
    """`PDF, A4 paper, 272 KB`."""
    form: str = ""
    """For a handout to print, its title without its length; empty for other files."""
    pages: int = 0


def downloads(files: Mapping[str, FileEntry], editions: Sequence[str]) -> list[Download]:
    """Return the files of an article as downloads: the PDFs, in the order of editions, come first.

    `files` are those of its entry in the manifest, by name.
    """

    def place(item: tuple[str, FileEntry]) -> tuple[bool, int, str, str]:
        name, facts = item
        order = editions.index(facts["edition"]) if facts["edition"] in editions else len(editions)
        return not FORMATS[facts["format"]].has_editions, order, facts["part"], name

    return [
        Download(
            name=name,
            format=facts["format"],
            size=facts["bytes"],
            edition=facts["edition"],
            kind=facts["kind"],
            page=facts["page"],
            part=facts["part"],
            pages=facts["pages"],
        )
        for name, facts in sorted(files.items(), key=place)
    ]


def offers(downloads: Sequence[Download], labels: Mapping[str, str]) -> list[Offer]:
    """Describe downloads, the usual form first.

    If two titles would be the same, the paper size and, if necessary, the edition are added.
    """
    downloads = sorted(downloads, key=lambda d: _ORDER.index(_key(d)) if _key(d) in _ORDER else 99)
    titles = _apart([_title(d, labels) for d in downloads], [d.page for d in downloads])
    titles = _apart(titles, [d.edition for d in downloads])
    return [
        Offer(
            download.name,
            quote(download.name),
            FORMATS[download.format].media_type,
            ", ".join(filter(None, (title, _length(download, labels)))),
            _purpose(download, labels),
            ", ".join(_facts(download, labels)),
            title if FORMATS[download.format].has_editions and not download.part else "",
            download.pages,
        )
        for title, download in zip(titles, downloads, strict=True)
    ]


def _apart(titles: Sequence[str], more: Sequence[str]) -> list[str]:
    """Return the titles, extended if two would be the same."""
    often = Counter(titles)
    return [
        f"{title} ({extra})" if often[title] > 1 and extra else title
        for title, extra in zip(titles, more, strict=True)
    ]


def size(count: int) -> str:
    """Format a number of bytes for readers: `272 KB`, `1.4 MB`."""
    if count < 1024 * 1000:
        return f"{max(1, round(count / 1024))} KB"
    return f"{count / 1024 / 1024:.1f} MB"


def _key(download: Download) -> str:
    if download.part == "references":
        return "references"
    return (
        (download.kind or "standard") if FORMATS[download.format].has_editions else download.format
    )


def _title(download: Download, labels: Mapping[str, str]) -> str:
    return labels.get(f"download-{_key(download)}", download.format.upper())


def _purpose(download: Download, labels: Mapping[str, str]) -> str:
    return labels.get(f"download-{_key(download)}-for", "")


def _facts(download: Download, labels: Mapping[str, str]) -> list[str]:
    found = [download.format.upper()]
    if FORMATS[download.format].has_editions:
        found += [labels["paper"].format(page=download.page)] if download.page else []
    return [*found, size(download.size)]


def _length(download: Download, labels: Mapping[str, str]) -> str:
    """Return the number of pages, and of the sheets of a booklet: `25 pages`."""
    if not FORMATS[download.format].has_editions or not download.pages:
        return ""
    sheets = booklet_sheets(download.pages) if _key(download) == "booklet" else 1
    key = "page-count" if download.pages == 1 else "pages-count"
    key = "sheets-count" if sheets > 1 else key
    return labels[key].format(count=download.pages, sheets=sheets)

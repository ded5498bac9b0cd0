"""The EPUB 3.3 package. Owner of EbookLib.

In: a Document, the ids that begin on each printed page, the styles. Out: the bytes of an EPUB.
This module writes no file, reads no clock, and must not know the configuration. EbookLib only
packs; the content documents come from our templates, because EbookLib would parse its own again
and lose attributes.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from ebooklib import epub
from lxml import etree

from press.core import trees
from press.core.files import IDENTITY
from press.core.formats import file_of
from press.core.model import Artifact, Document
from press.design.faces import fallback_css, fallback_files, lettered
from press.design.fonts import subset
from press.design.styles import Styles
from press.document import identity
from press.document.semantics import contact_links
from press.output.epub.chapters import Chapter, make_chapters

_ENDINGS = {
    "image/svg+xml": "svg",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
}


def write_epub(
    document: Document,
    pages: Sequence[Sequence[str]],
    edition: str,
    styles: Styles,
    cover: bytes,
    record: bytes,
) -> Artifact:
    """Make the e-book.

    `pages` lists, for each page of the printed edition `edition`, the ids that begin on it; the
    page list follows them (EPUB Accessibility 1.1, 3.2). `cover` is a PNG. `record` is
    the `identity.json` that the PDFs have, too. It is in `META-INF`, where a reading system passes
    over what it does not know (EPUB 3.3, 4.2.6).
    """
    title = trees.fragment(
        styles.fill("book-title.xhtml", document=document, matter=document.matter,
                    labels=document.labels, contact=contact_links(document))
    )  # fmt: skip
    names = {
        image.name: f"images/{index}-{_safe(image.name)}.{_ENDINGS[image.media_type]}"
        for index, image in enumerate(document.images, 1)
    }
    chapters = make_chapters(document, title, pages, names)
    book = _Book(document, chapters, styles, edition, cover)
    for image in document.images:
        book.add(names[image.name], image.media_type, lettered(image, styles, document.faces))
    data = book.pack(record)
    return Artifact(file_of(document.name, "epub"), "epub", data, edition, len(pages))


def _identifier(document: Document) -> str:
    """Return an identifier that all versions share; each imprint has a different one."""
    work = document.matter.identifier or document.name
    return identity.urn(work, document.imprint.name if document.imprint else "")


def _safe(name: str) -> str:
    stem = unicodedata.normalize("NFKD", unquote(name).rpartition("/")[2].rpartition(".")[0])
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", stem.encode("ascii", "ignore").decode())
    return plain.strip("-") or "image"


class _Writer(epub.EpubWriter):  # type: ignore[misc]
    """EbookLib's writer, adding language and direction to the package (EPUB 3.3, 5.3)."""

    def _write_opf_file(self, root: Any) -> None:
        root.set("{http://www.w3.org/XML/1998/namespace}lang", self.book.language)
        root.set("dir", self.book.direction)
        super()._write_opf_file(root)


class _Book:
    def __init__(
        self,
        document: Document,
        chapters: list[Chapter],
        styles: Styles,
        edition: str,
        cover: bytes,
    ) -> None:
        self.document = document
        self.chapters = chapters
        self.styles = styles
        self.identifier = _identifier(document)
        self.book = epub.EpubBook()
        self.book.metadata = {}  # EbookLib begins with an entry for itself
        self.book.IDENTIFIER_ID = "pub-id"
        self.book.FOLDER_NAME = "EPUB"
        self.book.language = document.matter.lang
        self.book.direction = document.direction
        self.book.prefixes = []
        self.book.add_prefix(
            "ibooks", "http://vocabulary.itunes.apple.com/rdf/ibooks/vocabulary-extensions-1.0/"
        )
        self._metadata(edition)
        self._documents(cover)

    def add(self, name: str, media_type: str, data: bytes, *properties: str) -> epub.EpubItem:
        """Add a file to the package."""
        id_ = re.sub(r"[^A-Za-z0-9_-]+", "-", name)
        item = epub.EpubItem(uid=f"item-{id_}", file_name=name, media_type=media_type, content=data)
        item.properties = list(properties)
        self.book.add_item(item)
        return item

    def _page(self, name: str, title: str, content: str, type_: str, *properties: str) -> Any:
        draft = self.document.matter.status == "draft" and type_ != "cover"
        text = self.styles.fill(
            "chapter.xhtml",
            lang=self.document.matter.lang,
            direction=self.document.direction,
            title=title,
            content=content,
            type=type_,
            draft=self.document.labels["draft"] if draft else "",
        )
        return self.add(name, "application/xhtml+xml", text.encode(), *properties)

    def _documents(self, cover: bytes) -> None:
        document, labels = self.document, self.document.labels
        item = self.add("cover.png", "image/png", cover, "cover-image")
        self._meta("", {"name": "cover", "content": item.id})
        alt = f"{labels['cover']}: {document.matter.title}"
        image = etree.Element("img", src="cover.png", alt=alt, role="doc-cover")
        holder = etree.Element("div")
        holder.set("class", "cover")
        holder.append(image)
        first = self._page("cover.xhtml", labels["cover"], trees.serialize(holder), "cover")
        spine = [first]
        pages = [(c.file, number, id_) for c in self.chapters for number, id_ in c.pages]
        pages.sort(key=lambda page: page[1])
        start = next((c for c in self.chapters if c.kind != "title"), None)
        references = next((c for c in self.chapters if c.kind == "references"), None)
        nav = self.styles.fill("nav.xhtml", chapters=self.chapters, labels=labels, pages=pages,
                               start=start, references=references)  # fmt: skip
        for chapter in self.chapters:
            types = {"title": "frontmatter", "references": "backmatter"}
            properties = [
                name
                for name, tag in (("svg", "svg"), ("mathml", trees.FORMULA))
                if chapter.content.find(f".//{tag}") is not None
            ]
            content = _inner(chapter.content)
            spine.append(
                self._page(
                    chapter.file,
                    chapter.title,
                    content,
                    types.get(chapter.kind, "bodymatter"),
                    *properties,
                )
            )
            if chapter.kind == "title":
                spine.append(
                    self._page("contents.xhtml", labels["contents"], nav, "frontmatter", "nav")
                )
        self.book.spine = spine
        depth = 2 if any(e.below for chapter in self.chapters for e in chapter.entries) else 1
        ncx = self.styles.fill(
            "toc.ncx",
            lang=document.matter.lang,
            identifier=self.identifier,
            depth=depth,
            title=document.matter.title,
            chapters=self.chapters,
            labels=labels,
            pages=pages,
        )
        item = self.add("toc.ncx", "application/x-dtbncx+xml", ncx.encode())
        item.id = "ncx"
        self._style()

    def _style(self) -> None:
        css = self.styles.css("book.css")
        text = (
            "".join("".join(c.content.itertext()) for c in self.chapters)
            + self.document.matter.title
            + "".join(self.document.labels.values())
        )
        faces = self.document.faces
        files = fallback_files(text, self.styles, faces) if faces else {}
        for name, (type_, data) in files.items():
            self.add(name, type_, data)
        css = fallback_css(text, self.styles, faces, {name: name for name in files}) + css
        self.add("book.css", "text/css", css.encode())
        for name in dict.fromkeys(re.findall(r"url\(\s*[\"']?(fonts/[^\"')]+)", css)):
            if name in files:
                continue
            self.add(name, "font/ttf", subset(self.styles.find(name), text))

    def _meta(self, text: str, attributes: dict[str, str]) -> None:
        self.book.add_metadata("OPF", "meta", text, attributes)

    def _property(self, name: str, text: str, refines: str = "") -> None:
        attributes = {"property": name}
        if refines:
            attributes["refines"] = f"#{refines}"
        self._meta(text, attributes)

    def _metadata(self, edition: str) -> None:
        matter, dc = self.document.matter, self.book.add_metadata
        dc("DC", "identifier", self.identifier, {"id": "pub-id"})
        dc("DC", "title", matter.title, {"id": "title"})
        self._property("title-type", "main", "title")
        if matter.subtitle:
            dc("DC", "title", matter.subtitle, {"id": "subtitle"})
            self._property("title-type", "subtitle", "subtitle")
        dc("DC", "language", matter.lang, {})
        for index, person in enumerate(matter.authors, 1):
            dc("DC", "creator", person.name, {"id": f"creator-{index}"})
            self._meta(
                "aut",
                {"property": "role", "refines": f"#creator-{index}", "scheme": "marc:relators"},
            )
        if self.document.imprint:
            dc("DC", "publisher", self.document.imprint.clinic["name"], {})
        if matter.date:  # the day of publication, and nothing else (EPUB 3.3, 5.5.3.2.3)
            dc("DC", "date", matter.date.isoformat(), {})
        for name, text in (("description", matter.abstract), ("rights", matter.rights)):
            if text:
                dc("DC", name, text, {})
        for word in matter.keywords:
            dc("DC", "subject", word, {})
        if matter.identifier:
            dc("DC", "identifier", matter.identifier, {"id": "document-id"})
        version = f"{matter.version} ({self.document.hash})" if matter.version else ""
        self._property("schema:version", version or self.document.hash)
        self._property("ibooks:specified-fonts", "true")
        self._access(edition)

    def _access(self, edition: str) -> None:
        """Add accessibility metadata, based on the content (EPUB Accessibility 1.1, 2.2)."""
        root = [chapter.content for chapter in self.chapters]
        images = any(body.find(".//img") is not None for body in root)
        tables = any(body.find(".//table") is not None for body in root)
        pages = sum(len(chapter.pages) for chapter in self.chapters)
        modes = ["textual", *(["visual"] if images else [])]
        features = [
            "structuralNavigation",
            "tableOfContents",
            "readingOrder",
            "displayTransformability",
        ]
        features += ["ARIA"]  # roles of DPUB-ARIA on notices, notes, references, page breaks
        features += ["alternativeText"] if images else []
        features += ["pageBreakMarkers", "pageNavigation"] if pages else []
        for mode in modes:
            self._property("schema:accessMode", mode)
        self._property("schema:accessModeSufficient", "textual")
        for feature in features:
            self._property("schema:accessibilityFeature", feature)
        for hazard in ("noFlashingHazard", "noMotionSimulationHazard", "noSoundHazard"):
            self._property("schema:accessibilityHazard", hazard)
        summary = ["Headings, lists, and reading order are marked up."]
        summary += ["Every picture has alternative text."] if images else []
        summary += ["Tables have header cells."] if tables else []
        if pages:
            summary.append(f"Page numbers are those of the printed handout ({edition} edition).")
            self._property(
                "pageBreakSource",
                f"{file_of(self.document.name, 'pdf')}, {edition} edition, {self.document.hash}",
            )
        self._property("schema:accessibilitySummary", " ".join(summary))

    def pack(self, record: bytes) -> bytes:
        """Return the finished file: `mimetype` first, the rest sorted, all with the same time."""
        modified = datetime.fromisoformat(self.document.modified)
        raw = io.BytesIO()
        options = {"epub3_pages": False, "mtime": modified, "raise_exceptions": True}
        writer = _Writer(raw, self.book, options)
        writer.process()
        writer.write()
        return _rezip(raw.getvalue(), modified, {f"META-INF/{IDENTITY}": record})


def _inner(body: etree._Element) -> str:
    """Return the content of a body without the namespace, which the template declares."""
    text = "\n".join(trees.serialize(child) for child in body)
    return text.replace(' xmlns:epub="http://www.idpf.org/2007/ops"', "")


def _rezip(data: bytes, modified: datetime, more: Mapping[str, bytes]) -> bytes:
    """Rewrite the ZIP so that equal content gives equal bytes (OCF 3.3, 4.2: mimetype first).

    `more` has the names and bytes of files to add.
    """
    out = io.BytesIO()
    stamp = max(modified.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        files = {**{name: old.read(name) for name in old.namelist()}, **more}
        for name in sorted(files, key=lambda name: (name != "mimetype", name)):
            info = zipfile.ZipInfo(name, stamp)
            info.external_attr = 0o644 << 16
            info.create_system = 3
            stored = name == "mimetype" or name.endswith((".png", ".jpg"))
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            new.writestr(info, files[name])
    return out.getvalue()

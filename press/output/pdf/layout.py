"""The handout as PDF, which conforms to PDF/A and PDF/UA.

In: a Document, an Edition, the styles. Out: a laid-out handout, and then its bytes.
This module writes no file, reads no clock, and must not know the configuration.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from press import __version__
from press.core import trees
from press.core.breaks import mark_lines, mark_long_words
from press.core.ends import mark_references
from press.core.formats import Standard
from press.core.hashing import digest
from press.core.model import CRISIS, Artifact, Attached, Document, Edition, Part, Place, Trail
from press.core.paper import sheet_size
from press.core.trees import Element, has_class
from press.design.faces import data_uri
from press.design.qr import qr_inline
from press.design.styles import Styles
from press.document.editions import moved
from press.document.sheet import group_of
from press.output.pdf.fitting import Fitted, divide_rows, fit, list_headless
from press.output.pdf.mirroring import mirrored
from press.output.pdf.notes import formula_notes, page_notes
from press.output.pdf.numbering import name_bookmarks, number_lists
from press.output.pdf.paging import Paging, filled
from press.output.pdf.standards import STANDARDS
from press.output.pdf.typeset import listening, render


class Layout:
    """A handout laid out on pages, ready to be written with its embedded files."""

    def __init__(
        self,
        fitted: Fitted,
        edition: Edition,
        html: str,
        sheets: Sequence[str],
        rendered: Any,
        paging: Paging,
    ) -> None:
        self.fitted = fitted
        self.document = fitted.document
        self.edition = edition
        self.html = html
        self.sheets = tuple(sheets)
        self.rendered = rendered
        self._saved = tuple(paging.moves), tuple(paging.rules)

    @property
    def trail(self) -> Trail:
        """The start of each page, and what it depends on."""
        laid, anchors = self.rendered._html, tuple(map(tuple, self.anchors))  # noqa: SLF001 - ours
        text = deciding(self.document, self.html, self.sheets)
        sizes, lists = laid.sizes, self.fitted.lists
        return Trail(
            text, self.sheets, anchors, laid.starts, laid.strings, sizes, lists, *self._saved
        )

    @property
    def anchors(self) -> list[list[str]]:
        """For each page, the ids of the blocks that begin on it, top to bottom."""
        pages = []
        begun: set[str] = set()
        for page in self.rendered.pages:
            # A block split by a page break has a box on both pages but begins only on the first.
            places = sorted(
                (round(box[1], 1), round(box[0], 1), id_)
                for id_, box in page.anchors.items()
                if id_ not in begun
            )
            begun.update(page.anchors)
            pages.append([id_ for _, _, id_ in places])
        return pages

    def page_of(self, id_: str) -> int:
        """Return the number of the page on which a block begins; 0 if it is on no page."""
        return next((n for n, ids in enumerate(self.anchors, 1) if id_ in ids), 0)

    @property
    def notes(self) -> tuple[str, ...]:
        """What an author may want to know: tables that did not fit, pages that are nearly blank."""
        apart = any(part.kind == "references" for part in self.document.parts)
        sheet = self.edition.references == "sheet" and apart
        references = self.page_of("references") if sheet else 0
        formulas = formula_notes(self.rendered) if 'class="math' in self.html else ()
        return (*self.fitted.notes, *formulas, *page_notes(self.shares, references))

    @cached_property
    def shares(self) -> list[float]:
        """How full each page is, from 0 to 1."""
        return [filled(page._page_box) for page in self.rendered.pages]  # noqa: SLF001 - as above

    @property
    def emptiest(self) -> tuple[int, int]:
        """The page with the least on it, from 1, and how full it is, in percent."""
        least = min(self.shares)
        return self.shares.index(least) + 1, round(100 * least)

    def write(self, name: str, carried: Sequence[Attached]) -> Artifact:
        """Write the PDF.

        `carried` lists the files to embed: name, bytes, relationship (ISO 32000-2, 7.11.3).
        """
        if self.edition.kind == "booklet":
            return self._impose(name, carried)
        return self._artifact(
            name, written(self.rendered, self.document, self.edition.standard, carried)
        )

    def _artifact(self, name: str, data: bytes) -> Artifact:
        edition, pages = self.edition, len(self.rendered.pages)
        return Artifact(
            *(name, "pdf", data, edition.name, pages),
            kind=edition.kind,
            page=edition.page,
            standard=edition.standard if edition.kind != "booklet" else "",
            notes=self.notes,
            emptiest=self.emptiest,
        )

    def _impose(self, name: str, carried: Sequence[Attached]) -> Artifact:
        """Write a booklet. It is for folding, so only the data that identifies it is embedded."""
        from press.output.pdf.booklet import impose

        with listening(self.document):
            data = self.rendered.write_pdf()
        width, height = _half(self.edition.page)
        day = datetime.fromisoformat(self.document.modified)
        own = [file for file in carried if file.relationship == "Data"]
        data = impose(data, (2 * width, height), self.document.direction, day, own)
        return self._artifact(name, data)


def written(
    rendered: Any, document: Document, standard: Standard, carried: Sequence[Attached]
) -> bytes:
    """Write pages as a tagged PDF that conforms to a standard, with files embedded in it."""
    from weasyprint import Attachment

    day = datetime.fromisoformat(document.modified)
    metadata = rendered.metadata
    metadata.attachments = [
        Attachment(
            file_obj=io.BytesIO(file.data),
            name=file.name,
            description=file.name,
            relationship=file.relationship,
            created=day,
            modified=day,
        )
        for file in carried
    ]
    plain = type(metadata).generate_rdf_metadata

    def with_ua(*args: Any) -> bytes:
        return conformance.identified(plain(metadata, *args))

    conformance = STANDARDS[standard]
    metadata.generate_rdf_metadata = with_ua
    with listening(document):
        data: bytes = rendered.write_pdf(**conformance.options, finisher=_mend)
    return data


def _mend(_: Any, pdf: Any) -> None:
    """Add what the standards require and WeasyPrint omits, before the file is written.

    Viewers must not smooth pictures (ISO 19005-3, 6.2.8). Each embedded file must be listed only
    once. To compress a large e-book again would take memory five times its size, and save little.
    """
    if "AF" in pdf.catalog:
        pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])
    for item in pdf.objects:
        extra = getattr(item, "extra", {})
        if "Interpolate" in extra:
            extra["Interpolate"] = "false"
        if extra.get("Subtype") == _EPUB and extra["Params"]["Size"] > _LARGE:
            item.compress = False


_EPUB = "/application#2fepub+zip"
_LARGE = 1_000_000
"""Bytes beyond which an e-book consists of pictures, which are compressed already."""


def lay_out(
    document: Document, edition: Edition, styles: Styles, rules: Sequence[str] = ()
) -> Layout:
    """Lay a document out on the pages of an edition; `rules` are more style sheets.

    Raises:
        ProblemsError: WeasyPrint reported a fault (PDF001), or the styles are broken.
    """
    text = handout_html(document, edition, styles)
    sheets, tagged = [*sheets_of(edition, styles, text), *rules], edition.kind != "booklet"
    paging = paging_of(edition)
    rendered = render(text, sheets, document, styles, tagged=tagged, pages=paging)

    def again(fitted: Fitted) -> tuple[str, Paging, Any]:
        text, paging = handout_html(fitted.document, edition, styles), paging_of(edition)
        every = [*sheets, *fitted.rules]
        return text, paging, render(text, every, document, styles, tagged=tagged, pages=paging)

    room = _foot_room(rendered)
    alone = partial(render, sheets=sheets[:], document=document, styles=styles, tagged=False)
    fitted = fit(document, rendered, styles.tokens_of(edition), alone)
    if room:  # a long disclaimer: the running footer must grow
        sheets.append(f"@page {{ margin-bottom: {room:g}pt }}")
    if room or fitted.rules or fitted.lists:
        text, paging, rendered = again(fitted)
    for remedy in (partial(divide_rows, tagged=tagged), list_headless):
        if (changed := remedy(fitted, rendered)) is not fitted:
            fitted = changed
            text, paging, rendered = again(fitted)
    sheets += fitted.rules
    if paging.moves:
        fitted = replace(fitted, document=moved(fitted.document, paging.moves))
        text = handout_html(fitted.document, edition, styles)
    return Layout(fitted, edition, text, sheets, rendered, paging)


def paging_of(edition: Edition) -> Paging:
    """Return what may be changed in the layout of an edition."""
    return Paging(edition.references == "auto", 4 if edition.kind == "booklet" else 2)


_BRACKETS = re.compile('<ol[^>]* class="[^"]*round')
_FROM_RIGHT = re.compile('<html[^>]* dir="rtl"')


def sheets_of(edition: Edition, styles: Styles, html: str, *more: str) -> list[str]:
    """Return the style sheets of an edition, and more; the HTML says which others it needs."""
    width, height = _half(edition.page)
    size = f"{width:g}pt {height:g}pt" if edition.kind == "booklet" else edition.page
    made = [styles.print_css(edition, *more), f"@page {{ size: {size} }}"]
    if edition.references == "sheet":
        side = "page" if edition.kind == "booklet" else "right"
        made.append(_SHEET.format(side=side))
    if _BRACKETS.search(html):
        made.append(styles.marked_css("brackets.css"))
    return [mirrored(css) for css in made] if _FROM_RIGHT.search(html) else made


_SHEET = "body:not(.alone) .references {{ break-before: {side} }}"
"""The rule for references on a sheet that can be detached: in a book, on a right-hand page."""


def deciding(document: Document, html: str, sheets: Sequence[str]) -> str:
    """Return everything that affects the pages, in page order: equal texts give equal pages.

    The hash is left out: it is on every page and changes with every word, but moves nothing.
    """
    pictures = [f"{image.name} {digest(image.data)}" for image in document.images]
    return "\0".join((*sheets, *pictures, html.replace(document.hash, "")))


_EDGE = 20
"""Points at the bottom of a sheet that stay blank, because many printers cannot reach them."""


def _foot_room(rendered: Any) -> float:
    """Return the bottom margin, in points, that the running footer needs; 0 if it already fits.

    The last page is measured, because it has the longest number.
    """
    page = rendered.pages[-1]._page_box  # noqa: SLF001 - the library has no other way to ask
    feet = (box for box in page.descendants() if box.element_tag == "div" and _is_foot(box))
    bottom = max((box.position_y + box.margin_height() for box in feet), default=0.0)
    over = (bottom - page.margin_height()) * 0.75 + _EDGE
    return page.margin_bottom * 0.75 + over if over > 0.1 else 0.0


def _is_foot(box: Any) -> bool:
    return box.element is not None and has_class(box.element, "running")


_LINES = (4, 14)
"""Lines to write on: in a handout, and at most on a sheet, whose style shows those that fit."""


def _half(page: str) -> tuple[float, float]:
    """Return the width and height, in points, of an upright page that fills half a sheet."""
    short, long = sorted(sheet_size(page))
    return long / 2, short


def handout_html(document: Document, edition: Edition, styles: Styles) -> str:
    """Return the whole handout as HTML."""
    made = [_for_paper(part, document) for part in document.parts]
    by: Callable[[Part], str] = group_of if edition.kind == "sheet" else _place
    groups = [(place, list(parts)) for place, parts in groupby(made, by)]
    page = escape(document.labels["page-short"], {'"': "&quot;"})
    text = styles.fill(
        "sheet.html" if edition.kind == "sheet" else "handout.html",
        document=document,
        matter=document.matter,
        labels=document.labels,
        edition=edition,
        groups=groups,
        lines=_LINES[edition.kind == "sheet"],
        qr=qr_inline(document.address) if document.address else "",
        generator=f"makebook {__version__}",
    )
    text = _INNER.sub("", text)
    page = escape(document.labels["page"], {'"': "&quot;"})
    text = _PAGED.sub(lambda _: f'<a data-page="{page}" ', text)
    return _MARKED.sub(r'<span class="keep">\1\2</span>', text)


_NEEDY = re.compile('<(?:ol|table|pre|math|del|s)\\b|class="(?:noteref|citation|reference-list)"')


def _for_paper(part: Part, document: Document) -> Part:
    """Add what the layout needs: numbers of lists, where words may break, formulas, bookmarks."""
    if not _NEEDY.search(part.xhtml):
        return part
    root = trees.parse(part.xhtml)
    _draw_formulas(root)
    number_lists(root, document.direction)
    name_bookmarks(root)
    _name_struck(root, document.labels["struck"])
    mark_long_words(root)
    mark_lines(root)
    mark_references(root, paper=True)
    return replace(part, xhtml=trees.serialize(root))


def _name_struck(root: Element, label: str) -> None:
    """Say how deleted text is heard, unless a link or picture in it would not be heard then."""
    for element in root.iter("del", "s"):
        words = " ".join("".join(trees.texts(element)).split())
        plain = all(e.tag in _PLAIN and not e.get("aria-label") for e in element.iterdescendants())
        if words and plain and next(element.iterancestors("del", "s"), None) is None:
            element.set("data-said", label.format(words=words))


def _draw_formulas(root: Element) -> None:
    """Replace formulas with pictures of them that grow with the type and stand on its line."""
    for math in list(root.iter(trees.FORMULA)):
        from press.design.formulas import draw  # only an article with formulas needs it

        tail, math.tail = math.tail, None
        drawing = draw(math)
        image = etree.Element("img", alt=math.get("alttext") or "")
        image.set("class", "math display" if math.get("display") == "block" else "math")
        image.set("src", data_uri("image/svg+xml", drawing.svg))
        size = f"width: {drawing.width:.3f}em; vertical-align: {-drawing.depth:.3f}em"
        image.set("style", size)
        image.tail = tail
        parent = math.getparent()
        assert parent is not None
        parent.replace(math, image)


_PLAIN = frozenset("b strong i em u sub sup small code kbd samp var mark span br wbr".split())
"""Elements with nothing but text in them."""
_INNER = re.compile("\ufe0f(?=[\u200d\u20e3])|(?<=\u200d.)\ufe0f")
"""Variation selectors within an emoji. WeasyPrint would find no text for its glyph."""
_PAGED = re.compile(r'<a (?=[^<>]*class="(?:xref|backlink)[ "])')
"""Links that name a page in words."""
_WIDE = "\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\uff00-\uffef"
"""Signs of Chinese and Japanese, which have no spaces between words."""
_MARKED = re.compile(
    rf"((?<![^\s<>;])[^\s<>;{_WIDE}]{{1,30}}|[^\s<>;]?[{_WIDE}])"
    r'((?:<span class="citation" id="[^"]*"><sup>(?:(?!</sup>).){,900}</sup></span>'
    r'|<sup class="noteref">(?:(?!</sup>).)*</sup>)+)'
)
"""A word and the superscript marks after it; no line may break between them.

A longer word is left alone, because it may have to break. In Chinese and Japanese, a line may break
two signs before the marks.
"""


_BESIDE = 600
"""The most letters of a section that may be half as wide as the page."""
_KNOWN = re.compile(r'<section [^>]*class="[^"]*\b(?:not-)?known\b')


def _place(part: Part) -> str:
    """Return what a part shares a block with: `beside` for what is known, and what is not."""
    if part.id in CRISIS and part.place == Place("opening"):
        return "crisis"
    if _KNOWN.match(part.xhtml) and len(trees.plain(trees.parse(part.xhtml))) <= _BESIDE:
        return "beside"
    return str(part.place or ("references" if part.kind == "references" else ""))

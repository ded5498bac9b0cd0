"""Typesetting: HTML laid out on pages. Owner of WeasyPrint, with `engine`.

In: HTML, style sheets, a Document's pictures, the styles' fonts. Out: pages. Whatever WeasyPrint
would only log becomes a problem, and it can load nothing that is not part of the document. This
module must not know what it lays out, whether a handout or a cover.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from press.core.model import Document, Image
from press.core.problems import Problem, ProblemsError, Span
from press.design.fallback import EMOJI_FAMILY
from press.design.styles import Styles
from press.output.pdf import engine, fontconfig
from press.output.pdf.paging import Paging

_BASE = "https://work.invalid/"
"""The base address of a document's pictures (RFC 2606: a domain that never exists)."""


def render(
    text: str,
    sheets: Sequence[str],
    document: Document,
    styles: Styles,
    *,
    tagged: bool = True,
    pages: engine.Excerpt | Paging | None = None,
) -> Any:
    """Lay out HTML with style sheets; images come from the document, fonts from the styles.

    `pages` says which pages are made, and how they may be filled; with None, they are not.
    """
    with listening(document) as complaints:
        engine.start()
        from weasyprint import HTML
        from weasyprint.css.counters import CounterStyle

        fetcher = _fetcher(document)
        html = _parse(text) or HTML(string=text, base_url=_BASE)
        html.url_fetcher = fetcher
        html.excerpt = pages if isinstance(pages, engine.Excerpt) else None
        html.paging = html.excerpt.paging if html.excerpt else pages
        parsed = [_parsed(sheet, fetcher, complaints) for sheet in sheets]
        counters = CounterStyle()
        for css in parsed:
            counters.update(css.counters)
        options = {"pdf_variant": "pdf/a-3a", "pdf_tags": True} if tagged else {}
        return html.render(
            stylesheets=parsed,
            font_config=_fonts(styles, document),
            counter_style=counters,
            **options,
        )


_SHEETS: dict[str, Any] = {}
"""Style sheets that were parsed without complaint."""


def _parsed(sheet: str, fetcher: Any, complaints: Sequence[logging.LogRecord]) -> Any:
    """Return a style sheet for WeasyPrint, parsed once."""
    from weasyprint import CSS
    from weasyprint.css.counters import CounterStyle

    if sheet in _SHEETS:
        return _SHEETS[sheet]
    before = len(complaints)
    counters = CounterStyle()
    css = CSS(string=sheet, url_fetcher=fetcher, counter_style=counters)
    css.counters = counters
    if len(complaints) == before:
        if len(_SHEETS) > 15:
            _SHEETS.clear()
        _SHEETS[sheet] = css
    return css


def _parse(text: str) -> Any:
    """Parse HTML as XML, in a fiftieth of the time; return None if it is not well-formed.

    The built-in templates are well-formed; those of a project need not be.
    """
    import cssselect2
    from weasyprint import HTML

    try:
        root = ET.fromstring(text)  # noqa: S314 - our own text, without entities
    except ET.ParseError:
        return None
    html = HTML.__new__(HTML)  # its constructor would parse the text as HTML5
    html.base_url, html.media_type = _BASE, "print"
    html.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
    html.etree_element = html.wrapper_element.etree_element
    return html


def _fetcher(document: Document) -> Any:
    """Return a fetcher that allows only the document's pictures and inline images."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    images = _addressed(document)

    class Fetcher(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url in images:
                image = images[url]
                return URLFetcherResponse(url, image.data, {"Content-Type": image.media_type})
            if url.startswith("data:image/"):
                return super().fetch(url, headers)
            raise ValueError(f"'{url}' is not part of the document")

    return Fetcher(allowed_protocols={"data"}, allow_redirects=False)


def _addressed(document: Document) -> dict[str, Image]:
    """Return a document's pictures by the addresses that the layout uses."""
    from weasyprint.urls import url_join

    return {url_join(_BASE, i.name, False, "") or i.name: i for i in document.images}


@contextlib.contextmanager
def listening(document: Document) -> Iterator[list[logging.LogRecord]]:
    """Turn what WeasyPrint would only log into problems: PDF001, or IMG004 for a picture.

    Yield the list that collects its records.
    """
    records: list[logging.LogRecord] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    logger, handler = logging.getLogger("weasyprint"), Handler(logging.WARNING)
    previous, propagate, old = logger.level, logger.propagate, logger.handlers[:]
    logger.handlers[:], logger.propagate = [handler], False
    logger.setLevel(logging.WARNING)
    try:
        yield records
    finally:
        logger.handlers[:], logger.propagate = old, propagate
        logger.setLevel(previous)
    if records:
        images = _addressed(document)
        raise ProblemsError(dict.fromkeys(_complaint(each, images, document) for each in records))


def _fonts(styles: Styles, document: Document) -> Any:
    """Return only the styles' fonts and the document's, so that every machine lays out the same.

    A picture that names none of these fonts uses the text font.
    """
    paths = dict.fromkeys([*styles.fonts(), *(face.path for face in document.faces)])
    more = dict.fromkeys(face.family for face in document.faces)
    other = styles.tokens.get("--font-text", "").split(",")[0].strip("'\" ")
    emoji = EMOJI_FAMILY if EMOJI_FAMILY in more else ""
    families = [*([other] if other else ()), *more]
    return fontconfig.configuration([path.resolve() for path in paths], families, emoji)


def _complaint(
    record: logging.LogRecord, images: Mapping[str, Image], document: Document
) -> Problem:
    """Turn a record into a problem; one that names a picture's address is about the picture."""
    values = record.args if isinstance(record.args, tuple) else ()
    image = next((images[v] for v in values if isinstance(v, str) and v in images), None)
    if image is None:
        hint = "correct this in your styles or templates"
        return Problem("PDF001", Span("styles"), record.getMessage(), hint)
    imprint = document.imprint
    file = imprint.file if imprint and image == imprint.logo else f"source/{document.source[0]}"
    message = f"image '{image.name.rpartition(':')[2]}' cannot be drawn"
    return Problem("IMG004", Span(file), message, "export it again as plain SVG or as PNG")

"""Typesetting: HTML laid out on pages. Owner of WeasyPrint, with `engine`.

In: HTML, style sheets, a Document's pictures, the styles' fonts. Out: pages. Whatever WeasyPrint
would only log becomes a problem, and it can load nothing that is not part of the document. This
module must not know what it lays out, whether a handout or a cover.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import tinycss2

from press.core.model import Document, Image
from press.core.problems import Problem, ProblemsError, Span
from press.design.fallback import EMOJI_FAMILY
from press.design.styles import Styles, place_in
from press.design.svg import is_safe_address
from press.output.pdf import engine, fontconfig
from press.output.pdf.paging import Paging

_BASE = "https://work.invalid/" + "folder/" * 32
"""The address of the work; its pictures may be in folders above that of the article."""
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
    with listening(document, sheets) as complaints:
        engine.start()
        from weasyprint import HTML
        from weasyprint.css.counters import CounterStyle

        fetcher = _fetcher(document, is_safe_address if styles.has_own_templates else None)
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
    for record in complaints[before:]:
        record.sheet = sheet
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
    _divide_runs(root)
    html = HTML.__new__(HTML)  # its constructor would parse the text as HTML5
    html.base_url, html.media_type = _BASE, "print"
    html.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
    html.etree_element = html.wrapper_element.etree_element
    return html


_RUN = re.compile(r"[^\s\u200b]{300,}")
_SPAN = 5


def _divide_runs(root: ET.Element) -> None:
    """Let very long runs of letters break after each few, by U+200B, which is not seen or read.

    For each line, WeasyPrint lays out the whole rest of a run again, which takes quadratic time.
    """
    for element in root.iter():
        if element.tag not in ("style", "script", "title"):
            for place in ("text", "tail"):
                text = getattr(element, place)
                if text and len(text) >= 300 and _RUN.search(text):
                    setattr(element, place, _RUN.sub(_divided, text))


def _divided(found: re.Match[str]) -> str:
    run = found[0]
    return "\u200b".join(run[at : at + _SPAN] for at in range(0, len(run), _SPAN))


def _fetcher(document: Document, judge: Callable[[str], bool] | None = None) -> Any:
    """Return a fetcher that allows only the document's pictures and inline images.

    `judge` says whether an inline drawing may be used.
    """
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    images = _addressed(document)

    class Fetcher(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url in images:
                image = images[url]
                return URLFetcherResponse(url, image.data, {"Content-Type": image.media_type})
            if url.startswith("data:image/svg") and judge and not judge(url):
                raise ValueError("a drawing is not safe")
            if url.startswith("data:image/"):
                return super().fetch(url, headers)
            raise ValueError(f"'{url}' is not part of the document")

    return Fetcher(allowed_protocols={"data"}, allow_redirects=False)


def _addressed(document: Document) -> dict[str, Image]:
    """Return a document's pictures by the addresses that the layout uses."""
    from weasyprint.urls import url_join

    return {url_join(_BASE, i.name, False, "") or i.name: i for i in document.images}


@contextlib.contextmanager
def listening(document: Document, sheets: Sequence[str] = ()) -> Iterator[list[logging.LogRecord]]:
    """Turn what WeasyPrint would only log into problems: PDF001, or IMG004 for a picture.

    Yield the list that collects its records. `sheets` are the style sheets of the layout.
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
        found = (_complaint(each, images, document, sheets) for each in records)
        raise ProblemsError(dict.fromkeys(found))


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
    record: logging.LogRecord,
    images: Mapping[str, Image],
    document: Document,
    sheets: Sequence[str],
) -> Problem:
    """Turn a record into a problem; one that names a picture's address is about the picture."""
    values = record.args if isinstance(record.args, tuple) else ()
    image = next((images[v] for v in values if isinstance(v, str) and v in images), None)
    if image is None:
        hint = "correct this in your styles or templates"
        return Problem("PDF001", _place(record, sheets), _AT.sub("", record.getMessage()), hint)
    imprint = document.imprint
    file = imprint.file if imprint and image == imprint.logo else f"source/{document.name}.md"
    message = f"image '{image.name.rpartition(':')[2]}' cannot be drawn"
    return Problem("IMG004", Span(file), message, "export it again as plain SVG or as PNG")


_AT = re.compile(r" at (\d+):(\d+)")


def _place(record: logging.LogRecord, sheets: Sequence[str]) -> Span:
    """Return the file and line of what a record is about; only the folder if it does not say."""
    own = getattr(record, "sheet", None)
    if found := _AT.search(record.getMessage()):
        line, column = int(found[1]), int(found[2])
        # What is found while pages are laid out does not say which sheet it is in.
        sheet = own or next((s for s in sheets if _has(s, line, column, record)), None)
        return place_in(sheet, line) if sheet else Span("styles")
    if own and (line := _rule_quoted(own, record.getMessage())):
        return place_in(own, line)
    return Span("styles")


def _has(sheet: str, line: int, column: int, record: logging.LogRecord) -> bool:
    """Return whether a sheet has, at a place, what the last value of a record begins with."""
    lines = sheet.split("\n")
    said = str(record.args[-1]) if isinstance(record.args, tuple) and record.args else ""
    return len(lines) >= line and lines[line - 1][column - 1 :].startswith(said[:4])


def _rule_quoted(sheet: str, said: str) -> int:
    """Return the line of the rule whose selector or condition is quoted; 0 if there is none."""
    nodes = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    for node in nodes:
        if node.type in ("qualified-rule", "at-rule"):
            text = tinycss2.serialize(node.prelude)
            if any(f"'{words}'" in said for words in (text, text.strip(), repr(text)[1:-1])):
                return int(node.source_line)
        if node.type == "at-rule":
            nodes += tinycss2.parse_rule_list(node.content or [], True, True)
    return 0

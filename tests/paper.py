"""Small PDFs for tests: HTML laid out with the fonts of the project."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from press.design.styles import Styles
from press.output.pdf.typeset import render
from press.readback.pdf import TextSpan, read_pdf

ROOT = Path(__file__).resolve().parent.parent
PAGE = """
@page { size: 612pt 792pt; margin: 46pt 84pt 74pt 84pt;
        @bottom-left { content: "Foot of the page"; font-size: 10pt; vertical-align: top;
                       padding-top: 9pt; } }
html { font: 12.5pt/1.33 "Atkinson Hyperlegible Next"; } body, p, h2 { margin: 0; }
h2 { font-size: 16pt; } p { widows: 1; orphans: 1; }
"""
WORDS = "People who got the drug once said that it had helped them for some days or a week. "


def paper(body: str, css: str = "") -> bytes:
    """The PDF of an HTML body, on a page like that of the standard edition."""
    text = f"<html lang='en'><head><title>Paper</title></head><body>{body}</body></html>"
    document = SimpleNamespace(images=(), faces=())
    return bytes(render(text, [PAGE, css], document, Styles(ROOT)).write_pdf())


def paragraphs(count: int, sentences: int = 4) -> str:
    """Return a number of paragraphs of a number of sentences each."""
    return f"<p>{WORDS * sentences}</p>" * count


def spans(data: bytes) -> list[tuple[TextSpan, ...]]:
    """Return the text of every page of a PDF as drawn."""
    return [page.spans for page in read_pdf(data)]

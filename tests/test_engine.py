"""What makes WeasyPrint faster changes no byte of a file."""

from __future__ import annotations

import base64
import gc
import io
import os
import subprocess
import sys
import weakref
import zlib

import pypdfium2
import pytest
from PIL import Image

from press.output.pdf import engine, lines, rasters
from tests.conftest import ROOT

STYLE = """@page { size: A6; margin: 1cm }
body { text-align: justify; hyphens: auto }
.columns { columns: 2 } .row { display: flex }
h2::after { content: target-counter("#end", page) }"""
WORDS = "Sleep, light, and a regular morning help most people more than any tablet does. " * 4
TEXT = f"""<style>{STYLE}</style><html lang="en"><h2>Contents</h2>
<div class="columns">{f"<p>{WORDS}<u>Seen</u> by all</p>" * 4}</div>
<div class="row"><p>{WORDS}</p><p>Tea <b>at night</b> {WORDS}</p></div>
<ul>{f"<li><p>Tea <i>at {WORDS}</i></p></li>" * 3}</ul>
<div style="direction: rtl"><p>{WORDS}</p></div><p style="max-lines: 2">{WORDS}</p>
<p style="position: relative; left: 3px">{WORDS}<i style="position: relative; top: 1px">Up</i></p>
<div class="columns"><p style="text-indent: 2em"><b style="float: left">B</b>{WORDS}</p></div>
<table><tr><td>{WORDS}</td><td>Two words</td></tr></table><p id="end">{WORDS}</p></html>"""


@pytest.fixture(autouse=True)
def _begun():
    engine.start()


def made() -> tuple[bytes, int]:
    """The file, and how many lines were laid out for it."""
    import weasyprint
    from weasyprint.text import line_break

    count = 0
    whole = line_break.Layout.__init__

    def counted(self, *args, **options):
        nonlocal count
        count += 1
        whole(self, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_break.Layout, "__init__", counted)
        data = weasyprint.HTML(string=TEXT).write_pdf(pdf_identifier=b"x")
    return data, count


def test_lines_that_are_remembered_are_the_same(monkeypatch):
    fast, few = made()
    monkeypatch.setattr(lines, "_is_plain", lambda line: False)
    slow, several = made()
    assert fast == slow
    assert few < several, "no line was kept"
    monkeypatch.setattr(engine, "_LONG_TEXT", -1)
    slowest, many = made()
    assert fast == slowest
    assert several < 0.75 * many, "too few texts of lines were remembered"


def test_the_memory_is_bounded(monkeypatch):
    whole, _ = made()
    monkeypatch.setattr(engine, "_LINES", 3)
    monkeypatch.setattr(lines, "_KEPT", 3)
    assert made()[0] == whole


XREFS = """<style>@page { size: A6 } section { break-before: page }
.xref::after { content: " (page " target-counter(attr(href), page) ")" }</style>
<h1 id="first">One</h1><p>See <a class="xref" href="#last">the end</a>.</p>
<section><p>See <a class="xref" href="#first">the beginning</a>.</p></section><section>Two</section>
<section><p id="last">See <a class="xref" href="#last">this</a>.</p></section>"""


def test_only_the_page_of_a_link_forward_is_made_again(monkeypatch):
    import weasyprint
    from weasyprint.layout import page

    made, whole = [], page.make_page

    def make_page(context, root, kind, resume_at, number, *rest):
        made.append(number)
        return whole(context, root, kind, resume_at, number, *rest)

    monkeypatch.setattr(page, "make_page", make_page)
    pages = pypdfium2.PdfDocument(weasyprint.HTML(string=XREFS).write_pdf())
    said = [" ".join(each.get_textpage().get_text_range().split()) for each in pages]
    assert said == ["One See the end (page 4).", "See the beginning (page 1).", "Two", "See this."]
    assert made == [1, 2, 3, 4, 1]


def test_what_waits_for_a_page_number_does_not_keep_the_whole_source(monkeypatch):
    """It would be kept until the garbage collector runs, long after the file is written."""
    import weasyprint
    from weasyprint import document

    source, whole = [], document.layout_document

    def layout_document(html, root_box, *rest):
        source.extend(weakref.ref(box) for box in root_box.descendants())
        return whole(html, root_box, *rest)

    monkeypatch.setattr(document, "layout_document", layout_document)
    gc.disable()
    try:
        rendered = weasyprint.HTML(string=TEXT).render()
        kept = sum(box() is not None for box in source)
        gc.collect()
        in_use = sum(box() is not None for box in source)
        assert len(source) > 20
        assert kept == in_use < 5
        assert rendered.pages
    finally:
        gc.enable()


LENGTHS = """@page { size: A6 landscape; margin: 5% 1cm; @bottom-center { content: counter(page) } }
body { margin-inline-start: 4%; padding-block-end: 3px; line-height: 1.4; inset-inline-end: 1px }
.box { box-sizing: border-box; width: 50%; min-width: 8em; max-height: 40%; border: 1px solid;
       border-start-start-radius: 4px; padding-inline: 2% 1em; min-block-size: 3em }
.half { height: 50%; width: calc(20px + 2em); box-sizing: padding-box; outline: 1px solid }
.late { direction: rtl; min-height: 400%; border-inline-start: 2px solid; float: left; width: 30% }
table { border-collapse: collapse; width: 100% } td { border: 1px solid; padding: 1%; width: 20% }
.fixed { position: absolute; top: 10%; right: 2em; width: auto; text-decoration: underline }
.grid { display: grid; grid-template-columns: 1fr 2fr; gap: 3px } .flex { display: flex }
img { width: 30%; border-top: 2px solid }"""


def png(picture: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", **options)
    return out.getvalue()


def field(mode: str) -> Image.Image:
    """A picture without two equal rows, in gray, RGB, or with a palette or transparency."""
    picture = Image.linear_gradient("L").resize((60, 40)).rotate(30, expand=False)
    return Image.merge("RGB", [picture, picture.rotate(90), picture.rotate(180)]).convert(mode)


def shown(data: bytes) -> str:
    return f'<img src="data:image/png;base64,{base64.b64encode(data).decode()}">'


def page() -> str:
    pictures = "".join(shown(png(field(mode))) for mode in ("RGB", "L", "P", "RGBA", "1", "LA"))
    return f"""<style>{LENGTHS}</style><html lang="en"><p class="box">{WORDS}</p>
<div class="half">{WORDS[:80]}</div><div class="late">{WORDS[:80]}</div>
<table><tr><td>One<td>Two<tr><td>{WORDS}<td>Four</table><p class="fixed">In a corner</p>
<div class="grid"><p class="box">Left</p><p>Right</p></div>
<div class="flex"><p class="box">Left</p><p class="half">Right</p></div>{pictures}"""


PLAIN = """
import contextlib, sys
from press.output.pdf import engine, lengths, rasters
engine._known_types = contextlib.nullcontext
engine._know_defaults = engine._know_uses = lambda: None
lengths.start = rasters.start = lambda: None
engine.start()
import weasyprint
data = weasyprint.HTML(string=sys.stdin.read()).write_pdf(pdf_identifier=b"x")
sys.stdout.buffer.write(data)
"""


def test_what_is_known_before_changes_no_byte():
    import weasyprint

    fast = weasyprint.HTML(string=page()).write_pdf(pdf_identifier=b"x")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-c", PLAIN]
    slow = subprocess.run(
        command, input=page().encode(), capture_output=True, check=True, env=environment
    ).stdout
    assert fast == slow


def pixels_in_pdf(data: bytes) -> bytes:
    """What a reader of the PDF makes of the picture on its page."""
    import weasyprint

    pdf = pypdfium2.PdfDocument(weasyprint.HTML(string=shown(data)).write_pdf())
    (picture,) = (item for item in pdf[0].get_objects() if isinstance(item, pypdfium2.PdfImage))
    return picture.get_bitmap(render=False).to_pil().convert("RGB").tobytes()


def test_a_png_is_put_into_the_pdf_as_it_is():
    for options in ({}, {"compress_level": 1}, {"compress_type": 3}, {"optimize": True}):
        for mode in ("RGB", "L"):
            data = png(field(mode), **options)
            assert rasters.png_data(data) in data
            assert pixels_in_pdf(data) == field(mode).convert("RGB").tobytes()


def chunks_of(data: bytes) -> dict[bytes, bytes]:
    """The parts of a PNG; those of one kind joined."""
    found: dict[bytes, bytes] = {}
    place = 8
    while place < len(data):
        length = int.from_bytes(data[place : place + 4])
        kind = data[place + 4 : place + 8]
        found[kind] = found.get(kind, b"") + data[place + 8 : place + 8 + length]
        place += 12 + length
    return found


def made_of(parts: dict[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
        for kind, body in parts.items()
    )


def test_a_png_that_is_not_fit_for_a_pdf_is_coded_again():
    whole = chunks_of(png(field("RGB")))
    rows = zlib.decompress(whole[b"IDAT"])
    head = whole[b"IHDR"]
    for name, parts in {
        "a palette": chunks_of(png(field("P"))),
        "transparency": chunks_of(png(field("RGBA"))),
        "16 bits": chunks_of(png(Image.new("I;16", (9, 9)))),
        "interlaced": {**whole, b"IHDR": head[:-1] + b"\1"},
        "a row too few": {**whole, b"IDAT": zlib.compress(rows[:-181])},
        "a row too many": {**whole, b"IDAT": zlib.compress(rows + rows[:181])},
        "no such filter": {**whole, b"IDAT": zlib.compress(b"\5" + rows[1:])},
        "cut off": {**whole, b"IDAT": whole[b"IDAT"][:-9]},
        "damaged": {**whole, b"IDAT": whole[b"IDAT"][:-1] + b"?"},
        "not compressed": {**whole, b"IDAT": zlib.compress(rows, 0)},
        "no pixels": {b"IHDR": head, b"IEND": b""},
    }.items():
        assert rasters.png_data(made_of(parts)) is None, name
    assert rasters.png_data(made_of(whole)) == whole[b"IDAT"]

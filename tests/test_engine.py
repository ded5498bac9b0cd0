"""What makes WeasyPrint faster changes no byte of a file."""

from __future__ import annotations

import pytest

from press.output.pdf import engine

STYLE = """@page { size: A6; margin: 1cm }
body { text-align: justify; hyphens: auto }
.columns { columns: 2 } .row { display: flex }
h2::after { content: target-counter("#end", page) }"""
WORDS = "Sleep, light, and a regular morning help most people more than any tablet does. " * 4
TEXT = f"""<style>{STYLE}</style><html lang="en"><h2>Contents</h2>
<div class="columns">{f"<p>{WORDS}<u>Seen</u> by all</p>" * 4}</div>
<div class="row"><p>{WORDS}</p><p>Tea <b>at night</b> {WORDS}</p></div>
<table><tr><td>{WORDS}</td><td>Two words</td></tr></table><p id="end">{WORDS}</p></html>"""


@pytest.fixture(autouse=True)
def _begun():
    engine.start()


def made() -> tuple[bytes, int]:
    """The file, and how many lines were laid out for it."""
    import weasyprint
    from weasyprint.text import line_break

    lines = 0
    whole = line_break.Layout.__init__

    def counted(self, *args, **options):
        nonlocal lines
        lines += 1
        whole(self, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_break.Layout, "__init__", counted)
        data = weasyprint.HTML(string=TEXT).write_pdf(pdf_identifier=b"x")
    return data, lines


def test_lines_that_are_remembered_are_the_same(monkeypatch):
    fast, few = made()
    monkeypatch.setattr(engine, "_LONG_TEXT", -1)
    slow, many = made()
    assert fast == slow
    assert few < 0.75 * many, "too few lines were remembered"


def test_the_memory_is_bounded(monkeypatch):
    whole, _ = made()
    monkeypatch.setattr(engine, "_LINES", 3)
    assert made()[0] == whole

"""The words of drawings: on paper as a browser shows them, or refused (IMG009 in `problems/`)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from press.readback.pdf import PdfPage, TextSpan, read_halves, read_pdf
from press.source.drawings import undrawable
from tests.conftest import ROOT
from tests.test_editions import run, write

DRAWINGS = {
    "font": '<text y="30" style="font: bold 18px sans-serif">Do NOT take</text>'
    '<text y="60" font-size="18">Take with</text>'
    """<text y="90" style="font: normal 16px/1.2 'Comic Sans MS', serif">Other face</text>""",
    "raised": '<text y="30" font-size="20">10<tspan baseline-shift="super" font-size="14">6</tspan>'
    ' each H<tspan style="baseline-shift: sub; font-size: 70%">low</tspan>O level</text>'
    '<text y="90" font-size="20">x<tspan baseline-shift="5" font-size="14">up</tspan>'
    '<tspan baseline-shift="-30%" font-size="14">down<tspan>er</tspan></tspan>back</text>',
    "moved": '<text y="30" font-size="20">10<tspan dy="-8" font-size="14">6</tspan>'
    '<tspan dy="8"> level</tspan></text>',
    "sizes": '<style>.half { font-size: 1.5em; font-weight: bolder }</style><g font-size="16">'
    '<text y="60" style="font-size:125%">quarter <tspan>same</tspan>'
    '<tspan font-size="smaller">less</tspan><tspan class="half">half</tspan></text></g>',
    "lines": '<text y="30" font-size="16">'
    "Do\nNOT\n  <tspan>take</tspan>\n  <tspan>it</tspan></text>",
    "turned": '<text x="40" y="100" font-size="16" transform="rotate(-90 40 100)">Upward</text>'
    '<text x="200" y="60" font-size="16" text-anchor="middle">In <tspan>the</tspan> middle</text>',
    "joined": '<text y="30" font-size="20" font-family="DejaVu Sans">שלום</text>'
    '<text y="60" font-size="20">cafe\u0301</text>',
}
SIDES = 'width="300" height="120" viewBox="0 0 300 120"'
Found = Mapping[str, Sequence[TextSpan]]


def drawing(content: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {SIDES}>{content}</svg>'


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = "---\ntitle: Drawn\n---\n\n## Drawings\n\n"
    text += "\n\n".join(f"![Drawing]({name}.svg)" for name in DRAWINGS)
    toml = 'editions = ["letter", "large-print", "booklet"]\n'
    root = write(
        tmp_path_factory.mktemp("drawn"), **{"makebook.toml": toml, "source__drawn_": text}
    )
    for name, content in DRAWINGS.items():
        (root / "source" / f"{name}.svg").write_text(drawing(content), encoding="utf-8")
    (root / "styles" / "fonts").mkdir(parents=True)
    shutil.copy(
        ROOT / "tests" / "data" / "fonts" / "DejaVuSans-Subset.ttf", root / "styles" / "fonts"
    )
    assert run(root) == 0
    return root / "output"


@pytest.fixture(scope="module", params=["", "-large-print", "-booklet"])
def drawn(output: Path, request: pytest.FixtureRequest) -> Mapping[str, TextSpan]:
    """Each run of text of a PDF, by its words."""
    data = (output / f"drawn{request.param}.pdf").read_bytes()
    pages: list[PdfPage] = read_halves(data) if request.param == "-booklet" else read_pdf(data)
    return {span.text.strip(): span for page in pages for span in page.spans}


def ratio(drawn: Mapping[str, TextSpan], one: str, other: str) -> float:
    return round(drawn[one].size / drawn[other].size, 2)


def rise(drawn: Mapping[str, TextSpan], one: str, other: str) -> float:
    """Return how far a text is above another, in ems of the other."""
    return round((drawn[one].baseline - drawn[other].baseline) / drawn[other].size, 2)


def test_a_font_is_read_from_its_shorthand(drawn: Mapping[str, TextSpan]) -> None:
    assert drawn["Do NOT take"].font.endswith("-Bold")
    assert drawn["Take with"].font.endswith("Next")
    assert drawn["Other face"].font.endswith("Next")
    assert ratio(drawn, "Do NOT take", "Take with") == 1
    assert ratio(drawn, "Other face", "Take with") == round(16 / 18, 2)


def test_letters_are_raised_and_lowered(drawn: Mapping[str, TextSpan]) -> None:
    assert rise(drawn, "low", "O level") == -0.2
    assert ratio(drawn, "low", "O level") == 0.7
    assert rise(drawn, "O level", "each H") == 0
    assert rise(drawn, "up", "x") == 0.25
    assert rise(drawn, "downer", "x") == -0.3
    assert rise(drawn, "back", "x") == 0
    assert rise(drawn, "level", "10") == 0


def test_sizes_count_once(drawn: Mapping[str, TextSpan]) -> None:
    assert ratio(drawn, "quarter same", "half") == round(1 / 1.5, 2)
    assert ratio(drawn, "less", "quarter same") == round(1 / 1.2, 2)
    assert ratio(drawn, "quarter same", "In the middle") == 1.25
    assert drawn["half"].font.endswith("-Bold")


def test_words_on_several_lines_stay_apart(drawn: Mapping[str, TextSpan]) -> None:
    assert "Do NOT take it" in drawn


def test_letters_that_join_are_drawn_together(output: Path) -> None:
    spans = [s for page in read_pdf((output / "drawn.pdf").read_bytes()) for s in page.texts]
    assert any(len(span.text.strip()) > 1 and "ש" in span.text for span in spans)
    assert any("caf" in span.text for span in spans)


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        ("<text>Bed</text>", ""),
        ('<text style="writing-mode: lr-tb; text-decoration: none">Bed</text>', ""),
        ('<switch><g><text>Bed</text></g></switch>', ""),
        ('<path style="font-variant: small-caps" d="M0 0"/>', ""),
        ('<text writing-mode="tb-rl">Bed</text>', "has text with 'writing-mode: tb-rl'"),
        ('<style>@media all {} .a { text-transform: uppercase }</style><text class="a">b</text>',
         "has text with 'text-transform: uppercase'"),
        ("<switch><text>Bed</text><text>Lit</text></switch>",
         "offers several versions of its text (<switch>)"),
        ("<flowRoot><flowPara>Bed</flowPara></flowRoot>",
         "has flowed text (<flowRoot>), which no browser shows"),
        ("<text><tref href='#a'/></text>", "has text from elsewhere in it (<tref>)"),
    ],
)  # fmt: skip
def test_only_text_that_would_be_drawn_otherwise_is_refused(content: str, flaw: str) -> None:
    assert undrawable(drawing(content).encode()) == flaw


def test_pictures_without_captions_may_follow_each_other(output: Path) -> None:
    """Each is a block of its own for a screen reader: the proof reads them one by one."""
    assert (output / "drawn.pdf").is_file()

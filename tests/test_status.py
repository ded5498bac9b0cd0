"""Drafts and withdrawn handouts: what their pages, the library, and `diff` say of them."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest

from press.build.cleanup import sweep
from press.build.run import build
from press.catalog.entries import read_entries
from press.cli import main
from press.core.files import CATALOG
from press.core.manifest import read_manifest
from press.core.model import Request
from press.proof.epub import prove_epub
from press.readback.pdf import read_halves, read_pdf
from tests.conftest import needed
from tests.devtools import chromium
from tests.test_sheet_line import TYPE

TODAY = date(2026, 11, 23)
DRAFT = (
    "---\ntitle: Tea\nidentifier: TEA-1\nstatus: draft\n---\n\n## How? {.short}\n\nWith water.\n"
)
TEA = DRAFT.replace("status: draft\n", "")
SLEEP = "---\ntitle: Sleep\nidentifier: SLEEP-1\n---\n\nSleep helps.\n"
GONE = "status: withdrawn\nwithdrawn-because: The dose was wrong.\n"
NOTICE = "---\ntitle: Notice\nshort: Ask your clinic.\nplace: [closing, every-page]\n---\n\nAsk.\n"


def write(root: Path, **files: str) -> Path:
    for name, text in {"makebook.toml": 'formats = ["html"]\n', **files}.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def make(root: Path, **options):
    return build(Request(root, root / "build", TODAY, **options))


def library(root: Path) -> str:
    return (root / "build" / "index.html").read_text()


# Drafts


@pytest.fixture(scope="module")
def draft(tmp_path_factory):
    """A draft in every format and kind of edition."""
    editions = '["letter", "large-print", "ink-saver", "booklet", "sheet"]'
    files = {
        "makebook.toml": f"editions = {editions}\n",
        "source/disclaimers/notice.md": NOTICE,
        "source/tea.md": DRAFT,
    }
    root = write(tmp_path_factory.mktemp("draft"), **files)
    outcome = make(root)
    assert not outcome.every_problem, "\n".join(map(str, outcome.every_problem))
    return root


@pytest.mark.parametrize("edition", ["", "-large-print", "-ink-saver", "-booklet", "-sheet"])
def test_every_page_says_draft(draft, edition):
    data = (draft / "build" / f"tea{edition}.pdf").read_bytes()
    pages = read_halves(data) if edition == "-booklet" else read_pdf(data)
    printed = [page for page in pages if page.texts]  # the last pages of a booklet may be blank
    assert printed
    for page in printed:
        words = " ".join(text.text for text in page.texts if text.seen)
        assert "Draft." in words
        assert "Ask your clinic." in words


def test_the_web_page_says_draft(draft):
    assert '<p class="short">Draft. Ask your clinic.</p>' in (draft / "build/tea.html").read_text()


def test_every_file_of_the_ebook_says_draft_and_the_proof_looks_for_it(draft):
    from press.core.model import Artifact
    from press.document.compose import read_sources

    path = draft / "build" / "tea.epub"
    with zipfile.ZipFile(path) as book:
        names = [name for name in book.namelist() if name.endswith(".xhtml")]
        said = {name for name in names if b'<p class="draft">Draft</p>' in book.read(name)}
        assert {Path(name).stem for name in set(names) - said} == {"cover"}
        assert len(said) > 2
        files = {info.filename: (info, book.read(info)) for info in book.infolist()}
    for change in (b"", b'<p class="draft" hidden="hidden">Draft</p>'):
        altered = path.with_name("altered.epub")
        with zipfile.ZipFile(altered, "w") as book:
            for name, (info, data) in files.items():
                mark = b'<p class="draft">Draft</p>'
                book.writestr(info, data.replace(mark, change) if "how" in name else data)
        document = read_sources(draft).assembled("tea", "")
        pages = read_manifest(draft / "build")["articles"]["tea"]["files"]["tea.epub"]["pages"]
        problems = []
        artifact = Artifact("tea.epub", "epub", altered.read_bytes(), "letter", pages)
        prove_epub(document, artifact, problems)
        assert [p.code for p in problems] == ["PRF002"]
        assert "how.xhtml: the word 'Draft' is missing" in problems[0].message


def test_a_template_without_the_word_is_not_published(tmp_path):
    text = (Path(__file__).parent.parent / "styles/templates/running.html").read_text()
    root = write(
        tmp_path,
        **{"makebook.toml": 'formats = ["pdf"]\n', "source/tea.md": DRAFT,
           "styles/templates/running.html": re.sub(r"<b class=\"draft\">.*?</b>", "", text)},
    )  # fmt: skip
    assert [p.code for p in make(root).every_problem] == ["PRF002"]


def test_a_draft_is_another_issue_than_what_is_published(draft, tmp_path):
    before = read_manifest(draft / "build")["articles"]["tea"]["hash"]
    published = DRAFT.replace("status: draft\n", "")
    root = write(tmp_path, **{"source/tea.md": published,
                 "source/disclaimers/notice.md": NOTICE})  # fmt: skip
    make(root)
    assert read_manifest(root / "build")["articles"]["tea"]["hash"] != before


def test_a_draft_is_in_the_library_only_if_asked_for(tmp_path):
    root = write(tmp_path, **{"source/tea.md": DRAFT, "source/sleep.md": SLEEP})
    make(root)
    assert (root / "build" / "tea.html").is_file()
    assert "tea.html" not in library(root)
    assert "sleep.html" in library(root)
    make(root, drafts=True)
    assert '<p class="draft">Draft</p>' in library(root)
    make(root)
    assert "tea.html" not in library(root)


# Withdrawn


@pytest.fixture(scope="module")
def withdrawn(tmp_path_factory):
    """Two articles, of which one is withdrawn after a build."""
    root = tmp_path_factory.mktemp("withdrawn")
    write(root, **{"source/tea.md": TEA, "source/sleep.md": SLEEP})
    make(root)
    before = read_manifest(root / "build")["articles"]["tea"]
    write(root, **{"source/tea.md": TEA.replace("---\n\n", f"{GONE}---\n\n", 1)})
    return root, before["hash"], make(root)


def test_a_withdrawn_handout_is_not_built_and_its_files_are_left_over(withdrawn):
    root, digest, outcome = withdrawn
    assert [b.name for b in outcome.built] == ["sleep"]
    assert [(p.code, str(p.span)) for p in outcome.every_problem] == [
        ("OUT001", "build/tea.html"), ("FRM011", "source/tea.md:4:1"),
    ]  # fmt: skip
    manifest = read_manifest(root / "build")
    assert list(manifest["left"]) == ["tea.html"]
    assert digest in manifest["withdrawn"]["tea"]["hashes"]
    assert "tea.html" not in library(root)


def test_the_next_build_has_nothing_to_do_and_says_the_same(withdrawn):
    root, _, outcome = withdrawn
    again = make(root)
    assert again.every_problem == outcome.every_problem
    assert not any(built.made for built in again.built)
    assert make(root, articles=("tea",)).built == ()


def test_diff_answers_for_a_withdrawn_sheet(withdrawn, capsys):
    root, digest, _ = withdrawn
    for line in (f"TEA-1 · {digest}", "TEA-1 00000000", "tea"):
        with pytest.raises(SystemExit) as end:
            main(["diff", "--project", str(root), line])
        said = capsys.readouterr().out
        assert said == "withdrawn: do not use Tea (TEA-1): The dose was wrong.\n"
        assert not end.value.code


def test_the_library_answers_for_a_withdrawn_sheet(withdrawn):
    root, digest, _ = withdrawn
    said = "is withdrawn: do not use. The dose was wrong."
    with needed(), chromium((root / "build" / "index.html").as_uri()) as shown:
        shown.until("document.querySelector('.search:not([hidden])') !== null")
        answers = {typed: shown.run(TYPE % json.dumps(typed)) for typed in (
            f"TEA-1 {digest}", "tea-1 00000000", digest, "TEA-1", "SLEEP-1 00000000", "water", "",
        )}  # fmt: skip
    assert answers == {
        f"TEA-1 {digest}": [f"TEA-1 {digest} {said}"],
        "tea-1 00000000": [f"TEA-1 00000000 {said}"],
        digest: [f"TEA-1 {digest} {said}"],
        "TEA-1": [f"TEA-1 {said}"],
        "SLEEP-1 00000000": ["SLEEP-1 00000000 is out of date: print this one.", "Sleep"],
        "water": ["No handouts found. Try another word."],
        "": ["1 handout", "Sleep"],
    }


def test_the_only_article_can_be_withdrawn_and_come_back(tmp_path):
    text = SLEEP.replace("---\n\n", f"{GONE}---\n\n")
    root = write(tmp_path, **{"source/sleep.md": text})
    outcome = make(root)
    assert [p.code for p in outcome.every_problem] == ["FRM011"]
    assert not outcome.failed
    assert 'data-identifier="SLEEP-1"' in library(root)
    write(root, **{"source/sleep.md": SLEEP})
    assert [b.name for b in make(root).built] == ["sleep"]
    assert "withdrawn" not in read_manifest(root / "build")
    assert "sleep.html" in library(root)


PAIR = """formats = ["html", "epub"]
[collections.pair]
title = "Both"
articles = ["tea", "sleep"]
"""


@pytest.fixture
def pair(tmp_path):
    """A built project of two articles without identifiers and a collection; the codes of each."""
    plain = {name: text.replace(f"identifier: {name.upper()}-1\n", "")
             for name, text in (("tea", TEA), ("sleep", SLEEP))}  # fmt: skip
    write(tmp_path, **{f"source/{name}.md": text for name, text in plain.items()})
    write(tmp_path, **{"makebook.toml": PAIR})
    outcome = make(tmp_path)
    assert not outcome.failed, outcome.every_problem
    return tmp_path, codes(tmp_path)


def codes(root):
    return {n: e["hash"] for n, e in read_manifest(root / "build")["articles"].items()}


def change(root, name, old, new):
    path = root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def answers(root, capsys, *lines):
    """Return the answer of `diff` to each line, and check that the library answers as well."""
    found = []
    for line in lines:
        with pytest.raises(SystemExit):
            main(["diff", "--project", str(root), line])
        found.append(capsys.readouterr().out.strip())
        listed = library(root) if (root / "build" / "index.html").is_file() else line
        assert line in listed
    return found


BAD = [
    "withdrawn: do not use Tea (tea): The dose was wrong.",
    "withdrawn: do not use Both (pair): Tea: The dose was wrong.",
]


def test_a_code_stays_withdrawn_after_clean_and_a_change_of_the_list(pair, capsys):
    root, old = pair
    change(root, "source/tea.md", "---\n\n", f"{GONE}---\n\n")
    make(root)
    assert answers(root, capsys, old["tea"], old["pair"]) == BAD
    sweep(root / "build")
    assert answers(root, capsys, old["tea"], old["pair"]) == BAD
    make(root)
    assert answers(root, capsys, old["tea"], old["pair"]) == BAD
    change(root, "makebook.toml", '"tea", ', "")
    assert not make(root).failed
    assert answers(root, capsys, old["tea"], old["pair"]) == BAD
    assert answers(root, capsys, codes(root)["pair"])[0].startswith("current: Both (pair")
    sweep(root / "build")
    make(root)
    assert answers(root, capsys, old["tea"], old["pair"]) == BAD
    (root / "source/tea.md").unlink()
    make(root)
    assert answers(root, capsys, old["tea"], old["pair"]) == BAD
    catalog = json.loads((root / "build" / CATALOG).read_text())
    assert catalog["withdrawn"] == []  # "pair" is offered again


def test_a_code_stays_withdrawn_if_clean_comes_before_the_next_build(pair, capsys):
    root, old = pair
    change(root, "source/tea.md", "---\n\n", f"{GONE}---\n\n")
    with pytest.raises(SystemExit):
        main(["clean", "--project", str(root)])
    assert [path.name for path in (root / "build").iterdir()] == ["manifest.json"]
    capsys.readouterr()
    assert answers(root, capsys, old["tea"], old["pair"]) == BAD
    make(root)
    assert answers(root, capsys, old["tea"], old["pair"]) == BAD
    shutil.rmtree(root / "build")
    with pytest.raises(SystemExit):
        main(["clean", "--project", str(root)])
    assert not (root / "build").exists()


def test_clean_works_in_a_project_that_cannot_be_read(pair, capsys):
    root, _ = pair
    change(root, "makebook.toml", "[", "[[[")
    with pytest.raises(SystemExit) as end:
        main(["clean", "--project", str(root)])
    assert not end.value.code
    assert not (root / "build").exists()


def test_an_article_can_be_withdrawn_and_taken_off_the_list_at_once(pair, capsys):
    root, old = pair
    change(root, "source/tea.md", "---\n\n", f"{GONE}---\n\n")
    change(root, "makebook.toml", '"tea", ', "")
    assert not make(root).failed
    assert answers(root, capsys, old["tea"], old["pair"]) == BAD


@pytest.mark.parametrize("swept", [False, True], ids=["built", "swept"])
def test_a_killed_run_forgets_no_code(pair, capsys, monkeypatch, swept):
    root, old = pair
    change(root, "source/tea.md", "---\n\n", f"{GONE}---\n\n")
    change(root, "makebook.toml", '"tea", ', "")

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("press.build.manifest.finish", killed)
        with pytest.raises(KeyboardInterrupt):
            make(root)
    if swept:
        sweep(root / "build")
    assert not make(root).failed
    assert answers(root, capsys, old["pair"]) == BAD[1:]


def test_what_was_withdrawn_by_mistake_is_current_again(pair, capsys):
    root, old = pair
    change(root, "source/tea.md", "---\n\n", f"{GONE}---\n\n")
    make(root)
    change(root, "source/tea.md", GONE, "")
    expected = [f"current: Tea (tea · {old['tea']})", f"current: Both (pair · {old['pair']})"]
    assert answers(root, capsys, old["tea"], old["pair"]) == expected
    make(root)
    assert answers(root, capsys, old["tea"], old["pair"]) == expected
    assert 'class="withdrawn"' not in library(root)
    change(root, "source/sleep.md", "title: Sleep", "title: Rest")
    make(root)
    assert "recalled" not in read_manifest(root / "build")


@pytest.mark.parametrize("swept", [False, True], ids=["built", "swept"])
def test_a_handout_that_is_withdrawn_and_moved_at_once_is_known(tmp_path, capsys, swept):
    root = write(tmp_path, **{"source/sleep.md": SLEEP, "source/tea.md": TEA})
    make(root)
    code = read_manifest(root / "build")["articles"]["sleep"]["hash"]
    (root / "source/sleep.md").unlink()
    write(root, **{"source/old/sleep.md": SLEEP.replace("---\n\n", f"{GONE}---\n\n")})
    if swept:
        with pytest.raises(SystemExit):
            main(["clean", "--project", str(root)])
    else:
        make(root)
    capsys.readouterr()
    said = "withdrawn: do not use Sleep (SLEEP-1): The dose was wrong."
    assert answers(root, capsys, code) == [said]


def test_the_identifier_of_another_handout_counts_more_than_a_withdrawn_code(pair, capsys):
    root, old = pair
    change(root, "source/tea.md", "---\n\n", f"{GONE}---\n\n")
    make(root)
    (root / "source/tea.md").unlink()
    change(root, "makebook.toml", '"tea", ', "")
    make(root)
    with pytest.raises(SystemExit):
        main(["diff", "--project", str(root), f"OTHER-1 {old['tea']}"])
    said = capsys.readouterr()
    assert said.out == ""
    assert "no article in this project has the identifier 'OTHER-1'" in said.err


def test_a_link_to_a_withdrawn_article_is_an_error(tmp_path):
    gone = SLEEP.replace("---\n\n", f"{GONE}---\n\n")
    link = "---\ntitle: Tea\n---\n\n[Sleep](sleep.md) and [sleep](slep.md) help.\n"
    root = write(tmp_path, **{"source/sleep.md": gone, "source/tea.md": link})
    found = make(root).every_problem
    assert [(p.code, p.hint) for p in found if p.code != "FRM011"] == [
        ("LNK004", "delete the link"),
        ("LNK004", "add that file, or delete the link"),
    ]


def test_a_withdrawn_article_without_a_reason_stops_no_other(tmp_path, capsys):
    text = SLEEP.replace("---\n\n", "status: withdrawn\n---\n\n")
    root = write(tmp_path, **{"source/sleep.md": SLEEP, "source/tea.md": DRAFT})
    make(root)
    code = codes(root)["sleep"]
    write(root, **{"source/sleep.md": text})
    outcome = make(root)
    assert [str(p.span) for p in outcome.every_problem if p.code == "FRM003"] == [
        "source/sleep.md:4:1"
    ]
    assert [b.name for b in outcome.built if b.entry] == ["tea"]
    with pytest.raises(SystemExit):
        main(["diff", "--project", str(root), code])
    assert capsys.readouterr().out == "withdrawn: do not use Sleep (SLEEP-1)\n"


def test_a_project_without_these_keys_has_a_manifest_as_before(tmp_path):
    root = write(tmp_path, **{"source/sleep.md": SLEEP})
    make(root)
    manifest = read_manifest(root / "build")
    assert "withdrawn" not in manifest
    assert "status" not in manifest["articles"]["sleep"]


@pytest.mark.parametrize("text", ["", "<<<<<<< ours\n", "[]", '{"articles": {"tea": {}}}'])
def test_a_damaged_manifest_is_kept_until_its_codes_are_restored(pair, capsys, text):
    root, old = pair
    change(root, "source/tea.md", "---\n\n", f"{GONE}---\n\n")
    make(root)
    path = root / "build" / "manifest.json"
    sound = path.read_bytes()
    path.write_text(text)
    (problem,) = [p for p in make(root).every_problem if p.code == "OUT002"]
    assert str(problem.span) == "build/manifest.json"
    (kept,) = (root / "build").glob("manifest-*.json")
    assert kept.name in problem.message
    assert kept.read_text() == text
    assert not [p for p in make(root).every_problem if p.code == "OUT002"]
    path.write_bytes(sound)
    make(root)
    assert answers(root, capsys, old["tea"], old["pair"]) == BAD


def test_no_record_and_no_packet_of_a_withdrawn_collection(pair, capsys):
    root, _ = pair
    change(root, "source/tea.md", "---\n\n", f"{GONE}---\n\n")
    make(root)
    for command, code in (("record", "REC001"), ("packet", "PKT001")):
        with pytest.raises(SystemExit):
            main([command, "pair", "--project", str(root)])
        said = capsys.readouterr().err.splitlines()[0]
        assert said == f"makebook.toml:2:1: error {code}: 'pair' is withdrawn: do not use"


def test_an_article_that_cannot_be_read_lacks_no_title_in_the_list(pair, capsys):
    root, _ = pair
    (root / "source/tea.md").write_bytes(b"---\ntitle: T\xe9\xff\n---\n\nText.\n")
    problems = []
    read_entries(root, root / "build", problems)
    assert [problem.code for problem in problems] == ["TXT001"]

"""The list of handouts, and the line for a patient's record: front matter and manifest only."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from press.build.run import build
from press.catalog.entries import read_entries
from press.catalog.listing import as_csv, as_json, as_table, chosen, ordered
from press.cli import main
from press.core.model import Request

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 23)
ARTICLES = {
    "sleep": "title: Sleep\nversion: 1.10\nreviewed: 2026-01-05\nnext-review: 2027-01-05\n"
    "topics: [insomnia]\nidentifier: SLEEP-1\n",
    "tea": "title: Tisane à l'éveil\nlang: fr-CA\ntopics: [insomnia, diet]\n",
    "pain": "title: =Pain\nreviewed: 2020-02-01\n",
}


def project(folder: Path, articles: dict[str, str] = ARTICLES) -> Path:
    """Write a project; its articles are their front matter, and a line of text."""
    (folder / "source").mkdir(parents=True)
    (folder / "makebook.toml").write_text('formats = ["html"]\n')
    for name, matter in articles.items():
        path = folder / "source" / f"{name}.md"
        path.write_text(f"---\n{matter}---\n\nText.\n", encoding="utf-8")
    return folder


def make(root: Path, *articles: str, **options):
    outcome = build(Request(root, root / "build", TODAY, articles, **options))
    assert not outcome.failed, "\n".join(map(str, outcome.every_problem))
    return outcome


def entries(root: Path):
    return {entry.name: entry for entry in read_entries(root, root / "build", [])}


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main(arguments)
    printed = capsys.readouterr()
    return end.value.code or 0, printed.out, printed.err


def test_a_row_has_what_the_front_matter_says(tmp_path):
    found = entries(project(tmp_path))
    assert json.loads(as_json([found["sleep"]])) == [{
        "name": "sleep", "title": "Sleep", "version": "1.10", "reviewed": "2026-01-05",
        "next-review": "2027-01-05", "languages": ["en-US"], "pages": None, "state": "not built",
        "file": "source/sleep.md", "identifier": "SLEEP-1", "topics": ["insomnia"],
    }]  # fmt: skip
    assert found["tea"].matter.lang == "fr-CA"
    assert found["pain"].due == date(2023, 1, 31)  # 1095 days later
    assert found["tea"].due is None


def test_the_state_says_if_a_build_is_of_todays_sources(tmp_path):
    root = project(tmp_path)
    make(root, "sleep", "tea")
    state = {name: entry.state for name, entry in entries(root).items()}
    assert state == {"pain": "not built", "sleep": "current", "tea": "current"}
    (root / "source" / "tea.md").write_text("---\ntitle: Tea\n---\n\nOther text.\n")
    (root / "build" / "sleep.html").unlink()
    found = entries(root)
    assert (found["tea"].state, found["tea"].changed) == ("out of date", ("source/tea.md",))
    assert (found["sleep"].state, found["sleep"].changed) == ("out of date", ("sleep.html",))


def test_a_new_notice_makes_everything_out_of_date(tmp_path):
    root = project(tmp_path)
    make(root)
    (root / "source" / "disclaimers").mkdir()
    (root / "source" / "disclaimers" / "new.md").write_text("---\ntitle: New\n---\n\nNo.\n")
    assert {entry.state for entry in entries(root).values()} == {"out of date"}


def test_a_question_in_a_title_can_be_searched(tmp_path):
    root = project(tmp_path)
    file = root / "source" / "sleep.md"
    file.write_text(file.read_text().replace("title: Sleep", "title: How to sleep?"))
    for words in (["sleep?"], ["How to sleep?"], ["s*p"]):
        assert [e.name for e in chosen([*entries(root).values()], words, None, TODAY)] == ["sleep"]


def test_words_and_days_filter_and_a_column_sorts(tmp_path):
    rows = list(entries(project(tmp_path)).values())

    def names(found):
        return [entry.name for entry in found]

    assert names(chosen(rows, ["INSOMNIA"], None, TODAY)) == ["sleep", "tea"]
    assert names(chosen(rows, ["insomnia", "eveil"], None, TODAY)) == ["tea"]
    assert names(chosen(rows, ["T?a"], None, TODAY)) == ["tea"]
    assert names(chosen(rows, ["*a"], None, TODAY)) == ["tea"]
    assert names(chosen(rows, [], 0, TODAY)) == ["pain"]
    assert names(chosen(rows, [], 43, TODAY)) == ["pain", "sleep"]
    assert names(chosen(rows, [], 42, TODAY)) == ["pain"]
    assert names(chosen(rows, [], 10**9, TODAY)) == ["pain", "sleep"]
    assert names(ordered(rows, "next-review")) == ["pain", "sleep", "tea"]
    assert names(ordered(rows, "version")) == ["sleep", "pain", "tea"]
    assert names(ordered(rows, "title")) == ["pain", "sleep", "tea"]


def test_versions_are_sorted_as_numbers(tmp_path):
    versions = ["0.10", "0.9", "1" * 5000, "2"]
    matters = {f"a{n}": f'title: A\nversion: "{v}"\n' for n, v in enumerate(versions)}
    rows = [*entries(project(tmp_path, matters)).values()]
    assert [entry.name for entry in ordered(rows, "version")][:2] == ["a1", "a0"]


def test_a_draft_and_a_withdrawn_article_say_so(tmp_path):
    gone = "title: Gone\nstatus: withdrawn\nwithdrawn-because: It is wrong.\n"
    root = project(tmp_path, {"new": "title: New\nstatus: draft\n", "old": gone})
    make(root)
    assert {name: e.state for name, e in entries(root).items()} == {
        "new": "draft", "old": "withdrawn",
    }  # fmt: skip


def test_pages_are_those_of_the_main_edition(built):
    output = built("small")
    root = ROOT / "tests" / "projects" / "small"
    entry = read_entries(root, output, [])[0]
    files = json.loads((output / "manifest.json").read_text())["articles"]["sleep"]["files"]
    assert entry.pages == files["sleep.pdf"]["pages"] > 0
    assert entry.state == "current"


def test_the_table_lines_up_and_csv_reads_back(tmp_path):
    rows = ordered(list(entries(project(tmp_path)).values()), "name")
    head, *lines = as_table(rows).splitlines()
    at = head.index("state")
    assert [line[at:] for line in lines] == ["not built"] * 3
    read = list(csv.DictReader(io.StringIO(as_csv(rows), newline="")))
    assert [line["title"] for line in read] == ["=Pain", "Sleep", "Tisane à l'éveil"]


def test_a_wide_title_does_not_push_the_columns(tmp_path):
    rows = list(entries(project(tmp_path, {"a": "title: 睡眠\n", "b": "title: Sleep\n"})).values())
    _, wide, narrow = as_table(rows).splitlines()
    assert narrow.index("en-US") - wide.index("en-US") == len("睡眠")


def test_the_command_prints_and_reports_what_is_wrong(tmp_path, capsys):
    root = project(tmp_path, {"a": "title: A\n", "b": "title: B\nreviewed: soon\n"})
    status, out, err = run(capsys, "list", "--project", str(root), "--format", "csv", "b")
    assert (status, len(out.splitlines())) == (1, 2)
    assert "source/b.md:3:1: error FRM003" in err
    status, _, err = run(capsys, "list", "--project", str(root), "--imprint", "north")
    assert status == 2
    assert "there is no imprint 'north'" in err
    for words, said in ((["a", "c"], "none of the project's handouts matches; names"),
                        (["--due", "3"], "none of the project's handouts matches\n"),
                        (["--due", "soon"], "'soon' is not a valid whole number")):  # fmt: skip
        assert said in run(capsys, "list", "--project", str(root), *words)[2]


RECORDED = "title: Tea\nidentifier: TEA-1\nversion: 2\ndate: 2026-03-01\nlang: en-GB\n"


def test_the_line_for_a_record_is_one_that_diff_reads(tmp_path, capsys):
    root = project(tmp_path, {"tea": RECORDED, "bare": "title: Bare\n"})
    make(root)
    hashes = {name: entry.built["hash"] for name, entry in entries(root).items()}
    status, line, _ = run(capsys, "record", "--project", str(root), "tea")
    assert (status, line) == (
        0,
        f"TEA-1 · version 2 · {hashes['tea']} · Tea · en-GB · 2026-03-01\n",
    )
    status, said, _ = run(capsys, "diff", "--project", str(root), line.strip())
    assert said.startswith("current: Tea")
    _, line, _ = run(capsys, "record", "--project", str(root), "source/bare.md")
    assert line == f"{hashes['bare']} · Bare · en-US\n"


@pytest.mark.parametrize(
    ("matter", "said", "remedy"),
    [
        (None, "'tea' is not built", "hint: run "),
        (f"{RECORDED}subtitle: Green\n", "is out of date: source/tea.md changed", "hint: run"),
        (f"{RECORDED}status: draft\n", "'tea' is a draft", "delete 'status: draft'"),
        (f"{RECORDED}status: withdrawn\nwithdrawn-because: It is wrong.\n",
         "'tea' is withdrawn: do not use", "hint: choose another handout"),
    ],
)  # fmt: skip
def test_only_what_is_published_and_current_is_recorded(tmp_path, capsys, matter, said, remedy):
    root = project(tmp_path, {"tea": RECORDED})
    if matter:
        make(root)
        (root / "source" / "tea.md").write_text(f"---\n{matter}---\n\nText.\n")
    status, out, err = run(capsys, "record", "--project", str(root), "tea")
    assert (status, out) == (1, "")
    assert said in err
    assert remedy in err
    assert "error REC001" in err


def test_a_handout_that_is_not_built_for_a_clinic_is_built_for_it(tmp_path, capsys):
    root = project(tmp_path, {"tea": RECORDED})
    (root / "source" / "imprints").mkdir()
    (root / "source" / "imprints" / "north.toml").write_text('[clinic]\nname = "North"\n')
    _, _, err = run(capsys, "record", "--project", str(root), "tea", "--imprint", "north")
    assert f" tea --imprint north --project {root}, and print it again" in err


@pytest.mark.parametrize("command", ["record", "packet"])
def test_what_a_hint_says_can_be_run_as_it_stands(tmp_path, capsys, command):
    """In the same folders; a name with a space is quoted."""
    root = project(tmp_path, {"green tea": RECORDED})
    (root / "makebook.toml").write_text('editions = ["letter"]\nformats = ["pdf"]\n')
    words = command, "green tea", "--project", str(root), "--output", str(tmp_path / "other")
    status, _, err = run(capsys, *words)
    assert status == 1
    told = re.search(r"hint: run (?:python3 \S+|makebook) (.*), and ", err)[1]
    assert told.startswith('"green tea" --project ')
    assert run(capsys, *shlex.split(told))[0] == 0
    assert (tmp_path / "other" / "green tea.pdf").is_file()
    assert run(capsys, *words)[0] == 0


def test_an_unknown_name_is_not_recorded(tmp_path, capsys):
    root = project(tmp_path, {"tea": RECORDED})
    status, _, err = run(capsys, "record", "--project", str(root), "tee")
    assert status == 2
    assert "did you mean 'tea'?" in err


def test_a_list_needs_no_heavy_library(tmp_path):
    code = "import sys; from press.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    code += "print(sorted({'lxml', 'weasyprint', 'ebooklib', 'PIL', 'markdown'} & {*sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code, "list", "--project", str(project(tmp_path))],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"

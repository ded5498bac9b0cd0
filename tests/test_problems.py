"""The messages that authors get: every problem code, as it is printed.

Each folder in `tests/problems/` is a tiny project with one flaw, named by the code it gives, with
a word behind it where one code has several. Its `printed.txt` is the exit status and then, word
for word, what the command line prints on stderr; its `options.txt`, if any, is how it is called.
After a change of words set MAKEBOOK_REWRITE=1, run this file, and read the diff first.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import press
from press.build import make as making
from press.cli import main
from press.core import gate
from press.core.files import CATALOG, FEED, STATE
from press.core.problems import CODES, NOTE, OF_ONE_EDITION, WARNING, on_lines

FOLDER = Path(__file__).parent / "problems"
PROJECTS = sorted(path for path in FOLDER.iterdir() if path.is_dir())
WARNED = [path for path in PROJECTS if CODES.get(path.name[:6], ("",))[0] == WARNING]
NO_FONTS = Path(press.__file__).parent / "output" / "pdf" / "fontconfig.xml"
"""A system without fonts."""
OLD = b"%PDF-1.7 of an earlier build"

ELSEWHERE = {
    "CFG008": "the name comes from the command line: tests/test_values.py",
    **dict.fromkeys(("CCH001", "CCH002"), "a folder outside the project: tests/test_cache.py"),
    "DIF001": "a file given to `makebook diff`, not one of the project: tests/test_diff.py",
    **dict.fromkeys(
        ("IMP001", "IMP002", "IMP003", "IMP004"),
        "a document given to `makebook import`, not an article: tests/test_import.py",
    ),
    "CIT014": "what `makebook cite` is asked to look up: tests/test_cite.py",
    "CIT015": "the bibliography that `makebook cite` adds to: tests/test_cite.py",
    "FRM011": "no file is built: tests/test_status.py",
    "FET001": "what `makebook fetch` is asked to bring in: tests/test_fetch.py",
    "FET002": "what `makebook fetch` is asked to bring in: tests/test_fetch.py",
    "FET003": "what `makebook fetch` is asked to bring in: tests/test_fetch.py",
    "NEW001": "what `makebook new` is asked to make is there already: tests/test_new.py",
    "PKT001": "a name given to `makebook packet`: tests/test_packet.py",
    "PKT002": "a note given to `makebook packet`: tests/test_packet.py",
    "REC001": "a name given to `makebook record`: tests/test_catalog.py",
    "SPK001": "a file given to `makebook speak`, not one of the project: tests/test_speak.py",
    "TXT013": "a font of this system: tests/test_characters.py",
    "PRF003": "no author's file causes it alone; tests of the proof break a finished file",
    "PRF004": "no author's file causes it alone; tests of the proof break a finished file",
    "PRF005": "no author's file causes it alone; tests of the proof break a finished file",
    "STY001": "a default style is missing: `test_a_default_style_is_missing`",
    "SYS001": "the machine, not a file: `test_a_time_that_is_none`",
    "LIM001": "no small project takes a minute: tests/test_limits.py",
    "LIM002": "no reader takes a minute for a small file: tests/test_watch_limits.py",
    "BUG001": "no author's file causes it: tests/test_limits.py",
    "OUT001": "a file in build/, not one of the author's: tests/test_incremental.py",
    "OUT002": "a file in build/, not one of the author's: tests/test_status.py",
    "OUT003": "a file in build/, not one of the author's: tests/test_groups.py",
    "SYS003": "the machine, not a file: tests/test_parallel.py",
    "SYS004": "the machine, not a file: tests/test_serve.py",
    "SYS005": "a scheduler, not a file: tests/test_cluster.py",
    "SYS002": "the machine, not a file: `test_an_output_folder_that_is_a_file`",
}
"""Codes without a folder: the reason, and what tests them."""

OF_A_COLLECTION = re.compile("COL001|CFG004-collections|CFG007-collection")
"""What concerns a collection alone: its articles are built."""


class Run:
    """Run the command line in a folder that contains `project/`, and keep what it printed."""

    def __init__(self, folder, monkeypatch, capsys):
        self.folder, self.capsys = folder, capsys
        self.project, self.output = folder / "project", folder / "output"
        monkeypatch.chdir(folder)
        monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
        monkeypatch.setenv("FONTCONFIG_FILE", str(NO_FONTS))

    def copy(self, source):
        shutil.copytree(
            source, self.project, ignore=shutil.ignore_patterns("printed.txt", "options.txt")
        )
        return self

    def write(self, **files):
        """Write files; `__` in a name is a slash, `_` at its end is `.md`."""
        for name, text in {"makebook.toml": "", **files}.items():
            path = self.project / re.sub("_$", ".md", name.replace("__", "/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self

    def __call__(self, *arguments):
        """Return the exit status and stderr, with the path of the folder left out."""
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["build", "--project", "project", "--output", "output", *arguments])
        printed = self.capsys.readouterr().err
        return end.value.code or 0, printed.replace(self.folder.resolve().as_posix(), "…")

    def published(self):
        """Return the files that are there, but the web pages and what lists them."""
        found = [path for path in self.output.glob("*") if path.suffix != ".html"]
        names = {path.name for path in found if path.is_file()}
        return sorted(names - {STATE, FEED, CATALOG})


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    return Run(tmp_path, monkeypatch, capsys)


def problems(printed):
    """Return the lines of the problems, each with its hint."""
    return re.findall(
        r"^(\S.*: (?:error|warning|note) [A-Z]{3}\d{3}: .*\n(?: .*\n)*)", printed, re.M
    )


@pytest.mark.parametrize("source", PROJECTS, ids=lambda path: path.name)
def test_printed(source, run):
    run.copy(source).output.mkdir()
    (run.output / "sleep.pdf").write_bytes(OLD)
    options = source / "options.txt"
    status, printed = run(*(options.read_text().split() if options.exists() else ()))
    text = f"status {status}\n{printed}"
    golden = source / "printed.txt"
    if os.environ.get("MAKEBOOK_REWRITE"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")

    found = problems(printed)
    assert any(f" {source.name[:6]}: " in problem for problem in found)
    assert len(found) == len(set(found)), "the same is said twice"
    for problem in found:
        line, *hint = problem.splitlines()
        assert re.match(r"[^\s:][^:]*(:\d+(:\d+)?)?: (error|warning|note) [A-Z]{3}\d{3}: \S", line)
        assert len(hint) == 1, problem
        assert re.match(r"    hint: \S", hint[0]), problem
    if source.name[:6] in OF_ONE_EDITION:
        assert "sleep.epub" in run.published()
        assert "sleep-sheet.pdf" not in run.published()
    elif OF_A_COLLECTION.match(source.name):
        assert status == 1
        assert {"manifest.json", "sleep.pdf"} <= set(run.published())
    elif status:
        assert run.published() == ["sleep.pdf"]
        assert (run.output / "sleep.pdf").read_bytes() == OLD
    else:
        assert ": error " not in printed
        names = [path.stem for path in (run.project / "source").glob("*.md")]
        files = [f"{name}.{kind}" for name in names for kind in ("epub", "pdf")]
        assert run.published() == sorted(["manifest.json", *files])


def test_every_code_has_a_project_or_a_reason():
    shown = {path.name[:6] for path in PROJECTS}
    assert shown <= set(CODES)
    assert set(CODES) - shown == set(ELSEWHERE)


@pytest.mark.parametrize("source", WARNED, ids=lambda path: path.name)
def test_strict_publishes_nothing_where_there_is_a_warning(source, run):
    status, printed = run.copy(source)("--strict")
    assert status == 1
    assert problems(printed)
    assert run.published() == []


def test_a_note_stops_nothing_and_quiet_leaves_it_out(run, monkeypatch):
    monkeypatch.setitem(CODES, "TXT005", (NOTE, CODES["TXT005"][1]))
    run.copy(FOLDER / "TXT005")
    status, printed = run("--strict")
    assert status == 0
    assert ": note TXT005: " in printed
    assert "warning" not in printed
    assert run("--quiet", "--force") == (0, "")


def test_a_message_names_its_other_lines():
    assert on_lines([]) == ""
    assert on_lines([4]) == " (also on line 4)"
    assert on_lines([9, 4, 9]) == " (also on lines 4 and 9)"
    assert on_lines([9, 4, 12]) == " (also on lines 4, 9, and 12)"


def test_a_second_build_repeats_the_warnings_and_strict_still_stops(run):
    notice = "---\ntitle: Notice\nrequird: no\nverified: 2020-01-01\n---\n\nNo advice.\n"
    run.write(
        **{"makebook.toml": "max-age = 365\n", "source__disclaimers__general_": notice},
        source__sleep_="---\ntitle: Sleep\nsubtitel: Worry\n---\n\nSleep helps.\n",
    )
    status, printed = run()
    assert status == 0
    assert re.findall(r"warning (\w+)", printed) == ["FRM001", "DUE002", "FRM001"]
    assert run() == (0, printed)
    before = {name: (run.output / name).read_bytes() for name in run.published()}
    assert run("--strict")[0] == 1
    assert {name: (run.output / name).read_bytes() for name in run.published()} == before


def test_one_broken_article_leaves_the_other_alone(run):
    run.write(
        source__broken_="---\ntitle: Broken\n---\n\n![Bed](bed.png)\n",
        source__sound_="---\ntitle: Sound\n---\n\nSleep helps.\n",
    )
    status, printed = run()
    assert status == 1
    assert len(problems(printed)) == 1
    assert run.published() == ["manifest.json", "sound.epub", "sound.pdf"]
    assert "broken: not published" in printed


def test_a_broken_notice_hides_nothing_of_the_article(run):
    run.write(
        source__sleep_=(
            "---\ntitle: Sleep\nbibliography: references.bib\n---\n\nSleep helps [@nobody2020].\n"
        ),
        **{"source__references.bib": "@book{walker2013, author = {Walker, Ann}, title = {Bed}}\n"},
        source__disclaimers__general_="---\ntitle: [General\n---\n\nNo advice.\n",
    )
    status, printed = run()
    assert status == 1
    assert re.findall(r"^(\S+?):\d.*error (FRM002|CIT001)", printed, re.M) == [
        ("source/disclaimers/general.md", "FRM002"),
        ("source/sleep.md", "CIT001"),
    ]


def test_hidden_files_that_editors_leave_are_not_read(run):
    """Emacs marks a file that is open with a link beside it, `.#NAME`, which leads nowhere."""
    run.write(source__sleep_="---\ntitle: Sleep\ndate: 2026-01-02\n---\n\nRest.\n")
    for name in ("sleep.md", "disclaimers/general.md", "disclaimers/a.toml", "imprints/us.toml"):
        link = run.project / "source" / Path(name).with_name(f".#{Path(name).name}")
        link.parent.mkdir(exist_ok=True)
        link.symlink_to("nobody@example.org")
    assert run("--imprint", "all")[0] == 2  # there is no imprint
    assert run("--format", "epub") == (0, "")


def test_a_handle_in_the_front_matter_is_no_citation(run):
    run.write(
        source__sleep_=(
            "---\ntitle: Sleep, by @clinic\nauthor: '@ann'\nnocite: '@gone2020'\n---\n\nRest.\n"
        ),
    )
    _, printed = run()
    assert re.findall(r"sleep\.md:(\S+): error CIT001: no entry for '(\w+)'", printed) == [
        ("4:10", "gone2020")
    ]


def test_ten_flaws_in_one_run(run):
    run.write(
        **{"makebook.toml": 'langage = "de"\n[notices.required]\n"*" = ["crisis"]\n'},
        source__sleep_=(
            "---\nsubtitel: Worry\ndate: someday\nbibliography: references.bib\n---\n\n"
            "![](bed.png)\n\n[Here](#nowhere) [@nobody2020]\n\n{{ clinic.fax }}\n\n"
            "<video></video>\n\n# One {#one}\n\nText.\n\n# Two {#one}\n\nText \U0001d800.\n"
        ),
        source__waking_=b"---\ntitle: Waking\n---\n\n\xff\n",
        **{"source__references.bib": "@book{walker2013,\n  author = {Walker, Ann},\n}\n"},
        source__disclaimers__general_="---\nplace: top\n---\n\nNo advice.\n",
    )
    status, printed = run()
    assert status == 1
    assert (
        sorted(set(re.findall(r"(?:error|warning) (\w+)", printed)))
        == (
            "CFG003 CIT001 CIT002 CIT007 FRM001 FRM003 FRM004 HTM001 IMG001 IMG002 LNK001 LNK003 "
            "NOT001 NOT004 TXT001 TXT007 WRD001"
        ).split()
    )
    assert run.published() == []


def test_a_default_style_is_missing(run, tmp_path, monkeypatch):
    run.write(source__sleep_="---\ntitle: Sleep\n---\n\nSleep helps.\n")
    defaults = tmp_path / "defaults"
    shutil.copytree(Path(__file__).parent.parent / "styles", defaults)
    (defaults / "book.css").unlink()
    monkeypatch.setattr("press.design.styles.default_folder", lambda: defaults)
    gate.allow(defaults)
    status, printed = run()
    assert status == 1
    assert problems(printed)[0].startswith("styles/book.css: error STY001: ")


def test_a_time_that_is_none(run, monkeypatch):
    run.write(source__sleep_="---\ntitle: Sleep\n---\n\nSleep helps.\n")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "tomorrow")
    status, printed = run()
    assert status == 3
    assert problems(printed)[0].startswith(
        "SOURCE_DATE_EPOCH: error SYS001: 'tomorrow' is not a valid time"
    )


def test_an_output_folder_that_is_a_file(run):
    run.write(source__sleep_="---\ntitle: Sleep\n---\n\nSleep helps.\n")
    (run.folder / "taken").write_text("a file")
    status, printed = run("--output", "taken/here")
    assert status == 3
    assert problems(printed)[0].split(": ")[1] == "error SYS002"


@pytest.mark.parametrize(
    "manifest",
    ["nope", "[]", '{"articles": {"sleep": {}}, "order": []}', '{"articles": {}, "order": 5}'],
)
def test_a_damaged_manifest_is_written_anew(manifest, run):
    run.write(source__sleep_="---\ntitle: Sleep\n---\n\nSleep helps.\n").output.mkdir()
    (run.output / "manifest.json").write_text(manifest)
    status, printed = run()
    assert (status, [line.split()[2] for line in problems(printed)]) == (0, ["OUT002:"])
    assert '"sleep.pdf"' in (run.output / "manifest.json").read_text()


def test_a_day_that_no_archive_can_hold(run):
    run.write(source__sleep_="---\ntitle: Sleep\ndate: 9999-12-31\n---\n\nSleep helps.\n")
    status, printed = run()
    assert (status, re.findall(r"error (\w+)", printed)) == (1, ["FRM003"])


HOSTILE = {
    "a line of 10 MB": "word " * 2_000_000,
    "10 MB without a space": "w" * 10_000_000,
    "brackets": "[" * 20_000,
    "brackets and keys": "[@" * 5_000,
    "open citations": "[@a; " * 5_000,
    "images that never end": "![" * 10_000,
    "links": "[a](" * 2_000,
    "stars": "*" * 20_000,
    "stars and words": "*a **b " * 5_000,
    "underscores": "_a __b " * 5_000,
    "braces": "{{" * 20_000,
    "words to fill in": "{{ a.b " * 5_000,
    "attributes": "{: " * 5_000,
    "backticks": "`" * 20_001 + "a",
    "backticks of every length": " ".join("`" * n for n in range(1, 300)),
    "fences": "```\n~~~\n" * 3_000,
    "quotations": ">" * 5_000 + " deep",
    "lists": "\n".join("  " * n + "- a" for n in range(400)),
    "elements": "<div>" * 2_000,
    "emphasis": "<b>" * 5_000 + "deep",
    "comments": "<!--" * 5_000,
    "declarations": "<![CDATA[" * 5_000,
    "angles": "<" * 20_000,
    "entities": "&#0;&#7;&#xD800;&#xF0002;9&#xF0003;&#xFFFF;&amp;lt" * 100,
    "tokens": "\U000f00027\U000f0003\U000f0000a.b\U000f0001 text",
    "tables": "|" * 5_000 + "\n" + "|-" * 5_000 + "\n",
    "notes": "[^a]" * 1_000 + "\n\n[^a]: Note.\n",
    "notes in notes": "[^a]\n\n[^a]: See [^b].\n\n[^b]: See [^a].\n",
    "abbreviations": "*[a]: b\n" * 2_000,
    "definitions": "a\n: b\n" * 2_000,
    "headings": "# a\n\n" * 2_000,
    "emails": "a@" * 5_000,
    "NUL": "a\0b\0",
    "right to left": "\u202eevil\u202c שלום \u2066x\u2069",
    "marks": "e" + "\u0301" * 5_000,
    "old line ends": "One.\r\rTwo.\r\n\r\nThree.\u2028\u2029\x0b\x85",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_ends_soon_and_in_words(body, run, monkeypatch):
    monkeypatch.setattr(making, "make_files", lambda *_: [])
    run.write(source__sleep_=f"---\ntitle: Sleep\n---\n\n{body}\n")
    start = time.process_time()
    status, printed = run()
    assert time.process_time() - start < 30
    assert status == 0 or problems(printed)
    assert status in {0, 1}


NAMES = [
    "../../../../etc/passwd",
    "/etc/passwd",
    "a" * 5_000,
    "a\\0b",
    "a" * 5_000 + ".csl",
    "a\\u0007.bib",
    "~/references.bib",
    ".",
    "",
    "https://example.org/references.bib",
    "con\u202efdp.csl",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", ["bibliography", "csl", "image"])
def test_hostile_names_of_files(name, key, run, monkeypatch):
    monkeypatch.setattr(making, "make_files", lambda *_: [])
    matter = f'{key}: "{name}"\n' if key != "image" else ""
    image = f"![Bed](<{name}>)" if key == "image" else ""
    toml = name.replace("\\0", "\\u0000")
    run.write(
        **{"makebook.toml": f'{key} = "{toml}"\n' if key != "image" else ""},
        source__sleep_=f"---\ntitle: Sleep\n{matter}---\n\nSleep helps [@a]. {image}\n",
        source__waking_="---\ntitle: Waking\n---\n\nSleep helps [@a].\n",
    )
    status, printed = run()
    assert status == 1
    assert problems(printed)
    assert "root:" not in printed


GOOD = {
    "makebook.toml": (
        'lang = "en-US"\neditions = ["letter", "a4"]\nmax-age = {verified = 365}\n\n'
        '[notices.required]\n"*" = ["general"]\nsleep = ["crisis"]\n\n'
        '[editions.a4]\npage = "A4"\n'
    ),
    "source/sleep.md": (
        "---\ntitle: Sleep and worry\nauthor:\n  - name: Ann Walker\n    role: editor\n"
        "date: 2020-02-02\nlang: en-US\nkeywords: [sleep, worry]\ntopics: [sleep]\n"
        "bibliography: references.bib\n---\n\n# Why *sleep*? {#why}\n\nSleep helps [@walker2013, "
        "p. 4].[^one]\n\n[^one]: In **most** people, says @walker2013.\n\n"
        "| Who | How |\n|-----|----:|\n| all | 8 h |\n\nTable: Hours\n\n"
        "![A bed](bed.svg){.wide}\n\n{{ notice.crisis }}\n\n"
        "1. See [why](#why).\n2. Call {{ clinic.telephone }}.\n   - `{{ code }}`\n\n"
        "Term\n: Meaning <span title='x'>here</span>.\n\n> Quoted & said.\n"
    ),
    "source/bed.svg": '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>\n',
    "source/references.bib": (
        "@article{walker2013,\n  author = {Walker, Ann and Jones, B{\\'e}},\n"
        "  title = {Sleep and {Worry}},\n  journal = {Sleep},\n  year = 2013,\n"
        "  doi = {10.1000/182},\n}\n"
    ),
    "source/disclaimers/general.md": (
        "---\nid: general\ntitle: About this\nplace: [opening, every-page]\n"
        "short: No advice.\nverified: 2020-02-02\n---\n\nThis is not medical advice.\n"
    ),
    "source/disclaimers/crisis.md": (
        "---\ntitle: In a crisis\nwhen:\n  topics: [sleep]\n---\n\nCall {{ crisis.line }}.\n"
    ),
    "source/disclaimers/crisis.toml": 'verified = 2020-02-02\n\n[en-US]\nline = "988"\n',
}
SCRAPS = [
    *"[](){}<>*_`|#:@^!\\&;\"'-=~$%\n\t ",
    *("---\n", "\n\n", "{{ ", " }}", "[@", "[^", "]:", "```\n", "<!--", "-->", "&#7;", "\r", "\0"),
    *(
        "\ufeff",
        "\u202e",
        "\U000f0000",
        "\U000f0002",
        "<p>",
        "</div>",
        "<td>",
        "<svg>",
        "<a href='",
    ),
    *(" = ", "[[", "{}", "null", "true", "9" * 30, "@a{", "#x", "{.y}", "    ", "> ", "- ", "1. "),
]


def mutated(text, chance):
    """Return a file with a few random changes of lines, characters, and bytes."""
    for _ in range(chance.randint(1, 6)):
        text = once_mutated(text, chance)
    data = text.encode()
    if chance.random() < 0.1:
        at = chance.randrange(len(data) + 1)
        data = data[:at] + bytes([chance.randrange(128, 256)]) + data[at:]
    return data


def once_mutated(text, chance):
    at = chance.randrange(len(text) + 1)
    end = at + chance.choice([1, 3, 30])
    lines = text.split("\n")
    line = chance.randrange(len(lines))
    kind = chance.randrange(5)
    if kind == 0:
        return text[:at] + text[end:]
    if kind == 1:
        return text[:at] + chance.choice(SCRAPS) * chance.choice([1, 1, 2, 9]) + text[at:]
    if kind == 2:
        return text[:at] + text[at:end] * 3 + text[end:]
    if kind == 3:
        return "\n".join(lines[:line] + lines[line + 1 :])
    return "\n".join([*lines[:line], chance.choice(lines), *lines[line:]])


@settings(
    max_examples=int(os.environ.get("MAKEBOOK_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**64), name=st.sampled_from(sorted(GOOD)))
def test_whatever_is_typed_ends_in_words(seed, name, run):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "make_files", lambda *_: [])
        shutil.rmtree(run.project, ignore_errors=True)
        run.write(**{**GOOD, name: mutated(GOOD[name], random.Random(seed))})
        status, printed = run("--force")
    assert status in {0, 1}, printed
    assert status == 0 or problems(printed)
    for problem in problems(printed):
        assert len(problem.splitlines()) == 2, problem

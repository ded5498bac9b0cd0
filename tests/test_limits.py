"""Limits and faults: what takes too long or too much, what nobody foresaw, and what is damaged.

No test is about a time: a text that took forever would be ended by its limit, and be reported.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import runpy
import shutil
import signal
import sys
import threading
import warnings
from pathlib import Path

import pytest

from press.build import make as making
from press.cli import main
from press.core import gate, guarded, limits, parallel
from press.core.files import MANIFEST
from press.core.limits import MEMORY, NO_LIMITS, SECONDS, Allowance, Limits, allowance, parse
from press.core.manifest import published_hashes, read_manifest
from press.core.nearest import near
from press.core.problems import ProblemsError
from press.document.compose import read_sources
from press.references.bibliography import read_entries
from press.source import markup
from press.source.front_matter import split
from press.source.settings import line_of, parse_toml

SMALL = Path(__file__).parent / "projects" / "small"
KINDS = runpy.run_path(str(Path(__file__).parent.parent / "benchmarks" / "linear.py"))
PLENTY = Allowance(600, 2**32)
SHORT = Allowance(1, 2**32)


# What may be taken


def test_a_long_text_may_take_more():
    short, long = (allowance(size, 1, NO_LIMITS, NO_LIMITS) for size in (10_000, 4 * 2**20))
    assert (short.seconds, short.memory) == (SECONDS, MEMORY)
    assert long.seconds == 4 * SECONDS
    assert long.memory == 4 * MEMORY
    assert long.more > short.more > 0


def test_a_project_can_only_lower_limits_and_the_command_line_decides():
    low, high = Limits(5, 2**26), Limits(10**6, 2**39)
    lowered = allowance(1000, 1, low, NO_LIMITS)
    assert (lowered.seconds, lowered.more, lowered.memory) == (5, 0, 2**26)
    assert allowance(1000, 1, high, NO_LIMITS) == allowance(1000, 1, NO_LIMITS, NO_LIMITS)
    asked = allowance(1000, 1, low, Limits(300, 2**32))
    assert (asked.seconds, asked.more, asked.memory) == (300, 0, 2**32)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("time", "300", 300), ("time", 30, 30), ("time", "30 s", 30), ("memory", "4GB", 2**32),
     ("memory", "64 MB", 2**26), ("memory", 2**26, 2**26)],
)  # fmt: skip
def test_limits_are_read(name, text, value):
    assert parse(name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [("time", "0"), ("time", "-1"), ("time", "4GB"), ("time", "1.5"), ("time", True),
     ("time", "9" * 100), ("memory", "1"), ("memory", "30 s"), ("memory", "4 TB"), ("memory", [])],
)  # fmt: skip
def test_what_is_not_a_limit_is_refused(name, text):
    with pytest.raises(ValueError, match="not a limit"):
        parse(name, text)


# Processes that are ended


def spin(number: int) -> int:
    while number:
        pass
    return number


def sleep(number: int) -> int:
    if number:
        threading.Event().wait()
    return number


def take_memory(number: int) -> int:
    return len(bytearray(number))


def end_itself(number: int) -> int:
    if number:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fail(number: int) -> int:
    raise KeyError(number)


def results(work, numbers, allowed, at_once=2):
    """Return for each number the result, or the limit that ended its process."""
    items = [(number, allowed) for number in numbers]
    with guarded.begun(work, items, at_once, lambda _, end: end.exceeded) as done:
        found = list(done)
    assert multiprocessing.active_children() == []
    return found


WAYS = [way for way in ("fork", "spawn") if way in multiprocessing.get_all_start_methods()]


@pytest.mark.skipif(not limits._SYSTEM, reason="this system has no resource limits")
@pytest.mark.parametrize("way", WAYS)
def test_the_system_ends_what_takes_too_much_time(monkeypatch, way):
    monkeypatch.setattr(parallel, "START", way)
    assert results(spin, [1, 0, 1, 0], SHORT) == ["time", 0, "time", 0]


@pytest.mark.parametrize("way", WAYS)
def test_without_resource_limits_a_deadline_ends_it(monkeypatch, way):
    """As on Windows; also a process that waits, which takes no processor time."""
    monkeypatch.setattr(parallel, "START", way)
    monkeypatch.setattr(Allowance, "wall", 3.0)
    late = Allowance(1, 2**32, by_system=False)
    assert results(sleep, [1], late) == ["time"]
    monkeypatch.setattr(Allowance, "wall", 600.0)
    assert results(sleep, [0], late) == [0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
@pytest.mark.parametrize("way", WAYS)
def test_the_system_ends_what_takes_too_much_memory(monkeypatch, way):
    monkeypatch.setattr(parallel, "START", way)
    allowed = Allowance(600, 2**28)
    assert results(take_memory, [2**30, 10, 2**40, 2**20], allowed) == [
        "memory",
        10,
        "memory",
        2**20,
    ]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are ended otherwise there")
@pytest.mark.skipif(parallel.START != "fork", reason="a spawned process does not know the change")
def test_memory_that_ends_while_a_fault_is_told_is_the_limit_too(monkeypatch):
    def short(_):
        raise MemoryError

    monkeypatch.setattr(parallel, "portable", short)
    allowed = Allowance(60, MEMORY)
    assert results(fail, [1, 2], allowed) == ["memory", "memory"]


def test_a_process_that_somebody_kills_costs_only_its_item():
    assert results(end_itself, [1, 0, 1, 0], PLENTY, at_once=1) == [None, 0, None, 0]


def test_an_exception_is_raised_here():
    with pytest.raises(KeyError, match="7"):
        results(fail, [7], PLENTY)


@pytest.mark.skipif(not limits._SYSTEM, reason="this system has no resource limits")
def test_no_limit_is_above_that_of_the_process():
    import resource

    def below(number: int) -> int:
        resource.setrlimit(resource.RLIMIT_CPU, (5, 7))
        limits._started_with.cache_clear()
        limits.begin(Allowance(number, 2**32, more=100.0))
        limits.page_made()
        return resource.getrlimit(resource.RLIMIT_CPU)[0]

    assert results(below, [1000], PLENTY) == [5]


@pytest.mark.skipif(not limits._SYSTEM, reason="this system has no resource limits")
def test_pages_and_references_earn_time_up_to_an_end():
    import resource

    def earned(pages: int) -> int:
        limits.begin(Allowance(100, 2**32, more=20.0))
        before = resource.getrlimit(resource.RLIMIT_CPU)[0]
        for _ in range(pages):
            limits.page_made()
        limits.references_read(0)
        return resource.getrlimit(resource.RLIMIT_CPU)[0] - before

    assert results(earned, [10, 1000], PLENTY, at_once=1) == [5, 20]


# What an author is told


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with two articles; reports of faults go into the folder `state`."""
    root = tmp_path / "project"
    shutil.copytree(SMALL, root, ignore=shutil.ignore_patterns("build"))
    text = (root / "source" / "sleep.md").read_text(encoding="utf-8")
    other = text.replace("SLEEP-1", "WAKE-1")
    (root / "source" / "wake.md").write_text(other, encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "state"))
    monkeypatch.chdir(root)
    return root


def build(capfd, *arguments):
    """Return the exit status and what was printed on stderr."""
    capfd.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(["build", "--format", "epub", *arguments])
    printed = capfd.readouterr().err
    assert "Traceback" not in printed
    return stop.value.code or 0, printed


def only_sleep(act):
    """Return a function in place of `make_files` that acts for one of the articles."""
    whole = making.make_files

    def made(task, problems):
        if task.document.name == "sleep":
            act()
        return whole(task, problems)

    return made


SECRET = "rohtua eht fo sdrow"


def forever():
    while True:
        pass


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


def too_large():
    raise MemoryError


def unforeseen():
    raise LookupError(SECRET[::-1])  # the report shows this line


def recursion():
    recursion()


ENDS = {
    "time": (forever, "LIM001", r"took more than 4 s of processor time", "--limit time=8"),
    "memory": (too_large, "LIM001", r"took more than 1,024 MB of memory", "--limit memory=2048MB"),
    "killed": (killed, "SYS003", r"a build process was killed while \w+ 'sleep'", "memory"),
    "fault": (unforeseen, "BUG001", r"failed while \w+ 'sleep': LookupError", "attach"),
    "recursion": (recursion, "BUG001", r"failed while \w+ 'sleep': RecursionError", "attach"),
}


@pytest.mark.skipif(parallel.START != "fork", reason="a spawned process does not know the change")
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("kind", ENDS)
def test_the_other_article_goes_on(project, capfd, monkeypatch, kind, jobs):
    act, code, words, hint = ENDS[kind]
    output = project / "build"
    assert build(capfd)[0] == 0
    before = (output / "sleep.epub").read_bytes()
    monkeypatch.setattr(making, "make_files", only_sleep(act))
    options = ["--limit", "time=4"] if kind == "time" else []
    status, printed = build(capfd, "--force", "--jobs", jobs, *options)
    assert status == (3 if code == "SYS003" else 1)
    (line,) = [line for line in printed.splitlines() if ": error " in line]
    assert line.startswith(f"source/sleep.md: error {code}: ")
    assert re.search(words, line)
    assert hint in printed
    assert "wake: not published" not in printed
    assert (output / "sleep.epub").read_bytes() == before


@pytest.mark.skipif(parallel.START != "fork", reason="a spawned process does not know the change")
def test_a_report_has_the_place_and_nothing_of_the_author(project, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(making, "make_files", only_sleep(unforeseen))
    _, printed = build(capfd)
    (report,) = (path for path in tmp_path.joinpath("state").rglob("*.txt"))
    assert str(report) in printed
    text = report.read_text(encoding="utf-8")
    assert "LookupError" in text
    assert re.search(r"press/build/run.py:\d+ in _renew\n", text)
    for private in ("words of the author", str(Path.home()) + os.sep, str(tmp_path)):
        assert private not in text
    build(capfd)  # the same fault again
    assert len(list(tmp_path.joinpath("state").rglob("*.txt"))) == 1


def test_a_fault_outside_of_articles_is_told_too(project, capfd, monkeypatch):
    monkeypatch.setattr("press.source.project.read_project", lambda *_: 1 / 0)
    status, printed = build(capfd)
    assert status == 1
    assert printed.startswith("makebook: error BUG001: makebook failed while running this command")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_build_without_fork_and_resource_limits(project, capfd, monkeypatch, jobs):
    """As on Windows."""
    monkeypatch.setattr(parallel, "START", "spawn")
    monkeypatch.setattr(limits, "_SYSTEM", False)
    assert build(capfd, "--jobs", jobs) == (0, "")


def test_limits_of_the_project_and_wrong_ones(project, capfd):
    settings = project / "makebook.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + '\n[limits]\ntime = "soon"\nmoney = 1\n', encoding="utf-8")
    status, printed = build(capfd)
    assert status == 1
    assert "makebook.toml:9:1: error CFG004: 'time = soon' is not a valid limit" in printed
    assert "makebook.toml:10:1: error CFG003: unknown key 'money' in [limits]" in printed
    status, printed = build(capfd, "--limit", "time=soon")
    assert status == 2
    assert "'time=soon' is not a valid limit" in printed


def test_a_flood_of_problems_is_counted(project, capfd):
    settings = project / "makebook.toml"
    flood = "".join(f"key{number} = 1\n" for number in range(100_000))
    settings.write_text(flood + settings.read_text(encoding="utf-8"), encoding="utf-8")
    status, printed = build(capfd, "sleep")
    assert status == 1
    assert len(re.findall("error CFG003", printed)) == 20
    assert "makebook.toml: and 99,980 more of CFG003\n" in printed


def test_libraries_print_nothing(project, capfd, monkeypatch):
    def loud():
        import logging

        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("from a library", stacklevel=1)
        logging.getLogger("fontTools").warning("from a library")
        os.write(2, b"from a library in C")

    if parallel.START == "fork":
        monkeypatch.setattr(making, "make_files", only_sleep(loud))
    assert build(capfd) == (0, "")


def test_an_empty_article_is_the_first_that_is_read(tmp_path, capfd, monkeypatch):
    """The library reads no block of it, and its steps have not run before."""
    monkeypatch.chdir(tmp_path)
    KINDS["write"](tmp_path, "")
    markup._engine.cache_clear()
    status, printed = build(capfd)
    assert (status, "error TXT004" in printed) == (1, True)


# Texts that grow


def reads(kind: str) -> str:
    """Read a long text of a kind; return its name."""
    root = Path.cwd() / "project"
    KINDS["write"](root, KINDS["KINDS"][kind](20_000))
    gate.open_project(root)
    with contextlib.suppress(ProblemsError):  # it is refused in words
        read_sources(root).assembled("a", "")
    return kind


def test_no_text_takes_forever_to_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = list(KINDS["KINDS"])
    assert results(reads, names, Allowance(20, MEMORY), at_once=1) == names


READERS = {
    "blank lines of BibTeX": (".bib", "", "\n", ""),
    "spaces between names": (".bib", "@article{a, author={", " ", "}}"),
    "names without end": (".bib", "@article{a, author={", "a and ", "}}"),
    "braces of BibTeX": (".bib", "@article{a, title={", "{", "}}"),
    "open tags in JSON": (".json", '[{"id": "a", "title": "', "<", '"}]'),
    "open tags in RIS": (".ris", "TY  - JOUR\nTI  - ", "<", "\nER  - \n"),
    "a remark in RIS": (".ris", "TY  - JOUR\nN1  - ", "<", "\nER  - \n"),
    "open tags in PubMed": (".nbib", "PMID- 1\nTI  - ", "<", ""),
    "open tags in YAML": (".yaml", "- id: a\n  title: ", "<", ""),
    "dotted keys of TOML": (".toml", "", "A. ", "a = 1"),
    "letters of TOML": (".toml", "", "a", " = 1"),
    "a title": (".md", "---\ntitle: ", "<", "\n---\n"),
}
"""The ending of a file, how its text begins, what is repeated in it, and how it ends."""


def reads_file(kind: str) -> str:
    """Read a text of a megabyte, most of which is the same; return its name."""
    ending, before, repeated, after = READERS[kind]
    text, found = before + repeated * (1_000_000 // len(repeated)) + after, []
    with contextlib.suppress(ProblemsError):
        if ending == ".toml":
            parse_toml(text, "a")
        elif ending == ".md":
            split(text, "a", found)
        else:
            read_entries(text, ending, "a", found)
    return kind


@pytest.mark.parametrize("kind", READERS)
def test_no_file_takes_forever_to_read(kind):
    assert results(reads_file, [kind], Allowance(20, MEMORY)) == [kind]


def test_the_line_of_a_key_is_found_in_an_index():
    text = "".join(f"a{n} = 1\n" for n in range(1000)) + "[t]\nb.c = 1\nd = {e = 1}\n"
    assert [line_of(text, "a0"), line_of(text, "a999")] == [1, 1000]
    assert [line_of(text, "b", "t"), line_of(text, "e", "t.d"), line_of(text, "t")] == [
        1002,
        1003,
        1001,
    ]
    assert line_of(text, "absent") == 1


def test_words_that_are_very_long_resemble_nothing():
    assert near("titel", ["title"]) == ["title"]
    assert near("titel" * 100_000, ["title" * 100_000, "title"]) == []


# Damaged files and names

BROKEN = {
    "not JSON": "{",
    "not UTF-8": b"\xff\xfe",
    "a list": [],
    "a number": 7,
    "null": None,
    "deep": "[" * 100_000,
    "no articles": {"versions": {}, "order": []},
    "articles in a list": {"versions": {}, "articles": [], "order": []},
    "an article that is a text": {"versions": {}, "articles": {"sleep": "x"}, "order": []},
    "an order of numbers": {"versions": {}, "articles": {}, "order": [1]},
    "versions that are a list": {"versions": [], "articles": {}, "order": []},
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_damaged_manifest_counts_as_absent(tmp_path, content):
    data = content if isinstance(content, str | bytes) else json.dumps(content)
    data = data.encode() if isinstance(data, str) else data
    (tmp_path / MANIFEST).write_bytes(data)
    assert read_manifest(tmp_path) == {"versions": {}, "articles": {}, "order": []}


def test_a_manifest_that_is_a_folder_or_huge_counts_as_absent(tmp_path):
    path = tmp_path / MANIFEST
    path.mkdir()
    assert read_manifest(tmp_path)["articles"] == {}
    assert published_hashes(tmp_path) is None
    path.rmdir()
    with path.open("wb") as file:
        file.truncate(2**30)  # sparse
    assert read_manifest(tmp_path)["articles"] == {}


def changed(value, at, new):
    """Return a copy of a value from JSON with another value at a path."""
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = changed(value[at[0]], at[1:], new)
    return copy


def paths(value, at=()):
    yield at
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield from paths(inner, (*at, key))


def test_every_value_of_another_type_damages_a_manifest(project, capfd):
    """Each value in turn becomes a list of a number, and the next build replaces the manifest."""
    assert build(capfd, "sleep")[0] == 0
    output = project / "build"
    whole = json.loads((output / MANIFEST).read_text(encoding="utf-8"))
    assert read_manifest(output)["articles"].keys() == {"sleep"}
    free = {"identity", "measures"}  # any JSON; and what may lack some keys
    places = [at for at in paths(whole) if not free & {*map(str, at)} and at[-1:] != ("sha1",)]
    assert len(places) > 60
    for at in places:
        (output / MANIFEST).write_text(json.dumps(changed(whole, at, [7])), encoding="utf-8")
        assert read_manifest(output)["articles"] == {}, at
    assert build(capfd, "sleep")[0] == 0
    assert read_manifest(output)["articles"].keys() == {"sleep"}


@pytest.mark.parametrize("name", ["../sleep.pdf", "/etc/passwd", "a/../../b", "", "a\x1bb"])
def test_a_manifest_names_only_files_in_its_folder(project, capfd, name):
    assert build(capfd, "sleep")[0] == 0
    path = project / "build" / MANIFEST
    whole = json.loads(path.read_text(encoding="utf-8"))
    files = whole["articles"]["sleep"]["files"]
    files[name] = files["sleep.epub"]
    path.write_text(json.dumps(whole), encoding="utf-8")
    assert read_manifest(path.parent)["articles"] == {}
    assert published_hashes(path.parent) is None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
@pytest.mark.parametrize(
    "name", [b"source/\xff.md", b"source/a\x1b[31m.md", b"source/imprints/\xff.toml",
             b"source/disclaimers/\xe4.md"],
)  # fmt: skip
def test_a_name_that_cannot_be_printed_is_a_problem(project, capfd, name):
    path = project / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("---\ntitle: A\n---\n\nText.\n", encoding="utf-8")
    for _ in range(2):  # the second build has nothing else to do
        status, printed = build(capfd)
        assert status == 1
        assert "error TXT002: the file cannot be read: its name is not valid UTF-8 or " in printed
        assert "or has a control character" in printed
        assert "\x1b" not in printed
    # An article that cannot be read stops no other.
    assert (project / "build/sleep.epub").exists() == (path.parent == project / "source")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_project_in_a_folder_that_cannot_be_printed(tmp_path, capfd, monkeypatch):
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b[31m"))
    shutil.copytree(SMALL, root, ignore=shutil.ignore_patterns("build"))
    monkeypatch.chdir(root)
    status, printed = build(capfd)
    assert (status, "\x1b" in printed) == (0, False)


@pytest.mark.parametrize("argument", ["a" * 100_000, "a\x1b[31mb", "\udcff"])
def test_names_on_the_command_line(project, capfd, argument):
    status, printed = build(capfd, argument)
    assert status == 2
    assert "\x1b" not in printed


def test_a_very_long_heading_is_printed(project, capfd):
    article = project / "source" / "sleep.md"
    heading = "word " * 4_000 + "x" * 80_000
    article.write_text(
        article.read_text(encoding="utf-8") + f"\n## {heading}\n\nText.\n", encoding="utf-8"
    )
    status, printed = build(capfd, "sleep", "--format", "pdf", "--edition", "letter")
    assert status == 0, printed

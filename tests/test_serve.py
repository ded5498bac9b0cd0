"""`makebook serve`: shows saved changes, survives errors, and answers only this computer."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from press.core.limits import Limits
from press.serve import link, steps
from press.serve import server as serving
from press.serve.server import Voice
from press.serve.showing import published
from press.serve.state import Order, State
from tests.conftest import needed
from tests.devtools import chromium
from tests.waiting import LIMIT, alive, children, until

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
TEXT = """---
title: Tea
date: 2026-01-02
lang: en-US
---

## First {#first}

WORDS

"""


class Answer(NamedTuple):
    status: int
    body: bytes
    header: Callable[..., str]


class Serve:
    """A server in a separate process, and what it prints."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root, self.lines = root, []
        self.article = root / "source" / "tea.md"
        self.output = root / "build"
        self.temporary = root.with_name("temporary")
        self.temporary.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "press", "serve", "--project", str(root), *options]
        self.process = subprocess.Popen(
            [*command, *(() if "--port" in options else ("--port", "0"))],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)},
        )  # fmt: skip
        line = self.process.stdout.readline()
        self.port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", line)[1])
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout))
        self.reader.start()

    @contextmanager
    def asked(self, path: str, method: str = "GET", **headers: str):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        line.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            line.putheader(name.replace("_", "-"), value)
        line.endheaders()
        with closing(line), line.getresponse() as answer:
            yield answer

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        with self.asked(path, method, **headers) as answer:
            endless = path == "/events" and answer.status == 200
            body = answer.readline() if endless else answer.read()
            return Answer(answer.status, body, answer.getheader)

    def state(self) -> dict:
        return json.loads(self.ask("/events").body.removeprefix(b"data: "))

    def until(self, wanted) -> dict:
        """The first state that is as it is wanted."""

        def found():
            assert self.process.poll() is None, "".join(self.lines)
            state = self.state()
            return state if wanted(state) else None

        return until(found)

    def said(self, pattern: str) -> None:
        """Wait until a line is printed: it may come after the state that it tells of."""
        until(lambda: any(re.search(pattern, line) for line in self.lines))

    def settled(self, number: int = 1) -> dict:
        return self.until(lambda s: s["number"] >= number and not s["building"])

    def save(self, words: str) -> dict:
        """Save the article, all of it at once; the state when all is built."""
        before = self.state()["number"]
        new = self.article.with_name(".new")
        new.write_text(TEXT.replace("WORDS", words), "utf-8")
        new.replace(self.article)
        return self.settled(before + 1)

    def page(self) -> str:
        return self.ask("/file/tea.html").body.decode()

    def __enter__(self) -> Serve:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end()

    def end(self) -> None:
        """End it; its output ends with the last of its processes."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(LIMIT)
        self.reader.join(LIMIT)
        assert not self.reader.is_alive()
        self.process.stdout.close()
        assert list(self.temporary.iterdir()) == []


def project(root: Path) -> Path:
    (root / "source").mkdir(parents=True)
    (root / "makebook.toml").write_text('editions = ["letter"]\n')
    (root / "source" / "tea.md").write_text(TEXT.replace("WORDS", "At the start."))
    return root


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Serve(project(tmp_path_factory.mktemp("serve") / "project")) as serve:
        serve.settled()
        yield serve
    with pytest.raises(ProcessLookupError):
        os.killpg(serve.process.pid, 0)


def family(pid: int) -> list[int]:
    found, new = [], [pid]
    while new:
        found += new
        new = [child for parent in new for child in children(parent)]
    return found


def at_rest(pid: int) -> list[int]:
    """The server, its builder and the spare copy, when all of them wait for something to do."""

    def resting():
        pids = family(pid)
        files = [Path(f"/proc/{each}/stat") for each in pids]
        return pids if len(pids) == 3 and all(" S " in file.read_text() for file in files) else []

    def long():
        looks = [time.sleep(0.02) or resting() for _ in range(10)]
        return looks[0] if all(looks) else []

    return until(long)


def test_what_is_saved_is_shown(server):
    state = server.save("Tea is warm.")
    assert "Tea is warm." in server.page()
    assert not state["failed"], state["problems"]
    assert {f["format"] for f in state["issues"][""][0]["files"]} == {"pdf", "epub", "html"}
    assert (server.output / "tea.pdf").is_file()
    server.said(r"^\d\d:\d\d:\d\d main edition in .* s: tea.epub, tea.pdf")


def test_an_event_comes_by_itself(server):
    with server.asked("/events") as stream:
        assert stream.getheader("content-type").startswith("text/event-stream")
        assert stream.readline().startswith(b"data: ")
        assert stream.readline() == b"\n"
        server.article.write_text(TEXT.replace("WORDS", "An event."))
        assert json.loads(stream.readline().removeprefix(b"data: "))["building"]
    server.settled()


def test_a_broken_edit_keeps_the_last_good_one_and_the_next_good_one_recovers(server):
    server.save("Tea is good.")
    before = (server.output / "tea.pdf").read_bytes()
    state = server.save("See [this](#nowhere).\n\n![](missing.png)")
    assert state["failed"]
    codes = {p["code"] for p in state["problems"]}
    assert "LNK001" in codes
    problem = next(p for p in state["problems"] if p["code"] == "LNK001")
    assert problem["place"].startswith("source/tea.md:9")
    assert problem["hint"]
    assert "Tea is good." in server.page()
    assert (server.output / "tea.pdf").read_bytes() == before
    server.said("error LNK001")
    state = server.save("Tea is better.")
    assert not state["failed"], state["problems"]
    assert not state["problems"]
    assert "Tea is better." in server.page()


def test_an_editor_that_saves_by_rename(server):
    number = server.state()["number"]
    new = server.article.with_name(".tea.md.swap")
    new.write_text(TEXT.replace("WORDS", "Renamed into place."))
    new.replace(server.article)
    server.settled(number + 1)
    assert "Renamed into place." in server.page()


def test_half_a_file_for_a_moment(server):
    number = server.state()["number"]
    whole = TEXT.replace("WORDS", "Written in two parts.")
    with server.article.open("w") as file:
        file.write(whole[:20])
        file.flush()
        server.until(lambda s: s["number"] > number)
        file.write(whole[20:])
    state = server.settled(number + 1)
    state = server.until(lambda s: not s["building"] and not s["failed"])
    assert "Written in two parts." in server.page(), state


def test_an_empty_file_for_a_moment_is_no_error(tmp_path):
    """Many editors empty a file, and then write it: what is empty is not built at once."""
    root = project(tmp_path / "p")
    article = root / "source" / "tea.md"

    async def edit():
        order = Order(root, root / "build")
        server = serving._Server(order, Voice(print, print), str(tmp_path))
        text = article.read_text()
        article.write_text("")
        server.saved([str(article)])
        assert server.work.number == 0
        late = server.late
        assert not late.cancelled()
        article.write_text(text)
        server.saved([str(article)])
        assert server.work.number == 1
        assert late.cancelled()

    asyncio.run(edit())


def test_a_file_that_stays_empty_is_one(server):
    server.article.write_text("")
    server.until(lambda s: s["failed"])
    assert not server.save("It is back.")["failed"]


def test_what_is_removed_does_not_end_it(server):
    toml = server.root / "makebook.toml"
    kept = toml.read_text()
    toml.unlink()
    state = server.until(lambda s: s["failed"] and not s["building"])
    assert [p["code"] for p in state["problems"]] == ["CFG001"]
    server.article.unlink()
    shutil.rmtree(server.root / "source")
    server.until(lambda s: s["number"] > state["number"])
    (server.root / "source").mkdir()
    server.article.write_text(TEXT.replace("WORDS", "Back again."))
    toml.write_text(kept)
    server.until(lambda s: not s["failed"] and not s["building"] and "Back again" in server.page())


def test_the_newest_of_many_saves_wins(server):
    for number in range(12):
        before = server.state()["number"]
        server.article.write_text(TEXT.replace("WORDS", f"Save number {number}."))
        server.until(lambda s, before=before: s["number"] > before)
    server.until(lambda s: not s["building"] and "Save number 11." in server.page())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_builder_that_dies_is_started_anew(server):
    server.save("Before.")
    (first, *_) = [p for p in family(server.process.pid) if p != server.process.pid]
    os.kill(first, signal.SIGKILL)
    server.until(lambda s: first not in family(server.process.pid))
    server.save("After it died.")
    assert "After it died." in server.page()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_thirty_saves_leave_nothing_behind(server):
    def memory():
        pids = at_rest(server.process.pid)
        rolls = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
        return sum(int(re.search(r"^Pss:\s+(\d+)", r, re.M)[1]) for r in rolls) / 1024

    for number in range(5):
        server.save(f"Warm {number}.")
    before = memory()
    for number in range(30):
        server.save(f"Saved {number} times.")
    after = memory()
    assert after < before * 1.1 + 8, f"{before:.0f} MB, then {after:.0f} MB"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "127.0.0.1@evil.example"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
    ids=str,
)
def test_other_sites_are_refused(server, headers):
    for path in ("/", "/events", "/file/tea.html"):
        assert server.ask(path, **headers).status in (400, 403)


def test_the_right_names_are_answered(server):
    for host in (f"localhost:{server.port}", f"127.0.0.1:{server.port}", "127.0.0.1"):
        assert server.ask("/", Host=host, Sec_Fetch_Site="none").status == 200
    assert server.ask("/", Origin=f"http://127.0.0.1:{server.port}").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_can_be_sent(server, method):
    assert server.ask("/", method).status == 405


OUT = (
    "../makebook.toml", "%2e%2e/makebook.toml", "..%2fsource/tea.md", "%2fetc/passwd",
    "/etc/passwd", "....//makebook.toml", "..%5cmakebook.toml", "tea.html%00.pdf", "link.html",
    "folder/deep.html", "notes.html",
    "manifest.json", ".tea.pdf", "%2e/tea.pdf", "C:%5cx.pdf", "tea.epub/../../x.pdf", "",
)  # fmt: skip


@pytest.mark.parametrize("name", OUT)
def test_nothing_outside_the_output_folder_is_served(server, name):
    (server.root / "secret.html").write_text("a secret")
    (server.output / "notes.html").write_text("a secret that makebook did not make")
    (server.root / "hidden").mkdir(exist_ok=True)
    (server.root / "hidden" / "deep.html").write_text("a secret")
    for made, target in (("link.html", "secret.html"), ("folder", "hidden")):
        place = server.output / made
        if not place.is_symlink():
            place.symlink_to(server.root / target)
    for kind in ("file", "sizes", "page", "chapters", "book/x", "viewer"):
        answer = server.ask(f"/{kind}/{name}?page=0&width=100")
        assert answer.status in (400, 404), (kind, name)
        assert b"secret" not in answer.body
    inside = server.ask("/book/x/tea.epub/../../../../etc/passwd")
    assert inside.status == 404


def test_a_cover_of_the_library_page_is_served(server):
    """And no other picture, whatever its folder is called."""
    (cover,) = (server.output / "covers").iterdir()
    answer = server.ask(f"/file/covers/{cover.name}")
    assert answer.status == 200
    assert answer.body == cover.read_bytes()
    (server.output / "covers" / "own.png").write_bytes(cover.read_bytes())
    assert server.ask("/file/covers/own.png").status == 404


def test_a_name_that_loops_is_no_file(tmp_path):
    (tmp_path / "a.pdf").symlink_to(tmp_path / "a.pdf")
    assert published(tmp_path, "a.pdf") is None
    assert published(tmp_path, "x" * 5000 + ".pdf") is None


def test_pages_and_chapters(server):
    server.save("To be seen.")
    assert json.loads(server.ask("/sizes/tea.pdf").body)[0] == [612.0, 792.0]
    answer = server.ask("/page/tea.pdf?page=0&width=300")
    assert answer.body.startswith(b"\x89PNG")
    for query in ("page=99&width=300", "page=-1&width=3", "page=x&width=300", "width=300"):
        assert server.ask(f"/page/tea.pdf?{query}").status in (404, 503)
    chapters = json.loads(server.ask("/chapters/tea.epub").body)
    assert "First" in [c["title"] for c in chapters]
    answer = server.ask(f"/book/1/tea.epub/{chapters[-1]['path']}")
    assert answer.status == 200
    policy = answer.header("content-security-policy")
    assert "sandbox" in policy
    assert "script" not in policy
    assert answer.header("x-content-type-options") == "nosniff"


@contextmanager
def looking(server, **sight: str):
    """Open a view, and return the events of its stream."""
    with server.asked("/events") as stream:

        def states():
            for line in stream:
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))

        query = "&".join(f"{key}={value}" for key, value in sight.items())
        assert server.ask(f"/looking?article=tea&imprint=&{query}").status == 204
        yield states()


def early_file(state: dict, name: str) -> dict | None:
    """A file of which something newer than what stands in the folder is shown."""
    files = (f for f in state["issues"][""][0]["files"] if f["name"] == name and "early" in f)
    return next(files, None)


def shown_early(states, name: str) -> tuple[dict, dict]:
    """The first state in which something newer than what stands in the folder is shown."""
    return next((state, file) for state in states if (file := early_file(state, name)))


def test_a_page_is_seen_before_it_is_finished(server):
    """The picture that is shown early is identical, byte for byte, to that of the finished page."""
    server.save("\n\n".join(f"Paragraph {n} about tea." for n in range(90)))
    address = "/page/tea.pdf?page=1&width=700&v="
    before = server.ask(address).body
    with looking(server, view="print", edition="letter", first="1", last="1") as states:
        words = [f"Paragraph {n} about {'green ' if n == 60 else ''}tea." for n in range(90)]
        server.article.write_text(TEXT.replace("WORDS", "\n\n".join(words)), "utf-8")
        state, file = shown_early(states, "tea.pdf")
        assert state["building"]
        early = file["early"]
        assert early["first"] <= 1 < early["first"] + early["pages"]
        seen = server.ask(address + early["version"]).body
        assert seen != before
        state = next(s for s in states if not s["building"])
    file = next(f for f in state["issues"][""][0]["files"] if f["name"] == "tea.pdf")
    assert "early" not in file
    assert server.ask(address + file["sha256"]).body == seen
    assert server.ask(address + early["version"]).body == seen  # asked too late


def test_a_chapter_is_read_before_it_is_finished(server):
    server.save("As it was.")
    with looking(server, view="book") as states:
        server.article.write_text(TEXT.replace("WORDS", "As it will be."), "utf-8")
        _, file = shown_early(states, "tea.epub")
        version = file["early"]["version"]
        chapters = json.loads(server.ask(f"/chapters/tea.epub?v={version}").body)
        texts = [server.ask(f"/book/{version}/tea.epub/{c['path']}").body for c in chapters]
        assert any(b"As it will be." in text for text in texts)
        address = f"/book/1/tea.epub/{chapters[-1]['path']}"
        finished = server.ask(address).body
        if early_file(server.state(), "tea.epub"):  # it was not finished when it was asked for
            assert b"As it will be." not in finished
        for name in ("other.epub", "../tea.epub", "us/tea.epub"):
            assert server.ask(f"/chapters/{name}?v={version}").status == 404
        assert not next(s for s in states if not s["building"])["failed"]


def test_what_is_undone_is_shown_no_longer(server):
    server.save("As it was.")
    with looking(server, view="print", edition="letter", first="0", last="0") as states:
        was = server.article.read_bytes()
        server.article.write_text(TEXT.replace("WORDS", "A slip."), "utf-8")
        shown_early(states, "tea.pdf")
        server.article.write_bytes(was)
        state = next(s for s in states if not s["building"])
        assert not any("early" in file for file in state["issues"][""][0]["files"])


def test_what_was_never_proved_is_not_the_last_good_version(server):
    server.save("As it was.")
    with looking(server, view="print", edition="letter", first="0", last="0") as states:
        server.article.write_text(TEXT.replace("WORDS", "Soon broken."), "utf-8")
        shown_early(states, "tea.pdf")
        server.article.write_text(TEXT.replace("WORDS", "See [this](#nowhere)."), "utf-8")
        state = next(s for s in states if s["failed"] and not s["building"])
        assert not any("early" in file for file in state["issues"][""][0]["files"])
    assert not server.save("Mended.")["failed"]


def test_what_was_never_built_is_shown_when_it_is(server):
    """A new article, a folder that was removed: there is nothing yet that could be out of date."""
    server.save("As it was.")
    with looking(server, view="book") as states:
        other = server.root / "source" / "coffee.md"
        other.write_text(TEXT.replace("Tea", "Coffee"), "utf-8")
        state = next(s for s in states if len(s["issues"][""]) == 2 and not s["building"])
        other.unlink()
        server.settled(state["number"] + 1)  # nothing is written while the folder is removed
        shutil.rmtree(server.output)
        state = server.save("Once more.")
        assert [article["name"] for article in state["issues"][""]] == ["tea"]
        assert not state["failed"], state["problems"]


def test_a_warning_that_is_mended_goes_away(server):
    with looking(server, view="web"):
        number = server.state()["number"]
        text = TEXT.replace("WORDS", "Words.").replace("lang:", "odd-key: 1\nlang:")
        server.article.write_text(text, "utf-8")
        assert [p["code"] for p in server.settled(number + 1)["problems"]] == ["FRM007"]
        assert server.save("Without it.")["problems"] == []


def test_a_name_that_is_none_is_not_looked_at(server):
    name = "a" * 300
    assert server.ask(f"/looking?article={name}&imprint=&view=print&edition=letter").status == 204
    state = server.save("Still here.")
    assert not state["failed"], state["problems"]
    assert state["article"] == "tea"


@pytest.mark.parametrize("query", ["first=x", "last=", "first=0&last=1e3"])
def test_pages_in_sight_are_numbers(server, query):
    assert server.ask(f"/looking?article=tea&imprint=&view=print&{query}").status == 404


@pytest.mark.parametrize(
    "sight",
    [
        {"view": "print", "edition": "none", "first": "0", "last": "0"},
        {"view": "print", "edition": "letter", "first": "7", "last": "900000000"},
        {"view": "print", "edition": "letter", "first": "5", "last": "2"},
        {"view": "none"},
    ],
)
def test_what_cannot_be_looked_at_does_no_harm(server, sight):
    with looking(server, **sight):
        assert not server.save(f"Words for {sight}.".translate({ord(c): None for c in "{}"}))[
            "failed"
        ]
        assert not any(" fault " in line for line in server.lines)


def test_every_answer_is_guarded(server):
    for path in ("/", "/viewer/viewer.js", "/file/tea.pdf", "/nothing", "/events"):
        answer = server.ask(path)
        assert answer.header("x-content-type-options") == "nosniff"
        assert "default-src 'none'" in answer.header("content-security-policy")


def test_a_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "press", "serve", "--port", port]
        done = subprocess.run(
            [*command, "--project", str(project(tmp_path / "p"))], capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=LIMIT, check=False,
        )  # fmt: skip
    assert done.returncode == 3
    assert f"error SYS004: port {port} is in use" in done.stderr
    assert "--port " in done.stderr


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--imprint", "nobody"], 2, "there is no imprint 'nobody'"),
        (["--edition", "letters"], 2, "there is no edition 'letters'"),
        (["coffee"], 2, "there is no article 'coffee'"),
        (["--limit", "hours=3"], 2, "there is no limit 'hours'"),
    ],
)
def test_names_that_do_not_exist(tmp_path, options, status, words):
    done = subprocess.run(
        [sys.executable, "-m", "press", "serve", "--port", "0", *options,
         "--project", str(project(tmp_path / "p"))], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert (done.returncode, words in done.stderr) == (status, True), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("moment", ["it starts", "it loads", "it builds", "it rests"])
def test_ctrl_c_leaves_no_process_and_no_temporary_file(tmp_path, moment):
    serve = Serve(project(tmp_path / "project"))
    if moment == "it loads":
        until(lambda: list(serve.temporary.glob("*/*")))
    if moment == "it builds":
        until(lambda: len(family(serve.process.pid)) > 2)
    if moment == "it rests":
        at_rest(serve.process.pid)
    pids = family(serve.process.pid)
    serve.end()
    assert serve.process.returncode == 0
    until(lambda: not [pid for pid in pids if alive(pid)])
    assert not [line for line in serve.lines if "Traceback" in line]


def order_for(root: Path, number: int = 1, view: dict | None = None) -> dict:
    return {
        "id": number, "root": str(root), "output": str(root / "build"), "articles": [], "allow": [],
        "editions": [], "imprints": [""], "article": "tea", "imprint": "", "view": view,
        "limits": {},
    }  # fmt: skip


VIEWS = {
    "print": {"view": "print", "edition": "letter", "first": 0, "last": 0, "pages": 1},
    "book": {"view": "book", "edition": "", "first": 0, "last": 0},
    "web": {"view": "web", "edition": "", "first": 0, "last": 0},
}


@contextmanager
def builder(way: str, before: str = ""):
    """A builder process, and what gives it an order and returns the messages up to the last."""
    script = f"from press.serve import builder\nimport time\n{before}\nbuilder.work()"
    with subprocess.Popen(
        [sys.executable, "-c", script, way], text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert json.loads(process.stdout.readline()) == {"step": "ready"}

        def build(order: dict) -> list[dict]:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            said = [json.loads(process.stdout.readline())]
            while said[-1]["step"] not in ("rest", "lost"):
                said.append(json.loads(process.stdout.readline()))
            return said

        yield build
        process.stdin.close()
        assert process.wait(LIMIT) == 0


def test_a_builder_that_builds_in_itself(tmp_path):
    """Helpers work this way if a process cannot be forked: messages in, messages out, then end."""
    root = project(tmp_path / "p")
    with builder("same") as build:
        said = build(order_for(root, 7))
    assert [m["step"] for m in said] == ["main", "rest"]
    assert not any(m["failed"] for m in said), said
    assert (root / "build" / "tea.pdf").is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are no copies")
@pytest.mark.parametrize(
    "rehearsal",
    [
        "while True: time.sleep(1)",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(100_000)",  # a library in C
        "os._exit(1)",
    ],
)
def test_a_rehearsal_that_does_not_end_is_neither_awaited_nor_used(tmp_path, rehearsal):
    """Half of an import, for one, would stay: each later build in that copy would fail."""
    root = project(tmp_path / "p")
    before = f"import os, signal\ndef rehearse(_):\n    {rehearsal}\nbuilder.rehearse = rehearse"
    with builder("fork", before) as build:
        for number in (1, 2, 3):
            (root / "source" / "tea.md").write_text(TEXT.replace("WORDS", f"Tea {number}."))
            said = build(order_for(root, number))
            assert [(m["step"], m["failed"]) for m in said] == [("main", False), ("rest", False)]
            assert f"Tea {number}." in (root / "build" / "tea.html").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are no copies")
def test_a_message_may_be_as_long_as_a_book_with_many_pictures(tmp_path):
    """An early e-book travels in one line, through the builder and then to the server."""
    before = """
def perform(message, send, alone):
    send({"step": "early", "data": "x" * 30_000_000})
    send({"step": "rest"})
builder.perform = perform"""
    with builder("fork", before) as build:
        early, rest = build(order_for(project(tmp_path / "p")))
    assert (len(early["data"]), rest) == (30_000_000, {"step": "rest"})

    async def heard():
        script = "for n in range(3): print(dict, flush=True)".replace(
            "dict", """'{"data": "' + 'x' * 30_000_000 + '"}'"""
        )
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=pipe)
        return [len(message["data"]) async for message in link._messages(process)]

    assert asyncio.run(heard()) == [30_000_000] * 3


@pytest.fixture
def signals_as_before():
    """The server ignores signals at its end, and every process that is started after it would."""
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals_as_before")
def test_a_part_of_the_server_that_fails_is_told(tmp_path, monkeypatch):
    """Otherwise nothing would be built any more, without a word."""

    async def fail(_):
        raise LookupError("a fault")

    said: list[str] = []
    monkeypatch.setattr(link.Link, "run", fail)
    order = Order(project(tmp_path / "p"), tmp_path / "p" / "build", 0)

    async def run():
        server = serving._Server(order, Voice(said.append, said.append), str(tmp_path))
        with closing(serving.bound(0)) as listener:
            serving_now = asyncio.create_task(server.run(listener))
            while not any("LookupError" in line for line in said):
                await asyncio.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)
            await serving_now
        return server.board.state

    state = asyncio.run(run())
    assert state["failed"]
    assert "internal error: LookupError: a fault" in state["problems"][0]["message"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_warm_builder_loads_nothing_more(tmp_path, view):
    """Neither a rehearsal nor a build waits for an import; each would be in every copy."""
    order = order_for(project(tmp_path / "p"), view=VIEWS[view])
    script = f"""
import sys
from press.core import guarded
from press.serve import builder
builder.warm()
known = set(sys.modules)
builder.rehearse({order})
with guarded.here():
    builder.perform({order}, lambda message: None)
builder.perform({order}, lambda message: None)
print(*sorted(sys.modules.keys() - known - {{"__mp_main__"}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], text=True, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=LIMIT,
    )  # fmt: skip
    assert done.stdout.split() == [], done.stderr
    assert done.returncode == 0, done.stderr


def test_what_may_be_allowed_to_a_build_may_be_allowed_here(tmp_path):
    """The hint of LIM001 names the option."""
    root, allowed = project(tmp_path / "p"), Limits(300, 2**31)
    state = State(Order(root, root / "build", limits=allowed))
    state.saved(())
    message = state.message()
    assert [r.limits for _, requests in steps._steps(message) for r in requests] == [allowed] * 2


def test_a_fault_is_a_problem(tmp_path, monkeypatch):
    def fail(_):
        raise KeyError("a fault")

    monkeypatch.setattr(steps.build, "build", fail)
    told = []
    steps.perform({**order_for(tmp_path), "article": ""}, told.append)
    assert told[-1]["failed"]
    assert "KeyError" in told[-1]["problems"][0]["message"]


def test_what_cannot_be_shown_early_is_built_all_the_same(tmp_path, monkeypatch):
    def fail(*_):
        raise TypeError("a fault")

    monkeypatch.setattr("press.output.pdf.partial.lay_out_part", fail)
    root, told = project(tmp_path / "p"), []
    steps.perform(order_for(root, view=VIEWS["print"]), told.append)
    assert [(m["step"], m["failed"]) for m in told] == [("main", False), ("rest", False)]


def test_in_a_browser(server):
    """The overlay names file and line; the scroll position stays; a lost connection is reported."""
    server.save("\n\n".join(f"Paragraph {n} about tea." for n in range(90)))
    with needed(), chromium(f"http://127.0.0.1:{server.port}/") as page:
        page.until("Boolean(document.querySelector('.page img'))")
        page.run("main.scrollTo(0, 700)")
        picture = page.run("document.querySelectorAll('.page')[1].dataset.src")
        server.save("\n\n".join(f"Paragraph {n} about green tea." for n in range(90)))
        page.until(f"document.querySelectorAll('.page')[1].dataset.src !== '{picture}'")
        assert page.run("main.scrollTop") == 700
        page.run("document.querySelector('#views [value=web]').click()")
        seen = "document.querySelector('iframe:not(.next)')"
        page.until(f"Boolean({seen})")
        page.run(f"{seen}.contentWindow.scrollTo(0, 500)")
        server.save("\n\n".join(f"Paragraph {n} about black tea." for n in range(90)))
        page.until(f"{seen}.contentDocument.body.textContent.includes('black tea')")
        assert page.run(f"{seen}.contentWindow.scrollY") == 500
        page.run("document.querySelector('#views [value=book]').click()")
        page.until(f"Boolean({seen}) && {seen}.src.includes('.epub/')")
        server.save("See [this](#nowhere).")
        page.until("!$('problems').hidden")
        said = page.run("$('problems').innerText")
        assert "source/tea.md:9" in said
        assert "LNK001" in said
        assert "last good version" in said
        assert page.run("$('problems-title').getAttribute('role')") == "alert"
        page.run("$('found').click(); $('found').click()")
        assert page.run("document.activeElement.id") == "problems"
        page.run("$('dismiss').click()")
        assert page.run("$('problems').hidden && document.activeElement.id") == "found"
        server.save("All is well.")
        page.until("$('found').hidden && $('status').textContent.startsWith('Up to date')")


def test_a_first_build_that_fails_shows_no_earlier_version(tmp_path):
    root = project(tmp_path / "project")
    (root / "source" / "tea.md").write_text(TEXT.replace("WORDS", "See [this](#nowhere)."))
    with Serve(root) as serve, needed():
        serve.settled()
        with chromium(f"http://127.0.0.1:{serve.port}/") as page:
            page.until("Boolean(document.querySelector('#problems:not([hidden]) li'))")
            assert "LNK001" in page.run("$('problems').innerText")
            assert page.run("$('stale').hidden && !$('empty').hidden")


@pytest.mark.parametrize(("view", "name"), [("web", "tea.html"), ("book", "tea.epub")])
def test_a_file_that_does_not_come_is_asked_for_again(tmp_path, view, name):
    with Serve(project(tmp_path / "project")) as serve, needed():
        serve.settled()
        with chromium(f"http://127.0.0.1:{serve.port}/") as page:
            page.until("Boolean(document.querySelector('.page img'))")
            away = serve.root / name
            (serve.output / name).rename(away)
            page.run(f"document.querySelector('#views [value={view}]').click()")
            once = page.until("asking")
            page.until(f"asking > {once}")
            assert not page.run("document.querySelector('iframe:not(.next)')")
            away.rename(serve.output / name)
            shown = "document.querySelector('iframe:not(.next)')"
            page.until(f"Boolean({shown})")
            assert page.run(f"{shown}.contentDocument.contentType") != "text/plain"


def test_the_picture_of_a_page_that_does_not_come_is_asked_for_again(tmp_path):
    with Serve(project(tmp_path / "project")) as serve, needed():
        serve.settled()
        with chromium(f"http://127.0.0.1:{serve.port}/") as page:
            page.until("Boolean(document.querySelector('.page img'))")
            away = serve.root / "tea.pdf"
            (serve.output / "tea.pdf").rename(away)
            page.run("box = pages.children[0]; box.querySelector('img').remove()")
            page.run("box.dataset.src += '&anew'; draw(box)")
            page.until("!box.wanted")
            away.rename(serve.output / "tea.pdf")
            page.until("Boolean(document.querySelector('.page img'))")


def test_a_lost_connection_is_told_and_made_again(tmp_path):
    with Serve(project(tmp_path / "project")) as serve, needed():
        serve.settled()
        with chromium(f"http://127.0.0.1:{serve.port}/") as page:
            page.until("Boolean(document.querySelector('.page img'))")
            serve.end()
            page.until("!$('lost').hidden && $('lost').innerText.includes('lost')")
            with Serve(serve.root, "--port", str(serve.port)):
                page.until("$('lost').hidden")

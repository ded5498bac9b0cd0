"""`makebook fetch`: pictures from the web are brought in, and nothing from this machine is.

A server on this machine plays the web: the names resolve to public addresses, as in the wild, and
the connection to them is led to the server.
"""

from __future__ import annotations

import base64
import io
import socket
import threading
import tomllib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from PIL import Image

from press.cli import main
from press.core.problems import ProblemsError, UnknownName
from press.setup import download, fetch
from press.setup.download import Failed, Forbidden, Network

PUBLIC = "93.184.215.14"


def picture(kind: str = "PNG", color: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 6), color).save(out, kind)
    return out.getvalue()


class Handler(BaseHTTPRequestHandler):
    pages: ClassVar = {
        "/lamp.png": picture(),
        "/bed.png": picture(color="blue"),
        "/photo.JPG?size=2&crop=1": picture("JPEG"),
        "/caf%C3%A9%20del%20mar.webp": picture("WEBP"),
        "/page.png": b"<!DOCTYPE html><html>Not here</html>",
        "/huge.png": b"x" * 5000,
        "/endless.png": b"y" * 5000,
    }
    moved: ClassVar = {
        "/moved": "/lamp.png",
        "/to-plain": "http://example.org/lamp.png",
        "/home": "https://router.example.org/lamp.png",
        "/round": "/round",
    }

    def do_GET(self):
        if target := self.moved.get(self.path):
            self.send_response(302)
            self.send_header("Location", target)
        elif (data := self.pages.get(self.path)) is not None:
            self.send_response(200)
            if self.path != "/endless.png":
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            return
        elif self.path == "/slow.png":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"\x89PNG")
            self.wfile.flush()
            self.server.waiting.wait(20)
            return
        else:
            self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def web():
    """Return a network on which every name is public, except those of a router."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.waiting = True, threading.Event()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    asked = []

    def resolve(host):
        asked.append(host)
        if host == "nowhere.example.org":
            raise socket.gaierror(-2, "Name or service not known")
        return ["192.168.1.1"] if host.startswith("router.") else [PUBLIC]

    def connect(ip, host, seconds):
        assert ip == PUBLIC, f"{host} was reached at {ip}"
        return socket.create_connection(server.server_address, seconds)

    yield Network(resolve, connect, seconds=10, most=4000)
    server.waiting.set()
    server.shutdown()
    server.server_close()


ARTICLE = """\
---
title: Sleep
---

![A lamp](https://example.org/lamp.png "Lit"){width=50%} and [the same](https://example.org/lamp.png).

[![A bed](https://example.org/bed.png)](https://example.org/bed.png) `![x](https://example.org/lamp.png)`

<img src="https://example.org/photo.JPG?size=2&amp;crop=1" alt="A photo">

![The sea][sea], ![again](<https://example.org/lamp.png>) ![moved](//example.org/moved)

[sea]: https://example.org/caf%C3%A9%20del%20mar.webp
"""


def project(folder, text=ARTICLE):
    (folder / "source").mkdir()
    (folder / "makebook.toml").write_text('editions = ["letter"]\n')
    path = folder / "source" / "sleep.md"
    path.write_bytes(text.encode())
    return path


def test_the_article_gets_paths_and_nothing_else_changes(web, tmp_path):
    path = project(tmp_path, "\ufeff" + ARTICLE.replace("\n", "\r\n"))
    path.chmod(0o640)
    problems = []
    lines = fetch.fetch(tmp_path, "source/sleep.md", web, problems)
    assert problems == []
    changed = (
        ARTICLE.replace("lamp](https://example.org/lamp.png", "lamp](images/lamp.png")
        .replace("[![A bed](https://example.org/bed.png", "[![A bed](images/bed.png")
        .replace("https://example.org/photo.JPG?size=2&amp;crop=1", "images/photo.jpg")
        .replace("<https://example.org/lamp.png>", "<images/lamp.png>")
        .replace("//example.org/moved", "images/moved.png")
        .replace("https://example.org/caf%C3%A9%20del%20mar.webp", "images/cafe-del-mar.webp")
    )
    assert path.read_bytes().decode() == "\ufeff" + changed.replace("\n", "\r\n")
    assert path.stat().st_mode & 0o777 == 0o640
    images = tmp_path / "source" / "images"
    assert (images / "photo.jpg").read_bytes() == picture("JPEG")
    assert sorted(p.name for p in images.iterdir()) == [
        "bed.png", "cafe-del-mar.webp", "lamp.png", "moved.png", "photo.jpg", "sources.toml",
    ]  # fmt: skip
    origins = tomllib.loads((images / "sources.toml").read_text())
    assert origins["moved.png"] == "https://example.org/moved"
    assert lines[0] == "source/images/lamp.png  1 KB  from https://example.org/lamp.png"
    assert fetch.fetch(tmp_path, "sleep", web, problems) == [
        "source/sleep.md shows no picture from the web"
    ]


def test_a_name_that_is_taken_stays_with_its_picture(web, tmp_path):
    path = project(tmp_path, "![a](https://example.org/lamp.png) ![b](https://example.org/bed.png)")
    images = tmp_path / "source" / "images"
    images.mkdir()
    (images / "lamp.png").write_bytes(picture(color="green"))
    (images / "bed.png").write_bytes(picture(color="blue"))
    fetch.fetch(tmp_path, "sleep", web, [])
    assert path.read_text() == "![a](images/lamp-2.png) ![b](images/bed.png)"
    assert (images / "lamp.png").read_bytes() == picture(color="green")


def test_what_cannot_be_brought_in_is_reported_and_stays(web, tmp_path):
    wrong = ["huge.png", "page.png", "none.png", "to-plain", "home", "round"]
    lines = [f"![a](https://example.org/{name})\n\n" for name in wrong]
    last = "![a](https://example.org/lamp.png)"
    path = project(tmp_path, "".join([*lines, last]))
    problems = []
    fetch.fetch(tmp_path, "sleep", web, problems)
    assert [str(problem).splitlines()[0] for problem in problems] == [
        f"source/sleep.md:{line}:6: error {what}"
        for line, what in (
            (1, "FET002: 'https://example.org/huge.png' is larger than 0 MB"),
            (3, "FET003: 'https://example.org/page.png' is a web page, not a picture"),
            (5, "FET002: 'https://example.org/none.png' answers 404 Not Found"),
            (7, "FET001: 'https://example.org/to-plain' is not an https address"),
            (9, "FET001: 'https://example.org/home' leads to this machine or its network"),
            (11, "FET002: 'https://example.org/round' leads on more than 5 times"),
        )
    ]
    assert path.read_text() == "".join([*lines, "![a](images/lamp.png)"])


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("http://example.org/lamp.png", Forbidden),
        ("ftp://example.org/lamp.png", Forbidden),
        ("https://example.org:8443/lamp.png", Forbidden),
        ("https://example.org:nine/lamp.png", Forbidden),
        ("https://me:word@example.org/lamp.png", Forbidden),
        ("https:///lamp.png", Forbidden),
        ("https://router.example.org/lamp.png", Forbidden),
        ("https://nowhere.example.org/lamp.png", Failed),
        ("https://example.org/endless.png", Failed),
    ],
)
def test_an_address_that_is_refused(web, address, error):
    with pytest.raises(error):
        download.download(address, web)


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.1.1",
        "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "::1", "::", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::c0a8:101",
        "2002:7f00:1::", "2002:c0a8:101::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "not-an-ip",
    ],
)  # fmt: skip
def test_no_address_of_this_machine_or_its_network(ip):
    """Also among others, and then nothing is connected to."""

    def connect(*_):
        raise AssertionError("it was connected to")

    network = Network(lambda _: [PUBLIC, ip], connect)
    with pytest.raises(Forbidden):
        download.download("https://example.org/lamp.png", network)


@pytest.mark.parametrize("ip", ["::ffff:93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_in_other_forms(ip):
    class Reached(Exception):
        pass

    def connect(*_):
        raise Reached

    with pytest.raises(Reached):
        download.download("https://example.org/lamp.png", Network(lambda _: [ip], connect))


def test_a_server_that_is_too_slow(web):
    slow = Network(web.resolve, web.connect, seconds=0.3)
    with pytest.raises(Failed, match="took too long"):
        download.download("https://example.org/slow.png", slow)


def test_the_next_address_of_a_host_is_tried(web):
    def connect(ip, host, seconds):
        if ip != PUBLIC:
            raise OSError(101, "Network is unreachable")
        return web.connect(ip, host, seconds)

    two = Network(lambda _: ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", PUBLIC], connect)
    assert download.download("https://example.org/lamp.png", two)[0] == picture()


@contextmanager
def ended():
    with pytest.raises(SystemExit) as end:
        yield end


def test_the_command(web, tmp_path, monkeypatch, capsys):
    path = project(
        tmp_path, "![a](https://example.org/lamp.png) ![b](https://example.org/none.png)"
    )
    monkeypatch.setattr(download, "Network", lambda: web)
    with ended() as end:
        main(["fetch", "sleep", "--project", str(tmp_path)])
    said = capsys.readouterr()
    assert end.value.code == 1
    assert said.out == "source/images/lamp.png  1 KB  from https://example.org/lamp.png\n"
    assert "FET002" in said.err
    assert path.read_text().startswith("![a](images/lamp.png) ![b](https:")
    with ended() as end:
        main(["fetch", "slep", "--project", str(tmp_path)])
    assert end.value.code == 2
    assert "did you mean 'sleep'?" in capsys.readouterr().err


def test_an_article_that_is_not_there(tmp_path, web):
    with pytest.raises(ProblemsError, match="CFG001"):
        fetch.fetch(tmp_path, "sleep", web, [])
    project(tmp_path)
    with pytest.raises(UnknownName):
        fetch.fetch(tmp_path, "bed", web, [])


def test_an_authors_own_list_of_sources_is_not_replaced(web, tmp_path):
    path = project(tmp_path)
    own = path.parent / "images" / "sources.toml"
    own.parent.mkdir()
    own.write_text("[lamp]\nby = 'Ann Example'\n")
    with pytest.raises(ProblemsError, match="is not from makebook fetch"):
        fetch.fetch(tmp_path, "sleep", web, [])
    assert own.read_text() == "[lamp]\nby = 'Ann Example'\n"
    assert path.read_text() == ARTICLE


def test_the_address_of_a_picture_is_in_the_manifest(web, tmp_path, capsys):
    import json

    project(tmp_path, "---\ntitle: Sleep\n---\n\n![A lamp](https://example.org/lamp.png)\n")
    fetch.fetch(tmp_path, "sleep", web, [])
    with ended() as end:
        main(["build", "--project", str(tmp_path), "--format", "html"])
    assert not end.value.code, capsys.readouterr().err
    entry = json.loads((tmp_path / "build" / "manifest.json").read_text())["articles"]["sleep"]
    assert entry["pictures"] == {"images/lamp.png": "https://example.org/lamp.png"}
    page = (tmp_path / "build" / "sleep.html").read_text()
    assert base64.b64encode(picture()).decode() in page

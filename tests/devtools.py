"""A headless Chromium that a test talks to (DevTools protocol), by the standard library."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from press.check import external as check
from tests.waiting import LIMIT, until


class Page:
    """One page of a browser, at the other end of a websocket (RFC 6455)."""

    def __init__(self, address: str) -> None:
        host, port, path = re.fullmatch(r"ws://([\d.]+):(\d+)(/.*)", address).groups()
        self.socket = socket.create_connection((host, int(port)), timeout=LIMIT)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: "
            f"Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.stream = self.socket.makefile("rb")
        while self.stream.readline() not in (b"\r\n", b""):
            pass
        self.number = 0

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.number += 1
        self._send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._receive())
            if message.get("id") == self.number:
                if "context" in str(message.get("error")):  # the page is being opened
                    time.sleep(0.1)
                    return self.call(method, **parameters)
                assert "error" not in message, message
                return message["result"]

    def run(self, script: str) -> Any:
        """Return the result of a script, after waiting for a promise."""
        done = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def until(self, script: str) -> Any:
        return until(lambda: self.run(script))

    def size(self, width: int, height: int, scheme: str = "light") -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)  # fmt: skip
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])  # fmt: skip

    def picture(self, path: Path) -> None:
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def _send(self, text: str) -> None:
        data, mask = text.encode(), os.urandom(4)
        size = len(data)
        long = b"" if size < 126 else struct.pack("!H" if size < 65536 else "!Q", size)
        head = bytes([0x81, 0x80 | (size if not long else 126 if size < 65536 else 127)])
        self.socket.sendall(head + long + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def _receive(self) -> str:
        parts = b""
        while True:
            first, second = self.stream.read(2)
            size = second & 127
            if size > 125:
                size = struct.unpack("!H" if size == 126 else "!Q",
                                     self.stream.read(2 if size == 126 else 8))[0]  # fmt: skip
            data = self.stream.read(size)
            if first & 15 in (0, 1):
                parts += data
                if first & 0x80:
                    return parts.decode()


@contextlib.contextmanager
def chromium(address: str) -> Iterator[Page]:
    """A browser with a page open; it ends together with every process that it started."""
    program = next(filter(None, map(shutil.which, check.CHROMIUM)), None)
    if not program:
        raise check.CheckerMissing("Chromium", "sudo apt-get install chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                   "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1280,900",
                   "--remote-debugging-port=0", f"--user-data-dir={home}", address]  # fmt: skip
        environment = {**os.environ, "HOME": home}
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
        ) as browser:
            try:
                assert browser.stderr
                line = next(line for line in browser.stderr if "DevTools listening on" in line)
                port = int(re.search(r":(\d+)/", line)[1])
                page = _first_page(port, address)
                with page.socket, page.stream:
                    yield page
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(browser.pid, 9)


def _first_page(port: int, address: str) -> Page:
    from urllib.request import urlopen

    def found() -> Any:
        with urlopen(f"http://127.0.0.1:{port}/json") as answer:
            pages = [page for page in json.load(answer) if page["type"] == "page"]
        return next((page for page in pages if page["url"].startswith(address)), None)

    return Page(until(found)["webSocketDebuggerUrl"])

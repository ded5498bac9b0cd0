"""The link to the builder: a process of its own that builds while `serve` runs.

In: messages that ask for a build. Out: what the builder says, and when it is gone. A builder that
ends is replaced. This module must not know what is built, nor who looks at it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import press

_FORK = "fork" if sys.platform == "linux" else "same"
_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from press.serve.builder import work; work()"


class Link:
    """Keeps a builder alive and speaks with it."""

    def __init__(
        self,
        folder: str,
        ready: Callable[[], None],
        hear: Callable[[Mapping[str, Any]], None],
        gone: Callable[[], None],
    ) -> None:
        """`ready` is called for each new builder, `gone` after each; `hear` for each message.

        Builders keep their temporary files in `folder`, which outlives them.
        """
        self._folder = folder
        self._ready, self._hear, self._gone = ready, hear, gone
        self._builder: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Start a builder, hear what it says, and start another if it ends; for ever."""
        while True:
            home = str(Path(press.__file__).resolve().parent.parent)
            self._builder = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-c", _CODE, home, _FORK,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 24,
                start_new_session=True,
                # A builder may be killed, and its copies are: what they leave goes with the server.
                env={**os.environ, "TMPDIR": self._folder},
            )  # fmt: skip
            began = time.monotonic()
            self._ready()
            async for message in _messages(self._builder):
                self._hear(message)
            await self._builder.wait()
            self._builder = None
            self._gone()
            if time.monotonic() - began < 1:
                await asyncio.sleep(1)

    def send(self, message: Mapping[str, Any]) -> None:
        """Ask for a build. A builder that is not there yet is asked when it is."""
        builder = self._builder
        if builder is not None and builder.stdin is not None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                builder.stdin.write(json.dumps(message).encode() + b"\n")

    async def end(self) -> None:
        """End the builder: the end of its input is the end of its work."""
        builder = self._builder
        if builder is None or builder.returncode is not None:
            return
        if builder.stdin:
            builder.stdin.close()
        try:
            await asyncio.wait_for(builder.wait(), 2)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                builder.kill()
            await builder.wait()
        if builder.stdout:  # its copies have this open, too, and end with it
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(builder.stdout.read(), 2)


async def _messages(process: asyncio.subprocess.Process) -> AsyncIterator[dict[str, Any]]:
    """What a builder says, line by line."""
    while process.stdout:
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            return
        yield json.loads(line)

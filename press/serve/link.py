"""The link to the builder, a separate process that builds while `serve` runs.

In: messages that ask for a build. Out: the builder's own messages, and notice of its end. It is
replaced when it ends. This module must not know what is built, nor who looks at it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import press
from press.serve.messages import Answer, BuildMessage, Reader

_FORK = "fork" if sys.platform == "linux" else "same"
_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from press.serve.builder import work; work()"


class Link:
    """Keeps a builder running and exchanges messages with it."""

    def __init__(
        self,
        folder: str,
        ready: Callable[[], None],
        hear: Callable[[Answer], None],
        gone: Callable[[], None],
    ) -> None:
        """`ready` is called for each new builder, `hear` for each message, `gone` at each end.

        Builders write temporary files to `folder`, which outlives them.
        """
        self._folder = folder
        self._ready, self._hear, self._gone = ready, hear, gone
        self._builder: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Start a builder, pass on its messages, and start another when it ends."""
        while True:
            home = str(Path(press.__file__).resolve().parent.parent)
            self._builder = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-c", _CODE, home, _FORK,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
                # Builders and their copies may be killed; the server removes what they leave.
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

    def send(self, message: BuildMessage) -> None:
        """Ask for a build. If there is no builder yet, `ready` asks the next one."""
        builder = self._builder
        if builder is not None and builder.stdin is not None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                builder.stdin.write(json.dumps(message).encode() + b"\n")

    async def end(self) -> None:
        """End the builder by closing its input; kill it if it does not end."""
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
        if builder.stdout:  # its copies also hold this pipe: at its end they have ended
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(builder.stdout.read(), 2)


async def _messages(process: asyncio.subprocess.Process) -> AsyncIterator[Answer]:
    """Yield the messages of a builder."""
    reader = Reader()
    while process.stdout and (data := await process.stdout.read(1 << 20)):
        for message in reader.read(data):
            yield message

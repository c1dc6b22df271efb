"""Runs Firefox for Playwright, and answers a command of WebDriver BiDi that Firefox ESR lacks.

Playwright drives Firefox by WebDriver BiDi, and sends `emulation.setMediaFeaturesOverride` for each
context and page. Firefox ESR 153 does not know it: this program answers it and forwards the rest.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

UNKNOWN = "emulation.setMediaFeaturesOverride"
_LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


def unknown_command(message: str) -> int | None:
    """Return the id of a message that Firefox ESR does not know, else None."""
    if UNKNOWN not in message:
        return None
    command = json.loads(message)
    return command["id"] if command.get("method") == UNKNOWN else None


async def run(program: str, arguments: list[str]) -> int:
    """Run Firefox until it ends, behind the address that is written to standard error."""
    pipe = asyncio.subprocess.PIPE
    firefox = await asyncio.create_subprocess_exec(program, *arguments, stderr=pipe)
    assert firefox.stderr
    async for line in firefox.stderr:
        text = line.decode(errors="replace")
        if found := _LISTENING.search(text):
            return await _serve(firefox, found[1])
        sys.stderr.write(text)
    return await firefox.wait()


async def _serve(firefox: asyncio.subprocess.Process, address: str) -> int:
    async def forward(playwright: ServerConnection) -> None:
        assert playwright.request
        path = playwright.request.path
        async with connect(f"{address}{path}", max_size=None, proxy=None) as browser:

            async def answers() -> None:
                async for message in browser:
                    await playwright.send(message)
                await playwright.close()

            answering = asyncio.create_task(answers())
            async for message in playwright:
                assert isinstance(message, str)
                number = unknown_command(message)
                if number is None:
                    await browser.send(message)
                else:
                    answer = {"type": "success", "id": number, "result": {}}
                    await playwright.send(json.dumps(answer))
            answering.cancel()

    async with serve(forward, "127.0.0.1", 0, max_size=None, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        sys.stderr.write(f"WebDriver BiDi listening on ws://127.0.0.1:{port}\n")
        sys.stderr.flush()
        drained = asyncio.create_task(_drain(firefox))
        code = await firefox.wait()
        drained.cancel()
        return code


async def _drain(firefox: asyncio.subprocess.Process) -> None:
    assert firefox.stderr
    async for _ in firefox.stderr:
        """A full pipe would stop Firefox."""


if __name__ == "__main__":
    sys.exit(asyncio.run(run(os.environ["FIREFOX_PROGRAM"], sys.argv[1:])))

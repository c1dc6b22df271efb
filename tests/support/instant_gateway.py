"""Minimal gateway for benchmarks: log-in, create and read for many clients, as fast as possible.

The sandbox gateway is too slow to measure clients against. This is a program of its own, see
`running`. Its controls: `/_delay/MS` delays answers; `/_kill/N` invalidates all tokens and answers
the first N calls with an invalid one at the same time; `/_forget` resets the counts; `/_counts`
returns the number of calls of each kind.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any


class GatewayState:
    """State that all connections share."""

    def __init__(self) -> None:
        self.delay_seconds = 0.0
        self.generation = 0
        self.held_count = 0
        self.held_answers: list[Callable[[], None]] = []
        self.counts: Counter[str] = Counter()

    def answer(self, method: str, path: str, token: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if path == "/auth/token":
            self.counts["log_ins"] += 1
            return 200, {"accessToken": f"token-{self.generation}", "expiresIn": 86400}
        if token != f"Bearer token-{self.generation}":
            self.counts["refused"] += 1
            return 401, {}
        if method == "POST" and path == "/onboarding":
            self.counts["creates"] += 1
            scan_id = json.loads(body)["scanId"]
            url = f"http://127.0.0.1:{PORT}/onboarding/{scan_id}"
            return 200, {"scanId": scan_id, "onboardingToken": "t" * 36, "url": url}
        self.counts["reads"] += 1
        scan_id = path.rpartition("/")[2]
        return 200, {"scanId": scan_id, "verificationResult": None}

    def answer_together(self, answer: Callable[[], None]) -> None:
        self.held_answers.append(answer)
        if len(self.held_answers) >= self.held_count:
            for each in self.held_answers:
                each()
            self.held_count, self.held_answers = 0, []

    def control(self, path: str) -> dict[str, Any]:
        _, name, *value = path.split("/")
        if name == "_delay":
            self.delay_seconds = int(value[0]) / 1000
        elif name == "_kill":
            self.generation += 1
            self.held_count = int(value[0])
        elif name == "_forget":
            self.counts.clear()
        return dict(self.counts)


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests arrive one after the other, complete or in pieces."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines[1:])}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._received = rest[length:]
        method, path, _ = lines[0].split(" ")
        if path.startswith("/_"):
            self._respond(200, STATE.control(path))
            return
        response = STATE.answer(method, path, headers.get("authorization", ""), rest[:length])
        if response[0] == 401 and STATE.held_count:
            STATE.answer_together(partial(self._respond, *response))
        elif STATE.delay_seconds:
            asyncio.get_running_loop().call_later(STATE.delay_seconds, self._respond, *response)
        else:
            self._respond(*response)

    def _respond(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n"
        self._transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


class InstantGateway:
    """Controls the running program."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, path: str) -> dict[str, int]:
        """Call a control; return the counts."""
        with urllib.request.urlopen(f"{self.url}/_{path}", timeout=20) as answer:
            counts: dict[str, int] = json.load(answer)
        return counts


@contextmanager
def running() -> Iterator[InstantGateway]:
    """Run the program on a free port until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(Path(__file__)), str(port)])
    try:
        end = time.monotonic() + 30
        while not _answers(port):
            if time.monotonic() > end or process.poll() is not None:
                raise RuntimeError("the instant gateway does not start")
            time.sleep(0.05)
        yield InstantGateway(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=20)


def _answers(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(
        Connection, "127.0.0.1", PORT, backlog=1024
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    PORT = int(sys.argv[1])
    STATE = GatewayState()
    asyncio.run(main())

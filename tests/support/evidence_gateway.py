"""A small gateway whose evidence a test chooses, and a program that reads it with our client."""

from __future__ import annotations

import atexit
import base64
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ID = "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"
TIMESTAMP = "2026-01-10T09:00:00Z"
JSON_FORM, BINARY, TEXT = "application/json", "image/jpeg", "text/plain"
#: The documented path of each kind (contract 3.4 to 3.7).
PATHS = {
    "image": f"/mobbscan-agent/{ID}/image/document_front",
    "recording": f"/mobbscan-agent/{ID}/recording/video_liveness",
    "pdf": f"/mobbscan-agent/api/pdf/{ID}",
    "zip": f"/api/zip/{ID}",
}
FILES = {
    "image": b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4 + b"\xff\xd9",
    "recording": b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 4,
    "pdf": b"%PDF-1.7\n" + bytes(range(256)) * 4 + b"%%EOF",
    "zip": b"PK\x03\x04" + bytes(range(256)) * 4,
}


@dataclass(frozen=True)
class Answer:
    """A response; status 0 closes the connection without one."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)


Answers = Callable[[str, str], Answer]
"""Takes path and `Accept`."""


@dataclass
class EvidenceGateway:
    """The running gateway; `requests` holds path and `Accept` of each request for evidence.

    `ranges` holds their `Range` headers.
    """

    url: str = ""
    ranges: list[str | None] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def read(self, kind: str, url: str | None = None, base: str = "") -> dict[str, Any]:
        """Read evidence in a program of its own; `url` is the address from the process data.

        Returns `media_type`, `bytes`, `answered_at` and `error`, None where there is none.
        """
        reader = _reader()
        assert reader.stdin
        assert reader.stdout
        reader.stdin.write(json.dumps([self.url + base, kind, url]) + "\n")
        reader.stdin.flush()
        found: dict[str, Any] = json.loads(reader.stdout.readline())
        return {**found, "bytes": base64.b64decode(found["bytes"]) if found["bytes"] else None}


@cache
def _reader() -> subprocess.Popen[str]:
    """Start the program, once for all tests: its start takes longer than a test."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.read_evidence"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    atexit.register(process.terminate)
    return process


def wrapped(kind: str, content: bytes | None = None, **members: Any) -> Answer:
    """Return the documented JSON around a file."""
    text = base64.b64encode(FILES[kind] if content is None else content).decode()
    name = {"pdf": "pdfDocument", "zip": "zip"}.get(kind, "image")
    fields = {"timestamp": TIMESTAMP, "imageType": "", "scanId": ID, name: text, **members}
    return Answer(200, json.dumps(fields).encode(), JSON_FORM)


@contextmanager
def running_evidence_gateway(answers: Answers) -> Iterator[EvidenceGateway]:
    """Serve `/auth/token`, and `answers` for every GET."""
    seen = EvidenceGateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._send(Answer(200, b'{"accessToken": "a-token"}', JSON_FORM))

        def do_GET(self) -> None:
            accept = self.headers["Accept"]
            seen.requests.append((self.path, accept))
            seen.ranges.append(self.headers["Range"])
            if self.headers["Authorization"] != "Bearer a-token":
                self._send(Answer(401))
            else:
                self._send(answers(self.path, accept))

        def _send(self, answer: Answer) -> None:
            if not answer.status:
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

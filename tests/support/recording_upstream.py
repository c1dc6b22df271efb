"""A small HTTP server behind a proxy that records connections, headers and sent bytes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FILE = "/verify/api/v1/onboardings/1/recordings/video_liveness"
FILE_BYTES = 60_000_000
STREAM = "/verify/onboardings/0f5a1c1e-3333-4222-8333-444455556666/stream"
SILENT = "/verify/handoff?token=the-secret&silent"
BROKEN_OFF = "/verify/return/the-secret/broken-off"


@dataclass
class RecordingUpstream:
    address: str = ""
    connections: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0
    #: Set when the proxy has closed a connection.
    closed: threading.Event = field(default_factory=threading.Event)


@contextmanager
def running_upstream() -> Iterator[RecordingUpstream]:
    seen = RecordingUpstream()

    class Handler(_Handler):
        upstream = seen

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    seen.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield seen
    server.shutdown()
    thread.join()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: RecordingUpstream

    def setup(self) -> None:
        self.upstream.connections += 1
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.upstream.closed.set()

    def do_GET(self) -> None:
        named = {name.lower(): value for name, value in self.headers.items()}
        self.upstream.headers.append(named)
        answers = {FILE: self._file, STREAM: self._events, SILENT: self._wait}
        answers.get(self.path, self._short)()

    def _short(self) -> None:
        self.close_connection = self.path == BROKEN_OFF
        self._head(("Content-Length", "3" if self.close_connection else "2"))
        self.wfile.write(b"ok")

    def _file(self) -> None:
        self._head(("Content-Length", str(FILE_BYTES)))
        piece = bytes(100_000)
        for _ in range(FILE_BYTES // len(piece)):
            self.wfile.write(piece)
            self.upstream.sent += len(piece)

    def _events(self) -> None:
        self._head(
            ("Content-Type", "text/event-stream"),
            ("X-Accel-Buffering", "no"),
            ("Connection", "close"),
        )
        self.wfile.write(b"data: first\n\n")
        self._wait()

    def _wait(self) -> None:
        """Send nothing more until the proxy closes the connection."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.recv(1)

    def _head(self, *headers: tuple[str, str]) -> None:
        self.send_response(200)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

"""A small gateway on a real port, for programs that run as processes."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


class FakeGateway:
    """Logs in, and answers polls with the words of `words`; 401 for unknown processes.

    `status` other than 200 answers everything; ids in `broken` answer 500. Polls wait until `held`
    is set, and take `poll_seconds`.
    """

    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        self.more: dict[str, Any] = {}
        self.broken: set[str] = set()
        self.status = 200
        self.login_status = 200
        self.clock_offset_seconds = 0
        self.poll_seconds = 0.0
        self.held = threading.Event()
        self.held.set()
        self.asked: Counter[str] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "FakeGateway":
        # Checks 20 times a second whether to stop, instead of twice.
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.held.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        self.asked[path] += 1
        if path == "/auth/token":
            return self.login_status, {"accessToken": "pretend-token", "expiresIn": 900}
        if self.status != 200:
            return self.status, {}
        scan_id = path.rsplit("/", 1)[-1]
        self.held.wait(30)
        time.sleep(self.poll_seconds)
        if scan_id in self.broken:
            return 500, {}
        if scan_id not in self.words:
            return 401, {}
        answer = {"scanId": scan_id, "verificationResult": self.words[scan_id], **self.more}
        return 200, answer

    def polls_of(self, onboarding_id: str) -> int:
        return self.asked[f"/mobbscan-agent/getVerificationProcessData/{onboarding_id}"]

    @property
    def polls(self) -> int:
        return sum(count for path, count in self.asked.items() if path != "/auth/token")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def date_time_string(self, timestamp: float | None = None) -> str:
                now = time.time() if timestamp is None else timestamp
                return super().date_time_string(now + gateway.clock_offset_seconds)

            def do_GET(self) -> None:
                status, body = gateway.answer(self.path)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler

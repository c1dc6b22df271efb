"""A host site's receiver of messages on a real port, which verifies every signature."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from standardwebhooks.webhooks import Webhook

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBzaG9wJ3MgcmVjZWl2ZXI="
OLDER_SECRET = "whsec_" + "dGhlIGZvcm1lciBzZWNyZXQgb2YgdGhlIHJlY2VpdmVy"


@dataclass(frozen=True)
class Received:
    """One request; `body` is the raw text, `data` its JSON."""

    id: str
    timestamp: str
    signature: str
    body: str
    headers: Mapping[str, str]
    at: float

    @property
    def json(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content

    @property
    def type(self) -> str:
        return str(self.json["type"])

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.json["data"]
        return data


@dataclass
class Response:
    """How the receiver answers a request: after `seconds`."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0


class MessageReceiver:
    """Keeps what it received. `respond` decides each answer; by default 204.

    A request that arrives with a wrong signature is in `refused`, and answered 400.
    """

    def __init__(self, secret: str = SECRET, host: str = "127.0.0.1", port: int = 0) -> None:
        self.received: list[Received] = []
        self.refused: list[str] = []
        self.respond: Callable[[Received], Response] = lambda _received: Response()
        self._webhook = Webhook(secret)
        self._lock = threading.Lock()
        self._server = _Server((host, port), self._handler())
        self.url = f"http://{host}:{self._server.server_port}/hooks"
        self.port = self._server.server_port

    def __enter__(self) -> "MessageReceiver":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def types(self) -> list[str]:
        """Return the types of what was received, in order of arrival."""
        return [each.type for each in self.received]

    def of(self, onboarding_id: str) -> list[Received]:
        """Return what was received about an onboarding, in order of `sequence`, without repeats."""
        found = {each.id: each for each in self.received if each.data.get("id") == onboarding_id}
        return sorted(found.values(), key=lambda each: each.data["sequence"])

    def _take(self, headers: dict[str, str], body: str) -> Response:
        try:
            self._webhook.verify(body, headers)
        except Exception as error:  # noqa: BLE001 - the library raises several
            self.refused.append(type(error).__name__)
            return Response(400)
        received = Received(
            headers["webhook-id"],
            headers["webhook-timestamp"],
            headers["webhook-signature"],
            body,
            headers,
            time.time(),
        )
        with self._lock:
            self.received.append(received)
        return self.respond(received)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                raw = self.rfile.read(length)
                if len(raw) < length:  # the sender was killed
                    self.close_connection = True
                    return
                body = raw.decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                response = receiver._take(headers, body)
                time.sleep(response.seconds)
                try:
                    self.send_response(response.status)
                    for name, value in response.headers.items():
                        self.send_header(name, value)
                    if response.status != 204:  # which has no body
                        self.send_header("Content-Length", str(len(response.body)))
                    self.end_headers()
                    if response.status != 204:
                        self.wfile.write(response.body)
                except OSError:  # the sender has gone
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Quiet."""

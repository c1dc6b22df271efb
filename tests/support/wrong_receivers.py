"""Receivers of messages as developers write them: a right one, and the usual faults."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.support.message_receiver import SECRET

#: Takes headers (lower case) and body, and returns the status of the answer.
Receive = Callable[[Mapping[str, str], bytes], int]


@contextmanager
def receiving(receive: Receive) -> Iterator[str]:
    """Run a receiver on a free port; yield its address. An exception is answered 500."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                status = receive(headers, body)
            except Exception:  # noqa: BLE001 - as web frameworks do
                status = 500
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hooks"
    server.shutdown()
    server.server_close()


def right(headers: Mapping[str, str], body: bytes) -> int:
    try:
        Webhook(SECRET).verify(body, dict(headers))
    except (WebhookVerificationError, ValueError):
        return 400
    return 204


def believes_all(_headers: Mapping[str, str], body: bytes) -> int:
    json.loads(body)
    return 200


def crashes_on_malformed_signatures(headers: Mapping[str, str], body: bytes) -> int:
    try:
        Webhook(SECRET).verify(body, dict(headers))
    except WebhookVerificationError:
        return 400
    return 204


def _is_signed(headers: Mapping[str, str], body: bytes, signature: str) -> bool:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = (headers.get("webhook-id", ""), headers.get("webhook-timestamp", ""))
    content = ".".join(signed).encode() + b"." + body
    expected = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return hmac.compare_digest(signature, f"v1,{expected}")


def _signatures(headers: Mapping[str, str]) -> list[str]:
    return headers.get("webhook-signature", "").split(" ")


def ignores_the_time(headers: Mapping[str, str], body: bytes) -> int:
    return 204 if any(_is_signed(headers, body, each) for each in _signatures(headers)) else 400


def knows_one_signature(headers: Mapping[str, str], body: bytes) -> int:
    answer = right(headers, body)
    return answer if answer == 400 or _is_signed(headers, body, _signatures(headers)[0]) else 401


def parses_first(headers: Mapping[str, str], body: bytes) -> int:
    """Verifies what it has written again: letters beyond ASCII change."""
    again = json.dumps(json.loads(body), separators=(",", ":")).encode()
    return right(headers, again)


class Stateful:
    """Keeps sequences and ids, and answers late and repeated messages with 409."""

    def __init__(self) -> None:
        self.sequences: dict[str, int] = {}
        self.ids: set[str] = set()

    def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        if right(headers, body) != 204:
            return 400
        if headers["webhook-id"] in self.ids:
            return 409
        self.ids.add(headers["webhook-id"])
        data: dict[str, Any] = json.loads(body)["data"]
        if data.get("sequence", 99) <= self.sequences.get(data.get("id", ""), 0):
            return 409
        self.sequences[data.get("id", "")] = data.get("sequence", 0)
        return 204


def knows_its_types_only(headers: Mapping[str, str], body: bytes) -> int:
    if right(headers, body) != 204:
        return 400
    known = ("created", "started", "submitted", "verified", "rejected")
    return 204 if json.loads(body)["type"].removeprefix("onboarding.") in known else 422


def knows_its_fields_only(headers: Mapping[str, str], body: bytes) -> int:
    if right(headers, body) != 204:
        return 400
    return 422 if "field_of_a_later_version" in json.loads(body)["data"] else 204


def redirects(_headers: Mapping[str, str], _body: bytes) -> int:
    return 302


def wants_a_login(_headers: Mapping[str, str], _body: bytes) -> int:
    return 401

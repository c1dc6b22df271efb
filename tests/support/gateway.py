"""Clients of the sandbox gateway: API client, webhook receiver, control API, hosted page."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

TLS = ssl.create_default_context()  # not used; creating one for each client is slow
#: For calls that do not wait for the response.
IMPATIENT = httpx.Timeout(30, read=0.5)
TO_LOCAL: dict[str, Any] = {"trust_env": False, "verify": TLS, "timeout": 30}
web = httpx.Client(**TO_LOCAL, limits=httpx.Limits(max_keepalive_connections=0))
"""A client without cookies."""

KEY, SECRET = "key-of-the-company", "secret-of-the-company"
NOTICE_HEADERS = {"Authorization": "Bearer shared", "X-Company": "shop"}


@dataclass
class Receiver:
    """A webhook receiver that stores what it receives."""

    url: str = ""
    status: int = 204
    notices: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def states(self) -> list[str]:
        return [notice["status"] for notice in self.notices]


@contextmanager
def listening_receiver() -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.headers.append({name.lower(): value for name, value in self.headers.items()})
            seen.bodies.append(body)
            with suppress(ValueError):
                seen.notices.append(json.loads(body))
            self.send_response(seen.status)
            self.end_headers()

        def log_request(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    yield seen
    server.shutdown()
    thread.join()
    server.server_close()


class Company:
    """An API client of the gateway."""

    def __init__(self, url: str, api_key: str = KEY, api_secret: str = SECRET) -> None:
        self.http = httpx.Client(base_url=url, **TO_LOCAL)
        self._credentials = {"api_key": api_key, "api_secret": api_secret}
        self.log_in()

    def log_in(self) -> None:
        answer = self.http.post("/auth/token", json=self._credentials)
        self.http.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"

    def create(self, **wanted: Any) -> dict[str, str]:
        answer = self.http.post("/onboarding", json=wanted)
        assert answer.status_code == 200, answer.text
        created: dict[str, str] = answer.json()
        return created

    def data(self, scan_id: str) -> httpx.Response:
        return self.http.get(f"/mobbscan-agent/getVerificationProcessData/{scan_id}")

    def accept(self, scan_id: str, **more: Any) -> httpx.Response:
        body = {"verificationId": scan_id, "type": "AUTO", "personalData": {}, **more}
        return self.http.post("/mobbscan-agent/accept", json=body)

    def reject(self, scan_id: str, **more: Any) -> httpx.Response:
        body = {"verificationId": scan_id, "type": "AUTO", "rejectionComment": "blurred", **more}
        return self.http.post("/mobbscan-agent/reject", json=body)

    def pending(self, scan_id: str, **more: Any) -> httpx.Response:
        return self.http.post("/mobbscan-agent/pending", json={"verificationId": scan_id, **more})

    def delete(self, scan_id: str) -> httpx.Response:
        return self.http.delete(f"/mobbscan-agent/api/verification/{scan_id}")


class Controls:
    """Client of the control API."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/_sandbox/api", **TO_LOCAL)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(path, json=body)
        assert answer.is_success, answer.text
        content: dict[str, Any] = answer.json() if answer.content else {}
        return content

    def switch(self, **wanted: Any) -> None:
        answer = self.http.patch("/switches", json=wanted)
        assert answer.status_code == 200, answer.text

    def end(self, scan_id: str, outcome: str, **more: Any) -> dict[str, Any]:
        return self.post(f"/processes/{scan_id}/outcome", outcome=outcome, **more)


class HostedPage:
    """Sends the requests of the hosted page's script."""

    def __init__(self, gateway_url: str, created: dict[str, str]) -> None:
        self.token = created["onboardingToken"]
        self._headers = {"X-Onboarding-Token": self.token}
        self.address = f"{gateway_url}/onboarding/{created['scanId']}"

    def post(self, path: str, body: dict[str, str] | None = None) -> httpx.Response:
        return web.post(self.address + path, json=body or {}, headers=self._headers)

    def upload(self, picture: bytes, media_type: str = "image/jpeg") -> httpx.Response:
        headers = {**self._headers, "Content-Type": media_type}
        return web.post(f"{self.address}/uploads", content=picture, headers=headers)

    def end(self, outcome: str) -> httpx.Response:
        return self.post("/end", {"outcome": outcome})

"""deploy/nginx.conf in front of the server, as it lies there."""

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.nginx import ROOT, Nginx
from tests.support.ports import free_addresses
from tests.support.stack import Person, Stack
from tests.support.walking import begin, force

pytestmark = pytest.mark.needs("nginx")

TLS = ssl.create_default_context()
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE
#: A live page that nginx holds back until there is enough of it.
HELD_BACK = {"proxy_buffering off;": "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"}
FILE_BYTES = 60_000_000


@dataclass(frozen=True)
class Front:
    nginx: Nginx
    stack: Stack


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Front]:
    """The whole stack at a path of a shop's own address."""
    port = free_addresses().shop
    stack = Stack(
        tmp_path_factory.mktemp("behind"),
        database=database_kind,
        environment={"PUBLIC_URL": f"https://localhost:{port}/verify", "TRUSTED_PROXY_HOPS": "1"},
        leave_out=("people", "shop"),
    )
    upstream = f"127.0.0.1:{stack.addresses.server}"
    with stack, Nginx(tmp_path_factory.mktemp("nginx"), port, upstream) as nginx:
        yield Front(nginx, stack)


def send(front: Front, body: bytes) -> httpx.Response:
    return httpx.post(
        f"{front.stack.public_url}/webhooks/mobbscan",
        content=body,
        headers={**front.stack.webhook_headers, "Content-Type": "application/json"},
        verify=TLS,
        trust_env=False,
    )


def notice(front: Front, size: int) -> bytes:
    told = {"verificationId": "0f5a1c1e-3333-4222-8333-444455556666", "status": "VERIFIED"}
    return json.dumps({**told, "more": "x" * (size - 100)}).encode()


def test_ada_is_verified_at_a_path_of_the_shop(front: Front) -> None:
    walk = begin(front.stack, Person("ada-behind-nginx", "Ada Lovelace", "en"))
    assert walk.page.url.startswith(f"{front.nginx.url}/verify/onboardings/")
    cookies = walk.browser.client.cookies.jar
    assert {(each.path, each.secure) for each in cookies} == {("/verify", True)}
    assert walk.return_url.startswith(f"{front.nginx.url}/verify/return/")
    walk.finish("passes")
    walk.until("verified", seconds=30)


def test_an_event_goes_out_at_once(front: Front) -> None:
    walk = begin(front.stack, Person("ada-who-waits-behind-nginx", "Ada Lovelace", "en"))
    with walk.browser.client.stream("GET", f"{walk.url}/stream", timeout=30) as stream:
        events = (line for line in stream.iter_lines() if line.startswith("data:"))
        assert '"started"' in next(events)
        force(front.stack, walk.id, "passes")
        told_at = time.monotonic()
        for event in events:
            if '"verified"' in event:
                break
        assert time.monotonic() - told_at < 30, "long before the stream has ended"


def test_what_is_too_large_is_refused_and_what_fits_goes_through(front: Front) -> None:
    assert send(front, notice(front, 60 * 1024)).status_code == 204
    ours = send(front, notice(front, 70 * 1024))
    assert (ours.status_code, "Request-Id" in ours.headers) == (413, True), "the server itself"
    theirs = send(front, notice(front, 1024 * 1024))
    assert (theirs.status_code, "Request-Id" in theirs.headers) == (413, False), "nginx"
    assert front.nginx.on_disk == []


def test_the_longest_hand_off_and_the_largest_cookie_fit(front: Front) -> None:
    longest = 8100
    token = front.stack.handoff_token("ada", state="s")
    room = longest - len("GET /verify/handoff?token= HTTP/1.1") - len(token)
    long = front.stack.handoff_token("ada", state="s" * (room * 3 // 4))
    assert 7500 < len(long) < longest
    answer = httpx.get(
        f"{front.stack.public_url}/handoff",
        params={"token": long},
        headers={"Cookie": f"large={'c' * 4000}; larger={'c' * 4000}"},
        verify=TLS,
        trust_env=False,
    )
    assert "Request-Id" in answer.headers, answer
    assert answer.status_code in (303, 401)


def test_nobody_believes_the_host_header(front: Front) -> None:
    with httpx.Client(verify=TLS, trust_env=False, headers={"Host": "evil.example"}) as client:
        for path in ("", "/", "/onboardings/0f5a1c1e-3333-4222-8333-444455556666", "/nowhere"):
            forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
            answer = client.get(f"{front.stack.public_url}{path}", headers=forged)
            assert answer.status_code < 500
            assert "evil" not in answer.text
            assert "evil" not in str(answer.headers)


def test_metrics_are_not_for_the_world(front: Front) -> None:
    token = front.stack.instance.secret("operations_token")
    answer = httpx.get(
        f"{front.stack.public_url}/metrics",
        headers={"Authorization": f"Bearer {token}"},
        verify=TLS,
        trust_env=False,
    )
    assert answer.status_code == 404


# The same file in front of a small upstream that sees what nginx does.


@dataclass
class Upstream:
    address: str = ""
    connections: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)


@contextmanager
def listening() -> Iterator[Upstream]:
    seen = Upstream()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            seen.connections += 1
            super().setup()

        def do_GET(self) -> None:
            seen.headers.append({name.lower(): value for name, value in self.headers.items()})
            if "/recordings/" in self.path:
                self._file()
            elif self.path.endswith("/stream"):
                self._events()
            else:
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

        def _file(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(FILE_BYTES))
            self.end_headers()
            piece = bytes(100_000)
            for _ in range(FILE_BYTES // len(piece)):
                self.wfile.write(piece)
                seen.sent += len(piece)

        def _events(self) -> None:
            self.close_connection = True
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("X-Accel-Buffering", "no")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"data: first\n\n")
            self.wfile.flush()
            seen.go_on.wait(20)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    seen.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield seen
    seen.go_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def in_front(
    tmp_path: Path, upstream: Upstream, changes: dict[str, str] | None = None
) -> Iterator[Nginx]:
    with Nginx(tmp_path, free_addresses().shop, upstream.address, changes) as nginx:
        yield nginx


def test_connections_are_kept_and_the_clients_address_is_nginxs_to_say(tmp_path: Path) -> None:
    with listening() as upstream, in_front(tmp_path, upstream) as nginx:
        forged = {"X-Forwarded-For": "6.6.6.6"}
        for _ in range(20):
            answer = httpx.get(f"{nginx.url}/verify/", headers=forged, verify=TLS, trust_env=False)
            assert answer.text == "ok"
    assert upstream.connections == 1
    assert {each["x-forwarded-for"] for each in upstream.headers} == {"127.0.0.1"}
    assert {each.get("connection") for each in upstream.headers} == {None}


def test_a_file_waits_for_its_reader_and_not_on_the_disk(tmp_path: Path) -> None:
    path = "/verify/api/v1/onboardings/1/recordings/video_liveness"
    with listening() as upstream, in_front(tmp_path, upstream) as nginx:
        with httpx.stream("GET", nginx.url + path, verify=TLS, trust_env=False) as answer:
            pieces = answer.iter_raw(65536)
            size = len(next(pieces))
            _stands_still(upstream)
            assert upstream.sent < FILE_BYTES * 2 / 3, "nginx has taken in what nobody reads"
            assert nginx.on_disk == []
            size += sum(map(len, pieces))
        assert size == FILE_BYTES


def _stands_still(upstream: Upstream) -> None:
    last = -1

    def stands() -> bool:
        nonlocal last
        before, last = last, upstream.sent
        return before == last

    eventually(stands, seconds=30, every=0.5)


def test_with_buffering_on_a_file_would_lie_on_the_disk(tmp_path: Path) -> None:
    """The control: the test above can fail."""
    spoilt = {"proxy_max_temp_file_size 0;": "", "proxy_buffering off;": "proxy_buffering on;"}
    path = "/verify/api/v1/onboardings/1/recordings/video_liveness"
    with (
        listening() as upstream,
        in_front(tmp_path, upstream, spoilt) as nginx,
        httpx.stream("GET", nginx.url + path, verify=TLS, trust_env=False) as answer,
    ):
        pieces = answer.iter_raw(65536)  # held, so that the connection is
        assert next(pieces)
        eventually(lambda: upstream.sent == FILE_BYTES, seconds=30)


@pytest.mark.parametrize(("changes", "comes"), [(None, True), (HELD_BACK, False)])
def test_an_event_comes_though_the_answer_has_not_ended(
    tmp_path: Path, changes: dict[str, str] | None, comes: bool
) -> None:
    """Without buffering; with it (the control) it does not."""
    path = "/verify/onboardings/0f5a1c1e-3333-4222-8333-444455556666/stream"
    patience = 15 if comes else 2
    with (
        listening() as upstream,
        in_front(tmp_path, upstream, changes) as nginx,
        httpx.Client(verify=TLS, trust_env=False, timeout=patience) as client,
    ):
        try:
            with client.stream("GET", nginx.url + path) as answer:
                assert next(answer.iter_lines()) == "data: first"
                came = True
        except httpx.ReadTimeout:
            came = False
    assert came is comes


def test_while_the_server_is_away_people_are_told_to_come_back_and_no_log_says_who(
    tmp_path: Path,
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = Upstream(address=f"127.0.0.1:{nobody.getsockname()[1]}")
        with in_front(tmp_path, address) as nginx:
            for path in ("/verify/handoff?token=the-secret", "/verify/return/the-secret"):
                answer = httpx.get(nginx.url + path, verify=TLS, trust_env=False)
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            notice_ = httpx.post(
                f"{nginx.url}/verify/webhooks/mobbscan", json={}, verify=TLS, trust_env=False
            )
            assert notice_.status_code == 503
    assert " GET 503 " in nginx.logs
    assert "the-secret" not in nginx.logs


def test_nginx_lets_an_idle_connection_go_before_the_server_does() -> None:
    """Otherwise a request goes out on a connection that is being closed."""
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    upstream = re.search(r"upstream .*?keepalive_timeout (\d+)s;", text, re.S)
    served = re.search(r"^keepalive = (\d+)", (ROOT / "gunicorn.conf.py").read_text(), re.M)
    assert upstream
    assert served
    assert int(upstream[1]) < int(served[1])

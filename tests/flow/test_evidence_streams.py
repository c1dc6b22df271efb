"""Evidence over sockets: files that break off, clients that leave, killed workers, limits."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.evidence_server import (
    ID,
    KEY,
    EvidenceServer,
    path_of,
    request_of,
    running_evidence_server,
)
from tests.support.free_ports import free_addresses
from tests.support.nginx import Nginx
from tests.unit.gateway.raw_server import Behaviour, Connection, respond_with, send_then
from webapp.journey.api_evidence import MAX_STREAMS

MP4 = b"\x00\x00\x00\x18ftypisom".ljust(300_000, b"m")
JSON_BODY = json.dumps({"scanId": ID, "image": base64.b64encode(MP4).decode()}).encode()
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n"
#: Exit codes of curl: a part of the file, a failed receipt, an error of the HTTP/2 stream.
BROKEN_OFF = (18, 56, 92)
#: How a file breaks off: its answer to the client has a length, or is sent in chunks.
BROKEN: dict[str, Behaviour] = {
    "length": send_then(WHOLE % len(MP4) + MP4[:200_000]),
    "chunked": send_then(CHUNKED % (200_000, MP4[:200_000])),
    "json": send_then(WHOLE % len(JSON_BODY) + JSON_BODY[:200_000]),
    "json_end": send_then(WHOLE % (len(JSON_BODY) - 2) + JSON_BODY[:-2]),
    "reset": send_then(WHOLE % len(MP4) + MP4[:200_000], lambda each: each.reset()),
}
GOOD: dict[str, Behaviour] = {
    "whole": respond_with(MP4, content_type="image/jpeg"),
    "whole_chunked": send_then(CHUNKED % (len(MP4), MP4) + b"0\r\n\r\n"),
    "whole_json": respond_with(JSON_BODY),
}


def endless(connection: Connection) -> None:
    connection.send(WHOLE % (1 << 29) + MP4)
    while True:
        connection.send(MP4)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[EvidenceServer]:
    with running_evidence_server(tmp_path_factory.mktemp("evidence"), root) as served:
        served.behaviours |= {**BROKEN, **GOOD, "endless": endless}
        yield served


@pytest.fixture(autouse=True)
def _without_views(served: EvidenceServer) -> None:
    served.forget_views()


def receive(connection: socket.socket, request: bytes) -> bytes:
    """Return everything until the connection ends. Raises ConnectionResetError when it is reset."""
    connection.sendall(request)
    received = bytearray()
    while more := connection.recv(1 << 20):
        received += more
    return bytes(received)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("type_", BROKEN)
def test_file_that_breaks_off_resets_the_connection(
    served: EvidenceServer, type_: str, version: str
) -> None:
    """Under HTTP/1.0 a clean end would be the end of the body."""
    with served.connect() as client, pytest.raises(ConnectionResetError):
        receive(client, request_of(type_, version=version))
    (view,) = eventually(lambda: [each for each in served.views() if each.ended_at])
    assert (view.is_complete, view.viewer) == (False, "back office")
    assert 0 < view.size < len(MP4) or type_ == "json_end"


@pytest.mark.parametrize("type_", BROKEN)
@pytest.mark.needs("curl")
def test_client_libraries_report_a_file_that_breaks_off(served: EvidenceServer, type_: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{served.url}{path_of(type_)}", headers=headers, trust_env=False)
    with closing(HTTPConnection(*served.server.address, timeout=30)) as connection:
        connection.request("GET", path_of(type_), headers=headers)
        with pytest.raises((IncompleteRead, ConnectionError)):
            connection.getresponse().read()
    assert _curl(f"{served.url}{path_of(type_)}") in BROKEN_OFF


@pytest.mark.parametrize("type_", GOOD)
def test_whole_file_ends_cleanly_and_keeps_the_connection(
    served: EvidenceServer, type_: str
) -> None:
    with closing(HTTPConnection(*served.server.address, timeout=30)) as connection:
        for method in ("HEAD", "GET", "HEAD", "GET"):
            connection.request(method, path_of(type_), headers={"Authorization": f"Bearer {KEY}"})
            answer = connection.getresponse()
            body = answer.read()
            assert (answer.status, answer.headers["Content-Type"]) == (200, "video/mp4")
            assert body == (MP4 if method == "GET" else b"")
            assert answer.headers["Accept-Ranges"] == "none"
            if type_ == "whole":
                assert answer.headers["Content-Length"] == str(len(MP4))
    views = eventually(lambda: ended if len(ended := _ended(served)) == 2 else None)
    assert {(each.sha256, each.size, each.is_complete) for each in views} == {
        (hashlib.sha256(MP4).hexdigest(), len(MP4), True)
    }


@pytest.mark.parametrize("type_", BROKEN)
def test_head_of_a_file_that_will_break_off_keeps_the_connection(
    served: EvidenceServer, type_: str
) -> None:
    with closing(HTTPConnection(*served.server.address, timeout=30)) as connection:
        for each in (type_, "whole"):
            connection.request("HEAD", path_of(each), headers={"Authorization": f"Bearer {KEY}"})
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"")
    assert served.views() == []


def test_client_that_leaves_frees_its_thread_and_has_not_seen_it_all(
    served: EvidenceServer,
) -> None:
    for _ in range(MAX_STREAMS + 3):
        with served.connect() as client:
            client.sendall(request_of("endless"))
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        count = len(served.views())
        eventually(lambda count=count: len(_ended(served)) == count)
    assert not any(each.is_complete for each in served.views())
    assert served.server.status("/healthz") == 200


def test_stalled_clients_leave_threads_for_notices(served: EvidenceServer) -> None:
    notice = json.dumps({"verificationId": ID, "status": "VERIFIED"})
    with ExitStack() as connections:
        for _ in range(MAX_STREAMS):
            client = connections.enter_context(served.connect(2048))
            client.sendall(request_of("endless"))
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")
        for _ in range(100):
            refused = httpx.get(
                f"{served.url}{path_of('whole')}",
                headers={"Authorization": f"Bearer {KEY}"},
                trust_env=False,
            )
            assert (refused.status_code, refused.json()["code"]) == (503, "evidence_busy")
        began = time.monotonic()
        stored = httpx.post(
            f"{served.url}/webhooks/mobbscan",
            content=notice,
            headers={"X-Notice-Key": "agreed"},
            trust_env=False,
        )
        assert stored.status_code == 204
        assert time.monotonic() - began < 15
    eventually(lambda: len(_ended(served)) == MAX_STREAMS)
    with served.connect() as client:
        request = request_of("whole", header="Connection: close")
        assert receive(client, request).endswith(MP4)


@pytest.mark.nightly
def test_client_that_does_not_read_is_disconnected_within_the_send_timeout(
    served: EvidenceServer,
) -> None:
    with served.connect(2048) as client:
        client.sendall(request_of("endless"))
        (view,) = eventually(lambda: _ended(served), seconds=60)
        assert not view.is_complete


def test_killed_worker_leaves_a_view_that_has_begun(tmp_path: Path, root: Path) -> None:
    with running_evidence_server(tmp_path, root) as served:
        served.behaviours["endless"] = endless
        with served.connect() as client:
            client.sendall(request_of("endless"))
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
            for worker in _children(served.server.process.pid):
                os.kill(worker, signal.SIGKILL)
            (view,) = served.views()
            assert (view.is_complete, view.ended_at, view.sha256) == (False, None, None)


@pytest.mark.needs("nginx")
@pytest.mark.needs("curl")
@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_file_that_breaks_off_behind_nginx_breaks_the_clients_connection(
    served: EvidenceServer, tmp_path: Path, version: str
) -> None:
    port = free_addresses().shop
    upstream = "{}:{}".format(*served.server.address)
    changes = {"proxy_http_version 1.1;": f"proxy_http_version {version};"}
    with Nginx(tmp_path, port, upstream, changes) as proxy:
        for type_ in BROKEN:
            for option in ("--http1.1", "--http2"):
                code = _curl(f"{proxy.url}/verify{path_of(type_)}", option)
                assert code in BROKEN_OFF, (type_, option)
        for type_ in GOOD:
            assert _curl(f"{proxy.url}/verify{path_of(type_)}", "--http1.1") == 0, type_
        assert proxy.on_disk == []


def _ended(served: EvidenceServer) -> list:
    return [each for each in served.views() if each.ended_at]


def _curl(url: str, *options: str) -> int:
    command = ["curl", "-sS", "-k", "--noproxy", "*", "-f", "-o", "/dev/null", "--max-time", "30"]
    command += ["-H", f"Authorization: Bearer {KEY}", *options, url]
    return subprocess.run(command, capture_output=True, check=False).returncode


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]

"""The HTTP server: connections that stay open, bodies read to their end, a clean stop."""

import http.client
import socket
import threading

import httpx
import pytest

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from tests.support.gateway import KEY, SECRET, Company, web


def test_a_connection_is_used_again(gateway: RunningGateway) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    connection.request("POST", "/onboarding", b"an unread body" * 100)
    first = connection.getresponse()
    assert first.status == 401
    first.read()
    used = connection.sock
    connection.request("GET", "/_sandbox/api/health")
    second = connection.getresponse()
    assert (second.status, second.read()) == (200, b'{"ok":true}\n')
    assert connection.sock is used
    connection.close()


def test_a_chunked_body_is_understood(gateway: RunningGateway) -> None:
    def body() -> object:
        yield b'{"api_key": "%s",' % KEY.encode()
        yield b'"api_secret": "%s"}' % SECRET.encode()

    headers = {"Content-Type": "application/json"}
    answer = web.post(f"{gateway.url}/auth/token", content=body(), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 200


def test_head_has_no_body(gateway: RunningGateway) -> None:
    answer = web.head(f"{gateway.url}/_sandbox/api/health")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_body_beyond_measure_is_not_read(gateway: RunningGateway) -> None:
    with socket.create_connection(("127.0.0.1", int(gateway.url.rpartition(":")[2]))) as raw:
        raw.sendall(
            b"POST /auth/token HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
        )
        assert raw.recv(4096).startswith(b"HTTP/1.1 4")


def test_many_callers_are_served_at_once(company: Company) -> None:
    created: list[str] = []
    threads = [
        threading.Thread(target=lambda: created.append(company.create()["scanId"]))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(created)) == 20


def test_a_stopped_gateway_hangs_up() -> None:
    with RunningGateway(SandboxOptions(KEY, SECRET)) as gateway, httpx.Client() as client:
        assert client.get(f"{gateway.url}/_sandbox/api/health").status_code == 200
        url = gateway.url
        gateway.__exit__(None, None, None)
        with pytest.raises(httpx.TransportError):
            client.get(f"{url}/_sandbox/api/health")

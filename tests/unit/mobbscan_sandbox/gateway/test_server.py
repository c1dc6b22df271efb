"""The HTTP server: keep-alive, request bodies and a clean stop."""

import http.client
import socket

import httpx
import pytest

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from tests.support.gateway import KEY, SECRET, web


@pytest.fixture
def port(gateway):
    return int(gateway.url.rpartition(":")[2])


def test_connection_is_reused_after_an_unread_body(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/onboarding", b"an unread body" * 100)
    first = connection.getresponse()
    assert (first.status, bool(first.read())) == (401, True)
    used = connection.sock
    connection.request("GET", "/_sandbox/api/health")
    second = connection.getresponse()
    assert (second.status, second.read()) == (200, b'{"ok":true}\n')
    assert connection.sock is used
    connection.close()


def test_chunked_body_is_read(gateway):
    def body():
        yield b'{"api_key": "%s",' % KEY.encode()
        yield b'"api_secret": "%s"}' % SECRET.encode()

    headers = {"Content-Type": "application/json"}
    answer = web.post(f"{gateway.url}/auth/token", content=body(), headers=headers)
    assert answer.status_code == 200


def test_head_has_no_body(gateway):
    answer = web.head(f"{gateway.url}/_sandbox/api/health")
    assert (answer.status_code, answer.content) == (200, b"")


def test_body_over_the_limit_is_refused_unread(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            b"POST /auth/token HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
        )
        assert connection.recv(4096).startswith(b"HTTP/1.1 4")


def test_stopped_gateway_closes_open_connections():
    with RunningGateway(SandboxOptions(KEY, SECRET)) as gateway, httpx.Client() as client:
        url = f"{gateway.url}/_sandbox/api/health"
        assert client.get(url).status_code == 200
        gateway.__exit__(None, None, None)
        with pytest.raises(httpx.TransportError):
            client.get(url)

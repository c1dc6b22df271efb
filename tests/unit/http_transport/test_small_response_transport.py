"""SmallResponseTransport: deadline, size limit and no compression."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.unit.gateway.raw_server import Behaviour, RawServer, respond_with
from webapp.http_transport.deadline import deadline
from webapp.http_transport.small_response_transport import SmallResponseTransport

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(transport=SmallResponseTransport(max_bytes=1000), trust_env=False) as made:
        yield made


@pytest.mark.parametrize(
    "behaviour",
    [
        lambda connection: connection.stay_silent(),
        lambda connection: connection.drip(b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 10_000),
        lambda connection: (connection.send(HEAD), connection.drip(b"1\r\nx\r\n")),
    ],
    ids=["silence", "headers byte by byte", "a body byte by byte"],
)
def test_transport_slow_server_ends_at_deadline(client: httpx.Client, behaviour: Behaviour) -> None:
    with RawServer(behaviour) as server:
        began = time.monotonic()
        with deadline(0.3), pytest.raises(httpx.TransportError):
            client.get(server.url)
        assert time.monotonic() - began < 4


def test_transport_body_at_limit_is_read(client: httpx.Client) -> None:
    with RawServer(respond_with(b"x" * 1000)) as server:
        response = client.get(server.url)
        assert (response.status_code, response.content) == (200, b"x" * 1000)
        assert b"accept-encoding: identity" in server.requests[0].lower()


def test_transport_body_over_limit_raises_read_error(client: httpx.Client) -> None:
    with RawServer(respond_with(b"x" * 1001)) as server, pytest.raises(httpx.ReadError):
        client.get(server.url)


def test_transport_compressed_body_raises_read_error(client: httpx.Client) -> None:
    packed = respond_with(gzip.compress(b"x" * 10_000_000)[:900], "Content-Encoding: gzip")
    with RawServer(packed) as server, pytest.raises(httpx.ReadError):
        client.get(server.url)

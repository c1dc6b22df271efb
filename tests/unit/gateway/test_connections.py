"""Connections: pooled per process; response size and compression are limited."""

import gzip
import json
import os
import tracemalloc
from pathlib import Path

import pytest

from tests.unit.gateway.doubles import ADAS_PROCESS, gateway_at, options, process_response
from tests.unit.gateway.faulty_gateway import gzip_bomb
from tests.unit.gateway.raw_server import RawServer, respond_with
from webapp.gateway import Gateway, InvalidResponse, MemoryTokenCache
from webapp.gateway.size_limit_transport import MAX_RESPONSE_BYTES

FINE = json.dumps(process_response()).encode()


def test_connections_several_calls_share_one_connection() -> None:
    with RawServer(respond_with(FINE)) as server:
        client = gateway_at(server.url)
        for _ in range(5):
            client.read(ADAS_PROCESS)
        client.close()
        assert (len(server.requests), server.connections) == (5, 1)


def test_connections_call_after_close_opens_new_connection() -> None:
    with RawServer(respond_with(FINE)) as server:
        client = gateway_at(server.url)
        client.read(ADAS_PROCESS)
        client.close()
        client.read(ADAS_PROCESS)
        client.close()
        assert server.connections == 2


def test_connections_forked_process_opens_own_connection() -> None:
    with RawServer(respond_with(FINE)) as server:
        client = gateway_at(server.url)
        client.read(ADAS_PROCESS)
        child = os.fork()
        if child == 0:
            # os._exit skips the test runner's clean-up in the child.
            worked = False
            try:
                worked = client.read(ADAS_PROCESS).verification_result == "VERIFIED"
            finally:
                os._exit(0 if worked else 1)
        assert os.waitpid(child, 0)[1] == 0
        client.read(ADAS_PROCESS)
        client.close()
        assert (len(server.requests), server.connections) == (3, 2)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_client_compressed_response_is_read(encoding: str) -> None:
    packed = respond_with(gzip.compress(FINE), f"Content-Encoding: {encoding}")
    with RawServer(packed) as server:
        client = gateway_at(server.url)
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        client.close()


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON;charset=UTF-8", "application/hal+json", "text/json", ""],
)
def test_client_json_media_types_and_byte_order_mark_are_accepted(content_type: str) -> None:
    with RawServer(respond_with(b"\xef\xbb\xbf" + FINE, content_type=content_type)) as server:
        client = gateway_at(server.url)
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        client.close()


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized", "500 Internal Server Error"])
def test_client_body_over_size_limit_raises_invalid_response(status: str) -> None:
    with RawServer(respond_with(FINE.ljust(MAX_RESPONSE_BYTES + 1), status=status)) as server:
        client = gateway_at(server.url, 1)
        with pytest.raises(InvalidResponse):
            client.read(ADAS_PROCESS)
        client.close()


def test_client_body_at_size_limit_is_read() -> None:
    with RawServer(respond_with(FINE.ljust(MAX_RESPONSE_BYTES))) as server:
        client = gateway_at(server.url)
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        client.close()


def test_client_gzip_bomb_is_refused_without_decompressing_it() -> None:
    with RawServer(gzip_bomb) as server:
        client = gateway_at(server.url)
        tracemalloc.start()
        try:
            with pytest.raises(InvalidResponse):
                client.log_in()
            peak_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        client.close()
    # The server of this test holds the 50 MB in the same process; decompressing would double them.
    assert peak_bytes < 80_000_000


def test_client_proxy_of_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with RawServer(respond_with(FINE)) as server:
        client = gateway_at(server.url)
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        client.close()


def test_client_invalid_ca_file_raises_at_construction(tmp_path: Path) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    with pytest.raises(OSError, match=r"PEM|certificate"):
        Gateway(options(ca_file=str(wrong)), MemoryTokenCache())
    with pytest.raises(FileNotFoundError):
        Gateway(options(ca_file=str(tmp_path / "absent.pem")), MemoryTokenCache())

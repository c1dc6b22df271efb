"""Connections: pooled per process; response size and compression are limited."""

import gzip
import json
import os
import tracemalloc
from pathlib import Path

import pytest

from tests.support.memory_token_cache import MemoryTokenCache
from tests.unit.gateway.conftest import Serve
from tests.unit.gateway.doubles import ADAS_PROCESS, options, process_response
from tests.unit.gateway.faulty_gateway import gzip_bomb
from tests.unit.gateway.raw_server import Behaviour, respond_with
from webapp.gateway import Gateway, InvalidResponse
from webapp.gateway.size_limit_transport import MAX_RESPONSE_BYTES

FINE = json.dumps(process_response()).encode()


def test_connections_calls_share_one_connection_until_close(serve: Serve) -> None:
    server, client = serve(respond_with(FINE))
    for _ in range(5):
        client.read(ADAS_PROCESS)
    assert (len(server.requests), server.connections) == (5, 1)
    client.close()
    client.read(ADAS_PROCESS)
    assert server.connections == 2


def test_connections_forked_process_opens_own_connection(serve: Serve) -> None:
    server, client = serve(respond_with(FINE))
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
    assert (len(server.requests), server.connections) == (3, 2)


@pytest.mark.parametrize(
    "response",
    [
        respond_with(gzip.compress(FINE), "Content-Encoding: GZIP"),
        respond_with(gzip.compress(FINE), "Content-Encoding: x-gzip"),
        respond_with(b"\xef\xbb\xbf" + FINE, content_type="Application/JSON;charset=UTF-8"),
        respond_with(FINE, content_type="application/hal+json"),
        respond_with(FINE, content_type="text/json"),
        respond_with(FINE, content_type=""),
        respond_with(FINE.ljust(MAX_RESPONSE_BYTES)),
    ],
    ids=["gzip", "x-gzip", "byte order mark", "+json", "text/json", "no type", "at size limit"],
)
def test_client_each_encoding_media_type_and_size_is_read(
    response: Behaviour, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The client must not use a proxy of the environment.
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    _, client = serve(response)
    assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized", "500 Internal Server Error"])
def test_client_body_over_size_limit_raises_invalid_response(status: str, serve: Serve) -> None:
    _, client = serve(respond_with(FINE.ljust(MAX_RESPONSE_BYTES + 1), status=status), seconds=1)
    with pytest.raises(InvalidResponse):
        client.read(ADAS_PROCESS)


def test_client_gzip_bomb_is_refused_without_decompressing_it(serve: Serve) -> None:
    _, client = serve(gzip_bomb)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidResponse):
            client.log_in()
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 30_000_000, "decompressed it holds 50 MB"


def test_client_invalid_ca_file_raises_at_construction(tmp_path: Path) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    with pytest.raises(OSError, match=r"PEM|certificate"):
        Gateway(options(ca_file=str(wrong)), MemoryTokenCache())
    with pytest.raises(FileNotFoundError):
        Gateway(options(ca_file=str(tmp_path / "absent.pem")), MemoryTokenCache())

"""Connections: kept, one pool per process, never shared across a fork."""

import gzip
import json
import os
import tracemalloc
from pathlib import Path

import pytest

from tests.unit.gateway.doubles import ADAS_PROCESS, gateway_at, options, process_answer
from tests.unit.gateway.faulty_gateway import gzip_bomb
from tests.unit.gateway.raw_server import RawServer, answering
from webapp.gateway import Gateway, InvalidResponse, MemoryTokenCache
from webapp.gateway.size_limit import MAX_ANSWER_BYTES

FINE = json.dumps(process_answer()).encode()


def test_calls_share_one_connection() -> None:
    with RawServer(answering(FINE)) as server:
        client = gateway_at(server.url)
        for _ in range(5):
            client.read(ADAS_PROCESS)
        client.close()
        assert (len(server.requests), server.connections) == (5, 1)


def test_a_closed_client_opens_again_when_it_is_needed() -> None:
    with RawServer(answering(FINE)) as server:
        client = gateway_at(server.url)
        client.read(ADAS_PROCESS)
        client.close()
        client.read(ADAS_PROCESS)
        client.close()
        assert server.connections == 2


def test_a_forked_process_uses_a_connection_of_its_own() -> None:
    with RawServer(answering(FINE)) as server:
        client = gateway_at(server.url)
        client.read(ADAS_PROCESS)
        child = os.fork()
        if child == 0:
            # Nothing of the test runner may run in here, whatever happens.
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
def test_a_compressed_answer_is_read(encoding: str) -> None:
    packed = answering(gzip.compress(FINE), f"Content-Encoding: {encoding}")
    with RawServer(packed) as server:
        client = gateway_at(server.url)
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        client.close()


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON;charset=UTF-8", "application/hal+json", "text/json", ""],
)
def test_json_is_taken_under_each_of_its_names(content_type: str) -> None:
    with RawServer(answering(b"\xef\xbb\xbf" + FINE, content_type=content_type)) as server:
        client = gateway_at(server.url)
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        client.close()


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized", "500 Internal Server Error"])
def test_a_body_of_more_than_a_megabyte_is_refused_whatever_it_says(status: str) -> None:
    with RawServer(answering(FINE.ljust(MAX_ANSWER_BYTES + 1), status=status)) as server:
        client = gateway_at(server.url, 1)
        with pytest.raises(InvalidResponse):
            client.read(ADAS_PROCESS)
        client.close()


def test_a_body_of_just_a_megabyte_is_read() -> None:
    with RawServer(answering(FINE.ljust(MAX_ANSWER_BYTES))) as server:
        client = gateway_at(server.url)
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        client.close()


def test_a_gzip_bomb_is_never_unpacked() -> None:
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
    # The server of this test packs the 50 MB in the same process; unpacking would need them twice.
    assert peak_bytes < 80_000_000


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with RawServer(answering(FINE)) as server:
        client = gateway_at(server.url)
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        client.close()


def test_a_wrong_authority_file_is_noticed_at_the_start(tmp_path: Path) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    with pytest.raises(OSError, match=r"PEM|certificate"):
        Gateway(options(ca_file=str(wrong)), MemoryTokenCache())
    with pytest.raises(FileNotFoundError):
        Gateway(options(ca_file=str(tmp_path / "absent.pem")), MemoryTokenCache())

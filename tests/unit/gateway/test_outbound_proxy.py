"""Gateway client through OUTBOUND_PROXY, and not through a proxy of the environment."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from tests.support.certificate import self_signed
from tests.support.forward_proxy import ForwardProxy
from tests.unit.gateway.doubles import ADAS_PROCESS, CALLS, FILES, gateway_at, process_response
from tests.unit.gateway.raw_server import RawServer, respond_with
from webapp.gateway import Unavailable

FINE = json.dumps(process_response()).encode()
VARIABLES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    return str(self_signed(tmp_path, x509.IPAddress(ip_address("127.0.0.1")))[0])


@pytest.fixture
def tls(ca_file: str, tmp_path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file, tmp_path / "key.pem")
    return context


@pytest.fixture
def server(tls: ssl.SSLContext) -> Iterator[RawServer]:
    with RawServer(respond_with(FINE), tls=tls) as running:
        yield running


@pytest.mark.parametrize("credentials", ["", "shop:s3cr3t"])
def test_client_with_proxy_sends_calls_through_a_tunnel(
    server: RawServer, ca_file: str, credentials: str
) -> None:
    with ForwardProxy(credentials) as proxy:
        client = gateway_at(
            f"https://127.0.0.1:{server.port}", ca_file=ca_file, proxy=proxy.url, seconds=30
        )
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        client.close()
    assert proxy.requests == [f"CONNECT 127.0.0.1:{server.port}"]  # one connection, kept
    assert len(server.requests) == 2
    # The proxy's credentials are for the proxy only.
    assert b"proxy-authorization" not in b"".join(map(_raw, server.requests)).lower()


def test_client_with_proxy_streams_evidence_through_it(tls: ssl.SSLContext, ca_file: str) -> None:
    behaviour = respond_with(FILES["image"], content_type="image/jpeg")
    with RawServer(behaviour, tls=tls) as server, ForwardProxy() as proxy:
        client = gateway_at(
            f"https://127.0.0.1:{server.port}", ca_file=ca_file, proxy=proxy.url, seconds=30
        )
        assert CALLS["image"](client) == FILES["image"]
        client.close()
    assert proxy.requests == [f"CONNECT 127.0.0.1:{server.port}"]


def test_client_with_proxy_lets_the_proxy_look_the_name_up(serve_plain: RawServer) -> None:
    port = serve_plain.port
    with ForwardProxy(hosts={"gateway.invalid:80": f"127.0.0.1:{port}"}) as proxy:
        client = gateway_at("http://gateway.invalid", proxy=proxy.url, seconds=30)
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        client.close()
    assert [each.split(" ")[0] for each in proxy.requests] == ["GET"]


@pytest.fixture
def serve_plain() -> Iterator[RawServer]:
    with RawServer(respond_with(FINE)) as running:
        yield running


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_client_whose_proxy_refuses_it_is_unavailable_and_sent_nothing(
    server: RawServer, ca_file: str, scheme: str
) -> None:
    """A 407 is the proxy's: taken for the gateway's it would cancel the onboarding."""
    with ForwardProxy("shop:s3cr3t") as proxy:
        wrong = proxy.url.replace("s3cr3t", "hunter2")
        client = gateway_at(
            f"{scheme}://127.0.0.1:{server.port}", ca_file=ca_file, proxy=wrong, seconds=5
        )
        with pytest.raises(Unavailable) as failure:
            CALLS["create"](client)
        client.close()
    assert failure.value.maybe_sent is False
    assert server.requests == []
    assert "hunter2" not in f"{failure.value} {failure.value.__cause__}"


def test_client_whose_proxy_is_down_is_unavailable_and_connects_to_nobody_else(
    server: RawServer, ca_file: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = gateway_at(
        f"https://127.0.0.1:{server.port}",
        ca_file=ca_file,
        proxy=f"http://127.0.0.1:{port}",
        seconds=2,
    )
    with pytest.raises(Unavailable):
        client.read(ADAS_PROCESS)
    client.close()
    assert server.requests == []


def test_client_whose_proxy_stays_silent_obeys_the_deadline() -> None:
    with RawServer(lambda connection: connection.stay_silent()) as silent:
        client = gateway_at("https://gateway.invalid", proxy=silent.url, seconds=0.5)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            client.read(ADAS_PROCESS)
        assert time.monotonic() - began < 10
        client.close()


def test_client_ignores_proxies_of_the_environment(
    serve_plain: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ForwardProxy() as proxy:
        for name in VARIABLES:
            monkeypatch.setenv(name, proxy.url)
        client = gateway_at(serve_plain.url, seconds=30)
        assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
        client.close()
    assert proxy.requests == []


def test_options_repr_hides_the_proxy_and_its_password() -> None:
    client = gateway_at("https://gateway.example", proxy="http://me:hunter2@127.0.0.1:1")
    assert "hunter2" not in repr(client._options)


def _raw(request: object) -> bytes:
    return repr(request).encode()

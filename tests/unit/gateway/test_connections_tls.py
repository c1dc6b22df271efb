"""Gateway client over TLS: only a server with a trusted certificate receives a request."""

import json
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from tests.support.certificate import self_signed
from tests.unit.gateway.doubles import ADAS_PROCESS, CALLS, gateway_at, process_response
from tests.unit.gateway.raw_server import RawServer, respond_with
from webapp.gateway import Unavailable


def certified(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 and its key; return the path of the certificate."""
    return self_signed(folder, x509.IPAddress(ip_address("127.0.0.1")))[0]


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    return str(certified(tmp_path))


@pytest.fixture
def server(ca_file: str, tmp_path: Path) -> Iterator[RawServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file, tmp_path / "key.pem")
    with RawServer(respond_with(json.dumps(process_response()).encode()), tls=context) as running:
        yield running


def test_client_configured_ca_file_is_trusted(server: RawServer, ca_file: str) -> None:
    client = gateway_at(f"https://127.0.0.1:{server.port}", ca_file=ca_file)
    assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
    client.close()


@pytest.mark.parametrize("call", ["create", "image"])
@pytest.mark.parametrize(("host", "trusted"), [("127.0.0.1", False), ("localhost", True)])
def test_client_untrusted_certificate_or_other_name_sends_nothing(
    host: str, trusted: bool, call: str, server: RawServer, ca_file: str
) -> None:
    client = gateway_at(f"https://{host}:{server.port}", 1, ca_file=ca_file if trusted else None)
    with pytest.raises(Unavailable) as failure:
        CALLS[call](client)
    client.close()
    assert failure.value.maybe_sent is False
    assert server.requests == []

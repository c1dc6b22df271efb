"""Gateway client over TLS: only a server with a trusted certificate receives a request."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.gateway.doubles import ADAS_PROCESS, CALLS, gateway_at, process_response
from webapp.gateway import Unavailable


@dataclass
class SecureServer:
    """Gives one response over TLS, with a certificate for 127.0.0.1 only."""

    port: int
    authority: Path
    received: list[bytes]


@pytest.fixture
def secure_server(tmp_path: Path) -> Iterator[SecureServer]:
    authority = certified(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, tmp_path / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    server = SecureServer(listener.getsockname()[1], authority, [])
    response = json.dumps(process_response()).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

    def serve() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(sock, server_side=True) as secure:
                    server.received.append(secure.recv(65536))
                    secure.sendall(head % len(response) + response)
            except OSError:
                sock.close()  # the client does not trust the certificate

    threading.Thread(target=serve, daemon=True).start()
    yield server
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def certified(folder: Path) -> Path:
    """Write a self-signed certificate and its key; return the path of the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a gateway of the tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_client_configured_ca_file_is_trusted(secure_server: SecureServer) -> None:
    client = gateway_at(
        f"https://127.0.0.1:{secure_server.port}", ca_file=str(secure_server.authority)
    )
    assert client.read(ADAS_PROCESS).verification_result == "VERIFIED"
    client.close()


@pytest.mark.parametrize("call", ["create", "image"])
def test_client_untrusted_certificate_sends_nothing(call: str, secure_server: SecureServer) -> None:
    client = gateway_at(f"https://127.0.0.1:{secure_server.port}", 1)
    with pytest.raises(Unavailable) as failure:
        CALLS[call](client)
    client.close()
    assert failure.value.maybe_sent is False
    assert secure_server.received == []


def test_client_certificate_for_other_name_sends_nothing(secure_server: SecureServer) -> None:
    client = gateway_at(
        f"https://localhost:{secure_server.port}", 1, ca_file=str(secure_server.authority)
    )
    with pytest.raises(Unavailable) as failure:
        CALLS["create"](client)
    client.close()
    assert failure.value.maybe_sent is False
    assert secure_server.received == []

"""Which addresses may be called, and that the checked address is the called one."""

import socket
from collections.abc import Callable
from typing import Any

import httpcore
import pytest

from tests.unit.gateway.raw_server import RawServer, respond_with
from webapp.http_transport.address_guard import AddressRefused, is_public, names_private_address
from webapp.http_transport.deadline import deadline
from webapp.http_transport.deadline_backend import DeadlineBackend

PRIVATE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
    "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1",
    "192.167.255.255", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::1",
    "2001:4860:4860::8888",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_is_public_private_address_is_false(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_is_public_public_address_is_true(address: str) -> None:
    assert is_public(address)


@pytest.fixture
def resolves_to(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Have names resolve to one list of addresses after the other; returns the looked-up names."""

    look_up = socket.getaddrinfo

    def install(*answers: list[str]) -> list[str]:
        looked_up: list[str] = []

        def answer(host: str, port: int, *more: Any, **options: Any) -> list[Any]:
            if host in {address for each in answers for address in each}:
                return look_up(host, port, *more, **options)
            found = answers[min(len(looked_up), len(answers) - 1)]
            looked_up.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return looked_up

    return install


@pytest.mark.parametrize(
    "host", ["rebinding.example", "2130706433", "0x7f.1", "127.0.0.1", "127.1"]
)
def test_backend_name_of_private_address_is_refused_without_connection(
    resolves_to: Callable[..., list[str]], host: str
) -> None:
    with RawServer(respond_with(b"secret")) as server:
        resolves_to(["127.0.0.1"])
        with deadline(5), pytest.raises(AddressRefused):
            DeadlineBackend(is_public).connect_tcp(host, server.port)
        assert server.connections == 0


def test_backend_connects_to_the_very_address_that_was_checked(
    resolves_to: Callable[..., list[str]],
) -> None:
    looked_up = resolves_to(["127.0.0.2"], ["127.0.0.1"])
    with socket.create_server(("127.0.0.2", 0)) as allowed:
        port = allowed.getsockname()[1]
        with deadline(5), socket.create_server(("127.0.0.1", port)):
            backend = DeadlineBackend(lambda address: address == "127.0.0.2")
            stream = backend.connect_tcp("rebinding.example", port)
            peer = stream.get_extra_info("socket").getpeername()
            stream.close()
    assert (peer[0], looked_up) == ("127.0.0.2", ["rebinding.example"])


def test_backend_skips_private_ones_of_several_addresses(
    resolves_to: Callable[..., list[str]],
) -> None:
    resolves_to(["127.0.0.1", "127.0.0.3"])
    with socket.create_server(("127.0.0.1", 0)) as server, deadline(5):
        backend = DeadlineBackend(lambda address: address == "127.0.0.3")
        with pytest.raises(httpcore.ConnectError):
            backend.connect_tcp("two.example", server.getsockname()[1])


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "134744072", "2606:4700::1111", "shop.example", "ñ.es"]
)
def test_names_private_address_accepts_public_addresses_and_names(host: str) -> None:
    assert not names_private_address(host)

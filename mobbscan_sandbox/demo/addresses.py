"""Addresses of the demo's four programs, and the check that they are free.

The host names differ because cookies ignore ports. All are trustworthy origins, so that a camera
works without TLS. Only browsers resolve names below `.localhost`, so the programs use IP addresses.
"""

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from mobbscan_sandbox.demo.errors import AddressUnavailable, PortInUse
from mobbscan_sandbox.demo.port_owner import own_program_on_port


@dataclass(frozen=True)
class Addresses:
    """The ports of the four programs; the host names are fixed."""

    server: int
    gateway: int
    identity_provider: int
    shop: int

    @classmethod
    def from_base(cls, base: int) -> "Addresses":
        return cls(base, base + 1, base + 2, base + 3)

    @property
    def server_url(self) -> str:
        return f"http://localhost:{self.server}"

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway}"

    @property
    def identity_provider_url(self) -> str:
        return f"http://127.0.0.2:{self.identity_provider}"

    @property
    def shop_url(self) -> str:
        return f"http://shop.localhost:{self.shop}"

    def listeners(self) -> Iterator[tuple[str, str, int]]:
        """Yield name, host and port of each program."""
        yield "server", "127.0.0.1", self.server
        yield "gateway", "127.0.0.1", self.gateway
        yield "provider", "127.0.0.2", self.identity_provider
        yield "shop", "127.0.0.1", self.shop

    def check_free(self) -> None:
        """Raise `PortInUse` or `AddressUnavailable` if a program could not listen."""
        for name, host, port in self.listeners():
            try:
                _try_to_listen(host, port)
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    raise AddressUnavailable(name, host) from error
                raise PortInUse(name, host, port, own_program_on_port(port)) from error


def _try_to_listen(host: str, port: int) -> None:
    with socket.socket() as probe:
        # Connections of an earlier run in TIME_WAIT do not prevent listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        probe.listen(1)

"""Where each party lives.

All four are different sites to a browser (cookies ignore ports, so the host names differ), and all
are trustworthy origins, so that a camera works without TLS. Names below `.localhost` are known to
browsers only: one program reaches another by number.
"""

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from mobbscan_sandbox.demo.errors import AddressUnavailable, PortInUse
from mobbscan_sandbox.demo.port_owner import own_program_on_port


@dataclass(frozen=True)
class Addresses:
    """The four ports; everything else about an address is fixed."""

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
        """Name, host and port of everything that will listen."""
        yield "server", "127.0.0.1", self.server
        yield "gateway", "127.0.0.1", self.gateway
        yield "provider", "127.0.0.2", self.identity_provider
        yield "shop", "127.0.0.1", self.shop

    def check_free(self) -> None:
        """Raise `PortTaken` or `AddressMissing` before anything is started."""
        for name, host, port in self.listeners():
            try:
                _listen_once(host, port)
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    raise AddressUnavailable(name, host) from error
                raise PortInUse(name, host, port, own_program_on_port(port)) from error


def _listen_once(host: str, port: int) -> None:
    with socket.socket() as probe:
        # Connections of an earlier run may linger in TIME_WAIT: those do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        probe.listen(1)

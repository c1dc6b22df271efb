"""Runs a stack behind a proxy, with a path prefix."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.free_ports import free_addresses
from tests.support.proxy import Proxy
from tests.support.stack import Stack

TLS = ssl.create_default_context()
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE


@dataclass(frozen=True)
class ProxiedStack:
    proxy: Proxy
    stack: Stack

    def get(self, path: str, **more: object) -> httpx.Response:
        return get(f"{self.stack.public_url}{path}", **more)


def get(url: str, **more: object) -> httpx.Response:
    return httpx.get(url, verify=TLS, trust_env=False, **more)  # type: ignore[arg-type]


@contextmanager
def running_proxied_stack(kind: type[Proxy], folder: Path, database: str) -> Iterator[ProxiedStack]:
    port = free_addresses().shop
    stack = Stack(
        folder / "stack",
        database=database,
        environment={"PUBLIC_URL": f"https://localhost:{port}/verify", "TRUSTED_PROXY_HOPS": "1"},
        leave_out=("provider", "shop"),
    )
    (folder / "proxy").mkdir()
    upstream = f"127.0.0.1:{stack.addresses.server}"
    with stack, kind(folder / "proxy", port, upstream) as proxy:
        yield ProxiedStack(proxy, stack)

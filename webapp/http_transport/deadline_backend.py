"""httpcore network backend whose sockets obey the current deadline."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from webapp.http_transport.address_guard import AddressRefused
from webapp.http_transport.deadline import seconds_left

# One unreachable address of several must not use up the whole deadline.
_PER_ADDRESS_SECONDS = 3.0


class DeadlineBackend(httpcore.NetworkBackend):
    """Limits name look-up, connect, TLS handshake, reads and writes by the deadline.

    With `may_call`, connects only to addresses that it allows. The connection goes to the very
    address that was checked: a second look-up could give another one (DNS rebinding).
    `max_response_bytes` limits what is read between two writes: head, interim responses and body.
    """

    def __init__(
        self,
        may_call: Callable[[str], bool] | None = None,
        max_response_bytes: int | None = None,
    ) -> None:
        self._backend = httpcore.SyncBackend()
        self._may_call = may_call
        self._max_response_bytes = max_response_bytes

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try each address of `host` in turn. Raises httpcore's connect errors, AddressRefused."""
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in self._allowed(_addresses(host, port)):
            limit = min(_time_limit(httpcore.ConnectTimeout, timeout), _PER_ADDRESS_SECONDS)
            try:
                stream = self._backend.connect_tcp(
                    address, port, limit, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _DeadlineStream(stream, self._max_response_bytes)
        raise failure

    def _allowed(self, addresses: list[str]) -> list[str]:
        if self._may_call is None:
            return addresses
        allowed = [each for each in addresses if self._may_call(each)]
        if addresses and not allowed:
            raise AddressRefused("the name leads to no address that may be called")
        return allowed


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, max_response_bytes: int | None) -> None:
        self._inner = inner
        self._max_response_bytes = max_response_bytes
        self._read_bytes = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        found = self._inner.read(max_bytes, _time_limit(httpcore.ReadTimeout, timeout))
        self._read_bytes += len(found)
        if self._max_response_bytes is not None and self._read_bytes > self._max_response_bytes:
            raise httpcore.ReadError("the response is too large")
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._read_bytes = 0
        self._inner.write(buffer, _time_limit(httpcore.WriteTimeout, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        limit = _time_limit(httpcore.ConnectTimeout, timeout)
        stream = self._inner.start_tls(ssl_context, server_hostname, limit)
        return _DeadlineStream(stream, self._max_response_bytes)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _time_limit(timeout_error: type[Exception], timeout: float | None) -> float:
    left = seconds_left()
    if left <= 0:
        raise timeout_error("the deadline of the call has passed")
    return left if timeout is None else min(left, timeout)


def _addresses(host: str, port: int) -> list[str]:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _resolve(host, port)
    return [host]


def _resolve(host: str, port: int) -> list[str]:
    """Run getaddrinfo in a thread, because it has no timeout; a late result is dropped."""
    result: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            result.put(list(dict.fromkeys(str(entry[4][0]) for entry in entries)))
        except (OSError, UnicodeError) as error:
            result.put(error)

    limit = _time_limit(httpcore.ConnectTimeout, None)
    threading.Thread(target=look_up, name="name-look-up", daemon=True).start()
    try:
        outcome = result.get(timeout=min(limit, threading.TIMEOUT_MAX))
    except queue.Empty:
        raise httpcore.ConnectTimeout("the name was not looked up in time") from None
    if isinstance(outcome, Exception):
        raise httpcore.ConnectError("the name cannot be looked up") from outcome
    return outcome

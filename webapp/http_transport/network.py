"""httpcore's sockets, each step of them limited by the deadline of the call."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Iterable
from typing import Any

import httpcore

from webapp.http_transport.deadline import seconds_left

# One dead address of several must not eat the whole budget.
_PER_ADDRESS_SECONDS = 3.0


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections; name look-up, connect, handshake, reads and writes end in time."""

    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try each address of `host` in turn. Raises httpcore's connect errors."""
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in _addresses(host, port):
            limit = min(_time_for(httpcore.ConnectTimeout, timeout), _PER_ADDRESS_SECONDS)
            try:
                stream = self._plain.connect_tcp(
                    address, port, limit, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _DeadlineStream(stream)
        raise failure


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _time_for(httpcore.ReadTimeout, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _time_for(httpcore.WriteTimeout, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        limit = _time_for(httpcore.ConnectTimeout, timeout)
        return _DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _time_for(late: type[Exception], wished: float | None) -> float:
    left = seconds_left()
    if left <= 0:
        raise late("the deadline of the call has passed")
    return left if wished is None else min(left, wished)


def _addresses(host: str, port: int) -> list[str]:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _looked_up(host, port)
    return [host]


def _looked_up(host: str, port: int) -> list[str]:
    """getaddrinfo knows no timeout, so it runs beside us and may finish unheard."""
    heard: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            heard.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            heard.put(error)

    limit = _time_for(httpcore.ConnectTimeout, None)
    threading.Thread(target=ask, name="name-look-up", daemon=True).start()
    try:
        answer = heard.get(timeout=min(limit, threading.TIMEOUT_MAX))
    except queue.Empty:
        raise httpcore.ConnectTimeout("the name was not looked up in time") from None
    if isinstance(answer, Exception):
        raise httpcore.ConnectError("the name cannot be looked up") from answer
    return answer

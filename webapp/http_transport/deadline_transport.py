"""httpx transport over a connection pool whose sockets obey the current deadline."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from webapp.http_transport.deadline_backend import DeadlineBackend
from webapp.http_transport.outbound_proxy import PROXY_AUTHENTICATION_REQUIRED, connection_pool

_MAX_CONNECTIONS = 200
_MAX_IDLE_CONNECTIONS = 100
# Below the 5 s after which common servers close idle connections: a request that is sent into
# a closing connection may or may not have been carried out.
_IDLE_SECONDS = 4.0

# Both libraries use the same names; callers know those of httpx.
_HTTPX_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.ProxyError: httpx.ProxyError,
}


class DeadlineTransport(httpx.BaseTransport):
    """Opens real connections. Uses no proxy of the environment and follows no redirect.

    `proxy` is the value of OUTBOUND_PROXY, or None for direct connections. With `may_call`, direct
    connections go only to IP addresses for which it returns True; a proxy has rules of its own.
    `max_connections` open connections are shared by all servers; None: no limit.
    `max_response_bytes` ends a response with a ReadError.
    """

    def __init__(
        self,
        ssl_context: ssl.SSLContext | None,
        proxy: str | None = None,
        may_call: Callable[[str], bool] | None = None,
        max_connections: int | None = _MAX_CONNECTIONS,
        max_response_bytes: int | None = None,
    ) -> None:
        self._has_proxy = proxy is not None
        self._pool = connection_pool(
            proxy,
            ssl_context=ssl_context,
            max_connections=max_connections,
            max_keepalive_connections=_MAX_IDLE_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=DeadlineBackend(None if proxy else may_call, max_response_bytes),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises httpx's transport errors, without details in their text."""
        with _httpx_errors():
            response = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        if self._has_proxy and response.status == PROXY_AUTHENTICATION_REQUIRED:
            response.close()  # of a plain http call: only the proxy answers so
            raise httpx.ProxyError("ProxyError")
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        """Close all connections of this process."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@contextmanager
def _httpx_errors() -> Iterator[None]:
    try:
        yield
    except tuple(_HTTPX_ERRORS) as error:
        httpx_error = _HTTPX_ERRORS[type(error)]
        raise httpx_error(httpx_error.__name__) from error

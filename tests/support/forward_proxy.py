"""A company's HTTP proxy: forwards plain requests and CONNECT tunnels, and records them."""

from __future__ import annotations

import base64
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit


class ForwardProxy:
    """`requests` holds a line for each request, such as `CONNECT localhost:443`.

    `credentials` are `user:password` that it demands. `hosts` maps names that only the proxy can
    look up to HOST:PORT. `refusal` is a status with which it answers everything.
    """

    def __init__(
        self, credentials: str = "", hosts: dict[str, str] | None = None, refusal: int = 0
    ) -> None:
        self.requests: list[str] = []
        self.credentials = credentials
        self.hosts = hosts or {}
        self.refusal = refusal
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        user = f"{self.credentials}@" if self.credentials else ""
        return f"http://{user}127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> ForwardProxy:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def address_of(self, target: str) -> tuple[str, int]:
        host, _, port = self.hosts.get(target, target).rpartition(":")
        return host.strip("[]"), int(port)

    def is_allowed(self, authorization: str | None) -> bool:
        expected = "Basic " + base64.b64encode(self.credentials.encode()).decode()
        return not self.credentials or authorization == expected


class _Handler(BaseHTTPRequestHandler):
    proxy: ForwardProxy
    timeout = 10

    def log_message(self, *_: Any) -> None:
        pass

    def do_CONNECT(self) -> None:
        if not self._is_accepted(f"CONNECT {self.path}"):
            return
        with socket.create_connection(self.proxy.address_of(self.path), timeout=10) as upstream:
            self.send_response(200)
            self.end_headers()
            self.wfile.flush()
            there = threading.Thread(target=_copy, args=(self.connection, upstream), daemon=True)
            there.start()
            _copy(upstream, self.connection)
        self.close_connection = True

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if not self._is_accepted(f"{self.command} {self.path}"):
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        lines = [f"{self.command} {url._replace(scheme='', netloc='').geturl() or '/'} HTTP/1.1"]
        for name, value in self.headers.items():
            if name.lower() not in ("proxy-authorization", "connection"):
                lines.append(f"{name}: {value}")
        head = "\r\n".join([*lines, "Connection: close", "", ""]).encode()
        with socket.create_connection(
            self.proxy.address_of(f"{url.hostname}:{url.port or 80}"), timeout=10
        ) as upstream:
            upstream.sendall(head + body)
            while data := upstream.recv(65536):
                self.wfile.write(data)
        self.close_connection = True

    do_POST = do_HEAD = do_DELETE = do_GET  # noqa: N815

    def _is_accepted(self, request: str) -> bool:
        self.proxy.requests.append(request)
        status = self.proxy.refusal
        if not status and not self.proxy.is_allowed(self.headers.get("Proxy-Authorization")):
            status = 407
        if status:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.close_connection = True
        return not status


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass

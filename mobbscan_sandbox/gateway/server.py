"""Threaded HTTP/1.1 server with keep-alive, for the gateway in a box.

Werkzeug's server closes each connection, which would hide errors in connection pools.
"""

import io
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from mobbscan_sandbox.gateway.app import create_gateway
from mobbscan_sandbox.gateway.faults import Fault
from mobbscan_sandbox.gateway.gateway_state import GatewayState
from mobbscan_sandbox.gateway.options import SandboxOptions
from mobbscan_sandbox.gateway.transport_faults import ENVIRON_KEY, write_response

_LENGTH = "content-length"
_LARGEST_BODY = 32 * 1024 * 1024


class KeepAliveHandler(WSGIRequestHandler):
    """Reads each body completely, so that the next request on the connection starts cleanly."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 75
    server: "GatewayServer"

    def setup(self) -> None:
        """Register the open connection."""
        super().setup()
        self.server.open_connections.add(self.connection)

    def finish(self) -> None:
        """Unregister and close the connection, also after the caller has closed it."""
        self.server.open_connections.discard(self.connection)
        with suppress(OSError):
            super().finish()
        self.rfile.close()

    def run_wsgi(self) -> None:
        """Answer one request."""
        environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(self._body(environ))
        environ["wsgi.input_terminated"] = True
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
            started[:] = [status, headers]

        chunks: Iterable[bytes] = self.server.app(environ, start_response)
        try:
            self._answer(started[0], started[1], b"".join(chunks), environ.get(ENVIRON_KEY))
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()

    def _body(self, environ: dict[str, Any]) -> bytes:
        if environ.get("wsgi.input_terminated"):
            return bytes(environ["wsgi.input"].read())
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            return b""
        return self.rfile.read(int(length))

    def _answer(
        self, status: str, headers: list[tuple[str, str]], body: bytes, fault: Fault | None
    ) -> None:
        code = status.partition(" ")[0]
        lines = [f"HTTP/1.1 {status}"]
        lines += [f"Server: {self.version_string()}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() != _LENGTH]
        bodiless = code.startswith("1") or code in ("204", "304")
        if not bodiless:
            lines.append(f"Content-Length: {len(body)}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        shown = b"" if bodiless or self.command == "HEAD" else body
        if not write_response(self._write, head, shown, fault):
            self.close_connection = True

    def _write(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()

    def version_string(self) -> str:
        """Name the server in the `Server` header."""
        return "mobbscan-sandbox"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: the addresses contain process ids."""


class GatewayServer(ThreadedWSGIServer):
    """Serves each connection in a thread and can close all of them."""

    def __init__(self, host: str, port: int, app: Flask) -> None:
        self.open_connections: set[socket.socket] = set()
        super().__init__(host, port, app, KeepAliveHandler)

    def close_connections(self) -> None:
        """Close every open connection."""
        for connection in tuple(self.open_connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def bind_server(app: Flask, host: str, port: int) -> GatewayServer:
    """Return a bound server, ready for `serve_forever`."""
    return GatewayServer(host, port, app)


class RunningGateway:
    """Runs a gateway in a thread: `with RunningGateway(SandboxOptions()) as gateway:`."""

    def __init__(self, options: SandboxOptions, host: str = "127.0.0.1", port: int = 0) -> None:
        app = create_gateway(options)
        self.gateway: GatewayState = app.extensions["gateway_state"]
        self._server = bind_server(app, host, port)
        self.url = f"http://{host}:{self._server.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=[0.01], daemon=True, name="gateway in a box"
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.close_connections()
        self.gateway.close()

"""Serve a Flask application with a thread per request; used by the shop and identity provider."""

import argparse
import logging
from contextlib import suppress
from dataclasses import dataclass

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


@dataclass(frozen=True)
class BindAddress:
    """An address to listen on."""

    host: str
    port: int


def parse_bind_address(text: str) -> BindAddress:
    """Parse `HOST:PORT` for argparse; raises `ArgumentTypeError`."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return BindAddress(host.strip("[]"), int(port))


class _RequestHandler(WSGIRequestHandler):
    """Log the path without its query: hand-off tokens and login codes are query parameters."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        path = self.path.partition("?")[0]
        self.log("info", '"%s %s" %s', self.command, path, code)


def serve(app: Flask, address: BindAddress, *, verbose: bool) -> None:
    """Serve `app` until the process is stopped; `verbose` logs every request."""
    logging.basicConfig(level=logging.INFO, format="[%(levelname)s] %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.INFO if verbose else logging.WARNING)
    server = make_server(
        address.host, address.port, app, threaded=True, request_handler=_RequestHandler
    )
    with suppress(KeyboardInterrupt):
        server.serve_forever()

"""One way to put a small Flask application on an address, for the pretend parties."""

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


def bind(text: str) -> BindAddress:
    """Read `HOST:PORT` from a command line; argparse shows the error to the person."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return BindAddress(host, int(port))


class _QuietHandler(WSGIRequestHandler):
    """Log the path without its query: hand-off tokens and login codes travel there."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        path = self.path.partition("?")[0]
        self.log("info", '"%s %s" %s', self.command, path, code)


def listen(app: Flask, address: BindAddress, *, verbose: bool) -> None:
    """Serve `app` with a thread for each request until the process is told to stop."""
    logging.basicConfig(level=logging.INFO, format="[%(levelname)s] %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.INFO if verbose else logging.WARNING)
    server = make_server(
        address.host, address.port, app, threaded=True, request_handler=_QuietHandler
    )
    with suppress(KeyboardInterrupt):
        server.serve_forever()

"""Validate the address of `serve --bind`, and check that a server can listen there."""

from __future__ import annotations

import re
import socket
import time

import click

#: A server that is stopping may still listen for a moment.
WAIT_SECONDS = 3.0
_RETRY_SECONDS = 0.25

_FORM = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]*):(?P<port>[0-9]{1,9})")


def checked_bind(text: str) -> str:
    """Return `text` if it is HOST:PORT with an IPv6 host in brackets, else raise `BadParameter`.

    The host is never guessed: a default of all addresses would open the server to the network by
    an oversight.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise click.BadParameter("give it as HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000")
    host, port = found["host"].strip("[]"), int(found["port"])
    if not host:
        raise click.BadParameter(
            f"name the host too: 127.0.0.1:{port} for this machine only, 0.0.0.0:{port} for all of "
            "its networks"
        )
    if not 1 <= port <= 65535:
        raise click.BadParameter("the port must be a number from 1 to 65535")
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise click.BadParameter(f"{host} has no address on this machine") from None
    return text


def require_bindable(bind: str, wait_seconds: float = WAIT_SECONDS) -> None:
    """End the command, with the reason, when no server can listen on this HOST:PORT."""
    until = time.monotonic() + wait_seconds
    while (problem := _bind_error(bind)) is not None:
        if time.monotonic() >= until:
            raise click.ClickException(
                f"cannot listen on {bind} ({problem}): stop the program that listens there, or "
                "choose another address with --bind"
            )
        time.sleep(_RETRY_SECONDS)


def _bind_error(bind: str) -> str | None:
    host, _, port = bind.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as error:
            return error.strerror or type(error).__name__
    return None

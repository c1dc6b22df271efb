"""Validate the address of `serve --bind`."""

from __future__ import annotations

import re
import socket

import click

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

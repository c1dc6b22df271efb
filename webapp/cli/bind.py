"""Where `serve` listens, checked before anything is touched."""

from __future__ import annotations

import re
import socket

import click

_FORM = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]*):(?P<port>[0-9]{1,9})")


def checked_bind(text: str) -> str:
    """HOST:PORT, an IPv6 address in brackets. Raises BadParameter with the cure.

    The host is never guessed: without one, everybody on the network would be let in by an
    oversight.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise click.BadParameter("give it as HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000")
    host, port = found["host"].strip("[]"), int(found["port"])
    if not host:
        raise click.BadParameter(
            f"say the host too: 127.0.0.1:{port} is for this machine only, 0.0.0.0:{port} for every"
            " network it is in"
        )
    if not 1 <= port <= 65535:
        raise click.BadParameter("the port is a number from 1 to 65535")
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise click.BadParameter(f"this machine knows no address of {host}") from None
    return text

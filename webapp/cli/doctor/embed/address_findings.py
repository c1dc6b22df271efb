"""Check the addresses: https on both sides, and Chrome's checks of local networks."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum

from webapp.basics.urls import Url
from webapp.cli.doctor.embed.csp import Policy
from webapp.cli.doctor.embed.finding import Breaks, EmbedFinding, fails, warns
from webapp.cli.doctor.embed.page import HostPage, Target
from webapp.http_transport.address_guard import is_public

#: Returns the IP addresses of a host name; empty if it cannot be looked up.
LookUp = Callable[[str], Iterable[str]]


class Space(IntEnum):
    """Where an address leads (Local Network Access, 2.1). A page may load from a higher one."""

    LOOPBACK = 0
    LOCAL = 1
    PUBLIC = 2


def look_up(host: str) -> set[str]:
    """Return the addresses of a host name."""
    try:
        return {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return set()


def findings(
    page: HostPage, target: Target, policies: Sequence[Policy], look_up: LookUp = look_up
) -> Iterator[EmbedFinding]:
    """Yield findings about mixed content, insecure pages and local networks."""
    yield from _schemes(page, target)
    yield from _local_network(page, target, policies, look_up)


def _schemes(page: HostPage, target: Target) -> Iterator[EmbedFinding]:
    if page.url.scheme == "https" and target.url.scheme == "http":
        where, line = "PUBLIC_URL", f"PUBLIC_URL=https{target.public_url.removeprefix('http')}"
        if target.url.is_loopback:
            yield warns(
                Breaks.FRAME,
                where,
                "is http on loopback: Chrome and Firefox embed it in an https page, Safari blocks "
                "it as mixed content",
                line,
            )
        else:
            yield fails(
                Breaks.SCRIPT,
                where,
                "is http: browsers block script and frame in an https page as mixed content",
                line,
            )
    if page.url.scheme == "http" and not _is_trustworthy(page.url):
        yield fails(
            Breaks.CAMERA,
            "scheme of the page",
            "is http: browsers give no camera to a frame in an insecure page, not even to an "
            "https frame; redirect it to https (the line is for nginx)",
            "return 301 https://$host$request_uri;",
        )


def _is_trustworthy(url: Url) -> bool:
    # Secure Contexts, 3.1: names below `localhost` too.
    return url.is_loopback or url.host.endswith(".localhost")


def _local_network(
    page: HostPage, target: Target, policies: Sequence[Policy], look_up: LookUp
) -> Iterator[EmbedFinding]:
    ours, own = _space(target.url, look_up), _space(page.url, look_up)
    if ours is None or ours is Space.PUBLIC or target.origin == page.url.origin:
        return
    made_public = [each for each in policies if "treat-as-public-address" in each.directives]
    where = "private" if ours is Space.LOCAL else "loopback"
    if made_public and own is not Space.PUBLIC:
        yield fails(
            Breaks.SCRIPT,
            f"{made_public[0].where}: treat-as-public-address",
            f"makes Chrome block script and frame from a {where} address; remove this directive",
        )
    elif own is not None and own > ours:
        yield fails(
            Breaks.SCRIPT,
            "PUBLIC_URL",
            f"leads to a {where} address: Chrome (from 142) asks users for permission to reach the "
            "local network, or blocks script and frame, shown as a CORS error; give this server an "
            "address as public as the page's, or set this policy in all browsers of an intranet",
            f'LocalNetworkAccessAllowedForUrls: ["{page.url.origin}"]',
        )


def _space(url: Url, look_up: LookUp) -> Space | None:
    """Return the space of the address, the least public one; None for an unknown name."""
    if _is_trustworthy(url):
        return Space.LOOPBACK
    host = url.host.strip("[]")
    try:
        addresses: Iterable[str] = [str(ipaddress.ip_address(host))]
    except ValueError:
        addresses = look_up(host)
    return min(map(_space_of, addresses), default=None)


def _space_of(address: str) -> Space:
    if ipaddress.ip_address(address).is_loopback:
        return Space.LOOPBACK
    return Space.PUBLIC if is_public(address) else Space.LOCAL

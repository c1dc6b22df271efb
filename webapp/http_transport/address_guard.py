"""Decide which network addresses may be called when another party chose the host name.

Python's `ipaddress.is_global` (3.11) accepts NAT64, 6to4, site-local and multicast addresses, which
lead into private networks, so this is a list of our own (IANA special-purpose registries).
"""

from __future__ import annotations

import ipaddress
import socket
from ipaddress import IPv4Network, IPv6Network

import httpx

_REFUSED_V4 = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, metadata of cloud machines
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
#: The only public IPv6 addresses. Outside of it: loopback, mapped, translated (64:ff9b::/96,
#: 64:ff9b:1::/48), unique local, link-local, site-local and multicast addresses.
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    IPv6Network(each)
    for each in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)


class AddressRefused(httpx.ConnectError):
    """No connection was made: the name leads to addresses that may not be called only."""


def is_public(address: str) -> bool:
    """Whether the IP address (without brackets) belongs to the public internet."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in network for network in _REFUSED_V4)
    if found.scope_id is not None or found not in _GLOBAL_V6:
        return False
    return not any(found in network for network in _REFUSED_V6)


def names_private_address(host: str) -> bool:
    """Whether the host of a URL is an address outside the public internet, however it is written.

    For hosts that a proxy looks up. Resolvers also read `127.1`, `0x7f.1` and `2130706433` as IPv4
    addresses (inet_aton), and `localhost` as this machine (RFC 6761). Other names are not judged.
    """
    host = host.rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not is_public(host)
    except ValueError:
        pass
    try:
        return not is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except (OSError, UnicodeError):
        return False

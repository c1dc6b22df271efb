"""Judging addresses that come from outside: strict, because browsers are lenient."""

from __future__ import annotations

import re

_MAX_ADDRESS_CHARACTERS = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Printable ASCII without what browsers rewrite or drop: spaces, quotes, brackets, backslashes.
_PLAIN = re.compile(r"(?i)https?://[!#$%&'()*+,\-./0-9:;=?@A-Z_~\[\]]+")
_AUTHORITY = re.compile(r"(?i)(\[[0-9a-f:.]+\]|[a-z0-9][a-z0-9.\-]*)(:[0-9]{1,5})?")


def origin_of(address: str) -> str | None:
    """The origin (`https://host` or `https://host:port`, lower case) of an absolute address.

    None when a browser could read the address in another way than we do: user names,
    backslashes, control characters, non-ASCII. RFC 6454, WHATWG URL.
    """
    if len(address) > _MAX_ADDRESS_CHARACTERS or not _PLAIN.fullmatch(address):
        return None
    scheme, _, rest = address.partition("://")
    scheme = scheme.lower()
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        return None
    host, port = match[1].lower(), match[2]
    number = int(port[1:]) if port else _DEFAULT_PORTS[scheme]
    if not 0 < number < 65536:
        return None
    return f"{scheme}://{host}" + ("" if number == _DEFAULT_PORTS[scheme] else f":{number}")

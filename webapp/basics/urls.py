"""Parse web addresses strictly, and derive the origin that browsers compare.

Browsers accept far more than RFC 3986: they drop tabs, turn backslashes into slashes and lower-case
hosts (WHATWG URL). This parser refuses every text that a browser would read in another way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urljoin

MAX_CHARACTERS = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443}
# The characters of RFC 3986: no space, control character, backslash, quote or non-ASCII.
_CHARACTERS = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~\[\]]*")
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]+)(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>[^#]*))?",
    re.IGNORECASE,
)
_AUTHORITY = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::(?P<port>[1-9][0-9]{0,4}))?",
    re.IGNORECASE,
)


class InvalidUrl(ValueError):
    """The text is not an acceptable web address; the message says why and never repeats it."""


@dataclass(frozen=True)
class Url:
    """An absolute http or https address in its parts.

    `scheme` and `host` are lower case, an IPv6 host keeps its brackets. `query` and `fragment` are
    None when absent and empty after a bare `?` or `#`.
    """

    scheme: str
    host: str
    port: int
    path: str
    query: str | None
    fragment: str | None

    @property
    def origin(self) -> str:
        """Scheme, host and port as browsers write them: without a default port (RFC 6454)."""
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def is_loopback(self) -> bool:
        """True for `localhost`, 127.0.0.0/8 and ::1, by spelling: no name is resolved."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


def parse_url(text: str) -> Url:
    """Split an absolute http or https address. Raises `InvalidUrl`."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidUrl(f"is longer than {MAX_CHARACTERS} characters")
    if not _CHARACTERS.fullmatch(text):
        raise InvalidUrl("has characters that no web address has")
    url = _URL.fullmatch(text)
    if url is None:
        raise InvalidUrl("is not a full web address; write it like https://shop.example")
    if "@" in url["authority"]:
        raise InvalidUrl("must not hold a user name or password")
    authority = _AUTHORITY.fullmatch(url["authority"])
    scheme = url["scheme"].lower()
    port = int(authority["port"] or _DEFAULT_PORTS[scheme]) if authority else 0
    if authority is None or port > 65535:
        raise InvalidUrl("has a host name or port that no browser accepts")
    return Url(scheme, authority["host"].lower(), port, url["path"], url["query"], url["fragment"])


def origin_of(text: str) -> str | None:
    """Return the origin of an absolute address, or None for a text that `parse_url` refuses."""
    try:
        return parse_url(text).origin
    except InvalidUrl:
        return None


def resolve_url(base: str, stated: str) -> str:
    """Return `stated` without blanks around it, a relative address resolved (RFC 3986, 5.2).

    A text that is no address is returned unchanged.
    """
    try:
        return urljoin(base, stated.strip())
    except ValueError:
        return stated


def is_https_or_loopback(text: object) -> bool:
    """Whether `text` is an https address, or an http one on loopback, without a fragment."""
    if not isinstance(text, str):
        return False
    try:
        url = parse_url(text)
    except InvalidUrl:
        return False
    return url.fragment is None and (url.scheme == "https" or url.is_loopback)

"""Validate configured web addresses: each function returns the normal form of one kind.

All raise `InvalidValue`, whose message does not repeat the address. Addresses of a host site may be
written with raw letters, such as `ñ`: they are encoded as browsers do.
"""

from __future__ import annotations

import re

from webapp.basics import urls
from webapp.basics.url_encoding import encode_url
from webapp.basics.urls import Url
from webapp.config.problems import InvalidValue

#: User and password as RFC 3986 (3.2.1) writes them.
_PROXY = re.compile(
    r"http://(?P<user>[A-Za-z0-9._~!$&'()*+,;=%-]+:[A-Za-z0-9._~!$&'()*+,;=%-]*@)?"
    r"(?P<host>[^/?#@]+:[0-9]+/?)"
)
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
#: First segments of this server's own addresses.
OWN_SEGMENTS = frozenset(
    {".well-known", "api", "console", "embed", "handoff", "healthz", "l", "links", "login"}
    | {"logout", "metrics", "onboardings", "problems", "readyz", "return", "sites", "static"}
    | {"webhooks"}
)


def _parse(text: str) -> Url:
    try:
        return urls.parse_url(text)
    except urls.InvalidUrl as error:
        raise InvalidValue(str(error)) from None


def _parse_https(text: str, *, subdomains: bool) -> Url:
    """Parse; plain http on loopback only, or (`subdomains`) below `.localhost` too.

    Browsers resolve `*.localhost` to loopback, servers do not.
    """
    url = _parse(text)
    is_local = url.is_loopback or (subdomains and url.host.endswith(".localhost"))
    if url.scheme == "http" and not is_local:
        raise InvalidValue("must be https; plain http is for this machine's own addresses only")
    return url


def _has_dot_segment(path: str) -> bool:
    return not {".", ".."}.isdisjoint(path.split("/"))


def base_address(text: str) -> str:
    """An https address to which paths are added; plain http on loopback only; no trailing slash."""
    url = _parse_https(text, subdomains=False)
    path = url.path.rstrip("/")
    if url.query is not None or url.fragment is not None:
        raise InvalidValue("must not have a query or a fragment")
    if not _PATH.fullmatch(path) or _has_dot_segment(path):
        raise InvalidValue("has a path that is not plain segments such as /verify")
    return url.origin + path


def public_address(text: str) -> str:
    """The address of this server. Its path is the prefix, which a proxy may strip or pass on.

    Where the prefix is the beginning of an address below it, nothing tells these two cases apart.
    """
    address = base_address(text)
    first = _parse(address).path.removeprefix("/").partition("/")[0]
    if first in OWN_SEGMENTS:
        raise InvalidValue(
            f"has a path that begins with /{first}, like an address of this server itself; use "
            "another path, such as /verify"
        )
    return address


def issuer(text: str) -> str:
    """An identity provider's issuer. Unchanged, because it is compared as text (OIDC Core 2)."""
    base_address(text)
    return text


def origin(text: str) -> str:
    """Exactly scheme, host and port; plain http on loopback and `*.localhost` only."""
    url = _parse_https(encode_url(text), subdomains=True)
    if url.path not in ("", "/") or url.query is not None or url.fragment is not None:
        raise InvalidValue("must be an origin only: scheme, host and port, without a path")
    return url.origin


def return_address(text: str) -> str:
    """An address to which users may be sent back; it allows every address below it."""
    url = _parse_https(encode_url(text), subdomains=True)
    if url.query is not None or url.fragment is not None:
        raise InvalidValue("must not have a query or a fragment: it allows every address below it")
    if "%" in text or _has_dot_segment(url.path):
        raise InvalidValue("must have a plain path, without dots or percent signs as segments")
    return url.origin + (url.path or "/")


def page_address(text: str) -> str:
    """A page or picture of the host site, shown to users as a link."""
    address = encode_url(text)
    _parse_https(address, subdomains=True)
    return address


def proxy_address(text: str) -> str:
    """An HTTP proxy, `http://[user:password@]host:port`. Returns it without a trailing slash."""
    found = _PROXY.fullmatch(text)
    if found is None:
        raise InvalidValue("is not written like http://proxy.example:3128")
    url = _parse(f"http://{found['host']}")
    return f"http://{found['user'] or ''}{url.host}:{url.port}"


def older_receiver_address(text: str) -> str:
    """An https address that may have a query; plain http on loopback only."""
    address = receiver_address(text)
    _parse_https(address, subdomains=False)
    return address


def receiver_address(text: str) -> str:
    """An address for messages. The caller decides whether plain http is permitted."""
    address = encode_url(text)
    if _parse(address).fragment is not None:
        raise InvalidValue("must not have a fragment")
    return address

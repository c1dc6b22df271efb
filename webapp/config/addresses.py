"""Checks of web addresses. Each returns the address in its normal form or raises `InvalidValue`."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from webapp.config.problems import InvalidValue

DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


def is_loopback(host: str | None) -> bool:
    """`localhost`, 127.0.0.0/8 and ::1, by spelling alone: no name is looked up."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_local_name(host: str | None) -> bool:
    """Loopback, or below `.localhost`, which browsers (not servers) resolve to loopback."""
    return is_loopback(host) or (host or "").endswith(".localhost")


def _split(text: str) -> SplitResult:
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise InvalidValue("has characters that no web address has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as cause:
        raise InvalidValue("is not a web address") from cause
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or port == 0:
        raise InvalidValue("is not a full web address; write it like https://shop.example")
    if "@" in parts.netloc:
        raise InvalidValue("must not hold a user name or password")
    return parts


def origin_of(address: str) -> str:
    """Scheme, host and port of a web address, as browsers write it: without a default port."""
    parts = _split(address)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    if not _HOST.fullmatch(host):
        raise InvalidValue("has a host name that no browser accepts")
    port = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _refuse_plain_http(parts: SplitResult, local: Callable[[str | None], bool]) -> None:
    if parts.scheme == "http" and not local(parts.hostname):
        raise InvalidValue("must be https; plain http is for this machine's own addresses only")


def base_address(text: str) -> str:
    """An https address to which paths are added; plain http on loopback only; no trailing slash."""
    parts = _split(text)
    _refuse_plain_http(parts, is_loopback)
    path = parts.path.rstrip("/")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise InvalidValue("must not have a query or a fragment")
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise InvalidValue("has a path that is not plain segments such as /verify")
    return origin_of(text) + path


def issuer(text: str) -> str:
    """An identity provider's issuer. Kept letter by letter: it is compared as text (OIDC Core)."""
    base_address(text)
    return text


def _site_address(text: str) -> SplitResult:
    parts = _split(text)
    _refuse_plain_http(parts, is_local_name)
    origin_of(text)
    return parts


def origin(text: str) -> str:
    """Exactly scheme, host and port; plain http on loopback and `*.localhost` only."""
    parts = _site_address(text)
    if parts.path not in ("", "/") or "?" in text or "#" in text:
        raise InvalidValue("must be an origin only: scheme, host and port, without a path")
    return origin_of(text)


def return_address(text: str) -> str:
    """An address people may be sent back to, and everything below it."""
    parts = _site_address(text)
    if "?" in text or "#" in text:
        raise InvalidValue("must not have a query or a fragment: it allows every address below it")
    if "%" in parts.path or {".", ".."} & set(parts.path.split("/")):
        raise InvalidValue("must have a plain path, without dots or percent signs as segments")
    return origin_of(text) + (parts.path or "/")


def page_address(text: str) -> str:
    """A page or picture of the host site, shown to people as a link."""
    _site_address(text)
    return text


def receiver_address(text: str) -> str:
    """An address for messages. Plain http is judged by the caller, who knows what is permitted."""
    parts = _split(text)
    if parts.fragment:
        raise InvalidValue("must not have a fragment")
    origin_of(text)
    return text

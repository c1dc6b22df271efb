"""Where a user may be sent back to: addresses judged as strictly as browsers are lenient.

A browser drops tabs and line breaks, turns backslashes into slashes, decodes dots and
lower-cases hosts before it goes anywhere (WHATWG URL). Instead of doing the same and hoping to
do it equally, everything a browser would rewrite is refused, and only then are texts compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

_MAX_CHARACTERS = 2048
# RFC 3986's characters alone: no space, control, backslash, quote, bracket or non-ASCII.
_SHAPE = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?)"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?)"
    r"(?P<query>\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?"
    r"(?P<fragment>#[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?"
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPED_CONTROL = re.compile(r"%(?:[01][0-9A-Fa-f]|7[Ff])")
_DECODINGS = 3


@dataclass(frozen=True)
class _Target:
    origin: str
    segments: tuple[str, ...]
    plain: bool  # neither query nor fragment


def allowed_return(url: str, allowed: Sequence[str]) -> bool:
    """Whether `url` has the origin of an allowed address and its path as a leading part.

    Parts are whole path segments: `/account` allows `/account/kyc`, not `/accounts`. Query and
    fragment of `url` are free. Relative addresses, user names, and anything two readers could
    understand differently are refused. An allowed address that has a query or a fragment, or
    would itself be refused, allows nothing. RFC 3986, WHATWG URL.
    """
    target = _read(url)
    if target is None:
        return False
    return any(_leads_to(_read(entry), target) for entry in allowed)


def _leads_to(entry: _Target | None, target: _Target) -> bool:
    if entry is None or not entry.plain or entry.origin != target.origin:
        return False
    return target.segments[: len(entry.segments)] == entry.segments


def _read(url: str) -> _Target | None:
    if len(url) > _MAX_CHARACTERS:
        return None
    found = _SHAPE.fullmatch(url)
    if found is None or _BROKEN_ESCAPE.search(url) or _ESCAPED_CONTROL.search(url):
        return None
    path = found["path"]
    if not _is_straight(path):
        return None
    port = found["port"] or _DEFAULT_PORTS[found["scheme"]]
    origin = f"{found['scheme']}://{found['host'].lower()}:{port}"
    # A slash at the end of an allowed address means the folder, which begins without it.
    segments = tuple(path.removesuffix("/").split("/")[1:])
    return _Target(origin, segments, not (found["query"] or found["fragment"]))


def _is_straight(path: str) -> bool:
    """No dot segment, and no slash or backslash in disguise, however often it is decoded."""
    for _ in range(_DECODINGS):
        if "\\" in path or any(_climbs(segment) for segment in path.split("/")):
            return False
        decoded = unquote(path, errors="replace")
        if decoded == path:
            return True
        if decoded.count("/") != path.count("/"):
            return False
        path = decoded
    return False


def _climbs(segment: str) -> bool:
    """Some servers drop what follows a semicolon before they look at the dots."""
    return segment.partition(";")[0].strip() in (".", "..")

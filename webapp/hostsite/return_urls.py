"""Decide whether a return URL is one of those that the site's settings allow.

A browser decodes and simplifies a path before it requests it (WHATWG URL), and servers differ in
how they do it. Texts are compared only when every reader understands them in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from webapp.basics.urls import InvalidUrl, Url, parse_url

_MAX_CHARACTERS = 2048
# Brackets (RFC 3986 has them in hosts only), broken escapes and escaped control characters.
_AMBIGUOUS = re.compile(r"[\[\]]|%(?![0-9A-Fa-f]{2})|%(?:[01][0-9A-Fa-f]|7[Ff])")
_DECODINGS = 3


def is_allowed_return_url(url: str, allowed: Sequence[str]) -> bool:
    """Return whether `url` has the origin of an allowed address and its path as a leading part.

    Parts are whole path segments: `/account` allows `/account/kyc`, not `/accounts`. Query and
    fragment of `url` are free. Relative addresses, user names and ambiguous texts are refused. An
    allowed address that has a query or a fragment, or would itself be refused, allows nothing.
    """
    target = _parse(url)
    return target is not None and any(_covers(_parse(entry), target) for entry in allowed)


def _covers(entry: Url | None, target: Url) -> bool:
    if entry is None or entry.origin != target.origin:
        return False
    if entry.query is not None or entry.fragment is not None:
        return False
    segments = _segments(entry)
    return _segments(target)[: len(segments)] == segments


def _segments(url: Url) -> list[str]:
    """Split the path; a slash at the end of an allowed address means the folder."""
    return url.path.removesuffix("/").split("/")[1:]


def _parse(text: str) -> Url | None:
    if len(text) > _MAX_CHARACTERS or not text.startswith(("https://", "http://")):
        return None
    try:
        url = parse_url(text)
    except InvalidUrl:
        return None
    if _AMBIGUOUS.search(f"{url.path}?{url.query}#{url.fragment}"):
        return None
    return url if _is_unambiguous(url.path) else None


def _is_unambiguous(path: str) -> bool:
    """Refuse dot segments and encoded slashes or backslashes, however often they are encoded."""
    for _ in range(_DECODINGS):
        if "\\" in path or any(_is_dot_segment(segment) for segment in path.split("/")):
            return False
        decoded = unquote(path, errors="replace")
        if decoded == path:
            return True
        if decoded.count("/") != path.count("/"):
            return False
        path = decoded
    return False


def _is_dot_segment(segment: str) -> bool:
    """Some servers drop what follows a semicolon before they resolve dots."""
    return segment.partition(";")[0].strip() in (".", "..")

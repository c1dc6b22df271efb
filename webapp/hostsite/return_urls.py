"""Decide whether a return URL is one of those that the site's settings allow.

A browser encodes what a host site has written, and decodes and simplifies the path before it
requests it (WHATWG URL); servers differ in how they do it. The address is encoded first. Texts are
compared only when every reader understands them in the same way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import unquote, unquote_plus

from webapp.basics.url_encoding import encode_url
from webapp.basics.urls import InvalidUrl, Url, parse_url
from webapp.hostsite.errors import HandoffRefused

#: The query parameter of the signed result.
RESULT_PARAMETER = "mobbscan_result"
_MAX_CHARACTERS = 2048
# Brackets (RFC 3986 has them in hosts only), broken escapes and escaped control characters.
_AMBIGUOUS = re.compile(r"[\[\]]|%(?![0-9A-Fa-f]{2})|%(?:[01][0-9A-Fa-f]|7[Ff])")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_DECODINGS = 3


def checked_return_url(written: str, allowed: Sequence[str]) -> str:
    """Return `written` encoded as a browser requests it, if `allowed` covers it.

    Raises `HandoffRefused`: `return_url_unusable`, or `return_url_not_allowed`.
    """
    url = encode_url(written)
    if _parse(url) is None:
        raise HandoffRefused("return_url_unusable")
    if not is_allowed_return_url(url, allowed):
        raise HandoffRefused("return_url_not_allowed")
    return url


def is_allowed_return_url(url: str, allowed: Sequence[str]) -> bool:
    """Return whether `url` has the origin of an allowed address and its path as a leading part.

    `url` is encoded (`encode_url`). Parts are whole path segments: `/account` allows
    `/account/kyc`, not `/accounts`. Query and fragment of `url` are free. Relative addresses, user
    names and ambiguous texts are refused. An allowed address that has a query or a fragment, or
    would itself be refused, allows nothing.
    """
    target = _parse(url)
    return target is not None and any(_covers(_parse(entry), target) for entry in allowed)


def add_result(url: str, result: str) -> str:
    """Return the return URL `url` with the signed result as query parameter.

    Keeps the other parameters as they are and in their order; replaces a parameter of the same
    name, so that the host site reads ours. `url` is encoded (`encode_url`).
    """
    address, hash_mark, fragment = url.partition("#")
    address, _, query = address.partition("?")
    kept = [pair for pair in query.split("&") if pair and not _is_result_parameter(pair)]
    query = "&".join([*kept, f"{RESULT_PARAMETER}={result}"])
    return f"{address}?{query}{hash_mark}{fragment}"


def _is_result_parameter(pair: str) -> bool:
    return unquote_plus(pair.partition("=")[0]) == RESULT_PARAMETER


def _covers(entry: Url | None, target: Url) -> bool:
    if entry is None or entry.origin != target.origin:
        return False
    if entry.query is not None or entry.fragment is not None:
        return False
    segments = _segments(entry)
    return _segments(target)[: len(segments)] == segments


def _segments(url: Url) -> list[str]:
    """Split the path; a slash at the end of an allowed address means the folder.

    The case of escapes means nothing (RFC 3986, 6.2.2.1).
    """
    path = _ESCAPE.sub(lambda escape: escape[0].upper(), url.path)
    return path.removesuffix("/").split("/")[1:]


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
    """Refuse dot segments and encoded slashes or backslashes, however often they are encoded.

    Some servers also read full-width dots and slashes as plain ones (Unicode NFKC).
    """
    for _ in range(_DECODINGS):
        if "\\" in path or any(_is_dot_segment(segment) for segment in path.split("/")):
            return False
        decoded = unicodedata.normalize("NFKC", unquote(path, errors="replace"))
        if decoded == path:
            return True
        if decoded.count("/") != path.count("/"):
            return False
        path = decoded
    return False


def _is_dot_segment(segment: str) -> bool:
    """Some servers drop what follows a semicolon before they resolve dots."""
    return segment.partition(";")[0].strip() in (".", "..")

"""Turn an HTTP response into a JSON object or into the error that it means. Contract 1, 3, 4."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from webapp.basics.json_reader import read_lenient
from webapp.gateway.errors import (
    Forbidden,
    GatewayError,
    InvalidResponse,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
)

_MAX_RETRY_AFTER_SECONDS = 3600.0
#: Encodings that a response may state, without dashes; any other is read as UTF-8. Browsers read
#: ISO-8859-1 as its superset windows-1252 too (WHATWG Encoding, 4.2): many servers mean it.
_ENCODINGS = dict.fromkeys(("iso88591", "latin1", "windows1252", "cp1252"), "windows-1252")
_TEMPORARY = {408, 425, 429}
_FINAL: dict[int, type[GatewayError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: Unauthorized,
    409: StateConflict,
    410: Unauthorized,
}
# With all of these no connection was made, so the request cannot have arrived.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
)


def require_success(call: str, response: httpx.Response) -> httpx.Response:
    """Return a successful response; otherwise raise the error that the status means."""
    status, body = response.status_code, response.content
    if response.is_success:
        if _is_web_page(response):
            raise InvalidResponse(f"{call}: answered with a web page", status=status, body=body)
        return response
    if status in _TEMPORARY or status >= 500:
        raise Unavailable(
            f"{call}: answered {status}",
            status=status,
            body=body,
            retry_after_seconds=_retry_after(response),
        )
    if status < 400:
        raise InvalidResponse(f"{call}: answered {status}", status=status, body=body)
    raise _FINAL.get(status, RequestRefused)(f"{call}: answered {status}", status=status, body=body)


def parse_object(
    call: str, response: httpx.Response, sound: Collection[str] = ()
) -> dict[str, Any]:
    """Parse the JSON object of a successful response as tolerant readers do.

    Its media type is not compared: servers send JSON as text/plain, and scripts of PHP as text/html
    by default. Raises `InvalidResponse` when it cannot be read, and when a member named in `sound`
    is ambiguous.
    """
    status, body = response.status_code, response.content
    stated = re.sub("[^a-z0-9]", "", response.charset_encoding or "")
    encoding = _ENCODINGS.get(stated, "utf-8")
    try:
        return read_lenient(body, encoding=encoding, sound=sound)
    except ValueError as reason:
        raise InvalidResponse(f"{call}: {reason}", status=status, body=body) from None


def require_word(call: str, value: object) -> None:
    """Raise `InvalidResponse` for a verdict that is neither a text nor null."""
    if value is not None and not isinstance(value, str):
        raise InvalidResponse(f"{call}: verificationResult is no text", status=200)


def unavailable_from(call: str, error: httpx.HTTPError) -> Unavailable:
    """Build the `Unavailable` for a failure below HTTP."""
    is_timeout = isinstance(error, httpx.TimeoutException)
    reason = "no response in time" if is_timeout else "no connection"
    return Unavailable(
        f"{call}: {reason} ({type(error).__name__})",
        maybe_sent=not isinstance(error, _NEVER_SENT),
    )


def first_text(members: Mapping[str, Any], *names: str) -> str | None:
    """Return the first of the named members that is a non-empty string."""
    values = (members.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value.strip()), None)


def _media_type(response: httpx.Response) -> str:
    stated: str = response.headers.get("content-type", "")
    return re.split("[;,]", stated, maxsplit=1)[0].strip().lower()


def _is_web_page(response: httpx.Response) -> bool:
    is_object = response.content.removeprefix(BOM_UTF8).lstrip().startswith(b"{")
    return _media_type(response) == "text/html" and not is_object


def _retry_after(response: httpx.Response) -> float | None:
    """Return 0 to 3600 seconds from a number or a date (RFC 9110, 10.2.3); None if unreadable."""
    stated = response.headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdigit():
        return min(float(stated), _MAX_RETRY_AFTER_SECONDS)
    try:
        date = parsedate_to_datetime(stated)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    seconds = (date - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER_SECONDS)

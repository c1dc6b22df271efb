"""From an HTTP answer to a JSON object, or to the error it stands for. Contract 1, 3, 4-K, 4-P."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from webapp.gateway.errors import (
    Forbidden,
    GatewayError,
    InvalidResponse,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
)
from webapp.gateway.strict_json import read_json

_MAX_DEPTH = 64
_MAX_WAIT_SECONDS = 3600.0
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_COME_BACK_LATER = {408, 425, 429}
_FINAL: dict[int, type[GatewayError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: Unauthorized,
    409: StateConflict,
    410: Unauthorized,
}
# None of these say anything about whether the request arrived: no connection was made.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def checked(call: str, response: httpx.Response) -> httpx.Response:
    """The response if it is a success; otherwise raises what its status means."""
    status, body = response.status_code, response.content
    if response.is_success:
        if _media_type(response) == "text/html":
            raise InvalidResponse(f"{call}: a web page for an answer", status=status, body=body)
        return response
    if status in _COME_BACK_LATER or status >= 500:
        raise Unavailable(
            f"{call}: answered {status}",
            status=status,
            body=body,
            retry_after_seconds=_retry_after(response),
        )
    if status < 400:
        raise InvalidResponse(f"{call}: answered {status}", status=status, body=body)
    raise _FINAL.get(status, RequestRefused)(f"{call}: answered {status}", status=status, body=body)


def json_object(call: str, response: httpx.Response) -> dict[str, Any]:
    """The JSON object of a success. Raises `InvalidResponse` for anything else."""
    status, body = response.status_code, response.content
    if not _may_be_json(response):
        raise InvalidResponse(f"{call}: another media type than JSON", status=status, body=body)
    try:
        value = read_json(body, max_depth=_MAX_DEPTH, unique_keys=False)
    except ValueError as reason:
        raise InvalidResponse(f"{call}: {reason}", status=status, body=body) from None
    if not isinstance(value, dict):
        raise InvalidResponse(f"{call}: not an object", status=status, body=body)
    return _without_half_characters(value, body)


def network_error(call: str, error: httpx.HTTPError) -> Unavailable:
    """What a failure below HTTP means for the caller."""
    silent = isinstance(error, httpx.TimeoutException)
    why = "no answer in time" if silent else "no connection"
    return Unavailable(
        f"{call}: {why} ({type(error).__name__})", maybe_sent=not isinstance(error, _NEVER_SENT)
    )


def text_of(answer: Mapping[str, Any], *names: str) -> str | None:
    """The first of the named members that is a non-empty string."""
    found = (answer.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value), None)


def _without_half_characters(value: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Java cuts texts between the halves of a character; no database or page takes one half."""
    if b"\\ud" not in body.lower():
        return value
    text = json.dumps(value, ensure_ascii=False)
    cleaned: dict[str, Any] = json.loads(_HALF_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text))
    return cleaned


def _media_type(response: httpx.Response) -> str:
    stated: str = response.headers.get("content-type", "")
    return stated.partition(";")[0].strip().lower()


def _may_be_json(response: httpx.Response) -> bool:
    kind = _media_type(response)
    return kind in ("", "application/json", "text/json") or kind.endswith("+json")


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds or a date (RFC 9110, 10.2.3), between 0 and an hour; None when absent or unclear."""
    stated = response.headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdigit():
        return min(float(stated), _MAX_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(stated)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), _MAX_WAIT_SECONDS)

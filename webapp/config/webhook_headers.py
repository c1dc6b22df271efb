"""Parse MOBBSCAN_WEBHOOK_HEADERS: the headers by which notices are authenticated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from webapp.config.problems import InvalidValue

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: Proxies and servers remove these headers, or write them themselves.
_REWRITTEN = frozenset(
    {"connection", "content-length", "expect", "forwarded", "host", "keep-alive", "te"}
    | {"trailer", "transfer-encoding", "upgrade", "x-real-ip"}
)


def header_sets(value: Any) -> tuple[Mapping[str, str], ...]:
    """Return the alternatives of parsed JSON: one object of headers, or a list of them."""
    if value == []:
        raise InvalidValue("is an empty list; leave it unset to close the webhook")
    alternatives = value if isinstance(value, list | tuple) else [value]
    return tuple(_header_set(each) for each in alternatives)


def _header_set(headers: Any) -> Mapping[str, str]:
    if not isinstance(headers, dict):
        raise InvalidValue("is neither a JSON object of headers nor a list of such objects")
    if not headers:
        raise InvalidValue("has an object without headers, which would accept every request")
    if len({name.lower() for name in headers}) < len(headers):
        raise InvalidValue("names one header twice")
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise InvalidValue("has a header name that cannot be sent")
        _refuse_rewritten(name)
        is_printable = isinstance(value, str) and value.isascii() and value.isprintable()
        if not is_printable or not value or value != value.strip():
            raise InvalidValue("has a header whose value is not visible ASCII text")
    return headers


def _refuse_rewritten(name: str) -> None:
    if "_" in name:
        raise InvalidValue(
            f"names the header {name}, which servers on the way drop for its underscore; "
            "agree on one with hyphens instead"
        )
    if name.lower() in _REWRITTEN or name.lower().startswith(("x-forwarded-", "proxy-")):
        raise InvalidValue(
            f"names the header {name}, which servers on the way write themselves; "
            "agree on one of your own, such as X-Notice-Key, instead"
        )

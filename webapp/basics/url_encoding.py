"""Encode a web address that a person or a program has written as a browser does (WHATWG URL).

Only what every reader understands in the same way is encoded. Other texts keep the characters for
which `urls.parse_url` refuses them: control characters, backslashes before the query, and hosts
that the versions of IDNA read differently.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_PARTS = re.compile(
    r"(?P<scheme>https?://)(?P<host>[^/?#\\]*)(?P<path>[^?#]*)"
    r"(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
#: RFC 3986, 3.3 and 3.4: what a path and a query may contain beside letters and digits.
_PATH_CHARACTERS = "/%:@!$&'()*+,;=-._~\\"
_QUERY_CHARACTERS = "/?%:@!$&'()*+,;=-._~"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?P<name>[^:@\[\]]+)(?P<port>:[0-9]+)?")
_HOST_NAME = re.compile(r"[a-z0-9.-]+")
#: IDNA 2003, which Python has, and IDNA 2008 encode these letters differently (UTS 46, table 1).
_DEVIATIONS = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")


def encode_url(text: str) -> str:
    """Return an absolute http or https address in ASCII, with the meaning it has for a browser.

    Encodes non-ASCII characters, spaces, quotes and brackets in path, query and fragment in UTF-8
    percent-encoding, a host in Punycode (RFC 3492), and a percent sign of query or fragment that
    begins no escape. Drops spaces around the address. Returns every other text unchanged.
    """
    address = text.strip(" ")
    parts = _PARTS.fullmatch(address)
    if parts is None or _CONTROL.search(address):
        return text
    query, fragment = parts["query"] or "", parts["fragment"] or ""
    return "".join(
        (
            parts["scheme"],
            _encode_host(parts["host"]),
            quote(parts["path"], _PATH_CHARACTERS),
            query[:1] + quote(_escape_percent(query[1:]), _QUERY_CHARACTERS),
            fragment[:1] + quote(_escape_percent(fragment[1:]), _QUERY_CHARACTERS),
        )
    )


def _escape_percent(text: str) -> str:
    return _STRAY_PERCENT.sub("%25", text)


def _encode_host(host: str) -> str:
    parts = _HOST.fullmatch(host)
    if host.isascii() or parts is None or not _DEVIATIONS.isdisjoint(parts["name"]):
        return host
    try:
        name = parts["name"].encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host
    return name + (parts["port"] or "") if _HOST_NAME.fullmatch(name) else host

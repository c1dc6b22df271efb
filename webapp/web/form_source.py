"""Find out from a request's headers whether one of our own pages has sent the form.

Browsers name the source in `Origin`, `Sec-Fetch-Site` (Fetch Metadata) or `Referer`. Extensions,
proxies and privacy settings remove any of the three, so none of them can be required.
"""

from __future__ import annotations

from enum import Enum

from flask import request

from webapp.basics.urls import InvalidUrl, Url, parse_url
from webapp.web import request_context


class FormSource(Enum):
    """Who has sent a form. UNKNOWN: no header names it, the CSRF token alone decides."""

    OWN = "own"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


#: `none`: the user has sent the form again, by reloading or after a restart of the browser.
_FETCH_SITES = {
    "same-origin": FormSource.OWN,
    "none": FormSource.OWN,
    "same-site": FormSource.FOREIGN,
    "cross-site": FormSource.FOREIGN,
}


def form_source() -> FormSource:
    """Return the source of the current request, by the first header that names it."""
    origin = request.headers.get("Origin", "").strip()
    # `null` hides the origin: no-referrer policies cause it, and sandboxed frames.
    if origin and origin != "null":
        return _source_of(_parse(origin))
    fetch_site = request.headers.get("Sec-Fetch-Site", "").strip().lower()
    if fetch_site in _FETCH_SITES:
        return _FETCH_SITES[fetch_site]
    # Without its path, which may hold characters that browsers send and RFC 3986 forbids.
    referer = _parse("/".join(request.headers.get("Referer", "").strip().split("/")[:3]))
    return FormSource.UNKNOWN if referer is None else _source_of(referer)


def _source_of(address: Url | None) -> FormSource:
    public = parse_url(request_context.settings().public_url)
    if address is None:
        return FormSource.FOREIGN
    # In development the same server is opened as localhost and as 127.0.0.1.
    both_loopback = address.is_loopback and public.is_loopback
    if both_loopback and (address.scheme, address.port) == (public.scheme, public.port):
        return FormSource.OWN
    return FormSource.OWN if address.origin == public.origin else FormSource.FOREIGN


def _parse(text: str) -> Url | None:
    try:
        return parse_url(text)
    except InvalidUrl:
        return None

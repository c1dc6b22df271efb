"""Access guard of the controls: loopback clients only, no proxy, and no page of another site."""

import ipaddress
from urllib.parse import urlsplit

from flask import abort, request

_FORWARDING_HEADERS = {
    "forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip",
    "cf-connecting-ip", "cf-ray", "fastly-client-ip", "tailscale-user-login",
}  # fmt: skip


def require_local_caller() -> None:
    """Refuse remote and forwarded clients, foreign host names, cross-site requests, form posts."""
    if not _is_loopback(request.remote_addr or ""):
        abort(403, "the controls answer this machine only")
    if any(map(_is_forwarding_header, request.headers.keys())):
        abort(403, "the controls answer no proxy; call them from this machine directly")
    if not _is_loopback(urlsplit(request.host_url).hostname or ""):
        abort(403, "the controls answer to names of this machine only")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        abort(403, "the controls answer no page of another site")
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        abort(403, "the controls answer no page of another origin")
    if request.method not in ("GET", "HEAD") and request.mimetype != "application/json":
        abort(415, "the controls take application/json only")


def _is_forwarding_header(name: str) -> bool:
    """Proxies and tunnels connect from loopback for clients anywhere."""
    name = name.lower()
    return name.startswith(("x-forwarded", "x-original-")) or name in _FORWARDING_HEADERS


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Who may reach the controls: this machine, and no page of another site."""

import ipaddress
from urllib.parse import urlsplit

from flask import abort, request


def require_local_caller() -> None:
    """Refuse remote callers, other sites' pages, rebound names, and posts that forms could make."""
    if not _loopback(request.remote_addr or ""):
        abort(403, "the controls answer this machine only")
    if not _loopback(urlsplit(request.host_url).hostname or ""):
        abort(403, "the controls answer to names of this machine only")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        abort(403, "the controls answer no page of another site")
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        abort(403, "the controls answer no page of another origin")
    if request.method not in ("GET", "HEAD") and request.mimetype != "application/json":
        abort(415, "the controls take application/json only")


def _loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

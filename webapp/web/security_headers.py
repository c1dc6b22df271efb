"""Set the security headers of every response; a view may relax them for its page.

Views call `allow_hosted_frame`, `allow_camera` or `allow_framing`; all others get the strictest
policy. Inline styles and scripts are never allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from flask import Flask, Response, g

from webapp.web import request_context

if TYPE_CHECKING:
    from webapp.config.sites import Site


@dataclass(frozen=True)
class SecurityPolicy:
    """What one response allows.

    `frames`: origins that the page may embed. `camera`, and with it perhaps `microphone`: origins
    that may use it beside this page; None forbids it. `framed_by`: origins that may embed the page
    beside our own, or without it if not `framed_by_us`; None forbids it.
    """

    frames: tuple[str, ...] = ()
    camera: tuple[str, ...] | None = None
    microphone: bool = False
    framed_by: tuple[str, ...] | None = None
    framed_by_us: bool = True
    #: Pages of other origins may read the response; it then holds nothing of a person.
    for_other_origins: bool = False
    #: A browser that opens the response runs none of its content.
    sandboxed: bool = False


def allow_hosted_frame(
    hosted_origin: str, hosted_origins: tuple[str, ...], *, microphone: bool
) -> None:
    """Allow this page to embed the gateway's hosted page and to pass the camera on to it."""
    # The hosted page may navigate to any hosted origin, and comes back to our return page.
    frames = tuple(dict.fromkeys((hosted_origin, *hosted_origins)))
    # `camera` always includes `self`: a frame gets only features that its parent may use.
    _set_policy(
        replace(_current_policy(), frames=frames, camera=(hosted_origin,), microphone=microphone)
    )


def allow_camera() -> None:
    """Allow this page to use the camera, for the camera check."""
    # Without it the browser reports "denied", whatever the user has allowed.
    _set_policy(replace(_current_policy(), camera=()))


def allow_framing(by: tuple[str, ...] = ()) -> None:
    """Allow our own pages and the origins `by` to embed this page."""
    _set_policy(replace(_current_policy(), framed_by=by))


def allow_framing_only(by: tuple[str, ...]) -> None:
    """Allow exactly these origins to embed this page; none of them: it cannot be embedded."""
    if by:
        _set_policy(replace(_current_policy(), framed_by=by, framed_by_us=False))


def allow_other_origins() -> None:
    """Let pages of other origins use this response."""
    _set_policy(replace(_current_policy(), for_other_origins=True))


def sandbox() -> None:
    """Let browsers treat this response as a file of an origin of its own, without scripts."""
    _set_policy(replace(_current_policy(), sandboxed=True))


@lru_cache(maxsize=256)
def security_headers(
    policy: SecurityPolicy, *, logo_origin: str | None, https: bool
) -> Mapping[str, str]:
    """Return all security headers of a response; cached, since few combinations occur."""
    headers = {
        "Content-Security-Policy": _content_security_policy(policy, logo_origin),
        "Permissions-Policy": _permissions_policy(policy),
        # Not `no-referrer`: with it our own form posts would carry `Origin: null`.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        # No other origin may load our responses as an image, script or fetch result.
        "Cross-Origin-Resource-Policy": "cross-origin"
        if policy.for_other_origins
        else "same-origin",
    }
    if policy.framed_by is None:
        # X-Frame-Options takes no list of origins, so it is set only where framing is forbidden.
        headers["X-Frame-Options"] = "DENY"
        # Other windows get no reference to a user's page. Framed pages ignore this header,
        # and the return page must stay reachable for the window that opened it.
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if https:
        # Without includeSubDomains: the domain belongs to the company, not to us.
        headers["Strict-Transport-Security"] = "max-age=63072000"
    return headers


def set_headers(app: Flask) -> None:
    """Add the headers to every response, errors and files included."""

    @app.after_request
    def add(response: Response) -> Response:
        https = not request_context.settings().is_loopback_http
        logo_origin = _logo_origin(request_context.current_site())
        headers = security_headers(_current_policy(), logo_origin=logo_origin, https=https)
        for name, value in headers.items():
            response.headers[name] = value
        # Pages hold personal data or a form's token; static files set their own Cache-Control.
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response


def _content_security_policy(policy: SecurityPolicy, logo_origin: str | None) -> str:
    if policy.sandboxed:
        return "default-src 'none'; sandbox; base-uri 'none'; frame-ancestors 'none'"
    frames = " ".join(("'self'", *policy.frames)) if policy.frames else "'none'"
    framed_by = _frame_ancestors(policy)
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": " ".join(filter(None, ("'self'", "data:", logo_origin))),
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-src": frames,
        "frame-ancestors": framed_by,
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _frame_ancestors(policy: SecurityPolicy) -> str:
    if policy.framed_by is None:
        return "'none'"
    return " ".join(("'self'",) * policy.framed_by_us + policy.framed_by)


def _permissions_policy(policy: SecurityPolicy) -> str:
    camera = _allow_list(policy.camera)
    microphone = camera if policy.microphone else "()"
    return (
        f"camera={camera}, microphone={microphone}, geolocation=(), display-capture=(), "
        "payment=(), usb=()"
    )


def _allow_list(origins: tuple[str, ...] | None) -> str:
    if origins is None:
        return "()"
    return "(" + " ".join(("self", *(f'"{origin}"' for origin in origins))) + ")"


def _logo_origin(site: Site | None) -> str | None:
    if site is None or not site.brand.logo:
        return None
    parts = urlsplit(site.brand.logo)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None


def _current_policy() -> SecurityPolicy:
    return cast("SecurityPolicy", g.get("security_policy") or SecurityPolicy())


def _set_policy(policy: SecurityPolicy) -> None:
    g.security_policy = policy

"""The headers of every answer, and the few pages that need others.

A view that needs more says so (`show_frame`, `try_camera`, `may_be_framed`); all others get the
closed default. Nothing inline is ever allowed: styles and scripts are files of ours.
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
class Policy:
    """`framed_by` None: nobody may frame the page; (): only ourselves.

    `camera` and with it perhaps `microphone`: this page and the named origins; None: nobody.
    """

    frames: tuple[str, ...] = ()
    camera: tuple[str, ...] | None = None
    microphone: bool = False
    framed_by: tuple[str, ...] | None = None


def show_frame(hosted_origin: str, hosted_origins: tuple[str, ...], *, microphone: bool) -> None:
    """This page holds the gateway's page, which needs the camera."""
    # The process may move on to any of the hosted origins, and comes back to our return page.
    frames = tuple(dict.fromkeys((hosted_origin, *hosted_origins)))
    # `self` has to stay: a nested frame is only lent what its parent may use itself.
    _change(frames=frames, camera=(hosted_origin,), microphone=microphone)


def try_camera() -> None:
    """This page may look whether there is a camera, and show its picture to its own person."""
    # Without it a browser answers "denied" to every page, whatever its person has allowed.
    _change(camera=())


def may_be_framed(by: tuple[str, ...] = ()) -> None:
    """This page may live in a frame of ours and of `by`."""
    _change(framed_by=by)


@lru_cache(maxsize=256)
def headers(policy: Policy, *, logo: str | None, https: bool) -> Mapping[str, str]:
    """All security headers of one answer; most answers want the same ones as the one before."""
    found = {
        "Content-Security-Policy": _content_security(policy, logo),
        "Permissions-Policy": _permissions(policy),
        # Not `no-referrer`: with it our own form posts would carry `Origin: null`.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        # Nobody else's page may use ours as an image, script or fetch result.
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if policy.framed_by is None:
        # The old header knows no list of origins; it stands only where nobody may frame.
        found["X-Frame-Options"] = "DENY"
        # No other window keeps a handle on a person's page. Framed pages ignore this header,
        # and the return page must stay reachable for the window that opened it.
        found["Cross-Origin-Opener-Policy"] = "same-origin"
    if https:
        # Without includeSubDomains: the domain belongs to the company, not to us.
        found["Strict-Transport-Security"] = "max-age=63072000"
    return found


def set_headers(app: Flask) -> None:
    """Give every answer its headers, errors and files included."""

    @app.after_request
    def add(response: Response) -> Response:
        https = not request_context.settings().is_loopback_http
        logo = _logo(request_context.shown_site())
        for name, value in headers(_policy(), logo=logo, https=https).items():
            response.headers[name] = value
        # Pages carry a person's state or a form's token; files say themselves how long they keep.
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response


def _content_security(policy: Policy, logo: str | None) -> str:
    hosted = " ".join(("'self'", *policy.frames)) if policy.frames else "'none'"
    framed_by = "'none'" if policy.framed_by is None else " ".join(("'self'", *policy.framed_by))
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": " ".join(filter(None, ("'self'", "data:", logo))),
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-src": hosted,
        "frame-ancestors": framed_by,
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _permissions(policy: Policy) -> str:
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


def _logo(site: Site | None) -> str | None:
    if site is None or not site.brand.logo:
        return None
    parts = urlsplit(site.brand.logo)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None


def _policy() -> Policy:
    return cast("Policy", g.get("policy") or Policy())


def _change(**fields: object) -> None:
    g.policy = replace(_policy(), **fields)  # type: ignore[arg-type]

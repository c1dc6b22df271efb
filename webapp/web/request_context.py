"""Access to the current request: settings, steps, visitor and site, also for templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from flask import Flask, current_app, g, request, session
from werkzeug.exceptions import Unauthorized

from webapp.domain.errors import NotFound

if TYPE_CHECKING:
    from webapp.config.settings import Settings
    from webapp.config.sites import Site
    from webapp.journey.steps import Steps
    from webapp.journey.views import Visitor

SESSION_ID = "sid"
SITE_ID = "site"
#: Below this path no cookie is read: browsers block them inside frames.
EMBED_PREFIX = "/embed/"
_PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def settings() -> Settings:
    """Return the settings of the application."""
    return cast("Settings", current_app.extensions["settings"])


def steps() -> Steps:
    """Return the steps of the journey."""
    return cast("Steps", current_app.extensions["steps"])


def visitor() -> Visitor | None:
    """Return the signed-in visitor; the session is read at most once per request."""
    if "visitor" not in g:
        session_id = None if ignores_cookies() else session.get(SESSION_ID)
        g.visitor = steps().admit.find_visitor(session_id) if session_id else None
        if g.visitor is not None:
            set_site(g.visitor.site)
    return cast("Visitor | None", g.visitor)


def require_visitor() -> Visitor:
    """Return the signed-in visitor. Raises Unauthorized, even if a view has the wrong guard."""
    found = visitor()
    if found is None:
        raise Unauthorized
    return found


def ignores_cookies() -> bool:
    """Whether this request's path belongs to the frame in a host page."""
    return request.path.startswith(EMBED_PREFIX)


def set_visitor(found: Visitor | None) -> None:
    """Set the visitor whose session the request has proved otherwise than by a cookie."""
    g.visitor = found


def embed_in(site: Site) -> None:
    """Render templates as fragments of the frame's page, with its addresses and without CSRF
    tokens: a bearer is never sent by another site."""
    g.site = site
    g.embed_url = f"{request.script_root}{EMBED_PREFIX}{site.id}"


def onboarding_url(onboarding_id: str) -> str:
    """Return the address of an onboarding's page: the full page, or the frame's fragment."""
    return f"{_base_url()}/onboardings/{onboarding_id}"


def _base_url() -> str:
    return str(g.get("embed_url", request.script_root))


def set_site(site: Site | None) -> None:
    """Set the site whose name, logo and colours the page shows."""
    g.site = site


def current_site() -> Site | None:
    """Return the site that the page shows."""
    return cast("Site | None", g.get("site"))


def site_from_cookie() -> Site | None:
    """Return the site of this browser's last visitor without a database read, for error pages."""
    return None if ignores_cookies() else steps().sites.get(session.get(SITE_ID, ""))


def site_from_query() -> Site | None:
    """Return the site that the address names (`site`): public, and for what the page shows only."""
    return steps().sites.get(request.args.get("site", ""))


def probable_site() -> Site | None:
    """Return the site that a user without a session comes from: by address, cookie, or the only."""
    sites = steps().sites
    only = next(iter(sites.values())) if len(sites) == 1 else None
    return site_from_query() or site_from_cookie() or only


def parse_onboarding_id(text: str) -> str:
    """Return the id. Raises NotFound for any text but a UUID in its canonical spelling."""
    try:
        canonical = str(UUID(text))
    except ValueError:
        raise NotFound from None
    if canonical != text:
        raise NotFound
    return canonical


def is_prefetch() -> bool:
    """Whether this is HEAD, a prefetch or a preview, which must use nothing up."""
    purposes = " ".join(request.headers.get(name, "") for name in _PREFETCH_HEADERS).lower()
    return request.method == "HEAD" or "prefetch" in purposes or "preview" in purposes


def _template_context() -> dict[str, Any]:
    # Only what this request has read already: the return page must not read a session,
    # and an error page must not need the database.
    return {
        "site": current_site(),
        "visitor": g.get("visitor"),
        "livemode": steps().livemode,
        "public_url": settings().public_url,
        **_address_context(),
    }


def _address_context() -> dict[str, Any]:
    """Return the layout that templates extend, and where their forms and links lead."""
    base = _base_url()
    if "embed_url" not in g:
        return {
            "layout": "base.html",
            "embedded": False,
            "base_url": base,
            "home_url": f"{base}/",
            "end_url": f"{base}/logout",
        }
    return {
        "layout": "embed/fragment.html",
        "embedded": True,
        "base_url": base,
        "home_url": f"{base}/onboardings",
        "end_url": f"{base}/end",
        "csrf_token": lambda: "",
    }


def add_template_context(app: Flask) -> None:
    """Give every template the site, the visitor, `livemode`, `public_url`, and its layout and
    addresses."""
    app.context_processor(_template_context)

"""What every section may ask about the request at hand, and what every template is given."""

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
_LOOKAHEAD_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def settings() -> Settings:
    return cast("Settings", current_app.extensions["settings"])


def steps() -> Steps:
    return cast("Steps", current_app.extensions["steps"])


def visitor() -> Visitor | None:
    """Whoever is signed in; the session is looked up once per request."""
    if "visitor" not in g:
        session_id = session.get(SESSION_ID)
        g.visitor = steps().admit.find_visitor(session_id) if session_id else None
        if g.visitor is not None:
            show_site(g.visitor.site)
    return cast("Visitor | None", g.visitor)


def signed_in() -> Visitor:
    """The signed-in person; refuses by itself, should a view ever forget its guard."""
    found = visitor()
    if found is None:
        raise Unauthorized
    return found


def show_site(site: Site | None) -> None:
    """Let the page wear this site's name, logo and colours."""
    g.site = site


def remembered_site() -> Site | None:
    """The site of this browser's last person, by the cookie alone: a page in trouble may ask."""
    return steps().sites.get(session.get(SITE_ID, ""))


def shown_site() -> Site | None:
    return cast("Site | None", g.get("site"))


def onboarding_id(text: str) -> str:
    """Our ids in their one spelling; any other text is as unknown as a stranger's id."""
    try:
        known_form = str(UUID(text))
    except ValueError:
        raise NotFound from None
    if known_form != text:
        raise NotFound
    return known_form


def looks_ahead() -> bool:
    """HEAD, or a browser that fetches what may be clicked: nothing may be used up or begun."""
    purposes = " ".join(request.headers.get(name, "") for name in _LOOKAHEAD_HEADERS).lower()
    return request.method == "HEAD" or "prefetch" in purposes or "preview" in purposes


def _for_templates() -> dict[str, Any]:
    # Only what this request has looked up already: the return page must not read a session,
    # and an error page must not need the database.
    return {
        "site": shown_site(),
        "visitor": g.get("visitor"),
        "livemode": steps().livemode,
    }


def give_to_templates(app: Flask) -> None:
    app.context_processor(_for_templates)

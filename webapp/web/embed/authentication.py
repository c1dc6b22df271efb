"""The access guard of the frame's routes: the bearer that its hand-off was traded for.

Cookies are ignored here, and the routes with cookies take no bearer.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from webapp.web import request_context
from webapp.web.embed.blueprint import embedding_site
from webapp.web.errors import ErrorInfo, error_response
from webapp.web.guards import View
from webapp.web.limits import Surface, limited, log_refusal

GUARD = "embed_bearer"


def bearer_required(view: View) -> View:
    """Require a live bearer of the address's site: 401 without, 429 beyond the limit."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        found = None
        if scheme.lower() == "bearer" and bearer.strip():
            admit, site = request_context.steps().admit, embedding_site()
            found = admit.find_embedded_visitor(bearer.strip(), site.id)
        if found is None:
            log_refusal("bearer_refused")
            response = error_response(ErrorInfo(401, "signed_out"))
            response.headers["WWW-Authenticate"] = "Bearer"
            return limited(Surface.BEARER, response)
        request_context.set_visitor(found)
        return view(*args, **kwargs)

    guarded.guard = GUARD  # type: ignore[attr-defined]
    return guarded

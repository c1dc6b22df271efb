"""Access guards of routes. Every view must have exactly one; `register` refuses any other."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Unauthorized

from webapp.web import request_context
from webapp.web.response_format import ResponseFormat, response_format

View = Callable[..., ResponseReturnValue]

#: `gateway_headers` belongs to the notice endpoint, which is not a Flask view.
GUARDS = (
    "public",
    "session_required",
    "link_code",
    "signed_reference",
    "gateway_headers",
    "api_key",
    "embed_bearer",
)


def guard_of(view: Callable[..., Any]) -> str | None:
    """Return the name of the view's guard."""
    return getattr(view, "guard", None)


def public(view: View) -> View:
    """Require nothing: anyone may call the view."""
    return _with_guard("public", view)


def session_required(view: View) -> View:
    """Require a live session. Without one, pages redirect to the start page; data answers 401.

    The start page then shows the site that the address names (`site`), if any.
    """
    return session_required_unless(lambda **_: None)(view)


def session_required_unless(
    answer: Callable[..., ResponseReturnValue | None],
) -> Callable[[View], View]:
    """Require a live session, unless `answer` has an answer for everyone to the same arguments."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(**kwargs: Any) -> ResponseReturnValue:
            if request_context.visitor() is not None:
                return view(**kwargs)
            if (public_answer := answer(**kwargs)) is not None:
                return public_answer
            if response_format() is ResponseFormat.DATA:
                raise Unauthorized
            named = request_context.site_from_query()
            return redirect(url_for("start.home", site=named.id if named else None), 303)

        return _with_guard("session_required", guarded)

    return guard


def link_code(view: View) -> View:
    """Require the one-time code in the address; the step checks it."""
    return _with_guard("link_code", view)


def signed_reference(view: View) -> View:
    """Require the signed reference in the address; the step checks it and no session is read."""
    return _with_guard("signed_reference", view)


def _with_guard(name: str, view: View) -> View:
    view.guard = name  # type: ignore[attr-defined]
    return view

"""Who may call a route. Every view wears exactly one of these; `register` refuses one without."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Unauthorized

from webapp.web import request_context
from webapp.web.response_format import ResponseFormat, surface

View = Callable[..., ResponseReturnValue]

#: `gateway_headers` is the notice door's: no view of Flask's wears it.
GUARDS = ("everybody", "person", "link_code", "signed_reference", "gateway_headers")


def guard_of(view: Callable[..., Any]) -> str | None:
    return getattr(view, "guard", None)


def everybody(view: View) -> View:
    """No proof asked: what is shown and done here is for the whole world."""
    return _named("everybody", view)


def person(view: View) -> View:
    """A live session. Pages send a stranger home to sign in; data says 401."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if request_context.visitor() is not None:
            return view(*args, **kwargs)
        if surface() is ResponseFormat.DATA:
            raise Unauthorized
        return redirect(url_for("start.home"), 303)

    return _named("person", guarded)


def link_code(view: View) -> View:
    """The code inside the address is the proof; the step looks it up, and it is good only once."""
    return _named("link_code", view)


def signed_reference(view: View) -> View:
    """The signature inside the address is the proof; the step checks it, no session is read."""
    return _named("signed_reference", view)


def _named(name: str, view: View) -> View:
    view.guard = name  # type: ignore[attr-defined]
    return view

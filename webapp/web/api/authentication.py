"""The access guard of the API: the bearer key of a site, with the scope of the call.

Cookies are ignored here, and no other part of the server takes these keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue

from webapp.observability import metrics
from webapp.web import request_context
from webapp.web.api.problems import Problem, handle_problem
from webapp.web.client_address import hashed_client
from webapp.web.guards import View
from webapp.web.limits import Surface, limited, limits, log_refusal
from webapp.web.response_format import is_api

if TYPE_CHECKING:
    from webapp.config.sites import ApiKey, Site

GUARD = "api_key"
_EXTENSION = "api_keys"
_RATE_LIMIT_HEADERS = "rate_limit_headers"


@dataclass(frozen=True)
class Caller:
    """The site whose key the request carries, and the key."""

    site: Site
    key: ApiKey


def require_scope(scope: str, *, is_create: bool = False) -> Callable[[View], View]:
    """Require an API key with this scope: 401 without a usable key, 403 without the scope.

    429 beyond the limits of failures (client) and of requests (site); `is_create` has one more.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            try:
                found = g.api_caller = _authenticate()
            except Problem as refused:
                return limited(Surface.API, handle_problem(refused))
            _count_request(found.site, is_create=is_create)
            request_context.steps().host_api.key_log.record(found.site.id, found.key.label)
            require_also(scope)
            return view(*args, **kwargs)

        guarded.guard = GUARD  # type: ignore[attr-defined]
        guarded.scope = scope  # type: ignore[attr-defined]
        return guarded

    return guard


def require_also(scope: str) -> None:
    """Require one more scope for what the request asks for. Raises Problem without it."""
    if scope not in caller().key.scopes:
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise Problem("missing_scope", headers={"WWW-Authenticate": challenge}, scope=scope)


def add_rate_limit_headers(answer: Response) -> Response:
    """Add `RateLimit` and `RateLimit-Policy` to an answer of the API, also of unknown addresses.

    They show the limits of the key's site, or without a key the limit of the client's failures.
    """
    if is_api():
        known = g.get(_RATE_LIMIT_HEADERS)
        answer.headers.update(known or limits().failure_headers(Surface.API, hashed_client()))
    return answer


def caller() -> Caller:
    """Return whose key the current request carries."""
    return cast("Caller", g.api_caller)


def _count_request(site: Site, *, is_create: bool) -> None:
    """Count a request of the site. Raises Problem beyond its limit."""
    quota = limits().api_request(site, is_create=is_create)
    setattr(g, _RATE_LIMIT_HEADERS, quota.headers)
    if quota.wait_seconds is not None:
        log_refusal("api_request_limited", site)
        metrics.limited(Surface.API)
        raise Problem("too_many_requests", retry_after=quota.wait_seconds)


def _authenticate() -> Caller:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Problem("api_key_missing", headers={"WWW-Authenticate": "Bearer"})
    # Header values are Latin-1 in WSGI: these are the bytes that were sent.
    digest = hashlib.sha256(key.strip().encode("latin-1")).hexdigest()
    found = _callers().get(digest)
    refused = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    if found is None:
        raise Problem("api_key_unknown", headers=refused)
    if found.key.is_expired(request_context.steps().clock()):
        raise Problem("api_key_expired", headers=refused)
    return found


def _callers() -> Mapping[str, Caller]:
    """Return all keys by their hash; sites do not change within a process."""
    known = current_app.extensions.get(_EXTENSION)
    if known is None:
        sites = request_context.steps().sites.values()
        known = {key.sha256: Caller(site, key) for site in sites for key in site.api_keys}
        current_app.extensions[_EXTENSION] = known
    return cast("Mapping[str, Caller]", known)

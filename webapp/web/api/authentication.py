"""The access guard of the API: the bearer key of a site, with the scope of the call.

Cookies are ignored here, and no other part of the server takes these keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from flask import current_app, g, request
from flask.typing import ResponseReturnValue

from webapp.web import request_context
from webapp.web.api.problems import Problem
from webapp.web.guards import View

if TYPE_CHECKING:
    from webapp.config.sites import ApiKey, Site

GUARD = "api_key"
_EXTENSION = "api_keys"


@dataclass(frozen=True)
class Caller:
    """The site whose key the request carries, and the key."""

    site: Site
    key: ApiKey


def require_scope(scope: str) -> Callable[[View], View]:
    """Require an API key with this scope: 401 without a usable key, 403 without the scope."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            found = _authenticate()
            g.api_caller = found
            request_context.steps().host_api.key_log.record(found.site.id, found.key.label)
            if scope not in found.key.scopes:
                challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
                raise Problem("missing_scope", headers={"WWW-Authenticate": challenge}, scope=scope)
            return view(*args, **kwargs)

        guarded.guard = GUARD  # type: ignore[attr-defined]
        guarded.scope = scope  # type: ignore[attr-defined]
        return guarded

    return guard


def caller() -> Caller:
    """Return whose key the current request carries."""
    return cast("Caller", g.api_caller)


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
    if found.key.is_expired(datetime.now(UTC)):
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

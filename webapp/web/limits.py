"""Limits of attempts per minute: of failures by client address, and of API requests by site.

A limit of failures replaces the answer to a failure by 429; what is good passes even beyond it, so
that users behind one address are never locked out by one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, current_app, g
from werkzeug.exceptions import TooManyRequests

from webapp.config.sites import Site
from webapp.observability import metrics
from webapp.web import request_context
from webapp.web.attempt_counts import MINUTE, Allowance, AttemptCounts
from webapp.web.client_address import hashed_client
from webapp.web.errors import ErrorInfo, error_response
from webapp.web.request_log import log

if TYPE_CHECKING:
    from webapp.journey.views import Visitor

#: Failures per minute and client address.
FAILURES_PER_MINUTE = 30
#: API requests that create an onboarding, per minute and site.
API_CREATES_PER_MINUTE = 120
#: Reports of elements per minute and client address. Together they have no limit, which others
#: could use up: any program can send a report about a site.
REPORTS_PER_MINUTE = 30
TOO_MANY_REQUESTS = "too_many_requests"
_EXTENSION = "limits"


class Surface(StrEnum):
    """Where an attempt can fail. Each has a limit of its own."""

    HANDOFF = "handoff"
    LINK = "link"
    LOGIN = "login"
    BEARER = "bearer"
    API = "api"
    REPORT = "report"


@dataclass(frozen=True)
class ApiQuota:
    """Whether a site may send this API request, and the headers that say so.

    `wait_seconds` is the `Retry-After` of a refused request; None if it is allowed. `headers` are
    `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11), for every answer.
    """

    wait_seconds: int | None
    headers: Mapping[str, str]


class Limits:
    """Counts attempts; holds over all nodes about one second later."""

    def __init__(
        self, counts: AttemptCounts, creates_per_minute: int = API_CREATES_PER_MINUTE
    ) -> None:
        self._counts = counts
        self._creates_per_minute = creates_per_minute

    def failure(self, surface: Surface, client: str) -> int | None:
        """Count a failure. Return None, or beyond the limit the seconds to wait.

        `client` is the keyed hash of the client's address.
        """
        return _wait_seconds(self._counts.count(f"{surface}/{client}", FAILURES_PER_MINUTE))

    def exceeded(self, surface: Surface, client: str) -> int | None:
        """Return the seconds to wait if the next failure would be refused; it counts nothing."""
        return _wait_seconds(self._counts.check(f"{surface}/{client}", FAILURES_PER_MINUTE))

    def failure_headers(self, surface: Surface, client: str) -> Mapping[str, str]:
        """Return both fields for an answer to a client without a key; it counts nothing."""
        left = self._counts.check(f"{surface}/{client}", FAILURES_PER_MINUTE)
        # `remaining` is what is left after the attempt that was checked.
        found = replace(left, remaining=left.remaining + left.is_allowed)
        return _rate_limit_fields({"failures": FAILURES_PER_MINUTE}, {"failures": found})

    def report(self, client: str) -> int | None:
        """Count a report of an element; return None, or beyond the limit the seconds to wait."""
        return _wait_seconds(self._counts.count(f"{Surface.REPORT}/{client}", REPORTS_PER_MINUTE))

    def api_request(self, site: Site, *, is_create: bool = False) -> ApiQuota:
        """Count an API request of the site. A refused one is not counted; the caller logs it."""
        policies = {"requests": site.api_rate}
        if is_create:
            policies["creates"] = self._creates_per_minute
        found: dict[str, Allowance] = {}
        for name, limit in policies.items():
            found[name] = self._counts.count(f"api_{name}/{site.id}", limit)
            if not found[name].is_allowed:
                break
        waits = [each.wait_seconds for each in found.values() if not each.is_allowed]
        return ApiQuota(max(waits, default=None), _rate_limit_fields(policies, found))


def install(app: Flask) -> None:
    """Create the limits of this process; the counts are shared by the journey's step."""
    steps = app.extensions["steps"]
    counts = AttemptCounts(steps.share_limit_counts, clock=lambda: steps.clock().timestamp())
    app.extensions[_EXTENSION] = Limits(counts)


def limits() -> Limits:
    """Return the limits of the current app."""
    return cast("Limits", current_app.extensions[_EXTENSION])


def refuse_if_exceeded(surface: Surface) -> None:
    """Guard a costly call that may fail. Raises TooManyRequests beyond the limit of failures."""
    wait_seconds = limits().exceeded(surface, hashed_client())
    if wait_seconds is not None:
        _record_refusal(surface)
        raise TooManyRequests(retry_after=wait_seconds)


def count_failure(surface: Surface) -> None:
    """Count a failure of the current client that is answered without an error."""
    limits().failure(surface, hashed_client())


def limited(surface: Surface, response: Response, site: Site | None = None) -> Response:
    """Count a failure of the current client; return `response`, or 429 beyond the limit.

    `site` is logged; by default the one that the page shows.
    """
    wait_seconds = limits().failure(surface, hashed_client())
    if wait_seconds is None:
        return response
    _record_refusal(surface, site)
    return error_response(ErrorInfo(429, TOO_MANY_REQUESTS, retry_after=wait_seconds))


def limit_report(site: Site) -> None:
    """Count a report about `site` of the current client. Raises TooManyRequests."""
    wait_seconds = limits().report(hashed_client())
    if wait_seconds is not None:
        metrics.limited(Surface.REPORT)
        log().info("element_report_limited", site=site.id, client=hashed_client())
        raise TooManyRequests(retry_after=wait_seconds)


def log_refusal(event: str, site: Site | None = None, **fields: object) -> None:
    """Log that an attempt was refused: of which site, client (a keyed hash) and person."""
    visitor = cast("Visitor | None", g.get("visitor"))
    known = site or request_context.current_site()
    log().warning(
        event,
        site=known.id if known else None,
        client=hashed_client(),
        person=visitor.person.id if visitor else None,
        **fields,
    )


def _record_refusal(surface: str, site: Site | None = None) -> None:
    log_refusal("attempt_limited", site, surface=surface)
    metrics.limited(surface)


def _wait_seconds(allowance: Allowance) -> int | None:
    return None if allowance.is_allowed else allowance.wait_seconds


def _rate_limit_fields(
    policies: Mapping[str, int], found: Mapping[str, Allowance]
) -> dict[str, str]:
    """Return both fields; their lists are structured fields (RFC 9651)."""
    policy = ", ".join(f'"{name}";q={limit};w={MINUTE}' for name, limit in policies.items())
    state = ", ".join(
        f'"{name}";r={each.remaining};t={each.reset_seconds}' for name, each in found.items()
    )
    return {"RateLimit-Policy": policy, "RateLimit": state}

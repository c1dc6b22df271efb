"""Sign the result of an onboarding: for the return to the host site, its messages and the API."""

from __future__ import annotations

from webapp.domain.onboarding import Status
from webapp.hostsite.return_urls import add_result
from webapp.hostsite.signed_results import RETURN_LIFETIME, ResultClaims
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.views import Visitor


def sign_result(
    deps: JourneyDependencies,
    site: str,
    subject: str,
    onboarding_id: str,
    status: Status,
    state: str | None = None,
) -> str:
    """Return the signed result for messages, the API and events of the host page: without `exp`.

    Only events have the `state` of the user's hand-off. Raises DatabaseUnavailable on the
    first use of a process.
    """
    return deps.result_signer.sign(ResultClaims(site, subject, onboarding_id, str(status), state))


def signed_return_url(
    deps: JourneyDependencies, visitor: Visitor, onboarding_id: str, status: Status
) -> str | None:
    """Return the visitor's return URL with a signed result of 300 seconds and their `state`.

    None if the host site has named no return URL. Call it outside a transaction. Raises
    DatabaseUnavailable on the first use of a process.
    """
    if visitor.return_url is None:
        return None
    claims = ResultClaims(
        visitor.site.id, visitor.person.subject, onboarding_id, str(status), visitor.state
    )
    return add_result(visitor.return_url, deps.result_signer.sign(claims, lifetime=RETURN_LIFETIME))

"""Addresses with false results, for a developer to open: the page must not believe them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from webapp.config.sites import Site
from webapp.domain.onboarding import Status
from webapp.hostsite import forged_results
from webapp.hostsite.return_urls import add_result
from webapp.hostsite.signed_results import RETURN_LIFETIME, ResultClaims, ResultSigner
from webapp.journey.host_check_requests import SUBJECT


@dataclass(frozen=True)
class ReturnAttack:
    """`does` says what is false about the result in `url`."""

    name: str
    does: str
    url: str = field(repr=False)


def return_attacks(site: Site, signer: ResultSigner) -> Iterator[ReturnAttack]:
    """Yield addresses of the first return URL of the site; nothing for a site without one.

    Results that are signed are valid for five minutes, and about a user who does not exist.
    """
    if not site.return_urls:
        return
    page = site.return_urls[0]

    def signed(status: Status = Status.VERIFIED, lifetime: timedelta = RETURN_LIFETIME) -> str:
        return signer.sign(_claims(site.id, status), lifetime=lifetime)

    key = signer.public_keys()["keys"][0]
    expired = signed(lifetime=-RETURN_LIFETIME)
    other_site = signer.sign(_claims(SUBJECT, Status.VERIFIED), lifetime=RETURN_LIFETIME)
    altered = forged_results.with_other_claims(signed(Status.REJECTED), status="verified")
    for name, does, token in (
        ("no_algorithm", "is not signed (alg: none)", forged_results.without_signature(signed())),
        ("other_key", "is signed with another key", forged_results.with_other_key(signed())),
        ("altered", "was rejected and is altered to verified", altered),
        (
            "public_key_as_secret",
            "is signed with the public key as an HMAC secret",
            forged_results.with_public_key_as_secret(signed(), key),
        ),
        ("expired", "has expired", expired),
        ("other_site", "is for another site", other_site),
        ("other_user", "is about another user than the one who is logged in", signed()),
        ("no_token", "is no token at all", "not-a-token"),
    ):
        yield ReturnAttack(name, does, add_result(page, token))


def _claims(site: str, status: Status) -> ResultClaims:
    return ResultClaims(site, SUBJECT, str(uuid.uuid4()), str(status))

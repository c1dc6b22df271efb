"""Carry a request with an Idempotency-Key out once, and repeat its answer for a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from webapp.domain.errors import IdempotencyKeyInFlight, IdempotencyKeyReused, LeaseLost
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.unit_of_work import UnitOfWork

#: How long a key answers alike.
LIFE = timedelta(hours=24)
#: How long one request may take; a crash frees its key after this time.
LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class Claim:
    """The right to carry a request out, until `lease_until` (aware UTC)."""

    request_id: str
    lease_until: datetime


@dataclass(frozen=True)
class StoredAnswer:
    """The first answer: HTTP status and body.

    `body` is None once the onboarding that it showed, `onboarding_id`, is erased.
    """

    status: int
    body: str | None = field(repr=False)
    onboarding_id: str | None = None


class Idempotency:
    """Of several requests with one key, one is carried out; the others get its answer."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps

    def begin(self, site: str, key: str, fingerprint: str) -> Claim | StoredAnswer:
        """Claim the key, or return the stored answer. `fingerprint` identifies call and body.

        Both are stored as keyed hashes: they may hold, or be derived from, personal data.
        Raises IdempotencyKeyReused (another fingerprint) or IdempotencyKeyInFlight.
        """
        key_hash = self._deps.request_hash(key)
        body_hash = self._deps.request_hash(fingerprint)
        now = self._deps.clock()
        until = now + LEASE
        with self._deps.database.writing() as work:
            requests = work.api_requests
            known = requests.get(site, key_hash)
            if known is not None and known.expires_at <= now:
                requests.delete(known.id)
                known = None
            if known is None:
                new_id = requests.add(
                    site, key_hash, body_hash, lease_until=until, expires_at=now + LIFE
                )
                if new_id is not None:
                    return Claim(new_id, until)
                known = requests.get(site, key_hash)  # another transaction was faster
            if known is None:
                raise IdempotencyKeyInFlight(1)
            if known.body_hash != body_hash:
                raise IdempotencyKeyReused
            if known.status is not None:
                return StoredAnswer(known.status, known.answer, known.onboarding_id)
            if known.lease_until > now:
                raise IdempotencyKeyInFlight((known.lease_until - now).total_seconds())
            requests.renew_lease(known.id, until)
            return Claim(known.id, until)

    def settle(
        self, work: UnitOfWork, claim: Claim, status: int, body: str, onboarding_id: str
    ) -> None:
        """Store the answer, which shows this onboarding, within the transaction of the change.

        Raises LeaseLost when another request carries the call out by now.
        """
        requests = work.api_requests
        if not requests.settle(claim.request_id, claim.lease_until, status, body, onboarding_id):
            raise LeaseLost

    def store(self, claim: Claim, status: int, body: str) -> None:
        """Store the answer of a request that has changed nothing."""
        with self._deps.database.writing() as work:
            work.api_requests.settle(claim.request_id, claim.lease_until, status, body)

    def release(self, claim: Claim) -> None:
        """Free the key: the request has failed, and a repetition may succeed."""
        with self._deps.database.writing() as work:
            work.api_requests.release(claim.request_id, claim.lease_until)

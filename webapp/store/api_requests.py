"""Store requests with an Idempotency-Key: at most one at a time carries a key's call out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from webapp.store.api_tables import api_requests
from webapp.store.repository import SealingRepository
from webapp.store.sql import delete_batch, insert_if_absent

_columns = api_requests.c
_this = _columns.id == bindparam("this")
_SETTLE = (
    update(api_requests)
    .where(_this, _columns.lease_until == bindparam("held"))
    .values(
        status=bindparam("code"), answer=bindparam("sealed"), onboarding_id=bindparam("onboarding")
    )
)


@dataclass(frozen=True)
class ApiRequest:
    """A stored request; `status` and `answer` are those of its response.

    `status` is None while it is carried out. `answer` alone is None once `onboarding_id`, which it
    showed, is erased.
    """

    id: str
    body_hash: str
    lease_until: datetime
    expires_at: datetime
    status: int | None
    answer: str | None = field(repr=False)
    onboarding_id: str | None = None


class ApiRequests(SealingRepository):
    def add(
        self,
        site: str,
        key_hash: str,
        body_hash: str,
        *,
        lease_until: datetime,
        expires_at: datetime,
    ) -> str | None:
        """Insert a request under a new id; None if the site has used the key already.

        Of several transactions at once one inserts; the others wait for its end.
        """
        new_id = str(uuid.uuid4())
        is_new = insert_if_absent(
            self._connection,
            api_requests,
            id=new_id,
            site=site,
            key_hash=key_hash,
            body_hash=body_hash,
            lease_until=lease_until,
            expires_at=expires_at,
        )
        return new_id if is_new else None

    def get(self, site: str, key_hash: str) -> ApiRequest | None:
        """Return the request of a key, and lock it."""
        query = select(api_requests).where(_columns.site == site, _columns.key_hash == key_hash)
        row = self._connection.execute(query.with_for_update()).one_or_none()
        if row is None:
            return None
        return ApiRequest(
            row.id,
            row.body_hash,
            row.lease_until,
            row.expires_at,
            row.status,
            self._open(row.answer),
            row.onboarding_id,
        )

    def renew_lease(self, request_id: str, until: datetime) -> None:
        """Let the caller carry the call out until this time."""
        self._connection.execute(
            update(api_requests).where(_this).values(lease_until=until), {"this": request_id}
        )

    def settle(
        self,
        request_id: str,
        lease_until: datetime,
        status: int,
        answer: str,
        onboarding_id: str | None = None,
    ) -> bool:
        """Store the answer, and which onboarding it shows.

        False, and nothing stored, if another request has taken the lease.
        """
        values = {
            "this": request_id,
            "held": lease_until,
            "code": status,
            "sealed": self._seal(answer),
            "onboarding": onboarding_id,
        }
        return self._connection.execute(_SETTLE, values).rowcount == 1

    def release(self, request_id: str, lease_until: datetime) -> None:
        """Free the key unless it has an answer, or another request has taken the lease."""
        unsettled = (_columns.lease_until == lease_until, _columns.status.is_(None))
        self._connection.execute(delete(api_requests).where(_columns.id == request_id, *unsettled))

    def delete(self, request_id: str) -> None:
        """Free the key: the next request with it is carried out."""
        self._connection.execute(delete(api_requests).where(_this), {"this": request_id})

    def forget(self, now: datetime) -> int:
        """Delete a batch of expired requests; return how many."""
        return delete_batch(self._connection, api_requests, _columns.expires_at < now)

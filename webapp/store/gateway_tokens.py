"""Store the gateway's access token, one encrypted row for all nodes, and the lease to renew it.

The login is a network call and so happens outside any transaction. A compare-and-set on the row
decides which process may make it; the others read the result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from webapp.store.repository import SealingRepository
from webapp.store.schema import gateway_token
from webapp.store.sql import insert_if_absent


@dataclass(frozen=True)
class StoredToken:
    """The row; `failed_at` and `failed_for` describe the last login unless it succeeded."""

    token: str | None = field(repr=False)
    obtained_at: datetime | None
    expires_at: datetime | None
    lease_until: datetime | None
    failed_at: datetime | None
    failed_for: str | None = None


class GatewayTokens(SealingRepository):
    def get(self, account: str) -> StoredToken | None:
        row = self._connection.execute(
            select(gateway_token).where(gateway_token.c.account == account)
        ).one_or_none()
        if row is None:
            return None
        return StoredToken(
            self._open(row.token),
            row.obtained_at,
            row.expires_at,
            row.lease_until,
            row.failed_at,
            row.failed_for,
        )

    def claim(
        self, account: str, by: str, now: datetime, lease: timedelta, seen: StoredToken | None
    ) -> bool:
        """Lease the login to `by` until `now + lease`; return whether this succeeded.

        Fails unless the row is as it was `seen`: a process that read it before another's login
        ended must read it again instead of logging in too. A lease that ends much later than one
        taken now does not count: the clock was set back since.
        """
        insert_if_absent(self._connection, gateway_token, account=account)
        obtained_at, failed_at = (seen.obtained_at, seen.failed_at) if seen else (None, None)
        claimed = self._connection.execute(
            update(gateway_token)
            .where(
                gateway_token.c.account == account,
                gateway_token.c.obtained_at.is_not_distinct_from(obtained_at),
                gateway_token.c.failed_at.is_not_distinct_from(failed_at),
                or_(
                    gateway_token.c.lease_until.is_(None),
                    gateway_token.c.lease_until < now,
                    gateway_token.c.lease_until > now + 2 * lease,
                ),
            )
            .values(lease_until=now + lease, lease_by=by)
        )
        return claimed.rowcount == 1

    def put(
        self, account: str, by: str, token: str, obtained_at: datetime, expires_at: datetime
    ) -> None:
        """Store the token and end the lease, if `by` still holds it."""
        self._finish(
            account,
            by,
            token=self._cipher.seal(token),
            obtained_at=obtained_at,
            expires_at=expires_at,
            failed_at=None,
            failed_for=None,
        )

    def fail(self, account: str, by: str, now: datetime, why: str) -> None:
        """Record a failed login and end the lease, if `by` still holds it."""
        self._finish(account, by, failed_at=now, failed_for=why)

    def _finish(self, account: str, by: str, **values: object) -> None:
        self._connection.execute(
            update(gateway_token)
            .where(gateway_token.c.account == account, gateway_token.c.lease_by == by)
            .values(lease_until=None, lease_by=None, **values)
        )

"""The gateway's access token: one encrypted row for the fleet, with a lease to renew it.

The log-in itself is a network call and so happens outside any transaction. Who may make
it is settled by a compare-and-set on the row; everybody else reads what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from webapp.store.column_types import Cipher
from webapp.store.schema import gateway_token


@dataclass(frozen=True)
class Row:
    """`failed_at`, `failed_for`: the last log-in's failure, if none has gone well since."""

    token: str | None = field(repr=False)
    obtained_at: datetime | None
    expires_at: datetime | None
    lease_until: datetime | None
    failed_at: datetime | None
    failed_for: str | None = None


class Tokens:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def get(self, account: str) -> Row | None:
        row = self._connection.execute(
            select(gateway_token).where(gateway_token.c.account == account)
        ).one_or_none()
        if row is None:
            return None
        token = self._cipher.open(row.token) if row.token else None
        return Row(
            token, row.obtained_at, row.expires_at, row.lease_until, row.failed_at, row.failed_for
        )

    def claim(
        self, account: str, by: str, now: datetime, lease: timedelta, seen: Row | None
    ) -> bool:
        """Whether `by` may log in now; others have to wait until `now + lease` at the latest.

        Only while the row is as it was `seen`: who read it before another's log-in came to an
        end must look again instead of making one more. A lease that ends long after
        one taken now is none: the clock has been put back since.
        """
        self._ensure(account)
        obtained_at, failed_at = (seen.obtained_at, seen.failed_at) if seen else (None, None)
        done = self._connection.execute(
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
        return done.rowcount == 1

    def put(
        self, account: str, by: str, token: str, obtained_at: datetime, expires_at: datetime
    ) -> None:
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
        self._finish(account, by, failed_at=now, failed_for=why)

    def _finish(self, account: str, by: str, **values: object) -> None:
        self._connection.execute(
            update(gateway_token)
            .where(gateway_token.c.account == account, gateway_token.c.lease_by == by)
            .values(lease_until=None, lease_by=None, **values)
        )

    def _ensure(self, account: str) -> None:
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(gateway_token).values(account=account))
        except IntegrityError:
            pass  # it is there already, which is all we want

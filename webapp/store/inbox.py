"""Read and settle stored notices; `notice_writer` stores them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, func, or_, select, true, update

from webapp.domain.settle_reason import SettleReason
from webapp.store.repository import Repository
from webapp.store.schema import inbox, onboardings
from webapp.store.sql import delete_batch

_UNKNOWN_RETENTION = timedelta(days=30)
_FORWARDED_RETENTION = timedelta(days=1)


@dataclass(frozen=True)
class StoredNotice:
    """A stored notice; `settled_at` is None until a poll has confirmed it."""

    id: int
    verification_id: str
    status: str
    times: int
    first_seen_at: datetime
    last_seen_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True)
class NoticeSummary:
    """A notice as operators see it.

    `state` is `open`, how the notice was settled, or of an id that no onboarding has: `unknown`,
    and with an older receiver `forwarding`, `forwarded` or `not_forwarded` (a dead letter).
    """

    verification_id: str
    status: str
    times: int
    first_seen_at: datetime
    last_seen_at: datetime
    state: str


_UNSETTLED = (
    select(*(inbox.c[field.name] for field in fields(StoredNotice)))
    .where(inbox.c.verification_id == bindparam("this"), inbox.c.settled_at.is_(None))
    .order_by(inbox.c.id)
)


class Inbox(Repository):
    def unsettled(self, verification_id: str) -> list[StoredNotice]:
        """Return the notices about this onboarding that no poll has confirmed yet."""
        rows = self._connection.execute(_UNSETTLED, {"this": verification_id})
        return [StoredNotice(*row) for row in rows]

    def contains(self, verification_id: str, status: str) -> bool:
        """Return whether a notice with this status has ever arrived."""
        found = self._connection.scalar(
            select(inbox.c.id).where(
                inbox.c.verification_id == verification_id, inbox.c.status == status
            )
        )
        return found is not None

    def settle(self, notice_ids: Iterable[int], reason: SettleReason, now: datetime) -> None:
        """Record that these notices need no more polls, and why."""
        settled = list(notice_ids)
        if settled:
            self._connection.execute(
                update(inbox)
                .where(inbox.c.id.in_(settled))
                .values(settled_at=now, settled_as=reason)
            )

    def listed(self, limit: int) -> list[NoticeSummary]:
        """Return the newest notices, newest first."""
        known = exists().where(onboardings.c.id == inbox.c.verification_id)
        rows = self._connection.execute(
            select(inbox, known.label("known")).order_by(inbox.c.id.desc()).limit(limit)
        )
        return [_summary(row) for row in rows]

    def words(self) -> list[str]:
        """Return the statuses of all stored notices, each once."""
        return list(self._connection.scalars(select(inbox.c.status).distinct()))

    def unconfirmed(self) -> list[NoticeSummary]:
        """Return the notices that no poll confirmed within the retry limit, oldest first."""
        rows = self._connection.execute(
            select(inbox, true().label("known"))
            .where(inbox.c.settled_as == SettleReason.UNCONFIRMED)
            .order_by(inbox.c.settled_at)
        )
        return [_summary(row) for row in rows]

    def count_unconfirmed(self) -> int:
        count = select(func.count()).where(inbox.c.settled_as == SettleReason.UNCONFIRMED)
        return self._connection.scalar(count) or 0

    def reopen(self, verification_id: str) -> int:
        """Make unconfirmed notices of this onboarding unsettled again; return how many."""
        reopened = self._connection.execute(
            update(inbox)
            .where(
                inbox.c.verification_id == verification_id,
                inbox.c.settled_as == SettleReason.UNCONFIRMED,
            )
            .values(settled_at=None, settled_as=None)
        )
        return reopened.rowcount

    def forget(self, now: datetime) -> int:
        """Delete a batch of old notices about unknown ids; return how many.

        They are old after 30 days, or a day after they were handed on to an older receiver.

        Other notices stay as long as their onboarding. Notices about unknown ids are never
        settled, so the query can skip all settled ones.
        """
        known = select(onboardings.c.id).where(onboardings.c.id == inbox.c.verification_id)
        unknown = and_(
            inbox.c.settled_at.is_(None),
            or_(
                inbox.c.last_seen_at < now - _UNKNOWN_RETENTION,
                and_(
                    inbox.c.forward_at.is_(None),
                    inbox.c.forwarded_at < now - _FORWARDED_RETENTION,
                ),
            ),
            ~known.correlate(inbox).exists(),
        )
        return delete_batch(self._connection, inbox, unknown)


def _summary(row: Row[Any]) -> NoticeSummary:
    state = row.settled_as or ("open" if row.known else _forward_state(row))
    seen = (row.first_seen_at, row.last_seen_at)
    return NoticeSummary(row.verification_id, row.status, row.times, *seen, state)


def _forward_state(row: Row[Any]) -> str:
    if row.forward_at is not None:
        return "forwarding"
    if row.forward_error is not None:
        return "not_forwarded"
    return "forwarded" if row.forwarded_at is not None else "unknown"

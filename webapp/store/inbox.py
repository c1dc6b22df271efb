"""Notices as they came: the durable record that something is still to be asked.

They come in through `notice_writer`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, exists, func, select, true, update

from webapp.store.column_types import Cipher
from webapp.store.portions import delete_portion
from webapp.store.prepared import Prepared
from webapp.store.schema import inbox, onboardings

_KEEP_STRANGE = timedelta(days=30)
#: Settled so: the gateway has been asked often enough and never agreed.
UNCONFIRMED = "unconfirmed"
_UNSETTLED = Prepared(
    select(inbox)
    .where(inbox.c.verification_id == bindparam("sought"), inbox.c.settled_at.is_(None))
    .order_by(inbox.c.id)
)


@dataclass(frozen=True)
class Kept:
    """A stored notice; `settled_at` is None while the gateway has not confirmed it."""

    id: int
    verification_id: str
    status: str
    times: int
    first_seen_at: datetime
    last_seen_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True)
class OnboardingSummary:
    """A notice for operators; `state` is `open`, `unknown` (about an id that we never had), or
    how it was settled."""

    verification_id: str
    status: str
    times: int
    first_seen_at: datetime
    last_seen_at: datetime
    state: str


class Inbox:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def unsettled(self, verification_id: str) -> list[Kept]:
        rows = _UNSETTLED.rows(self._connection, {"sought": verification_id})
        return [
            Kept(
                row.id,
                row.verification_id,
                row.status,
                row.times,
                row.first_seen_at,
                row.last_seen_at,
                row.settled_at,
            )
            for row in rows
        ]

    def has_had(self, verification_id: str, status: str) -> bool:
        """Whether a notice has ever said this."""
        found = self._connection.scalar(
            select(inbox.c.id).where(
                inbox.c.verification_id == verification_id, inbox.c.status == status
            )
        )
        return found is not None

    def settle(self, notice_ids: Iterable[int], how: str, now: datetime) -> None:
        """`how` is `agreed`, `unconfirmed` when asking again has been given up, or `erased`
        with its onboarding.
        """
        settled = list(notice_ids)
        if settled:
            self._connection.execute(
                update(inbox).where(inbox.c.id.in_(settled)).values(settled_at=now, settled_as=how)
            )

    def listed(self, limit: int) -> list[OnboardingSummary]:
        """Newest first, for operators."""
        known = exists().where(onboardings.c.id == inbox.c.verification_id)
        rows = self._connection.execute(
            select(inbox, known.label("known")).order_by(inbox.c.id.desc()).limit(limit)
        )
        return [_listed(row) for row in rows]

    def unconfirmed(self) -> list[OnboardingSummary]:
        """What the gateway has never confirmed however often it was asked; longest first."""
        rows = self._connection.execute(
            select(inbox, true().label("known"))
            .where(inbox.c.settled_as == UNCONFIRMED)
            .order_by(inbox.c.settled_at)
        )
        return [_listed(row) for row in rows]

    def count_unconfirmed(self) -> int:
        count = select(func.count()).where(inbox.c.settled_as == UNCONFIRMED)
        return self._connection.scalar(count) or 0

    def reopen(self, verification_id: str) -> int:
        """Have the gateway asked again about what it has not confirmed; how many notices."""
        done = self._connection.execute(
            update(inbox)
            .where(inbox.c.verification_id == verification_id, inbox.c.settled_as == UNCONFIRMED)
            .values(settled_at=None, settled_as=None)
        )
        return done.rowcount

    def forget(self, now: datetime) -> int:
        """A portion of the notices about ids we never had; how many.

        Ours stay as long as their onboarding. Nothing ever settles a strange one, so the many
        that are settled need not be looked at.
        """
        known = select(onboardings.c.id).where(onboardings.c.id == inbox.c.verification_id)
        strange = and_(
            inbox.c.settled_at.is_(None),
            inbox.c.last_seen_at < now - _KEEP_STRANGE,
            ~known.correlate(inbox).exists(),
        )
        return delete_portion(self._connection, inbox, strange)


def _listed(row: Row[Any]) -> OnboardingSummary:
    state = row.settled_as or ("open" if row.known else "unknown")
    seen = (row.first_seen_at, row.last_seen_at)
    return OnboardingSummary(row.verification_id, row.status, row.times, *seen, state)

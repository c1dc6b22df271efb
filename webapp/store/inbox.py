"""Notices as they came: the durable record that something is still to be asked.

They come in through `notice_writer`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, select, update

from webapp.store.portions import delete_portion
from webapp.store.schema import inbox, onboardings
from webapp.store.types import Cipher

_KEEP_STRANGE = timedelta(days=30)
_UNSETTLED = (
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


class Inbox:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def unsettled(self, verification_id: str) -> list[Kept]:
        rows = self._connection.execute(_UNSETTLED, {"sought": verification_id})
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
        """`how` is `agreed`, or `unconfirmed` when asking again has been given up."""
        settled = list(notice_ids)
        if settled:
            self._connection.execute(
                update(inbox).where(inbox.c.id.in_(settled)).values(settled_at=now, settled_as=how)
            )

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

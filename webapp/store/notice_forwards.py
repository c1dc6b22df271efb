"""Plan which stored notices are handed on to an older receiver, and store what came of it.

The plan is in the notice's own row (`forward_at`). `notice_statements` makes it, in the transaction
that stores the notice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from webapp.domain.messages import AttemptError
from webapp.store.errors import WrongKey
from webapp.store.messages import UNREADABLE_DELAY
from webapp.store.notices_tables import FORWARD_FAILED, IS_TO_FORWARD, inbox
from webapp.store.repository import SealingRepository

_columns = inbox.c
_is_dead = and_(FORWARD_FAILED, _columns.forward_at.is_(None))


@dataclass(frozen=True)
class NoticeToForward:
    """A claimed notice; `attempts` counts the failed ones, `body` is the text that came."""

    id: int
    verification_id: str
    attempts: int
    body: str = field(repr=False)


@dataclass(frozen=True)
class UnforwardedNotice:
    """A notice that no attempt could hand on; `error` is a word of `AttemptError`."""

    verification_id: str
    error: str
    attempts: int
    first_seen_at: datetime


class NoticeForwards(SealingRepository):
    def has_due(self, now: datetime) -> bool:
        return bool(self._connection.scalar(select(exists().where(_is_due(now)))))

    def claim_due(self, now: datetime, until: datetime, most: int) -> list[NoticeToForward]:
        """Return up to `most` due notices, longest due first, claimed until `until`.

        At most one about each process, so that two never arrive at once; one that is retried may
        arrive after a later one. Postpones notices that none of DATA_KEYS decrypts.
        """
        due = (
            select(inbox)
            .where(_is_due(now))
            .order_by(_columns.forward_at, _columns.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        found: dict[str, NoticeToForward] = {}
        for row in self._connection.execute(due).all():
            if row.verification_id in found:
                continue
            try:
                body = self._cipher.open(row.body)
            except WrongKey:
                self._plan(row.id, now + UNREADABLE_DELAY)
                continue
            found[row.verification_id] = NoticeToForward(
                row.id, row.verification_id, row.forward_attempts, body
            )
            self._plan(row.id, until)
        return list(found.values())

    def mark_forwarded(self, notice_id: int, claimed: datetime, now: datetime) -> None:
        """Store that the receiver has taken it. A repeat that came meanwhile stays planned."""
        this = _columns.id == notice_id
        taken = {"forwarded_at": now, "forward_error": None, "forward_attempts": 0}
        self._connection.execute(update(inbox).where(this).values(**taken))
        done = update(inbox).where(this, _columns.forward_at == claimed)
        self._connection.execute(done.values(forward_at=None))

    def mark_failed(
        self, notice_id: int, claimed: datetime, until: datetime | None, error: AttemptError
    ) -> None:
        """Plan the next attempt (None: dead letter), unless the claim has ended."""
        self._connection.execute(
            update(inbox)
            .where(_columns.id == notice_id, _columns.forward_at == claimed)
            .values(
                forward_at=until,
                forward_error=str(error),
                forward_attempts=_columns.forward_attempts + 1,
            )
        )

    def last_error(self) -> str | None:
        """Return why a notice that is still retried could not be handed on; None if none failed."""
        query = select(_columns.forward_error).where(FORWARD_FAILED, IS_TO_FORWARD)
        return self._connection.scalar(query.limit(1))

    def dead_lettered(self) -> list[UnforwardedNotice]:
        """Return the notices whose attempts have all failed, oldest first."""
        query = select(
            _columns.verification_id,
            _columns.forward_error,
            _columns.forward_attempts,
            _columns.first_seen_at,
        )
        rows = self._connection.execute(query.where(_is_dead).order_by(_columns.first_seen_at))
        return [UnforwardedNotice(*row) for row in rows]

    def count_dead_lettered(self) -> int:
        return self._connection.scalar(select(func.count()).where(_is_dead)) or 0

    def retry(self, verification_id: str, now: datetime) -> None:
        """Make the dead letters about this process due again, with all their attempts."""
        again = update(inbox).where(_is_dead, _columns.verification_id == verification_id)
        self._connection.execute(again.values(forward_at=now, forward_attempts=0))

    def cancel(self, verification_id: str | None = None) -> int:
        """Hand on nothing more about this process, or about any; return how many were planned."""
        planned = or_(IS_TO_FORWARD, FORWARD_FAILED)
        canceled = update(inbox).where(planned)
        if verification_id is not None:
            canceled = canceled.where(_columns.verification_id == verification_id)
        values = {"forward_at": None, "forward_error": None, "forward_attempts": 0}
        return self._connection.execute(canceled.values(**values)).rowcount

    def _plan(self, notice_id: int, at: datetime) -> None:
        planned = update(inbox).where(_columns.id == notice_id)
        self._connection.execute(planned.values(forward_at=at))


def _is_due(now: datetime) -> ColumnElement[bool]:
    """A notice without a body is about an erased onboarding: there is nothing to hand on."""
    return and_(_columns.forward_at <= now, _columns.body.is_not(None))

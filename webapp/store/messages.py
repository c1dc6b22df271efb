"""Store messages to host sites: the outbox, and the log of attempts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    TextClause,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from webapp.domain.messages import PING, Attempt, AttemptError, Message, MessageState
from webapp.store.errors import WrongKey
from webapp.store.messages_tables import IS_DEAD, IS_PENDING, message_attempts, messages
from webapp.store.repository import SealingRepository
from webapp.store.sql import BATCH_SIZE, delete_batch

#: How long the log keeps attempts.
ATTEMPTS_KEPT = timedelta(days=30)
#: How long a message waits that none of DATA_KEYS decrypts.
UNREADABLE_DELAY = timedelta(hours=1)

_columns = messages.c
_this = _columns.id == bindparam("this")
_ADD = insert(messages)
_GET = select(messages).where(_this)
_DUE = (
    select(messages)
    .where(
        IS_PENDING,
        _columns.site == bindparam("of_site"),
        _columns.next_attempt_at <= bindparam("now"),
    )
    .order_by(_columns.next_attempt_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_HAS_DUE = select(
    exists().where(
        IS_PENDING,
        _columns.site == bindparam("of_site"),
        _columns.next_attempt_at <= bindparam("now"),
    )
)
_CLAIM = update(messages).where(_this).values(next_attempt_at=bindparam("until"))
_NOT_ERASED = _columns.state != str(MessageState.ERASED)
_DELIVER = (
    update(messages)
    .where(_this, _NOT_ERASED)
    .values(state=str(MessageState.DELIVERED), next_attempt_at=None, attempts=_columns.attempts + 1)
)
_FAIL = (
    update(messages)
    .where(_this, IS_PENDING, _columns.next_attempt_at == bindparam("claimed"))
    .values(
        state=bindparam("becomes"),
        next_attempt_at=bindparam("until"),
        attempts=_columns.attempts + 1,
    )
)
_COUNT_BACKLOG = select(func.count(), func.min(_columns.created_at)).where(IS_PENDING)
_COUNT_DEAD = select(func.count()).where(IS_DEAD)


@dataclass(frozen=True)
class MessageSummary:
    """A message as operators list it, without its body; `state` may be one of a newer version."""

    id: str
    site: str
    number: int | None
    onboarding_id: str | None
    sequence: int | None
    type: str
    state: str
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime


_SUMMARY = select(*(_columns[name] for name in MessageSummary.__dataclass_fields__))


class Messages(SealingRepository):
    def add(self, message: Message) -> None:
        """Insert. Raises AlreadyExists, on leaving `writing`, for a repeated sequence."""
        self._connection.execute(
            _ADD,
            {
                "id": message.id,
                "site": message.site,
                "onboarding_id": message.onboarding_id,
                "sequence": message.sequence,
                "type": message.type,
                "body": self._seal(message.body),
                "state": str(message.state),
                "attempts": message.attempts,
                "next_attempt_at": message.next_attempt_at,
                "created_at": message.created_at,
            },
        )

    def get(self, message_id: str) -> Message | None:
        row = self._connection.execute(_GET, {"this": message_id}).one_or_none()
        return self._message(row) if row else None

    def has_due(self, site: str, now: datetime) -> bool:
        return bool(self._connection.scalar(_HAS_DUE, {"of_site": site, "now": now}))

    def claim_due(self, site: str, now: datetime, until: datetime, most: int) -> list[Message]:
        """Return up to `most` due messages of a site, longest due first, claimed until `until`.

        A claim is a lease: a message whose outcome is not stored by then is due again. Postpones
        messages that none of DATA_KEYS decrypts: they must not keep the others from being sent.
        """
        values = {"of_site": site, "now": now, "most": most}
        found, claims = [], []
        for row in self._connection.execute(_DUE, values).all():
            try:
                found.append(self._message(row))
                claims.append({"this": row.id, "until": until})
            except WrongKey:
                claims.append({"this": row.id, "until": now + UNREADABLE_DELAY})
        if claims:
            self._connection.execute(_CLAIM, claims)
        return found

    def claim(self, message_id: str, until: datetime) -> None:
        """Claim one message, whether it is due or not."""
        self._connection.execute(_CLAIM, {"this": message_id, "until": until})

    def mark_delivered(self, message_id: str) -> bool:
        """Store that the receiver has taken it; true even after the claim has ended.

        Returns False, and changes nothing, if it has been erased meanwhile.
        """
        return self._connection.execute(_DELIVER, {"this": message_id}).rowcount == 1

    def mark_failed(self, message_id: str, claimed: datetime, until: datetime | None) -> bool:
        """Plan the next attempt of a message that was claimed until `claimed` (None: dead letter).

        Returns False, and changes nothing, if the claim has ended and another caller has it.
        """
        state = MessageState.PENDING if until else MessageState.DEAD
        values = {"this": message_id, "claimed": claimed, "until": until, "becomes": str(state)}
        return self._connection.execute(_FAIL, values).rowcount == 1

    def add_attempt(self, message_id: str, attempt: Attempt) -> None:
        self._connection.execute(
            insert(message_attempts).values(
                message_id=message_id,
                at=attempt.at,
                status=attempt.status,
                error=str(attempt.error) if attempt.error else None,
                duration_ms=attempt.duration_ms,
                answer=self._seal(attempt.answer),
            )
        )

    def attempts_of(self, message_id: str) -> list[Attempt]:
        """Return the logged attempts, oldest first."""
        query = (
            select(message_attempts)
            .where(message_attempts.c.message_id == message_id)
            .order_by(message_attempts.c.id)
        )
        return [
            Attempt(
                row.at,
                row.duration_ms,
                row.status,
                AttemptError(row.error) if row.error else None,
                self._open(row.answer),
            )
            for row in self._connection.execute(query)
        ]

    def undelivered(self, site: str, since: datetime) -> list[str]:
        """Return ids of a site's messages, without pings, that were written since then."""
        over = _columns.state.in_([str(MessageState.DELIVERED), str(MessageState.ERASED)])
        return self._ids(_columns.site == site, _columns.created_at >= since, ~over)

    def pending(self, site: str) -> list[str]:
        """Return ids of all pending messages of a site."""
        return self._ids(IS_PENDING, _columns.site == site)

    def _ids(self, *conditions: ColumnElement[bool] | TextClause) -> list[str]:
        query = select(_columns.id).where(*conditions, _columns.type != PING)
        return list(self._connection.scalars(query))

    def make_due(self, ids: Iterable[str], now: datetime) -> None:
        """Make messages due now, with all their attempts before them.

        An attempt that is in flight is made again.
        """
        due = update(messages).where(_this, _NOT_ERASED)
        due = due.values(state=str(MessageState.PENDING), attempts=0, next_attempt_at=now)
        # In order of the ids, as every transaction that changes several messages: no deadlock.
        if values := [{"this": one} for one in sorted(ids)]:
            self._connection.execute(due, values)

    def erase(self, bodies: Mapping[str, str]) -> None:
        """Replace the bodies of these messages, by id; none of them is sent any more."""
        erased = update(messages).where(_this)
        erased = erased.values(
            body=bindparam("sealed"), state=str(MessageState.ERASED), next_attempt_at=None
        )
        # In order of the ids, as every transaction that changes several messages: no deadlock.
        if values := [{"this": one, "sealed": self._seal(bodies[one])} for one in sorted(bodies)]:
            self._connection.execute(erased, values)

    def keep_unsent(self, receiving_sites: Iterable[str]) -> int:
        """Take pending messages of all other sites out of the outbox; return how many.

        The API still lists them.
        """
        others = IS_PENDING, _columns.site.not_in(list(receiving_sites))
        kept = update(messages).where(*others)
        kept = kept.values(state=str(MessageState.UNSENT), next_attempt_at=None)
        return self._connection.execute(kept).rowcount

    def numbered_after(self, site: str, number: int, limit: int) -> list[Message]:
        """Return a site's numbered messages after `number`, in order, without pings."""
        query = (
            select(messages)
            .where(_columns.site == site, _columns.number > number, _columns.type != PING)
            .order_by(_columns.number)
            .limit(limit)
        )
        return [self._message(row) for row in self._connection.execute(query)]

    def listed(self, *, site: str | None, state: str | None, limit: int) -> list[MessageSummary]:
        """Return messages, newest first, without decrypting anything."""
        query = _SUMMARY.order_by(_columns.created_at.desc(), _columns.sequence.desc()).limit(limit)
        if site:
            query = query.where(_columns.site == site)
        if state:
            query = query.where(_columns.state == state)
        return [MessageSummary(*row) for row in self._connection.execute(query)]

    def summaries_of(self, onboarding_id: str) -> list[MessageSummary]:
        """Return all messages about an onboarding without decrypting anything."""
        query = _SUMMARY.where(_columns.onboarding_id == onboarding_id)
        return [MessageSummary(*row) for row in self._connection.execute(query)]

    def of(self, onboarding_id: str) -> list[Message]:
        """Return all messages about an onboarding, in order."""
        query = (
            select(messages)
            .where(_columns.onboarding_id == onboarding_id)
            .order_by(_columns.sequence)
        )
        return [self._message(row) for row in self._connection.execute(query)]

    def backlog(self) -> tuple[int, datetime | None]:
        """Return the number of pending messages, and when the oldest one was written."""
        count, oldest = self._connection.execute(_COUNT_BACKLOG).one()
        return count, oldest

    def count_dead(self) -> int:
        return self._connection.scalar(_COUNT_DEAD.where(_columns.type != PING)) or 0

    def forget(self, now: datetime) -> int:
        """Delete a batch of old attempts and pings; return how many rows."""
        before = now - ATTEMPTS_KEPT
        deleted = delete_batch(self._connection, message_attempts, message_attempts.c.at < before)
        old_ping = and_(_columns.type == PING, _columns.created_at < before)
        pings = select(_columns.id).where(old_ping).limit(BATCH_SIZE)
        ids = list(self._connection.scalars(pings))
        if ids:
            attempts = message_attempts.c.message_id.in_(ids)
            self._connection.execute(delete(message_attempts).where(attempts))
            self._connection.execute(delete(messages).where(_columns.id.in_(ids)))
        return max(deleted, len(ids))

    def _message(self, row: Any) -> Message:
        return Message(
            id=row.id,
            site=row.site,
            onboarding_id=row.onboarding_id,
            sequence=row.sequence,
            type=row.type,
            body=self._open(row.body) or "",
            created_at=row.created_at,
            state=MessageState(row.state),
            next_attempt_at=row.next_attempt_at,
            attempts=row.attempts,
            number=row.number,
        )

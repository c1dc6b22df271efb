"""Store consecutive failures of gateway polls, and which polls became dead letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, func, select, update

from webapp.store.repository import Repository
from webapp.store.schema import failed_polls
from webapp.store.sql import insert_into

_columns = failed_polls.c


@dataclass(frozen=True)
class FailedPoll:
    """An onboarding with `failure_count` failures in a row; `error` is a word or a class name."""

    onboarding_id: str
    error: str
    failure_count: int
    first_failed_at: datetime
    last_failed_at: datetime
    dead_lettered_at: datetime | None


class FailedPolls(Repository):
    def record_failure(self, onboarding_id: str, error: str, now: datetime) -> int:
        """Count one more failure and return how many had this error in a row."""
        first = insert_into(self._connection, failed_polls).values(
            onboarding_id=onboarding_id,
            error=error[:64],
            failure_count=1,
            first_failed_at=now,
            last_failed_at=now,
        )
        new = first.excluded
        same = _columns.error == new.error
        counted = first.on_conflict_do_update(
            index_elements=["onboarding_id"],
            set_={
                "failure_count": case((same, _columns.failure_count + 1), else_=1),
                "first_failed_at": case((same, _columns.first_failed_at), else_=now),
                "error": new.error,
                "last_failed_at": now,
            },
        )
        return self._connection.scalar(counted.returning(_columns.failure_count)) or 1

    def dead_letter(self, onboarding_id: str, now: datetime) -> None:
        """Mark the poll as a dead letter, which only an operator can retry."""
        self._connection.execute(
            update(failed_polls)
            .where(_columns.onboarding_id == onboarding_id)
            .values(dead_lettered_at=now)
        )

    def clear(self, onboarding_id: str) -> bool:
        """Forget all failures, after a success or for a retry; return whether there were any."""
        cleared = delete(failed_polls).where(_columns.onboarding_id == onboarding_id)
        return self._connection.execute(cleared).rowcount == 1

    def dead_lettered(self) -> list[FailedPoll]:
        """Return all dead letters, oldest first."""
        rows = self._connection.execute(
            select(failed_polls)
            .where(_columns.dead_lettered_at.is_not(None))
            .order_by(_columns.dead_lettered_at, _columns.onboarding_id)
        )
        return [FailedPoll(*row) for row in rows]

    def count_dead_lettered(self) -> int:
        count = select(func.count()).where(_columns.dead_lettered_at.is_not(None))
        return self._connection.scalar(count) or 0

"""Reads that failed, several times in a row: how often, why, and which of them were given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, delete, func, select, update

from webapp.store.conflicts import insert_into
from webapp.store.schema import failed_polls

_columns = failed_polls.c
_ENDED = delete(failed_polls).where(_columns.onboarding_id == bindparam("this"))


@dataclass(frozen=True)
class FailedPoll:
    """An onboarding with `failure_count` failures in a row; `error` is a word or a class name."""

    onboarding_id: str
    error: str
    failure_count: int
    first_failed_at: datetime
    last_failed_at: datetime
    dead_lettered_at: datetime | None


class FailedPolls:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def failed(self, onboarding_id: str, error: str, now: datetime) -> int:
        """Once more; how often it has failed for this reason in a row."""
        first = {"onboarding_id": onboarding_id, "error": error[:64], "failure_count": 1}
        new = insert_into(self._connection, failed_polls).values(
            **first, first_failed_at=now, last_failed_at=now
        )
        again = _columns.error == new.excluded.error
        counted = new.on_conflict_do_update(
            index_elements=["onboarding_id"],
            set_={
                "failure_count": case((again, _columns.failure_count + 1), else_=1),
                "first_failed_at": case(
                    (again, _columns.first_failed_at), else_=new.excluded.first_failed_at
                ),
                "error": new.excluded.error,
                "last_failed_at": now,
            },
        )
        return self._connection.scalar(counted.returning(_columns.failure_count)) or 1

    def give_up(self, onboarding_id: str, now: datetime) -> None:
        self._connection.execute(
            update(failed_polls)
            .where(_columns.onboarding_id == onboarding_id)
            .values(dead_lettered_at=now)
        )

    def ended(self, onboarding_id: str) -> bool:
        """It has worked, or is to be tried as if for the first time; whether it had failed."""
        return self._connection.execute(_ENDED, {"this": onboarding_id}).rowcount == 1

    def given_up(self) -> list[FailedPoll]:
        """The longest given up first."""
        rows = self._connection.execute(
            select(failed_polls)
            .where(_columns.dead_lettered_at.is_not(None))
            .order_by(_columns.dead_lettered_at, _columns.onboarding_id)
        )
        return [FailedPoll(*row) for row in rows]

    def count_given_up(self) -> int:
        count = select(func.count()).where(_columns.dead_lettered_at.is_not(None))
        return self._connection.scalar(count) or 0

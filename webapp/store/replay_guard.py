"""Marks that can be set only once in the whole fleet, such as a hand-off's `jti`."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert
from sqlalchemy.exc import IntegrityError

from webapp.store.errors import AlreadyExists
from webapp.store.portions import delete_portion
from webapp.store.schema import replay_guard_marks


class ReplayGuard:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def use(self, kind: str, value: str, until: datetime) -> None:
        """Use `value` up until `until`. Raises AlreadyExists the second time."""
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(replay_guard_marks).values(
                        kind=kind, value_hash=hash_of(value), expires_at=until
                    )
                )
        except IntegrityError as cause:
            raise AlreadyExists(kind) from cause

    def rehearse(self) -> None:
        """Set a mark and take it back: what is committed after this has really been written."""
        kind, mark = "rehearsal", uuid.uuid4().hex
        self._connection.execute(
            insert(replay_guard_marks).values(
                kind=kind, value_hash=mark, expires_at=datetime.now(UTC)
            )
        )
        self._connection.execute(
            delete(replay_guard_marks).where(
                replay_guard_marks.c.kind == kind, replay_guard_marks.c.value_hash == mark
            )
        )

    def forget(self, now: datetime) -> int:
        """A portion of the marks whose time is over; how many."""
        return delete_portion(
            self._connection, replay_guard_marks, replay_guard_marks.c.expires_at < now
        )


def hash_of(value: str) -> str:
    """SHA-256 in hex: tells equal values apart from others without keeping them."""
    return hashlib.sha256(value.encode()).hexdigest()

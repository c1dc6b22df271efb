"""Single-use marks that all nodes share, such as the `jti` of a hand-off token."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from webapp.store.errors import AlreadyExists
from webapp.store.repository import Repository
from webapp.store.schema import replay_guard_marks
from webapp.store.sql import delete_batch, insert_if_absent

_columns = replay_guard_marks.c


class ReplayGuard(Repository):
    def use(self, kind: str, value: str, until: datetime) -> None:
        """Mark `value` as used until `until`. Raises AlreadyExists the second time."""
        is_new = insert_if_absent(
            self._connection,
            replay_guard_marks,
            kind=kind,
            value_hash=hash_of(value),
            expires_at=until,
        )
        if not is_new:
            raise AlreadyExists(kind)

    def is_used(self, kind: str, value: str) -> bool:
        """Return whether `value` is marked. Only `use` decides between two requests at once."""
        mark = select(_columns.kind).where(
            _columns.kind == kind, _columns.value_hash == hash_of(value)
        )
        return self._connection.scalar(mark) is not None

    def rehearse(self) -> None:
        """Insert and delete a mark, so that the commit proves the database can be written to."""
        kind, value_hash = "rehearsal", uuid.uuid4().hex
        self._connection.execute(
            insert(replay_guard_marks).values(
                kind=kind, value_hash=value_hash, expires_at=datetime.now(UTC)
            )
        )
        self._connection.execute(
            delete(replay_guard_marks).where(
                _columns.kind == kind, _columns.value_hash == value_hash
            )
        )

    def forget(self, now: datetime) -> int:
        """Delete a batch of expired marks; return how many."""
        return delete_batch(self._connection, replay_guard_marks, _columns.expires_at < now)


def hash_of(value: str) -> str:
    """Return the SHA-256 of a value in hex, which finds it again without storing it."""
    return hashlib.sha256(value.encode()).hexdigest()

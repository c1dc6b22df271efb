"""Authentic bodies that are no notices: kept for operators, in bounds, sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from webapp.store.column_types import Cipher
from webapp.store.schema import quarantine

#: No more than so many, and no more bytes than these in all: the oldest make room.
MOST_ROWS = 200
MAX_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class Unusable:
    """`reason` names what is wrong with the body, `size` is in bytes."""

    id: int
    received_at: datetime
    reason: str
    size: int


class Quarantine:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def keep(self, body: bytes, reason: str, now: datetime) -> None:
        text = body.decode("utf-8", "backslashreplace")  # what is no text stays readable
        sealed = self._cipher.seal(text)
        row = {"received_at": now, "reason": reason[:64], "size": len(body), "body": sealed}
        self._connection.execute(insert(quarantine).values(row))
        self._make_room()

    def _make_room(self) -> None:
        newest = select(quarantine.c.id, quarantine.c.size).order_by(quarantine.c.id.desc())
        total = 0
        for number, row in enumerate(self._connection.execute(newest.limit(MOST_ROWS + 1))):
            total += row.size
            if number and (number >= MOST_ROWS or total > MAX_BYTES):
                self._connection.execute(delete(quarantine).where(quarantine.c.id <= row.id))
                return

    def listed(self) -> list[Unusable]:
        """Newest first."""
        columns = (
            quarantine.c.id,
            quarantine.c.received_at,
            quarantine.c.reason,
            quarantine.c.size,
        )
        rows = self._connection.execute(select(*columns).order_by(quarantine.c.id.desc()))
        return [Unusable(*row) for row in rows]

    def body(self, number: int) -> str | None:
        """What came, as text; None if there is no such row (any more)."""
        sealed = self._connection.scalar(select(quarantine.c.body).where(quarantine.c.id == number))
        return None if sealed is None else self._cipher.open(sealed)

    def take_out(self, number: int | None = None) -> list[int]:
        """An operator has seen it, or all of them; the numbers of those that were there."""
        query = delete(quarantine).returning(quarantine.c.id)
        if number is not None:
            query = query.where(quarantine.c.id == number)
        return sorted(self._connection.scalars(query))

    def count(self) -> int:
        return self._connection.scalar(select(func.count()).select_from(quarantine)) or 0

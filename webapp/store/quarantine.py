"""Store unusable notice bodies, encrypted and within limits, for operators to inspect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from webapp.store.repository import SealingRepository
from webapp.store.schema import quarantine

#: Above either limit the oldest bodies are deleted.
MAX_ROWS = 200
MAX_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class QuarantinedBody:
    """A row without its body; `reason` says what is wrong with the body, `size` is in bytes."""

    id: int
    received_at: datetime
    reason: str
    size: int


class Quarantine(SealingRepository):
    def add(self, body: bytes, reason: str, now: datetime) -> None:
        """Store an authentic body that is no valid notice."""
        text = body.decode("utf-8", "backslashreplace")  # keeps invalid UTF-8 readable
        sealed = self._cipher.seal(text)
        row = {"received_at": now, "reason": reason[:64], "size": len(body), "body": sealed}
        self._connection.execute(insert(quarantine).values(row))
        self._enforce_limits()

    def _enforce_limits(self) -> None:
        newest = select(quarantine.c.id, quarantine.c.size).order_by(quarantine.c.id.desc())
        total = 0
        for number, row in enumerate(self._connection.execute(newest.limit(MAX_ROWS + 1))):
            total += row.size
            if number and (number >= MAX_ROWS or total > MAX_BYTES):
                self._connection.execute(delete(quarantine).where(quarantine.c.id <= row.id))
                return

    def listed(self) -> list[QuarantinedBody]:
        """Return all rows, newest first."""
        c = quarantine.c
        columns = (c.id, c.received_at, c.reason, c.size)
        rows = self._connection.execute(select(*columns).order_by(c.id.desc()))
        return [QuarantinedBody(*row) for row in rows]

    def body(self, number: int) -> str | None:
        """Return a body as text; None if there is no such row."""
        sealed = self._connection.scalar(select(quarantine.c.body).where(quarantine.c.id == number))
        return None if sealed is None else self._cipher.open(sealed)

    def remove(self, number: int | None = None) -> list[int]:
        """Delete one body, or all of them, and return the deleted numbers."""
        query = delete(quarantine).returning(quarantine.c.id)
        if number is not None:
            query = query.where(quarantine.c.id == number)
        return sorted(self._connection.scalars(query))

    def count(self) -> int:
        return self._connection.scalar(select(func.count()).select_from(quarantine)) or 0

"""The statements by which a batch of notices is stored, in the driver's own words.

Each is one for the whole batch: a statement that is given to SQLite or sent to PostgreSQL costs
more than the row in it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from webapp.domain.schedule import LookCause
from webapp.store.schema import inbox
from webapp.store.timeline import REQUEST

_HOLD = "SELECT id FROM onboardings WHERE id IN ({ids}) ORDER BY id FOR NO KEY UPDATE"
_KEEP = """
INSERT INTO inbox (verification_id, status, body, times, first_seen_at, last_seen_at)
VALUES {rows}
ON CONFLICT (verification_id, status) DO UPDATE SET
    times = inbox.times + excluded.times,
    last_seen_at = excluded.last_seen_at,
    settled_at = CASE WHEN inbox.settled_as = 'agreed' THEN inbox.settled_at END,
    settled_as = CASE WHEN inbox.settled_as = 'agreed' THEN inbox.settled_as END
RETURNING verification_id, status, times
"""
_OPEN = """
SELECT DISTINCT verification_id FROM inbox
WHERE settled_at IS NULL AND verification_id IN ({ids})
"""
_WAKE = "UPDATE onboardings SET look_at = {p}, look_cause = {p}, looks = 0 WHERE id IN ({ids})"
_NOTE = "INSERT INTO timeline (at, onboarding_id, actor, event, detail) VALUES {rows}"


@dataclass(frozen=True)
class Row:
    """A notice as it is stored; `request` names the request that brought it."""

    verification_id: str
    status: str
    sealed: bytes
    request: str | None

    @property
    def key(self) -> tuple[str, str]:
        return self.verification_id, self.status


class Statements:
    """Those of one transaction; everything in it happens at `now`."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._run = connection.exec_driver_sql
        self._postgresql = connection.dialect.name == "postgresql"
        self._p = "%s" if self._postgresql else "?"
        kind = inbox.c.first_seen_at.type.dialect_impl(connection.dialect)
        processor = kind.bind_processor(connection.dialect)
        self._now: Any = processor(now) if processor else now

    def hold(self, ids: Sequence[str]) -> None:
        """The onboardings before the notices, as whoever takes in an answer does it too."""
        if self._postgresql:  # SQLite's writers have one lock for everything
            self._run(_HOLD.format(ids=self._list(ids)), tuple(ids))

    def keep(self, rows: Sequence[Row]) -> set[tuple[str, str]]:
        """Store or count them; the keys of those that had been stored before."""
        times = Counter(row.key for row in rows)
        sealed = {row.key: row.sealed for row in rows}
        values: list[Any] = []
        for key in sorted(times):
            values += (*key, sealed[key], times[key], self._now, self._now)
        found = self._run(_KEEP.format(rows=self._rows(6, len(times))), tuple(values))
        return {(id_, word) for id_, word, total in found if total > times[id_, word]}

    def open_of(self, ids: Sequence[str]) -> set[str]:
        """Which of the ids have a notice that the gateway has not agreed with."""
        return {id_ for (id_,) in self._run(_OPEN.format(ids=self._list(ids)), tuple(ids))}

    def wake(self, ids: Sequence[str]) -> None:
        """Have the gateway asked about these onboardings now."""
        if ids:
            wake = _WAKE.format(p=self._p, ids=self._list(ids))
            self._run(wake, (self._now, LookCause.NOTICE.value, *ids))

    def note(self, rows: Sequence[Row]) -> None:
        """A line of the timeline for each."""
        if not rows:
            return
        values: list[Any] = []
        for row in rows:
            values += (self._now, row.verification_id, "gateway", "notice", _detail(row))
        self._run(_NOTE.format(rows=self._rows(5, len(rows))), tuple(values))

    def _list(self, items: Sequence[str]) -> str:
        return ", ".join([self._p] * len(items))

    def _rows(self, width: int, count: int) -> str:
        return ", ".join([f"({', '.join([self._p] * width)})"] * count)


def _detail(row: Row) -> str:
    told = {"word": row.status}
    return json.dumps(told if row.request is None else {**told, REQUEST: row.request})

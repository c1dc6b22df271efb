"""The statements by which a batch of notices is stored, in the databases' own words.

Each is one for the whole batch, always the same text, with the batch as one JSON value, and gives
one row at most: whatever goes to SQLite and comes back lets all other threads of the process run
first, so thirty rows that are fetched one by one cost thirty rounds of everybody else.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from webapp.domain.schedule import PollReason
from webapp.store.schema import inbox
from webapp.store.timeline import REQUEST

_ON_CONFLICT = """
ON CONFLICT (verification_id, status) DO UPDATE SET
    times = inbox.times + excluded.times,
    last_seen_at = excluded.last_seen_at,
    settled_at = CASE WHEN inbox.settled_as = 'agreed' THEN inbox.settled_at END,
    settled_as = CASE WHEN inbox.settled_as = 'agreed' THEN inbox.settled_as END
"""
_INTO_INBOX = """
INSERT INTO inbox (verification_id, status, body, times, first_seen_at, last_seen_at)
"""


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
        kind = inbox.c.first_seen_at.type.dialect_impl(connection.dialect)
        processor = kind.bind_processor(connection.dialect)
        self._now: Any = processor(now) if processor else now

    def keep(self, rows: Sequence[Row]) -> set[tuple[str, str]]:
        """Store or count them; the keys of those that had been stored before."""
        times = Counter(row.key for row in rows)
        sealed = {row.key: row.sealed.decode("ascii") for row in rows}
        # In one order for all processes, so that no two wait for each other.
        return self._keep([(*key, sealed[key], times[key]) for key in sorted(times)])

    def _keep(self, batch: Sequence[tuple[str, str, str, int]]) -> set[tuple[str, str]]:
        raise NotImplementedError

    def wake(self, rows: Sequence[Row]) -> None:
        """What has a notice that the gateway has not agreed with is asked about now, and each
        of these notices about it has a line on the timeline."""
        raise NotImplementedError


class OfSqlite(Statements):
    wake_ = """
    UPDATE onboardings SET next_poll_at = ?, poll_reason = ?, poll_count = 0
    WHERE id IN (SELECT inbox.verification_id FROM inbox WHERE inbox.settled_at IS NULL
                 AND inbox.verification_id IN (SELECT value FROM json_each(?)))
    """
    note_ = """
    INSERT INTO timeline (at, onboarding_id, actor, event, detail)
    SELECT ?, json_extract(value, '$[0]'), 'gateway', 'notice', json_extract(value, '$[1]')
    FROM json_each(?) WHERE EXISTS (SELECT 1 FROM inbox WHERE inbox.settled_at IS NULL
                                    AND inbox.verification_id = json_extract(value, '$[0]'))
    """
    known_ = """
    SELECT json_group_array(json_array(inbox.verification_id, inbox.status))
    FROM json_each(?) AS batch JOIN inbox
    ON inbox.verification_id = json_extract(batch.value, '$[0]')
    AND inbox.status = json_extract(batch.value, '$[1]')
    """
    keep_ = f"""{_INTO_INBOX}
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
           CAST(json_extract(value, '$[2]') AS BLOB), json_extract(value, '$[3]'), ?, ?
    FROM json_each(?) WHERE true {_ON_CONFLICT}"""  # noqa: S608 - constants

    def _keep(self, batch: Sequence[tuple[str, str, str, int]]) -> set[tuple[str, str]]:
        told = json.dumps(batch)
        known = self._run(self.known_, (told,)).scalar_one()
        self._run(self.keep_, (self._now, self._now, told))
        return {(id_, word) for id_, word in json.loads(known)}

    def wake(self, rows: Sequence[Row]) -> None:
        ids = json.dumps(sorted({row.verification_id for row in rows}))
        self._run(self.wake_, (self._now, PollReason.NOTICE.value, ids))
        self._run(self.note_, (self._now, _told(rows)))


class OfPostgresql(Statements):
    """Ids are sought as an array: of JSON it would guess the size, and read tables whole."""

    # The onboardings before the notices, as whoever takes in an answer does it too.
    hold_ = "SELECT id FROM onboardings WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
    keep_ = f"""{_INTO_INBOX}
    SELECT value ->> 0, value ->> 1, convert_to(value ->> 2, 'UTF8'), (value ->> 3)::integer,
           %s::timestamptz, %s::timestamptz
    FROM json_array_elements(%s::json) {_ON_CONFLICT}
    RETURNING verification_id, status, times"""  # noqa: S608 - constants
    open_ = """
    SELECT DISTINCT verification_id FROM inbox
    WHERE settled_at IS NULL AND verification_id = ANY(%s)
    """
    wake_ = """
    UPDATE onboardings SET next_poll_at = %s, poll_reason = %s, poll_count = 0 WHERE id = ANY(%s)
    """
    note_ = """
    INSERT INTO timeline (at, onboarding_id, actor, event, detail)
    SELECT %s::timestamptz, value ->> 0, 'gateway', 'notice', (value ->> 1)::json
    FROM json_array_elements(%s::json)
    """

    def _keep(self, batch: Sequence[tuple[str, str, str, int]]) -> set[tuple[str, str]]:
        here = {(id_, word): times for id_, word, _sealed, times in batch}
        self._run(self.hold_, (sorted({id_ for id_, _word in here}),))
        total = self._run(self.keep_, (self._now, self._now, json.dumps(batch)))
        return {(id_, word) for id_, word, times in total if times > here[id_, word]}

    def wake(self, rows: Sequence[Row]) -> None:
        ids = sorted({row.verification_id for row in rows})
        open_ = {id_ for (id_,) in self._run(self.open_, (ids,))}
        if open_:
            self._run(self.wake_, (self._now, PollReason.NOTICE.value, sorted(open_)))
            told = [row for row in rows if row.verification_id in open_]
            self._run(self.note_, (self._now, _told(told)))


def statements(connection: Connection, now: datetime) -> Statements:
    kind = OfPostgresql if connection.dialect.name == "postgresql" else OfSqlite
    return kind(connection, now)


def _detail(row: Row) -> str:
    told = {"word": row.status}
    return json.dumps(told if row.request is None else {**told, REQUEST: row.request})


def _told(rows: Sequence[Row]) -> str:
    return json.dumps([(row.verification_id, _detail(row)) for row in rows])

"""SQL statements that store a batch of notices, one class per database.

Each statement handles the whole batch, passed as one JSON value, and returns few rows: every call
into SQLite lets all other threads of the process run first, so fetching thirty rows one by one
would wait for them thirty times.
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

_PLAN_FORWARD = "UPDATE inbox SET forward_attempts = 0, forward_at ="
_OF_UNKNOWN_IDS = """
WHERE NOT EXISTS (SELECT 1 FROM onboardings WHERE onboardings.id = inbox.verification_id)
AND (verification_id, status) IN (
"""


@dataclass(frozen=True)
class NoticeRow:
    """A notice to store; `request` is the id of the HTTP request that delivered it.

    `may_forward`: it is handed on to the older receiver if no onboarding has its id.
    """

    verification_id: str
    status: str
    sealed: bytes
    request: str | None
    may_forward: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.verification_id, self.status


class Statements:
    """The statements of one transaction, with one time for all rows."""

    forward_: str

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._run = connection.exec_driver_sql
        kind = inbox.c.first_seen_at.type.dialect_impl(connection.dialect)
        processor = kind.bind_processor(connection.dialect)
        self._now: Any = processor(now) if processor else now

    def upsert(self, rows: Sequence[NoticeRow]) -> set[tuple[str, str]]:
        """Store notices, or count repeats; return the keys of those stored before."""
        times = Counter(row.key for row in rows)
        sealed = {row.key: row.sealed.decode("ascii") for row in rows}
        # Sorted, so that two processes cannot deadlock.
        return self._upsert([(*key, sealed[key], times[key]) for key in sorted(times)])

    def _upsert(self, batch: Sequence[tuple[str, str, str, int]]) -> set[tuple[str, str]]:
        raise NotImplementedError

    def schedule_polls(self, rows: Sequence[NoticeRow]) -> None:
        """Poll onboardings with unsettled notices now, and add a timeline row for each notice."""
        raise NotImplementedError

    def plan_forwards(self, rows: Sequence[NoticeRow]) -> None:
        """Plan to hand on notices about unknown ids; a repeat is handed on again."""
        keys = sorted({row.key for row in rows if row.may_forward})
        if keys:
            self._run(self.forward_, (self._now, json.dumps(keys)))


class SqliteStatements(Statements):
    schedule_ = """
    UPDATE onboardings SET next_poll_at = ?, poll_reason = ?, poll_count = 0
    WHERE id IN (SELECT inbox.verification_id FROM inbox WHERE inbox.settled_at IS NULL
                 AND inbox.verification_id IN (SELECT value FROM json_each(?)))
    """
    timeline_ = """
    INSERT INTO timeline (at, onboarding_id, actor, event, detail)
    SELECT ?, json_extract(value, '$[0]'), 'gateway', 'notice', json_extract(value, '$[1]')
    FROM json_each(?) WHERE EXISTS (SELECT 1 FROM inbox WHERE inbox.settled_at IS NULL
                                    AND inbox.verification_id = json_extract(value, '$[0]'))
    """
    forward_ = f"""{_PLAN_FORWARD} ? {_OF_UNKNOWN_IDS}
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))
    """  # noqa: S608 - constants
    known_ = """
    SELECT json_group_array(json_array(inbox.verification_id, inbox.status))
    FROM json_each(?) AS batch JOIN inbox
    ON inbox.verification_id = json_extract(batch.value, '$[0]')
    AND inbox.status = json_extract(batch.value, '$[1]')
    """
    upsert_ = f"""{_INTO_INBOX}
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
           CAST(json_extract(value, '$[2]') AS BLOB), json_extract(value, '$[3]'), ?, ?
    FROM json_each(?) WHERE true {_ON_CONFLICT}"""  # noqa: S608 - constants

    def _upsert(self, batch: Sequence[tuple[str, str, str, int]]) -> set[tuple[str, str]]:
        notices = json.dumps(batch)
        known = self._run(self.known_, (notices,)).scalar_one()
        self._run(self.upsert_, (self._now, self._now, notices))
        return {(id_, word) for id_, word in json.loads(known)}

    def schedule_polls(self, rows: Sequence[NoticeRow]) -> None:
        ids = json.dumps(sorted({row.verification_id for row in rows}))
        self._run(self.schedule_, (self._now, PollReason.NOTICE.value, ids))
        self._run(self.timeline_, (self._now, _timeline_rows(rows)))


class PostgresqlStatements(Statements):
    """Passes ids as an array: PostgreSQL guesses the size of a JSON value, and scans tables."""

    # Locks onboardings before notices, in the order of the gateway poll: no deadlock.
    hold_ = "SELECT id FROM onboardings WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
    upsert_ = f"""{_INTO_INBOX}
    SELECT value ->> 0, value ->> 1, convert_to(value ->> 2, 'UTF8'), (value ->> 3)::integer,
           %s::timestamptz, %s::timestamptz
    FROM json_array_elements(%s::json) {_ON_CONFLICT}
    RETURNING verification_id, status, times"""  # noqa: S608 - constants
    open_ = """
    SELECT DISTINCT verification_id FROM inbox
    WHERE settled_at IS NULL AND verification_id = ANY(%s)
    """
    schedule_ = """
    UPDATE onboardings SET next_poll_at = %s, poll_reason = %s, poll_count = 0 WHERE id = ANY(%s)
    """
    forward_ = f"""{_PLAN_FORWARD} %s::timestamptz {_OF_UNKNOWN_IDS}
    SELECT value ->> 0, value ->> 1 FROM json_array_elements(%s::json))
    """  # noqa: S608 - constants
    timeline_ = """
    INSERT INTO timeline (at, onboarding_id, actor, event, detail)
    SELECT %s::timestamptz, value ->> 0, 'gateway', 'notice', (value ->> 1)::json
    FROM json_array_elements(%s::json)
    """

    def _upsert(self, batch: Sequence[tuple[str, str, str, int]]) -> set[tuple[str, str]]:
        here = {(id_, word): times for id_, word, _sealed, times in batch}
        self._run(self.hold_, (sorted({id_ for id_, _word in here}),))
        total = self._run(self.upsert_, (self._now, self._now, json.dumps(batch)))
        return {(id_, word) for id_, word, times in total if times > here[id_, word]}

    def schedule_polls(self, rows: Sequence[NoticeRow]) -> None:
        ids = sorted({row.verification_id for row in rows})
        open_ = {id_ for (id_,) in self._run(self.open_, (ids,))}
        if open_:
            self._run(self.schedule_, (self._now, PollReason.NOTICE.value, sorted(open_)))
            unsettled = [row for row in rows if row.verification_id in open_]
            self._run(self.timeline_, (self._now, _timeline_rows(unsettled)))


def statements(connection: Connection, now: datetime) -> Statements:
    """Return the statements of the connection's database."""
    kind = PostgresqlStatements if connection.dialect.name == "postgresql" else SqliteStatements
    return kind(connection, now)


def _detail(row: NoticeRow) -> str:
    detail = {"word": row.status}
    return json.dumps(detail if row.request is None else {**detail, REQUEST: row.request})


def _timeline_rows(rows: Sequence[NoticeRow]) -> str:
    return json.dumps([(row.verification_id, _detail(row)) for row in rows])

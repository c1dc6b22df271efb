"""Inserts rows of many users directly into all tables."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert

from webapp.store.api_tables import api_requests, onboarding_inputs
from webapp.store.engine import mark_as_writing
from webapp.store.schema import (
    consents,
    decisions,
    erasures,
    evidence_views,
    inbox,
    links,
    message_attempts,
    messages,
    onboardings,
    people,
    replay_guard_marks,
    sessions,
    timeline,
)

#: Users per transaction.
_BATCH = 5_000
Row = dict[str, Any]


def insert_people(engine: Engine, count: int, now: datetime, sealed: bytes) -> None:
    """Insert users with one onboarding each: of twenty, nineteen verified and one started.

    Each was created by API, with a key for repetitions, and has two delivered messages. One of
    twenty notices is open; one of ten users has a session, a link, a used hand-off, a settled
    decision, a settled erasure and a view of evidence. `sealed` is the value of each encrypted
    column that is not empty.
    """
    for first in range(0, count, _BATCH):
        numbers = range(first, min(count, first + _BATCH))
        with engine.connect() as connection:
            mark_as_writing(connection)
            with connection.begin():
                _write(connection, list(_people(numbers, now, sealed)))
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


#: The columns that identify a user's row, in each table.
_IDENTIFYING = {
    people: ("id", "subject_hash"),
    sessions: ("id_hash", "person_id"),
    onboardings: ("id", "person_id"),
    consents: ("onboarding_id",),
    decisions: ("id", "onboarding_id"),
    erasures: ("id", "onboarding_id"),
    evidence_views: ("id", "onboarding_id"),
    messages: ("id", "onboarding_id"),
    message_attempts: ("message_id",),
    timeline: ("onboarding_id",),
    inbox: ("verification_id",),
    links: ("code_hash", "onboarding_id"),
    onboarding_inputs: ("onboarding_id",),
    api_requests: ("id", "key_hash"),
    replay_guard_marks: ("value_hash",),
}


def multiply_rows(engine: Engine) -> None:
    """Let the database copy each user with all rows nine times."""
    with engine.connect() as connection:
        mark_as_writing(connection)
        with connection.begin():
            for table, own in _IDENTIFYING.items():
                names = [each.name for each in table.c if each.name in own or each.name != "id"]
                connection.exec_driver_sql(
                    f"INSERT INTO {table.name} ({', '.join(names)}) "
                    "WITH RECURSIVE copy(n) AS "
                    "(SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < 9) "
                    f"SELECT {', '.join(_copied(each, own) for each in names)} "
                    f"FROM copy, {table.name}"
                )
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _copied(name: str, own: tuple[str, ...]) -> str:
    # No id begins with `g`, so copied ids are unique.
    return f"'g' || n || substr({name}, 3)" if name in own else name


def _write(connection: Connection, written: list[tuple[Table, Row]]) -> None:
    for table in (
        people,
        sessions,
        onboardings,
        consents,
        decisions,
        erasures,
        evidence_views,
        messages,
        message_attempts,
        timeline,
        inbox,
        links,
        onboarding_inputs,
        api_requests,
        replay_guard_marks,
    ):
        rows = [row for each, row in written if each is table]
        if rows:
            connection.execute(insert(table), rows)


def _people(numbers: range, now: datetime, sealed: bytes) -> Iterator[tuple[Table, Row]]:
    for number in numbers:
        id_, person, then = str(uuid.uuid4()), str(uuid.uuid4()), now - timedelta(seconds=number)
        yield (
            people,
            {
                "id": person,
                "site": "shop",
                "subject_hash": id_,
                "subject": sealed,
                "created_at": then,
                "seen_at": then,
            },
        )
        yield (
            onboardings,
            {
                **_onboarding(id_, person, then, began=number % 20 == 0),
                "change_number": number + 1,
            },
        )
        for sequence in (1, 2):
            message = _message(id_, sequence, then, sealed, number=2 * number + sequence)
            yield messages, message
            yield message_attempts, {"message_id": message["id"], "at": then, "duration_ms": 1}
        yield onboarding_inputs, {"onboarding_id": id_, "return_url": sealed}
        yield (
            api_requests,
            {
                "id": str(uuid.uuid4()),
                "site": "shop",
                "key_hash": id_,
                "body_hash": id_,
                "lease_until": then,
                "expires_at": now + timedelta(hours=24),
                "status": 201,
                "answer": sealed,
            },
        )
        yield (
            consents,
            {
                "onboarding_id": id_,
                "version": "2026-01",
                "locale": "en",
                "agreed_at": then,
            },
        )
        for event in ("created", "create_called", "started", "moved"):
            yield (
                timeline,
                {
                    "at": then,
                    "onboarding_id": id_,
                    "site": "shop",
                    "actor": "user",
                    "event": event,
                    "detail": {},
                },
            )
        yield (
            inbox,
            {
                "verification_id": id_,
                "status": "VERIFIED",
                "body": sealed,
                "times": 1,
                "first_seen_at": then,
                "last_seen_at": then,
                "settled_at": then,
                "settled_as": "agreed",
            },
        )
        if number % 10 == 0:
            soon = now + timedelta(hours=8)
            yield (
                sessions,
                {
                    "id_hash": id_,
                    "person_id": person,
                    "via": "handoff",
                    "created_at": now,
                    "expires_at": soon,
                },
            )
            yield (
                links,
                {
                    "code_hash": id_,
                    "onboarding_id": id_,
                    "created_at": now,
                    "expires_at": soon,
                },
            )
            yield decisions, _decision(id_, then)
            yield erasures, _erasure(id_, then)
            yield evidence_views, _evidence_view(id_, then, sealed)
            yield replay_guard_marks, {"kind": "handoff", "value_hash": id_, "expires_at": soon}


def _evidence_view(id_: str, then: datetime, sealed: bytes) -> Row:
    return {
        "id": id_,
        "onboarding_id": id_,
        "actor": "host",
        "viewer": sealed,
        "kind": "image",
        "began_at": then,
        "ended_at": then,
        "sha256": "0" * 64,
        "size": 1000,
        "is_complete": True,
    }


def _onboarding(id_: str, person: str, then: datetime, *, began: bool) -> Row:
    later = then + timedelta(days=60)
    return {
        "id": id_,
        "person_id": person,
        "site": "shop",
        "flow": "default",
        "status": "started" if began else "verified",
        "attempt": 1,
        "mode": "iframe",
        "locale": "en",
        "livemode": False,
        "created_at": then,
        "updated_at": then,
        "expires_at": later,
        "version": 4,
        "reasons": [],
        "create_calls": 1,
        "interruptions": 0,
        "poll_count": 0,
        "next_poll_at": later if began else None,
        "poll_reason": "quiet",
    }


def _message(onboarding_id: str, sequence: int, then: datetime, sealed: bytes, **more: int) -> Row:
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "site": "shop",
        "onboarding_id": onboarding_id,
        "sequence": sequence,
        "type": "onboarding.verified",
        "body": sealed,
        "state": "delivered",
        "attempts": 1,
        "created_at": then,
        **more,
    }


def _decision(onboarding_id: str, then: datetime) -> Row:
    return {
        "id": str(uuid.uuid4()),
        "onboarding_id": onboarding_id,
        "kind": "accept",
        "case_version": 3,
        "actor": "cli",
        "state": "settled",
        "outcome": "confirmed",
        "attempts": 1,
        "undelivered_attempts": 0,
        "corrected_fields": {},
        "created_at": then,
        "updated_at": then,
    }


def _erasure(onboarding_id: str, then: datetime) -> Row:
    return {
        "id": str(uuid.uuid4()),
        "onboarding_id": onboarding_id,
        "site": "shop",
        "actor": "host",
        "state": "confirmed",
        "attempts": 1,
        "requested_at": then,
        "updated_at": then,
        "erased_at": then,
        "is_person_erased": True,
    }

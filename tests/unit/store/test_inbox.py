"""Test stored notices: counted, reopened, settled, forgotten."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.unit.store import processes
from tests.unit.store.rows import (
    NOW,
    add,
    admit,
    database_at,
    in_threads,
    noticed,
    onboarding,
    written,
)
from webapp.store.inbox import StoredNotice
from webapp.store.unit_of_work import Database

LATER = NOW + timedelta(seconds=9)


@pytest.fixture
def adas() -> str:
    return str(uuid.uuid4())


def settle(database: Database, id_: str, how: str) -> None:
    def all_of_it(work):
        work.inbox.settle([kept.id for kept in work.inbox.unsettled(id_)], how, NOW)

    written(database, all_of_it)


def unsettled(database: Database, id_: str) -> list[StoredNotice]:
    with database.reading() as work:
        return work.inbox.unsettled(id_)


def keep_one(address: str, id_: str) -> None:
    """Store a notice; runs in another process."""
    with database_at(address) as database:
        noticed(database, id_)


def test_store_repeated_notice_counts_it(database: Database, adas: str):
    noticed(database, adas)
    noticed(database, adas, at=LATER)
    (kept,) = unsettled(database, adas)
    assert (kept.times, kept.first_seen_at, kept.last_seen_at) == (2, NOW, LATER)


def test_store_other_status_adds_a_notice(database: Database, adas: str):
    noticed(database, adas, "PENDING_VERIFICATION")
    noticed(database, adas, "VERIFIED")
    words = [kept.status for kept in unsettled(database, adas)]
    assert words == ["PENDING_VERIFICATION", "VERIFIED"]


def test_store_same_notice_in_16_threads_adds_one(database: Database, adas: str):
    assert sorted(in_threads(16, lambda: noticed(database, adas))) == [*[False] * 15, True]
    assert [kept.times for kept in unsettled(database, adas)] == [16]


def test_store_same_notice_in_four_processes_adds_one(database: Database, address: str, adas: str):
    processes.at_once(keep_one, address, adas)
    assert [kept.times for kept in unsettled(database, adas)] == [4]


def test_store_repeat_of_a_confirmed_notice_keeps_it_settled(database: Database, adas: str):
    noticed(database, adas)
    settle(database, adas, "agreed")
    noticed(database, adas, at=LATER)
    assert unsettled(database, adas) == []


def test_store_repeat_of_an_unconfirmed_notice_reopens_it(database: Database, adas: str):
    noticed(database, adas)
    settle(database, adas, "unconfirmed")
    assert unsettled(database, adas) == []
    noticed(database, adas, at=LATER)
    (kept,) = unsettled(database, adas)
    assert kept.settled_at is None


def test_settle_leaves_other_notices_unsettled(database: Database, adas: str):
    bens = str(uuid.uuid4())
    noticed(database, adas)
    noticed(database, bens)
    settle(database, adas, "agreed")
    assert len(unsettled(database, bens)) == 1


def test_store_body_with_invalid_utf8_replaces_the_bytes(database: Database, adas: str):
    noticed(database, adas, body=b"\xff{}")
    with database.engine.connect() as connection:
        sealed = bytes(connection.scalar(text("SELECT body FROM inbox")))
    assert database.cipher.open(sealed).endswith("{}")


def test_forget_deletes_old_notices_about_unknown_ids_only(database: Database, adas: str):
    known = add(database, onboarding(admit(database))).id
    month = timedelta(days=31)
    for id_ in (adas, known):
        noticed(database, id_)
    noticed(database, adas, "LATER", NOW + month)
    written(database, lambda work: work.inbox.forget(NOW + timedelta(days=29)))
    assert len(unsettled(database, adas)) == 2
    assert written(database, lambda work: work.inbox.forget(NOW + month)) == 1
    assert [kept.status for kept in unsettled(database, adas)] == ["LATER"]
    assert unsettled(database, known)

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


def test_store_same_notice_in_four_processes_adds_one(database: Database, address: str, adas: str):
    processes.at_once(keep_one, address, adas)
    assert [kept.times for kept in unsettled(database, adas)] == [4]


@pytest.mark.parametrize(("how", "reopened"), [("agreed", 0), ("unconfirmed", 1)])
def test_store_repeat_reopens_an_unconfirmed_notice_only(database: Database, adas, how, reopened):
    noticed(database, adas)
    settle(database, adas, how)
    assert unsettled(database, adas) == []
    noticed(database, adas, at=LATER)
    assert len(unsettled(database, adas)) == reopened


def test_reopen_unsettles_the_unconfirmed_notices_of_its_onboarding_only(database: Database, adas):
    bens = str(uuid.uuid4())
    for id_, how in ((adas, "unconfirmed"), (adas, "agreed"), (bens, "unconfirmed")):
        noticed(database, id_, how)
        settle(database, id_, how)
    with database.writing() as work:
        assert work.inbox.count_unconfirmed() == 2
        assert work.inbox.reopen(adas) == 1
        assert work.inbox.count_unconfirmed() == 1
        assert [kept.verification_id for kept in work.inbox.unconfirmed()] == [bens]
    assert [kept.settled_at for kept in unsettled(database, adas)] == [None]
    assert unsettled(database, bens) == []


def test_contains_only_a_notice_with_this_id_and_status(database: Database, adas: str):
    noticed(database, adas)
    with database.reading() as work:
        assert work.inbox.contains(adas, "VERIFIED")
        assert not work.inbox.contains(adas, "PENDING")
        assert not work.inbox.contains(str(uuid.uuid4()), "VERIFIED")


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

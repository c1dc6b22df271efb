"""Test single-use marks across threads and processes, and the sweep of expired rows."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from tests.unit.store import processes
from tests.unit.store.rows import NOW, admit, database_at, written
from webapp.store.errors import AlreadyExists
from webapp.store.login_sessions import Session
from webapp.store.schema import replay_guard_marks
from webapp.store.sql import BATCH_SIZE
from webapp.store.unit_of_work import Database

SOON = NOW + timedelta(minutes=5)


def try_to_use(address: str, value: str) -> str:
    """Use the mark and return the outcome; runs in another process."""
    with database_at(address) as database:
        try:
            written(database, lambda work: work.replay_guard.use("handoff", value, SOON))
        except AlreadyExists:
            return "already there"
        return "used"


def test_use_in_four_processes_succeeds_once(address: str):
    answers = processes.at_once(try_to_use, address, "shop:jti")
    assert sorted(answers) == ["already there"] * 3 + ["used"]


def test_use_of_another_kind_or_value_succeeds(database: Database):
    for kind, value in [("handoff", "a"), ("handoff", "b"), ("link", "a")]:
        written(database, lambda work, k=kind, v=value: work.replay_guard.use(k, v, SOON))


def test_use_in_a_rolled_back_transaction_can_be_repeated(database: Database):
    def used_then_failed(work):
        work.replay_guard.use("handoff", "jti", SOON)
        work.replay_guard.use("handoff", "jti", SOON)

    with pytest.raises(AlreadyExists):
        written(database, used_then_failed)
    written(database, lambda work: work.replay_guard.use("handoff", "jti", SOON))


def test_sweep_deletes_expired_rows_only(database: Database):
    ada = admit(database)

    def fill(work):
        work.replay_guard.use("handoff", "old", NOW - timedelta(seconds=1))
        work.replay_guard.use("handoff", "new", SOON)
        work.sessions.add(Session("old", ada.id, "oidc", NOW - timedelta(seconds=1)), NOW)
        work.sessions.add(Session("new", ada.id, "oidc", SOON), NOW)

    written(database, fill)
    assert database.sweep(NOW) == 2
    with pytest.raises(AlreadyExists):
        written(database, lambda work: work.replay_guard.use("handoff", "new", SOON))
    with database.reading() as work:
        assert work.sessions.get("new", NOW) is not None


def test_sweep_of_more_than_a_batch_deletes_all(database: Database):
    over = NOW - timedelta(seconds=1)
    marks = [
        {"kind": "handoff", "value_hash": str(number), "expires_at": over}
        for number in range(BATCH_SIZE + 1)
    ]
    with database.engine.begin() as connection:
        connection.execute(insert(replay_guard_marks), marks)
    assert database.sweep(NOW) == BATCH_SIZE + 1
    assert database.sweep(NOW) == 0

"""What may be used once is used once, in the whole fleet."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from tests.unit.store import processes
from tests.unit.store.rows import NOW, admit, database_at, in_threads, written
from webapp.store.errors import AlreadyExists
from webapp.store.portions import PORTION
from webapp.store.schema import replay_guard_marks
from webapp.store.sessions import Session
from webapp.store.unit_of_work import Database

SOON = NOW + timedelta(minutes=5)


def try_to_use(address: str, value: str) -> str:
    """In another process: whether the mark was still free."""
    with database_at(address) as database:
        try:
            written(database, lambda work: work.once.use("handoff", value, SOON))
        except AlreadyExists:
            return "already there"
        return "used"


def test_of_16_threads_one_uses_the_mark(database: Database):
    answers = in_threads(
        16, lambda: written(database, lambda work: work.once.use("handoff", "jti", SOON))
    )
    assert answers.count(None) == 1
    assert sum(isinstance(answer, AlreadyExists) for answer in answers) == 15


def test_of_four_processes_one_uses_the_mark(address: str):
    answers = processes.at_once(try_to_use, address, "shop:jti")
    assert sorted(answers) == ["already there"] * 3 + ["used"]


def test_another_kind_or_value_is_another_mark(database: Database):
    for kind, value in [("handoff", "a"), ("handoff", "b"), ("link", "a")]:
        written(database, lambda work, k=kind, v=value: work.once.use(k, v, SOON))


def test_a_mark_whose_transaction_failed_is_free_again(database: Database):
    def used_then_failed(work):
        work.once.use("handoff", "jti", SOON)
        work.once.use("handoff", "jti", SOON)

    with pytest.raises(AlreadyExists):
        written(database, used_then_failed)
    written(database, lambda work: work.once.use("handoff", "jti", SOON))


def test_the_mark_does_not_keep_what_it_marks(database: Database):
    written(database, lambda work: work.once.use("handoff", "jti-marker", SOON))
    with database.engine.connect() as connection:
        assert "marker" not in str(
            connection.execute(text("SELECT * FROM replay_guard_marks")).all()
        )


def test_a_sweep_forgets_what_is_over_and_nothing_else(database: Database):
    ada = admit(database)

    def fill(work):
        work.once.use("handoff", "old", NOW - timedelta(seconds=1))
        work.once.use("handoff", "new", SOON)
        work.sessions.add(Session("old", ada.id, "oidc", NOW - timedelta(seconds=1)), NOW)
        work.sessions.add(Session("new", ada.id, "oidc", SOON), NOW)

    written(database, fill)
    assert database.sweep(NOW) == 2
    with pytest.raises(AlreadyExists):
        written(database, lambda work: work.once.use("handoff", "new", SOON))
    with database.reading() as work:
        assert work.sessions.get("new", NOW) is not None


def test_a_sweep_goes_on_until_all_that_is_over_is_gone(database: Database):
    over = NOW - timedelta(seconds=1)
    marks = [
        {"kind": "handoff", "value_hash": str(number), "expires_at": over}
        for number in range(PORTION + 1)
    ]
    with database.engine.begin() as connection:
        connection.execute(insert(replay_guard_marks), marks)
    assert database.sweep(NOW) == PORTION + 1
    assert database.sweep(NOW) == 0

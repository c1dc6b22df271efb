"""Bodies that are no notices: kept in bounds, sealed, the newest first."""

import pytest

from tests.unit.store.rows import NOW, in_threads, written
from webapp.store import quarantine
from webapp.store.counters import MISSED_NOTICES_REPAIRED
from webapp.store.unit_of_work import Database


def keep(database: Database, body: bytes, why: str = "not JSON") -> None:
    written(database, lambda work: work.quarantine.keep(body, why, NOW))


def test_what_came_can_be_read_again_whatever_it_was(database: Database):
    keep(database, b"\x00\xff marker {}", "not UTF-8")
    with database.reading() as work:
        (one,) = work.quarantine.listed()
        assert (one.reason, one.size, one.received_at) == ("not UTF-8", 12, NOW)
        assert work.quarantine.body(one.id) == "\x00\\xff marker {}"
        assert work.quarantine.body(one.id + 1) is None


def test_what_was_seen_is_taken_out(database: Database):
    for size in range(3):
        keep(database, b"x" * size)
    with database.reading() as work:
        third, second, first = (one.id for one in work.quarantine.listed())
    with database.writing() as work:
        assert work.quarantine.take_out(second) == [second]
        assert work.quarantine.take_out(second) == []
        assert work.quarantine.count() == 2
        assert work.quarantine.take_out() == [first, third]


def test_the_oldest_make_room_for_more_rows(database: Database, monkeypatch):
    monkeypatch.setattr(quarantine, "MOST_ROWS", 5)
    for number in range(9):
        keep(database, b"x" * number)
    with database.reading() as work:
        assert [one.size for one in work.quarantine.listed()] == [8, 7, 6, 5, 4]


def test_and_for_more_bytes(database: Database):
    biggest = 64 * 1024
    for _ in range(quarantine.MAX_BYTES // biggest + 3):
        keep(database, b"x" * biggest)
    with database.reading() as work:
        assert work.quarantine.count() == quarantine.MAX_BYTES // biggest


@pytest.mark.parametrize("count", [8])
def test_counts_lose_nothing_to_each_other(database: Database, count: int):
    def add() -> None:
        for _ in range(5):
            written(database, lambda work: work.counters.add_one(MISSED_NOTICES_REPAIRED))

    assert in_threads(count, add) == [None] * count
    with database.reading() as work:
        assert work.counters.value(MISSED_NOTICES_REPAIRED) == count * 5

"""Test quarantined bodies: limits, encryption, order; and persistent counters."""

from tests.unit.store.rows import NOW, in_threads, written
from webapp.store import quarantine
from webapp.store.counters import MISSED_NOTICES_REPAIRED
from webapp.store.unit_of_work import Database


def add(database: Database, body: bytes, why: str = "not JSON") -> None:
    written(database, lambda work: work.quarantine.add(body, why, NOW))


def test_quarantine_body_returns_any_bytes_as_text(database: Database):
    add(database, b"\x00\xff marker {}", "not UTF-8")
    with database.reading() as work:
        (one,) = work.quarantine.listed()
        assert (one.reason, one.size, one.received_at) == ("not UTF-8", 12, NOW)
        assert work.quarantine.body(one.id) == "\x00\\xff marker {}"
        assert work.quarantine.body(one.id + 1) is None


def test_quarantine_remove_deletes_one_or_all(database: Database):
    for size in range(3):
        add(database, b"x" * size)
    with database.reading() as work:
        third, second, first = (one.id for one in work.quarantine.listed())
    with database.writing() as work:
        assert work.quarantine.remove(second) == [second]
        assert work.quarantine.remove(second) == []
        assert work.quarantine.count() == 2
        assert work.quarantine.remove() == [first, third]


def test_quarantine_above_max_rows_deletes_the_oldest(database: Database, monkeypatch):
    monkeypatch.setattr(quarantine, "MAX_ROWS", 5)
    for number in range(9):
        add(database, b"x" * number)
    with database.reading() as work:
        assert [one.size for one in work.quarantine.listed()] == [8, 7, 6, 5, 4]


def test_quarantine_above_max_bytes_deletes_the_oldest(database: Database):
    biggest = 64 * 1024
    for _ in range(quarantine.MAX_BYTES // biggest + 3):
        add(database, b"x" * biggest)
    with database.reading() as work:
        assert work.quarantine.count() == quarantine.MAX_BYTES // biggest


def test_counter_in_several_threads_counts_all(database: Database):
    def add_five() -> None:
        for _ in range(5):
            written(database, lambda work: work.counters.add_one(MISSED_NOTICES_REPAIRED))

    assert in_threads(8, add_five) == [None] * 8
    with database.reading() as work:
        assert work.counters.value(MISSED_NOTICES_REPAIRED) == 40

"""Numbers of messages and changed onboardings: given after the commit, in order, without gaps."""

import threading
from datetime import timedelta
from typing import cast

from sqlalchemy import Connection, Select

from tests.unit.domain.samples import NOW
from tests.unit.store.rows import (
    add,
    admit,
    changed,
    database_at,
    in_threads,
    onboarding,
    stored,
    written,
)
from tests.unit.store.test_messages import message
from webapp.store.changed_onboardings import ChangedOnboardings
from webapp.store.numbering import number_committed_rows
from webapp.store.unit_of_work import Database


def change_numbers(database: Database) -> dict[str, int | None]:
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, change_number FROM onboardings")
        return {row[0]: row[1] for row in rows}


def message_numbers(database: Database) -> list[tuple[int, int]]:
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT number, sequence FROM messages ORDER BY number")
        return [(row[0], row[1]) for row in rows]


def test_numbering_gives_changed_onboardings_a_new_number(database: Database) -> None:
    first = add(database, onboarding(admit(database)))
    second = add(database, onboarding(admit(database, "ben")))
    assert number_committed_rows(database) == 2
    assert sorted(change_numbers(database).values()) == [1, 2]
    row = stored(database, first)
    after = changed(row, updated_at=NOW + timedelta(seconds=1))
    written(database, lambda work: work.onboardings.save(after, was=row.version))
    assert change_numbers(database)[first.id] is None
    assert number_committed_rows(database) == 1
    assert change_numbers(database)[first.id] == 3
    assert change_numbers(database)[second.id] in (1, 2)
    assert number_committed_rows(database) == 0


def test_numbering_numbers_messages_of_an_onboarding_by_sequence(database: Database) -> None:
    adas = add(database, onboarding(admit(database))).id
    with database.writing() as work:
        for sequence in (3, 1, 2):
            work.messages.add(message(adas, sequence))
    number_committed_rows(database)
    assert message_numbers(database) == [(1, 1), (2, 2), (3, 3)]


def test_numbering_several_writers_give_each_number_once(database: Database) -> None:
    adas = add(database, onboarding(admit(database))).id
    with database.writing() as work:
        for sequence in range(1, 41):
            work.messages.add(message(adas, sequence))
    counts = in_threads(4, lambda: number_committed_rows(database))
    assert sum(counts) == 41
    assert message_numbers(database) == [(number, number) for number in range(1, 41)]


def test_numbering_readers_miss_no_row_while_others_write(database: Database) -> None:
    """A client that pages by number while rows are written and numbered sees each once."""
    people = [admit(database, f"person-{number}") for number in range(8)]
    rows = [add(database, onboarding(each)) for each in people]
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        last = 0
        while True:
            ended = done.is_set()
            with database.reading() as work:
                page = work.messages.numbered_after("shop", last, 7)
            seen.extend(each.number or 0 for each in page)
            last = seen[-1] if seen else 0
            if ended and not page:
                return

    def write(row_id: str) -> None:
        for sequence in range(1, 16):
            with database.writing() as work:
                work.messages.add(message(row_id, sequence))
            number_committed_rows(database)

    reader = threading.Thread(target=read)
    reader.start()
    writers = [threading.Thread(target=write, args=(row.id,)) for row in rows]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    number_committed_rows(database)
    done.set()
    reader.join(timeout=60)
    assert seen == list(range(1, 8 * 15 + 1))


class _NumberedMeanwhile:
    """A connection after whose first query another process numbers rows."""

    def __init__(self, connection: Connection, database: Database) -> None:
        self._connection = connection
        self._database = database

    def scalar(self, query: Select[tuple[int]]) -> int | None:
        found = self._connection.scalar(query)
        number_committed_rows(self._database)
        return found


def test_position_before_rows_numbered_meanwhile_are_not_missed(
    database: Database, address: str
) -> None:
    row = add(database, onboarding(admit(database)))
    with database_at(address) as other, database.reading() as work:
        connection = cast("Connection", _NumberedMeanwhile(work.connection, other))
        position = ChangedOnboardings(connection).position_before("shop", NOW)
    with database.reading() as work:
        found = work.changed_onboardings.page("shop", after=position, limit=9)
    assert [each.id for each in found] == [row.id]

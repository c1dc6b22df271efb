"""Whether something has changed, and what, seen from a connection of one's own."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.unit.store.rows import NOW, written
from webapp.live.listen_source import ListenSource
from webapp.live.polling_source import PollingSource
from webapp.store.change_probe import CHANNEL, TimelineProbe, listening_arguments
from webapp.store.unit_of_work import Database

on_sqlite = pytest.mark.parametrize("kind", ["sqlite"])
on_postgresql = pytest.mark.parametrize("kind", ["postgresql"])


@pytest.fixture
def probe(database: Database) -> Iterator[TimelineProbe]:
    probe = TimelineProbe(database.engine)
    yield probe
    probe.close()


def note(database: Database, onboarding_id: str | None) -> None:
    written(
        database,
        lambda work: work.timeline.add(NOW, "moved", actor="user", onboarding_id=onboarding_id),
    )


def seen(probe: TimelineProbe) -> set[str]:
    return probe.touched() if probe.moved() else set()


@pytest.fixture
def listening(database: Database) -> Iterator[ListenSource]:
    listening = ListenSource(listening_arguments(database.engine), CHANNEL)
    yield listening
    listening.close()


@on_sqlite
def test_what_was_there_before_is_no_change(database: Database):
    note(database, "old")
    probe = TimelineProbe(database.engine)
    assert seen(probe) == set()
    probe.close()


@on_sqlite
def test_a_change_is_seen_with_its_id(database: Database, probe: TimelineProbe):
    note(database, "adas")
    note(database, None)
    assert seen(probe) == {"adas"}


@on_sqlite
def test_several_changes_between_two_looks_are_all_seen(database: Database, probe: TimelineProbe):
    for name in ("adas", "bens", "adas"):
        note(database, name)
    assert seen(probe) == {"adas", "bens"}


@on_sqlite
def test_without_any_commit_nothing_moves(database: Database, probe: TimelineProbe):
    probe.moved()
    assert not probe.moved()
    note(database, "adas")
    assert probe.moved()
    assert not probe.moved()


@on_sqlite
def test_the_looking_holds_no_transaction_open(database: Database, probe: TimelineProbe):
    note(database, "adas")
    assert seen(probe) == {"adas"}
    assert not probe._driver.in_transaction
    note(database, "bens")
    assert seen(probe) == {"bens"}, "it does not go on seeing what once was"


@on_sqlite
def test_polling_gives_what_the_probe_has_seen(database: Database):
    polling = PollingSource(lambda: TimelineProbe(database.engine), 0.001)
    note(database, "adas")
    assert polling.wait() == {"adas"}
    polling.close()


def heard(listening: ListenSource, count: int) -> set[str]:
    found: set[str] = set()
    for _ in range(20):
        found |= listening.wait()
        if len(found) >= count:
            break
    return found


@on_postgresql
def test_each_commit_says_by_itself_which_onboardings_it_touched(
    database: Database, listening: ListenSource
):
    note(database, None)
    note(database, "adas")
    note(database, "bens")
    assert heard(listening, 2) == {"adas", "bens"}


@on_postgresql
def test_what_is_not_committed_is_not_told(database: Database, listening: ListenSource):
    with database.writing() as work:
        work.timeline.add(NOW, "moved", actor="user", onboarding_id="slow")
        note(database, "quick")
        assert heard(listening, 1) == {"quick"}
    assert heard(listening, 1) == {"slow"}


@on_postgresql
def test_a_line_written_past_our_code_is_told_too(database: Database, listening: ListenSource):
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO timeline (at, onboarding_id, actor, event, detail)"
            " VALUES (now(), 'adas', 'user', 'moved', '{}')"
        )
    assert heard(listening, 1) == {"adas"}


@on_postgresql
def test_a_connection_that_is_cut_raises(database: Database, listening: ListenSource):
    """The watcher opens another one then, and has everything looked at."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%%' AND pid <> pg_backend_pid()"
        )
    with pytest.raises(psycopg.OperationalError):
        heard(listening, 1)

"""Whether something has changed, and what, seen from a connection of one's own."""

from collections.abc import Iterator

import pytest

from tests.unit.store.rows import NOW, written
from webapp.live.polling import Polling
from webapp.store.changes import TimelineProbe
from webapp.store.work import Database


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


def test_what_was_there_before_is_no_change(database: Database):
    note(database, "old")
    probe = TimelineProbe(database.engine)
    assert "old" not in seen(probe) or database.engine.dialect.name == "postgresql"
    probe.close()


def test_a_change_is_seen_with_its_id(database: Database, probe: TimelineProbe):
    note(database, "adas")
    note(database, None)
    assert seen(probe) == {"adas"}


def test_several_changes_between_two_looks_are_all_seen(database: Database, probe: TimelineProbe):
    for name in ("adas", "bens", "adas"):
        note(database, name)
    assert seen(probe) == {"adas", "bens"}


@pytest.mark.parametrize("kind", ["sqlite"])
def test_without_any_commit_nothing_moves(database: Database, probe: TimelineProbe):
    probe.moved()
    assert not probe.moved()
    note(database, "adas")
    assert probe.moved()
    assert not probe.moved()


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_line_committed_late_is_not_passed_over(database: Database, probe: TimelineProbe):
    """PostgreSQL gave it its number before the one that was committed first."""
    with database.writing() as slow:
        slow.timeline.add(NOW, "moved", actor="user", onboarding_id="slow")
        note(database, "quick")
        assert seen(probe) == {"quick"}
    assert "slow" in seen(probe)


def test_the_looking_holds_no_transaction_open(database: Database, probe: TimelineProbe):
    note(database, "adas")
    seen(probe)
    assert not probe._connection.in_transaction()


def test_polling_gives_what_the_probe_has_seen(database: Database):
    polling = Polling(lambda: TimelineProbe(database.engine), 0.001)
    note(database, "adas")
    assert polling.wait() == {"adas"}
    polling.close()

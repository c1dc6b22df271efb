"""Test stored onboardings: one active at most, no lost update, aware times, due polls."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from tests.unit.store import processes
from tests.unit.store.rows import (
    NEWER_KEY,
    NOW,
    add,
    admit,
    changed,
    database_at,
    in_threads,
    onboarding,
    stored,
    written,
)
from webapp.domain.onboarding import ACTIVE, Consent, Person, Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.domain.schedule import QUICK_POLLS, PollReason
from webapp.store.column_types import Cipher
from webapp.store.errors import AlreadyExists, LostUpdate
from webapp.store.unit_of_work import Database

LATER = NOW + timedelta(minutes=5)


def try_to_add(address: str, person: Person) -> str:
    """Add an onboarding of this person and return the outcome; runs in another process."""
    with database_at(address) as database:
        try:
            add(database, onboarding(person))
        except AlreadyExists:
            return "already there"
        return "added"


def test_get_returns_the_onboarding_that_was_added(database: Database):
    row = onboarding(
        admit(database),
        status=Status.REJECTED,
        reasons=(reason(ReasonCode.UNDERAGE), reason(ReasonCode.OTHER)),
        hosted_url="https://gateway.example/x",
        onboarding_token="t",
        decided_by="olga",
        rejection_reason="words",
        decided_at=LATER,
        next_poll_at=LATER,
        poll_reason="notice",
        poll_count=3,
        replaced_by="other",
    )
    assert stored(database, add(database, row)) == row


def test_add_in_four_processes_succeeds_once(database: Database, address: str):
    answers = processes.at_once(try_to_add, address, admit(database))
    assert sorted(answers) == ["added"] + ["already there"] * 3


@pytest.mark.parametrize("status", sorted(ACTIVE))
def test_add_beside_an_active_onboarding_raises_already_exists(database: Database, status):
    ada = admit(database)
    add(database, onboarding(ada, status=status))
    with pytest.raises(AlreadyExists):
        add(database, onboarding(ada))


@pytest.mark.parametrize("status", sorted(set(Status) - ACTIVE))
def test_add_beside_an_ended_onboarding_succeeds(database: Database, status):
    ada = admit(database)
    add(database, onboarding(ada, status=status))
    new = add(database, onboarding(ada))
    with database.reading() as work:
        assert work.onboardings.active(ada.id, "default") == new


def test_add_for_another_flow_or_person_succeeds(database: Database):
    ada, ben = admit(database), admit(database, "ben")
    add(database, onboarding(ada))
    add(database, onboarding(ada, flow="premium"))
    add(database, onboarding(ben))


def test_save_of_an_outdated_version_raises_lost_update(database: Database):
    row = add(database, onboarding(admit(database)))
    written(database, lambda work: work.onboardings.save(changed(row, poll_count=1), was=1))
    with pytest.raises(LostUpdate), database.writing() as work:
        work.onboardings.save(changed(row, poll_count=2), was=1)
    assert stored(database, row).poll_count == 1


def test_get_for_update_waits_for_the_other_transaction(database: Database):
    """Without the row lock some updates on PostgreSQL would be lost."""
    row = add(database, onboarding(admit(database)))

    def count_up() -> None:
        with database.writing() as work:
            known = work.onboardings.get(row.id, for_update=True)
            assert known is not None
            work.onboardings.save(
                changed(known, poll_count=known.poll_count + 1), was=known.version
            )

    assert in_threads(8, count_up) == [None] * 8
    assert stored(database, row).poll_count == 8


@pytest.fixture
def local_time_of_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_times_are_aware_utc_in_any_time_zone(database: Database, local_time_of_tokyo):
    in_madrid = datetime(2026, 11, 23, 13, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    row = stored(database, add(database, onboarding(admit(database), decided_at=in_madrid)))
    assert row.decided_at == in_madrid
    assert row.decided_at.utcoffset() == row.created_at.utcoffset() == timedelta(0)


def test_add_with_a_naive_time_raises(database: Database):
    naive = datetime(2026, 11, 23)  # noqa: DTZ001 - the mistake in question
    with pytest.raises(Exception, match="without a time zone"):
        add(database, onboarding(admit(database), decided_at=naive))


def test_schedule_poll_keeps_the_version(database: Database):
    row = add(database, onboarding(admit(database)))
    written(database, lambda work: work.onboardings.schedule_poll(row.id, LATER, "waiting", 2))
    planned = stored(database, row)
    assert (planned.next_poll_at, planned.poll_reason, planned.poll_count) == (LATER, "waiting", 2)
    assert planned.version == 1


def test_due_returns_ids_and_times_oldest_first(database: Database):
    times = {"ada": NOW, "ben": NOW - timedelta(hours=1), "max": LATER, "olga": None}
    rows = {
        who: add(database, onboarding(admit(database, who), next_poll_at=at))
        for who, at in times.items()
    }
    with database.reading() as work:
        assert work.onboardings.due(NOW, 10) == [
            (rows["ben"].id, times["ben"]),
            (rows["ada"].id, NOW),
        ]
        assert work.onboardings.due(NOW, 1) == [(rows["ben"].id, times["ben"])]


def test_due_alternates_between_awaited_polls_and_the_backlog(database: Database):
    def due(who: str, minutes: int, cause: PollReason, poll_count: int) -> str:
        at = NOW - timedelta(minutes=minutes)
        fields = {"next_poll_at": at, "poll_reason": str(cause), "poll_count": poll_count}
        return add(database, onboarding(admit(database, who), **fields)).id

    old = [due(f"old-{n}", 60 - n, PollReason.QUIET, n) for n in range(4)]
    slow = [due(f"slow-{c}", 9, c, QUICK_POLLS[c]) for c in QUICK_POLLS]
    newer, newest, oldest = (
        due("newer", 2, PollReason.NOTICE, 0),
        due("newest", 1, PollReason.WAITING, QUICK_POLLS[PollReason.WAITING] - 1),
        due("oldest", 90, PollReason.NOTICE, QUICK_POLLS[PollReason.NOTICE] - 1),
    )
    due("not yet", -1, PollReason.NOTICE, 0)
    with database.reading() as work:
        ids = [id_ for id_, _ in work.onboardings.due(NOW, 20)]
        assert [id_ for id_, _ in work.onboardings.due(NOW, 1)] == [newest]
    assert ids == [newest, oldest, newer, *old, *sorted(slow)]


def test_postpone_poll_without_a_fitting_key_succeeds(database: Database):
    row = add(
        database,
        onboarding(admit(database), next_poll_at=NOW, hosted_url="https://x", poll_count=2),
    )
    other_keys = Database(database.engine, Cipher([NEWER_KEY]))
    assert written(other_keys, lambda work: work.onboardings.postpone_poll(row.id, NOW, LATER))
    postponed = stored(database, row)
    assert (postponed.next_poll_at, postponed.poll_count, postponed.version) == (LATER, 2, 1)
    assert not written(other_keys, lambda work: work.onboardings.postpone_poll(row.id, NOW, LATER))
    with other_keys.reading() as work:
        assert work.onboardings.site_of(row.id) == "shop"


def test_add_consent_stores_the_first_of_each_version(database: Database):
    row = add(database, onboarding(admit(database)))
    written(
        database, lambda work: work.onboardings.add_consent(row.id, Consent("2026-01", "es", NOW))
    )
    with database.reading() as work:
        assert work.onboardings.has_consent(row.id, "2026-01")
        assert not work.onboardings.has_consent(row.id, "2027-01")


def test_listed_filters_and_returns_newest_first(database: Database):
    ada, ben = admit(database), admit(database, "ben")
    old = add(database, onboarding(ada, status=Status.EXPIRED, created_at=NOW - timedelta(1)))
    new = add(database, onboarding(ada))
    bens = add(database, onboarding(ben, site="bank", created_at=NOW - timedelta(2)))
    with database.reading() as work:
        listed = work.onboardings.listed
        assert [row.id for row in listed(site=None, status=None, limit=9)] == [
            new.id,
            old.id,
            bens.id,
        ]
        assert [row.id for row in listed(site="bank", status=None, limit=9)] == [bens.id]
        assert [row.id for row in listed(site=None, status="expired", limit=9)] == [old.id]
        unfinished = sorted([bens.id, new.id])
        assert work.onboardings.unfinished() == unfinished
        assert work.onboardings.unfinished(limit=1) == unfinished[:1]
        assert work.onboardings.unfinished(after=unfinished[0]) == unfinished[1:]
        assert [row.id for row in work.onboardings.of_person(ada.id)] == [new.id, old.id]


def test_count_submitted_ignores_unfinished_processes(database: Database):
    ada = admit(database)
    add(database, onboarding(ada, status=Status.CANCELED))
    add(database, onboarding(ada, status=Status.REJECTED, submitted_at=NOW))
    with database.reading() as work:
        assert work.onboardings.count_submitted(ada.id, "default") == 1

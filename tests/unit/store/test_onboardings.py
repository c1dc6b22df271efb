"""Onboardings in the database: one active, none lost, all times aware."""

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
    database_at,
    in_threads,
    onboarding,
    stored,
    written,
)
from webapp.domain.onboarding import ACTIVE, Consent, Person, Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.domain.schedule import QUICK, PollReason
from webapp.store.column_types import Cipher
from webapp.store.errors import AlreadyExists, LostUpdate
from webapp.store.unit_of_work import Database

LATER = NOW + timedelta(minutes=5)


def try_to_add(address: str, person: Person) -> str:
    """In another process: whether it could open an onboarding of this person."""
    with database_at(address) as database:
        try:
            add(database, onboarding(person))
        except AlreadyExists:
            return "already there"
        return "added"


def test_what_comes_out_is_what_went_in(database: Database):
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


def test_of_16_threads_one_opens_adas_onboarding(database: Database):
    ada = admit(database)
    answers = in_threads(16, lambda: add(database, onboarding(ada)))
    refused = [answer for answer in answers if isinstance(answer, AlreadyExists)]
    assert len(refused) == 15
    with database.reading() as work:
        assert len(work.onboardings.of_person(ada.id)) == 1


def test_of_four_processes_one_opens_adas_onboarding(database: Database, address: str):
    answers = processes.at_once(try_to_add, address, admit(database))
    assert sorted(answers) == ["added"] + ["already there"] * 3


@pytest.mark.parametrize("status", sorted(ACTIVE))
def test_each_active_status_holds_the_place(database: Database, status):
    ada = admit(database)
    add(database, onboarding(ada, status=status))
    with pytest.raises(AlreadyExists):
        add(database, onboarding(ada))


@pytest.mark.parametrize("status", sorted(set(Status) - ACTIVE))
def test_an_ended_one_leaves_room_for_the_next(database: Database, status):
    ada = admit(database)
    add(database, onboarding(ada, status=status))
    new = add(database, onboarding(ada))
    with database.reading() as work:
        assert work.onboardings.active(ada.id, "default") == new


def test_another_flow_and_another_person_do_not_count(database: Database):
    ada, ben = admit(database), admit(database, "ben")
    add(database, onboarding(ada))
    add(database, onboarding(ada, flow="premium"))
    add(database, onboarding(ben))


def test_of_two_who_read_the_same_version_the_second_is_told(database: Database):
    row = add(database, onboarding(admit(database)))
    written(database, lambda work: work.onboardings.save(row.changed(NOW, poll_count=1), was=1))
    with pytest.raises(LostUpdate), database.writing() as work:
        work.onboardings.save(row.changed(NOW, poll_count=2), was=1)
    assert stored(database, row).poll_count == 1


def test_of_8_threads_with_the_same_version_one_wins(database: Database):
    row = add(database, onboarding(admit(database)))

    def save() -> None:
        with database.writing() as work:
            work.onboardings.save(row.changed(NOW, attempt=7), was=1)

    answers = in_threads(8, save)
    assert answers.count(None) == 1
    assert sum(isinstance(answer, LostUpdate) for answer in answers) == 7


def test_a_row_read_for_update_waits_for_the_one_before(database: Database):
    """Without the lock on PostgreSQL some of these would be lost updates."""
    row = add(database, onboarding(admit(database)))

    def count_up() -> None:
        with database.writing() as work:
            known = work.onboardings.get(row.id, for_update=True)
            assert known is not None
            work.onboardings.save(
                known.changed(NOW, poll_count=known.poll_count + 1), was=known.version
            )

    assert in_threads(8, count_up) == [None] * 8
    assert stored(database, row).poll_count == 8


@pytest.fixture
def machine_in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_times_are_aware_utc_wherever_the_machine_is(database: Database, machine_in_tokyo):
    row = stored(database, add(database, onboarding(admit(database), decided_at=LATER)))
    assert row.decided_at == LATER
    assert row.decided_at.utcoffset() == timedelta(0)


def test_times_are_aware_utc_whatever_zone_they_came_in(database: Database):
    madrid = timezone(timedelta(hours=1))
    moment = datetime(2026, 11, 23, 13, 0, 0, 123456, tzinfo=madrid)
    row = stored(database, add(database, onboarding(admit(database), decided_at=moment)))
    assert row.decided_at == moment
    assert row.decided_at.utcoffset() == timedelta(0)
    assert row.created_at.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_not_stored(database: Database):
    naive = datetime(2026, 11, 23)  # noqa: DTZ001 - the mistake in question
    with pytest.raises(Exception, match="without a zone"):
        add(database, onboarding(admit(database), decided_at=naive))


def test_the_plan_of_the_next_read_is_no_new_version(database: Database):
    row = add(database, onboarding(admit(database)))
    written(database, lambda work: work.onboardings.plan(row.id, LATER, "waiting", 2))
    planned = stored(database, row)
    assert (planned.next_poll_at, planned.poll_reason, planned.poll_count) == (LATER, "waiting", 2)
    assert planned.version == 1


def test_what_is_due_comes_with_its_time_oldest_first(database: Database):
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


def test_who_is_waited_for_comes_before_a_backlog_and_takes_turns_with_it(database: Database):
    def due(who: str, minutes: int, cause: PollReason, poll_count: int) -> str:
        at = NOW - timedelta(minutes=minutes)
        fields = {"next_poll_at": at, "poll_reason": str(cause), "poll_count": poll_count}
        return add(database, onboarding(admit(database, who), **fields)).id

    old = [due(f"old-{n}", 60 - n, PollReason.QUIET, n) for n in range(4)]
    slow = [due(f"slow-{c}", 9, c, QUICK[c]) for c in QUICK]
    newer, newest, oldest = (
        due("newer", 2, PollReason.NOTICE, 0),
        due("newest", 1, PollReason.WAITING, QUICK[PollReason.WAITING] - 1),
        due("oldest", 90, PollReason.NOTICE, QUICK[PollReason.NOTICE] - 1),
    )
    due("not yet", -1, PollReason.NOTICE, 0)
    with database.reading() as work:
        ids = [id_ for id_, _ in work.onboardings.due(NOW, 20)]
        assert [id_ for id_, _ in work.onboardings.due(NOW, 1)] == [newest]
    assert ids == [newest, oldest, newer, *old, *sorted(slow)]


def test_a_due_read_is_put_off_even_where_no_key_fits(database: Database):
    row = add(
        database,
        onboarding(admit(database), next_poll_at=NOW, hosted_url="https://x", poll_count=2),
    )
    stranger = Database(database.engine, Cipher([NEWER_KEY]))
    assert written(stranger, lambda work: work.onboardings.put_off(row.id, NOW, LATER))
    put_off = stored(database, row)
    assert (put_off.next_poll_at, put_off.poll_count, put_off.version) == (LATER, 2, 1)
    assert not written(stranger, lambda work: work.onboardings.put_off(row.id, NOW, LATER))
    with stranger.reading() as work:
        assert work.onboardings.site_of(row.id) == "shop"


def test_consent_is_kept_by_version(database: Database):
    row = add(database, onboarding(admit(database)))
    written(database, lambda work: work.onboardings.agree(row.id, Consent("2026-01", "es", NOW)))
    with database.reading() as work:
        assert work.onboardings.agreed(row.id, "2026-01")
        assert not work.onboardings.agreed(row.id, "2027-01")


def test_of_several_consents_at_once_one_is_told_that_it_was_the_first(database: Database):
    row = add(database, onboarding(admit(database)))
    consent = Consent("2026-01", "es", NOW)
    agreed = in_threads(
        8, lambda: written(database, lambda work: work.onboardings.agree(row.id, consent))
    )
    assert sorted(agreed) == [False] * 7 + [True]


def test_lists_for_operators_are_newest_first_and_filtered(database: Database):
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


def test_only_processes_gone_through_count_as_attempts(database: Database):
    ada = admit(database)
    add(database, onboarding(ada, status=Status.CANCELED))
    add(database, onboarding(ada, status=Status.REJECTED, submitted_at=NOW))
    with database.reading() as work:
        assert work.onboardings.submitted_count(ada.id, "default") == 1

"""Work that fails again and again backs off, is given up where all can see, and can be replayed."""

from datetime import timedelta

import pytest
from tests.unit.journey.test_progress import seconds_until_due

from tests.unit.journey.house import SLOW, House, unknown_id
from webapp.domain.onboarding import Status
from webapp.journey.retry_policy import AWAY_LONGEST, DEAD_LETTER_AFTER
from webapp.store.counters import MISSED_NOTICES_REPAIRED


@pytest.fixture
def adas(house: House, ada) -> str:
    id_ = house.begin(ada)
    house.notice(id_, "VERIFIED")
    return id_


def fail_until_given_up(house: House, id_: str) -> list[float]:
    """Seconds from each failure to the next try."""
    waits = []
    while True:
        house.progress.fail(id_, "KeyError")
        if house.row(id_).next_poll_at is None:
            return waits
        waits.append(seconds_until_due(house, id_))
        house.clock.turn(seconds=waits[-1])


def open_unconfirmed(house: House, id_: str) -> None:
    """A false notice about what has been rejected."""
    house.said(id_, "NOT_VERIFIED")
    for _ in range(12):
        if house.row(id_).next_poll_at is not None:
            house.clock.turn(seconds=max(0.0, seconds_until_due(house, id_)))
        house.run_due()


def test_a_read_that_fails_backs_off_and_is_given_up_in_the_end(house, adas):
    waits = fail_until_given_up(house, adas)
    steps = [step.total_seconds() for step in SLOW]
    assert waits == [*steps, *[steps[-1]] * (DEAD_LETTER_AFTER - 1 - len(steps))]
    assert house.progress.due() == []
    (letter,) = house.dead.letters()
    assert (letter.onboarding_id, letter.what, letter.why, letter.times) == (
        adas, "read", "KeyError", DEAD_LETTER_AFTER,
    )  # fmt: skip
    assert [event for event in house.events(adas) if event.startswith("read_")] == [
        "read_failed",
        "read_given_up",
    ]


def test_what_was_given_up_is_done_once_it_is_replayed(house, adas):
    fail_until_given_up(house, adas)
    house.said(adas, "VERIFIED")
    assert not house.dead.replay(unknown_id())
    assert house.dead.replay(adas)
    assert house.run_due() == 1
    assert house.status(adas) is Status.VERIFIED
    assert house.dead.letters() == []
    assert "replayed" in house.events(adas)
    assert not house.dead.replay(adas)


def test_whatever_is_heard_later_has_it_tried_once_more(house, adas):
    fail_until_given_up(house, adas)
    house.said(adas, "VERIFIED")
    house.notice(adas, "VERIFIED")
    assert house.run_due() == 1
    assert house.status(adas) is Status.VERIFIED
    assert house.dead.letters() == []


def test_a_success_in_between_begins_a_new_count(house, adas):
    for _ in range(DEAD_LETTER_AFTER - 1):
        house.progress.fail(adas, "KeyError")
        house.clock.turn(days=2)
    house.progress.read(adas)
    house.progress.fail(adas, "KeyError")
    assert house.dead.letters() == []
    assert house.row(adas).next_poll_at is not None


def test_a_gateway_that_is_away_is_asked_for_ever(house, adas):
    for number in range(200):
        house.progress.postpone(adas)
        wait = seconds_until_due(house, adas)
        assert 0 < wait <= AWAY_LONGEST.total_seconds(), number
        house.clock.turn(seconds=wait)
    assert house.clock() - house.row(adas).created_at > timedelta(days=3)
    assert house.dead.letters() == []
    assert house.events(adas).count("gateway_away") == 1
    house.said(adas, "VERIFIED")
    assert house.run_due() == 1
    assert house.status(adas) is Status.VERIFIED


def test_a_notice_that_was_never_confirmed_is_listed_and_can_be_asked_about_again(house, adas):
    open_unconfirmed(house, adas)
    (letter,) = house.dead.letters()
    assert (letter.what, letter.why, letter.onboarding_id) == ("notice", "VERIFIED", adas)
    assert house.dead.replay_all() == [adas]
    assert house.dead.letters() == []
    assert house.open_notices(adas) == ["VERIFIED"]
    assert [id_ for id_, _ in house.progress.due()] == [adas]


def test_a_silence_repaired_is_counted_for_good(house, ada):
    def pluralize() -> int:
        with house.database.reading() as work:
            return work.counts.value(MISSED_NOTICES_REPAIRED)

    adas = house.begin(ada)
    assert pluralize() == 0
    house.said(adas, "VERIFIED")
    while house.status(adas) is not Status.VERIFIED:
        house.clock.turn(minutes=10)
        house.run_due()
    assert pluralize() == 1
    told = house.begin(house.visitor("ben"))
    house.said(told, "VERIFIED")
    house.notice(told, "VERIFIED")
    house.run_due()
    assert house.status(told) is Status.VERIFIED
    assert pluralize() == 1

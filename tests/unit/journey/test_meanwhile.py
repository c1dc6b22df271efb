"""What happens while a read is under way is neither overruled nor forgotten."""

import pytest

from tests.unit.journey.house import House
from webapp.domain.onboarding import Status
from webapp.journey.retry_policy import DEAD_LETTER_AFTER


@pytest.fixture
def adas(house: House, ada) -> str:
    return house.begin(ada)


@pytest.mark.parametrize("how", ["postpone", "fail"])
def test_a_notice_that_comes_while_a_read_fails_is_not_put_off(house, adas, how):
    house.back(adas)
    ((_, planned),) = house.progress.due()
    house.clock.turn(seconds=8)
    house.notice(adas, "VERIFIED")
    house.clock.turn(seconds=2)
    if how == "postpone":
        house.progress.postpone(adas, planned)
    else:
        for _ in range(DEAD_LETTER_AFTER):
            house.progress.fail(adas, "KeyError", planned)
    house.said(adas, "VERIFIED")
    assert house.run_due() == 1
    assert house.status(adas) is Status.VERIFIED


@pytest.mark.parametrize("what", ["read", "notice"])
def test_a_read_that_is_not_due_any_more_is_not_made(house, adas, what):
    house.back(adas)
    ((_, planned),) = house.progress.due()
    house.clock.turn(seconds=1)
    if what == "read":
        house.progress.read(adas, planned)
        poll_count = 1
    else:
        house.notice(adas, "VERIFIED")
        poll_count = 0
    asked = house.gateway.count("read")
    house.progress.read(adas, planned)
    assert house.gateway.count("read") == asked
    assert house.row(adas).poll_count == poll_count, "no quick look is used up"
    house.clock.turn(seconds=2)
    assert house.run_due() == 1


def test_a_read_whose_clock_was_stopped_is_not_made(house, adas):
    house.put(adas, next_poll_at=None)
    house.progress.read(adas, house.clock())
    assert house.gateway.count("read") == 0


def test_what_an_answer_brings_back_is_asked_about_again_though_its_clock_was_stopped_meanwhile(
    house, ada, monkeypatch
):
    first = house.begin(ada)
    house.put(first, status=Status.INTERRUPTED, interruptions=2)
    second = house.begin(ada)
    house.said(first, "PENDING")
    house.said(second, "NOT_VERIFIED")
    house.notice(first, "PENDING")
    ask = house.gateway.read

    def in_the_middle(onboarding_id):
        monkeypatch.setattr(house.gateway, "read", ask)
        house.progress.read(first)  # another is under way: nothing to ask about any more
        assert house.row(first).next_poll_at is None
        house.progress.read(second)
        return ask(onboarding_id)

    monkeypatch.setattr(house.gateway, "read", in_the_middle)
    house.progress.read(first)
    assert house.status(first) is Status.IN_REVIEW
    assert house.row(first).next_poll_at is not None

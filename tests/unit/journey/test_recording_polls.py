"""A lost VIDEO_AVAILABLE: decided onboardings are polled for their recording."""

from datetime import timedelta

import pytest

from tests.unit.journey.harness import JourneyHarness
from webapp.gateway.errors import Unavailable

LISTED = {"recordings": ["/mobbscan-agent/x/recording/video_liveness"]}
DAY = 24 * 3600


def decide(harness: JourneyHarness, onboarding_id: str, **more: object) -> None:
    harness.poll_answered(onboarding_id, "VERIFIED", **{**LISTED, **more})


def polls(harness: JourneyHarness, onboarding_id: str) -> list[int]:
    """Make all planned polls; return when each was made, in seconds from now."""
    began, times = harness.clock(), []
    while (at := harness.row(onboarding_id).next_poll_at) is not None:
        harness.clock.moment = max(at, harness.clock())
        times.append(round((harness.clock() - began).total_seconds()))
        assert len(times) < 20
        harness.run_due()
    return times


def announced(harness: JourneyHarness, onboarding_id: str) -> int:
    with harness.database.reading() as work:
        types = [message.type for message in work.messages.of(onboarding_id)]
    return types.count("onboarding.evidence_available")


def test_recording_is_polled_for_four_times_after_the_verdict(harness, adas):
    decide(harness, adas)
    assert polls(harness, adas) == [120, 600, 3600, DAY]
    assert harness.gateway.count("recording") == 4
    assert announced(harness, adas) == 0


@pytest.mark.parametrize("asked", [1, 2, 3, 4])
def test_recording_that_comes_is_announced_once_and_ends_the_polls(harness, adas, asked):
    decide(harness, adas)
    for number in range(asked):
        harness.clock.moment = harness.row(adas).next_poll_at
        if number == asked - 1:
            harness.gateway.recordings.add(adas)
        harness.run_due()
    row = harness.row(adas)
    assert (row.next_poll_at, row.evidence_available_at) == (None, harness.clock())
    harness.notice(adas, "VIDEO_AVAILABLE")  # the lost one arrives after all
    harness.run_due()
    assert announced(harness, adas) == 1
    assert harness.events(adas).count("evidence_available") == 1


def test_recording_announced_by_notice_is_not_polled_for(harness, adas):
    harness.set_gateway_word(adas, "VERIFIED", **LISTED)
    harness.notice(adas, "VIDEO_AVAILABLE")
    harness.run_due()
    assert polls(harness, adas) == []
    assert (harness.gateway.count("recording"), announced(harness, adas)) == (0, 1)


def test_recording_that_is_not_listed_is_not_requested(harness, adas):
    decide(harness, adas, recordings=[])
    assert polls(harness, adas) == [120, 600, 3600, DAY]
    assert harness.gateway.count("recording") == 0


def test_notice_between_the_polls_keeps_their_plan(harness, adas):
    decide(harness, adas)
    for minutes, word in ((1, "VERIFIED"), (4, "PENDING_VERIFICATION"), (30, "A_NEW_WORD")):
        harness.clock.advance(minutes=minutes)
        harness.notice(adas, word)
        harness.run_due()
    assert polls(harness, adas) == [25 * 60, DAY - 35 * 60]


def test_verdict_that_is_found_late_is_followed_by_one_poll_at_least(harness, adas):
    decided_at = harness.clock()
    harness.clock.advance(hours=47)
    decide(harness, adas, verificationTime=decided_at.isoformat())
    assert polls(harness, adas) == [120]


def test_failure_of_the_recording_does_not_stop_the_plan(harness, adas):
    decide(harness, adas)
    harness.gateway.errors["recording"].extend([Unavailable("503"), Unavailable("503")])
    assert polls(harness, adas) == [120, 600, 3600, DAY]


def test_outage_of_the_gateway_postpones_the_poll(harness, adas):
    decide(harness, adas)
    harness.gateway.recordings.add(adas)
    harness.clock.advance(minutes=2)
    harness.gateway_poll.postpone(adas)
    planned = harness.row(adas).next_poll_at
    assert planned - harness.clock() <= timedelta(minutes=30)
    harness.clock.moment = planned
    harness.run_due()
    assert announced(harness, adas) == 1


def test_canceled_onboarding_is_not_polled_for_a_recording(harness, adas):
    harness.clock.advance(hours=49)
    harness.gateway_poll.poll(adas)
    assert harness.row(adas).next_poll_at is None


def test_one_poll_opens_three_of_many_listed_recordings(harness, adas):
    decide(harness, adas, recordings=[f"/recording/video_{number}" for number in range(20)])
    harness.clock.moment = harness.row(adas).next_poll_at
    harness.run_due()
    assert harness.gateway.count("recording") == 3

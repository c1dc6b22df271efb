"""gateway_poll: only the gateway's answer moves an onboarding, forward and never back."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.journey.fakes import NOW, away
from tests.unit.journey.harness import JourneyHarness, unknown_id
from webapp.domain.errors import GatewayForbidden, GatewayMixedUp, GatewayUnavailable
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.gateway.errors import (
    Forbidden,
    ProcessMismatch,
    RequestRefused,
    StateConflict,
    Unauthorized,
)


def seconds_until_due(harness: JourneyHarness, onboarding_id: str) -> float | None:
    at = harness.row(onboarding_id).next_poll_at
    return None if at is None else (at - harness.clock()).total_seconds()


def poll_times(harness: JourneyHarness, onboarding_id: str, count: int) -> list[float]:
    """Make due polls until there were `count`; when each was made, in seconds from now."""
    start, times = harness.clock(), []
    for _ in range(count):
        wait = seconds_until_due(harness, onboarding_id)
        assert wait is not None
        harness.clock.advance(seconds=max(wait, 0))
        times.append((harness.clock() - start).total_seconds())
        harness.run_due()
    return times


def alarms(harness: JourneyHarness) -> set[str]:
    with harness.database.reading() as work:
        return set(work.alarms.active())


LONG_WORD = "A_WORD_OF_NEXT_YEAR_" * 10


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PENDING_VERIFICATION", Status.IN_REVIEW),
        ("VERIFIED", Status.VERIFIED),
        ("NOT_VERIFIED", Status.REJECTED),
        (LONG_WORD, Status.STARTED),
    ],
)
def test_poll_with_each_gateway_word_sets_status_and_stores_the_word(harness, adas, word, status):
    harness.poll_answered(adas, word)
    row = harness.row(adas)
    assert (row.status, row.gateway_status) == (status, word[:64])
    assert "moved" in harness.events(adas)


def test_poll_with_a_verdict_stores_time_agent_and_reason_off_the_timeline(harness, adas):
    verdict = {"agent": "olga@vendor", "rejectionReason": "Expired Document"}
    harness.poll_answered(adas, "NOT_VERIFIED", **verdict, verificationTime="2026-11-23T12:05:00Z")
    row = harness.row(adas)
    assert row.decided_at == datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
    assert (row.decided_by, row.rejection_reason) == ("olga@vendor", "Expired Document")
    assert [reason.code for reason in row.reasons] == [ReasonCode.DOCUMENT_EXPIRED]
    assert not any(text in str(harness.timeline(adas)) for text in verdict.values())


@pytest.mark.parametrize(
    "problem", [Unauthorized("401"), RequestRefused("400"), StateConflict("409")]
)
def test_poll_refused_for_the_process_keeps_status_and_schedule(harness, adas, problem):
    for status in (Status.STARTED, Status.IN_REVIEW):
        harness.put(adas, status=status)
        harness.gateway.errors["read"].append(problem)
        harness.gateway_poll.poll(adas)
        assert harness.status(adas) is status
        assert seconds_until_due(harness, adas) > 0


@pytest.mark.parametrize(
    ("problem", "becomes"),
    [
        (away(), GatewayUnavailable),
        (Forbidden("403"), GatewayForbidden),
        (ProcessMismatch("?"), GatewayUnavailable),
    ],
)
def test_poll_with_a_gateway_error_changes_nothing_and_stays_due(harness, adas, problem, becomes):
    harness.clock.advance(minutes=2)
    before = harness.row(adas)
    harness.gateway.errors["read"].append(problem)
    with pytest.raises(becomes):
        harness.gateway_poll.poll(adas)
    assert harness.row(adas) == before
    assert harness.due_ids() == [adas]


def test_poll_answered_for_another_process_raises_an_alarm_for_24_hours(harness, adas):
    harness.gateway.errors["read"].append(ProcessMismatch("?"))
    with pytest.raises(GatewayMixedUp):
        harness.gateway_poll.poll(adas)
    harness.clock.advance(hours=23)
    harness.poll_answered(adas, "PENDING_VERIFICATION")
    assert alarms(harness) == {"gateway_mixed_up"}, "good answers to others prove nothing"
    harness.clock.advance(hours=2)
    harness.gateway_poll.poll(adas)
    assert alarms(harness) == set()


def test_postpone_makes_a_due_poll_due_on_the_slow_schedule(harness, adas):
    harness.back(adas)
    for _ in range(2):  # a poll that is not due any more keeps its time
        harness.gateway_poll.postpone(adas)
        assert harness.due_ids() == []
        assert seconds_until_due(harness, adas) == 60
    assert "gateway_unavailable" in harness.events(adas)
    harness.clock.advance(minutes=1)
    assert harness.due_ids() == [adas]


def test_poll_of_an_unknown_id_makes_no_call(harness):
    harness.gateway_poll.poll(unknown_id())
    assert harness.gateway.calls == []


def test_poll_repeated_with_the_same_answer_changes_nothing(harness, adas):
    harness.poll_answered(adas, "VERIFIED")
    first = harness.row(adas)
    harness.gateway_poll.poll(adas)
    assert harness.row(adas).version == first.version
    assert harness.events(adas).count("moved") == 1


def test_poll_with_answers_out_of_order_never_moves_back(harness, adas):
    for word in ("PENDING_VERIFICATION", "PENDING_VALIDATION", "VERIFIED", "PENDING_VERIFICATION"):
        harness.poll_answered(adas, word)
    assert harness.status(adas) is Status.VERIFIED


def test_poll_with_an_opposite_verdict_records_it_and_keeps_the_status(harness, adas):
    harness.poll_answered(adas, "VERIFIED")
    harness.poll_answered(adas, "NOT_VERIFIED")
    row = harness.row(adas)
    assert (row.status, row.gateway_status, row.reasons) == (Status.VERIFIED, "NOT_VERIFIED", ())
    assert "gateway_contradicts" in harness.events(adas)


def test_poll_schedule_follows_reconcile_after_and_starts_quickly_after_a_return(harness, adas):
    assert poll_times(harness, adas, 3) == [60, 360, 2160]
    harness.back(adas)
    assert poll_times(harness, adas, 7) == [0, 2, 4, 8, 15, 30, 90]


def test_poll_of_an_unfinished_onboarding_expires_it_at_its_time(harness, adas):
    poll_times(harness, adas, 5)
    assert harness.status(adas) is Status.STARTED
    poll_times(harness, adas, 1)
    row = harness.row(adas)
    assert (row.status, row.next_poll_at) == (Status.EXPIRED, None)
    assert harness.clock() - NOW == timedelta(hours=48)


def test_poll_of_an_onboarding_in_review_never_expires_it(harness, adas):
    harness.poll_answered(adas, "PENDING_VERIFICATION")
    harness.clock.advance(days=10)
    harness.run_due()
    assert harness.status(adas) is Status.IN_REVIEW
    assert seconds_until_due(harness, adas) > 0


def test_poll_of_a_replaced_onboarding_is_moved_by_a_verdict_only(harness, ada, adas):
    harness.put(adas, status=Status.INTERRUPTED, interruptions=2)
    harness.gateway.errors["delete"].append(away())
    new = harness.begin(ada)
    for word, status in (("PENDING_VERIFICATION", "canceled"), ("VERIFIED", "verified")):
        harness.set_gateway_word(adas, word)
        harness.notice(adas, word)
        harness.run_due()
        row = harness.row(adas)
        assert (row.status, row.gateway_status) == (status, word)
        assert harness.open_notices(adas) == []
    assert harness.status(new) is Status.STARTED


def test_poll_with_pending_validation_sends_it_to_review(harness, adas):
    harness.poll_answered(adas, "PENDING_VALIDATION")
    assert harness.gateway.calls[-1] == ("send_to_review", adas)
    assert "sent_to_review" in harness.events(adas)
    assert harness.run_due() == 1
    assert harness.status(adas) is Status.IN_REVIEW


def test_review_request_with_a_lost_answer_is_settled_by_the_next_poll(harness, adas):
    harness.set_gateway_word(adas, "PENDING_VALIDATION")
    harness.gateway.lost_answers["send_to_review"] = 1
    with pytest.raises(GatewayUnavailable):
        harness.gateway_poll.poll(adas)
    assert harness.status(adas) is Status.DECIDING
    poll_times(harness, adas, 1)
    assert harness.status(adas) is Status.IN_REVIEW


def test_review_request_refused_is_repeated_on_the_schedule(harness, adas):
    harness.set_gateway_word(adas, "PENDING_VALIDATION")
    harness.gateway.errors["send_to_review"].extend(StateConflict("409") for _ in range(9))
    harness.gateway_poll.poll(adas)
    times = poll_times(harness, adas, 5)
    assert times == sorted(set(times)), "each read later than the one before"
    assert times[-1] >= 30
    assert "sent_to_review" not in harness.events(adas)


def test_poll_of_a_removed_site_stores_the_answer(harness, adas):
    later = JourneyHarness(harness.address, harness.gateway, harness.clock, sites={})
    harness.set_gateway_word(adas, "NOT_VERIFIED", rejectionReason="minor")
    later.gateway_poll.poll(adas)
    later.close()
    assert harness.status(adas) is Status.REJECTED


@pytest.mark.parametrize("happens", ["notice", "return"])
def test_poll_keeps_a_plan_made_while_the_gateway_was_asked(harness, adas, happens):
    def meanwhile(id_: str) -> None:
        harness.clock.advance(seconds=1)
        if happens == "notice":
            harness.notice(id_, "VERIFIED")
        else:
            harness.back(id_)

    harness.gateway.during_call["read"] = meanwhile
    harness.clock.advance(minutes=1)
    harness.run_due()
    assert seconds_until_due(harness, adas) == 0


def test_review_request_with_decide_host_waits_for_the_deadline(harness, ada):
    adas = harness.begin(ada, "host")
    harness.poll_answered(adas, "PENDING_VALIDATION")
    assert harness.status(adas) is Status.DECIDING
    assert harness.gateway.count("send_to_review") == 0

    began = harness.clock()
    while harness.gateway.count("send_to_review") == 0:
        poll_times(harness, adas, 1)
    assert harness.clock() - began == timedelta(minutes=60)
    harness.run_due()
    assert harness.status(adas) is Status.IN_REVIEW


def test_poll_without_an_answer_three_times_in_24_hours_cancels_as_lost(harness, adas):
    harness.poll_answered(adas, "PENDING_VERIFICATION")
    harness.gateway.processes[adas] = None
    for hours in (0, 1, 2, 20.9):
        harness.clock.advance(hours=hours)
        harness.gateway_poll.poll(adas)
        assert harness.status(adas) is Status.IN_REVIEW
    harness.clock.advance(hours=0.1)
    harness.gateway_poll.poll(adas)
    row = harness.row(adas)
    assert (row.status, row.next_poll_at) == (Status.CANCELED, None)
    assert [reason.code for reason in row.reasons] == [ReasonCode.GATEWAY_LOST]


def test_poll_with_an_answer_in_between_resets_the_unanswered_count(harness, adas):
    harness.poll_answered(adas, "PENDING_VERIFICATION")
    for word in ("PENDING_VERIFICATION", None, None, "PENDING_VERIFICATION", None, None):
        harness.clock.advance(days=3)
        harness.gateway.processes[adas] = word
        harness.gateway_poll.poll(adas)
    row = harness.row(adas)
    assert (row.status, row.unanswered_polls) == (Status.IN_REVIEW, 2)


def test_poll_of_an_erased_onboarding_makes_no_call_and_stops(harness, adas):
    harness.put(adas, status=Status.ERASED)
    harness.notice(adas, "VERIFIED")
    harness.run_due()
    assert harness.gateway.count("read") == 0
    assert (harness.status(adas), harness.row(adas).next_poll_at) == (Status.ERASED, None)
    assert harness.open_notices(adas) == []


def test_poll_with_403_raises_an_alarm_until_the_next_answer(harness, adas):
    harness.gateway.errors["read"].append(Forbidden("read: answered 403", status=403))
    with pytest.raises(GatewayForbidden):
        harness.gateway_poll.poll(adas)
    assert alarms(harness) == {"gateway_forbidden"}
    harness.poll_answered(adas, "VERIFIED")
    assert alarms(harness) == set()

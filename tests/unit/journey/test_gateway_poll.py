"""progress: only the gateway's own answer moves an onboarding, forward and never back."""

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
)
from webapp.wiring import degraded


@pytest.fixture
def adas(harness: JourneyHarness, ada) -> str:
    return harness.begin(ada)


def seconds_until_due(harness: JourneyHarness, onboarding_id: str) -> float | None:
    at = harness.row(onboarding_id).next_poll_at
    return None if at is None else (at - harness.clock()).total_seconds()


def read_times(harness: JourneyHarness, onboarding_id: str, count: int) -> list[float]:
    """Do what is due until `count` reads have happened; when they did, in seconds from now."""
    start, times = harness.clock(), []
    for _ in range(count):
        wait = seconds_until_due(harness, onboarding_id)
        assert wait is not None
        harness.clock.advance(seconds=max(wait, 0))
        times.append((harness.clock() - start).total_seconds())
        harness.run_due()
    return times


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PENDING_VERIFICATION", Status.IN_REVIEW),
        ("PENDING", Status.IN_REVIEW),
        ("VERIFIED", Status.VERIFIED),
        ("NOT_VERIFIED", Status.REJECTED),
    ],
)
def test_the_gateways_answer_becomes_the_status_and_its_word_is_kept(harness, adas, word, status):
    harness.said(adas, word)
    harness.gateway_poll.poll(adas)
    row = harness.row(adas)
    assert (row.status, row.gateway_status) == (status, word)
    assert "moved" in harness.events(adas)


def test_a_verdict_comes_with_when_by_whom_and_why(harness, adas):
    harness.said(
        adas,
        "NOT_VERIFIED",
        agent="olga@vendor",
        rejectionReason="Expired Document",
        verificationTime="2026-11-23T12:05:00Z",
    )
    harness.gateway_poll.poll(adas)
    row = harness.row(adas)
    assert row.decided_at == datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
    assert (row.decided_by, row.rejection_reason) == ("olga@vendor", "Expired Document")
    assert [reason.code for reason in row.reasons] == [ReasonCode.DOCUMENT_EXPIRED]


def test_no_word_of_an_agent_reaches_the_timeline(harness, adas):
    harness.said(adas, "NOT_VERIFIED", agent="agent-marker", rejectionReason="reason-marker")
    harness.gateway_poll.poll(adas)
    assert "marker" not in str(harness.timeline(adas))


def test_unknown_words_are_kept_and_change_nothing(harness, adas):
    harness.said(adas, "A_WORD_OF_NEXT_YEAR")
    harness.gateway_poll.poll(adas)
    row = harness.row(adas)
    assert (row.status, row.gateway_status) == (Status.STARTED, "A_WORD_OF_NEXT_YEAR")


@pytest.mark.parametrize(
    "problem", [Unauthorized("401"), RequestRefused("400"), StateConflict("409")]
)
def test_a_process_the_gateway_will_not_speak_of_has_nothing_yet(harness, adas, problem):
    harness.gateway.processes[adas] = "VERIFIED"
    harness.gateway.trouble["read"].append(problem)
    harness.gateway_poll.poll(adas)
    assert harness.status(adas) is Status.STARTED
    assert seconds_until_due(harness, adas) > 0


def test_after_it_had_a_state_a_401_takes_nothing_back(harness, adas):
    harness.said(adas, "PENDING_VERIFICATION")
    harness.gateway_poll.poll(adas)
    harness.gateway.processes[adas] = None
    harness.gateway_poll.poll(adas)
    assert harness.status(adas) is Status.IN_REVIEW


@pytest.mark.parametrize(
    ("problem", "becomes"),
    [
        (away(), GatewayUnavailable),
        (Forbidden("403"), GatewayForbidden),
        (ProcessMismatch("?"), GatewayUnavailable),
    ],
)
def test_a_gateway_that_cannot_be_asked_changes_nothing_and_the_read_stays_due(
    harness, adas, problem, becomes
):
    harness.clock.advance(minutes=2)
    before = harness.row(adas)
    harness.gateway.trouble["read"].append(problem)
    with pytest.raises(becomes):
        harness.gateway_poll.poll(adas)
    assert harness.row(adas) == before
    assert [id_ for id_, _ in harness.gateway_poll.due_polls()] == [adas]


def test_an_answer_about_another_process_rings_for_a_day_after_its_last_time(harness, adas):
    harness.said(adas, "PENDING_VERIFICATION")
    harness.gateway.trouble["read"].append(ProcessMismatch("?"))
    with pytest.raises(GatewayMixedUp):
        harness.gateway_poll.poll(adas)
    harness.clock.advance(hours=23)
    harness.gateway_poll.poll(adas)
    assert ringing(harness) == {"gateway_mixed_up"}, "good answers to others prove nothing"
    harness.clock.advance(hours=2)
    harness.gateway_poll.poll(adas)
    assert ringing(harness) == set()


def ringing(harness):
    with harness.database.reading() as work:
        return set(work.alarms.ringing())


def test_a_postponed_read_comes_back_on_the_slow_schedule(harness, adas):
    harness.back(adas)
    harness.gateway_poll.postpone(adas)
    assert harness.gateway_poll.due_polls() == []
    assert seconds_until_due(harness, adas) == 60
    assert "gateway_away" in harness.events(adas)
    harness.clock.advance(minutes=1)
    harness.said(adas, "VERIFIED")
    assert harness.run_due() == 1
    assert harness.status(adas) is Status.VERIFIED


def test_what_somebody_has_planned_meanwhile_is_not_postponed(harness, adas):
    planned = seconds_until_due(harness, adas)
    assert planned > 0
    harness.gateway_poll.postpone(adas)
    assert seconds_until_due(harness, adas) == planned


def test_reading_what_does_not_exist_is_nothing(harness):
    harness.gateway_poll.poll(unknown_id())
    assert harness.gateway.calls == []


def test_repetition_changes_nothing_the_second_time(harness, adas):
    harness.said(adas, "VERIFIED")
    harness.gateway_poll.poll(adas)
    first = harness.row(adas)
    harness.gateway_poll.poll(adas)
    assert harness.row(adas).version == first.version
    assert harness.events(adas).count("moved") == 1


def test_answers_out_of_order_never_lead_back(harness, adas):
    for word in ("PENDING_VERIFICATION", "PENDING_VALIDATION", "VERIFIED", "PENDING_VERIFICATION"):
        harness.said(adas, word)
        harness.gateway_poll.poll(adas)
    assert harness.status(adas) is Status.VERIFIED


def test_a_contradiction_is_kept_for_operators_and_does_not_move(harness, adas):
    harness.said(adas, "VERIFIED")
    harness.gateway_poll.poll(adas)
    harness.said(adas, "NOT_VERIFIED")
    harness.gateway_poll.poll(adas)
    row = harness.row(adas)
    assert (row.status, row.gateway_status, row.reasons) == (Status.VERIFIED, "NOT_VERIFIED", ())
    assert "gateway_contradicts" in harness.events(adas)


def test_after_a_return_the_gateway_is_read_at_0_2_4_8_15_and_30_seconds(harness, adas):
    harness.back(adas)
    assert read_times(harness, adas, 7) == [0, 2, 4, 8, 15, 30, 90]


def test_silence_is_noticed_by_reconcile_after(harness, adas):
    assert read_times(harness, adas, 3) == [60, 360, 2160]


def test_an_onboarding_never_finished_expires_at_its_time(harness, adas):
    read_times(harness, adas, 5)
    assert harness.status(adas) is Status.STARTED
    read_times(harness, adas, 1)
    row = harness.row(adas)
    assert (row.status, row.next_poll_at) == (Status.EXPIRED, None)
    assert harness.clock() - NOW == timedelta(hours=48)


def test_what_a_reviewer_has_in_hand_does_not_expire(harness, adas):
    harness.said(adas, "PENDING_VERIFICATION")
    harness.gateway_poll.poll(adas)
    harness.clock.advance(days=10)
    harness.run_due()
    assert harness.status(adas) is Status.IN_REVIEW
    assert seconds_until_due(harness, adas) > 0


@pytest.mark.parametrize("ended", [Status.EXPIRED, Status.CANCELED])
def test_a_late_verdict_moves_our_own_ending_on(harness, adas, ended):
    harness.put(adas, status=ended, next_poll_at=None)
    harness.said(adas, "VERIFIED")
    harness.notice(adas, "VERIFIED")
    harness.run_due()
    assert harness.status(adas) is Status.VERIFIED


def test_a_replaced_one_that_goes_on_at_the_gateway_does_not_push_its_successor_out(harness, ada):
    old = harness.begin(ada)
    harness.put(old, status=Status.INTERRUPTED, interruptions=2)
    harness.gateway.trouble["delete"].append(away())
    new = harness.begin(ada)
    harness.said(old, "PENDING_VERIFICATION")
    harness.notice(old, "PENDING_VERIFICATION")
    harness.run_due()
    row = harness.row(old)
    assert (row.status, row.gateway_status) == (Status.CANCELED, "PENDING_VERIFICATION")
    assert harness.open_notices(old) == []
    assert harness.status(new) is Status.STARTED

    harness.said(old, "VERIFIED")
    harness.notice(old, "VERIFIED")
    harness.run_due()
    assert harness.status(old) is Status.VERIFIED


def test_pending_validation_is_handed_to_review_at_once(harness, adas):
    harness.said(adas, "PENDING_VALIDATION")
    harness.gateway_poll.poll(adas)
    assert harness.gateway.calls[-1] == ("send_to_review", adas)
    assert "sent_to_review" in harness.events(adas)
    assert harness.run_due() == 1
    assert harness.status(adas) is Status.IN_REVIEW


def test_a_review_request_whose_answer_is_lost_is_read_back(harness, adas):
    harness.said(adas, "PENDING_VALIDATION")
    harness.gateway.lost["send_to_review"] = 1
    with pytest.raises(GatewayUnavailable):
        harness.gateway_poll.poll(adas)
    assert harness.status(adas) is Status.DECIDING
    read_times(harness, adas, 1)
    assert harness.status(adas) is Status.IN_REVIEW


def test_a_review_the_gateway_does_not_take_is_not_asked_for_in_a_tight_circle(harness, adas):
    harness.said(adas, "PENDING_VALIDATION")
    harness.gateway.trouble["send_to_review"].extend(StateConflict("409") for _ in range(9))
    harness.gateway_poll.poll(adas)
    times = read_times(harness, adas, 5)
    assert times == sorted(set(times)), "each read later than the one before"
    assert times[-1] >= 30
    assert "sent_to_review" not in harness.events(adas)


def test_a_site_that_has_gone_from_the_settings_stops_nothing(harness, adas):
    later = JourneyHarness(harness.address, harness.gateway, harness.clock, sites={})
    harness.said(adas, "NOT_VERIFIED", rejectionReason="minor")
    later.gateway_poll.poll(adas)
    later.close()
    assert harness.status(adas) is Status.REJECTED


@pytest.mark.parametrize("happens", ["notice", "return"])
def test_who_sets_the_clock_while_the_gateway_is_asked_is_not_overruled(harness, adas, happens):
    def meanwhile(id_: str) -> None:
        harness.clock.advance(seconds=1)
        if happens == "notice":
            harness.notice(id_, "VERIFIED")
        else:
            harness.back(id_)

    harness.gateway.during["read"] = meanwhile
    harness.clock.advance(minutes=1)
    harness.run_due()
    assert seconds_until_due(harness, adas) == 0


def test_what_the_host_is_to_decide_waits_for_the_host_and_then_goes_to_review(harness, ada):
    adas = harness.begin(ada, "host")
    harness.said(adas, "PENDING_VALIDATION")
    harness.gateway_poll.poll(adas)
    assert harness.status(adas) is Status.DECIDING
    assert harness.gateway.count("send_to_review") == 0

    began = harness.clock()
    while harness.gateway.count("send_to_review") == 0:
        read_times(harness, adas, 1)
    assert harness.clock() - began == timedelta(minutes=60)
    harness.run_due()
    assert harness.status(adas) is Status.IN_REVIEW


def test_a_process_the_gateway_has_lost_is_given_up_after_three_reads_and_a_day(harness, adas):
    harness.said(adas, "PENDING_VERIFICATION")
    harness.gateway_poll.poll(adas)
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


def test_two_reads_far_apart_are_too_few_to_give_a_process_up(harness, adas):
    harness.said(adas, "PENDING_VERIFICATION")
    harness.gateway_poll.poll(adas)
    harness.gateway.processes[adas] = None
    harness.gateway_poll.poll(adas)
    harness.clock.advance(days=3)
    harness.gateway_poll.poll(adas)
    assert harness.status(adas) is Status.IN_REVIEW


def test_one_answer_in_between_and_the_count_begins_anew(harness, adas):
    harness.said(adas, "PENDING_VERIFICATION")
    for word in ("PENDING_VERIFICATION", None, None, "PENDING_VERIFICATION", None, None):
        harness.clock.advance(days=1)
        harness.gateway.processes[adas] = word
        harness.gateway_poll.poll(adas)
    row = harness.row(adas)
    assert (row.status, row.unanswered_polls) == (Status.IN_REVIEW, 2)


def test_what_has_been_erased_is_not_asked_about_any_more(harness, ada):
    found = harness.begin(ada)
    harness.put(found, status=Status.ERASED)
    harness.notice(found, "VERIFIED")
    asked = harness.gateway.count("read")
    harness.run_due()
    assert harness.gateway.count("read") == asked
    assert (harness.status(found), harness.row(found).next_poll_at) == (Status.ERASED, None)


def test_a_word_longer_than_its_column_is_cut_and_changes_nothing(harness, ada):
    found = harness.begin(ada)
    harness.said(found, "A_WORD_NOBODY_KNOWS_" * 10)
    harness.gateway_poll.poll(found)
    assert harness.status(found) is Status.STARTED
    assert harness.row(found).gateway_status == ("A_WORD_NOBODY_KNOWS_" * 10)[:64]


def test_a_right_that_our_account_lacks_rings_until_the_gateway_answers_again(harness, ada):
    found = harness.begin(ada)
    harness.gateway.trouble["read"].append(Forbidden("read: answered 403", status=403))
    with pytest.raises(GatewayForbidden):
        harness.gateway_poll.poll(found)
    assert [each.split(" (")[0] for each in degraded(harness.database)] == [
        "the gateway answers 403: ask the vendor for the right our account lacks"
    ]
    harness.said(found, "VERIFIED")
    harness.gateway_poll.poll(found)
    assert degraded(harness.database) == []
